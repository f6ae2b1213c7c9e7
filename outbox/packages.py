"""Packing issued invoices into a 206, and what the authority's answers do to them.

A package's bytes and MTDiep are stored before they are sent; what is sent again is the same bytes (P3).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, islice
from typing import TYPE_CHECKING

from authority.codes import new_message_id
from authority.package import PACKAGE_LIMIT, build_package
from invoice.sale_json import VIETNAM
from outbox.alarms import put_alarm, take_away_alarm
from outbox.crash_points import crash_point
from outbox.errors import NotFound
from outbox.settings import read_setting
from outbox.states import InvoiceState, PackageState, check_transition
from outbox.store import stamp
from signing.certificates import check_validity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from authority.package import PackageFrame
    from outbox.store import Job, Tx

INVOICE_HELD = "invoice-held"
PACK_AFTER = "pack_after"  # setting: before this time no package is built


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A package that is due to be sent or asked about; its bytes are read when it is sent.

    ``leaving``: the bytes of a new one, of which it is written down already that it is about to leave.
    """

    package_id: int
    message_id: str
    state: PackageState
    attempts: int
    day: str  # of its newest invoice
    doubt: str | None = None
    leaving: bytes | None = None

    def turn(self, today: str) -> tuple[bool, int, int]:
        """What goes first is smaller: today's first, then the least tried, the oldest."""
        return (self.day != today, self.attempts, self.package_id)


