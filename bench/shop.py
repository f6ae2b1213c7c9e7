"""A shop for the benches: a throw-away key, a register, and sales as a small shop makes them."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from invoice.compose import Terms
from invoice.invoice import Seller
from invoice.numbers import Form
from invoice.rate_table import RateTable
from invoice.sale import Kind, Line, Payment, PaymentMethod, Sale
from outbox.numbering import Register
from signing.keys import Pkcs12Key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TAX_CODE = "0409990010"
GOODS = 300  # what a small shop sells
_NAMES = ("Cà phê sữa đá", "Bánh mì thịt", "Nước suối 500 ml", "Trà đào cam sả", "Mì gói Hảo Hảo", "Sữa tươi")
_UNITS = ("Ly", "Cái", "Chai", "Gói", "Kg")


@dataclass(frozen=True, slots=True)
class Shop:
    """A key and a register. ``secret`` opens the key's file, for those who open it their own way."""

    key: Pkcs12Key
    secret: Secret
    register: Register

    @property
    def signer(self) -> XmlSigner:
        """The key, ready to sign XML."""
        return XmlSigner(self.key)


def open_shop(folder: Path) -> Shop:
    """A new shop; its key is ``key.p12`` in the folder."""
    secret = Secret("bench")
    path = folder / "key.p12"
    throwaway_pkcs12(path, secret, TAX_CODE, "BENCH", datetime.now(UTC), 30)
    terms = Terms(Seller("BENCH", TAX_CODE, "Đà Nẵng"), Form.VAT, rates=RateTable.of("8%"))
    return Shop(Pkcs12Key.open(path, secret), secret, Register(terms, "AA", "BENCH"))


def sales(count: int, first: int = 0) -> Iterator[Sale]:
    """Sales of one to five lines out of a few hundred goods; the same every time."""
    dice = random.Random(first)  # noqa: S311 - repeatable, not secret
    now = datetime.now(UTC)
    for place in range(first, first + count):
        lines = []
        for _ in range(dice.randint(1, 5)):
            article = dice.randrange(GOODS)
            price = 5_000 + 500 * (article * 7 % 90)
            quantity = dice.choice((1, 1, 1, 2, 3))
            name = f"{_NAMES[article % len(_NAMES)]} {article}"
            unit = _UNITS[article % len(_UNITS)]
            lines.append(Line(name, Decimal(quantity), Decimal(price), price * quantity, unit))
        total = sum(line.amount for line in lines)
        payments = (Payment(PaymentMethod.CASH, total),)
        yield Sale(Kind.SALE, f"HD{place:07d}", now, tuple(lines), 0, total, payments)
