"""What must leave today, and a clock that is wrong."""

from datetime import datetime, timedelta

import pytest
from outbox_samples import NOW, REGISTER, Clock, issue_many, rows, sale

from invoice.sale_json import VIETNAM
from outbox.deadlines import behind_words, note_authority_clock, watch_deadline
from outbox.errors import ClockWentBack, ClockWrong
from outbox.issuing import issue
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


def test_a_clock_that_is_minutes_off_is_an_alarm_one_of_another_day_stops_issuing(
    store: Store, clock: Clock
) -> None:
    store.run(note_authority_clock(timedelta(minutes=4)))
    assert rows(store, "SELECT code FROM alarm") == []
    store.run(note_authority_clock(timedelta(minutes=-40)))
    assert rows(store, "SELECT code FROM alarm") == [("clock-off",)]
    issue_many(store, 1)
    store.run(note_authority_clock(timedelta(days=-1)))
    with pytest.raises(ClockWrong, match="the authority's 2026-11-22"):
        issue_many(store, 1, 2)
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(1,)]
    store.run(note_authority_clock(timedelta(seconds=2)))
    issue_many(store, 1, 2)
    assert rows(store, "SELECT number FROM invoice ORDER BY id") == [(1,), (2,)]
    assert rows(store, "SELECT code FROM alarm") == []


@pytest.mark.parametrize("year", [1980, 2000, 2025])
def test_a_flat_battery_issues_nothing(store: Store, clock: Clock, year: int) -> None:
    clock.now = NOW.replace(year=year)
    with pytest.raises(ClockWrong, match="before this program was made"):
        issue_many(store, 1)
    clock.now = NOW
    assert [issued.number for issued in issue_many(store, 1)] == [1]


def test_a_clock_that_went_forward_and_back_stops_until_it_is_right(store: Store, clock: Clock) -> None:
    issue_many(store, 1)
    clock.move(hours=5)
    issue_many(store, 1, 2)
    clock.move(hours=-5)
    with pytest.raises(ClockWentBack):
        issue_many(store, 1, 3)
    clock.move(hours=5)
    assert [issued.number for issued in issue_many(store, 1, 3)] == [3]


def test_the_year_turns_at_midnight_in_vietnam_while_selling(store: Store, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-12-31T23:59:50+07:00")
    symbols = []
    for place in range(4):
        sold = sale(f"N{place}", sold_at=clock.now.astimezone(VIETNAM))
        symbols.append(store.run(issue(sold, REGISTER, live=True)))
        clock.move(seconds=6)
    assert [(one.symbol, one.number, one.day) for one in symbols] == [
        ("C26MAA", 1, "2026-12-31"),
        ("C26MAA", 2, "2026-12-31"),
        ("C27MAA", 1, "2027-01-01"),
        ("C27MAA", 2, "2027-01-01"),
    ]
    assert [one.code[3:5] for one in symbols] == ["26", "26", "27", "27"]
