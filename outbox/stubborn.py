"""Packages that a gateway cannot bear: split until the invoice at fault stands alone, then set it aside.

Where a gateway fails on the same bytes again and again (a server error, a hang, HTTP 4xx) though it works for
others, the cause lies with an invoice, and the others of its package must not wait for it. Splitting sends
the same invoices under new MTDiep, so it is done only right after the authority has said that it does not
know the package (profile, section 7), and never on a first failure: most failures are the line's.

Two counts tell a bad invoice from a bad day. A failure is *blamed* on the package if something else got
through since its last one; a few of those are proof. Without proof a package is split all the same, so that
one of its halves may be the proof, but ever more rarely while nothing gets through, and nothing is set aside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outbox.alarms import put_alarm
from outbox.packages import INVOICE_HELD, go_again, move_invoices, move_package
from outbox.settings import drop_setting, read_setting, write_setting
from outbox.states import InvoiceState, PackageState
from outbox.store import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from outbox.store import Job, Tx

BLAMED_ENOUGH = 3
FAILURES_ENOUGH = 5  # about a minute; twice as many after each split that has brought nothing through
_LAST_THROUGH = "last_through"  # setting: when the authority last took a package in
_BLIND_SPLITS = "blind_splits"  # setting: splits without proof since then


def something_got_through(tx: Tx) -> None:
    """The authority has taken a package in: sending works."""
    write_setting(tx, _LAST_THROUGH, stamp(tx.now))
    drop_setting(tx, _BLIND_SPLITS)


def count_failure(package_id: int, until: datetime, reason: str) -> Job[None]:
    """The gateway has failed on the package after it was sent: try again at ``until``."""

    def job(tx: Tx) -> None:
        last = read_setting(tx, _LAST_THROUGH) or ""
        # A package is built while another is on the wire: "at the same time" is after.
        tx.execute(
            "UPDATE package SET failures = failures + 1,"
            " blamed = blamed + (? >= coalesce(failed_at, built_at)), failed_at = ?,"
            " due_at = ?, reason = ? WHERE id = ? AND state <> 'decided'",
            (last, stamp(tx.now), stamp(until), reason, package_id),
        )

    return job


def split_stubborn(package_id: int) -> Job[bool]:
    """The authority has just said that it does not know the package: whether it was split or set aside."""

    def job(tx: Tx) -> bool:
        state, failures, blamed, size, reason = tx.execute(
            "SELECT state, failures, blamed, invoices, reason FROM package WHERE id = ?", (package_id,)
        ).fetchone()
        proven = blamed >= BLAMED_ENOUGH
        blind = int(read_setting(tx, _BLIND_SPLITS) or "0")
        enough = proven or (size > 1 and failures >= FAILURES_ENOUGH << min(blind, 10))
        if state != PackageState.SENT or not enough:
            return False
        if not proven:
            write_setting(tx, _BLIND_SPLITS, str(blind + 1))
        why = reason or "the gateway fails on it"
        move_package(tx, package_id, PackageState.DECIDED, why)
        go_again(tx, package_id, size, why)
        tx.leaf("package.split", package_id, package=package_id, invoices=size, reason=why)
        if size == 1:
            move_invoices(tx, package_id, InvoiceState.HELD, why)
            put_alarm(tx, INVOICE_HELD, f"an invoice was set aside, the gateway fails on it: {why}")
        return True

    return job
