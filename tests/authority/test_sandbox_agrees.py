"""Two readings of the same rules: whatever ``invoice`` composes, the sandbox's own rules accept."""

from datetime import date
from decimal import Decimal

from authority_samples import NOW, TAX_CODE
from hypothesis import given
from hypothesis import strategies as st

from authority.elements import parse_document
from authority.forms.error_notice import WrongInvoice
from authority.sandbox.rules import judge_invoice
from authority.sandbox.settings import Settings
from invoice.compose import Identity, Terms, check_sale, compose
from invoice.document import write_content, write_invoice
from invoice.invoice import Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.sale import Kind, Line, Payment, PaymentMethod, Sale

SELLER = Seller("CỬA HÀNG <Sông & Hàn>", TAX_CODE, "12 Bạch Đằng")
RATES = ["0%", "5%", "8%", "10%", "KCT", "KKKNT", "KHAC:03.50%"]


@st.composite
def lines(draw: st.DrawFn) -> Line:
    quantity = draw(st.one_of(st.integers(1, 500).map(Decimal), st.decimals("0.001", "99", places=3)))
    price = Decimal(draw(st.integers(1, 50_000_000)))
    undiscounted = Line("Hàng", quantity, price, 0).reckoned()
    discount = draw(st.integers(0, undiscounted))
    rounding = draw(st.sampled_from([0, 0, 1, -1]))
    amount = max(undiscounted - discount + rounding, 0)
    return Line("Hàng", quantity, price, amount, vat_rate=draw(st.sampled_from(RATES)), discount=discount)


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    sold = tuple(draw(st.lists(lines(), min_size=1, max_size=12)))
    whole = sum(line.amount for line in sold)
    discount = draw(st.integers(0, whole))
    total = whole - discount
    paid = (Payment(PaymentMethod.CASH, total),)
    return Sale(Kind.SALE, "HD1", NOW, sold, discount, total, paid)


@given(sales(), st.sampled_from(Form))
def test_the_sandbox_accepts_what_the_agent_composes(sale: Sale, form: Form) -> None:
    terms = Terms(SELLER, form)
    check_sale(sale, terms, date(2026, 11, 23))
    identity = Identity(
        Symbol("C", 2026, "AA"), 7, AuthorityCode(form, 2026, "SHNDN", 42), date(2026, 11, 23)
    )
    composed = compose(sale, terms, identity)
    data = write_invoice(composed, write_content(composed), b"")
    opinion = judge_invoice(parse_document(data), TAX_CODE, Settings(), NOW)
    assert opinion.findings == ()
    assert opinion.warnings == ()
    assert opinion.candidate is not None
    assert opinion.candidate.total == str(sale.total)
    told = WrongInvoice.of(composed)
    assert (told.form, told.symbol, told.number, told.code) == (
        int(form),
        "C26MAA",
        7,
        opinion.candidate.code,
    )
