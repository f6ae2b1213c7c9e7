"""What names an invoice: symbol, number and authority code.

>>> from invoice.numbers import AuthorityCode, Symbol
>>> str(Symbol.of_year("AA", 2026))
'C26MAA'
>>> str(AuthorityCode(form=1, year=2026, taxpayer="SHNDN", counter=100_000_128))
'M1-26-SHNDN-00100000128'

Sources: Circular 32/2025/TT-BTC article 5 (form, symbol); the profile, sections 4 to 6 (authority code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import IntEnum
from functools import lru_cache

from invoice.errors import FieldInvalid, NumbersExhausted, SymbolInvalid

MAX_NUMBER = 99_999_999
REGISTER_COUNTERS = 100_000_000  # authority codes a register can make in a year: its last eight digits
MAX_REGISTER = 999


class Form(IntEnum):
    """The invoice forms (mẫu số) a shop's cash register issues."""

    VAT = 1  # hóa đơn giá trị gia tăng
    SALES = 2  # hóa đơn bán hàng


TITLES = {Form.VAT: "Hóa đơn giá trị gia tăng", Form.SALES: "Hóa đơn bán hàng"}


def checked_number(number: int) -> int:
    """An invoice number (SHDon): 1 to 99,999,999.

    Raises:
        FieldInvalid: another one.
    """
    if not 0 < number <= MAX_NUMBER:
        raise FieldInvalid(f"invoice number {number} is not in 1…{MAX_NUMBER}")
    return number


_CODE = re.compile(r"M([1-9])-([0-9]{2})-([A-Za-z0-9]{5})-([0-9]{11})")
_SYMBOL = re.compile(r"([CK])([0-9]{2})M([A-Z]{2})")


@dataclass(frozen=True, slots=True)
class Symbol:
    """An invoice symbol (ký hiệu) of a cash register: C or K, year, ``M``, two letters of the seller's."""

    kind: str
    year: int
    letters: str

    @staticmethod
    def parse(text: str) -> Symbol:
        """Read ``C26MAA``.

        Raises:
            SymbolInvalid: not a cash register's symbol.
        """
        match = _SYMBOL.fullmatch(text.strip())
        if not match:
            raise SymbolInvalid(f"{text!r} is not a cash register's symbol such as C26MAA")
        return Symbol(match[1], 2000 + int(match[2]), match[3])

    @staticmethod
    @lru_cache(maxsize=64)
    def of_year(letters: str, year: int) -> Symbol:
        """The symbol with authority code for a year: at the turn of the year only the digits change."""
        return Symbol.parse(f"C{year % 100:02d}M{letters}")

    def __str__(self) -> str:
        return f"{self.kind}{self.year % 100:02d}M{self.letters}"


@dataclass(frozen=True, slots=True)
class AuthorityCode:
    """MCCQT, the authority's code as a cash register makes it itself: ``M2-25-A1B2C-00001234567``.

    ``taxpayer`` are the five characters the authority gave with message 103; ``counter`` the eleven
    digits: three for the register, eight that count up, so no two registers can ever meet.
    """

    form: Form | int
    year: int
    taxpayer: str
    counter: int

    @staticmethod
    def for_register(form: Form, year: int, taxpayer: str, register: int, count: int) -> AuthorityCode:
        """The ``count``-th code (from 1) of one register in a year.

        Raises:
            NumbersExhausted: the register's hundred million codes of the year are used up.
        """
        if not 0 < count < REGISTER_COUNTERS:
            raise NumbersExhausted(f"register {register} has used all its authority codes of {year}")
        return AuthorityCode(form, year, taxpayer, register * REGISTER_COUNTERS + count)

    @staticmethod
    def parse(text: str) -> AuthorityCode:
        """Read ``M1-26-SHNDN-00100000128``.

        Raises:
            SymbolInvalid: not a cash register's authority code.
        """
        match = _CODE.fullmatch(text.strip())
        if not match:
            raise SymbolInvalid(f"{text!r} is not an authority code such as M1-26-SHNDN-00100000128")
        return AuthorityCode(int(match[1]), 2000 + int(match[2]), match[3], int(match[4]))

    def __str__(self) -> str:
        return f"M{int(self.form)}-{self.year % 100:02d}-{self.taxpayer}-{self.counter:011d}"
