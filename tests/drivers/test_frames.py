"""Frames of the ISL family: those of public logs, receipts of a device under every fault, and real lines."""

from __future__ import annotations

import doctest
import random
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from fiscal_device import Device, Program, answer_in
from hypothesis import given, settings
from hypothesis import strategies as st
from lines import PATIENCE, Pty, Till

from drivers.captured import Captured, Form
from drivers.frames import frame_profile, isl_frame, transcript
from drivers.frames.conversation import Conversation, accepted
from drivers.frames.exchanges import exchanges_in
from drivers.frames.frame_profile import FrameProfile, parse_frame_profile
from drivers.frames.isl_commands import read_transcript
from drivers.frames.isl_frame import Frame, FrameReader, Noise, Signal, parse_frame, write_frame
from drivers.frames.transcript import line_of
from drivers.reading import Reading
from drivers.reading.errors import ProfileInvalid
from drivers.source import Source
from drivers.understanding import understand
from drivers.uri import SourceAddress, parse_source
from invoice.sale import Kind, PaymentMethod


def test_the_examples() -> None:
    for module in (isl_frame, transcript, frame_profile):
        assert doctest.testmod(module).failed == 0


# Frames of public logs: github.com/erpnet/ErpNet.FP, issues 56, 112, 135, 183 and 191


def hexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("-", " "))


OPEN_112 = (
    "01-3F-25-30-31-2C-31-2C-44-59-34-32-33-37-39-33-2D-30-30-30-31-2D-30-30-30-30-30-30-32-2C-31"
    "-05-30-35-3F-36-03"
)


@pytest.mark.parametrize(
    ("raw", "extended", "command", "data", "status"),
    [
        ("01-30-30-32-3B-21-30-30-35-3A-31-05-30-31-3F-33-03", True, 0x5A, b"1", None),  # 56
        ("01-25-21-5A-31-05-30-30-3D-36-03", False, 0x5A, b"1", None),  # 56, 191
        (  # 135: a payment
            "01-30-30-33-33-30-30-30-33-35-34-09-31-2E-35-33-09-31-09-05-30-33-30-3A-03",
            True,
            0x35,
            b"4\t1.53\t1\t",
            None,
        ),
        (  # 135: its answer, in seven pieces: the receipt is not open
            "01-30-30-33-3B-30-30-30-33-35-2D-31-31-31-30-31-36-09-04-80-80-80-80-86-9A-80-80-05-30-37-34-3F-03",
            True,
            0x35,
            b"-111016\t",
            "80-80-80-80-86-9A-80-80",
        ),
        ("01-30-30-32-3A-31-30-30-33-3E-05-30-31-3D-33-03", True, 0x3E, b"", None),  # 135: the clock
        ("01-24-24-3C-05-30-30-38-39-03", False, 0x3C, b"", None),  # 112: cancel
        (  # 112: refused
            "01-2B-24-3C-04-A0-82-80-80-86-9A-05-30-33-3D-36-03",
            False,
            0x3C,
            b"",
            "A0-82-80-80-86-9A",
        ),
        (  # 112: open
            OPEN_112,
            False,
            0x30,
            b"1,1,DY423793-0001-0000002,1",
            None,
        ),
    ],
)
def test_frames_of_public_logs(
    raw: str, *, extended: bool, command: int, data: bytes, status: str | None
) -> None:
    (frame,) = FrameReader().feed(hexed(raw))
    assert isinstance(frame, Frame)
    assert (frame.extended, frame.command, frame.data) == (extended, command, data)
    assert frame.status == (hexed(status) if status else None)
    sequence = frame.sequence - 0x20
    assert write_frame(command, sequence, data, frame.status, extended=extended) == hexed(raw)


def test_the_refused_payment_of_issue_135() -> None:
    """SYN, then the answer in pieces of a byte or seven, as the log has them."""
    pieces = ["16", "01", "30-30-33-3B-30-30-30", "33", "35-2D-31-31-31-30-31", "36", "09-04-80-80-80-80-86"]
    pieces += ["9A", "80-80-05-30-37-34-3F", "03"]
    reader = FrameReader()
    heard = [one for piece in pieces for one in reader.feed(hexed(piece))]
    assert heard[0] is Signal.WAIT
    assert isinstance(heard[1], Frame)
    assert not accepted(heard[1])


