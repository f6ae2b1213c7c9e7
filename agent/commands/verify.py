"""``thungan verify FILE``: check every signature of an invoice, package, notice or form."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.issue import read_input
from agent.pem_file import read_certificates
from signing.verify import report_to_json, verify_document

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("file", metavar="FILE", help="the XML; - for standard input")
    parser.add_argument("--trust", nargs="+", type=Path, default=[], metavar="CERT", help="PEM certificates")
    parser.add_argument(
        "--allow-sha1",
        action="store_true",
        help="take SHA-1 with a warning: old files only, it can be forged",
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 good, 1 bad."""
    trust = [certificate for path in arguments.trust for certificate in read_certificates(path)]
    report = verify_document(read_input(arguments.file), trust=trust, allow_sha1=arguments.allow_sha1)
    if arguments.json:
        sys.stdout.write(json.dumps(report_to_json(report), ensure_ascii=False, indent=1) + "\n")
        return 0 if report.valid else 1
    for signature in report.signatures:
        warned = f"good, but {signature.problem}" if signature.problem else "good"
        verdict = warned if signature.valid else f"BAD: {signature.problem}"
        sys.stdout.write(f"{signature.covers}: {signature.subject}, {signature.signing_time}: {verdict}\n")
    if report.valid:
        for path in report.by_package:
            sys.stdout.write(f"{path}: no signature of its own: the package's covers it\n")
    if report.problem:
        sys.stdout.write(f"problem: {report.problem}\n")
    sys.stdout.write("valid\n" if report.valid else "NOT VALID\n")
    return 0 if report.valid else 1
