"""The form 01/ĐKTĐ-HĐĐT: a taxpayer registers for e-invoices, or changes what is registered (message 100).

>>> from authority.forms.registration import fill_registration
>>> form = fill_registration(seller, office, representative, certificate, ...)  # doctest: +SKIP

Source: the 2.1.0 tables (Decree 70/2025/NĐ-CP, article 1.11); the order of fields is theirs. The answer is
a 102 at once and a 103 later, which brings the five characters of the shop's authority codes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from cryptography.x509.oid import NameOID

from invoice.numbers import Form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from cryptography import x509

    from invoice.invoice import Seller

VERSION = "2.1.0"
FORM_NUMBER = "01/ĐKTĐ-HĐĐT"
FORM_TITLE = "Tờ khai đăng ký/thay đổi thông tin sử dụng hóa đơn điện tử"
TAX_CODE = r"[0-9]{10}(-[0-9]{3})?|[0-9]{12}"


class Purpose(IntEnum):
    """HThuc of the form: the first registration, or a change to it."""

    NEW = 1
    CHANGE = 2


class Sex(IntEnum):
    """GTinh of the representative."""

    FEMALE = 0
    MALE = 1


class CertificateUse(IntEnum):
    """HThuc of a certificate: newly used, prolonged, or used no more."""

    ADDED = 1
    PROLONGED = 2
    STOPPED = 3


@dataclass(frozen=True, slots=True)
class TaxOffice:
    """The office that administers the taxpayer (CQT quản lý); ``code`` has up to five characters."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Representative:
    """Người đại diện theo pháp luật. A Vietnamese has a ``citizen_id`` (12 digits), others a passport."""

    name: str
    phone: str
    born: date
    sex: Sex
    citizen_id: str | None = None
    passport: str | None = None
    nationality: str | None = None


@dataclass(frozen=True, slots=True)
class RegisteredCertificate:
    """A certificate that signs for the taxpayer; ``serial`` in upper-case hex, times aware."""

    issuer: str
    serial: str
    valid_from: datetime
    valid_until: datetime
    use: CertificateUse = CertificateUse.ADDED

    @staticmethod
    def of(
        certificate: x509.Certificate, use: CertificateUse = CertificateUse.ADDED
    ) -> RegisteredCertificate:
        """What the form says of a certificate."""
        digits = f"{certificate.serial_number:X}"
        return RegisteredCertificate(
            issuer=_issuer(certificate),
            serial=digits.zfill(len(digits) + len(digits) % 2),
            valid_from=certificate.not_valid_before_utc,
            valid_until=certificate.not_valid_after_utc,
            use=use,
        )


@dataclass(frozen=True, slots=True)
class Service:
    """Another party: maker of the software (TCGP), carrier (TCTN), dependent branch (DVHTPT)."""

    name: str
    tax_code: str
    since: date
    until: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A time in which e-invoices of one software, or of one certificate, are not used (TNSDung)."""

    since: date
    until: date
    name: str
    tax_code: str
    serial: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Integration:
    """Invoices integrated with other documents such as fee receipts (DKTH); ``symbols`` parted by ``;``."""

    title: str
    form: int
    symbols: str
    name: str
    tax_code: str
    reason: str
    since: date
    until: date
    note: str | None = None


@dataclass(frozen=True, slots=True)
class InvoiceKinds:
    """LHDSDung: which kinds of invoices are used."""

    vat: bool = False
    vat_with_receipt: bool = False
    sales: bool = False
    sales_with_receipt: bool = False
    commercial: bool = False
    public_assets: bool = False
    national_reserve: bool = False
    other: bool = False
    documents: bool = False


@dataclass(frozen=True, slots=True)
class Registration:
    """The whole form. The flags of HTHDon, HTGDLHDDT and PThuc default to what a shop with cash registers
    under a direct connection ticks."""

    purpose: Purpose
    taxpayer: str
    tax_code: str
    office: TaxOffice
    representative: Representative
    address: str
    email: str
    place: str
    day: date
    kinds: InvoiceKinds
    certificates: tuple[RegisteredCertificate, ...]
    contact: str | None = None
    contact_phone: str | None = None
    with_code: bool = False
    from_registers: bool = True
    without_code: bool = False
    hardship_area: bool = False
    by_peoples_committee: bool = False
    public_assets_office: bool = False
    direct: bool = True
    through_carrier: bool = False
    whole_invoices: bool = True
    summaries: bool = False
    software: tuple[Service, ...] = ()
    carriers: tuple[Service, ...] = ()
    branches: tuple[Service, ...] = ()
    pauses: tuple[Pause, ...] = ()
    integrations: tuple[Integration, ...] = ()


def fill_registration(
    seller: Seller,
    office: TaxOffice,
    representative: Representative,
    certificates: Sequence[x509.Certificate | RegisteredCertificate],
    *,
    form: Form,
    place: str,
    day: date,
    purpose: Purpose = Purpose.NEW,
    carriers: tuple[Service, ...] = (),
    software: tuple[Service, ...] = (),
) -> Registration:
    """The form of a shop with cash registers, from its configuration and certificates.

    ``day`` is the legal date (Vietnam) of the form. A bare certificate is newly used. With ``carriers`` the
    data go through a transmission provider, else directly. The e-mail address is mandatory on the form: where
    the seller has none, writing the form says so.
    """
    return Registration(
        purpose=purpose,
        taxpayer=seller.name,
        tax_code=seller.tax_code,
        office=office,
        representative=representative,
        address=seller.address,
        email=seller.email or "",
        contact=representative.name,
        contact_phone=seller.phone or representative.phone,
        place=place,
        day=day,
        kinds=InvoiceKinds(vat=form is Form.VAT, sales=form is Form.SALES),
        certificates=tuple(
            one if isinstance(one, RegisteredCertificate) else RegisteredCertificate.of(one)
            for one in certificates
        ),
        direct=not carriers,
        through_carrier=bool(carriers),
        software=software,
        carriers=carriers,
    )


def _issuer(certificate: x509.Certificate) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        for attribute in certificate.issuer.get_attributes_for_oid(kind):
            if isinstance(attribute.value, str) and attribute.value.strip():
                return attribute.value
    return certificate.issuer.rfc4514_string()
