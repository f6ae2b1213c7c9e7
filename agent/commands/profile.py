"""``thungan profile list/test/learn``: profiles of receipts, records and frames, checked on samples."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.invoice import give_out
from agent.errors import FileUnreadable
from drivers.captured import Form
from drivers.reading import Profile, Reading, Sample, check_profile, learn_profile, reading_to_json
from drivers.reading.errors import ProfileInvalid
from drivers.reading.learning import contains, wanted_beside
from drivers.tables.files import records_of
from drivers.tables.mapping import Mapping
from drivers.understanding import all_profiles, load_any, understand

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from drivers.understanding import AnyProfile


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "test", "learn"])
    parser.add_argument(
        "files",
        nargs="*",
        type=Path,
        metavar="FILE",
        help="captured receipts, folders of them (*.prn), exported files, and for test the profile (.toml)",
    )
    parser.add_argument("--profile", help="name or path of the profile to test (default: general)")
    parser.add_argument("--name", default="my-shop", help="name of the learned profile")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the learned profile there")
    parser.add_argument("--json", action="store_true", help="print what was read as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 where every sample was understood (and is what a .json beside it wants), else 1."""
    if arguments.action == "list":
        for name, kind, description in all_profiles():
            sys.stdout.write(f"{name:<14} {kind:<9} {description}\n")
        return 0
    files = list(_samples(arguments.files))
    if arguments.action == "test":
        named = [path for path in files if path.suffix == ".toml"]
        files = [path for path in files if path not in named]
        if not files or len(named) + (arguments.profile is not None) > 1:
            raise ProfileInvalid(
                "profile test needs one profile and at least one captured receipt or exported file"
            )
        profile = load_any(arguments.profile or next(iter(named), "general"))
        if isinstance(profile, Profile):
            samples = check_profile(profile, files)
        else:
            samples = tuple(sample for file in files for sample in _records(profile, file))
        _show(samples, as_json=arguments.json)
        return 0 if all(sample.understood and sample.as_wanted is not False for sample in samples) else 1
    learned = learn_profile(files, name=arguments.name)
    give_out(learned.toml.encode(), arguments.output)
    out = sys.stderr if arguments.output is None else sys.stdout
    out.write(f"understood {learned.after} of {len(learned.samples)} receipts, before {learned.before}\n")
    return 0 if learned.after == len(learned.samples) else 1


def _samples(paths: Sequence[Path]) -> Iterator[Path]:
    """The files; of a folder its receipts; what ``*.prn`` stands for, as Windows' shell leaves it alone."""
    for path in paths:
        if path.is_dir():
            yield from sorted(path.glob("*.prn"))
        elif "*" in path.name and not path.exists():
            yield from sorted(path.parent.glob(path.name))
        else:
            yield path


def _records(profile: AnyProfile, path: Path) -> Iterator[Sample]:
    """Each sale of an exported file, or the one of a transcript; a .json list beside it says what is wanted.

    Raises:
        FileUnfit, FileUnreadable: the file is not of the profile's format, or cannot be read.
    """
    readings: list[tuple[str, Reading]] = []
    try:
        if isinstance(profile, Mapping):
            readings += [
                (found.origin, understand(found.form, found.data, profile))
                for found in records_of(path, profile)
            ]
        else:
            readings.append((path.name, understand(Form.ISL, path.read_bytes(), profile)))
    except OSError as error:
        raise FileUnreadable(f"{path}: {error.strerror}") from error
    wanted = wanted_beside(path, len(readings))
    for (name, reading), said in zip(readings, wanted, strict=True):
        yield Sample(name, reading, None if said is None else contains(reading_to_json(reading), said))


def _show(samples: Sequence[Sample], *, as_json: bool) -> None:
    if as_json:
        rows: list[dict[str, Any]] = [
            {"file": sample.name, "as_wanted": sample.as_wanted, **reading_to_json(sample.reading)}
            for sample in samples
        ]
        sys.stdout.write(json.dumps(rows, ensure_ascii=False, indent=1) + "\n")
        return
    for sample in samples:
        sale = sample.reading.sale
        total = f"{sale.total:,}" if sale else "-"
        verdict = "" if sample.as_wanted is None else (" as wanted" if sample.as_wanted else " NOT as wanted")
        problems = "; ".join(sample.reading.problems)
        sys.stdout.write(
            f"{sample.name}: {sample.reading.kind.value} {total}{verdict} {problems}".rstrip() + "\n"
        )
