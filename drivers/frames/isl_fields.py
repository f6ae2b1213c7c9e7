"""The data of ISL commands, field by field: goods, discounts and payments, of classic and extended frames.

Classic frames write figures behind each other (``name TAB tax price*quantity,percent``), extended ones have a
field for each.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from drivers.encoding import decide, decode
from drivers.frames.sold import Item, LeftToPay, Unread, whole

if TYPE_CHECKING:
    from drivers.frames.frame_profile import FrameProfile
    from drivers.frames.isl_frame import Frame

_SALE = re.compile(
    r"(?P<tax>[^0-9+\-.^])?(?P<back>\^)?(?P<price>[+-]?[0-9]+(?:\.[0-9]+)?)"
    r"(?:\*(?P<quantity>-?[0-9]+(?:\.[0-9]+)?))?"
    r"(?:,(?P<percent>[+-]?[0-9]+(?:\.[0-9]+)?)|[;$](?P<sum>[+-]?[0-9]+(?:\.[0-9]+)?))?"
)
_CHANGE = re.compile(rb",(?P<percent>[+-]?[0-9]+(?:\.[0-9]+)?)$|[;$](?P<sum>[+-]?[0-9]+(?:\.[0-9]+)?)$")
_PAID = re.compile(r"(?P<mode>[A-Za-z])?(?P<amount>\+?[0-9]+(?:\.[0-9]+)?)?")
_LEFT = re.compile(r"(?P<code>[A-Z]),?(?P<amount>[+-]?[0-9]+(?:\.[0-9]+)?)")


def goods(frame: Frame, profile: FrameProfile) -> Item:
    """What a command of sale sells.

    Raises:
        Unread, ValueError, InvalidOperation, IndexError: it cannot be understood for certain.
    """
    return _extended_goods(frame, profile) if frame.extended else _classic_goods(frame, profile)


def _classic_goods(frame: Frame, profile: FrameProfile) -> Item:
    text, tab, figures = frame.data.partition(b"\t")
    match = _SALE.fullmatch(figures.decode("latin-1").strip())
    if not tab or match is None:
        raise Unread(f"{_words(frame.data, profile)!r} has no price that can be read")
    if match["back"]:
        raise Unread("goods taken back in the same receipt")
    price, quantity = Decimal(match["price"]), Decimal(match["quantity"] or 1)
    gross = whole(price * quantity)
    percent = Decimal(match["percent"]) if match["percent"] else None
    change = Decimal(match["sum"]) if match["sum"] else Decimal(0)
    return _item(
        _words(text, profile), match["tax"] or "", price, quantity, gross, _taken_off(gross, percent, change)
    )


def _extended_goods(frame: Frame, profile: FrameProfile) -> Item:
    """Name, tax group, price, quantity, kind and value of a discount, department."""
    fields = frame.data.split(b"\t")
    if len(fields) < 4:
        raise Unread(f"{_words(frame.data, profile)!r} has too few fields")
    figures = [_plain(part) for part in (*fields, b"", b"", b"")]
    price, quantity = Decimal(figures[2]), Decimal(figures[3] or 1)
    gross = whole(price * quantity)
    if figures[4] not in {"", "0", "1", "2", "3", "4"}:
        raise Unread(f"a discount of the unknown kind {figures[4]!r}")
    percent, change = _change(figures[4], figures[5])
    return _item(
        _words(fields[0], profile), figures[1], price, quantity, gross, _taken_off(gross, percent, change)
    )


def _item(name: str, tax: str, price: Decimal, quantity: Decimal, gross: int, discount: int) -> Item:
    if discount < 0:
        raise Unread("a surcharge: of which goods or service it is, is not said")
    if not name.strip() or "\ufffd" in name:
        raise Unread("its name cannot be read: set encoding in the profile")
    return Item(" ".join(name.split()), tax, price, quantity, gross, discount)


def subtotal(frame: Frame, answer: Frame, total: int) -> tuple[int, Decimal | None]:
    """What a subtotal takes off the ``total``, and the sum that the device says.

    Raises:
        Unread, ValueError, InvalidOperation: as ``goods``.
    """
    if frame.extended:
        fields = [_plain(part) for part in (*frame.data.split(b"\t"), b"", b"", b"")]
        percent, change = _change(fields[2], fields[3])
        said = answer.data.split(b"\t")[2:3]
    else:
        match = _CHANGE.search(frame.data)
        percent = Decimal(match["percent"].decode()) if match and match["percent"] else None
        change = Decimal(match["sum"].decode()) if match and match["sum"] else Decimal(0)
        said = answer.data.split(b",")[:1]
    heard = Decimal(_plain(said[0])) if said and said[0].strip() else None
    return _taken_off(total, percent, change), heard


def payment(frame: Frame, answer: Frame) -> tuple[str, Decimal | None, LeftToPay]:
    """By what was paid, how much (None: all that was left), and what the device says is left.

    Raises:
        Unread, ValueError, InvalidOperation: as ``goods``.
    """
    if frame.extended:
        fields = [_plain(part) for part in (*frame.data.split(b"\t"), b"")]
        mode, amount = fields[0], fields[1]
        said = [_plain(part) for part in answer.data.split(b"\t")[1:3]]
        code, rest = (said[0], said[1]) if len(said) == 2 else ("", "")
    else:
        paid = _PAID.fullmatch(frame.data.rpartition(b"\t")[2].decode("latin-1").strip())
        if paid is None:
            raise Unread("what was paid cannot be read")
        mode, amount = paid["mode"] or "", paid["amount"] or ""
        told = _LEFT.fullmatch(answer.data.decode("latin-1").strip())
        code, rest = (told["code"], told["amount"]) if told else ("", "")
    if code not in {"D", "R"} or not rest:
        raise Unread(f"the device's word on what is left was not understood: {answer.data!r}")
    return mode, Decimal(amount) if amount else None, LeftToPay(code, rest)


def number_of(frame: Frame) -> str | None:
    """The program's own number of the sale: the third field, where there are letters or dashes in it."""
    fields = frame.data.split(b"\t" if frame.extended else b",")
    number = _plain(fields[2].partition(b"\t")[0]) if len(fields) > 2 else ""
    return number if "-" in number and len(number) <= 40 and number.isprintable() else None


def _change(kind: str, value: str) -> tuple[Decimal | None, Decimal]:
    """Percent or sum of an extended frame's change: 1 and 3 add, 2 and 4 take off."""
    much = Decimal(value or 0)
    return {"1": much, "2": -much}.get(kind), {"3": much, "4": -much}.get(kind, Decimal(0))


def _taken_off(gross: int, percent: Decimal | None, change: Decimal) -> int:
    """What a discount takes off; what it adds is negative."""
    return -whole(gross * percent / 100) if percent is not None else -whole(change)


def _plain(field: bytes) -> str:
    return field.decode("ascii", "replace").strip()


def _words(data: bytes, profile: FrameProfile) -> str:
    text = data.replace(b"\n", b" ")
    if profile.encoding.startswith("cp125") and profile.encoding != "cp1258":
        return text.decode(profile.encoding, "replace")
    return decode(text, decide(text, None) if profile.encoding == "auto" else profile.encoding)
