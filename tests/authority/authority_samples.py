"""Invoices and packages for the authority's tests, made from the sample invoice by changing its text."""

from datetime import datetime
from pathlib import Path
from uuid import UUID

from authority.codes import new_message_id
from authority.package import PackageFrame, build_package

SAMPLES = Path(__file__).parent.parent / "data" / "messages"
SENDER = "K0409990010"
TAX_CODE = "0409990010"
NOW = datetime.fromisoformat("2026-11-23T09:15:05+07:00")


def _sample_invoices() -> tuple[str, str]:
    """The two invoices of the sample package that carry no signature of their own."""
    text = (SAMPLES / "206-package-signature-only.xml").read_text().replace("<NBan/>", "<NBan></NBan>")
    first, second = text.partition("<HDon>")[2].partition("</DLieu>")[0].split("</HDon><HDon>")
    return f"<HDon>{first}</HDon>", f"<HDon>{second}"


VAT_INVOICE, SALES_INVOICE = _sample_invoices()


def vat_invoice(number: int = 128, *changes: tuple[str, str]) -> bytes:
    """A form 1 invoice; its code counts with its number. Every change must find its text."""
    return _changed(VAT_INVOICE, 128, number, changes)


def sales_invoice(number: int = 7, *changes: tuple[str, str]) -> bytes:
    """A form 2 invoice."""
    return _changed(SALES_INVOICE, 129, number, changes, shown=7)


def _changed(
    text: str, counter: int, number: int, changes: tuple[tuple[str, str], ...], shown: int | None = None
) -> bytes:
    shown = counter if shown is None else shown
    text = text.replace(f"<SHDon>{shown}<", f"<SHDon>{number}<")
    text = text.replace(f"-001{counter:08d}<", f"-001{number:08d}<").replace('Id="HD', f'Id="HD{number}-')
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return text.encode()


def message_id(count: int) -> str:
    return new_message_id(SENDER, UUID(int=count, version=4))


def package(frame: PackageFrame, count: int, *invoices: bytes) -> bytes:
    return build_package(frame, invoices, message_id(count), NOW)