def test_wait_and_again_of_issue_191() -> None:
    assert FrameReader().feed(hexed("16 15 16")) == [Signal.WAIT, Signal.AGAIN, Signal.WAIT]


def test_a_device_that_says_another_thing_first_of_issue_183() -> None:
    raw = (
        "16-01-30-30-36-3A-21-30-30-35-3A-44-50-2D-31-35-30-4D-58-2C-36-30-39-34-32-38-20-32-30-4A-75-6C-32-33"
        "-20-31-33-35-33-2C-39-34-36-30-2C-30-30-30-30-30-30-30-30-2C-20-20-20-20-30-32-35-30-30-30-30-32-04"
        "-80-80-80-80-84-82-80-80-05-31-31-31-32-03"
    )
    wait, frame = FrameReader().feed(hexed(raw))
    assert wait is Signal.WAIT
    assert isinstance(frame, Frame)
    assert frame.data.startswith(b"DP-150MX,609428 20Jul23 1353,")


# Framing


@given(
    st.lists(
        st.one_of(
            st.builds(
                write_frame,
                st.integers(0x20, 0x7F),
                st.integers(0, 0x5E),
                st.binary(max_size=60).map(lambda data: bytes(32 + byte % 200 for byte in data)),
                st.one_of(st.none(), st.just(b"\x80" * 6)),
                extended=st.booleans(),
            ),
            st.binary(max_size=20),
        ),
        max_size=8,
    ),
    st.integers(1, 30),
)
def test_any_bytes_in_any_pieces_are_given_back_in_order(parts: list[bytes], size: int) -> None:
    stream = b"".join(parts)
    reader = FrameReader()
    heard = [one for at in range(0, len(stream), size) for one in reader.feed(stream[at : at + size])]
    heard += reader.close()
    again = b"".join(bytes((one.value,)) if isinstance(one, Signal) else one.raw for one in heard)
    assert again == stream
    whole = FrameReader()
    assert [one for one in heard if isinstance(one, Frame)] == [
        one for one in whole.feed(stream) + whole.close() if isinstance(one, Frame)
    ]


def test_no_changed_byte_goes_unnoticed() -> None:
    """A sum of bytes sees any one that is changed; two that make up for each other it cannot."""
    for extended in (False, True):
        raw = write_frame(0x31, 3, b"Ca phe\tB25000*2", extended=extended)
        for place in range(len(raw)):
            for byte in (raw[place] ^ 1, raw[place] ^ 0x10, 0x20, 0xFF):
                broken = raw[:place] + bytes((byte,)) + raw[place + 1 :]
                if broken != raw:
                    assert parse_frame(broken) is None
            assert parse_frame(raw[:place] + raw[place + 1 :]) is None


# Receipts


class Line:
    """Program and device with the listener between them, and what may go wrong on the wire."""

    def __init__(self, device: Device, fault: Callable[[bytes], bytes] = bytes) -> None:
        self.device, self.fault = device, fault
        self.conversation = Conversation()
        self.captured: list[Captured] = []

    def say(self, frame: bytes, tries: int = 6) -> bool:
        """Send a command until its answer is there, as programs do."""
        for _ in range(tries):
            sent = self.fault(frame)
            self.captured += self.conversation.feed("P", sent)
            answer = self.fault(self.device.feed(sent))
            self.captured += self.conversation.feed("D", answer)
            if answer_in(answer, frame):
                return True
        return False

    def finish(self) -> list[Reading]:
        self.captured += self.conversation.finish("broken")
        return [understand(one.form, one.data, None) for one in self.captured]


