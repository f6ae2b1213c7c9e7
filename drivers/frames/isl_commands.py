"""The meaning of ISL commands: from what program and device said of a receipt to the sale.

A command counts when the device has accepted it. A command sent again (the same sequence number: the answer
was lost) counts once, as it does in the device. What the device says of the sums (subtotal, what is left to
pay, change) must be what the lines come to; without one such word there is no proof, and no sale.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import TYPE_CHECKING

from drivers.encoding import decide, decode
from drivers.frames.conversation import CLOSES, OPENS, accepted, opens
from drivers.frames.isl_frame import Frame, FrameReader
from drivers.frames.transcript import DEVICE, PROGRAM, said_in
from drivers.reading.receipt import Reading, read_receipt
from invoice.sale import Kind, Line, Payment, Sale
from invoice.sale_json import MAX_AMOUNT

if TYPE_CHECKING:
    from drivers.frames.frame_profile import FrameProfile
    from drivers.reading import Profile
    from invoice.sale import PaymentMethod

NAMES = {
    0x26: "open free text",
    0x27: "close free text",
    0x2A: "free text",
    0x2B: "open reversal",
    0x2E: "open reversal",
    0x30: "open receipt",
    0x31: "sale",
    0x33: "subtotal",
    0x34: "sale",
    0x35: "total",
    0x36: "text",
    0x38: "close receipt",
    0x3A: "sale of a programmed item",
    0x3C: "cancel receipt",
}
# Commands inside a receipt that change no sum: displays, texts, paper, drawer, questions, bar codes.
_HARMLESS = frozenset(
    {
        0x21,
        0x23,
        0x2A,
        0x2C,
        0x2D,
        0x2F,
        0x36,
        0x3E,
        0x3F,
        0x40,
        0x43,
        0x47,
        0x4A,
        0x4C,
        0x50,
        0x54,
        0x56,
        0x5A,
    }
    | {0x61, 0x62, 0x63, 0x64, 0x67, 0x6A, 0x6E, 0x71, 0x74, 0x5C}
)
_SALE = re.compile(
    r"(?P<tax>[^0-9+\-.^])?(?P<back>\^)?(?P<price>[+-]?[0-9]+(?:\.[0-9]+)?)"
    r"(?:\*(?P<quantity>-?[0-9]+(?:\.[0-9]+)?))?"
    r"(?:,(?P<percent>[+-]?[0-9]+(?:\.[0-9]+)?)|[;$](?P<sum>[+-]?[0-9]+(?:\.[0-9]+)?))?"
)
_CHANGE = re.compile(rb",(?P<percent>[+-]?[0-9]+(?:\.[0-9]+)?)$|[;$](?P<sum>[+-]?[0-9]+(?:\.[0-9]+)?)$")
_PAID = re.compile(r"(?P<mode>[A-Za-z])?(?P<amount>\+?[0-9]+(?:\.[0-9]+)?)?")
_LEFT = re.compile(r"(?P<code>[A-Z]),?(?P<amount>[+-]?[0-9]+(?:\.[0-9]+)?)")


class _Unread(Exception):
    """A command that cannot be understood for certain; the message is for the quarantine."""


@dataclass(slots=True)
class _Exchange:
    """One command of the program, however often it was sent, and the device's answer."""

    frame: Frame
    answer: Frame | None = None

    @property
    def name(self) -> str:
        return NAMES.get(self.frame.command, f"command {self.frame.command:02X}")


@dataclass(slots=True)
class _Item:
    name: str
    tax: str
    price: Decimal
    quantity: Decimal
    gross: int
    discount: int


@dataclass(slots=True)
class _Receipt:
    """What has been accepted so far."""

    opened: bool = False
    closed: bool = False
    cancelled: bool = False
    reversal: bool = False
    number: str | None = None
    items: list[_Item] = field(default_factory=list)
    discount: int = 0
    paid: list[tuple[PaymentMethod, int]] = field(default_factory=list)
    left: int | None = None  # to pay, as the device says; change is negative
    checks: list[str] = field(default_factory=list)
    texts: list[bytes] = field(default_factory=list)
    free_text: bool = False

    @property
    def lines(self) -> int:
        return sum(item.gross - item.discount for item in self.items)

    @property
    def total(self) -> int:
        return self.lines - self.discount


