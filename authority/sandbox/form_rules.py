"""What a registration and a notice of wrong invoices must mean, once their fields are as the tables say.

Ordered lists of checks over the content elements, DLTKhai and DLTBao; what only the store knows the
desks ask. The sandbox's own reading of Decree 70/2025/NĐ-CP, articles 1.11 and 1.13, and of the profile.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from authority.elements import VIETNAM, child, children, local_name, text
from authority.sandbox.settings import (
    FORM_CARRIER,
    FORM_CERTIFICATE,
    FORM_CHOICE,
    FORM_DAY,
    FORM_PERIOD,
    FORM_PERSON,
    FORM_REPEATED,
    FORM_TAXPAYER,
    OTHER_CODE,
    REVIEW,
    Finding,
    broken,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509
    from lxml.etree import _Element

    from authority.envelope import Header

_GENERAL = "TKhai/DLTKhai/TTChung"
_DETAILS = "TKhai/DLTKhai/NDTKhai"
_NOTICE = "TBao/DLTBao"
_STOPPED = "3"  # HThuc of a certificate
_LISTS = ("TTTCGP", "TTTCTN", "TTDVHTPT", "TTTNSDung", "TTDKTH")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """An invoice in a notice of wrong invoices, as written there; ``path`` leads to it."""

    path: str
    code: str
    form: str
    symbol: str
    number: int
    day: str
    kind: str


def judge_registration(
    content: _Element, header: Header, certificate: x509.Certificate, now: datetime
) -> Iterator[Finding]:
    """Every rule of a registration that is broken; ``certificate`` has signed it."""
    general, details = child(content, "TTChung"), child(content, "NDTKhai")
    if general is None or details is None:
        return
    yield from _check_taxpayer(text(general, "MST"), header, _GENERAL)
    yield from _check_day(text(general, "NLap"), f"{_GENERAL}/NLap", now)
    yield from _check_person(general, now)
    yield from _check_choices(details)
    yield from _check_certificates(details, certificate)
    yield from _check_carrier(details, header)
    yield from _check_periods(details)


def judge_error_notice(content: _Element, header: Header, now: datetime) -> Iterator[Finding]:
    """Every rule of the notice as a whole that is broken."""
    yield from _check_taxpayer(text(content, "MST"), header, _NOTICE)
    yield from _check_day(text(content, "NTBao"), f"{_NOTICE}/NTBao", now)
    explains = text(content, "Loai") == "2"
    for tag in ("So", "NTBCCQT"):
        if explains and not text(content, tag):
            yield broken(REVIEW, f"{_NOTICE}/{tag}", "giải trình phải nêu thông báo của cơ quan thuế")
        if not explains and child(content, tag) is not None:
            yield broken(REVIEW, f"{_NOTICE}/{tag}", "chỉ dùng khi Loai = 2")


def judge_mentioned(invoice: Mentioned, seen: set[tuple[str, str, int]], now: datetime) -> Iterator[Finding]:
    """Every rule of one invoice in the notice that is broken; ``seen`` collects those before it."""
    identity = (invoice.form, invoice.symbol, invoice.number)
    if identity in seen:
        yield broken(FORM_REPEATED, f"{invoice.path}/SHDon", "hóa đơn có hai lần trong thông báo")
    seen.add(identity)
    if invoice.kind != "1":
        yield broken(OTHER_CODE, f"{invoice.path}/LADHDDT", "hóa đơn từ máy tính tiền có loại 1")
    yield from _check_day(invoice.day, f"{invoice.path}/Ngay", now)
    if invoice.symbol[1:3] != invoice.day[2:4]:
        yield broken(FORM_DAY, f"{invoice.path}/Ngay", f"không cùng năm với ký hiệu {invoice.symbol}")


def mentioned(content: _Element) -> Iterator[Mentioned]:
    """The invoices of a notice, in its order."""
    listed = child(content, "DSHDon")
    for place, invoice in enumerate(children(listed, "HDon") if listed is not None else (), start=1):
        yield Mentioned(
            path=f"{_NOTICE}/DSHDon/HDon[{place}]",
            code=text(invoice, "MCCQT"),
            form=text(invoice, "KHMSHDon"),
            symbol=text(invoice, "KHHDon"),
            number=int(text(invoice, "SHDon")),
            day=text(invoice, "Ngay"),
            kind=text(invoice, "LADHDDT"),
        )


def certificates_after(content: _Element, before: frozenset[int]) -> frozenset[int]:
    """The serial numbers that may sign once the form is accepted: its list says what changes (HThuc)."""
    listed = child(content, "NDTKhai", "DSCTSSDung")
    named = {
        int(text(one, "Seri"), 16): text(one, "HThuc")
        for one in (children(listed, "CTS") if listed is not None else ())
    }
    stopped = {serial for serial, use in named.items() if use == _STOPPED}
    return (before | named.keys()) - stopped


def judge_signer(
    content: _Element, certificate: x509.Certificate, before: frozenset[int]
) -> Iterator[Finding]:
    """Whether a registration is signed with a certificate that is in use, or will be by this form."""
    if certificate.serial_number not in before | certificates_after(content, frozenset()):
        path = f"{_DETAILS}/DSCTSSDung"
        yield broken(FORM_CERTIFICATE, path, "chứng thư số ký tờ khai không có trong danh sách sử dụng")


def _check_taxpayer(tax_code: str, header: Header, path: str) -> Iterator[Finding]:
    if tax_code != header.tax_code:
        yield broken(FORM_TAXPAYER, f"{path}/MST", f"không phải MST của thông điệp {header.tax_code}")


def _check_day(day: str, path: str, now: datetime) -> Iterator[Finding]:
    if day > now.astimezone(VIETNAM).date().isoformat():
        yield broken(FORM_DAY, path, f"ngày {day} sau ngày hiện tại")


def _check_person(general: _Element, now: datetime) -> Iterator[Finding]:
    if not text(general, "CCCDan") and not text(general, "SHChieu"):
        yield broken(FORM_PERSON, f"{_GENERAL}/CCCDan", "phải có CCCD hoặc số hộ chiếu")
    yield from _check_day(text(general, "NSDDPLuat"), f"{_GENERAL}/NSDDPLuat", now)
    if "@" not in text(general, "DCTDTu").strip("@"):
        yield broken(FORM_PERSON, f"{_GENERAL}/DCTDTu", "không phải địa chỉ thư điện tử")


def _check_choices(details: _Element) -> Iterator[Finding]:
    for group in ("HTHDon", "HTGDLHDDT", "PThuc", "LHDSDung"):
        flags = child(details, group)
        if flags is not None and all(text(flags, local_name(flag)) != "1" for flag in flags):
            yield broken(FORM_CHOICE, f"{_DETAILS}/{group}", "chưa chọn mục nào")
    if text(details, "PThuc", "CBTHop") == "1" != text(details, "HTHDon", "KCMa"):
        yield broken(FORM_CHOICE, f"{_DETAILS}/PThuc/CBTHop", "bảng tổng hợp chỉ cho hóa đơn không mã")


def _check_certificates(details: _Element, certificate: x509.Certificate) -> Iterator[Finding]:
    listed = child(details, "DSCTSSDung")
    path = f"{_DETAILS}/DSCTSSDung"
    seen: set[int] = set()
    for place, used in enumerate(children(listed, "CTS") if listed is not None else (), start=1):
        here = f"{path}/CTS[{place}]"
        serial, since, until = (text(used, tag) for tag in ("Seri", "TNgay", "DNgay"))
        if since > until:
            yield broken(FORM_PERIOD, f"{here}/DNgay", "trước TNgay")
        if int(serial, 16) in seen:
            yield broken(FORM_REPEATED, f"{here}/Seri", "chứng thư số có hai lần")
        seen.add(int(serial, 16))
        if int(serial, 16) != certificate.serial_number:
            continue
        for tag, told, held in (
            ("TNgay", since, certificate.not_valid_before_utc),
            ("DNgay", until, certificate.not_valid_after_utc),
        ):
            if datetime.fromisoformat(told).replace(tzinfo=VIETNAM) != held.replace(microsecond=0):
                yield broken(FORM_CERTIFICATE, f"{here}/{tag}", "khác thời hạn của chứng thư số")


def _check_carrier(details: _Element, header: Header) -> Iterator[Finding]:
    through = text(details, "HTGDLHDDT", "CDLQTCTN") == "1"
    listed = child(details, "TTTCTN")
    carriers = list(children(listed, "TCTN")) if listed is not None else []
    path = f"{_DETAILS}/TTTCTN"
    if through and not carriers:
        yield broken(FORM_CARRIER, path, "phải nêu tổ chức truyền nhận")
    if not through and carriers:
        yield broken(FORM_CARRIER, path, "chỉ dùng khi CDLQTCTN = 1")
    if header.sender.startswith("V") and not any(
        "V" + text(carrier, "MSTTCTN").replace("-", "") == header.sender for carrier in carriers
    ):
        yield broken(FORM_CARRIER, path, f"không có tổ chức gửi thông điệp {header.sender}")


def _check_periods(details: _Element) -> Iterator[Finding]:
    for name in _LISTS:
        listed = child(details, name)
        for place, item in enumerate(listed if listed is not None else (), start=1):
            since, until = text(item, "TNgay"), text(item, "DNgay")
            if until and since > until:
                path = f"{_DETAILS}/{name}/{local_name(item)}[{place}]/DNgay"
                yield broken(FORM_PERIOD, path, "trước TNgay")