@pytest.mark.parametrize("extended", [False, True])
def test_a_receipt_becomes_the_sale(*, extended: bool) -> None:
    program, line = Program(extended), Line(Device(extended))
    frames = [
        program.frame(0x4A),
        program.frame(0x30, program._join(b"1", b"0000", b"POS1-0001-0000001", b"1")),
        program.frame(0x31, program.sale("Cà phê sữa đá", 25_000, "2")),
        program.frame(0x31, program.sale("Bánh mì", 15_000, "1", 10)),
        program.pay(b"1" if extended else b"C", 3_500),
        program.pay(b"0" if extended else b"P", 100_000),
        program.frame(0x38),
        program.frame(0x4A),
    ]
    assert all(line.say(frame) for frame in frames)
    assert line.device.sold == [63_500]
    (captured,) = line.captured
    assert (captured.form, captured.ended_by) == (Form.ISL, "closed")
    (reading,) = line.finish()
    assert reading.problems == ()
    assert reading.sale is not None
    assert reading.sale.receipt_no == "POS1-0001-0000001"
    assert reading.sale.total == 63_500
    assert [(one.name, one.amount, one.discount) for one in reading.sale.lines] == [
        ("Cà phê sữa đá", 50_000, 0),
        ("Bánh mì", 13_500, 1_500),
    ]
    assert [(one.method, one.amount) for one in reading.sale.payments] == [
        (PaymentMethod.CARD, 3_500),
        (PaymentMethod.CASH, 60_000),
    ]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), extended=st.booleans(), trouble=st.sampled_from([0.0, 0.02, 0.1, 0.3]))
def test_never_another_sum_than_the_device_has_sold(*, seed: int, extended: bool, trouble: float) -> None:
    """Bytes lost, changed, doubled, whole answers gone: exact, or for a person."""
    rng = random.Random(seed)  # noqa: S311 - not for secrets

    def fault(data: bytes) -> bytes:
        if not data or rng.random() >= trouble:
            return data
        place = rng.randrange(len(data))
        match rng.randrange(5):
            case 0:
                return data[:place] + data[place + 1 :]
            case 1:
                return data[:place] + bytes((rng.randrange(256),)) + data[place + 1 :]
            case 2:
                return data[:place]
            case 3:
                return data + data
            case _:
                return b""

    program, line = Program(extended), Line(Device(extended), fault)
    for number in range(3):
        for frame in program.receipt(rng, f"POS1-0001-000000{number}"):
            if not line.say(frame) and line.device.open:
                line.say(program.frame(0x3C), tries=30)
                break
    sold = list(line.device.sold)
    readings = line.finish()
    exact = [one.sale.total for one in readings if one.kind is Kind.SALE and one.sale]
    left = list(sold)
    for total in exact:
        assert total in left, "a sale that the device has not sold"
        left.remove(total)
    if not trouble:
        assert exact == sold
    assert len(left) <= sum(one.kind is Kind.QUARANTINED for one in readings), "a sale is nowhere"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"Ca phe\tB-25000", "was not sold in this receipt"),
        (b"Ca phe\tB^25000", "taken back"),
        (b"Ca phe\tB25000,+5.00", "surcharge"),
        (b"Ca phe B25000", "no price"),
        (b"\tB25000", "name"),
        (b"Ca phe\tBxyz", "no price"),
    ],
)
def test_what_a_line_cannot_say_for_certain(data: bytes, said: str) -> None:
    program = Program()
    script = [
        (program.frame(0x30, b"1,1,1"), b"1"),
        (program.frame(0x31, data), b""),
        (program.frame(0x35, b""), b"R0"),
        (program.frame(0x38), b"1,1"),
    ]
    reading = read_transcript(spoken(script), FrameProfile())
    assert reading.kind is Kind.QUARANTINED
    assert any(said in problem for problem in reading.problems), reading.problems


def spoken(script: list[tuple[bytes, bytes]], status: bytes = b"\x80" * 6) -> bytes:
    """A transcript of commands and what the device says of each."""
    text = b""
    for frame, said in script:
        asked = parse_frame(frame)
        assert asked is not None
        text += line_of("P", frame)
        text += line_of("D", write_frame(asked.command, asked.sequence - 0x20, said, status))
    return text


def sale_of(*middle: tuple[int, bytes, bytes], profile: FrameProfile | None = None) -> Reading:
    """A receipt with these commands between its opening and its closing."""
    program = Program()
    script = [(program.frame(0x30, b"1,1,1"), b"1")]
    script += [(program.frame(command, data), said) for command, data, said in middle]
    script.append((program.frame(0x38), b"1,1"))
    return read_transcript(spoken(script), profile or FrameProfile())


SOLD = (0x31, b"Ca phe\tB25000*2", b"")
PAID = (0x35, b"\tP50000", b"R0")


