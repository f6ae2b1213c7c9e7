"""The clock: what is believed of it, and what is issued while it is wrong."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from outbox_samples import NOW, REGISTER, Clock, issue_many, rows, sale

from errors import ThunganError
from invoice.sale_json import VIETNAM
from outbox.clock import LEAP, Witness, note_clock, record_clock_jump
from outbox.errors import ClockWentBack, ClockWrong
from outbox.issuing import issue
from outbox.store import Store


def test_a_clock_that_is_minutes_off_is_an_alarm_one_of_another_day_stops_issuing(
    store: Store, clock: Clock
) -> None:
    store.run(note_clock(timedelta(minutes=4)))
    assert rows(store, "SELECT code FROM alarm") == []
    store.run(note_clock(timedelta(minutes=-40)))
    assert rows(store, "SELECT code FROM alarm") == [("clock-off",)]
    issue_many(store, 1)
    store.run(note_clock(timedelta(days=-1)))
    with pytest.raises(ClockWrong, match="the right time is 2026-11-22"):
        issue_many(store, 1, 2)
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(1,)]
    store.run(note_clock(timedelta(seconds=2)))
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


def test_a_clock_far_ahead_leaves_a_series_that_new_letters_go_on_from(store: Store, clock: Clock) -> None:
    """Issued in the wrong month: the series must wait for its last day, another need not."""
    issue_many(store, 1)
    clock.move(days=20)
    issue_many(store, 1, 2)
    clock.move(days=-20)
    with pytest.raises(ClockWentBack):
        issue_many(store, 1, 3)
    other = replace(REGISTER, letters="AB")
    assert store.run(issue(sale("HD3"), other)).day == "2026-11-23"


@pytest.mark.parametrize("days", [39, 365, 600])
def test_a_leap_into_another_year_is_confirmed_before_it_is_believed(
    store: Store, clock: Clock, days: int
) -> None:
    issue_many(store, 1)
    clock.move(days=days)
    with pytest.raises(ClockWrong, match="is the year right"):
        issue_many(store, 1, 2)
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(1,)]
    clock.move(days=-days)
    assert issue_many(store, 1, 2)[0].number == 2, "set back, it goes on as if nothing had been"
    clock.move(days=days)
    store.run(note_clock(timedelta(seconds=3)))  # the authority says that it is so
    symbol = issue_many(store, 1, 3)[0]
    assert (symbol.number, symbol.symbol[1:3]) == (1, f"{(NOW + timedelta(days=days)).year % 100:02d}")


def test_a_short_holiday_over_new_year_needs_no_word(store: Store, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-12-30T20:00:00+07:00")
    issue_many(store, 1)
    clock.move(days=LEAP.days - 1)
    assert issue_many(store, 1, 2)[0].symbol == "C27MAA"


def test_a_time_server_counts_where_the_authority_is_not_heard(store: Store, clock: Clock) -> None:
    day = timedelta(days=1)
    store.run(note_clock(timedelta(0)))
    store.run(note_clock(day, Witness.TIME_SERVER))
    assert rows(store, "SELECT code FROM alarm") == [], "the authority has just said that all is well"
    clock.move(hours=2)
    store.run(note_clock(day, Witness.TIME_SERVER))
    with pytest.raises(ClockWrong, match="the right time is 2026-11-24"):
        issue_many(store, 1)
    ((message,),) = rows(store, "SELECT message FROM alarm WHERE code = 'clock-off'")
    assert "máy chủ giờ báo 11:15 24/11/2026" in message
    store.run(note_clock(timedelta(0)))
    store.run(note_clock(day, Witness.TIME_SERVER))
    assert [one.number for one in issue_many(store, 1)] == [1]


@pytest.mark.parametrize("off", [timedelta(days=-2), timedelta(days=1), timedelta(days=400)])
def test_a_clock_set_right_while_the_line_is_down_sells_at_once(
    store: Store, clock: Clock, off: timedelta
) -> None:
    """The authority said it is wrong, then the line broke, then somebody set it right."""
    clock.now = NOW - off
    if clock.now < datetime(2026, 11, 1, tzinfo=UTC):
        clock.now = datetime(2026, 11, 2, 3, tzinfo=UTC)
        off = NOW - clock.now
    store.run(note_clock(off))
    with pytest.raises(ClockWrong):
        issue_many(store, 1)
    clock.now += off
    assert [one.number for one in issue_many(store, 1)] == [1]


def test_a_jump_that_is_noticed_moves_what_was_said(store: Store, clock: Clock) -> None:
    store.run(note_clock(timedelta(days=3)))
    clock.move(days=1)
    store.run(record_clock_jump(timedelta(days=1)))
    with pytest.raises(ClockWrong, match="the right time is 2026-11-26"):
        issue_many(store, 1)
    clock.move(days=2)
    store.run(record_clock_jump(timedelta(days=2)))
    assert rows(store, "SELECT code FROM alarm") == []
    assert issue_many(store, 1)[0].day == "2026-11-23", "the day on the receipt"
    bodies = rows(store, "SELECT body FROM leaf WHERE kind = 'clock.jumped'")
    assert len(bodies) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    jumps=st.lists(
        st.one_of(
            st.integers(-400, 400).map(lambda days: timedelta(days=days)),
            st.integers(-100_000, 100_000).map(lambda seconds: timedelta(seconds=seconds)),
        ),
        max_size=12,
    )
)
def test_however_the_clock_jumps_days_never_go_back_in_a_series(
    store: Store, clock: Clock, jumps: list[timedelta]
) -> None:
    """Issued or refused: within a series numbers have no hole and days no step back, in every year."""
    refused = set()
    for jump in jumps:
        clock.now = max(clock.now + jump, datetime(1980, 1, 1, tzinfo=UTC))
        sold = sale(None, sold_at=clock.now.astimezone(VIETNAM))
        try:
            issued = store.run(issue(sold, REGISTER, live=True))
        except ThunganError as error:
            refused.add(error.code)
        else:
            assert issued.day == clock.now.astimezone(VIETNAM).date().isoformat()
    # Beside the clock, the certificate may be over on that day: that uses no number either.
    assert refused <= {"E-OUT-005", "E-OUT-020", "E-SIGN-009", "E-SIGN-010"}
    series: dict[str, list[tuple[int, str]]] = {}
    for symbol, number, day in rows(store, "SELECT symbol, number, day FROM invoice ORDER BY id"):
        series.setdefault(symbol, []).append((number, day))
    for numbers in series.values():
        assert [number for number, _ in numbers] == list(range(1, len(numbers) + 1))
        assert [day for _, day in numbers] == sorted(day for _, day in numbers)
