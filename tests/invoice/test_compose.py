"""Promise P4: the invoice's total is the receipt's, sums agree everywhere, order does not matter."""

from datetime import date
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from invoice.compose import Identity, Terms, check_sale, compose
from invoice.document import write_content
from invoice.invoice import Invoice, Seller
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.rates import Rate
from invoice.sale import Kind, Line, Sale

SELLER = Seller("CỬA HÀNG <&>", "0409990010", "Đà Nẵng")
RATES = ["0%", "5%", "8%", "10%", "KCT", "KKKNT", "KHAC:03.50%"]


@st.composite
def sales(draw: st.DrawFn) -> Sale:
    lines = []
    for place in range(draw(st.integers(1, 12))):
        quantity = Decimal(draw(st.integers(1, 50_000))) / draw(st.sampled_from([1, 1, 1, 1000]))
        price = draw(st.integers(0, 5_000_000))
        line = Line(f"Hàng {place}", quantity, Decimal(price), 0, vat_rate=draw(st.sampled_from(RATES)))
        lines.append(Line(line.name, quantity, line.unit_price, line.reckoned(), vat_rate=line.vat_rate))
    gross = sum(line.amount for line in lines)
    discount = draw(st.integers(0, gross))
    return Sale(Kind.SALE, "HD1", None, tuple(lines), discount, gross - discount)


def invoice_of(sale: Sale, form: Form) -> Invoice:
    terms = Terms(SELLER, form)
    check_sale(sale, terms, date(2026, 11, 23))
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 1)
    return compose(sale, terms, Identity(Symbol.of_year("AA", 2026), 1, code, date(2026, 11, 23)))


@given(sales())
def test_form_1_sums_agree(sale: Sale) -> None:
    invoice = invoice_of(sale, Form.VAT)
    assert invoice.net + invoice.tax == invoice.total == sale.total
    for total in invoice.rate_totals:
        assert total.net == sum(line.amount for line in invoice.lines if line.rate == total.rate)
        exact = Decimal(total.net) * Rate.parse(total.rate).basis_points / 10_000
        assert abs(total.tax - exact) < 1


@given(sales())
def test_form_2_sums_agree(sale: Sale) -> None:
    invoice = invoice_of(sale, Form.SALES)
    assert sum(line.amount for line in invoice.lines) == invoice.total == sale.total


@given(sales(), st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(sale: Sale, random: object) -> None:
    lines = list(sale.lines)
    random.shuffle(lines)  # type: ignore[attr-defined]
    shuffled = Sale(Kind.SALE, "HD1", None, tuple(lines), sale.discount, sale.total)
    one, other = invoice_of(sale, Form.VAT), invoice_of(shuffled, Form.VAT)
    assert sorted((line.name, line.amount) for line in one.lines) == sorted(
        (line.name, line.amount) for line in other.lines
    )


@given(sales(), st.sampled_from(list(Form)))
def test_what_is_written_is_canonical(sale: Sale, form: Form) -> None:
    content = write_content(invoice_of(sale, form))
    assert etree.tostring(etree.fromstring(content), method="c14n") == content


def test_a_service_charge_is_taxed_as_the_lines_that_share_one_rate() -> None:
    line = Line("Lẩu", Decimal(1), Decimal(110_000), 110_000, vat_rate="10%")
    sale = Sale(Kind.SALE, "HD1", None, (line,), 0, 115_500, service_charge=5_500)
    assert [total.rate for total in invoice_of(sale, Form.VAT).rate_totals] == ["10%"]
