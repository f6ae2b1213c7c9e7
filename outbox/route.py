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


def take_route(way: Parties, tax_code: str) -> Job[None]:
    """The job that goes this way from now on; the inbox of another way is read from its beginning.

    Raises from the job:
        RouteUndecided: packages or forms made for another route are not decided; nothing is changed.
    """

    def job(tx: Tx) -> None:
        known, wanted = read_setting(tx, _ROUTE), _name(way)
        before = known or _name(direct_parties(tax_code))
        if before == wanted:
            return
        (open_messages,) = tx.execute(
            "SELECT (SELECT COUNT(*) FROM package WHERE state <> 'decided')"
            " + (SELECT COUNT(*) FROM form_message WHERE state NOT IN ('accepted', 'refused'))"
        ).fetchone()
        if open_messages:
            raise RouteUndecided(f"{open_messages} messages made for the route {before} are not decided")
        write_setting(tx, _ROUTE, wanted)
        drop_setting(tx, CURSOR)
        tx.leaf("route.taken", None, before=before, after=wanted)

    return job


def _name(way: Parties) -> str:
    return f"{way.sender}>{way.receiver}"
