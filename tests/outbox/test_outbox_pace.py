"""The pace of delivery: the circuit, slow start, limits and the dice."""

import doctest
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from outbox_samples import NOW

from outbox import pace as pace_module
from outbox.pace import BREAK_AFTER, LONGEST_REST, MOST_IN_A_PASS, Limits, Pace

SECOND = timedelta(seconds=1)
STEPS = st.lists(
    st.tuples(st.sampled_from(["failed", "succeeded", "busy"]), st.integers(0, 400)), min_size=1, max_size=60
)


def test_the_example() -> None:
    assert doctest.testmod(pace_module).failed == 0


def test_the_line_rests_after_failures_in_a_row_and_starts_slowly() -> None:
    pace = Pace(dice=lambda: 0.0)
    for _ in range(BREAK_AFTER - 1):
        pace.failed(NOW)
    pace.succeeded()
    assert pace.allowance(NOW) == MOST_IN_A_PASS, "a success in between begins the count anew"
    for _ in range(BREAK_AFTER):
        pace.failed(NOW)
    assert pace.allowance(NOW) == 0
    later = NOW + timedelta(seconds=8)
    assert pace.allowance(later) == 1
    pace.failed(later)
    assert pace.allowance(later + timedelta(seconds=14)) == 0, "the next rest is twice as long"
    later += timedelta(seconds=15)
    assert pace.allowance(later) == 1
    allowances = []
    for _ in range(7):
        pace.succeeded()
        allowances.append(pace.allowance(later))
    assert allowances == [2, 4, 8, 16, 32, 64, 64]


@given(STEPS, st.floats(0, 1))
def test_a_rest_is_kept_whole_and_never_endless(steps: list[tuple[str, int]], chance: float) -> None:
    pace, now, asked = Pace(dice=lambda: chance), NOW, NOW
    for what, seconds in steps:
        now += seconds * SECOND
        if what == "succeeded":
            pace.succeeded()
            assert not pace.broken
            asked = now
        elif what == "failed":
            pace.failed(now)
        else:
            pace.failed(now, 90 * SECOND)
            asked = now + 90 * SECOND
        until = pace.rests_until
        if until is not None:
            assert until <= now + max(LONGEST_REST, 90 * SECOND)
            if what == "busy":
                assert until >= asked
            assert pace.allowance(until - SECOND / 1000) == 0
            assert pace.allowance(until) == 1


@given(st.lists(st.integers(0, 30), min_size=1, max_size=80), st.integers(1, 9))
def test_no_minute_sees_more_messages_than_the_limit(gaps: list[int], most: int) -> None:
    pace, now, sent = Pace(Limits(per_minute=most)), NOW, []
    for gap in gaps:
        now += gap * SECOND
        if pace.allowance(now) > 0:
            pace.sent(now)
            sent.append(now)
    for first in sent:
        assert sum(first <= one < first + 60 * SECOND for one in sent) <= most
    assert sent


@pytest.mark.parametrize(("attempts", "most"), [(0, 2), (1, 4), (3, 16), (8, 300), (500, 300)])
def test_one_package_waits_longer_each_time(attempts: int, most: int) -> None:
    waits = {Pace(dice=lambda at=at: at / 10).retry_delay(attempts) for at in range(11)}
    assert max(waits) == most * SECOND
    assert min(waits) == most * SECOND * 0.75
    assert len(waits) == 11, "a thousand shops do not come back in one second"
