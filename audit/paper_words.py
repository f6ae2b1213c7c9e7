"""The auditor's own reading of a paper: title, number, time, cashier, table, and the amounts it names.

Independent of the agent's reading: it looks for labels, never for goods. What it does not find is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM
from audit.paper_text import plain, text_of

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


# By the first title that is found, in this order; plain letters. It stands above the goods, without figures.
_TITLES = (
    ("training", re.compile(r"(?:che do )?(?:tap huan|dao tao|huan luyen)|in thu|training(?: mode)?")),
    (
        "kitchen",
        re.compile(
            r"(?:phieu |order )?(?:bep|bar|che bien|pha che)|phieu goi mon|kitchen(?: order| ticket)?"
        ),
    ),
    ("report", re.compile(r"bao cao.*|[xz][ -]?report|tong ket (?:ca|ngay).*|end of day.*|shift report.*")),
    (
        "refund",
        re.compile(
            r".*\b(?:tra hang|hoan tien|tra lai hang|hoa don huy|phieu huy|da huy)|refund|return|void"
        ),
    ),
    ("provisional", re.compile(r".*\b(?:tam tinh|tam thu|chua thanh toan)\b.*|pro ?forma|guest check")),
    ("reprint", re.compile(r".*\b(?:ban sao|in lai|sao y)\b.*|reprint|copy|duplicate")),
)
_FIGURES = re.compile("[0-9:]")
_EDGE = " *-=_#()[]<>!.:~+"
_NUMBER = re.compile(
    r"(?:(?:so|ma) (?:hd|hoa don|phieu|gd|ct|don hang|don|bill)|(?:hd|hoa don|phieu|don hang)(?: so)?|"
    r"(?:bill|receipt|invoice|order|trans)(?: no| id)?|so|no)\s*[:.#]+\s*"
)
_DATES = (
    re.compile(r"\b(?P<d>[0-3]?[0-9])[/.-](?P<m>[01]?[0-9])[/.-](?P<y>(?:20)?[0-9]{2})\b"),
    re.compile(r"\b(?P<y>20[0-9]{2})[/.-](?P<m>[01]?[0-9])[/.-](?P<d>[0-3]?[0-9])\b"),
    re.compile(r"\b(?P<d>[0-3]?[0-9]) thang (?P<m>[01]?[0-9]) nam (?P<y>20[0-9]{2})\b"),
)
_CLOCK = re.compile(r"\b([0-2]?[0-9])[:h]([0-5][0-9])(?::[0-5][0-9])?\s*(am|pm|sa|ch)?\b")
_CASHIER = re.compile(r"(?:thu ngan|nhan vien|nv|cashier|staff)\s*[:.]\s*")
_TABLE = re.compile(r"(?:ban|table)(?: so)?\s*[:.]?\s*(?=[0-9]|\S{1,6}$)")
_AMOUNT = re.compile(
    r"(?<![0-9.,])(-?[0-9]{1,3}(?:([., ])[0-9]{3})(?:\2[0-9]{3})*|-?[0-9]+)(?:[.,]00)?\s*(?:d|vnd|dong|vnđ)?$"
)
# What the customer pays, the surest words first.
_DUE = (
    re.compile(
        r"(?:khach |khach hang |tong |so tien |tong tien )*(?:phai|can) (?:tra|thanh toan|t\.toan|thu)|"
        r"tong (?:tien |cong )?thanh toan|amount (?:due|to pay)|(?:grand |invoice |bill )?total due"
    ),
    re.compile(
        r"tong cong(?: tien)?|tong tien(?: tra)?|thanh tien|grand total|total|tien tra khach|tong tra"
    ),
)
_HEAD = 14  # lines that may stand above the goods


def read_paper(data: bytes) -> PaperWords:
    """Read what the paper says of itself; an empty one says nothing."""
    lines = [" ".join(line.split()) for line in text_of(data).splitlines() if line.strip()]
    if not lines:
        return PaperWords("drawer" if b"\x1bp" in data else None)
    folded = [plain(line) for line in lines]
    kind = _kind(folded)
    totals = tuple(_labelled(folded))
    return PaperWords(
        kind=kind,
        receipt_no=_after(_NUMBER, lines, folded, figures=True),
        printed_at=_printed(folded),
        cashier=_after(_CASHIER, lines, folded),
        table=_after(_TABLE, lines, folded),
        total=None if kind == "report" else _due(totals),
        totals=totals if kind == "report" else (),
    )


def _kind(folded: list[str]) -> str | None:
    titles = []
    for line in folded[:_HEAD]:
        if (match := _AMOUNT.search(line)) and len(match[1]) > 4 and ":" not in line:
            break  # the goods begin
        titles.append(line.strip(_EDGE))
    titles = [title for title in titles if title and not _FIGURES.search(title)]
    for kind, pattern in _TITLES:
        if any(map(pattern.fullmatch, titles)):
            return kind
    return "sale" if any(pattern.match(line) for pattern in _DUE for line in folded) else None


def _after(
    label: re.Pattern[str], lines: list[str], folded: list[str], *, figures: bool = False
) -> str | None:
    """The text behind a label, as printed, up to the row's next label; ``figures``: only with some."""
    for line, text in zip(lines, folded, strict=True):
        match = label.match(text)
        if match is None:
            continue
        rest = line[match.end() :] if len(line) == len(text) else text[match.end() :]
        found = re.split(r"\s+(?=[^\s:]{2,12}\s?:)", rest.strip())[0].strip()
        if figures:
            found = found.split(" ")[0]
        if found and not (figures and not any(sign.isdigit() for sign in found)):
            return found
    return None


def _printed(folded: list[str]) -> datetime | None:
    """Day and time of one row, or of two that follow each other."""
    for place, line in enumerate(folded):
        for pattern in _DATES:
            if (date := pattern.search(line)) is None:
                continue
            clock = _CLOCK.search(line.replace(date[0], " ")) or _CLOCK.search(
                folded[place + 1] if place + 1 < len(folded) else ""
            )
            if clock is not None and (moment := _moment(date, clock)) is not None:
                return moment
    return None


def _moment(date: re.Match[str], clock: re.Match[str]) -> datetime | None:
    year, hour = int(date["y"]) % 2000 + 2000, int(clock[1])
    if clock[3] in {"pm", "ch"} and hour < 12:
        hour += 12
    elif clock[3] in {"am", "sa"} and hour == 12:
        hour = 0
    try:
        return datetime(year, int(date["m"]), int(date["d"]), hour, int(clock[2]), tzinfo=VIETNAM)
    except ValueError:
        return None


def _labelled(folded: list[str]) -> Iterable[tuple[str, int]]:
    """Labels with the amount behind them, or alone on the row below."""
    for place, text in enumerate(folded):
        match = _AMOUNT.search(text)
        if match is None:
            continue
        label = text[: match.start()].rstrip(_EDGE)
        if not label and place and not _AMOUNT.search(folded[place - 1]):
            label = folded[place - 1].rstrip(_EDGE)
        if label and not label[-1].isdigit():
            yield label, int(re.sub(r"[., ]", "", match[1]))


def _due(totals: tuple[tuple[str, int], ...]) -> int | None:
    """The amount to pay; None where the words for it stand beside different amounts."""
    for pattern in _DUE:
        found = {amount for label, amount in totals if pattern.fullmatch(label)}
        if found:
            return found.pop() if len(found) == 1 else None
    return None
