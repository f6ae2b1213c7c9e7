"""The text of an invoice's QR codes: look-up, payment, or both in one (profile, section 9; EMVCo TLV).

>>> from datetime import date
>>> from invoice.qr import Payee, lookup_text, payment_text
>>> lookup_text("0409990010", 1, "C26MAA", 128, date(2026, 11, 23), 75_000)
'00020199710010A00000077501100409990010020110306C26MAA04031280508202611230605750006304DE35'
>>> payment_text(Payee("970403", "0011012345678"), 180_000, "NPS6869", purpose="thanh toán đơn hàng")[90:]
'5802VN62340107NPS68690819thanh toan don hang63042E2E'

Every object is a two-digit id, a two-digit length in characters and a value; the last is a checksum of all
before it. Sources: Decision 1450/QĐ-TCT part I, IV.7 and Appendix XIII; for payments NAPAS's QR format
(VietQR, transfer to an account), which follows Decision 1928/QĐ-NHNN.
"""

from __future__ import annotations

import binascii
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from invoice.errors import FieldInvalid

if TYPE_CHECKING:
    from datetime import date

_LOOKUP_GUID = "A000000775"  # the tax authority's template inside tag 99
_NAPAS_GUID = "A000000727"  # NAPAS's template inside tag 38
_TO_ACCOUNT = "QRIBFTTA"  # NAPAS's service: fast transfer to an account
_VND, _DYNAMIC, _STATIC = "704", "12", "11"
_MAX_TEXT = 512  # DLQRCode

