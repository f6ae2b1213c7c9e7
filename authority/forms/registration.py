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

from authority.forms.fields import Field, Group, Type
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
    certificates: Sequence[x509.Certificate],
    *,
    form: Form,
    place: str,
    day: date,
    purpose: Purpose = Purpose.NEW,
    carriers: tuple[Service, ...] = (),
    software: tuple[Service, ...] = (),
) -> Registration:
    """The form of a shop with cash registers, from its configuration and certificates.

    ``day`` is the legal date (Vietnam) of the form. With ``carriers`` the data go through a transmission
    provider, else directly. The e-mail address is mandatory on the form: where the seller has none, writing
    the form says so.
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
        certificates=tuple(RegisteredCertificate.of(certificate) for certificate in certificates),
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


# The table


def _flag(tag: str, source: str, name: str) -> Field:
    return Field(tag, source, name, 1, Type.FLAG)


def _number() -> Field:
    return Field("STT", "", "Số thứ tự", 3, Type.POSITION)


def _day(tag: str, source: str, name: str, *, required: bool = True) -> Field:
    return Field(tag, source, name, 10, Type.DAY, required)


_NOTE = Field("GChu", "note", "Ghi chú", 255, required=False)
_SERIAL = r"[0-9A-Fa-f]+"


def _services(outer: str, inner: str, source: str, name_tag: str, code_tag: str, who: str) -> Group[Service]:
    """The three lists of other parties differ only in their tags."""
    item = (
        _number(),
        Field(name_tag, "name", f"Tên {who}", 400),
        Field(code_tag, "tax_code", f"Mã số thuế {who}", 14, pattern=TAX_CODE),
        _day("TNgay", "since", "Từ ngày"),
        _day("DNgay", "until", "Đến ngày", required=False),
        _NOTE,
    )
    return Group(outer, (Group(inner, item, source, Service, each=True, required=False),), required=False)


_OFFICE: Group[TaxOffice] = Group(
    "",
    (
        Field("CQTQLy", "name", "Cơ quan thuế quản lý", 100),
        Field("MCQTQLy", "code", "Mã cơ quan thuế quản lý", 5),
    ),
    "office",
    TaxOffice,
)

_REPRESENTATIVE: Group[Representative] = Group(
    "",
    (
        Field("TNDDPLuat", "name", "Tên người đại diện pháp luật", 50),
        Field("DTDDPLuat", "phone", "Điện thoại người đại diện pháp luật", 20),
        Field(
            "CCCDan",
            "citizen_id",
            "Căn cước công dân",
            12,
            required=lambda person: not person.passport,
            pattern="[0-9]{12}",
        ),
        Field("SHChieu", "passport", "Số hộ chiếu", 20, required=False),
        Field("QTich", "nationality", "Quốc tịch", 50, required=False),
        _day("NSDDPLuat", "born", "Ngày sinh người đại diện pháp luật"),
        Field("GTinh", "sex", "Giới tính (0: nữ, 1: nam)", 1, Type.WHOLE, of=Sex),
    ),
    "representative",
    Representative,
)

_GENERAL: Group[Registration] = Group(
    "TTChung",
    (
        Field("PBan", "", "Phiên bản", 6, constant=VERSION),
        Field("MSo", "", "Mẫu số", 15, constant=FORM_NUMBER),
        Field("Ten", "", "Tên tờ khai", 100, constant=FORM_TITLE),
        Field("HThuc", "purpose", "Hình thức (1: đăng ký mới, 2: thay đổi)", 1, Type.WHOLE, of=Purpose),
        Field("TNNT", "taxpayer", "Tên người nộp thuế", 400),
        Field("MST", "tax_code", "Mã số thuế", 14, pattern=TAX_CODE),
        _OFFICE,
        _REPRESENTATIVE,
        Field("DCLHe", "address", "Địa chỉ liên hệ", 400),
        Field("DCTDTu", "email", "Địa chỉ thư điện tử", 50),
        Field("NLHe", "contact", "Người liên hệ", 50, required=False),
        Field("DTLHe", "contact_phone", "Điện thoại liên hệ", 20, required=False),
        Field("DDanh", "place", "Địa danh", 50),
        _day("NLap", "day", "Ngày lập"),
    ),
)

_CONTENT: Group[Registration] = Group(
    "NDTKhai",
    (
        Group(
            "HTHDon",
            (
                _flag("CMa", "with_code", "Hóa đơn có mã"),
                _flag("CMTMTTien", "from_registers", "Hóa đơn có mã từ máy tính tiền"),
                _flag("KCMa", "without_code", "Hóa đơn không có mã"),
            ),
        ),
        Group(
            "HTGDLHDDT",
            (
                _flag("NNTDBKKhan", "hardship_area", "Địa bàn khó khăn"),
                _flag("NNTKTDNUBND", "by_peoples_committee", "Theo đề nghị của Ủy ban nhân dân"),
                _flag("CQXLTSCong", "public_assets_office", "Cơ quan xử lý tài sản công"),
                _flag("CDLTTDCQT", "direct", "Chuyển dữ liệu trực tiếp đến cơ quan thuế"),
                _flag("CDLQTCTN", "through_carrier", "Chuyển dữ liệu qua tổ chức truyền nhận"),
            ),
        ),
        Group(
            "PThuc",
            (
                _flag("CDDu", "whole_invoices", "Chuyển đầy đủ nội dung từng hóa đơn"),
                _flag("CBTHop", "summaries", "Chuyển theo bảng tổng hợp"),
            ),
        ),
        Group(
            "LHDSDung",
            (
                _flag("HDGTGT", "vat", "Hóa đơn giá trị gia tăng"),
                _flag("HDGTGTTHBLai", "vat_with_receipt", "Hóa đơn GTGT tích hợp biên lai"),
                _flag("HDBHang", "sales", "Hóa đơn bán hàng"),
                _flag("HDBHTHBLai", "sales_with_receipt", "Hóa đơn bán hàng tích hợp biên lai"),
                _flag("HDTMai", "commercial", "Hóa đơn thương mại"),
                _flag("HDBTSCong", "public_assets", "Hóa đơn bán tài sản công"),
                _flag("HDBHDTQGia", "national_reserve", "Hóa đơn bán hàng dự trữ quốc gia"),
                _flag("HDKhac", "other", "Hóa đơn khác"),
                _flag("CTu", "documents", "Chứng từ"),
            ),
            "kinds",
            InvoiceKinds,
        ),
        Group(
            "DSCTSSDung",
            (
                Group(
                    "CTS",
                    (
                        _number(),
                        Field("TTChuc", "issuer", "Tổ chức cấp chứng thư số", 400),
                        Field("Seri", "serial", "Số sê-ri chứng thư số", 40, pattern=_SERIAL),
                        Field("TNgay", "valid_from", "Từ ngày", 19, Type.MOMENT),
                        Field("DNgay", "valid_until", "Đến ngày", 19, Type.MOMENT),
                        Field("HThuc", "use", "Hình thức chứng thư số", 1, Type.WHOLE, of=CertificateUse),
                    ),
                    "certificates",
                    RegisteredCertificate,
                    each=True,
                ),
            ),
        ),
        _services("TTTCGP", "TCGP", "software", "TTCGP", "MSTTCGP", "tổ chức cung cấp giải pháp"),
        _services("TTTCTN", "TCTN", "carriers", "TTCTN", "MSTTCTN", "tổ chức truyền nhận"),
        _services("TTDVHTPT", "DVHTPT", "branches", "TDVHTPT", "MSTDVHTPT", "đơn vị hạch toán phụ thuộc"),
        Group(
            "TTTNSDung",
            (
                Group(
                    "TNSDung",
                    (
                        _number(),
                        _day("TNgay", "since", "Ngừng sử dụng từ ngày"),
                        _day("DNgay", "until", "Ngừng sử dụng đến ngày"),
                        Field("TTCGP", "name", "Tên tổ chức cung cấp giải pháp", 400),
                        Field("MSTTCGP", "tax_code", "Mã số thuế tổ chức cung cấp", 14, pattern=TAX_CODE),
                        Field("Seri", "serial", "Số sê-ri chứng thư số", 40, required=False, pattern=_SERIAL),
                        _NOTE,
                    ),
                    "pauses",
                    Pause,
                    each=True,
                    required=False,
                ),
            ),
            required=False,
        ),
        Group(
            "TTDKTH",
            (
                Group(
                    "DKTH",
                    (
                        _number(),
                        Field("TLHDon", "title", "Tên loại hóa đơn tích hợp", 100),
                        Field("KHMSHDon", "form", "Ký hiệu mẫu hóa đơn", 1, Type.WHOLE),
                        Field("KHHDon", "symbols", "Ký hiệu hóa đơn", 50),
                        Field("Ten", "name", "Tên tổ chức tích hợp", 400),
                        Field("MST", "tax_code", "Mã số thuế tổ chức tích hợp", 14, pattern=TAX_CODE),
                        Field("MDich", "reason", "Mục đích", 255),
                        _day("TNgay", "since", "Từ ngày"),
                        _day("DNgay", "until", "Đến ngày"),
                        _NOTE,
                    ),
                    "integrations",
                    Integration,
                    each=True,
                    required=False,
                ),
            ),
            required=False,
        ),
    ),
)

REGISTRATION: Group[Registration] = Group("DLTKhai", (_GENERAL, _CONTENT), make=Registration)
