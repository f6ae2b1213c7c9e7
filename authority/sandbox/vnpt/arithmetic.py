"""Adding an invoice up again, from its lines alone, as if nothing of what was sent were believed.

Everything is whole dong (hundredths in a foreign currency). What is reckoned: each line's amount from
quantity, price and discount; its VAT from its rate; a rate's VAT from all its lines; totals from the lines.
Sums must agree exactly, what needs rounding within ``tolerance`` of a unit, as the regulation allows.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from authority.sandbox.vnpt.drafts import DISCOUNT, GOODS, NOTE, PROMOTION, SPECIAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from authority.sandbox.vnpt.drafts import Draft, Row

_NOTHING = Decimal(0)
_PRICE_STEP = Decimal("0.0000005")  # half of the last decimal that a price can carry


def disagreements(draft: Draft, form: int, tolerance: int) -> list[str]:
    """Every sum of the draft that does not agree, in words; empty where all do."""
    return list(_Reckoning(draft, form, tolerance).all())


class _Reckoning:
    def __init__(self, draft: Draft, form: int, tolerance: int) -> None:
        self._draft = draft
        self._taxed = form == 1
        self._step = Decimal(1) if draft.currency == "VND" else Decimal("0.01")
        self._tolerance = tolerance * self._step

    def all(self) -> Iterator[str]:
        if not any(row.kind != NOTE for row in self._draft.rows) and self._draft.total:
            yield "an amount without a line"
        for place, row in enumerate(self._draft.rows, start=1):
            yield from (f"line {place}: {words}" for words in self._line(row))
        if self._taxed:
            yield from self._rates()
        elif self._draft.vat or any(row.vat or row.rate is not None for row in self._draft.rows):
            yield "a sales invoice has no VAT"
        yield from self._totals()

    def _line(self, row: Row) -> Iterator[str]:
        if row.kind in {NOTE, PROMOTION}:
            if row.net or row.vat or row.gross:
                yield f"a {row.kind} that costs something"
            return
        if row.net is None:
            yield "no amount"
            return
        for what in (row.net, row.vat, row.gross, row.discount):
            if what is not None and what % self._step:
                yield f"{what} is not a multiple of {self._step}"
        if row.kind in {GOODS, SPECIAL} and row.quantity is not None and row.price is not None:
            whole = row.quantity * row.price
            off = row.discount if row.discount is not None else whole * (row.discount_percent or 0) / 100
            allowed = self._step + abs(row.quantity) * _PRICE_STEP
            if abs(whole - off - row.net) > allowed:
                yield f"{row.quantity} x {row.price} - {off} is not {row.net}"
        if not self._taxed:
            if row.gross is not None and row.gross != row.net:
                yield f"{row.gross} is not {row.net}"
            return
        if row.rate is None:
            yield "no VAT rate"
            return
        if row.vat is not None and abs(self._vat_of(row.net, row.rate) - row.vat) > self._tolerance_of(
            row.rate
        ):
            yield f"VAT {row.vat} is not {row.rate} of {row.net}"
        if row.gross is not None and row.gross != row.net + (row.vat or 0):
            yield f"{row.net} + {row.vat} is not {row.gross}"

    def _rates(self) -> Iterator[str]:
        nets: dict[object, Decimal] = {}
        vats: dict[object, Decimal] = {}
        for row in self._draft.rows:
            if row.kind in {NOTE, PROMOTION} or row.rate is None:
                continue
            nets[row.rate] = nets.get(row.rate, _NOTHING) + self._signed(row, row.net)
            vats[row.rate] = vats.get(row.rate, _NOTHING) + self._signed(row, row.vat)
        if self._draft.rate_sums is not None:
            for given in self._draft.rate_sums:
                if nets.pop(given.rate, _NOTHING) != given.net:
                    yield f"the lines at {given.rate} do not add up to {given.net}"
                vats[given.rate] = given.vat
                if abs(self._vat_of(given.net, given.rate) - given.vat) > self._tolerance_of(given.rate):
                    yield f"VAT {given.vat} is not {given.rate} of {given.net}"
            yield from (f"{net} at {rate} stands in no sum" for rate, net in nets.items() if net)
        else:
            for rate, net in nets.items():
                if abs(self._vat_of(net, rate) - vats[rate]) > self._tolerance_of(rate):
                    yield f"the VAT of all lines at {rate}, {vats[rate]}, is not that of {net}"
        if (self._draft.vat or _NOTHING) != sum(vats.values(), _NOTHING):
            yield f"VAT {self._draft.vat} is not the sum {sum(vats.values(), _NOTHING)}"

    def _totals(self) -> Iterator[str]:
        draft = self._draft
        lines = sum((self._signed(row, row.net) for row in draft.rows), _NOTHING)
        if draft.net is not None and draft.net != lines:
            yield f"total before VAT {draft.net} is not the sum {lines}"
        fees = sum((amount for _, amount in draft.fees), _NOTHING)
        due = lines + (draft.vat or _NOTHING) + fees - draft.discount
        if draft.total != due:
            yield f"total {draft.total}, reckoned {due}"
        if not draft.words:
            yield "the total is not said in words"
        elif draft.words.lower().startswith("âm ") != (draft.total < 0):
            yield "the words have not the sign of the total"

    @staticmethod
    def _signed(row: Row, amount: Decimal | None) -> Decimal:
        if row.kind in {NOTE, PROMOTION} or amount is None:
            return _NOTHING
        return -amount if row.kind == DISCOUNT else amount

    @staticmethod
    def _vat_of(net: Decimal, rate: object) -> Decimal:
        return net * rate / 100 if isinstance(rate, Decimal) else _NOTHING

    def _tolerance_of(self, rate: object) -> Decimal:
        return self._tolerance if isinstance(rate, Decimal) and rate else _NOTHING
