"""The register's series: next number and authority code, take-over from another program, alarms at the end.

One symbol and one counter range belong to one register and one writer, so no number or code is given twice
(P2). The first three of a code's eleven digits are the register's, the others count up within the year.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from invoice.compose import Identity, Terms
from invoice.errors import NumbersExhausted
from invoice.numbers import MAX_NUMBER, REGISTER_COUNTERS, AuthorityCode, Symbol
from outbox.alarms import put_alarm
from outbox.errors import NumberTaken, SeriesOfProvider

if TYPE_CHECKING:
    from datetime import date

    from outbox.store import Job, Tx

LEFT_AT_ALARM = 100_000  # numbers: a very busy register's month, time enough to take a new symbol
NUMBERS_LOW = "numbers-low"


@dataclass(frozen=True, slots=True)
class Register:
    """This register's series: what its numbers and codes are made of."""

    terms: Terms
    letters: str  # the last two of the symbol
    taxpayer: str  # the five characters the authority gave (message 103)
    number: int = 1  # of the register within the shop, 1…999
    by_provider: bool = False  # numbers and codes are given out by a provider (docs/routes.md)


def next_identity(tx: Tx, register: Register, day: date) -> Identity:
    """The next number and authority code of the register's series.

    Raises:
        NumbersExhausted: there is none left.
        SeriesOfProvider: the series is one in which a provider gives the numbers.
    """
    form, symbol = register.terms.form, Symbol.of_year(register.letters, day.year)
    number = _count(tx, number_counter(register, symbol))
    if number == 1:
        _check_own(tx, register, symbol)
    if number > MAX_NUMBER:
        raise NumbersExhausted(f"symbol {symbol} has used its last number {MAX_NUMBER}")
    count = _count(tx, code_counter(register, day.year))
    code = AuthorityCode.for_register(form, day.year, register.taxpayer, register.number, count)
    left = min(MAX_NUMBER - number, REGISTER_COUNTERS - 1 - count)
    if left < LEFT_AT_ALARM:
        put_alarm(tx, NUMBERS_LOW, f"symbol {symbol} has {left:,} numbers left: register new letters in time")
    return Identity(symbol, number, code, day)


def _check_own(tx: Tx, register: Register, symbol: Symbol) -> None:
    """A series that a provider has numbered in is not begun here: both would give the same numbers (P2)."""
    theirs = tx.execute(
        "SELECT 1 FROM invoice_order WHERE form = ? AND symbol = ? AND provider IS NOT NULL LIMIT 1",
        (int(register.terms.form), str(symbol)),
    ).fetchone()
    if theirs:
        raise SeriesOfProvider(f"a provider gives the numbers of {symbol}: take other letters")


def take_over(register: Register, year: int, last_number: int, last_code: int | None) -> Job[None]:
    """The job that goes on after another program: the last number and code it used are written down.

    ``last_code`` is the number made of the last eight of the code's eleven digits; None: as ``last_number``.

    Raises from the job:
        NumberTaken: this register has issued in that series itself, or was told higher numbers before.
    """
    symbol = Symbol.of_year(register.letters, year)
    code = last_number if last_code is None else last_code

    def job(tx: Tx) -> None:
        for name, value, most in (
            (number_counter(register, symbol), last_number, MAX_NUMBER),
            (code_counter(register, year), code, REGISTER_COUNTERS - 1),
        ):
            if not 0 <= value < most:
                raise NumberTaken(f"the last number {value} is not in 0…{most - 1}")
            if _issued_here(tx, register, symbol):
                raise NumberTaken(f"symbol {symbol} has invoices of this register already")
            before = tx.counters.get(name) or 0
            if before > value:
                raise NumberTaken(f"{before} was given as the last number before, {value} is lower")
            tx.counters.put(name, value)
        tx.leaf(
            "numbers.taken-over",
            None,
            form=int(register.terms.form),
            symbol=str(symbol),
            last_number=last_number,
            last_code=code,
        )

    return job


def _issued_here(tx: Tx, register: Register, symbol: Symbol) -> bool:
    row = tx.execute(
        "SELECT 1 FROM invoice WHERE form = ? AND symbol = ? LIMIT 1",
        (int(register.terms.form), str(symbol)),
    ).fetchone()
    return row is not None


def number_counter(register: Register, symbol: Symbol) -> str:
    """The counter of a series' numbers."""
    return f"number:{int(register.terms.form)}:{symbol}"


def code_counter(register: Register, year: int) -> str:
    """The counter of a register's authority codes in a year."""
    return f"code:{register.taxpayer}:{year}:{register.number}"


def _count(tx: Tx, name: str) -> int:
    value = int(tx.counters.get(name) or 0) + 1
    tx.counters.put(name, value)
    return value
