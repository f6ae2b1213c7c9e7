"""VNPT Invoice: orders go out under their key (fkey), numbers and authority codes come back.

>>> from authority.providers.vnpt.gateway import VnptGateway
>>> from authority.providers.vnpt.login import Sources
>>> login = Sources("user", "env:VNPT_PASSWORD", "nhanvien", "env:VNPT_ACPASS")
>>> gateway = VnptGateway("https://0409990010-tt78.vnpt-invoice.com.vn", login)
>>> gateway.name, gateway.can.numbering
('0409990010-tt78.vnpt-invoice.com.vn', 'provider')

A batch is issued whole or not at all, and a refusal does not say whose fault it was: a refused batch is
asked for again in halves, the earlier first, until the order is found that it was. A key that the provider
knows already (ERR:13) is looked up, never sent under another one.
"""

from __future__ import annotations

import base64
import binascii
import time
from typing import TYPE_CHECKING

from authority.errors import AnswerNonsense, GatewayError, MaybeDelivered
from authority.gateway import Capabilities
from authority.providers.errors import OrderNotPossible, ProviderRefusal
from authority.providers.provider import (
    NotSaid,
    Numbered,
    ProviderStanding,
    Refused,
    SeriesStanding,
)
from authority.providers.vnpt import calls
from authority.providers.vnpt.answers import Told, read_issued
from authority.providers.vnpt.errors import KeyTaken, ServiceUserRefused
from authority.providers.vnpt.issued_xml import read_issued_xml
from authority.providers.vnpt.manner import VnptManner
from authority.providers.vnpt.products import PRODUCTS
from authority.providers.vnpt.refusals import (
    KEY_KNOWN,
    NOT_FOUND,
    NOT_READY,
    OF_ONE,
    SERVICE,
    STAFF,
    TOO_MANY,
    USER_UNKNOWN,
    Said,
    error_of,
    fetch_error,
)
from authority.providers.vnpt.regulation import REGULATION
from authority.providers.vnpt.wire import Wire
from errors import ThunganError
from invoice.errors import FieldInvalid
from invoice.invoice import Relation
from invoice.numbers import Form, Symbol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path
    from uuid import UUID

    from authority.https_line import Timeouts
    from authority.providers.provider import Order, Outcome, Paper, ProviderGateway
    from authority.providers.vnpt.login import Sources

_MOST_BYTES = 3_000_000  # of one call


