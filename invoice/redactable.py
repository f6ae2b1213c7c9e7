"""Showing an invoice without its buyer, so that what is shown can still be proven.

An invoice that names a buyer carries a random number of its own (TTKhac ``SoNgauNhien``, 128 bits). Its
redacted form is the same document with each of the buyer's values replaced by a hash over that number, the
field's name and the value, and the number itself taken out. The ledger commits to both forms when the invoice
is issued (docs/decisions/004-redaction.md), so who sees the redacted form knows that it is the invoice's, and
who sees everything can make the redacted form anew. The number keeps others from guessing: without it, trying
every telephone number would soon find the one that fits the hash.

>>> from invoice.redactable import redacted_form
>>> redacted_form(b"<HDon><NMua><Ten>A</Ten></NMua></HDon>") is None  # carries no number of its own
True
"""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from hashlib import sha256
from typing import TypeVar

from invoice.buyers import nobody_named
from invoice.invoice import Extra, InvoiceContent

C = TypeVar("C", bound=InvoiceContent)

SALT = "SoNgauNhien"
PRIVATE_EXTRAS = ("SoHoChieu",)
_SALT = re.compile(rb"(<TTruong>SoNgauNhien</TTruong><KDLieu>string</KDLieu><DLieu>)([0-9a-f]{32})(</DLieu>)")
_EXTRA = re.compile(
    b"(<TTruong>("
    + "|".join(PRIVATE_EXTRAS).encode()
    + rb")</TTruong><KDLieu>[a-zA-Z]+</KDLieu><DLieu>)([^<]*)"
)
_BUYER = re.compile(rb"<NMua>.*?</NMua>", re.DOTALL)
_FIELD = re.compile(rb"<([A-Za-z]+)>([^<]*)</\1>")


def with_salt(invoice: C, unnamed: str, salt: str | None = None) -> C:
    """The invoice with its random number, where it says more of the buyer than ``unnamed``; else as it is."""
    if invoice.buyer == nobody_named(unnamed) and not any(
        extra.name in PRIVATE_EXTRAS for extra in invoice.extras
    ):
        return invoice
    extra = Extra(SALT, "string", salt or secrets.token_hex(16))
    return replace(invoice, extras=(*invoice.extras, extra))


def redacted_form(document: bytes) -> bytes | None:
    """The document without the buyer's values; None where it carries no random number."""
    found = _SALT.search(document)
    if found is None:
        return None
    salt = bytes.fromhex(found[2].decode())

    def veiled(name: bytes, value: bytes) -> bytes:
        return b"sha256:" + sha256(salt + name + b"\0" + value).hexdigest().encode()

    def buyer(match: re.Match[bytes]) -> bytes:
        return _FIELD.sub(lambda f: b"<%b>%b</%b>" % (f[1], veiled(f[1], f[2]), f[1]), match[0])

    shown = _BUYER.sub(buyer, document, count=1)
    shown = _EXTRA.sub(lambda match: match[1] + veiled(match[2], match[3]), shown)
    return _SALT.sub(rb"\1\3", shown, count=1)
