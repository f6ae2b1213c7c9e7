"""What differs between accounts, or is not confirmed: the ``[viettel]`` section of config.toml."""

from __future__ import annotations

from dataclasses import dataclass

MOST_IN_BATCH = 50


@dataclass(frozen=True, slots=True)
class ViettelSettings:
    """Settings with the values that suit an account as it is usually opened (``docs/viettel.md``)."""

    template: str = ""  # mẫu số, e.g. 1/001; empty: the form and /001
    log_in: str = "/auth/login"  # below the host, or an address of its own
    batch: int = 1  # orders in one call; above 1 createBatchInvoice is used
    price_decimals: int = 4
    totals: bool = True  # summarizeInfo, by which it checks its own sums against ours
    fee_lines: bool = True  # a fee as a line of selection 4
    series_status: bool = True  # ask getProvidesStatusUsingInvoice what is left
    note: bool = False  # receipt number and reference as invoiceNote

    def template_of(self, form: int) -> str:
        """The template code of a form."""
        return self.template or f"{form}/001"
