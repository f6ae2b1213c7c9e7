"""From a record to a sale: every column where the mapping puts it, every sum checked, or quarantine."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from drivers.reading.receipt import Reading
from drivers.tables.cells import Cells, CellWrong, words_of
from drivers.tables.mapping import plain
from errors import ThunganError
from invoice.rates import Rate
from invoice.sale import Kind
from invoice.sale_json import sale_from_object

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as Table

    from drivers.tables.mapping import Mapping
    from drivers.tables.record import Cell, Record

T = TypeVar("T")
_SHOWN = 200  # rows of a record that are shown to a person


def read_record(record: Record, mapping: Mapping) -> Reading:
    """Understand one record. Never raises for what is in it."""
    taker = _Taker(record, mapping)
    kind = taker.kind()
    made = taker.sale()
    problems = [*record.problems, *taker.problems]
    sale = None
    if not problems:
        try:
            sale = sale_from_object(made)
        except ThunganError as error:
            problems.append(error.message)
    if sale is not None:
        problems += sale.problems()
        if kind is Kind.SALE and 0 < sale.total < mapping.minimum:
            problems.append(f"the total {sale.total} is too small: is it written in thousands?")
    text = _shown(record)
    if kind is not Kind.SALE and kind is not Kind.QUARANTINED:
        return Reading(kind, None if problems else sale, (), "utf-8", text)
    if problems or sale is None:
        # A sale whose sums do not agree is kept for the person who sets it right.
        return Reading(Kind.QUARANTINED, sale, tuple(problems), "utf-8", text)
    checks = (f"{len(sale.lines)} lines make the total {sale.total}",)
    return Reading(Kind.SALE, sale, (), "utf-8", text, checks=checks, layout=mapping.name)


class _Taker:
    """Takes a record's cells; what is wrong with one is kept in words."""

    def __init__(self, record: Record, mapping: Mapping) -> None:
        self._record, self._mapping, self._cells = record, mapping, Cells(mapping)
        self.problems: list[str] = []

    def kind(self) -> Kind:
        state = self._mapping.state
        if state is None:
            return Kind.SALE
        word = words_of(self._record.head.get(plain(state.column)))
        if plain(word) not in state.meanings:
            self.problems.append(f"{state.column}: {word!r} is no state that the mapping knows")
            return Kind.QUARANTINED
        return Kind(state.meanings[plain(word)])

    def sale(self) -> dict[str, Any]:
        mapping, head = self._mapping, self._record.head
        lines = [
            line for number, row in enumerate(self._record.lines, 1) if (line := self._line(number, row))
        ]
        made: dict[str, Any] = {"kind": "sale", "lines": lines}
        for field in ("receipt_no", "cashier", "currency"):
            made[field] = self._text(field, mapping.sale, head) or mapping.constants.get(field)
        for field in ("discount", "service_charge", "rounding", "tip", "reduction", "vat"):
            made[field] = self._dong(field, mapping.sale, head)
        if made["vat"] is not None:
            made["prices_include_vat"] = False
        made["exchange_rate"] = self._number("exchange_rate", mapping.sale, head)
        made["total"] = self._dong("total", mapping.sale, head)
        if "total" not in mapping.sale:
            made["total"] = sum(line["amount"] for line in lines)
        elif made["total"] is None:
            self.problems.append(f"{mapping.sale['total']} is empty")
        made["sold_at"] = self._sold_at()
        made["buyer"] = self._buyer()
        made["payments"] = self._payments(made["total"])
        if made["receipt_no"] is None and "receipt_no" in mapping.sale:
            self.problems.append(f"{mapping.sale['receipt_no']} is empty")
        if any(not words_of(head.get(plain(column))) for column in mapping.key):
            self.problems.append(
                f"the key {' / '.join(mapping.key)} is not whole: it may have been counted already"
            )
        return {key: value for key, value in made.items() if value is not None}

    def _line(self, number: int, row: Table[str, Cell]) -> dict[str, Any] | None:
        mapping = self._mapping
        before = len(self.problems)
        name = self._text("name", mapping.line, row) or mapping.constants.get("line.name")
        quantity = self._number("quantity", mapping.line, row)
        price = self._amount("unit_price", mapping.line, row)
        amount = self._dong("amount", mapping.line, row)
        discount = self._dong("discount", mapping.line, row) or 0
        if name is None and amount is None and quantity is None:
            if len(self.problems) == before:
                self.problems.append(f"row {number} of the sale has no goods")
            return None
        if amount is None and quantity is not None and price is not None:
            exact = quantity * price - discount
            amount = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        quantity = Decimal(1) if quantity is None else quantity
        if name is None or amount is None:
            if len(self.problems) == before:
                self.problems.append(f"row {number} of the sale has no {'amount' if name else 'name'}")
            return None
        if price is None:
            price = self._price(amount + discount, quantity)
        if price is None:
            self.problems.append(f"row {number} of the sale has no price")
            return None
        return {
            "name": name,
            "quantity": quantity,
            "unit_price": price,
            "amount": amount,
            "discount": discount,
            "unit": self._text("unit", mapping.line, row) or mapping.constants.get("line.unit"),
            "code": self._text("code", mapping.line, row),
            "vat_rate": self._rate(row),
        }

    @staticmethod
    def _price(gross: int, quantity: Decimal) -> Decimal | None:
        """The price of one, where the source does not say it and it comes out even."""
        if not quantity:
            return None
        price = round(Decimal(gross) / quantity, 6)
        return price if (price * quantity).quantize(Decimal(1), ROUND_HALF_UP) == gross else None

    def _rate(self, row: Table[str, Cell]) -> str | None:
        column = self._mapping.line.get("vat_rate")
        word = words_of(row.get(plain(column))) if column else self._mapping.constants.get("line.vat_rate")
        if not word:
            return None
        if plain(word) in self._mapping.rates:
            return self._mapping.rates[plain(word)]
        try:
            return Rate.parse(word).word
        except ThunganError:
            self.problems.append(f"{column}: {word!r} is no rate of VAT that the mapping knows")
            return None

    def _sold_at(self) -> str | None:
        try:
            sold = self._cells.sold_at(self._record.head)
        except CellWrong as error:
            self.problems.append(f"time: {error}")
            return None
        if sold is None:
            self.problems.append("the time of the sale is empty")
            return None
        return sold.isoformat()

    def _buyer(self) -> dict[str, str] | None:
        found = {
            field: text
            for field in self._mapping.buyer
            if (text := self._text(field, self._mapping.buyer, self._record.head))
        }
        return found or None

    def _payments(self, total: int | None) -> list[dict[str, Any]]:
        head, method = self._record.head, self._mapping.method
        paid = [
            {"method": name, "amount": amount}
            for name in self._mapping.payments
            if (amount := self._dong(name, self._mapping.payments, head))
        ]
        if method is None or paid:
            return paid
        word = words_of(head.get(plain(method.column)))
        if not word:
            return []
        if plain(word) not in method.meanings:
            self.problems.append(f"{method.column}: {word!r} is no way of paying that the mapping knows")
            return []
        return [{"method": method.meanings[plain(word)], "amount": total}] if total else []

    def _text(self, field: str, columns: Table[str, str], row: Table[str, Cell]) -> str | None:
        return self._taken(field, columns, row, self._cells.text)

    def _number(self, field: str, columns: Table[str, str], row: Table[str, Cell]) -> Decimal | None:
        return self._taken(field, columns, row, self._cells.number)

    def _amount(self, field: str, columns: Table[str, str], row: Table[str, Cell]) -> Decimal | None:
        return self._taken(field, columns, row, self._cells.amount)

    def _dong(self, field: str, columns: Table[str, str], row: Table[str, Cell]) -> int | None:
        value = self._amount(field, columns, row)
        if value is not None and value != int(value):
            self.problems.append(f"{columns[field]}: {value} is no whole amount")
            return None
        return None if value is None else int(value)

    def _taken(
        self, field: str, columns: Table[str, str], row: Table[str, Cell], by: Callable[[Cell], T | None]
    ) -> T | None:
        column = columns.get(field)
        if column is None:
            return None
        name = plain(column)
        if name not in row and self._mapping.format in {"json", "xml"}:
            return None  # objects leave out what they have not
        if name not in row:
            self.problems.append(f"there is no column {column!r}")
            return None
        try:
            return by(row[name])
        except CellWrong as error:
            self.problems.append(f"{column}: {error}")
            return None


def _shown(record: Record) -> str:
    """The record for a person: each row's cells with their columns."""
    rows = record.lines[:_SHOWN] or (record.head,)
    shown = [_row_in_words(row) for row in rows]
    if record.lines and record.head not in record.lines:
        shown.insert(0, _row_in_words(record.head))
    return "\n".join(shown)


def _row_in_words(row: Table[str, Cell]) -> str:
    named = [name for name in row if not name.startswith("#")] or list(row)
    return " | ".join(f"{name}: {words}" for name in named if (words := words_of(row[name])))
