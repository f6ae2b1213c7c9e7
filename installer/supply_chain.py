"""What is in a package and where it comes from: bill of materials, licences, provenance.

The bill of materials is CycloneDX 1.6 JSON, made from the locked requirements; the provenance is an in-toto
statement (SLSA v1) that names commit, lock files, tools and the hashes of what was built.
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from installer.programs import ROOT, commit, project_version

if TYPE_CHECKING:
    from collections.abc import Iterable

LOCK = ROOT / "requirements-dev.lock"
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def write_bill_of_materials(folder: Path, target: Path) -> int:
    """Write the bill of what is inside the built ``folder`` and say how many components it lists."""
    inside = shipped_distributions(folder)
    pins = "".join(f"{one.name}=={one.version}\n" for one in inside)
    words = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible"]
    words += ["--pyproject", str(ROOT / "pyproject.toml"), "--output-file", str(target), "-"]
    subprocess.run(words, check=True, input=pins, text=True, capture_output=True)
    bill = json.loads(target.read_text("utf-8"))
    return len(bill["components"])


def shipped_distributions(folder: Path) -> list[Distribution]:
    """The locked distributions of which a module is in the built ``folder`` or in its archives' list.

    PyInstaller keeps pure modules inside the program; what it took stands in its own table of contents.
    """
    taken = _modules_taken(folder)
    found = []
    for name, _ in _PINNED.findall(LOCK.read_text("utf-8")):
        try:
            one = distribution(name)
        except PackageNotFoundError:
            continue  # locked for another platform
        if _top_level(one) & taken:
            found.append(one)
    return sorted(found, key=lambda one: one.name.lower())


def _modules_taken(folder: Path) -> set[str]:
    from PyInstaller.archive.readers import CArchiveReader

    taken = {path.name.partition(".")[0] for path in (folder / "_internal").iterdir()}
    for program in folder.iterdir():
        if program.is_file():
            archive = CArchiveReader(str(program)).open_embedded_archive("PYZ.pyz")
            taken |= {name.partition(".")[0] for name in archive.toc}
    return taken


def _top_level(one: Distribution) -> set[str]:
    names = {
        file.parts[0].partition(".")[0] for file in one.files or () if file.suffix in {".py", ".so", ".pyd"}
    }
    return {name for name in names if name not in {"", "_distutils_hack"}}


def write_licences(folder: Path, target: Path) -> None:
    """One text with the licence of every distribution that is shipped, in order of name."""
    parts = []
    for one in shipped_distributions(folder):
        meta: Any = one.metadata
        words = meta.get("License-Expression") or meta.get("License") or "see its text"
        parts.append(
            f"{one.name} {one.version}\nLicence: {words.splitlines()[0]}\n{meta.get('Home-page') or ''}\n"
        )
        parts += [text + "\n" for text in _licence_texts(one)]
        parts.append("-" * 79 + "\n")
    target.write_text("\n".join(parts), "utf-8")


def _licence_texts(one: Distribution) -> Iterable[str]:
    for file in one.files or ():
        if file.name.upper().startswith(("LICEN", "COPYING", "NOTICE")) and ".dist-info" in str(file):
            yield file.read_text()


def write_provenance(built: Iterable[Path], target: Path) -> None:
    """Who built what from what: an in-toto statement over the files of ``built``."""
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": path.name, "digest": {"sha256": sha256(path.read_bytes()).hexdigest()}}
            for path in sorted(built)
        ],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "make package",
                "externalParameters": {"version": project_version(), "commit": commit()},
                "resolvedDependencies": [
                    {"uri": lock.name, "digest": {"sha256": sha256(lock.read_bytes()).hexdigest()}}
                    for lock in (LOCK, ROOT / "requirements.lock")
                ],
            },
            "runDetails": {
                "builder": {
                    "id": f"{platform.system()} {platform.machine()}",
                    "version": {
                        "python": platform.python_version(),
                        "pyinstaller": distribution("pyinstaller").version,
                    },
                }
            },
        },
    }
    target.write_text(json.dumps(statement, indent=1) + "\n", "utf-8")


def main() -> int:
    """``python -m installer.supply_chain FOLDER TARGET FILE…``: all three papers for what was built."""
    folder, target, *files = (Path(word) for word in sys.argv[1:])
    count = write_bill_of_materials(folder, target / "sbom.cdx.json")
    write_licences(folder, target / "THIRD-PARTY-LICENCES.txt")
    write_provenance(files, target / "provenance.json")
    sys.stdout.write(f"{count} components, papers in {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
