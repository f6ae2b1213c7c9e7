"""``thungan doctor``: look at everything, say what is wrong and what to do."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.doctor.authority_way import AuthorityWay
from agent.doctor.findings import Finding, Level
from agent.doctor.machine import check_clock, check_disk, check_folder, check_program
from agent.doctor.peers import check_peers
from agent.doctor.register import check_key, check_page, check_picture_reader, check_sources, checked
from agent.doctor.store import check_alarms, check_daemon, check_store, daemon_runs, standing_alarms
from errors import ThunganError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path

_MARKS = {
    Level.OK: ("ok  ", "\033[32m"),
    Level.WARN: ("warn", "\033[33m"),
    Level.FAIL: ("FAIL", "\033[31m"),
}


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--full", action="store_true", help="also every page of the database and every entry")
    parser.add_argument("--offline", action="store_true", help="leave out the way to the authority")
    parser.add_argument("--language", choices=["vi", "en"], default="vi", help="of the advice (default vi)")
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """A line for each check, with advice where it is needed; exit 1 where something is wrong."""
    folder = arguments.data or default_folder()
    found: list[Finding] = []
    for finding in examine(folder, full=arguments.full, offline=arguments.offline):
        found.append(finding)
        if not arguments.json:
            _show(finding, arguments.language)
    count = {level: sum(one.level is level for one in found) for level in Level}
    if arguments.json:
        told = {"ok": count[Level.FAIL] == 0, "checks": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=1) + "\n")
    else:
        sys.stdout.write(f"\n{count[Level.OK]} ok, {count[Level.WARN]} warnings, {count[Level.FAIL]} wrong\n")
    return 1 if count[Level.FAIL] else 0


def examine(folder: Path, *, full: bool = False, offline: bool = False) -> Iterator[Finding]:
    """Every check in order, each as it is done. A running daemon is asked by its alarms, never disturbed."""
    yield check_program()
    there = check_folder(folder)
    yield there
    if there.level is Level.FAIL:
        return
    yield check_disk(folder)
    try:
        config = load_config(folder)
    except ThunganError as error:
        yield Finding.of("config", error)
        return
    yield Finding.fine("config", f"{config.seller.name}, MST {config.seller.tax_code}")
    running = daemon_runs(folder)
    yield check_daemon(running=running)
    alarms = standing_alarms(folder)
    yield from checked("source", check_sources(config, alarms, running=running))
    yield from checked("pictures", check_picture_reader(alarms))
    yield from checked("key", check_key(config))
    yield from check_store(folder, full=full)
    skew = None
    if not offline:
        way = AuthorityWay(config)
        yield from checked("authority", way.findings())
        skew = way.skew
    yield check_clock(skew)
    yield check_page(config, running=running)
    if not offline:
        yield from check_peers(config)
    yield from check_alarms(alarms)


def _show(finding: Finding, language: str) -> None:
    word, colour = _MARKS[finding.level]
    if sys.stdout.isatty():
        word = f"{colour}{word}\033[0m"
    sys.stdout.write(f"{word}  {finding.name:<22} {finding.said}\n")
    advice = finding.vi if language == "vi" else finding.en
    if finding.level is not Level.OK and advice:
        sys.stdout.write(f"      {'':<22} → {advice}\n")
    sys.stdout.flush()