_HEAD = "000201"
_PAN = re.compile(r"[A-Za-z0-9]{1,19}")
_BIN = re.compile(r"[0-9]{6}")
_CATEGORY = re.compile(r"[0-9]{4}")
_CODES = re.compile(r"[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Payee:
    """Where a cashless shop wants its money: the bank's number (BIN, 6 digits) and the account (≤ 19).

    ``name`` and ``city`` may have diacritics, the QR carries them without (≤ 25 and ≤ 15 characters are
    kept); ``category`` is the merchant category code (MCC, 4 digits; 5499 food shops, 5812 restaurants).
    ``shop`` and ``terminal`` (≤ 25) say which till it was. What is None is left out, as NAPAS does.

    Raises:
        FieldInvalid: a bank number, account or category of another form.
    """

    bank_bin: str
    account: str
    name: str | None = None
    city: str | None = None
    category: str | None = None
    shop: str | None = None
    terminal: str | None = None

    def __post_init__(self) -> None:
        for value, form, what in (
            (self.bank_bin, _BIN, "bank number (BIN, 6 digits)"),
            (self.account, _PAN, "account number (1 to 19 letters or digits)"),
            (self.category or "0000", _CATEGORY, "merchant category (4 digits)"),
        ):
            if not form.fullmatch(value):
                raise FieldInvalid(f"{value!r} is not a {what}")


def lookup_text(tax_code: str, form: int, symbol: str, number: int, day: date, total: int) -> str:
    """The look-up QR's text; ``total`` in dong. The tax code's dash is left out as the regulation wants.

    Raises:
        FieldInvalid: a value too long for the code.
    """
    return _closed(_HEAD, lookup_object(tax_code, form, symbol, number, day, total))


def payment_text(payee: Payee, amount: int | None, reference: str, *, purpose: str | None = None) -> str:
    """A VietQR of a transfer of ``amount`` dong (None: the customer types it) for a receipt.

    ``reference`` is the receipt's own (≤ 25, plain letters, digits, blanks and ``-./_``); banks show the
    customer ``purpose`` as the message of the transfer, which is the reference where None is given.

    Raises:
        FieldInvalid: an amount or reference that the code cannot carry.
    """
    return _closed(_HEAD, _payment(payee, amount, reference, purpose))


def payment_and_lookup_text(
    payee: Payee, amount: int, reference: str, lookup: str, *, purpose: str | None = None
) -> str:
    """Payment and look-up in one code, as in Appendix XIII; ``lookup`` is what ``lookup_object`` gives.

    Raises:
        FieldInvalid: as ``payment_text``, or longer than the 512 characters of DLQRCode.
    """
    return _closed(_HEAD, _payment(payee, amount, reference, purpose), lookup)


def lookup_object(tax_code: str, form: int, symbol: str, number: int, day: date, total: int) -> str:
    """Object 99 alone: seller, form, symbol, number, day and total (dong) of an invoice.

    Raises:
        FieldInvalid: longer than the 99 characters of an object.
    """
    head = _lookup_head(tax_code, form, symbol)
    return _object("99", head + _objects(("04", str(number)), ("05", _compact(day)), ("06", str(total))))


@lru_cache(maxsize=64)
def _lookup_head(tax_code: str, form: int, symbol: str) -> str:
    """What all look-ups of a register's year begin with."""
    return _objects(
        ("00", _LOOKUP_GUID), ("01", tax_code.replace("-", "")), ("02", str(int(form))), ("03", symbol)
    )


@lru_cache(maxsize=16)
def _compact(day: date) -> str:
    return f"{day:%Y%m%d}"


def fits_transfer(reference: str) -> bool:
    """Whether a receipt's reference can stand in a transfer just as it is."""
    return 0 < len(reference) <= 25 and _plain(reference, 25) == reference


def read_objects(text: str) -> tuple[tuple[str, str], ...]:
    """The (id, value) pairs of a QR text or of the value of one of its templates (26-51, 62, 99).

    Raises:
        FieldInvalid: not a chain of such objects.
    """
    found, place = [], 0
    while place < len(text):
        length = text[place + 2 : place + 4]
        end = place + 4 + (int(length) if _CODES.fullmatch(length) else 0)
        if end == place + 4 or end > len(text) or not _CODES.fullmatch(text[place : place + 2]):
            raise FieldInvalid(f"the QR text is broken at character {place + 1}")
        found.append((text[place : place + 2], text[place + 4 : end]))
        place = end
    return tuple(found)


def crc16(text: str) -> int:
    """CRC-16/CCITT-FALSE (poly 0x1021, init 0xFFFF) of the text's UTF-8 bytes, as EMVCo prescribes."""
    return binascii.crc_hqx(text.encode(), 0xFFFF)


def crc_fits(text: str) -> bool:
    """Whether a QR text ends with the right CRC (many real files copy a wrong one: warn, do not refuse)."""
    return len(text) > 8 and text[-8:-4] == "6304" and text[-4:].upper() == f"{crc16(text[:-4]):04X}"


def _payment(payee: Payee, amount: int | None, reference: str, purpose: str | None) -> str:
    bill = _plain(reference, 25)
    if not bill or len(_plain(reference, 99)) > 25:
        raise FieldInvalid(f"the receipt reference {reference!r} has not 1 to 25 plain characters")
    if amount is not None and not 0 < amount < 10**13:
        raise FieldInvalid(f"{amount} dong cannot be paid by one transfer")
    account = _objects(("00", payee.bank_bin), ("01", payee.account))
    more = _objects(
        ("01", bill),
        ("03", _plain(payee.shop or "", 25)),
        ("07", _plain(payee.terminal or "", 25)),
        ("08", _plain(purpose or "", 25) or bill),
    )
    return _objects(
        ("01", _STATIC if amount is None else _DYNAMIC),
        ("38", _objects(("00", _NAPAS_GUID), ("01", account), ("02", _TO_ACCOUNT))),
        ("52", payee.category or ""),
        ("53", _VND),
        ("54", "" if amount is None else str(amount)),
        ("58", "VN"),
        ("59", _plain(payee.name or "", 25)),
        ("60", _plain(payee.city or "", 15)),
        ("62", more),
    )


_UNSAFE = re.compile(r"[^A-Za-z0-9 ./_-]+")


def _plain(text: str, longest: int) -> str:
    """Letters, digits, blank and ``-./_`` only: banks refuse or garble everything else in a transfer."""
    bare = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    letters = "".join(character for character in bare if not unicodedata.combining(character))
    return " ".join(_UNSAFE.sub(" ", letters).split())[:longest].strip()


def _closed(*parts: str) -> str:
    text = "".join(parts) + "6304"
    if len(text) > _MAX_TEXT - 4:
        raise FieldInvalid(f"the QR text has {len(text) + 4} characters, at most {_MAX_TEXT}")
    return f"{text}{crc16(text):04X}"


def _objects(*pairs: tuple[str, str]) -> str:
    return "".join([_object(tag, value) for tag, value in pairs if value])  # an empty one is left out (IV.7)


def _object(tag: str, value: str) -> str:
    if len(value) > 99:
        raise FieldInvalid(f"object {tag} of the QR has {len(value)} characters, at most 99")
    return f"{tag}{len(value):02d}{value}"
