"""The right sale in the place of an order that has no number: nothing was issued, so nothing is corrected.

Only an order that the provider certainly does not have may be replaced so: one that waits, or was refused. An
invoice that is numbered is corrected by another invoice (``outbox.correcting``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from invoice.compose import check_sale, compose_content
from invoice.errors import CorrectionRefused
from invoice.numbers import Symbol
from invoice.references import spoken
from invoice.sale_json import VIETNAM, sale_to_json
from outbox.clock import checked_now
from outbox.issuing import insert_sale, legal_day, witness_of
from outbox.ordering import sign_and_order
from outbox.orders import move_order, settle_alarms, state_of
from outbox.sold import MadeOf
from outbox.states import OrderState

if TYPE_CHECKING:
    from collections.abc import Generator

    from invoice.sale import Sale
    from outbox.numbering import Register
    from outbox.signing_desk import ToSign
    from outbox.sold import Ordered
    from outbox.store import Job, Tx


def replace_order(order_id: int, sale: Sale, register: Register, reason: str) -> Job[Ordered]:
    """The job that orders ``sale`` in the place of an order, with a reason.

    Raises from the job:
        NotFound: there is no such order.
        CorrectionRefused: the provider has it or may have it, or it corrects an invoice itself.
        InvoiceError: the sale cannot be invoiced; nothing is changed.
        ClockWentBack, ClockWrong: as ``issue``.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Ordered]:
        if not reason.strip():
            raise CorrectionRefused("an order is replaced with a reason")
        if not register.by_provider:
            raise CorrectionRefused(
                "this register numbers its invoices itself now: drop the order, issue the sale"
            )
        state = state_of(tx, order_id)
        attempts, corrects = tx.execute(
            "SELECT attempts, corrects FROM invoice_order WHERE id = ?", (order_id,)
        ).fetchone()
        if state not in {OrderState.ORDERED, OrderState.REFUSED} and (
            state is not OrderState.HELD or attempts
        ):
            raise CorrectionRefused(f"the order is {state}: wait for the provider's word (or drop it)")
        if corrects is not None:
            raise CorrectionRefused("it corrects an invoice: drop it, and correct that invoice again")
        now = checked_now(tx, register)
        check_sale(sale, register.terms, now.astimezone(VIETNAM).date())
        said = sale_to_json(sale)
        sale_id = insert_sale(tx, sale, None, said)
        day = legal_day(tx, replace(sale, sold_at=None), register, now, live=True)
        symbol = Symbol.of_year(register.letters, day.year)
        content = compose_content(sale, register.terms, symbol, day, witness_of(tx))
        made_of = MadeOf(said, sale_id, register.terms.unnamed_buyer)
        ordered = yield from sign_and_order(tx, content, made_of, now, replaces=order_id)
        # Whoever asks by the old paper is led on.
        move_order(tx, order_id, OrderState.CORRECTED, f"{reason} → {spoken(ordered.reference)}")
        settle_alarms(tx)
        return ordered

    return job
