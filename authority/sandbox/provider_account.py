"""A customer's account at a provider in the sandbox: what any of them knows of a shop."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from authority.errors import SandboxOptionInvalid

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL_NUMBERS = 99_999_999


@dataclass(frozen=True, slots=True)
class ProviderAccount:
    """Log-in and rights. ``tax_code`` None: whichever seller asks. ``series``: how many numbers each symbol
    has; where it is empty every well-formed symbol is there with all its numbers."""

    user: str = "sandbox"
    password: str = field(default="sandbox", repr=False)
    tax_code: str | None = None
    series: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))

    def numbers_of(self, symbol: str) -> int:
        """How many numbers a symbol has, 0 where it is unknown."""
        return self.series.get(symbol, 0) if self.series else ALL_NUMBERS


def read_series(given: list[str]) -> dict[str, int]:
    """``C26MAA=500`` or ``C26MAA``, as the command line says them.

    Raises:
        SandboxOptionInvalid: not of that form.
    """
    series = {}
    for text in given:
        symbol, equals, count = text.partition("=")
        if not symbol.isalnum() or (equals and not (count.isdigit() and count.isascii())):
            raise SandboxOptionInvalid(f"{text[:40]!r} is not a series such as C26MAA=500")
        series[symbol] = min(int(count[:9]), ALL_NUMBERS) if equals else ALL_NUMBERS
    return series
