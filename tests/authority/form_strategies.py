"""Random forms that can be written, for property tests."""

from datetime import date, datetime

from authority_samples import TAX_CODE
from hypothesis import strategies as st

from authority.elements import VIETNAM
from authority.forms.error_notice import ErrorNotice, NoticeReason, WrongInvoice
from authority.forms.registration import (
    CertificateUse,
    Integration,
    InvoiceKinds,
    Pause,
    Purpose,
    RegisteredCertificate,
    Registration,
    Representative,
    Service,
    Sex,
    TaxOffice,
)

TEXTS = st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"], exclude_characters="￾￿"))
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))
MOMENTS = st.integers(0, 4_000_000_000).map(lambda second: datetime.fromtimestamp(second, VIETNAM))
TAX_CODES = st.sampled_from([TAX_CODE, "0107001729-001", "048180000001"])
SERIALS = st.integers(1, 2**159).map(lambda serial: f"{serial:X}")


def text(longest: int) -> st.SearchStrategy[str]:
    return TEXTS.map(lambda words: " ".join(words.split())[:longest]).filter(bool)


def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | strategy


def some(strategy: st.SearchStrategy[object], least: int = 0) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(strategy, min_size=least, max_size=3).map(tuple)


OFFICES = st.builds(TaxOffice, text(100), text(5))
SERVICES = st.builds(Service, text(400), TAX_CODES, DAYS, maybe(DAYS), maybe(text(255)))
PEOPLE = st.builds(
    Representative,
    name=text(50),
    phone=text(20),
    born=DAYS,
    sex=st.sampled_from(Sex),
    citizen_id=st.just("048180000001"),
    passport=maybe(text(20)),
    nationality=maybe(text(50)),
)
CERTIFICATES = st.builds(
    RegisteredCertificate, text(400), SERIALS, MOMENTS, MOMENTS, st.sampled_from(CertificateUse)
)
PAUSES = st.builds(Pause, DAYS, DAYS, text(400), TAX_CODES, maybe(SERIALS), maybe(text(255)))
INTEGRATIONS = st.builds(
    Integration,
    title=text(100),
    form=st.integers(1, 9),
    symbols=text(50),
    name=text(400),
    tax_code=TAX_CODES,
    reason=text(255),
    since=DAYS,
    until=DAYS,
    note=maybe(text(255)),
)
REGISTRATIONS = st.builds(
    Registration,
    purpose=st.sampled_from(Purpose),
    taxpayer=text(400),
    tax_code=TAX_CODES,
    office=OFFICES,
    representative=PEOPLE,
    address=text(400),
    email=text(50),
    place=text(50),
    day=DAYS,
    kinds=st.builds(InvoiceKinds, *[st.booleans()] * 9),
    certificates=some(CERTIFICATES, 1),
    contact=maybe(text(50)),
    software=some(SERVICES),
    carriers=some(SERVICES),
    branches=some(SERVICES),
    pauses=some(PAUSES),
    integrations=some(INTEGRATIONS),
)
WRONG_INVOICES = st.builds(
    WrongInvoice,
    form=st.integers(1, 9),
    symbol=text(8),
    number=st.integers(1, 99_999_999),
    day=DAYS,
    code=text(34),
    why=maybe(text(255)),
)
NOTICES = st.builds(
    ErrorNotice,
    office=OFFICES,
    tax_code=TAX_CODES,
    taxpayer=text(400),
    place=text(50),
    day=DAYS,
    invoices=some(WRONG_INVOICES, 1),
) | st.builds(
    ErrorNotice,
    office=OFFICES,
    tax_code=TAX_CODES,
    taxpayer=text(400),
    place=text(50),
    day=DAYS,
    invoices=some(WRONG_INVOICES, 1),
    reason=st.just(NoticeReason.EXPLANATION),
    review_number=text(30),
    review_day=DAYS,
)
