"""The auditor's own reading of a paper: title, number, time, cashier, table, and the amounts it names.

Independent of the agent's reading: it looks for labels, never for goods. What it does not find is None.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class PaperWords:
    """What stands on a paper. ``kind`` as the agent names kinds; None where nothing says it."""

    kind: str | None = None
    receipt_no: str | None = None
    printed_at: datetime | None = None
    cashier: str | None = None
    table: str | None = None
    total: int | None = None
    totals: tuple[tuple[str, int], ...] = ()


# By the first title that is found, in this order; plain letters.
_TITLES = (
    ("training", r"(?:che do )?(?:tap huan|dao tao|huan luyen)|in thu|training(?: mode)?"),
    ("kitchen", r"(?:phieu |order )?(?:bep|bar|che bien|pha che)|phieu goi mon|kitchen(?: order| ticket)?"),
    ("report", r"bao cao.*|[xz][ -]?report|tong ket (?:ca|ngay).*|end of day.*|shift report.*"),
    ("refund", r".*(?:tra hang|hoan tien|tra lai hang)|refund|return"),
    ("provisional", r".*(?:tam tinh|tam thu)(?: tien)?|pro ?forma|guest check"),
    ("reprint", r".*(?:ban sao|in lai|sao y)\b.*|reprint|copy|duplicate"),
)
_NUMBER = re.compile(
    r"(?:so )?(?:hd|hoa don|phieu|bill|receipt|ct|so)(?: so| no)?\s*[:.#]*\s*(?=[a-z0-9/-]*[0-9])"
)
_TIME = re.compile(r"\b([0-3]?[0-9])[/.-]([01]?[0-9])[/.-](20[0-9]{2})\D{0,12}?([0-2]?[0-9])[:h]([0-5][0-9])")
_CASHIER = re.compile(r"(?:thu ngan|nhan vien|nv|cashier|staff)\s*[:.]\s*")
_TABLE = re.compile(r"(?:ban|table)\s*(?:so)?\s*[:.]\s*")
_AMOUNT = re.compile(r"(-?[0-9]{1,3}(?:[., ][0-9]{3})+|-?[0-9]+)(?:[.,]00)?\s*(?:d|vnd|dong)?$")
_DUE = (
    r"(?:khach |tong )*(?:phai|can) (?:tra|thanh toan|thu)|tong (?:tien )?thanh toan",
    r"tong cong(?: tien)?|tong tien(?: tra)?|thanh tien|grand total|total(?: due)?|amount due",
)


def read_paper(data: bytes) -> PaperWords:
    """Read what the paper says of itself; an empty one says nothing."""
    lines = [line for line in text_of(data).splitlines() if line.strip()]
    if not lines:
        return PaperWords("drawer" if b"\x1bp" in data else None)
    folded = [plain(line) for line in lines]
    kind = _kind(folded)
    totals = tuple(_labelled(lines, folded))
    return PaperWords(
        kind=kind,
        receipt_no=_after(_NUMBER, lines, folded),
        printed_at=_printed(folded),
        cashier=_after(_CASHIER, lines, folded),
        table=_after(_TABLE, lines, folded),
        total=None if kind == "report" else _due(totals),
        totals=totals if kind == "report" else (),
    )


def text_of(data: bytes) -> str:
    """The letters of a capture, commands left out."""
    text = re.sub(rb"\x1b[@]|\x1d[V].|\x1b[aEM!tR].|\x1bp...|\x1d!.", b"", data, flags=re.DOTALL)
    return text.decode("utf-8", "replace")


def plain(text: str) -> str:
    """Lower case, without accents, blanks made one: ``Tổng doanh thu`` is ``tong doanh thu``."""
    apart = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(sign for sign in apart if not unicodedata.combining(sign)).split())


def _kind(folded: list[str]) -> str | None:
    titles = [line.strip(" *-=_#()[]<>!.:") for line in folded]
    for kind, pattern in _TITLES:
        expression = re.compile(pattern)
        if any(expression.fullmatch(title) for title in titles[:12]):
            return kind
    return "sale" if any(_DUE_ANY.match(line) for line in folded) else None


_DUE_ANY = re.compile("|".join(_DUE))


def _after(label: re.Pattern[str], lines: list[str], folded: list[str]) -> str | None:
    """The text behind a label, as printed; up to two blanks, which begin another field."""
    for line, text in zip(lines, folded, strict=True):
        match = label.match(text)
        if match:
            whole = " ".join(line.split())
            rest = whole[match.end() :] if len(whole) == len(text) else text[match.end() :]
            found = re.split(r"\s{2,}|\s+(?=[^\s:]{2,12}:)", rest.strip())[0].strip()
            if found:
                return found
    return None


def _printed(folded: Iterable[str]) -> datetime | None:
    for line in folded:
        match = _TIME.search(line)
        if match:
            day, month, year, hour, minute = map(int, match.groups())
            try:
                return datetime(year, month, day, hour, minute, tzinfo=VIETNAM)
            except ValueError:
                continue
    return None


def _labelled(lines: list[str], folded: list[str]) -> Iterable[tuple[str, int]]:
    for line, text in zip(lines, folded, strict=True):
        match = _AMOUNT.search(text)
        label = text[: match.start()].rstrip(" :.") if match else ""
        if match and label and not label[-1].isdigit():
            yield (
                line[: line.rfind(match[1].split(" ")[0])].rstrip(" :."),
                int(re.sub(r"[., ]", "", match[1])),
            )


def _due(totals: tuple[tuple[str, int], ...]) -> int | None:
    for pattern in _DUE:
        for label, amount in reversed(totals):
            if re.fullmatch(pattern, plain(label)):
                return amount
    return None
