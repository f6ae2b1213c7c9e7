"""A fiscal device of the ISL family as its manuals describe it: what it has sold is what is true."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from drivers.frames.isl_frame import Frame, FrameReader, Noise, parse_frame, write_frame

FINE = b"\x80\x80\x80\x80\x86\x9a"
ERROR = b"\xa0\x82\x80\x80\x86\x9a"  # general error, not permitted
WAIT, AGAIN = b"\x16", b"\x15"


@dataclass
class Device:
    """Executes commands; ``sold`` are the totals of receipts that were closed."""

    extended: bool = False
    open: bool = False
    text: bool = False
    lines: list[int] = field(default_factory=list)
    paid: int = 0
    sold: list[int] = field(default_factory=list)
    cancelled: int = 0
    _last: tuple[bytes, bytes] | None = None
    _reader: FrameReader = field(default_factory=FrameReader)

    def feed(self, data: bytes) -> bytes:
        """What it answers."""
        out = b""
        for heard in self._reader.feed(data):
            if isinstance(heard, Noise):
                out += AGAIN
            elif isinstance(heard, Frame):
                out += WAIT + self._answer(heard)
        return out

    @property
    def total(self) -> int:
        return sum(self.lines)

    def _answer(self, frame: Frame) -> bytes:
        if self._last is not None and self._last[0] == frame.raw:
            return self._last[1]  # heard before: it is not done again
        good, said = self._do(frame)
        if self.extended:
            said = (b"0" if good else b"-111016") + b"\t" + (said + b"\t" if said and good else b"")
            status = (FINE if good else ERROR) + b"\x80\x80"
        else:
            status = FINE if good else ERROR
        sequence = frame.sequence - 0x20
        answer = write_frame(frame.command, sequence, said, status, extended=self.extended)
        self._last = (frame.raw, answer)
        return answer

    def _do(self, frame: Frame) -> tuple[bool, bytes]:
        match frame.command:
            case 0x30 if not self.open:
                self.open, self.lines, self.paid = True, [], 0
                return True, b"1" if self.extended else b"0001,0001"
            case 0x31 if self.open and not self.paid:
                self.lines.append(self._amount(frame.data))
                return True, b""
            case 0x33 if self.open:
                return True, (b"1\t" if self.extended else b"") + str(self.total).encode()
            case 0x35 if self.open and self.lines:
                return True, self._pay(frame.data)
            case 0x38 if self.open and self.paid >= self.total:
                self.open = False
                self.sold.append(self.total)
                return True, b"1" if self.extended else b"0001,0001"
            case 0x3C if self.open:
                self.open, self.cancelled = False, self.cancelled + 1
                return True, b""
            case 0x4A:
                return True, b""
            case _:
                return False, b""

    def _amount(self, data: bytes) -> int:
        if self.extended:
            fields = data.split(b"\t")
            gross = Decimal(fields[2].decode()) * Decimal(fields[3].decode())
            percent = -Decimal(fields[5].decode() or 0) if fields[4] == b"2" else Decimal(0)
        else:
            figures = data.partition(b"\t")[2][1:].decode()
            figures, _, change = figures.partition(",")
            price, _, quantity = figures.partition("*")
            gross, percent = Decimal(price) * Decimal(quantity or 1), Decimal(change or 0)
        whole = gross.quantize(Decimal(1), ROUND_HALF_UP)
        return int(whole + (whole * percent / 100).quantize(Decimal(1), ROUND_HALF_UP))

    def _pay(self, data: bytes) -> bytes:
        if self.extended:
            given = int(Decimal(data.split(b"\t")[1].decode()))
        else:
            text = data.rpartition(b"\t")[2].decode().lstrip("PCN")
            given = int(Decimal(text)) if text else self.total - self.paid
        self.paid += given
        left = self.total - self.paid
        tab = b"\t" if self.extended else b""
        return b"D" + tab + str(left).encode() if left > 0 else b"R" + tab + str(-left).encode()


@dataclass
class Program:
    """A register program: sends a command until it has an answer to it."""

    extended: bool = False
    sequence: int = 0

    def frame(self, command: int, data: bytes = b"") -> bytes:
        """The next command's frame."""
        self.sequence = (self.sequence + 1) % 0x5F
        return write_frame(command, self.sequence, data, extended=self.extended)

    def receipt(self, rng: random.Random, number: str = "POS1-0001-0000001") -> list[bytes]:
        """The frames of a receipt of some goods, paid in one or two ways."""
        frames = [self.frame(0x30, self._join(b"1", b"0000", number.encode(), b"1"))]
        total = 0
        probe = Device(self.extended)
        for _ in range(rng.randrange(1, 6)):
            price, quantity = rng.randrange(1, 400) * 500, rng.choice(["1", "2", "3", "0.5", "1.25"])
            percent = rng.choice([0, 0, 0, 10, 25])
            data = self.sale(rng.choice(["Cà phê sữa", "Bánh mì", "Trà đá"]), price, quantity, percent)
            total += probe._amount(data)
            frames.append(self.frame(0x31, data))
            if rng.random() < 0.2:
                frames.append(self.frame(0x4A))
        if rng.random() < 0.4:
            frames.append(self.frame(0x33, self._join(b"1", b"0", b"", b"") if self.extended else b"10"))
        if rng.random() < 0.4 and total > 2000:
            frames.append(self.pay(b"1" if self.extended else b"C", 1000))
            total -= 1000
        frames.append(self.pay(b"0" if self.extended else b"P", total + rng.choice([0, 5000])))
        return [*frames, self.frame(0x38)]

    def sale(self, name: str, price: int, quantity: str = "1", percent: int = 0) -> bytes:
        """The data of a sale."""
        if self.extended:
            discount = (b"2", str(percent).encode()) if percent else (b"0", b"0")
            return self._join(name.encode(), b"2", str(price).encode(), quantity.encode(), *discount, b"0")
        change = f",-{percent}.00" if percent else ""
        return f"{name}\tB{price}*{quantity}{change}".encode()

    def pay(self, mode: bytes, amount: int) -> bytes:
        """The frame of a payment."""
        if self.extended:
            return self.frame(0x35, self._join(mode, str(amount).encode(), b"1"))
        return self.frame(0x35, b"\t" + mode + str(amount).encode())

    def _join(self, *fields: bytes) -> bytes:
        return b"".join(field + b"\t" for field in fields) if self.extended else b",".join(fields)


def answer_in(data: bytes, asked: bytes) -> bool:
    """Whether among these bytes is the whole answer to a frame."""
    frame = parse_frame(asked)
    assert frame is not None
    return any(
        isinstance(heard, Frame) and (heard.sequence, heard.command) == (frame.sequence, frame.command)
        for heard in FrameReader().feed(data)
    )
