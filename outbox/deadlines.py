"""What must leave the shop today: alarms that grow with the hour.

An invoice's data is to reach the authority on the day of the sale (Decree 123/2020, article 22 as amended;
profile, section 4). Hours are Vietnam time.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox.alarms import put_alarm, take_away_alarm
from outbox.order_reports import OPEN_ORDERS

if TYPE_CHECKING:
    from outbox.store import Job, Tx

BEHIND = "delivery-behind"
ALARM_FROM, URGENT_FROM = 20, 22  # o'clock
QUIET_FOR = timedelta(minutes=30)  # what was issued since then is simply on its way


def behind_words(now: datetime, count: int, oldest: str, issued_at: str) -> str | None:
    """What the alarm says of ``count`` invoices that have not left; None where it is no matter yet.

    ``oldest`` is their oldest day, ``issued_at``: when the oldest was issued (ISO 8601, UTC).
    """
    local = now.astimezone(VIETNAM)
    day = date.fromisoformat(oldest)
    if day < local.date():
        return (
            f"QUÁ HẠN: {count} hóa đơn chưa gửi được, cũ nhất ngày {day:%d/%m/%Y}. Kiểm tra mạng ngay. /"
            f" LATE: {count} invoices not delivered, the oldest of {day:%d/%m/%Y}. Check the network now."
        )
    if now - datetime.fromisoformat(issued_at) < QUIET_FOR or local.hour < ALARM_FROM:
        return None
    left = 24 - local.hour
    word_vi, word_en = ("GẤP: ", "URGENT: ") if local.hour >= URGENT_FROM else ("", "")
    return (
        f"{word_vi}{count} hóa đơn hôm nay chưa gửi được, còn dưới {left} giờ. Kiểm tra mạng. /"
        f" {word_en}{count} invoices of today are not delivered, less than {left} hours are left."
    )


def watch_deadline() -> Job[str | None]:
    """The job that raises, changes or clears the alarm of what has not left; its words, or None."""

    def job(tx: Tx) -> str | None:
        invoices = tx.execute(
            "SELECT COUNT(*), MIN(day), MIN(issued_at) FROM invoice"
            # Said twice: the index of open invoices is used only where its own words stand in the question.
            " WHERE state NOT IN ('accepted', 'corrected', 'provided')"
            " AND state IN ('issued', 'packed', 'sent')"
        ).fetchone()
        orders = tx.execute(
            f"SELECT COUNT(*), MIN(day), MIN(ordered_at) FROM invoice_order WHERE {OPEN_ORDERS}"  # noqa: S608
            " AND state IN ('ordered', 'asked', 'numbered')"
        ).fetchone()
        waiting = [row for row in (invoices, orders) if row[0]]
        words = None
        if waiting:
            counts, days, moments = zip(*waiting, strict=True)
            words = behind_words(tx.now, sum(counts), min(days), min(moments))
        if words is None:
            take_away_alarm(tx, BEHIND)
        else:
            put_alarm(tx, BEHIND, words)
        return words

    return job
