"""``make test-package``: the Debian package's life in a clean Debian: install, sell, upgrade, remove, purge.

Each step is said as it succeeds; the first that does not ends the run with exit code 1. The version before is
the same program under a lower number: the first release has no real predecessor.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.virtual_register import VirtualPrinter, VirtualRegister
from installer.clean_root import CleanRoot
from installer.debian import CUPS_BACKENDS, LINUX, build_debian_package
from installer.programs import ROOT, Programs, build_programs, project_version

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = "/var/lib/thungan"
BAUD = 115_200
PATIENCE = 60.0  # seconds for a cut that has been held
JOB = ROOT / "tests" / "data" / "jobs" / "chromium.pdf"
RECEIPT = ROOT / "tests/data/receipts/000-sale-two-line-utf-8-32.prn"
LINTIAN_ALLOWS_NO = "error"


class StepFailed(Exception):
    """A step of the package's life did not go as it must."""


def main() -> int:
    """Build both versions and lead them through everything."""
    parser = argparse.ArgumentParser(prog="python -m installer.try_package", description="test the package")
    parser.add_argument("--target", type=Path, default=ROOT / "build" / "package", metavar="DIR")
    target: Path = parser.parse_args().target
    say("building (a minute or two)")
    programs = build_programs(target, one_file=False)
    now = project_version()
    before, package = (
        build_debian_package(programs, target / "try", version, "gzip") for version in (f"{now}~before", now)
    )
    try:
        check_papers(programs, package)
        with tempfile.TemporaryDirectory(prefix="thungan-root-") as folder, CleanRoot(Path(folder)) as root:
            say(f"a clean Debian stands in {folder}")
            lead_through(root, before, package)
    except StepFailed as error:
        sys.stderr.write(f"FAILED: {error}\n")
        return 1
    say("the package is good")
    return 0


