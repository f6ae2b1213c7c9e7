"""``thungan audit``: evidence for tax officers."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import Config, default_folder, load_config
from agent.errors import FileUnreadable
from agent.parts import ledger_key, ledger_origin
from audit.errors import PeriodInvalid
from audit.progress_line import ProgressLine
from audit.verify.program import add_options, verify
from outbox.store import stamp

if TYPE_CHECKING:
    import argparse

    from audit.bundle.writing import Subject


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "action",
        choices=["export", "verify", "report", "checkpoint"],
        help="export: one file with everything of a period; verify: check such a file;"
        " report: an HTML page from such files; checkpoint: the ledger's last signed head",
    )
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="verify: a bundle; report: a bundle, or a folder"
    )
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="report on a folder: keep its tables (Parquet) here"
    )
    parser.add_argument("--from", dest="first", metavar="DAY", help="export: first day, as 2026-11-01")
    parser.add_argument("--to", dest="last", metavar="DAY", help="export: last day, included")
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="FILE",
        help="the file to write; checkpoint: .png, .svg, .pdf, else bytes for the receipt printer",
    )
    parser.add_argument("--qr", action="store_true", help="checkpoint: as a QR on the screen")
    parser.add_argument(
        "--full", action="store_true", help="export: with buyers' data, which are left out otherwise"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 done; of verify 1 where something is disproven."""
    if arguments.action == "verify":
        if arguments.file is None:
            raise FileUnreadable("no file: name a bundle")
        return verify(arguments)
    if arguments.action == "report":
        from agent.audit_report import report

        return report(arguments)
    if arguments.action == "checkpoint":
        from agent.checkpoint_showing import show_checkpoint

        return show_checkpoint(load_config(arguments.data or default_folder()), arguments)
    return _export(load_config(arguments.data or default_folder()), arguments)


def _export(config: Config, arguments: argparse.Namespace) -> int:
    from audit.bundle.writing import write_bundle
    from outbox.evidence import Evidence, Period

    first, last = _day("--from", arguments.first), _day("--to", arguments.last)
    if first > last:
        raise PeriodInvalid(f"the first day {first} is after the last, {last}")
    path: Path = arguments.output or Path(f"thungan-{config.seller.tax_code}-{first}-{last}.zip")
    line = ProgressLine("rows")
    evidence = Evidence(config.folder / "thungan.db", Period(first, last))
    try:
        manifest = write_bundle(evidence, subject(config), path, full=arguments.full, tell=line)
    finally:
        line.end()
        evidence.close()
    rows = {
        table: sum(m["rows"] for m in manifest["members"] if m.get("table") == table)
        for table in dict.fromkeys(m["table"] for m in manifest["members"] if "table" in m)
    }
    if arguments.json:
        found = {"file": str(path), "bytes": path.stat().st_size, "rows": rows}
        sys.stdout.write(json.dumps({**found, "withheld": manifest["withheld"]}) + "\n")
        return 0
    sys.stdout.write(f"{path}: {path.stat().st_size:,} bytes\n")
    for table, count in rows.items():
        sys.stdout.write(f"  {table:<16} {count:>9,}\n")
    if manifest["redacted"] or manifest["withheld"]:
        sys.stdout.write(
            f"  {manifest['redacted']} documents without their buyers, {manifest['withheld']} left out"
            " (--full shows all)\n"
        )
    return 0


def subject(config: Config) -> Subject:
    """Whose bundle it is."""
    from audit.bundle.writing import Subject
    from invoice.buyers import UNNAMED_BUYER

    return Subject(
        seller=config.seller.name,
        tax_code=config.seller.tax_code,
        register=config.register.number,
        origin=ledger_origin(config),
        program=f"thungan {version('thungan')}",
        made_at=stamp(datetime.now(UTC)),
        key=ledger_key(config.folder),
        unnamed=frozenset({UNNAMED_BUYER, config.register.terms.unnamed_buyer}),
    )


def _day(option: str, text: str | None) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise PeriodInvalid(f"{option} needs a day, not {text or 'nothing'}") from None