class VnptGateway:
    """A ``ProviderGateway`` over SOAP 1.1."""

    def __init__(
        self,
        base_url: str,
        login: Sources,
        *,
        manner: VnptManner | None = None,
        ca: Path | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        pin: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``base_url``: the customer's own address. ``ca``, ``proxy``, ``pin``: as ``HttpsLine`` takes them.
        ``clock`` counts seconds.

        Raises:
            GatewaySettingInvalid: the address, or one of the settings.
        """
        self._wire = Wire(base_url, login, ca=ca, timeouts=timeouts, proxy=proxy, pin=pin, clock=clock)
        self._manner = manner or VnptManner()
        self._written = PRODUCTS if self._manner.written == "products" else REGULATION
        self._batch = self._manner.batch

    @property
    def name(self) -> str:
        """Host and port."""
        return self._wire.name

    @property
    def can(self) -> Capabilities:
        """``batch`` shrinks where the provider finds it too large (ERR:10)."""
        return Capabilities(
            "provider",
            _MOST_BYTES,
            idempotent=True,
            look_up=True,
            documents=True,
            corrections=True,
            batch=self._batch,
            atomic=False,  # here a refused batch comes back order by order
        )

    @property
    def clock_skew(self) -> timedelta | None:
        """By the Date header of the last answer over verified TLS."""
        return self._wire.clock_skew

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """See ``ProviderGateway.issue``; corrections go one by one, each by the call for its kind."""
        if len({(order.content.form, order.content.symbol) for order in orders}) > 1:
            raise ValueError("the orders of one call are of one series")
        done: dict[UUID, Outcome] = {}
        for order in orders:
            if (refused := self._unsayable(order)) is not None:
                done[order.key] = refused
        left = [order for order in orders if order.key not in done]
        parts = [[order] for order in left] if any(order.original for order in left) else [left]
        with self._wire.hiding():
            told = self._after_each_other(parts) if left else ()
        done.update(zip((order.key for order in left), told, strict=True))
        return tuple(done[order.key] for order in orders)

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """``downloadInvFkeyNoPay``; see ``ProviderGateway.look_up``."""
        with self._wire.hiding():
            text = self._fetched(calls.download(key.hex, "Inv"))
            if isinstance(text, Said):
                return NotSaid.UNKNOWN if text.number in NOT_FOUND else NotSaid.CANNOT_SAY
            return self._numbered_by(text, key)

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """``downloadInvFkeyNoPay`` or ``downloadInvPDFFkeyNoPay``; see ``ProviderGateway.fetch``."""
        with self._wire.hiding():
            text = self._fetched(calls.download(key.hex, "Inv" if kind == "xml" else "InvPDF"))
            if isinstance(text, Said):
                return None
            if kind == "pdf":
                return self._pdf(text)
            found = self._numbered_by(text, key)
            if (found.form, found.symbol, found.number) != (issued.form, issued.symbol, issued.number):
                raise AnswerNonsense(f"{self.name} gave {found.symbol} {found.number} for {issued.number}")
            return text.encode()

    def standing(self, form: Form, symbol: Symbol) -> ProviderStanding:
        """Accounts, by a question about a key that nobody has; see ``ProviderGateway.standing``."""
        with self._wire.hiding():
            said = self._wire.call(calls.codes_of_nobody(self._pattern(form)))
            if not isinstance(said, Said):
                raise AnswerNonsense(f"{self.name} knows a key that no order has")
            if said.number in {SERVICE, USER_UNKNOWN}:
                raise ServiceUserRefused(f"{self.name}: the service user is not known, {said}", status=200)
            if said.number == STAFF:
                raise error_of(said, self.name, correcting=False)
            if said.number not in NOT_FOUND:
                raise fetch_error(said, self.name)
        notes = (
            f"pattern {self._pattern(form)}, written as {self._manner.written}, …MTT{self._manner.ending}",
            "VNPT does not tell how many numbers are left, nor whether the account may issue in the series",
        )
        return ProviderStanding(self._wire.accounts, None, (SeriesStanding(form, symbol),), notes)

    def close(self) -> None:
        """See ``ProviderGateway.close``."""
        self._wire.close()

    # Issuing.

    def _unsayable(self, order: Order) -> Refused | None:
        """The refusal of an order that cannot even be written down for the provider; nothing is sent then."""
        content, original = order.content, order.original
        try:
            if original is not None and original.relation not in {Relation.REPLACES, Relation.ADJUSTS}:
                raise OrderNotPossible("VNPT corrects one invoice at a time")
            if original is None and content.related is not None:
                raise OrderNotPossible("a correction that does not name its original at the provider")
            for name, value in (
                ("a list of goods", content.statement_no),
                ("a sale on behalf of another", content.entrusted_tax_code),
                ("a sale in a tax-free zone", content.outside_tariff_zone),
            ):
                if value:
                    raise OrderNotPossible(f"{name} has no place in what VNPT takes")
            if content.currency != "VND" and not content.exchange_rate:
                raise OrderNotPossible(f"an invoice in {content.currency} without a rate of exchange")
            self._written.write_new([order])
        except ProviderRefusal as error:
            return Refused(error)
        except FieldInvalid as error:
            return Refused(OrderNotPossible(error.message))
        return None

    def _issue(self, orders: list[Order]) -> tuple[Outcome, ...]:
        said = self._wire.call(self._call_for(orders))
        if not isinstance(said, Said):
            return self._attached(said, orders)
        if said.number == KEY_KNOWN:
            return self._known_already(orders, said)
        if said.number == TOO_MANY:
            self._batch = max(1, len(orders) // 2)
        if len(orders) > 1 and said.number in OF_ONE:
            return self._in_halves(orders)
        return self._refused(said, correcting=orders[0].original is not None)

    def _call_for(self, orders: Sequence[Order]) -> calls.Call:
        order, ending = orders[0], self._manner.ending
        original, series = order.original, self._series(order)
        if original is None:
            return calls.publish(self._written.write_new(orders), series, ending)
        reason = (order.content.related and order.content.related.note) or ""
        if original.relation is Relation.REPLACES:
            data, what = self._written.write_replacement(order, reason), "Replace"
        else:
            data, what = self._written.write_adjustment(order, reason, _kind_of(order)), "Adjust"
        return calls.correct(data, original, self._pattern(original.form), series, what, ending)

    def _attached(self, text: str, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """The answer's entries to the orders of their keys; an order that it does not name is unknown."""
        by_key = {one.key: one for one in read_issued(text, self.name)}
        if "" in by_key and len(orders) == 1:
            by_key = {orders[0].key.hex: by_key[""]}
        strange = by_key.keys() - {order.key.hex for order in orders}
        if strange:
            raise AnswerNonsense(f"{self.name} answered with the keys of {len(strange)} other orders")
        found = [by_key.get(order.key.hex) for order in orders]
        return tuple(
            None if one is None else self._numbered(one, text)
            for one, order in zip(found, orders, strict=True)
        )

    def _numbered(self, told: Told, text: str) -> Numbered:
        try:
            form, symbol = Form(int(told.pattern[:1])), Symbol.parse(told.serial)
        except (ThunganError, ValueError) as error:
            raise AnswerNonsense(f"{self.name} numbered in {told.pattern} {told.serial}") from error
        name = f"{told.pattern};{told.serial};{told.number}"
        return Numbered(form, symbol, told.number, told.code, name, text.encode())

    def _refused(self, said: Said, *, correcting: bool) -> tuple[Refused]:
        error = error_of(said, self.name, correcting=correcting)
        if isinstance(error, ProviderRefusal):
            return (Refused(error, str(said).encode()),)
        raise error

    def _known_already(self, orders: list[Order], said: Said) -> tuple[Outcome, ...]:
        """Nothing was issued, because a key is known. What was issued before is told; the rest goes on."""
        found = {order.key: self.look_up(order.key) for order in orders}
        done = {
            order.key: self._if_same(one, order)
            for order in orders
            if isinstance(one := found[order.key], Numbered)
        }
        rest = [order for order in orders if found[order.key] is NotSaid.UNKNOWN]
        if len(rest) == 1 == len(orders):
            return self._sent_on(rest[0], said)
        if rest:
            try:
                told = self._in_halves(rest)
            except GatewayError:
                if len(rest) == len(orders):
                    raise
                told = (None,) * len(rest)
            done.update(zip((order.key for order in rest), told, strict=True))
        return tuple(done.get(order.key) for order in orders)

    def _sent_on(self, order: Order, known: Said) -> tuple[Outcome, ...]:
        """A key that is known and has no invoice is stored and not issued: ``SendInvMTT`` issues it."""
        said = self._wire.call(calls.send_on(order.key.hex, self._series(order), self._manner.ending))
        if not isinstance(said, Said):
            return self._attached(said, [order])
        if said.number in NOT_FOUND:
            raise MaybeDelivered(f"{self.name} said {known} of a key, and {said} when asked for its invoice")
        return self._refused(said, correcting=False)

    def _if_same(self, found: Numbered, order: Order) -> Outcome:
        """An invoice that was issued before: this order's, or another's under its key (then nothing fits)."""
        if found.total is not None and found.total != order.content.total:
            words = f"{self.name} has {found.symbol} {found.number} over {found.total} under this order's key"
            return Refused(KeyTaken(words, said=f"ERR:{KEY_KNOWN}"), found.raw)
        return found

    def _in_halves(self, orders: list[Order]) -> tuple[Outcome, ...]:
        middle = (len(orders) + 1) // 2
        return self._after_each_other([part for part in (orders[:middle], orders[middle:]) if part])

    def _after_each_other(self, parts: Sequence[list[Order]]) -> tuple[Outcome, ...]:
        """One part after the other. What stops a later one takes nothing from what is known of the earlier:
        the rest is then unknown, and the next call meets the same trouble with nothing before it."""
        done: list[Outcome] = []
        for part in parts:
            try:
                done += self._issue(part)
            except GatewayError:
                if not done:
                    raise
                break
        total = sum(len(part) for part in parts)
        return (*done, *[None] * (total - len(done)))

    # Asking.

    def _fetched(self, call: calls.Call) -> str | Said:
        """What is fetched by a key, or why it is not there (not found, not ready)."""
        said = self._wire.call(call)
        if not isinstance(said, Said) or said.number in NOT_FOUND | NOT_READY:
            return said
        raise fetch_error(said, self.name)

    def _numbered_by(self, text: str, key: UUID) -> Numbered:
        document = text.encode()
        found = read_issued_xml(document, self.name)
        if found.key and found.key != key.hex:
            raise AnswerNonsense(f"{self.name} gave the invoice of another key")
        total = int(found.total) if found.total == int(found.total) else None
        name = f"{self._pattern(found.form)};{found.symbol};{found.number}"
        return Numbered(
            found.form, found.symbol, found.number, found.code, name, document, day=found.day, total=total
        )

    def _pdf(self, text: str) -> bytes:
        try:
            content = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if not content.startswith(b"%PDF-"):
            raise AnswerNonsense(f"{self.name} gave something else than a PDF")
        return content

    def _pattern(self, form: Form) -> str:
        ours = self._manner.pattern
        # An original of the other form was issued when the shop had that form: its usual pattern then.
        return ours if ours.startswith(str(int(form))) else f"{int(form)}/001"

    def _series(self, order: Order) -> calls.Series:
        return calls.Series(self._pattern(order.content.form), str(order.content.symbol))


def _kind_of(order: Order) -> int:
    """Type of an adjustment: 2 up, 3 down, 4 words only."""
    total = order.content.total
    if not total and not any(line.counted for line in order.content.lines):
        return 4
    return 3 if total < 0 else 2


if TYPE_CHECKING:
    _shape: type[ProviderGateway] = VnptGateway  # mypy holds it against the protocol
