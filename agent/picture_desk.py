"""Receipts that are pictures, read behind the till: no paper waits longer than a cut may wait (promise P8).

A picture takes seconds to read. It is stored before it comes here; one thread reads, settles and issues, in
order. A cut is held for it only while the pictures of this shop are read in the time that a cut may wait.
What comes too late for its paper is printed as a slip of its own, where the shop has that; what is lost here
by a crash, or does not fit in, is raw in the store, and is brought again.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import deque
from concurrent.futures import Future
from concurrent.futures import TimeoutError as Late
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Callable

    from agent.receipt_block import Words
    from outbox.captures import RawCapture

MOST_WAITING = 16  # pictures in memory; the store keeps all others
SHARE = 0.85  # of the time that a cut may wait: the store has the rest
LATEST_SLIP = 60.0  # seconds after the cut: then the customer has gone
_WEIGHT = 0.3  # of the newest reading in what is expected of the next
log = logging.getLogger("thungan")


@dataclass(slots=True)
class _Picture:
    """One on the desk, and how many are read before it.

    ``began``: when its cut came (perf_counter), None where it was left from earlier.
    """

    capture: RawCapture
    began: float | None
    ahead: int
    words: Future[Words | None] = field(default_factory=Future)
    left: bool = False  # its paper has gone out


class PictureDesk:
    """``read`` takes a picture to what its paper is to say, None for nothing; ``on_late`` gets that where the
    paper did not wait for it."""

    def __init__(
        self,
        read: Callable[[RawCapture, float], Words | None],
        hold_limit: float,
        on_late: Callable[[RawCapture, Words], None],
    ) -> None:
        self._read = read
        self._patience = hold_limit * SHARE
        self._on_late = on_late
        self._waiting: deque[_Picture] = deque()
        self._in_hand: set[int] = set()
        self._changed = threading.Condition()
        self._usual: float | None = None  # seconds that a picture takes
        self._ended = False
        self._thread: threading.Thread | None = None  # begun with the first: most shops have no pictures

    def take(self, capture: RawCapture, began: float) -> Words | None:
        """What its paper is to say, where that is known before the cut has waited too long."""
        picture = self._put(capture, began)
        if picture is None:
            return None
        left = self._patience - (time.perf_counter() - began)
        if self._expected(picture.ahead) <= left:
            try:
                return picture.words.result(max(0.0, left))
            except Late:
                log.info("a picture is read after its paper has gone out")
        with self._changed:
            if picture.words.done():
                return picture.words.result()
            picture.left = True
        return None

    def _expected(self, ahead: int) -> float:
        """Seconds until it is read: the first of all is worth waiting for, one behind it is not."""
        if self._usual is None:
            return math.inf if ahead else 0.0
        return self._usual * (ahead + 1)

    def bring(self, capture: RawCapture) -> None:
        """A picture that the store had left over; nothing where it is in hand already."""
        self._put(capture, None)

    @property
    def in_hand(self) -> int:
        """How many are being read, or wait for it here."""
        return len(self._in_hand)

    def close(self, seconds: float = 2.0) -> None:
        """Read no more; what is not settled after ``seconds`` stays raw in the store."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    def _put(self, capture: RawCapture, began: float | None) -> _Picture | None:
        with self._changed:
            full = len(self._waiting) >= MOST_WAITING
            if full or self._ended or capture.capture_id in self._in_hand:
                return None
            picture = _Picture(capture, began, len(self._in_hand))
            self._in_hand.add(capture.capture_id)
            self._waiting.append(picture)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="pictures", daemon=True)
                self._thread.start()
            self._changed.notify_all()
            return picture

    def _work(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._ended:
                    self._changed.wait()
                if self._ended:
                    return
                picture = self._waiting.popleft()
            self._settle(picture)

    def _settle(self, picture: _Picture) -> None:
        started = time.perf_counter()
        words = None
        try:
            words = self._read(picture.capture, started if picture.began is None else picture.began)
        except ThunganError as error:
            log.warning("a receipt that is a picture waits to be read: %s", error)
        except Exception:
            # This thread must not end; the capture is raw in the store, and is tried again.
            log.exception("a receipt that is a picture could not be read")
        else:
            took = time.perf_counter() - started
            self._usual = took if self._usual is None else (1 - _WEIGHT) * self._usual + _WEIGHT * took
        with self._changed:
            self._in_hand.discard(picture.capture.capture_id)
            picture.words.set_result(words)
            late = picture.left
        in_time = picture.began is not None and time.perf_counter() - picture.began <= LATEST_SLIP
        if words is not None and late and in_time:
            self._on_late(picture.capture, words)
