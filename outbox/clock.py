"""The computer's clock: what is believed of it when an invoice is dated, and whose word it is held against.

The clock may be behind (a flat CMOS battery says 2000), ahead, or set while we run. It is believed as long as
nothing speaks against it: not the calendar, not the last invoice, not the authority's ``Date``, and, where
the authority is not heard, not a time server. Where it would give a wrong legal day nothing is issued;
receipts print and are kept. Hours are Vietnam time.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox.alarms import put_alarm, take_away_alarm
from outbox.errors import ClockWentBack, ClockWrong
from outbox.settings import drop_setting, read_setting, write_setting
from outbox.store import stamp

if TYPE_CHECKING:
    from outbox.numbering import Register
    from outbox.store import Job, Tx

RELEASED = datetime(2026, 11, 1, tzinfo=UTC)  # no sale of this program is older
CLOCK_TOLERANCE = timedelta(minutes=2)  # small corrections by a time server are not a clock gone back
TOLERATED_SKEW = timedelta(minutes=5)
LEAP = timedelta(days=30)  # without an invoice, and into another year: a leap, until somebody confirms it
CLOCK_OFF = "clock-off"
_SKEW = "clock_skew"  # setting: seconds by which another's clock is ahead, and when that was noted
_HEARD = "clock_heard"  # setting: when the authority's clock was last compared with ours
_CONFIRMED = "clock_confirmed"  # setting: when another's clock last agreed with ours
_HEARD_FOR = timedelta(hours=1)  # so long the authority's word stands above a time server's
_NOTED_EVERY = timedelta(minutes=10)


class Witness(StrEnum):
    """Whose clock ours is held against."""

    AUTHORITY = "authority"
    TIME_SERVER = "time-server"


_NAMES = {
    Witness.AUTHORITY: ("cơ quan thuế", "the authority's"),
    Witness.TIME_SERVER: ("máy chủ giờ", "a time server's"),
}


def checked_now(tx: Tx, register: Register) -> datetime:
    """Now, never behind the last invoice of the register's series.

    Raises:
        ClockWentBack: the clock stands more than a small correction behind it.
        ClockWrong: it stands before this program was made, on another day than the authority's, or it has
            leapt into another year and nobody has confirmed that.
    """
    now = tx.now
    if now < RELEASED:
        raise ClockWrong(f"the clock says {stamp(now)}, before this program was made")
    if (skew := _standing_skew(tx)) is not None:
        raise ClockWrong(f"the clock says {stamp(now)}, the right time is {stamp(now + skew)}")
    name = f"last_issued_at:{int(register.terms.form)}:{register.letters}"
    last = read_setting(tx, name)
    if last is not None:
        latest = datetime.fromisoformat(last)
        if now < latest - CLOCK_TOLERANCE:
            raise ClockWentBack(f"the clock says {stamp(now)}, the last invoice was issued at {last}")
        if _year(now) != _year(latest) and now - latest > LEAP and not _confirmed(tx):
            raise ClockWrong(
                f"the clock says {stamp(now)}, the last invoice was issued at {last}:"
                " is the year right? The authority's clock or a time server will tell"
            )
        now = max(now, latest)
    write_setting(tx, name, stamp(now))
    return now


def note_clock(skew: timedelta, witness: Witness = Witness.AUTHORITY) -> Job[None]:
    """The job that compares clocks: ``skew`` is how far the witness' is ahead of ours.

    A clock that is only some minutes off is an alarm; one that would give a wrong legal day stops issuing
    (``checked_now``) until it is right. A time server, whose word anybody on the line can forge, is heard
    only where the authority has not been for an hour.
    """

    def job(tx: Tx) -> None:
        if witness is Witness.AUTHORITY:
            _write_now_and_then(tx, _HEARD)
        elif (heard := read_setting(tx, _HEARD)) and abs(tx.now - _moment(heard)) < _HEARD_FOR:
            return
        if abs(skew) <= TOLERATED_SKEW:
            _write_now_and_then(tx, _CONFIRMED)
            _all_is_well(tx)
            return
        theirs = tx.now + skew
        shown = f"{theirs.astimezone(VIETNAM):%H:%M %d/%m/%Y}"
        vi, en = _NAMES[witness]
        put_alarm(
            tx,
            CLOCK_OFF,
            f"Đồng hồ máy tính sai: {vi} báo {shown}. Chỉnh lại ngày giờ. /"
            f" The computer's clock is wrong: {en} says {shown}. Set date and time right.",
        )
        if _day(theirs) != _day(tx.now):
            write_setting(tx, _SKEW, f"{round(skew.total_seconds())} {stamp(tx.now)}")
        else:
            drop_setting(tx, _SKEW)

    return job


def record_clock_jump(by: timedelta) -> Job[None]:
    """The job that writes down that the clock was set while the agent ran; ``by`` < 0 is back.

    What another's clock had said of ours moves with it: a shop without a line sets it right, and sells.
    """

    def job(tx: Tx) -> None:
        tx.leaf("clock.jumped", None, seconds=round(by.total_seconds()))
        said = read_setting(tx, _SKEW)
        if said is None:
            return
        left = timedelta(seconds=int(said.partition(" ")[0])) - by
        if abs(left) <= TOLERATED_SKEW:
            _all_is_well(tx)
        else:
            write_setting(tx, _SKEW, f"{round(left.total_seconds())} {stamp(tx.now)}")

    return job


def _standing_skew(tx: Tx) -> timedelta | None:
    """What was noted of our clock, unless it has visibly been set right since, even while we did not run."""
    said = read_setting(tx, _SKEW)
    if said is None:
        return None
    seconds, _, noted = said.partition(" ")
    skew, since = timedelta(seconds=int(seconds)), tx.now - _moment(noted)
    set_right = since < -CLOCK_TOLERANCE if skew < timedelta(0) else since >= skew - TOLERATED_SKEW
    return None if set_right else skew


def _all_is_well(tx: Tx) -> None:
    take_away_alarm(tx, CLOCK_OFF)
    drop_setting(tx, _SKEW)


def _write_now_and_then(tx: Tx, name: str) -> None:
    """The setting is now; not every pass writes, so that an idle shop's disk can rest."""
    before = read_setting(tx, name)
    if before is None or abs(tx.now - _moment(before)) >= _NOTED_EVERY:
        write_setting(tx, name, stamp(tx.now))


def _confirmed(tx: Tx) -> bool:
    """Whether another's clock has agreed with ours in this year."""
    confirmed = read_setting(tx, _CONFIRMED)
    return confirmed is not None and _year(_moment(confirmed)) == _year(tx.now)


def _moment(said: str) -> datetime:
    return datetime.fromisoformat(said)


def _day(moment: datetime) -> object:
    return moment.astimezone(VIETNAM).date()


def _year(moment: datetime) -> int:
    return moment.astimezone(VIETNAM).year
