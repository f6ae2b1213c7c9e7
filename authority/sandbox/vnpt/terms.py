"""What the service knows of its one customer besides the account, and how strictly it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date

    from authority.sandbox.provider_account import ProviderAccount

_SOMEBODY = "0409990010"  # the demo's shop
_SERIAL = re.compile(r"[CK][0-9]{2}M[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class VnptSettings:
    """Switches; the defaults are the strict reading.

    ``staff``: Account and ACpass, None for the same as the service's own username and password, which
    ``ProviderAccount`` holds. ``patterns``: the forms there are. ``batch``: most invoices of one call.
    ``tolerance``: dong by which VAT may differ from what is reckoned, the regulation's rounding.
    ``certificate_until``: the last day on which is signed. ``may_issue``: whether the
    staff account has the right.
    """

    staff: tuple[str, str] | None = field(default=None, repr=False)
    patterns: tuple[str, ...] = ("1/001", "2/001")
    batch: int = 200
    tolerance: int = 1
    taxpayer: str = "SHNDN"
    has_certificate: bool = True
    certificate_until: date | None = None
    may_issue: bool = True


@dataclass(frozen=True, slots=True)
class Series:
    """A run of numbers: pattern (``1/001``), serial (``C26MAA``), its last number."""

    pattern: str
    serial: str
    last: int

    @property
    def form(self) -> int:
        """1: VAT invoice, 2: sales invoice."""
        return int(self.pattern[0])


@dataclass(frozen=True, slots=True)
class Terms:
    """Account and switches together."""

    account: ProviderAccount
    settings: VnptSettings

    @property
    def tax_code(self) -> str:
        """The customer's; the address is the customer's own, so a call does not name it."""
        return self.account.tax_code or _SOMEBODY

    @property
    def staff(self) -> tuple[str, str]:
        """Account and ACpass."""
        return self.settings.staff or (self.account.user, self.account.password)

    def find(self, pattern: str, serial: str) -> Series | None:
        """The series of those two names."""
        last = self.account.numbers_of(serial)
        known = pattern in self.settings.patterns and _SERIAL.fullmatch(serial) and last
        return Series(pattern, serial, last) if known else None

    def patterns_of(self, form: int) -> list[str]:
        """The patterns of a form."""
        return [pattern for pattern in self.settings.patterns if pattern.startswith(str(form))]

    def other_than(self, series: Series) -> Series:
        """Another series of the same form, from which the fault ``other-series`` takes its number."""
        named = [serial for serial in self.account.series if serial != series.serial]
        end = "ZZ" if not series.serial.endswith("ZZ") else "YY"
        serial = named[0] if named else series.serial[:4] + end
        return Series(series.pattern, serial, series.last)