def read_transcript(transcript: bytes, profile: FrameProfile, paper: Profile | None = None) -> Reading:
    """Understand what was said of one receipt. ``paper`` reads a receipt of free text.

    Never raises for what was said.
    """
    exchanges = exchanges_in(transcript)
    receipt, problems, shown = _Receipt(), [], []
    for exchange in exchanges:
        shown.append(_shown(exchange))
        try:
            _apply(exchange, receipt, profile)
        except _Unread as error:
            problems.append(f"{exchange.name}: {error}")
        except (ValueError, InvalidOperation, IndexError, OverflowError) as error:
            problems.append(f"{exchange.name} cannot be understood: {type(error).__name__}")
    text = "\n".join(shown)
    if receipt.free_text and not receipt.items:
        return _of_paper(receipt, problems, text, paper)
    if receipt.cancelled:
        return Reading(Kind.PROVISIONAL, None, (), "utf-8", text)
    if not problems:
        problems = _doubts(receipt, profile)
    sale = None
    if not problems:
        sale = _sale(receipt, profile)
        problems = list(sale.problems())
    if problems or sale is None:
        return Reading(Kind.QUARANTINED, None, tuple(problems), "utf-8", text)
    kind = Kind.REFUND if receipt.reversal else Kind.SALE
    return Reading(kind, sale, (), "utf-8", text, checks=tuple(receipt.checks), layout=profile.name)


def exchanges_in(transcript: bytes) -> list[_Exchange]:
    """The program's commands in order, each with the device's answer."""
    readers = {PROGRAM: FrameReader(), DEVICE: FrameReader()}
    found: list[_Exchange] = []
    for side, raw in said_in(transcript):
        for heard in readers[side].feed(raw):
            if not isinstance(heard, Frame):
                continue
            last = found[-1] if found else None
            if side == PROGRAM:
                if last is None or last.frame.raw != heard.raw:
                    found.append(_Exchange(heard))
            elif last is not None and (heard.sequence, heard.command) == (
                last.frame.sequence,
                last.frame.command,
            ):
                last.answer = heard
    return found


def _apply(exchange: _Exchange, receipt: _Receipt, profile: FrameProfile) -> None:
    frame, answer = exchange.frame, exchange.answer
    if frame.command in _HARMLESS and frame.command != 0x2A:
        return
    if answer is None:
        raise _Unread("the device's answer was not heard")
    if not accepted(answer):
        return  # refused: for the device it was never said
    command = frame.command
    if opens(frame):
        if receipt.opened or receipt.items:
            raise _Unread("a second one in one receipt")
        receipt.opened, receipt.free_text = True, command == 0x26
        receipt.reversal = command not in OPENS or b"\tR" in frame.data
        receipt.number = _number_of(frame)
    elif command in (0x31, 0x34):
        _sell(frame, receipt, profile)
    elif command == 0x33:
        _subtotal(frame, answer, receipt)
    elif command == 0x35:
        _pay(frame, answer, receipt, profile)
    elif command == 0x2A:
        receipt.texts.append(frame.data.partition(b"\t")[0])
    elif command in CLOSES:
        receipt.closed, receipt.cancelled = command != 0x3C, command == 0x3C
    elif command == 0x3A:
        raise _Unread("its name and price are in the device only: let the program send them (command 31)")
    else:
        raise _Unread("it may change the sums, and is not known")


def _sell(frame: Frame, receipt: _Receipt, profile: FrameProfile) -> None:
    if receipt.paid:
        raise _Unread("goods after a payment")
    item = _extended_item(frame, profile) if frame.extended else _classic_item(frame, profile)
    if item.gross < 0:
        _void(item, receipt)
    else:
        receipt.items.append(item)


def _classic_item(frame: Frame, profile: FrameProfile) -> _Item:
    text, tab, figures = frame.data.partition(b"\t")
    match = _SALE.fullmatch(figures.decode("latin-1").strip())
    if not tab or match is None:
        raise _Unread(f"{_words(frame.data, profile)!r} has no price that can be read")
    if match["back"]:
        raise _Unread("goods taken back in the same receipt")
    price, quantity = Decimal(match["price"]), Decimal(match["quantity"] or 1)
    gross = _whole(price * quantity)
    percent = Decimal(match["percent"]) if match["percent"] else None
    change = Decimal(match["sum"]) if match["sum"] else Decimal(0)
    return _item(
        _words(text, profile), match["tax"] or "", price, quantity, gross, _taken_off(gross, percent, change)
    )


