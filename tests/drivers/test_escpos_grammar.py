"""Every row of the grammar: walked over exactly, whatever its data look like and however it is split."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.escpos import grammar, star
from drivers.escpos.events import (
    Barcode,
    Command,
    Cut,
    DrawerPulse,
    Event,
    LineFeed,
    QrCode,
    Raster,
    Text,
    Unknown,
)
from drivers.escpos.lengths import Area, By, Counted, Fields, Fixed, Items, Length, Tabs, Until
from drivers.escpos.parser import EscPosParser
from drivers.escpos.row import Row

NASTY = b"\x1b@\x1dV\x00\n\x10\x14\x01\x00\x01A\x00\x1ct\x1bp\x00\x1e;\xff"
TO_STAR = b"\x1b\x1dt\x00"


def data_of(size: int) -> bytes:
    return (NASTY * (size // len(NASTY) + 1))[:size]


def parameters(rule: Length, first: int | None) -> list[bytes]:
    """Samples of a command's parameters by its rule; ``first``: what their first byte must be."""
    if isinstance(rule, By):
        return [
            sample[: rule.at] + bytes((value,)) + sample[rule.at + 1 :]
            for values, inner in rule.rules.items()
            for value in values
            for sample in parameters(inner, first)
        ]
    samples: list[bytes] = []
    if isinstance(rule, Fixed):
        samples = [bytes(rule.size), b"\x0a" * rule.size, b"A" * rule.size]
    elif isinstance(rule, Counted):
        base = rule.at + rule.width if rule.base is None else rule.base
        for count in (rule.width + rule.at, 29, 200):
            whole = bytearray(data_of(base + count * rule.unit))
            whole[rule.at : rule.at + rule.width] = count.to_bytes(rule.width, "little")
            samples.append(bytes(whole))
    elif isinstance(rule, Area):
        for x, y in ((1, 1), (8, 27), (0, 9)):
            head = bytes(rule.at) + x.to_bytes(rule.width, "little") + y.to_bytes(rule.width, "little")
            samples.append(head + bytes(rule.extra) + data_of(x * y * rule.unit))
    elif isinstance(rule, Until):
        samples = [
            b"1" * rule.after + code + bytes((rule.stop,)) for code in (b"", b"893-A5", b"9" * rule.most)
        ]
    elif isinstance(rule, Tabs):
        samples = [b"\0", b"\x08\x10\x18\0", bytes(range(1, 33)) + b"\0"]
    elif isinstance(rule, Fields):
        samples = [b";" * 6, b";1;65535;1;1;1;"]
    else:
        assert isinstance(rule, Items)
        if rule.wide:
            picture = b"\x01\x00\x02\x00" + data_of(16)
            samples = [b"\x01" + picture, b"\x03" + picture * 2 + b"\x02\x00\x01\x00" + data_of(16)]
        else:
            samples = [
                b"\x03A" + b"A" + b"\x02" + data_of(6),
                b"\x03AC" + b"\0" + b"\x0c" + data_of(36) + b"\0",
            ]
    return samples if first is None else [bytes((first,)) + sample[1:] for sample in samples]


def vectors() -> list[tuple[Row, list[tuple[bytes, bytes]]]]:
    """Each row with its samples: what must come before, and the command."""
    found = []
    for prefix, rows in ((b"", grammar.EPSON), (TO_STAR, star.STAR), (TO_STAR + b"\x1b*rA", star.RASTER)):
        taken: dict[str, set[int]] = {}
        for row in rows:
            firsts: list[int | None] = (
                [*(set(row.first) - taken.get(row.code, set()))] if row.first else [None]
            )
            taken.setdefault(row.code, set()).update(row.first)
            samples = [sample for first in firsts for sample in parameters(row.rule, first)]
            found.append((row, [(prefix, row.key + sample) for sample in samples]))
    return found


VECTORS = vectors()
SAMPLES = [sample for _, samples in VECTORS for sample in samples]


def events_of(data: bytes) -> list[Event]:
    parser = EscPosParser()
    return parser.feed(data) + parser.close()


