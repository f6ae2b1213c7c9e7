"""A person's word on an order: out of the queue, let go (again), settled elsewhere; each is a leaf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.errors import TransitionRefused
from outbox.orders import move_order, set_aside, settle_alarms, state_of
from outbox.states import OrderState

if TYPE_CHECKING:
    from outbox.store import Job, Tx


def hold_order(order_id: int, reason: str) -> Job[None]:
    """A person takes an order that was not asked for out of the queue, with a reason.

    Raises from the job:
        NotFound, TransitionRefused: there is no such order, or it is on its way.
    """

    def job(tx: Tx) -> None:
        if (state := state_of(tx, order_id)) is not OrderState.ORDERED:
            raise TransitionRefused(f"an order that is {state} cannot be held: the provider may have it")
        set_aside(tx, order_id, reason)

    return job


def release_order(order_id: int) -> Job[None]:
    """A person lets an order go (again): one that was held, or one that was refused.

    What was asked for before is looked up first, whoever let it go.

    Raises from the job:
        NotFound, TransitionRefused: there is no such order, or it waits for nobody.
    """

    def job(tx: Tx) -> None:
        state = state_of(tx, order_id)
        (attempts,) = tx.execute("SELECT attempts FROM invoice_order WHERE id = ?", (order_id,)).fetchone()
        again = OrderState.ASKED if state is OrderState.HELD and attempts else OrderState.ORDERED
        move_order(tx, order_id, again)
        tx.execute(
            "UPDATE invoice_order SET due_at = ?, failures = 0, blamed = 0, failed_at = NULL WHERE id = ?",
            (tx.stamp, order_id),
        )
        tx.leaf("order.released", order_id, order=order_id)
        settle_alarms(tx)

    return job


def drop_order(order_id: int, reason: str) -> Job[None]:
    """A person settles an order elsewhere (the provider's own site), with a reason; it is kept.

    Even one that the provider may have: it may be gone for good, and only a person can look there.

    Raises from the job:
        NotFound, TransitionRefused: there is no such order, or it is at its end.
    """

    def job(tx: Tx) -> None:
        move_order(tx, order_id, OrderState.DROPPED, reason)
        tx.execute("UPDATE invoice_order SET paper_due_at = NULL WHERE id = ?", (order_id,))
        settle_alarms(tx)

    return job