def _extended_item(frame: Frame, profile: FrameProfile) -> _Item:
    """Name, tax group, price, quantity, kind and value of a discount, department."""
    fields = frame.data.split(b"\t")
    if len(fields) < 4:
        raise _Unread(f"{_words(frame.data, profile)!r} has too few fields")
    figures = [part.decode("ascii", "replace").strip() for part in (*fields, b"", b"", b"")]
    price, quantity = Decimal(figures[2]), Decimal(figures[3] or 1)
    gross = _whole(price * quantity)
    value, kind = Decimal(figures[5] or 0), figures[4] or "0"
    if kind not in {"0", "1", "2", "3", "4"}:
        raise _Unread(f"a discount of the unknown kind {kind!r}")
    percent = {"1": value, "2": -value}.get(kind)
    change = {"3": value, "4": -value}.get(kind, Decimal(0))
    return _item(
        _words(fields[0], profile), figures[1], price, quantity, gross, _taken_off(gross, percent, change)
    )


def _item(name: str, tax: str, price: Decimal, quantity: Decimal, gross: int, discount: int) -> _Item:
    if discount < 0:
        raise _Unread("a surcharge: of which goods or service it is, is not said")
    if not name.strip() or "\ufffd" in name:
        raise _Unread("its name cannot be read: set encoding in the profile")
    return _Item(" ".join(name.split()), tax, price, quantity, gross, discount)


def _taken_off(gross: int, percent: Decimal | None, change: Decimal) -> int:
    """What a discount takes off; what it adds is negative."""
    return -_whole(gross * percent / 100) if percent is not None else -_whole(change)


def _void(item: _Item, receipt: _Receipt) -> None:
    """A sale with a minus takes back the same one from before."""
    for place in range(len(receipt.items) - 1, -1, -1):
        known = receipt.items[place]
        if (known.name, known.tax, abs(known.price), known.gross) == (
            item.name,
            item.tax,
            abs(item.price),
            -item.gross,
        ) and not (known.discount or item.discount):
            del receipt.items[place]
            return
    raise _Unread(f"{item.name} is taken back, but was not sold in this receipt")


def _subtotal(frame: Frame, answer: Frame, receipt: _Receipt) -> None:
    if frame.extended:
        fields = [
            part.decode("ascii", "replace").strip() for part in (*frame.data.split(b"\t"), b"", b"", b"")
        ]
        value, kind = Decimal(fields[3] or 0), fields[2] or "0"
        percent = {"1": value, "2": -value}.get(kind)
        change = {"3": value, "4": -value}.get(kind, Decimal(0))
        said = answer.data.split(b"\t")[2:3]
    else:
        match = _CHANGE.search(frame.data)
        percent = Decimal(match["percent"].decode()) if match and match["percent"] else None
        change = Decimal(match["sum"].decode()) if match and match["sum"] else Decimal(0)
        said = answer.data.split(b",")[:1]
    discount = _taken_off(receipt.total, percent, change)
    if discount < 0:
        raise _Unread("a surcharge on the whole receipt: of what it is, is not said")
    before = receipt.total
    receipt.discount += discount
    if said and said[0].strip():
        heard = Decimal(said[0].decode("ascii", "replace").strip())
        # Devices differ in whether they say the sum before or after the discount of the same command.
        if not any(_is(heard, amount) for amount in {before, receipt.total}):
            raise _Unread(f"the device says {heard}, the lines come to {receipt.total}")
        receipt.checks.append(f"subtotal {heard} as the device says")


