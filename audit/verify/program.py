"""``thungan-verify FILE``: check an evidence bundle offline.

A program of its own, for officers: no configuration, no network, no database. Exit codes: 0 everything holds
(or a person should look at some things), 1 something is disproven, 2 bad input.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import BundleUnreadable
from audit.progress_line import ProgressLine
from audit.verify.result import Verdict
from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography import x509

    from audit.verify.result import Check
    from audit.verify.run import Answer, Question

SHOWN = 5  # findings of a check on the screen; --all shows every one
_MARKS = {Verdict.GOOD: ("✓", "32"), Verdict.ATTENTION: ("!", "33"), Verdict.BAD: ("✗", "31")}
_HEADLINE = {
    Verdict.GOOD: ("TẤT CẢ ĐÚNG / everything holds", "32"),
    Verdict.ATTENTION: ("ĐÚNG, có điểm cần xem / holds, some things to look at", "33"),
    Verdict.BAD: ("CÓ ĐIỂM SAI / something does not hold", "31"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options that ``thungan audit verify`` has too."""
    parser.add_argument(
        "--trust", nargs="+", type=Path, default=[], metavar="CERT", help="the authority's certificates (PEM)"
    )
    parser.add_argument(
        "--seller-ca",
        nargs="+",
        type=Path,
        default=[],
        metavar="CERT",
        help="issuers of sellers' certificates",
    )
    parser.add_argument(
        "--received",
        nargs="+",
        type=Path,
        default=[],
        metavar="XML",
        help="messages 206 as the authority holds them, to compare with; a folder stands for its *.xml",
    )
    parser.add_argument(
        "--checkpoint",
        nargs="+",
        type=Path,
        default=[],
        metavar="NOTE",
        help="checkpoints that somebody else has kept: a witness's, or read from a printed QR",
    )
    parser.add_argument(
        "--witness", nargs="+", default=[], metavar="VKEY", help="keys of witnesses whose signatures count"
    )
    parser.add_argument("--processes", type=int, default=0, metavar="N", help="how many (default: all cores)")
    parser.add_argument("--lang", choices=["vi", "en"], default="vi", help="language of the findings")
    parser.add_argument(
        "--all", action="store_true", help="show every finding, not only the first of each check"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run; errors go to stderr."""
    parser = argparse.ArgumentParser(
        prog="thungan-verify",
        description="check an evidence bundle of a cash register, offline",
        epilog="example: thungan-verify november.zip --trust tct.pem",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the bundle (thungan audit export)")
    parser.add_argument("--json", action="store_true", help="print as JSON")
    add_options(parser)
    try:
        return verify(parser.parse_args(arguments))
    except ThunganError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def verify(arguments: argparse.Namespace) -> int:
    """Verify the bundle that was asked about, and show the answer."""
    from audit.verify.run import verify_bundle

    question = question_of(arguments)
    line = ProgressLine("rows")
    try:
        answer = verify_bundle(question, line)
    finally:
        line.end()
    if arguments.json:
        sys.stdout.write(json.dumps(answer.to_json(), ensure_ascii=False, indent=1) + "\n")
    else:
        show(answer, arguments.lang, everything=arguments.all)
    return 1 if answer.verdict is Verdict.BAD else 0


def question_of(arguments: argparse.Namespace) -> Question:
    """What the options ask.

    Raises:
        BundleUnreadable: a certificate, checkpoint or key that cannot be read.
    """
    from audit.verify.run import Question
    from outbox.note import NoteKey

    try:
        return Question(
            path=arguments.file,
            trust=_certificates(arguments.trust),
            issuers=_certificates(arguments.seller_ca),
            received=tuple(_files(arguments.received)),
            checkpoints=tuple(_note(path) for path in arguments.checkpoint),
            witnesses=tuple(NoteKey.parse(text) for text in arguments.witness),
            processes=arguments.processes,
        )
    except (OSError, ValueError) as error:
        raise BundleUnreadable(f"what was given to compare with cannot be read: {error}") from error


def _certificates(paths: Sequence[Path]) -> tuple[x509.Certificate, ...]:
    from cryptography.x509 import load_pem_x509_certificates

    return tuple(one for path in paths for one in load_pem_x509_certificates(path.read_bytes()))


def _note(path: Path) -> str:
    """A checkpoint as somebody has kept it: a QR reader may have lost or added ends of lines."""
    return path.read_text("utf-8-sig").replace("\r\n", "\n").strip() + "\n"


def _files(paths: Sequence[Path]) -> list[Path]:
    return [one for path in paths for one in (sorted(path.rglob("*.xml")) if path.is_dir() else [path])]


def show(answer: Answer, language: str, *, everything: bool = False) -> None:
    """A line for each check, then its findings."""
    out = sys.stdout
    colour = out.isatty()
    out.write(f"{answer.seller} · MST {answer.tax_code} · máy/register {answer.register}\n")
    kind = "đầy đủ / full" if answer.full else "che tên người mua / without buyers"
    out.write(f"{answer.first} – {answer.last} · {kind} · {answer.program}\n\n")
    for number, check in enumerate(answer.checks, start=1):
        _show(number, check, language, everything=everything, colour=colour)
    words, paint = _HEADLINE[answer.verdict]
    out.write("\n" + _painted(words, paint, colour=colour) + "\n")


def _show(number: int, check: Check, language: str, *, everything: bool, colour: bool) -> None:
    mark, paint = _MARKS[check.verdict]
    title = f"{check.title.vi} / {check.title.en}"
    out = sys.stdout
    out.write(f"{_painted(mark, paint, colour=colour)} {number:>2}. {title} ({check.looked_at:,})\n")
    shown = check.findings if everything else check.findings[:SHOWN]
    for finding in shown:
        mark, paint = _MARKS[Verdict.BAD if finding.bad else Verdict.ATTENTION]
        out.write(f"      {_painted(mark, paint, colour=colour)} {finding.line(language)}\n")
    if left := len(check.findings) - len(shown) + check.more:
        out.write(f"      … {left:,} nữa / more\n")
    for note in check.notes:
        out.write(f"      · {note.vi if language == 'vi' else note.en}\n")


def _painted(text: str, paint: str, *, colour: bool) -> str:
    return f"\x1b[{paint}m{text}\x1b[0m" if colour else text


if __name__ == "__main__":
    sys.exit(main())
