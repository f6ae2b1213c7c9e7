"""The desk of pictures: each once, in order, no more in memory than it holds, no cut beyond its time."""

from __future__ import annotations

import threading
import time

from record_shop import wait_until

from agent.picture_desk import MOST_WAITING, PictureDesk
from agent.receipt_block import Words
from drivers.errors import PictureReaderMissing
from outbox.captures import RawCapture

LONG = 60.0  # seconds


def nobody(_one: RawCapture, _said: Words) -> None:
    """Without slips."""


def words(number: int) -> Words:
    return Words((f"code {number}",), "", "ascii", ("receipt",))


def capture(number: int) -> RawCapture:
    return RawCapture(number, "till", b"", "cut")


class Reader:
    """Reads when it may; says what it has read."""

    def __init__(self) -> None:
        self.may = threading.Event()
        self.read: list[int] = []
        self.fails: set[int] = set()

    def __call__(self, one: RawCapture, _began: float) -> Words | None:
        assert self.may.wait(LONG)
        self.read.append(one.capture_id)
        if one.capture_id in self.fails:
            raise PictureReaderMissing("not here")
        return words(one.capture_id)


def test_what_is_read_in_time_is_the_answer() -> None:
    reader = Reader()
    slips: list[tuple[int, Words]] = []
    reader.may.set()
    desk = PictureDesk(reader, LONG, lambda one, said: slips.append((one.capture_id, said)))
    assert desk.take(capture(1), time.perf_counter()) == words(1)
    reader.fails.add(2)
    assert desk.take(capture(2), time.perf_counter()) is None
    assert desk.take(capture(3), time.perf_counter()) == words(3)
    desk.close()
    assert slips == []


def test_what_comes_late_is_told_once_and_only_to_who_waited() -> None:
    reader = Reader()
    slips: list[tuple[int, Words]] = []
    desk = PictureDesk(reader, 0.0, lambda one, said: slips.append((one.capture_id, said)))
    assert desk.take(capture(1), time.perf_counter()) is None
    desk.bring(capture(2))
    assert desk.take(capture(3), time.perf_counter() - 1000) is None  # its customer has gone long since
    reader.may.set()
    wait_until(lambda: desk.in_hand == 0)
    desk.close()
    assert reader.read == [1, 2, 3]
    wait_until(lambda: bool(slips))
    assert slips == [(1, words(1))]


def test_behind_a_reader_that_hangs_only_the_first_is_waited_for() -> None:
    reader = Reader()
    desk = PictureDesk(reader, LONG, nobody)
    first = threading.Thread(target=desk.take, args=(capture(1), time.perf_counter()))
    first.start()
    wait_until(lambda: desk.in_hand == 1)
    assert desk.take(capture(2), time.perf_counter()) is None
    assert first.is_alive()  # so the second has not waited: the first would have given up before it
    assert reader.read == []
    reader.may.set()
    first.join(LONG)
    wait_until(lambda: desk.in_hand == 0)
    assert desk.take(capture(3), time.perf_counter()) == words(3)
    desk.close()


def test_memory_is_bounded_and_nothing_is_read_twice() -> None:
    reader = Reader()
    desk = PictureDesk(reader, 0.0, nobody)
    desk.bring(capture(0))
    wait_until(lambda: desk.in_hand == 1 and not desk._waiting)
    for number in (*range(3 * MOST_WAITING), 5, 5):
        desk.bring(capture(number))
    assert desk.in_hand == MOST_WAITING + 1
    assert desk.take(capture(99), time.perf_counter()) is None  # raw in the store, brought again later
    reader.may.set()
    wait_until(lambda: desk.in_hand == 0)
    assert reader.read == list(range(MOST_WAITING + 1))
    desk.close()


def test_after_the_end_nothing_is_taken() -> None:
    reader = Reader()
    reader.may.set()
    desk = PictureDesk(reader, LONG, nobody)
    desk.take(capture(1), time.perf_counter())
    desk.close()
    assert desk.take(capture(2), time.perf_counter()) is None
    assert reader.read == [1]