def _pay(frame: Frame, answer: Frame, receipt: _Receipt, profile: FrameProfile) -> None:
    left_before = receipt.total - sum(amount for _, amount in receipt.paid)
    if frame.extended:
        fields = [part.decode("ascii", "replace").strip() for part in (*frame.data.split(b"\t"), b"")]
        mode, amount = fields[0], fields[1]
        said = [part.decode("ascii", "replace").strip() for part in answer.data.split(b"\t")[1:3]]
        code, rest = (said[0], said[1]) if len(said) == 2 else ("", "")
    else:
        paid = _PAID.fullmatch(frame.data.rpartition(b"\t")[2].decode("latin-1").strip())
        if paid is None:
            raise _Unread("what was paid cannot be read")
        mode, amount = paid["mode"] or "", paid["amount"] or ""
        told = _LEFT.fullmatch(answer.data.decode("latin-1").strip())
        code, rest = (told["code"], told["amount"]) if told else ("", "")
    if code not in {"D", "R"} or not rest:
        raise _Unread(f"the device's word on what is left was not understood: {answer.data!r}")
    if mode not in profile.payments:
        raise _Unread(f"{mode!r} is no way of paying that the profile knows")
    given = _exact(Decimal(amount)) if amount else left_before
    left = left_before - given
    heard = Decimal(rest)
    if not _is(heard, left if code == "D" else -left):
        raise _Unread(f"the device says {code}{rest}, {left_before} less {given} is {left}")
    receipt.left = left
    kept = given + min(0, left)
    receipt.checks.append(f"{given} paid of {left_before}: {code}{rest} as the device says")
    if kept:
        receipt.paid.append((profile.payments[mode], kept))


def _doubts(receipt: _Receipt, profile: FrameProfile) -> list[str]:
    """Why it is no sale, though each command was understood."""
    doubts = []
    if not receipt.opened:
        doubts.append("the beginning of the receipt was not heard")
    if not receipt.closed:
        doubts.append("the receipt was not closed")
    if receipt.left is None:
        doubts.append("the device's word on the total was not heard")
    elif receipt.left > 0:
        doubts.append(f"{receipt.left} are not paid")
    groups = {item.tax for item in receipt.items}
    unknown = sorted(group for group in groups if group not in profile.tax)
    if unknown and (profile.tax or len(groups) > 1):
        doubts.append(f"the rate of tax group {', '.join(map(repr, unknown))} is not in the profile: [tax]")
    return doubts


def _sale(receipt: _Receipt, profile: FrameProfile) -> Sale:
    return Sale(
        kind=Kind.REFUND if receipt.reversal else Kind.SALE,
        receipt_no=receipt.number,
        sold_at=None,
        lines=tuple(
            Line(
                item.name,
                item.quantity,
                item.price,
                item.gross - item.discount,
                vat_rate=profile.tax.get(item.tax),
                discount=item.discount,
            )
            for item in receipt.items
        ),
        discount=receipt.discount,
        total=receipt.total,
        payments=tuple(Payment(method, amount) for method, amount in receipt.paid),
    )


def _of_paper(receipt: _Receipt, problems: list[str], text: str, paper: Profile | None) -> Reading:
    """A receipt of free text is paper like any other."""
    if problems or not receipt.closed:
        return Reading(Kind.QUARANTINED, None, tuple(problems or ["the text was not closed"]), "utf-8", text)
    return read_receipt(b"\n".join(receipt.texts) + b"\n", profile=paper)


def _number_of(frame: Frame) -> str | None:
    """The program's own number of the sale: the third field, where there are letters or dashes in it."""
    fields = frame.data.split(b"\t" if frame.extended else b",")
    number = fields[2].partition(b"\t")[0].decode("ascii", "replace").strip() if len(fields) > 2 else ""
    return number if "-" in number and len(number) <= 40 and number.isprintable() else None


def _words(data: bytes, profile: FrameProfile) -> str:
    text = data.replace(b"\n", b" ")
    if profile.encoding.startswith("cp125") and profile.encoding != "cp1258":
        return text.decode(profile.encoding, "replace")
    return decode(text, decide(text, None) if profile.encoding == "auto" else profile.encoding)


def _whole(value: Decimal) -> int:
    if abs(value) > MAX_AMOUNT:
        raise _Unread(f"{value} is no amount")
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _exact(value: Decimal) -> int:
    if value != value.to_integral_value() or abs(value) > MAX_AMOUNT:
        raise _Unread(f"{value} is no whole amount of dong")
    return int(value)


def _is(heard: Decimal, amount: int) -> bool:
    """Whether a device's figure is an amount; some say it in hundredths."""
    return heard in {Decimal(amount), Decimal(amount) * 100}


def _shown(exchange: _Exchange) -> str:
    frame, answer = exchange.frame, exchange.answer
    data = frame.data.decode("utf-8", "replace").replace("\t", " | ").replace("\n", " ")
    if answer is None:
        return f"{exchange.name}: {data} -> no answer"
    said = answer.data.decode("utf-8", "replace").replace("\t", " | ")
    return f"{exchange.name}: {data} -> {'ok' if accepted(answer) else 'refused'} {said}".rstrip()