@pytest.mark.parametrize(
    ("row", "samples"), VECTORS, ids=[f"{row.code} {row.parameters}" for row, _ in VECTORS]
)
def test_row(row: Row, samples: list[tuple[bytes, bytes]]) -> None:
    """The command is one event, byte for byte, and the text on both sides of it is whole."""
    assert samples
    for prefix, command in samples:
        events = events_of(prefix + b"LEFT" + command + b"\n\n")
        at = len(prefix) + 4
        event = next(event for event in events if event.start == at)
        assert event.end == at + len(command), command
        makes = row.only is None or command[len(row.key) + row.only[0]] == row.only[1]
        assert type(event) is (row.event if makes else Command)
        assert [type(one) for one in events[-2:]] == [LineFeed, LineFeed]
        assert not any(isinstance(one, Unknown) for one in events)


@settings(deadline=None)
@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=8), st.data())
def test_any_commands_any_split(found: list[tuple[bytes, bytes]], draw: st.DataObject) -> None:
    stream = b"text".join(prefix + command for prefix, command in found)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    parser = EscPosParser()
    events = [
        event for start, end in pairwise([0, *cuts, len(stream)]) for event in parser.feed(stream[start:end])
    ]
    assert events + parser.close() == events_of(stream)


@settings(deadline=None)
@given(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=4))
def test_byte_by_byte(found: list[tuple[bytes, bytes]]) -> None:
    stream = b"".join(prefix + command + b"text\n" for prefix, command in found)
    parser = EscPosParser()
    events = [event for place in range(len(stream)) for event in parser.feed(stream[place : place + 1])]
    assert events + parser.close() == events_of(stream)


@settings(deadline=None)
@given(st.binary(max_size=400))
def test_events_lie_in_order_and_inside(data: bytes) -> None:
    last = 0
    for event in events_of(data):
        assert last <= event.start <= event.end <= len(data)
        last = event.end


# Written from the reference by hand, apart from the table: the bytes, and the event they must make.
BY_HAND: list[tuple[bytes, type[Event]]] = [
    (bytes.fromhex("1b2a000500") + b"abcde", Raster),
    (bytes.fromhex("1b2a210200") + b"abcdef", Raster),
    (bytes.fromhex("1d763000 0100 0300") + b"abc", Raster),
    (bytes.fromhex("1d284c 0c00 3070 3001 01 31 0800 0100") + b"ab", Raster),
    (bytes.fromhex("1d384c 0b000000 3070 3001 01 31 0800 0100") + b"a", Raster),
    (bytes.fromhex("1d2a0101") + b"abcdefgh", Raster),
    (bytes.fromhex("1c7101 0100 0100") + b"abcdefgh", Raster),
    (bytes.fromhex("1b26034141 02") + b"abcdef", Command),
    (bytes.fromhex("1c327721") + b"k" * 72, Command),
    (bytes.fromhex("1c673100 00000000 0300") + b"abc", Command),
    (bytes.fromhex("1d6b04") + b"ABC-1\0", Barcode),
    (bytes.fromhex("1d6b4907") + b"{B12345", Barcode),
    (bytes.fromhex("1d286b 0600 315030") + b"abc", QrCode),
    (bytes.fromhex("1d286b 0300 315130"), Command),
    (bytes.fromhex("1d286b 0000"), Command),
    (bytes.fromhex("1b5a000201 0300") + b"abc", QrCode),
    (bytes.fromhex("1d5600"), Cut),
    (bytes.fromhex("1d564210"), Cut),
    (bytes.fromhex("1b69"), Cut),
    (bytes.fromhex("1b70001978"), DrawerPulse),
    (bytes.fromhex("1014010008"), DrawerPulse),
    (bytes.fromhex("100401"), Command),
    (bytes.fromhex("101408010314010602 08"), Command),
    (bytes.fromhex("1d3a"), Command),
    (bytes.fromhex("1d5e030a01"), Command),
    (bytes.fromhex("1b57 0000 0000 0002 0002"), Command),
    (bytes.fromhex("1b4408101800"), Command),
    (bytes.fromhex("1d4331 0100 0900 0101"), Command),
]


@pytest.mark.parametrize(
    ("command", "kind"), BY_HAND, ids=lambda value: value.hex() if isinstance(value, bytes) else ""
)
def test_by_hand(command: bytes, kind: type[Event]) -> None:
    events = events_of(b"left\n" + command + b"right\n")
    assert [type(event) for event in events] == [Text, LineFeed, kind, Text, LineFeed]
    assert [event.data for event in events if isinstance(event, Text)] == [b"left", b"right"]