def test_sums_that_the_device_says_must_be_ours() -> None:
    assert sale_of(SOLD, PAID).kind is Kind.SALE
    assert sale_of(SOLD, (0x33, b"10", b"50000,0,50000"), PAID).kind is Kind.SALE
    assert sale_of(SOLD, (0x33, b"10,-10.00", b"45000"), (0x35, b"", b"R000")).sale is not None
    assert sale_of(SOLD, (0x35, b"\tP60000.00", b"R10000.00")).kind is Kind.SALE
    assert sale_of(SOLD, (0x35, b"\tP60000", b"R1000000")).kind is Kind.SALE  # in hundredths
    for wrong in (
        (SOLD, (0x33, b"10", b"60000"), PAID),
        (SOLD, (0x35, b"\tP50000", b"R1")),
        (SOLD, (0x35, b"\tP50000", b"F")),
        (SOLD, (0x35, b"\tP40000", b"D10000")),
        (SOLD, (0x35, b"\tQ50000", b"R0")),
        (SOLD,),
        (SOLD, PAID, SOLD),
        (SOLD, (0x3A, b"+12*1", b""), PAID),
        (SOLD, (0x7B, b"", b""), PAID),
        (PAID,),
    ):
        assert sale_of(*wrong).kind is Kind.QUARANTINED, wrong


def test_a_line_that_is_taken_back_is_no_line() -> None:
    reading = sale_of(SOLD, (0x31, b"Tra da\tB5000", b""), (0x31, b"Tra da\tB-5000", b""), PAID)
    assert reading.sale is not None
    assert [line.name for line in reading.sale.lines] == ["Ca phe"]


def test_rates_of_tax_groups() -> None:
    rates = parse_frame_profile('kind = "frames"\n[tax]\nA = "10%"\nB = "8%"\n')
    mixed = (SOLD, (0x31, b"Ruou\tA10000", b""), (0x35, b"", b"R0"))
    reading = sale_of(*mixed, profile=rates)
    assert reading.sale is not None
    assert [line.vat_rate for line in reading.sale.lines] == ["8%", "10%"]
    assert sale_of(*mixed).kind is Kind.QUARANTINED  # two groups, and nobody knows their rates
    assert sale_of((0x31, b"X\tC10000", b""), (0x35, b"", b"R0"), profile=rates).kind is Kind.QUARANTINED


def test_a_return_is_no_sale() -> None:
    program = Program()
    opened = (program.frame(0x30, b"1,1,1\tR0,12,24-11-26 09:15:00\t0123"), b"1")
    script = [opened, (program.frame(0x31, SOLD[1]), b""), (program.frame(0x35, b""), b"R0")]
    reading = read_transcript(spoken([*script, (program.frame(0x38), b"1")]), FrameProfile())
    assert reading.kind is Kind.REFUND


def test_a_cancelled_receipt_and_one_of_free_text_are_no_sales() -> None:
    program = Program()
    cancelled = [(program.frame(0x30, b"1,1,1"), b"1"), (program.frame(0x31, SOLD[1]), b"")]
    cancelled.append((program.frame(0x3C), b""))
    assert read_transcript(spoken(cancelled), FrameProfile()).kind is Kind.PROVISIONAL
    text = [(program.frame(0x26), b"1"), (program.frame(0x2A, "PHIẾU BẾP".encode()), b"")]
    text += [(program.frame(0x2A, "2 Cà phê".encode()), b""), (program.frame(0x27), b"1")]
    assert read_transcript(spoken(text), FrameProfile()).kind is Kind.KITCHEN


def test_a_receipt_heard_from_its_middle_is_for_a_person() -> None:
    program, line = Program(), Line(Device())
    frames = program.receipt(random.Random(5))  # noqa: S311 - not for secrets
    line.device.feed(frames[0])
    assert all(line.say(frame) for frame in frames[1:])
    (reading,) = line.finish()
    assert reading.problems == ("the beginning of the receipt was not heard",)


def test_a_program_that_begins_anew() -> None:
    """Refused to open a second one, it goes on with the first; the device knows, and so do we."""
    program, line = Program(), Line(Device())
    for frame in (
        program.frame(0x30, b"1,1,1"),
        program.frame(0x31, SOLD[1]),
        program.frame(0x30, b"1,1,1"),
        program.frame(0x35, b""),
        program.frame(0x38),
    ):
        assert line.say(frame)
    (reading,) = line.finish()
    assert reading.sale is not None
    assert line.device.sold == [reading.sale.total] == [50_000]


