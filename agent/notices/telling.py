"""Which alarm is told when: once when it begins, once when it is over, again where it has become urgent.

What was told stands in the store, so that a restart tells nothing twice. A way that fails is tried again,
ever later, and never holds up another way or the shop. In quiet hours only what needs somebody at once is
told; the rest follows when they end.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.alarm_words import alarm_words
from agent.notices.ways import NoticeNotSent, ways_of
from invoice.sale_json import VIETNAM
from outbox.notices import Told, mark_told, told_alarms
from outbox.reports import oldest_quarantined, standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from agent.config import Config
    from agent.notices.ways import Way
    from outbox.store import Store

SETTLE = timedelta(minutes=2)  # an alarm that is over so soon is told to nobody
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)
log = logging.getLogger("thungan.notices")


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent. ``over``: the alarm has ended."""

    code: str
    title: str
    text: str
    urgent: bool
    over: bool = False


class NoticeKeeper:
    """``look`` is called every minute; it takes as long as the ways take, in a thread of the schedule."""

    def __init__(
        self,
        config: Config,
        store: Store,
        clock: Callable[[], datetime] | None = None,
        ways: Sequence[Way] | None = None,
    ) -> None:
        self._config = config
        self._store = store
        self._clock = clock or (lambda: datetime.now(UTC))
        self._ways = ways_of(config.notices) if ways is None else list(ways)
        self._waits: dict[str, tuple[datetime, timedelta]] = {}

    def look(self) -> int:
        """Tell what is to be told; how many notices went."""
        if not self._ways:
            return 0
        now = self._clock()
        connection = self._store.reader()
        try:
            alarms, told = standing(connection), told_alarms(connection)
            if since := oldest_quarantined(connection):
                alarms.append({"code": "quarantine", "since": since, "message": ""})
        finally:
            connection.close()
        sent = 0
        for way in self._ways:
            if (wait := self._waits.get(way.name)) and now < wait[0]:
                continue
            for notice in self._due(alarms, told.get(way.name, {}), now):
                if not self._tell(way, notice, now):
                    break
                sent += 1
        return sent

    def _due(self, alarms: list[dict[str, str]], told: dict[str, Told], now: datetime) -> list[Notice]:
        language = self._config.notices.language
        quiet = self._config.notices.quiet
        still = quiet is not None and quiet.holds(now.astimezone(VIETNAM))
        due = []
        for alarm in alarms:
            words = alarm_words(alarm["code"], alarm["message"], language)
            before = told.get(alarm["code"])
            if before is not None and (before.urgent or not words.needs_you):
                continue
            if now - datetime.fromisoformat(alarm["since"]) < SETTLE or (still and not words.needs_you):
                continue
            due.append(Notice(alarm["code"], self._headed(words.title), words.to_do, words.needs_you))
        standing_now = {alarm["code"] for alarm in alarms}
        for code in told.keys() - standing_now:
            if not still:
                words = alarm_words(code, "", language)
                over = "Đã xong: " if language == "vi" else "Over: "
                due.append(Notice(code, self._headed(over + words.title), "", urgent=False, over=True))
        return due

    def _headed(self, title: str) -> str:
        """Which shop and register it is about, in the seller's own name."""
        return f"{self._config.seller.name} ({self._config.register.number}): {title}"

    def _tell(self, way: Way, notice: Notice, now: datetime) -> bool:
        fields = {
            "code": notice.code,
            "state": "over" if notice.over else "standing",
            "urgent": "yes" if notice.urgent else "no",
            "tax_code": self._config.seller.tax_code,
            "register": str(self._config.register.number),
        }
        try:
            way.send(notice.title, notice.text, fields)
        except NoticeNotSent as error:
            log.warning("%s", error)
            _, last = self._waits.get(way.name, (now, FIRST_WAIT / 2))
            wait = min(last * 2, LONGEST_WAIT)
            self._waits[way.name] = (now + wait, wait)
            return False
        self._waits.pop(way.name, None)
        self._store.run(mark_told(way.name, notice.code, urgent=notice.urgent, over=notice.over))
        return True
