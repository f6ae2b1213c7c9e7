"""The parser gives the same events however the bytes are split, and walks over commands exactly."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.escpos.events import Cut, Event, QrCode, Raster, Text, Unknown
from drivers.escpos.parser import EscPosParser
from drivers.framing import CaptureSplitter

DATA = Path(__file__).parent.parent / "data"
STREAMS = sorted([*(DATA / "escpos").glob("*.prn"), *(DATA / "receipts").glob("*.prn")])
SAMPLE = b"".join(path.read_bytes() for path in (DATA / "receipts").glob("00*.prn"))


def events_of(data: bytes, cuts: list[int]) -> list[Event]:
    parser, events, last = EscPosParser(), [], 0
    for place in [*sorted(cuts), len(data)]:
        events += parser.feed(data[last:place])
        last = place
    return events + parser.close()


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.stem)
def test_no_command_of_the_streams_is_unknown(path: Path) -> None:
    assert not [event for event in events_of(path.read_bytes(), []) if isinstance(event, Unknown)]


@given(st.lists(st.integers(0, len(SAMPLE)), max_size=30))
def test_splits_do_not_show(cuts: list[int]) -> None:
    assert events_of(SAMPLE, cuts) == events_of(SAMPLE, [])


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=10))
def test_any_bytes_any_split(data: bytes, cuts: list[int]) -> None:
    assert events_of(data, [min(cut, len(data)) for cut in cuts]) == events_of(data, [])


def test_payloads_are_not_text() -> None:
    data = b"a\n\x1dv0\x00\x01\x00\x02\x00\x1d\x56b\n\x1d(k\x05\x001P0hi\x1dVB\x00"
    events = events_of(data, [])
    assert [event.data for event in events if isinstance(event, Text)] == [b"a", b"b"]
    assert [event.data for event in events if isinstance(event, QrCode)] == [b"hi"]
    assert sum(isinstance(event, Raster) for event in events) == 1
    assert sum(isinstance(event, Cut) for event in events) == 1


@given(st.lists(st.integers(0, len(SAMPLE)), max_size=30))
def test_the_splitter_gives_every_byte_once_and_in_order(cuts: list[int]) -> None:
    splitter, out, captures, last = CaptureSplitter(), b"", [], 0
    pieces = []
    for place in [*sorted(cuts), len(SAMPLE)]:
        pieces += splitter.feed(SAMPLE[last:place])
        last = place
    for piece in [*pieces, *splitter.finish("idle")]:
        out += piece.before + piece.cut
        if piece.captured is not None:
            captures.append(piece.captured.data)
    assert out == SAMPLE
    assert b"".join(captures) == SAMPLE
    assert len(captures) == len(list((DATA / "receipts").glob("00*.prn")))
