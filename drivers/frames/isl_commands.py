"""The meaning of ISL commands: from what program and device said of a receipt to the sale.

A command counts when the device has accepted it. What the device says of the sums (subtotal, what is left to
pay, change) must be what the lines come to; without one such word there is no proof, and no sale.
"""

from __future__ import annotations

from decimal import InvalidOperation
from typing import TYPE_CHECKING

from drivers.frames.conversation import CLOSES, OPENS, accepted, opens
from drivers.frames.exchanges import exchanges_in, shown
from drivers.frames.isl_fields import goods, number_of, payment, subtotal
from drivers.frames.sold import Receipt, Unread
from drivers.reading.receipt import Reading, read_receipt
from invoice.sale import Kind

if TYPE_CHECKING:
    from drivers.frames.exchanges import Exchange
    from drivers.frames.frame_profile import FrameProfile
    from drivers.frames.isl_frame import Frame
    from drivers.reading import Profile

# Commands inside a receipt that change no sum: displays, texts, paper, drawer, questions, bar codes.
_HARMLESS = frozenset(
    bytes.fromhex("21 23 2a 2c 2d 2f 36 3e 3f 40 43 47 4a 4c 50 54 56 5a 5c 61 62 63 64 67 6a 6e 71 74")
)
_FREE_TEXT = 0x2A
_CANCELS = 0x3C


def read_transcript(transcript: bytes, profile: FrameProfile, paper: Profile | None = None) -> Reading:
    """Understand what was said of one receipt. ``paper`` reads a receipt of free text.

    Never raises for what was said.
    """
    exchanges = exchanges_in(transcript)
    receipt, problems = Receipt(), []
    for exchange in exchanges:
        try:
            _apply(exchange, receipt, profile)
        except Unread as error:
            problems.append(f"{exchange.name}: {error}")
        except (ValueError, InvalidOperation, IndexError, OverflowError) as error:
            problems.append(f"{exchange.name} cannot be understood: {type(error).__name__}")
    text = "\n".join(shown(exchange) for exchange in exchanges)
    if receipt.free_text and not receipt.items:
        return _of_paper(receipt, problems, text, paper)
    if receipt.cancelled:
        return Reading(Kind.PROVISIONAL, None, (), "utf-8", text)
    if not problems:
        problems = receipt.doubts(profile)
    sale = None
    if not problems:
        sale = receipt.sale(profile)
        problems = list(sale.problems())
    if problems or sale is None:
        return Reading(Kind.QUARANTINED, None, tuple(problems), "utf-8", text)
    return Reading(sale.kind, sale, (), "utf-8", text, checks=tuple(receipt.checks), layout=profile.name)


def _apply(exchange: Exchange, receipt: Receipt, profile: FrameProfile) -> None:
    frame, answer = exchange.frame, exchange.answer
    command = frame.command
    if command in _HARMLESS and command != _FREE_TEXT:
        return
    if answer is None:
        raise Unread("the device's answer was not heard")
    if not accepted(answer):
        return  # refused: for the device it was never said
    if opens(frame):
        _open(frame, receipt)
    elif command in (0x31, 0x34):
        receipt.sell(goods(frame, profile))
    elif command == 0x33:
        receipt.take_off(*subtotal(frame, answer, receipt.total))
    elif command == 0x35:
        mode, amount, left = payment(frame, answer)
        if mode not in profile.payments:
            raise Unread(f"{mode!r} is no way of paying that the profile knows")
        receipt.pay(profile.payments[mode], amount, left)
    elif command == _FREE_TEXT:
        receipt.texts.append(frame.data.partition(b"\t")[0])
    elif command in CLOSES:
        receipt.closed, receipt.cancelled = command != _CANCELS, command == _CANCELS
    elif command == 0x3A:
        raise Unread("its name and price are in the device only: let the program send them (command 31)")
    else:
        raise Unread("it may change the sums, and is not known")


def _open(frame: Frame, receipt: Receipt) -> None:
    if receipt.opened or receipt.items:
        raise Unread("a second one in one receipt")
    receipt.opened, receipt.free_text = True, frame.command == 0x26
    receipt.reversal = frame.command not in OPENS or b"\tR" in frame.data
    receipt.number = number_of(frame)


def _of_paper(receipt: Receipt, problems: list[str], text: str, paper: Profile | None) -> Reading:
    """A receipt of free text is paper like any other."""
    if problems or not receipt.closed:
        return Reading(Kind.QUARANTINED, None, tuple(problems or ["the text was not closed"]), "utf-8", text)
    return read_receipt(b"\n".join(receipt.texts) + b"\n", profile=paper)