def test_endless_chatter_is_bounded() -> None:
    conversation, program, captured = Conversation(), Program(), []
    captured += conversation.feed("P", program.frame(0x30, b"1,1,1"))
    for _ in range(3_000):
        captured += conversation.feed("D", b"\x16" * 100)
    assert captured
    assert captured[0].ended_by == "overflow"
    assert understand(Form.ISL, captured[0].data, None).kind is Kind.QUARANTINED


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('kind = "table"', "kind"),
        ('kind = "frames"\nx = 1', "x"),
        ('kind = "frames"\nencoding = "latin"', "encoding"),
        ('kind = "frames"\nname = 1', "name"),
        ('kind = "frames"\ntax = 1', "tables"),
        ('kind = "frames"\n[tax]\nA = "9%"', "tax"),
        ('kind = "frames"\n[payments]\nA = "shells"', "payments"),
    ],
)
def test_wrong_profiles_of_devices(text: str, named: str) -> None:
    with pytest.raises(ProfileInvalid, match=named):
        parse_frame_profile(text)


# On real lines


@pytest.fixture
def port() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    pty.close()


@pytest.fixture
def behind() -> Iterator[Pty]:
    pty = Pty()
    yield pty
    pty.close()


def opened(uri: str, till: Till) -> Source:
    address = parse_source(uri)
    assert isinstance(address, SourceAddress)
    return Source(address, till.take, till.state)


def test_serial_lines_pass_everything_both_ways(port: Pty, behind: Pty) -> None:
    till = Till()
    source = opened(f"frames+serial://{port.path}?baud=115200&printer={behind.path}", till)
    source.start()
    try:
        till.wait_for_state("open")
        device, program = Device(), Program()
        for frame in program.receipt(random.Random(3)):  # noqa: S311 - not for secrets
            port.write(frame)
            assert behind.read(len(frame)) == frame
            answer = device.feed(frame)
            behind.write(answer)
            assert port.read(len(answer)) == answer
        (captured,) = till.wait(1)
        reading = understand(captured.form, captured.data, None)
        assert reading.sale is not None
        assert [reading.sale.total] == device.sold
        port.write(b"\x00noise\xff")
        assert behind.read(7) == b"\x00noise\xff"
        assert port.silent()
    finally:
        source.stop()


def test_a_line_that_breaks_in_a_receipt_leaves_it_to_a_person(port: Pty, behind: Pty) -> None:
    till = Till()
    source = opened(f"frames+serial://{port.path}?baud=115200&printer={behind.path}", till)
    source.start()
    try:
        till.wait_for_state("open")
        program = Program()
        opening = program.frame(0x30, b"1,1,1")
        port.write(opening)
        assert behind.read(len(opening)) == opening
    finally:
        source.stop()
    (captured,) = till.wait(1)
    assert captured.ended_by == "broken"
    assert understand(captured.form, captured.data, None).kind is Kind.QUARANTINED


def test_a_device_on_the_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_server(("127.0.0.1", 0)) as free:
        host, number = free.getsockname()[:2]
        free.close()
        device = Device(extended=True)

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                while data := connection.recv(4096):
                    connection.sendall(device.feed(data))

        threading.Thread(target=serve, daemon=True).start()
        till = Till()
        source = opened(
            f"frames+tcp://{host}:{number}?printer=tcp://127.0.0.1:{listening.getsockname()[1]}", till
        )
        source.start()
        try:
            till.wait_for_state("open")
            with socket.create_connection((host, number), PATIENCE) as program:
                program.settimeout(PATIENCE)
                for frame in Program(extended=True).receipt(random.Random(8)):  # noqa: S311 - not for secrets
                    program.sendall(frame)
                    answer = b""
                    while not answer_in(answer, frame):
                        more = program.recv(4096)
                        assert more
                        answer += more
                (captured,) = till.wait(1)
        finally:
            source.stop()
    reading = understand(captured.form, captured.data, None)
    assert reading.sale is not None
    assert [reading.sale.total] == device.sold
    assert len(exchanges_in(captured.data)) >= 4
    assert isinstance(FrameReader().feed(b"\x01x\x03")[0], Noise)
