"""The register's own name for an invoice that waits for its number: ten digits, easy to read aloud.

Where a provider gives numbers out, the customer's receipt bears this provisional look-up code until the
number is there. It is made of the order's key, so it can be made again, and does not tell how much is sold.

>>> from uuid import UUID
>>> from invoice.references import read_reference, reference_of, spoken
>>> reference_of(UUID("8e4f2c1a-0b7d-4f7e-9a51-6a0c6d1f9b23"))
'3884053417'
>>> spoken("3884053417")
'388 405 3417'
>>> read_reference(" 388-405-3417 ")
'3884053417'
>>> read_reference("3884053517") is None  # one digit misheard
True
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

_DIGITS = 9  # before the check digit: a thousand million
_SEPARATORS = re.compile(r"[\s.\-]+")


def reference_of(key: UUID, attempt: int = 0) -> str:
    """The code of an order's key; ``attempt`` gives others where one is taken already."""
    seed = sha256(key.bytes + bytes([attempt])).digest()
    digits = f"{int.from_bytes(seed[:8]) % 10**_DIGITS:0{_DIGITS}d}"
    return digits + _check_digit(digits)


def read_reference(text: str) -> str | None:
    """The code that a person has typed, with or without blanks; None where it is none."""
    digits = _SEPARATORS.sub("", text)
    if len(digits) != _DIGITS + 1 or not digits.isascii() or not digits.isdigit():
        return None
    return digits if _check_digit(digits[:-1]) == digits[-1] else None


def spoken(reference: str) -> str:
    """As it is printed and said: in groups, as telephone numbers are."""
    return f"{reference[:3]} {reference[3:6]} {reference[6:]}"


def _check_digit(digits: str) -> str:
    """ISO/IEC 7064, MOD 11,10: finds every wrong digit and nearly every pair of digits changed over."""
    rest = 10
    for digit in digits:
        rest = (rest + int(digit)) % 10 or 10
        rest = rest * 2 % 11
    return str((11 - rest) % 10)
