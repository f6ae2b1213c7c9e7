"""How long a certificate still lasts, and when the shop must hear of it.

>>> expiry_alarm(12).text_en
'The signing certificate expires in 12 days: renew it and register it with the tax authority.'
>>> expiry_alarm(61) is None
True

Getting a new certificate and having it registered (form 01/ĐKTĐ-HĐĐT) takes days, and without one nothing
can be issued: so the alarms begin two months before.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509


class AlarmLevel(Enum):
    """How loud: ``NOTICE`` in the log and status, ``CRITICAL`` wherever the shop looks."""

    NOTICE = "notice"
    WARNING = "warning"
    URGENT = "urgent"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class ExpiryAlarm:
    """One alarm. ``threshold`` is the step that was reached (60, 30, 15, 7, 1 or 0 = expired): whoever has
    told the shop of a step need not tell it of the same step again."""

    level: AlarmLevel
    threshold: int
    days_left: int
    text_vi: str
    text_en: str


_STEPS = (
    (1, AlarmLevel.CRITICAL),
    (7, AlarmLevel.URGENT),
    (15, AlarmLevel.WARNING),
    (30, AlarmLevel.WARNING),
    (60, AlarmLevel.NOTICE),
)


def days_left(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until the certificate expires; 0 on the last day, negative afterwards. ``now`` is aware."""
    return (certificate.not_valid_after_utc - now).days


def expiry_alarm(days: int) -> ExpiryAlarm | None:
    """The alarm for so many days left (as ``days_left`` gives them); None while there is time."""
    if days < 0:
        return ExpiryAlarm(
            AlarmLevel.CRITICAL,
            0,
            days,
            "Chứng thư số đã hết hạn: không ký được hóa đơn. Gia hạn và đăng ký lại với cơ quan thuế ngay.",
            "The signing certificate has expired: no invoice can be signed. Renew and register it now.",
        )
    for threshold, level in _STEPS:
        if days <= threshold:
            rest_vi, rest_en = (
                (f"còn {days} ngày", f"expires in {days} day{'s' * (days != 1)}")
                if days
                else ("hết hạn trong hôm nay", "expires today")
            )
            return ExpiryAlarm(
                level,
                threshold,
                days,
                f"Chứng thư số {rest_vi}: cần gia hạn và đăng ký lại với cơ quan thuế.",
                f"The signing certificate {rest_en}: renew it and register it with the tax authority.",
            )
    return None
