"""The rows of an item as a profile writes them, made into patterns.

>>> from drivers.reading.template import Template
>>> row = Template("{price} x {quantity}[ {unit}][ =] {amount}", units=("kg",))
>>> match = row.match("55.000 x 2 to    110.000")
>>> match and match["quantity"], match and match["amount"]
('2', '110.000')

One blank stands for blanks (none are needed beside a sign), two blanks for a gap between columns; what is
in brackets may be missing; ``x`` is any sign of multiplication; all else stands for itself. Patterns are
for folded text (``drivers.reading.rows.fold``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, QUANTITY
from drivers.reading.rows import fold

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOKEN = re.compile(r"\{(?P<field>\w+)\}|(?P<open>\[)|(?P<close>\])|(?P<blank> +)|(?P<literal>[^{}\[\] ]+)")
_FIELDS = {
    "name": r"\S.*?",
    "quantity": QUANTITY,
    "price": AMOUNT,
    "amount": AMOUNT,
    "discount": AMOUNT,
    "percent": r"-?(?:100|[0-9]{1,2})(?:[.,][0-9]{1,2})?",
    "number": r"[0-9]{1,3}",
    "code": r"(?=[a-z-]*[0-9])[a-z0-9][a-z0-9.-]{2,24}",
    "unit": r"(?!x\b)[a-z]{1,12}\.?",
    "unit2": r"(?!x\b)[a-z]{1,12}\.?",
    "vat": r"(?:(?:vat|thue|ts|gtgt)?\s?:?\s?(?:0|5|8|10)\s?%|kct|kkknt)",
}
# Supermarkets print the letter of a VAT rate, or a star, behind the last amount.
_MARK = r"(?:\s(?:[abcv]|[tv][0-9]|\*)(?=\s*\Z))?"
_AFTER = {"price": CURRENCY, "amount": CURRENCY + _MARK, "discount": CURRENCY, "number": r"[.)]?"}
FIELDS = frozenset({*_FIELDS, "measure"})


class Template:
    """One row. ``ValueError`` names what is wrong with its text."""

    __slots__ = ("_pattern", "fields", "text", "times")

    def __init__(self, text: str, units: Sequence[str]) -> None:
        self.text = text
        self.fields: tuple[str, ...] = ()
        self.times = False  # a sign of multiplication stands in it
        self._pattern = re.compile(self._compile(text, units))

    def match(self, folded: str) -> re.Match[str] | None:
        """The fields of a folded row that is of this shape as a whole."""
        return self._pattern.fullmatch(folded)

    def _compile(self, text: str, units: Sequence[str]) -> str:
        kinds: list[tuple[str, str]] = []
        place = 0
        while place < len(text):
            token = _TOKEN.match(text, place)
            if token is None:
                raise ValueError(f"{text[place:]!r} is not a field, a bracket or a sign")
            kinds.append((str(token.lastgroup), token[str(token.lastgroup)]))
            place = token.end()
        parts = [r"\s*"]
        depth = 0
        for index, (kind, value) in enumerate(kinds):
            if kind == "field":
                parts.append(self._field(value, units))
            elif kind == "literal":
                times = value in {"x", "*"}
                self.times = self.times or times
                parts.append("[x*]" if times else re.escape(fold(value)))
            elif kind == "blank":
                parts.append(_blank(value, kinds, index))
            else:
                depth += 1 if kind == "open" else -1
                if depth not in {0, 1}:
                    raise ValueError("brackets must come in pairs and not inside one another")
                parts.append("(?:" if kind == "open" else ")?")
        if depth:
            raise ValueError("a bracket is not closed")
        return "".join(parts) + r"\s*"

    def _field(self, name: str, units: Sequence[str]) -> str:
        if name not in FIELDS:
            raise ValueError(f"unknown field {{{name}}}; there are {', '.join(sorted(FIELDS))}")
        if name in self.fields or {name, *self.fields} >= {"unit", "measure"}:
            raise ValueError(f"field {{{name}}} twice in one row")
        self.fields += (name,)
        if name == "measure":
            words = "|".join(re.escape(word) for word in sorted(units, key=len, reverse=True))
            return rf"(?P<unit>(?:{words})\b\.?)"
        return f"(?P<{name}>{_FIELDS[name]}){_AFTER.get(name, '')}"


def _blank(blanks: str, kinds: list[tuple[str, str]], index: int) -> str:
    if len(blanks) > 1:
        return r"\s{2,}"
    beside = {kinds[near][0] for near in (index - 1, index + 1) if 0 <= near < len(kinds)}
    return r"\s*" if beside & {"literal", "open"} else r"\s+"
