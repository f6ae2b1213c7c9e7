"""Asking the peers again and again, in a thread of its own; what they say is kept in memory only.

Nothing here can hold up the till: it shares no lock, no database and no thread with it. A peer that does not
answer is asked ever more seldom.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.peers.asking import PeerLine
from agent.peers.errors import PeerError, PeerSilent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.peers.report import Report
    from agent.peers.settings import PeerSettings

EVERY, SELDOM = (
    15.0,
    120.0,
)  # seconds between two questions to a peer that answers, at most to one that does not
FORGIVEN = 2  # tries in a row without an answer before it is said: a single packet may get lost
log = logging.getLogger("thungan")


@dataclass(frozen=True, slots=True)
class Heard:
    """What is known of a peer: its last report and when it came (UTC), and why there is no newer one."""

    peer: PeerSettings
    report: Report | None = None
    at: datetime | None = None
    trouble: PeerError | None = None
    failed: int = 0

    @property
    def lost(self) -> PeerError | None:
        """The trouble, once it counts."""
        forgiven = isinstance(self.trouble, PeerSilent) and self.report is not None and self.failed < FORGIVEN
        return None if forgiven else self.trouble

    def after(self, answer: Report | PeerError, now: datetime) -> Heard:
        """With the outcome of a question at ``now``."""
        if isinstance(answer, PeerError):
            return replace(self, trouble=answer, failed=self.failed + 1)
        return Heard(self.peer, answer, now)

    @property
    def pause(self) -> float:
        """Seconds until it is asked again."""
        return min(EVERY * (1 << min(max(self.failed - FORGIVEN, 0), 10)), SELDOM)


def ask_once(line: PeerLine) -> Report | PeerError:
    """The report, or why there is none."""
    try:
        return line.ask()
    except PeerError as error:
        return error


class PeerWatch:
    """Knows how the peers stand. ``changes`` counts what is new, for who shows it."""

    def __init__(self, peers: Sequence[PeerSettings]) -> None:
        self.changes = 0
        self._heard = {peer.name: Heard(peer) for peer in peers}
        self._lines = {peer.name: PeerLine(peer) for peer in peers}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="peers", daemon=True)

    def start(self) -> None:
        """Begin to ask, where there is anybody to be asked."""
        if self._lines:
            self._thread.start()

    def stop(self) -> None:
        """Give up what is under way and end the thread."""
        self._ended.set()
        for line in self._lines.values():
            line.close()
        if self._thread.is_alive():
            self._thread.join()

    def heard(self) -> tuple[Heard, ...]:
        """Every peer as it is known now, in the order of the configuration."""
        return tuple(self._heard.values())

    def _run(self) -> None:
        due = dict.fromkeys(self._lines, 0.0)
        while not self._ended.is_set():
            for name, line in self._lines.items():
                if time.monotonic() < due[name] or self._ended.is_set():
                    continue
                self._take(name, ask_once(line))
                due[name] = time.monotonic() + self._heard[name].pause
            self._ended.wait(max(0.1, min(due.values()) - time.monotonic()))

    def _take(self, name: str, answer: Report | PeerError) -> None:
        before = self._heard[name]
        now = self._heard[name] = before.after(answer, datetime.now(UTC))
        if type(now.lost) is not type(before.lost):
            log.info("%s: %s", name, now.lost.message if now.lost else "is heard")
        self.changes += 1
