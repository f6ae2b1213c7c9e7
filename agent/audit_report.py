"""``thungan audit report``: one page for an officer, from one bundle or a folder of them."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.errors import FileUnreadable, FileUnwritable
from audit.findings import HEAVIEST_FIRST
from audit.progress_line import ProgressLine

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from audit.analysis import Analysis


def report(arguments: argparse.Namespace) -> int:
    """Write the page; what it found is no error of the command, so the exit code is 0."""
    path: Path | None = arguments.file
    if path is None or not path.exists():
        raise FileUnreadable(f"{path or 'no file'}: name a bundle, or a folder of bundles")
    if path.is_dir():
        from agent.fleet_report import report_fleet

        return report_fleet(path, arguments)
    return _report_one(path, arguments)


def _report_one(path: Path, arguments: argparse.Namespace) -> int:
    from audit.analysis import analyse
    from audit.bundle.reading import Bundle
    from audit.dossier_reading import checks_of, read_dossier
    from audit.report.exhibits import Wanted, read_exhibits
    from audit.report.html import render
    from audit.report.page import make_page
    from audit.verify.program import question_of
    from audit.verify.run import verify_bundle

    line = ProgressLine("rows")
    try:
        answer = verify_bundle(question_of(arguments), line)
        with Bundle(path) as bundle:
            dossier = read_dossier(bundle, checks_of(answer), line)
            analysis = analyse(dossier)
            wanted = Wanted()
            page = make_page(dossier, analysis, wanted)
            exhibits = read_exhibits(bundle, dossier, wanted)
    finally:
        line.end()
    output: Path = arguments.output or path.with_suffix(".html")
    write_page(output, render(page, exhibits))
    _tell(output, analysis, as_json=arguments.json)
    return 0


def write_page(path: Path, page: str) -> None:
    """Write a page.

    Raises:
        FileUnwritable: saying why not.
    """
    try:
        path.write_text(page, "utf-8")
    except OSError as error:
        raise FileUnwritable(f"{path} cannot be written: {error.strerror}") from error


def _tell(output: Path, analysis: Analysis, *, as_json: bool) -> None:
    if as_json:
        findings = [
            {
                "name": finding.name,
                "weight": str(finding.weight),
                "vi": finding.said.vi,
                "en": finding.said.en,
                "amount": finding.amount,
                "evidence": len(finding.cites),
            }
            for finding in analysis.findings
        ]
        sys.stdout.write(json.dumps({"file": str(output), "findings": findings}, ensure_ascii=False) + "\n")
        return
    sys.stdout.write(f"{output}\n")
    for weight in HEAVIEST_FIRST:
        members = [finding for finding in analysis.findings if finding.weight is weight]
        sys.stdout.write(f"  {weight:<8} {len(members)}\n")
        for finding in members:
            sys.stdout.write(f"    {finding.title.vi} / {finding.title.en}\n")