@pytest.mark.parametrize(
    ("noise", "opcode"),
    [
        (b"\x1b~", b"\x1b~"),
        (b"\x1b\x1b@", b"\x1b"),
        (b"\x1dk\x04CODE\n", b"\x1dk"),
        (b"\x1dv0\x00\xff\xff\xff\xff", b"\x1dv"),  # a picture of 4 GB
        (b"\x1d8L\xff\xff\xff\xff", b"\x1d8"),
        (b"\x1b*\x09", b"\x1b*"),
        (b"\x10", b"\x10"),
        (b"\x1c", b"\x1c"),
    ],
)
def test_what_is_unknown_never_swallows_text(noise: bytes, opcode: bytes) -> None:
    events = events_of(b"before\n" + noise + b"25.000\n")
    assert [event.opcode for event in events if isinstance(event, Unknown)][:1] == [opcode]
    assert b"".join(event.data for event in events if isinstance(event, Text)).endswith(b"25.000")


@pytest.mark.parametrize("cut_short", [b"\x1dk\x04", b"\x1d(k\xff\x00", b"\x1bZ\x00\x00"])
def test_the_end_gives_back_the_text_after_a_command_cut_short(cut_short: bytes) -> None:
    events = events_of(b"a\n" + cut_short + b"TOTAL 25.000")
    assert isinstance(events[2], Unknown)
    assert isinstance(events[-1], Text)
    assert events[-1].data.endswith(b"TOTAL 25.000")


def test_a_picture_cut_short_is_noted() -> None:
    events = events_of(b"a\n\x1dv0\x00\x08\x00\x08\x00 not all of it")
    assert events[2:] == [Unknown(2, 24, b"\x1dv")]


def test_memory_stays_bounded_on_a_line_that_never_ends() -> None:
    parser = EscPosParser()
    events = [event for _ in range(300) for event in parser.feed(b"\xff" * 1000)]
    assert all(isinstance(event, Text) and len(event.data) == 4096 for event in events)
    assert len(events) == 300_000 // 4096


def test_a_long_picture_is_not_kept() -> None:
    parser = EscPosParser()
    parser.feed(b"\x1dv0\x00\x48\x00\x00\xc0")
    for _ in range(72 * 0xC000 // 4096 - 1):
        assert parser.feed(bytes(4096)) == []
        assert parser.pending == 0


def test_star_and_back() -> None:
    """ESC d feeds for Epson and cuts for Star; the first group command tells, a GS command turns back."""
    events = events_of(b"\x1bd\x02\x1b\x1da\x01\x1bd\x02\x07\x1d!\x00\x1bd\x02\x07")
    kinds = [type(event) for event in events]
    assert kinds == [LineFeed, Command, Cut, DrawerPulse, Command, LineFeed, Command]


def test_star_raster_job_has_no_text() -> None:
    rows = b"b\x03\x00abck\x02\x00xy"
    events = events_of(b"\x1b*rA" + rows + b"\x1b\x0c\x04\x1b*rBdone\n")
    assert [event.data for event in events if isinstance(event, Text)] == [b"done"]
    assert sum(isinstance(event, Cut) for event in events) == 1


def test_star_codes() -> None:
    stream = TO_STAR + b"\x1bb\x06\x02\x02\x40{A123\x1e" + b"\x1b\x1dyD1\x00\x03\x00abc\x1b\x1dyP"
    events = events_of(stream)
    assert [event.data for event in events if isinstance(event, Barcode)] == [b"{A123"]
    assert [event.data for event in events if isinstance(event, QrCode)] == [b"abc"]


def test_code_tables_are_remembered_until_initialised() -> None:
    events = events_of(b"a\x1bt\x1eb\x1b@c\x1b\x1dt\x20d")
    pages = {event.data: event.code_page for event in events if isinstance(event, Text)}
    assert pages == {b"a": None, b"b": 30, b"c": None, b"d": 256 + 32}


def test_real_time_commands_inside_a_line_and_inside_data() -> None:
    """In a line they are commands; in a picture's data they are the picture."""
    events = events_of(b"25\x10\x04\x01.000\n" + b"\x1dv0\x00\x05\x00\x01\x00\x10\x14\x01\x00\x01ok\n")
    assert [event.data for event in events if isinstance(event, Text)] == [b"25", b".000", b"ok"]
    assert not any(isinstance(event, DrawerPulse) for event in events)
