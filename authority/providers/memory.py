"""A provider in memory that does everything right: the twin of the real ones, for tests.

It knows the truth (``book``): what has been numbered, under which key, and what was refused. It reckons every
total anew and holds date and series to what a strict provider does. Faults are put around it, not into it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from authority.gateway import Capabilities
from authority.providers.errors import (
    AmountsRefused,
    DateBehind,
    SeriesExhausted,
    SeriesStopped,
    SeriesUnfit,
)
from authority.providers.provider import (
    NotSaid,
    Numbered,
    ProviderStanding,
    Refused,
    SeriesStanding,
)
from invoice.document import write_content, write_invoice
from invoice.invoice import identified
from invoice.numbers import AuthorityCode, Form, Symbol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from uuid import UUID

    from authority.providers.provider import Order, Outcome, Paper, ProviderGateway
    from invoice.invoice import Invoice, InvoiceContent

BATCH = 5


@dataclass(slots=True)
class ProviderBook:
    """What the provider has: invoices by key, in the order of their numbers."""

    series: tuple[str, ...] = ("1;C26MAA",)
    left: int = 1_000_000
    taxpayer: str = "PRVDR"
    first: int = 1
    issued: dict[UUID, Invoice] = field(default_factory=dict)
    doubles: int = 0  # orders that came again under a key that has its invoice
    dates_back: int = 0

    def number(self, order: Order) -> Invoice:
        """Issue an order, or give what its key has already.

        Raises:
            SeriesUnfit, SeriesExhausted, DateBehind: nothing is issued in the series.
            AmountsRefused: the order's figures do not agree.
        """
        if order.key in self.issued:
            self.doubles += 1
            return self.issued[order.key]
        content = order.content
        form, symbol = content.form, content.symbol
        if f"{int(form)};{symbol}" not in self.series:
            raise SeriesUnfit(f"{int(form)}{symbol} is not registered", status=200)
        if not self.left:
            raise SeriesExhausted(f"{symbol} has no numbers left", status=200)
        before = self.of_series(form, symbol)
        if before and content.day < before[-1].day:
            self.dates_back += 1
            raise DateBehind(f"{content.day} is before {before[-1].day}", status=200)
        check_sums(content)
        number = before[-1].number + 1 if before else self.first
        code = AuthorityCode(int(form), content.day.year, self.taxpayer, 7_000_000_000 + len(self.issued) + 1)
        self.left -= 1
        self.issued[order.key] = identified(content, number, code)
        return self.issued[order.key]

    def of_series(self, form: Form, symbol: Symbol) -> list[Invoice]:
        """The invoices of a series, by number."""
        return [one for one in self.issued.values() if (one.form, one.symbol) == (form, symbol)]


class MemoryProvider:
    """A ``ProviderGateway`` to a book in the same process."""

    def __init__(self, book: ProviderBook, *, batch: int = BATCH, says_code: bool = True) -> None:
        self.book = book
        self.says_code = says_code
        self._batch = batch

    @property
    def name(self) -> str:
        """Always ``memory``."""
        return "memory"

    @property
    def can(self) -> Capabilities:
        """Batches, of which each order is decided by itself."""
        return Capabilities(
            "provider",
            2_000_000,
            idempotent=True,
            look_up=True,
            documents=True,
            corrections=True,
            batch=self._batch,
            atomic=False,
        )

    @property
    def clock_skew(self) -> timedelta | None:
        """Both sides have one clock."""
        return None

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """See ``ProviderGateway.issue``."""
        outcomes: list[Outcome] = []
        for order in orders:
            try:
                outcomes.append(self.answer(self.book.number(order)))
            except AmountsRefused as error:
                outcomes.append(Refused(error, str(error).encode()))
            except SeriesStopped:
                if not outcomes:
                    raise
                outcomes.append(None)  # what came before it has been decided: no word for the whole call
        return tuple(outcomes)

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """See ``ProviderGateway.look_up``."""
        found = self.book.issued.get(key)
        return NotSaid.UNKNOWN if found is None else self.answer(found)

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """See ``ProviderGateway.fetch``: the XML without a signature; it has no PDF."""
        found = self.book.issued.get(key)
        if found is None or kind != "xml" or found.number != issued.number:
            return None
        return write_invoice(found, write_content(found), b"")

    def standing(self, form: Form, symbol: Symbol) -> ProviderStanding:
        """See ``ProviderGateway.standing``."""
        series = []
        if f"{int(form)};{symbol}" in self.book.series:
            last = self.book.of_series(form, symbol)[-1:]
            series = [
                SeriesStanding(
                    form,
                    symbol,
                    self.book.left,
                    last[0].number if last else None,
                    last[0].day if last else None,
                )
            ]
        return ProviderStanding("memory", may_issue=True, series=tuple(series))

    def close(self) -> None:
        """Nothing to give back."""

    def answer(self, invoice: Invoice) -> Numbered:
        """The answer of an invoice, with what a provider would have written."""
        code = str(invoice.code) if self.says_code else None
        said = {"number": invoice.number, "code": code, "day": invoice.day.isoformat()}
        return Numbered(
            invoice.form,
            invoice.symbol,
            invoice.number,
            code,
            f"{invoice.symbol}{invoice.number}",
            json.dumps(said).encode(),
            invoice.day,
            int(invoice.total),
        )


def check_sums(content: InvoiceContent) -> None:
    """Lines, rates and total, reckoned anew.

    Raises:
        AmountsRefused: they do not agree.
    """
    counted = sum(Decimal(line.counted) for line in content.lines)
    fees = sum(Decimal(fee.amount) for fee in content.fees)
    vat = content.form is Form.VAT
    net = sum(Decimal(one.net) for one in content.rate_totals) if vat else counted
    tax = sum(Decimal(one.tax) for one in content.rate_totals)
    due = net + tax + fees - Decimal(content.trade_discount or 0)
    if counted != net or due != content.total:
        raise AmountsRefused(f"lines {counted}, net {net}, due {due}, total {content.total}", said="SUMS")


if TYPE_CHECKING:
    _shape: type[ProviderGateway] = MemoryProvider  # mypy holds it against the protocol
