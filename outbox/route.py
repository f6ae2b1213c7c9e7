"""Which way the shop's messages go, and the change from one to another (docs/routes.md).

An MTDiep, the bytes it names and the inbox where its answer lies belong to the route they were made for. So a
route is left only when nothing made for it is undecided: then no message is sent twice or left unasked (P3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.codes import direct_parties
from outbox.errors import RouteUndecided
from outbox.settings import drop_setting, read_setting, write_setting

if TYPE_CHECKING:
    from authority.codes import Parties
    from outbox.store import Job, Tx

CURSOR = "inbox_cursor"  # setting: how far the route's inbox is read
_ROUTE = "route"  # setting: who sends to whom; a store without it has gone the direct way


def message_route(way: Parties) -> str:
    """The name of a route on which finished messages go."""
    return f"{way.sender}>{way.receiver}"


def provider_route(tax_code: str, provider: str, user: str) -> str:
    """The name of a route on which a provider numbers, under one account."""
    return f"{tax_code}>{provider}:{user}"


def take_route(wanted: str, tax_code: str) -> Job[None]:
    """The job that goes this way from now on; the inbox of another way is read from its beginning.

    Raises from the job:
        RouteUndecided: something made for another route is not decided; nothing is changed.
    """

    def job(tx: Tx) -> None:
        before = read_setting(tx, _ROUTE) or message_route(direct_parties(tax_code))
        if before == wanted:
            return
        if problem := _undecided(tx, to_provider=_by_provider(wanted)):
            raise RouteUndecided(f"{problem} made for the route {before} are not decided")
        write_setting(tx, _ROUTE, wanted)
        drop_setting(tx, CURSOR)
        tx.leaf("route.taken", None, before=before, after=wanted)

    return job


def _undecided(tx: Tx, *, to_provider: bool) -> str | None:
    """What may not be left behind, in words.

    Messages and orders that the other side may have belong to their route. Where the numbers come from
    somewhere else, so does what waits: nobody would number an order on a route where the agent does, or
    deliver a numbered invoice where a provider does.
    """
    waiting = "state IN ('issued', 'held')" if to_provider else "0"
    asked = "provider IS NOT NULL AND (state IN ('asked', 'numbered') OR (state = 'held' AND attempts > 0))"
    orders = asked if to_provider else "state IN ('ordered', 'asked', 'numbered', 'held', 'refused')"
    counts = {
        name: tx.execute(f"SELECT COUNT(*) FROM {table} WHERE {condition}").fetchone()[0]  # noqa: S608
        for name, table, condition in (
            ("messages", "package", "state <> 'decided'"),
            ("forms", "form_message", "state NOT IN ('accepted', 'refused')"),
            ("invoices", "invoice", waiting),
            ("orders", "invoice_order", orders),
        )
    }
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or None


def _by_provider(route: str) -> bool:
    return ":" in route
