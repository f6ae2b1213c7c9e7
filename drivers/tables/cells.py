"""Cells: the text, number or time that a file or database holds, as the mapping says they are written.

A cell that is not written that way is no number: ``25.000`` is 25,000 dong where the point groups thousands,
and a problem where the point begins decimals, never 25.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING
from unicodedata import normalize
from zoneinfo import ZoneInfo

from drivers.encoding import decode
from drivers.tables.mapping import plain
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

    from drivers.tables.mapping import Mapping
    from drivers.tables.record import Cell

_CURRENCY = re.compile(r"\s*(?:đ|₫|vnd|vnđ|đồng)\.?$", re.IGNORECASE)
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?![0-9])")
_MOST_DECIMALS = 2  # of an amount: 25.000 with a decimal point is rather a thousand written wrong
_HUGE = 10**15


class CellWrong(Exception):
    """A cell that is not what its column should hold; the message is for the quarantine."""


def words_of(cell: Cell) -> str:
    """A cell as text, "" where it is empty; a whole number without decimals."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return format(cell.quantize(Decimal(1)) if cell == cell.to_integral_value() else cell, "f")
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).strip()


class Cells:
    """Reads cells by one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._mapping = mapping
        decimal, thousands = re.escape(mapping.decimal), re.escape(mapping.thousands)
        grouped = rf"[0-9]{{1,3}}(?:{thousands}[0-9]{{3}})+|" if thousands else ""
        self._number = re.compile(rf"[+-]?(?:{grouped}[0-9]+)(?:{decimal}(?P<decimals>[0-9]+))?")

    def text(self, cell: Cell) -> str | None:
        """Text, None where the cell is empty; in the letters the mapping names."""
        text = words_of(cell)
        if self._mapping.letters and isinstance(cell, str) and not text.isascii():
            try:
                text = decode(text.encode("cp1252"), self._mapping.letters)
            except UnicodeEncodeError:
                text = decode(text.encode("latin-1", "replace"), self._mapping.letters)
        text = normalize("NFC", " ".join(text.split()))
        if "\ufffd" in text:
            raise CellWrong("unreadable bytes in the text")
        return text or None

    def number(self, cell: Cell) -> Decimal | None:
        """A quantity or price; None where the cell is empty."""
        if cell is None or cell == "":
            return None
        if isinstance(cell, bool | datetime | date):
            raise CellWrong(f"{cell!r} is no number")
        if isinstance(cell, int | Decimal):
            return self._bounded(Decimal(cell), cell)
        text = _CURRENCY.sub("", cell.replace("\xa0", " ").strip()).strip()
        if not text:
            return None
        match = self._number.fullmatch(text)
        if match is None:
            raise CellWrong(f"{cell!r} is no number as the mapping writes them")
        if self._mapping.thousands:
            text = text.replace(self._mapping.thousands, "")
        try:
            return self._bounded(Decimal(text.replace(self._mapping.decimal, ".")), cell)
        except InvalidOperation:
            raise CellWrong(f"{cell!r} is no number") from None

    def amount(self, cell: Cell) -> Decimal | None:
        """Money in the mapping's unit, as dong; a price may have decimals."""
        value = self.number(cell)
        if value is None:
            return None
        if isinstance(cell, str):
            match = self._number.fullmatch(_CURRENCY.sub("", cell.replace("\xa0", " ").strip()).strip())
            decimals = (match["decimals"] or "") if match else ""
            if len(decimals) > _MOST_DECIMALS:
                raise CellWrong(f"{cell!r} has {len(decimals)} decimals: are they thousands?")
        return value * self._mapping.unit

    def moment(self, cell: Cell) -> datetime | None:
        """A time; without a zone it is the mapping's."""
        if cell is None or cell == "":
            return None
        zone = ZoneInfo(self._mapping.zone)
        if isinstance(cell, datetime):
            return cell if cell.tzinfo else cell.replace(tzinfo=zone)
        if isinstance(cell, date):
            return datetime.combine(cell, time(), zone)
        text = words_of(cell)
        for written in (*self._mapping.dates, "iso"):
            found = _by_format(text, written)
            if found is not None:
                return found if found.tzinfo else found.replace(tzinfo=zone)
        raise CellWrong(f"{text!r} is no time as the mapping writes them")

    def sold_at(self, head: Table[str, Cell]) -> datetime | None:
        """When it was sold, in Viet Nam's time: one cell, or a day and an hour."""
        columns = self._mapping.sale
        if "sold_at" in columns:
            found = self.moment(head.get(plain(columns["sold_at"])))
        else:
            day, hour = head.get(plain(columns["date"])), head.get(plain(columns.get("time", "")))
            if hour is None or hour == "":
                found = self.moment(day)
            elif isinstance(day, datetime | date) and isinstance(hour, str):
                found = self.moment(f"{day.isoformat()[:10]} {hour.strip()}") if day else None
            else:
                found = self.moment(f"{words_of(day)} {words_of(hour)}") if words_of(day) else None
        return None if found is None else found.astimezone(VIETNAM)

    @staticmethod
    def _bounded(value: Decimal, cell: Cell) -> Decimal:
        if not value.is_finite() or abs(value) > _HUGE:
            raise CellWrong(f"{cell!r} is no number of a sale")
        return value


def _by_format(text: str, written: str) -> datetime | None:
    try:
        if written == "iso":
            # What a sheet or database holds as a time is written so; year first, it is no other day.
            return datetime.fromisoformat(text) if _ISO.match(text) else None
        if written in {"unix", "unix-ms"}:
            seconds = Decimal(text) / (1000 if written == "unix-ms" else 1)
            return datetime.fromtimestamp(float(seconds), VIETNAM)
        return datetime.strptime(text, written)  # noqa: DTZ007 - the caller gives it the mapping's zone
    except (ValueError, ArithmeticError, OverflowError, OSError):
        return None
