"""What must leave today, and a clock that is wrong."""

from datetime import datetime

import pytest
from outbox_samples import Clock, issue_many, rows

from outbox.deadlines import behind_words, watch_deadline
from outbox.store import Store

ISSUED_AT = "2026-11-23T02:15:05.000Z"


@pytest.mark.parametrize(
    ("hour", "words"),
    [
        ("2026-11-23T09:20", None),
        ("2026-11-23T19:59", None),
        ("2026-11-23T20:00", "dưới 4 giờ"),
        ("2026-11-23T22:00", "GẤP: 7 hóa đơn hôm nay chưa gửi được, còn dưới 2 giờ"),
        ("2026-11-23T23:59", "URGENT: 7 invoices of today are not delivered, less than 1 hours"),
        ("2026-11-24T00:00", "QUÁ HẠN: 7 hóa đơn chưa gửi được, cũ nhất ngày 23/11/2026"),
        ("2026-12-23T12:00", "LATE: 7 invoices not delivered, the oldest of 23/11/2026"),
    ],
)
def test_the_alarm_grows_with_the_hour(hour: str, words: str | None) -> None:
    said = behind_words(datetime.fromisoformat(f"{hour}+07:00"), 7, "2026-11-23", ISSUED_AT)
    assert said is None if words is None else words in (said or "")


def test_what_was_issued_just_now_is_only_on_its_way() -> None:
    now = datetime.fromisoformat("2026-11-23T22:30:00+07:00")
    assert behind_words(now, 1, "2026-11-23", "2026-11-23T15:29:00.000Z") is None


def test_the_alarm_stands_until_all_has_left(store: Store, clock: Clock) -> None:
    issue_many(store, 3)
    assert store.run(watch_deadline()) is None
    clock.now = datetime.fromisoformat("2026-11-23T22:30:00+07:00")
    assert "GẤP: 3" in (store.run(watch_deadline()) or "")
    assert rows(store, "SELECT code FROM alarm") == [("delivery-behind",)]
    store.run(lambda tx: tx.execute("UPDATE invoice SET state = 'accepted'"))
    assert store.run(watch_deadline()) is None
    assert rows(store, "SELECT code FROM alarm") == []