@dataclass(frozen=True, slots=True)
class Draft:
    """What the next package will hold. It is signed outside the writer's transaction: a key that takes its
    time, or a person's word on a telephone, then holds up no sale."""

    message_id: str
    ids: tuple[int, ...]
    invoices: tuple[bytes, ...]
    correction_list: bytes | None
    day: str  # the newest
    at: datetime

    def signed(self, frame: PackageFrame) -> bytes:
        """The exact bytes of the package.

        Raises:
            SigningError: the key does not sign now, or its certificate's time is over.
        """
        check_validity(frame.signer.certificate, self.at)
        return build_package(
            frame, self.invoices, self.message_id, self.at, correction_list=self.correction_list
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """A signed draft; until it is stored nothing of it counts."""

    draft: Draft
    document: bytes


def draft_next(
    frame: PackageFrame,
    sender: str,
    token: UUID,
    limit: int = PACKAGE_LIMIT,
    given_back: Collection[int] = (),
) -> Job[Draft | None]:
    """The job that chooses the oldest issued invoices; None if nothing waits.

    ``limit``: bytes that the gateway carries in one message. An invoice that no message can carry is held,
    with an alarm: those behind it go on. What the packages ``given_back`` held is passed over.
    """
    passed_over = json.dumps(list(given_back))

    def job(tx: Tx) -> Draft | None:
        if stamp(tx.now) < (read_setting(tx, PACK_AFTER) or ""):
            return None
        while chosen := _chosen(tx, frame, limit, passed_over):
            ids = tuple(invoice_id for invoice_id, _, _ in chosen)
            listed = _list_of(tx, ids[0]) if len(ids) == 1 else None
            if frame.size([size for _, size, _ in chosen]) + len(listed or b"") > limit:
                _set_aside(tx, ids[0], f"no message of at most {limit} bytes can carry it")
                continue
            return Draft(
                new_message_id(sender, token),
                ids,
                _documents(tx, ids),
                listed,
                max(day for _, _, day in chosen),
                tx.now,
            )
        return None

    return job


def _set_aside(tx: Tx, invoice_id: int, reason: str) -> None:
    _hold(tx, invoice_id, reason)
    put_alarm(tx, INVOICE_HELD, f"an invoice was set aside: {reason}")


def _hold(tx: Tx, invoice_id: int, reason: str) -> None:
    tx.execute(
        "UPDATE invoice SET state = ?, state_at = ?, reason = ? WHERE id = ?",
        (InvoiceState.HELD, stamp(tx.now), reason, invoice_id),
    )
    tx.leaf("invoice.held", invoice_id, invoice=invoice_id, reason=reason)


def store_package(draft: Draft, document: bytes) -> Job[int | None]:
    """The job that stores a signed package, ready to be sent.

    None if one of its invoices has been held meanwhile, or its list countersigned: then it was never sent,
    and the next one is drafted anew.
    """

    return lambda tx: _store(tx, draft, document)


def store_leaving(ready: Ready, again_after: timedelta) -> Job[Outgoing | None]:
    """The job that stores a signed package and writes down that it is about to leave, both or neither.

    One transaction instead of two: the rows of its invoices, most of what is written, go to the disk once.
    None as ``store_package``.
    """

    def job(tx: Tx) -> Outgoing | None:
        draft = ready.draft
        package_id = _store(tx, draft, ready.document)
        if package_id is None:
            return None
        _mark_sending(tx, package_id, PackageState.BUILT, again_after)
        return Outgoing(
            package_id, draft.message_id, PackageState.BUILT, 0, draft.day, leaving=ready.document
        )

    return job


def _store(tx: Tx, draft: Draft, document: bytes) -> int | None:
    ids = json.dumps(draft.ids)
    query = "SELECT COUNT(*) FROM invoice WHERE state = 'issued' AND id IN (SELECT value FROM json_each(?))"
    if tx.execute(query, (ids,)).fetchone()[0] != len(draft.ids):
        return None
    if len(draft.ids) == 1 and _list_of(tx, draft.ids[0]) != draft.correction_list:
        return None
    digest = sha256(document).hexdigest()
    now = stamp(tx.now)
    row = tx.execute(
        "INSERT INTO package (message_id, built_at, invoices, state, state_at, due_at, sha256, document,"
        " day) VALUES (?,?,?,?,?,?,?,?,?)",
        (draft.message_id, now, len(draft.ids), PackageState.BUILT, now, now, digest, document, draft.day),
    )
    package_id = int(row.lastrowid or 0)
    tx.execute(
        "UPDATE invoice SET state = 'packed', state_at = ?, package_id = ?"
        " WHERE state = 'issued' AND id IN (SELECT value FROM json_each(?))",
        (now, package_id, ids),
    )
    tx.leaf(
        "package.built",
        package_id,
        package=package_id,
        message_id=draft.message_id,
        invoices=list(draft.ids),
        sha256=digest,
    )
    crash_point("package.before-commit")
    return package_id


def anything_to_pack() -> Job[bool]:
    """Whether an invoice waits for a package."""
    return lambda tx: (
        tx.execute("SELECT 1 FROM invoice WHERE state = 'issued' LIMIT 1").fetchone() is not None
    )


def _chosen(tx: Tx, frame: PackageFrame, limit: int, passed_over: str) -> list[tuple[int, int, str]]:
    """The invoices of the next package as (id, bytes, day); one that is too large for any stands alone."""
    seen: list[tuple[int, int, str]] = []

    def sizes() -> Iterator[int]:
        for row in _candidates(tx, passed_over):
            seen.append((row[0], row[1], row[2]))
            yield row[1]

    return seen[: max(1, frame.how_many(sizes(), limit))]


def _candidates(tx: Tx, passed_over: str) -> Iterator[tuple[int, int, str]]:
    """Invoices in the order of packing: what is split off first, then today's, then the oldest.

    Today's are due today; what is older is late already and goes as fast as the line allows.
    """
    waiting = (
        " FROM invoice WHERE state = 'issued'"
        " AND (package_id IS NULL OR package_id NOT IN (SELECT value FROM json_each(?)))"
    )
    row = tx.execute(f"SELECT batch{waiting} ORDER BY batch LIMIT 1", (passed_over,)).fetchone()
    if row is None:
        return
    batch, today = row[0], tx.now.astimezone(VIETNAM).date().isoformat()
    query = f"SELECT id, length(document), day{waiting} AND batch = ?"
    newest = tx.execute(f"{query} AND day = ? ORDER BY id", (passed_over, batch, today))
    older = tx.execute(f"{query} AND day <> ? ORDER BY day, id", (passed_over, batch, today))
    yield from islice(chain(newest, older), batch)


def _documents(tx: Tx, ids: Sequence[int]) -> tuple[bytes, ...]:
    query = "SELECT document FROM invoice WHERE id = ?"
    return tuple(bytes(tx.execute(query, (one,)).fetchone()[0]) for one in ids)


def _list_of(tx: Tx, invoice_id: int) -> bytes | None:
    """The list (BKe) of an invoice that corrects many: it goes alone with it, as a 208."""
    row = tx.execute(
        "SELECT document FROM correction_list WHERE invoice_id = ? ORDER BY id DESC LIMIT 1", (invoice_id,)
    ).fetchone()
    return bytes(row[0]) if row else None


def due_packages(most: int) -> Job[list[Outgoing]]:
    """At most ``most`` packages to send or to ask about: today's first, then the least tried, the oldest."""

    def job(tx: Tx) -> list[Outgoing]:
        rows = tx.execute(
            "SELECT id, message_id, state, attempts, day, doubt FROM package"
            " WHERE state <> 'decided' AND due_at <= ? ORDER BY day = ? DESC, attempts, id LIMIT ?",
            (stamp(tx.now), tx.now.astimezone(VIETNAM).date().isoformat(), most),
        )
        return [Outgoing(r[0], r[1], PackageState(r[2]), r[3], r[4], r[5]) for r in rows]

    return job


def mark_sending(package_id: int, again_after: timedelta) -> Job[bytes]:
    """Write down that the package is about to leave, before the first byte does; its bytes."""

    def job(tx: Tx) -> bytes:
        row = tx.execute("SELECT state, document FROM package WHERE id = ?", (package_id,)).fetchone()
        _mark_sending(tx, package_id, PackageState(row[0]), again_after)
        return bytes(row[1])

    return job


def _mark_sending(tx: Tx, package_id: int, state: PackageState, again_after: timedelta) -> None:
    tx.execute(
        "UPDATE package SET attempts = attempts + 1, due_at = ? WHERE id = ?",
        (stamp(tx.now + again_after), package_id),
    )
    if state is PackageState.BUILT:
        move_package(tx, package_id, PackageState.SENT, None)
        tx.execute(
            "UPDATE invoice SET state = 'sent', state_at = ? WHERE package_id = ? AND state = 'packed'",
            (stamp(tx.now), package_id),
        )
    tx.leaf("package.sending", package_id, package=package_id)
    crash_point("sending.before-commit")


def postpone(package_id: int, until: datetime, reason: str) -> Job[None]:
    """The package was not answered: try again at ``until``."""

    def job(tx: Tx) -> None:
        tx.execute(
            "UPDATE package SET due_at = ?, reason = ? WHERE id = ? AND state <> 'decided'",
            (stamp(until), reason, package_id),
        )

    return job


def release_held(invoice_id: int) -> Job[None]:
    """A person lets an invoice that was set aside go again, alone in its package.

    Raises from the job:
        NotFound, TransitionRefused: there is no such invoice, or it is not held.
    """

    def job(tx: Tx) -> None:
        row = tx.execute("SELECT state FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        check_transition(InvoiceState(row[0]), InvoiceState.ISSUED)
        tx.execute(
            "UPDATE invoice SET state = ?, state_at = ?, batch = 1 WHERE id = ?",
            (InvoiceState.ISSUED, stamp(tx.now), invoice_id),
        )
        tx.leaf("invoice.released", invoice_id, invoice=invoice_id)
        if not tx.execute("SELECT 1 FROM invoice WHERE state = 'held' LIMIT 1").fetchone():
            take_away_alarm(tx, INVOICE_HELD)

    return job


def hold(invoice_id: int, reason: str) -> Job[None]:
    """A person takes an issued invoice out of the queue, with a reason.

    Raises from the job:
        NotFound, TransitionRefused: there is no such invoice, or it is on its way already.
    """

    def job(tx: Tx) -> None:
        row = tx.execute("SELECT state FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
        if row is None:
            raise NotFound(f"there is no invoice {invoice_id}")
        check_transition(InvoiceState(row[0]), InvoiceState.HELD)
        _hold(tx, invoice_id, reason)

    return job


def go_again(tx: Tx, package_id: int, size: int, reason: str) -> None:
    """Give a package's invoices back, to be packed in halves under new MTDiep."""
    move_invoices(tx, package_id, InvoiceState.ISSUED, reason)
    tx.execute("UPDATE invoice SET batch = ? WHERE package_id = ?", (max(1, size // 2), package_id))


def move_package(tx: Tx, package_id: int, after: PackageState, reason: str | None) -> None:
    before = PackageState(tx.execute("SELECT state FROM package WHERE id = ?", (package_id,)).fetchone()[0])
    check_transition(before, after)
    tx.execute(
        "UPDATE package SET state = ?, state_at = ?, reason = ? WHERE id = ?",
        (after, stamp(tx.now), reason, package_id),
    )
    if after is not PackageState.SENT:  # that is told with every sending
        said = {"reason": reason} if reason else {}
        tx.leaf(f"package.{after}", package_id, package=package_id, **said)


def move_invoices(tx: Tx, package_id: int, after: InvoiceState, reason: str | None = None) -> None:
    states = tx.execute(
        "SELECT DISTINCT state FROM invoice WHERE package_id = ? AND state NOT IN ('refused', 'accepted')",
        (package_id,),
    ).fetchall()
    for (state,) in states:
        check_transition(InvoiceState(state), after)
    tx.execute(
        "UPDATE invoice SET state = ?, state_at = ?, reason = ? WHERE package_id = ?"
        " AND state NOT IN ('refused', 'accepted')",
        (after, stamp(tx.now), reason, package_id),
    )
    if states:
        said = {"reason": reason} if reason else {}
        tx.leaf(f"invoices.{after}", package_id, package=package_id, **said)