def say(words: str) -> None:
    """A step done."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def demand(words: str, *, good: bool, said: str = "") -> None:
    """Say the step, or end with what was said instead."""
    if not good:
        raise StepFailed(f"{words}\n{said}")
    say(f"  ok  {words}")


def check_papers(programs: Programs, package: Path) -> None:
    """What other programs say of the package: lintian, systemd."""
    done = subprocess.run(
        ["lintian", "--fail-on", LINTIAN_ALLOWS_NO, package], capture_output=True, text=True, check=False
    )
    demand("lintian finds no error", good=done.returncode == 0, said=done.stdout + done.stderr)
    with tempfile.TemporaryDirectory() as folder:
        unit = Path(folder) / "thungan.service"
        text = (LINUX / "thungan.service").read_text("utf-8")
        unit.write_text(text.replace("/usr/bin/thungan", str(programs.folder / "thungan")), "utf-8")
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", unit], capture_output=True, text=True, check=False
        )
        demand("systemd takes the unit", good=not done.stderr and done.returncode == 0, said=done.stderr)
        done = subprocess.run(
            ["systemd-analyze", "security", "--offline=true", "--threshold=25", "--no-pager", unit],
            capture_output=True,
            text=True,
            check=False,
        )
        exposure = done.stdout.strip().rpartition("\n")[2].strip("→ ")
        demand(f"systemd says: {exposure}", good=done.returncode == 0, said=done.stdout)


def lead_through(root: CleanRoot, before: Path, package: Path) -> None:
    """Install, sell, upgrade, sell on, refuse the downgrade, remove, purge."""
    install(root, before)
    sell(root, first=True)
    use(root)
    done = dpkg(root, "--install", package)
    demand("upgrade with data", good=done.returncode == 0, said=done.stderr)
    demand("the invoice is still there", good=numbers(root) == [1], said=str(numbers(root)))
    sell(root, first=False)
    done = dpkg(root, "--install", before)
    demand(
        "the downgrade is refused, with words",
        good=done.returncode != 0 and "E-PKG-001" in done.stderr,
        said=done.stderr,
    )
    demand("and the newer program still works", good=numbers(root) == [2, 1])
    done = root.run("dpkg", "--remove", "thungan")
    demand("remove", good=done.returncode == 0 and not inside(root, "/usr/bin/thungan").exists())
    demand("remove keeps the invoices", good=inside(root, f"{DATA}/thungan.db").exists())
    done = root.run("dpkg", "--purge", "thungan")
    kept = inside(root, f"{DATA}/thungan.db").exists() and not inside(root, "/etc/thungan").exists()
    demand("purge keeps the invoices and says so", good=kept and "10 năm" in done.stdout, said=done.stdout)
    dpkg(root, "--install", package)
    demand("installed again, the numbers go on from there", good=numbers(root) == [2, 1])
    root.run("dpkg", "--purge", "thungan", THUNGAN_PURGE_INVOICES="yes-delete-my-invoices")
    demand("purge deletes invoices when told in so many words", good=not inside(root, DATA).exists())


def install(root: CleanRoot, package: Path) -> None:
    """The first installation, and what it leaves on the disk."""
    done = dpkg(root, "--install", package)
    demand("install", good=done.returncode == 0, said=done.stderr)
    version = root.run("thungan", "--version")
    demand(
        f"it runs without Python: {version.stdout.strip()}", good=version.returncode == 0, said=version.stderr
    )
    backend = inside(root, f"/{CUPS_BACKENDS}/thungan").stat()
    listed = root.run(f"/{CUPS_BACKENDS}/thungan").stdout
    good = backend.st_mode & 0o777 == 0o755 and backend.st_uid == 0 and listed.startswith("direct thungan")
    demand("CUPS finds its backend", good=good, said=listed)
    spool = inside(root, "/var/spool/thungan").stat().st_mode & 0o7777
    demand("print jobs have a folder of their own", good=spool == 0o2770, said=oct(spool))
    wrong = root.run("find", "/usr/lib/thungan", "!", "-type", "l", "-perm", "/022").stdout
    demand("nobody but root may change the program", good=not wrong, said=wrong)
    demand("a user of its own", good=root.run("id", "thungan").returncode == 0)
    done = root.run("thungan", "init", "--profile", "demo", "--data", DATA, user="thungan")
    demand("init as that user", good=done.returncode == 0, said=done.stderr)
    mode = inside(root, f"{DATA}/keys").stat().st_mode & 0o777
    demand("its keys are its own", good=mode == 0o700)


def sell(root: CleanRoot, *, first: bool) -> None:
    """One receipt from a register on a pseudo-terminal, through the daemon, to the sandbox authority."""
    register, printer = VirtualRegister(BAUD), VirtualPrinter()
    try:
        for line in (register, printer):
            Path(line.path).chmod(0o666)
        with sandbox(root) as url:
            configure(root, url, f"serial://{register.path}?baud={BAUD}&printer={printer.path}")
            with daemon(root):
                number = 1 if first else 2
                register.print_all([RECEIPT.read_bytes()], 1, number, printer)
                printer.wait_for_cut(1, PATIENCE)
                block = bytes(printer.paper).decode("utf-8", "replace")
                demand("the receipt carries its authority code", good="M1-" in block, said=block)
            done = root.run("thungan", "sync", "--once", "--data", DATA, user="thungan")
            status = json.loads(
                root.run("thungan", "status", "--json", "--data", DATA, user="thungan").stdout
            )
            waiting = {name: count for name, count in status["queue"].items() if count}
            demand("the authority has accepted it", good=not waiting, said=f"{waiting} {done.stderr}")
    finally:
        register.close()
        printer.close()


def use(root: CleanRoot) -> None:
    """What loads its libraries late: printed forms, pictures, the doctor, evidence, the verifier."""
    day = "2026-01-01"
    inside(root, "/tmp/job.pdf").write_bytes(JOB.read_bytes())  # noqa: S108 - inside the clean root
    for words in (
        ["thungan", "invoice", "pdf", "1", "-o", "/tmp/1.pdf"],  # noqa: S108 - inside the clean root
        ["thungan", "invoice", "paper", "1", "-o", "/tmp/1.png"],  # noqa: S108
        ["thungan", "handover", "-o", "/tmp/sheet.pdf"],  # noqa: S108
        ["thungan", "decode", "/tmp/job.pdf", "--png", "/tmp/job.png"],  # noqa: S108
        ["thungan", "keys", "check"],
        ["thungan", "audit", "export", "--from", day, "--to", "2026-12-31", "-o", "/tmp/evidence"],  # noqa: S108
        ["thungan", "audit", "report", "/tmp/evidence", "-o", "/tmp/report.html"],  # noqa: S108
    ):
        done = root.run(*words, "--data", DATA, user="thungan")
        demand(" ".join(words[1:4]), good=done.returncode in {0, 1}, said=done.stdout + done.stderr)
    done = root.run("thungan-verify", "/tmp/evidence")  # noqa: S108
    demand("thungan-verify", good=done.returncode in {0, 1}, said=done.stdout + done.stderr)


@contextmanager
def sandbox(root: CleanRoot) -> Iterator[str]:
    """The packaged sandbox authority; its address."""
    words = ["thungan", "sandbox", "--port", "0", "--json", "--data", DATA]
    with started(root, words) as line:
        yield str(json.loads(line)["url"])


@contextmanager
def daemon(root: CleanRoot) -> Iterator[None]:
    """The packaged daemon, ready, as the service would start it."""
    with started(root, ["thungan", "run", "--quiet", "--data", DATA]) as line:
        demand(f"the daemon says: {line.strip()[:30]}…", good=line.startswith("thungan runs"))
        yield


@contextmanager
def started(root: CleanRoot, words: list[str]) -> Iterator[str]:
    """A program inside, with the first line it says; ended by its process id."""
    process = subprocess.Popen(root.command(words, "thungan"), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101 - for the type checker
    with process.stdout:
        try:
            yield process.stdout.readline()
        finally:
            process.terminate()
            process.wait(30)


def configure(root: CleanRoot, url: str, source: str) -> None:
    """Where the register and the authority are this time."""
    path = inside(root, f"{DATA}/config.toml")
    lines = path.read_text("utf-8").splitlines(keepends=True)
    values = {"uri = ": f'uri = "{source}"\n', "url = ": f'url = "{url}"\n'}
    values["# hold_ms"] = "hold_ms = 10000\n"  # a busy machine that tests is no shop with a queue
    changed = [next((new for key, new in values.items() if line.startswith(key)), line) for line in lines]
    path.write_text("".join(changed), "utf-8")


def numbers(root: CleanRoot) -> list[Any]:
    """The numbers of all invoices, newest first."""
    done = root.run("thungan", "invoice", "list", "--json", "--data", DATA, user="thungan")
    return [invoice["number"] for invoice in json.loads(done.stdout or "[]")]


def dpkg(root: CleanRoot, action: str, package: Path) -> subprocess.CompletedProcess[str]:
    """dpkg inside, on a package copied there."""
    inside(root, f"/tmp/{package.name}").write_bytes(package.read_bytes())  # noqa: S108 - inside the clean root
    return root.run("dpkg", action, f"/tmp/{package.name}")  # noqa: S108


def inside(root: CleanRoot, path: str) -> Path:
    """The host's path of a path inside."""
    return root.folder / path.lstrip("/")


if __name__ == "__main__":
    sys.exit(main())
