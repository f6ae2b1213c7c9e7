"""The same receipt as other software writes it: what changes nothing of what it says.

Each rewriting takes a paper's text and gives another of the same meaning; a reading of it must be the same
money, or quarantine, and nearly always the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from drivers.encoding import unmarked

_GROUPED = re.compile(r"(?<![0-9.,/:-])([1-9][0-9]{0,2})((?:[.,][0-9]{3})+)(?![0-9.,/:-]| ?(?:kg|Kg|Lít))")
_RULE = re.compile(r"^[-=_*]{4,}$", re.MULTILINE)
_AMOUNT_AT_END = re.compile(r"(?<=[0-9]{3})$", re.MULTILINE)
_GAP = re.compile(r"(?<=\S) {2,}(?=[-+]?[0-9])")
CLOSING = """Wifi: quanngon / 88886666
Hotline: 1900 1234
Hàng mua rồi miễn đổi trả
Cảm ơn quý khách, hẹn gặp lại!
"""


def other_signs(text: str) -> str:
    """Points for commas and commas for points, everywhere in numbers."""
    rows = []
    for row in text.split("\n"):
        keep = re.search(r"[0-9]{1,4}[/.-][0-9]{1,2}[/.-][0-9]{2,4}|www|http", row)
        swapped = re.sub(r"(?<=[0-9])[.,](?=[0-9])", lambda sign: "." if sign[0] == "," else ",", row)
        rows.append(row if keep else swapped)
    return "\n".join(rows)


def no_signs(text: str) -> str:
    """Thousands without signs."""
    return _GROUPED.sub(lambda match: match[1] + re.sub("[.,]", "", match[2]), text)


def capitals(text: str) -> str:
    """All in capitals."""
    return text.upper()


def bare(text: str) -> str:
    """Without marks."""
    return unmarked(text)


def no_colons(text: str) -> str:
    """Labels without colons, where a gap parts them from the amount."""
    return re.sub(r":(?= {2,}[-+]?[0-9])", " ", text)


def currency(text: str) -> str:
    """A currency sign behind each row's last amount."""
    return "\n".join(
        row + "đ" if re.search(r"[.,][0-9]{3}$", row) and not re.search(r"[0-9]{4}$", row) else row
        for row in text.split("\n")
    )


def narrow(text: str) -> str:
    """Gaps of two blanks, as on narrow paper."""
    return _GAP.sub("  ", text)


def wide(text: str) -> str:
    """Gaps six blanks wider."""
    return _GAP.sub(lambda gap: gap[0] + " " * 6, text)


def other_rules(text: str) -> str:
    """Rules of equal signs."""
    return _RULE.sub("=" * 40, text)


def dotted_rules(text: str) -> str:
    """Rules of dots."""
    return _RULE.sub("." * 40, text)


def blank_rules(text: str) -> str:
    """Blank rows for rules."""
    return _RULE.sub("", text)


def closing(text: str) -> str:
    """A closing, as shops have them."""
    return text.rstrip("\n") + "\n" + "-" * 32 + "\n" + CLOSING


def returns(text: str) -> str:
    """Rows ended as on Windows."""
    return text.replace("\n", "\r\n")


def centred(text: str) -> str:
    """The first three rows in the middle, by blanks."""
    rows = text.split("\n")
    return "\n".join([row.center(42).rstrip() for row in rows[:3]] + rows[3:])


def spread(text: str) -> str:
    """A blank row after each."""
    return text.replace("\n", "\n\n")


REWRITINGS: tuple[Callable[[str], str], ...] = (
    *(other_signs, no_signs, capitals, bare, no_colons, currency, narrow, wide),
    *(other_rules, dotted_rules, blank_rules, closing, returns, centred, spread),
)
