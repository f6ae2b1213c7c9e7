"""What the sandbox authority is strict about: one switch for every point the profile leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

RATES = frozenset({"0%", "5%", "8%", "10%", "KCT", "KKKNT"})


@dataclass(frozen=True, slots=True)
class Settings:
    """Switches (profile, section 12); the defaults are the strict reading."""

    versions: frozenset[str] = frozenset({"2.1.0", "2.0.1", "2.0.0"})
    message_limit: int = 2_000_000  # bytes
    forms: frozenset[int] = frozenset({1, 2})
    rates: frozenset[str] = RATES
    other_rates: bool = True  # KHAC:AB.CD%
    # Five characters of MCCQT per taxpayer, by tax code. A taxpayer not named here is registered with the
    # characters of its first invoice, unless ``auto_register`` is off: then it needs an accepted form 100
    # (``--require-registration``).
    taxpayers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    auto_register: bool = True
    check_digits: bool = True  # of tax codes
    duplicate_message: Literal["same-answer", "refuse"] = "same-answer"
    # A format error (20001) was seen refusing the whole package (LTBao 9); "invoice" refuses only its own.
    format_refusal: Literal["package", "invoice"] = "package"
    technical_answer: Literal["by-return", "inbox"] = "by-return"
    notice_delay: timedelta = timedelta(0)
    decision_delay: timedelta = timedelta(0)  # from the receipt of a registration (102) to its decision (103)
    token: str | None = field(default=None, repr=False)  # bearer token asked for over HTTPS
    # User and password of its SOAP side; without them there is none.
    soap_account: tuple[str, str] | None = field(default=None, repr=False)
    tvan_code: str | None = None  # it is a T-VAN with this tax code: parties go by bare tax codes
    place: str = "Hà Nội"


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken rule. ``code`` is the authority's where it is known (20001, 20609), else the sandbox's
    own, beginning with S, so nobody takes it for a real one."""

    code: str
    text: str
    handling: str = "Kiểm tra lại dữ liệu hóa đơn"

    @property
    def is_format(self) -> bool:
        """Whether it is a format error (20001), which is answered differently."""
        return self.code == FORMAT


FORMAT = "20001"
NOT_UNIQUE = "20609"
CODE_NOT_UNIQUE = "S2101"
CODE_FOREIGN = "S2102"
SYMBOL = "S2103"
FORM = "S2104"
NUMBER = "S2105"
DAY = "S2106"
SELLER = "S2107"
TAX_CODE = "S2108"
RATE = "S2201"
LINE = "S2202"
RATE_TOTAL = "S2203"
TOTAL = "S2204"
WORDS = "S2205"
SIGNATURE = "S2301"
RELATION = "S2401"  # an invoice that corrects others, in the wrong message
LIST = "S2402"  # the list of corrected invoices (BKe)
CERTIFICATE = "S2302"
REGISTERED_BEFORE = "9992"  # as real 102 messages say it
FORM_TAXPAYER = "S3101"
FORM_DAY = "S3102"
FORM_CHOICE = "S3103"
FORM_CERTIFICATE = "S3104"
FORM_PERIOD = "S3105"
FORM_CARRIER = "S3106"
FORM_PERSON = "S3107"
FORM_CHANGE = "S3108"
FORM_REPEATED = "S3109"
REVIEW = "S3201"
UNKNOWN_TAXPAYER = "S3202"
UNKNOWN_INVOICE = "S3301"
OTHER_CODE = "S3302"
FAULT = "S2999"


REFUSED_BY_FAULT = Finding(FAULT, "Hộp cát từ chối theo kịch bản lỗi")


def broken(code: str, path: str, what: str) -> Finding:
    """A rule of a form that is broken, worded as format errors are: the field's path and what is wrong."""
    return Finding(code, f"{path} : {what}", "Kiểm tra lại tờ khai, thông báo")


def bad_format(path: str, what: str) -> Finding:
    """Error 20001 as real notices word it: the field's path and what is wrong with it."""
    return Finding(FORMAT, f"Sai định dạng dữ liệu\n{path} : {what}", "Kiểm tra lại định dạng dữ liệu")
