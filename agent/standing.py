"""How a register stands for people: the light, today's figures, what waits, what came last."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from agent.alarm_words import NO_SOURCE, AlarmWords, alarm_words
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.order_reports import count_orders
from outbox.spool import reserve_alarms
from outbox.waiting import waiting_sales
from signing.expiry import days_left

if TYPE_CHECKING:
    import sqlite3

    from cryptography.x509 import Certificate

    from agent.config import Config

LATEST = 12  # receipts on the first page
ON_ITS_WAY = timedelta(minutes=5)  # what was issued since then is simply being delivered


class Light(Enum):
    """The traffic light. The value is its style."""

    DELIVERING = "good"
    LATER = "warn"
    NEEDS_YOU = "bad"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first page shows.

    ``waiting``: invoices that the authority has not decided about, and orders that have no number; ``orders``
    are the orders among the ``queue``.
    """

    light: Light
    today: dict[str, int]
    queue: dict[str, int]
    orders: dict[str, int]
    waiting: int
    oldest_unsent: str | None
    last_contact: str | None
    days_left: int | None
    alarms: tuple[AlarmWords, ...]
    quarantined: int
    buyers_awaited: int  # sales that wait for their buyer
    problem: str | None
    latest: tuple[dict[str, Any], ...]


def standing(
    connection: sqlite3.Connection,
    config: Config,
    certificate: Certificate | None,
    delivery_problem: str | None,
    language: str,
) -> Standing:
    """Read now, on a read connection.

    ``delivery_problem``: of the last pass of delivery, where the daemon is at hand to say it.
    """
    now = datetime.now(UTC)
    alarms = tuple(
        alarm_words(alarm["code"], alarm["message"], language)
        for alarm in (*reserve_alarms(config.folder, config.backup.place), *reports.standing(connection))
    )
    if not config.sources:
        alarms += (alarm_words(NO_SOURCE, "[source] uri", language),)
    queue = reports.queue(connection)
    orders = count_orders(connection)
    oldest = reports.oldest_unsent(connection)
    quarantined = reports.count_quarantined(connection)
    behind = oldest is not None and now - datetime.fromisoformat(oldest) > ON_ITS_WAY
    for_a_person = quarantined or queue["refused"] or orders["held"]
    if for_a_person or any(alarm.needs_you for alarm in alarms):
        light = Light.NEEDS_YOU
    else:
        light = Light.LATER if delivery_problem or behind else Light.DELIVERING
    return Standing(
        light,
        reports.today(connection, now.astimezone(VIETNAM).date().isoformat()),
        queue,
        orders,
        sum(count for state, count in queue.items() if state != "refused"),
        oldest,
        reports.last_sync(connection),
        days_left(certificate, now) if certificate else None,
        alarms,
        quarantined,
        len(waiting_sales(connection)),
        delivery_problem,
        tuple(reports.latest(connection, LATEST)),
    )
