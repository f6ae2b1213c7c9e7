"""People read Viet Nam's time, whatever zone a record is in."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime

import pytest

from invoice import local_time as local_time_module
from invoice.local_time import local_time, with_local_times


@pytest.mark.parametrize(
    ("moment", "said"),
    [
        ("2026-11-24T17:00:00.000Z", "00:00:00 25/11/2026"),
        ("2026-11-25T09:15:30+07:00", "09:15:30 25/11/2026"),
        (datetime(2026, 12, 31, 17, 0, tzinfo=UTC), "00:00:00 01/01/2027"),
        ("2026-11-25", "2026-11-25"),
        ("2026-11-25T09:15:30", "2026-11-25T09:15:30"),  # of no zone: nothing is known of it
        ("soon", "soon"),
    ],
)
def test_a_time(moment: str | datetime, said: str) -> None:
    assert local_time(moment) == said


def test_times_in_a_sentence() -> None:
    text = "from 2026-11-24T17:00:00Z to 2026-11-25T17:30:05.123+00:00; invoice C26MAA-1 of 2026-11-25"
    said = "from 00:00:00 25/11/2026 to 00:30:05 26/11/2026; invoice C26MAA-1 of 2026-11-25"
    assert with_local_times(text) == said
    assert with_local_times(said) == said
    assert with_local_times("2026-99-99T99:99:99Z stays") == "2026-99-99T99:99:99Z stays"


def test_the_examples_are_true() -> None:
    assert doctest.testmod(local_time_module).failed == 0
