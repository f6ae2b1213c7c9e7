from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_samples import NOW

from signing.expiry import AlarmLevel, days_left, expiry_alarm
from signing.keys import Pkcs12Key


@pytest.mark.parametrize(
    ("days", "threshold", "level"),
    [
        (60, 60, AlarmLevel.NOTICE),
        (31, 60, AlarmLevel.NOTICE),
        (30, 30, AlarmLevel.WARNING),
        (16, 30, AlarmLevel.WARNING),
        (15, 15, AlarmLevel.WARNING),
        (8, 15, AlarmLevel.WARNING),
        (7, 7, AlarmLevel.URGENT),
        (2, 7, AlarmLevel.URGENT),
        (1, 1, AlarmLevel.CRITICAL),
        (0, 1, AlarmLevel.CRITICAL),
        (-1, 0, AlarmLevel.CRITICAL),
    ],
)
def test_steps(days: int, threshold: int, level: AlarmLevel) -> None:
    alarm = expiry_alarm(days)
    assert alarm is not None
    assert (alarm.threshold, alarm.level, alarm.days_left) == (threshold, level, days)


@given(st.integers(-4000, 4000))
def test_the_less_is_left_the_louder(days: int) -> None:
    sooner, later = expiry_alarm(days), expiry_alarm(days + 1)
    order = [None, *AlarmLevel]
    assert order.index(sooner.level if sooner else None) >= order.index(later.level if later else None)
    assert (sooner is None) == (days > 60)


def test_texts() -> None:
    for days, english, vietnamese in (
        (12, "expires in 12 days", "còn 12 ngày"),
        (1, "expires in 1 day:", "còn 1 ngày"),
        (0, "expires today", "hết hạn trong hôm nay"),
        (-3, "has expired", "đã hết hạn"),
    ):
        alarm = expiry_alarm(days)
        assert alarm is not None
        assert english in alarm.text_en
        assert vietnamese in alarm.text_vi


def test_days_left_are_whole_days(key: Pkcs12Key) -> None:
    end = key.certificate.not_valid_after_utc
    assert days_left(key.certificate, NOW) == 30
    assert days_left(key.certificate, end) == 0
    assert days_left(key.certificate, end - timedelta(hours=25)) == 1
    assert days_left(key.certificate, end + timedelta(seconds=1)) == -1
