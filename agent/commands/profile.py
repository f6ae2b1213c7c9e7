"""``thungan profile list/test/learn``: receipt profiles, checked on and learned from sample receipts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.invoice import give_out
from drivers.reading import (
    check_profile,
    learn_profile,
    load_profile,
    reading_to_json,
    shipped_profiles,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from drivers.reading import Sample


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["list", "test", "learn"])
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="captured receipts")
    parser.add_argument("--profile", default="general", help="name or path of the profile to test")
    parser.add_argument("--name", default="my-shop", help="name of the learned profile")
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="write the learned profile there")
    parser.add_argument("--json", action="store_true", help="print what was read as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 where every sample was understood (and is what a .json beside it wants), else 1."""
    if arguments.action == "list":
        sys.stdout.write("".join(f"{name}\n" for name in shipped_profiles()))
        return 0
    if arguments.action == "test":
        samples = check_profile(load_profile(arguments.profile), arguments.files)
        _show(samples, as_json=arguments.json)
        return 0 if all(sample.understood for sample in samples) else 1
    learned = learn_profile(arguments.files, name=arguments.name)
    give_out(learned.toml.encode(), arguments.output)
    out = sys.stderr if arguments.output is None else sys.stdout
    out.write(f"understood {learned.after} of {len(learned.samples)} receipts, before {learned.before}\n")
    return 0 if learned.after == len(learned.samples) else 1


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
