"""What VNPT reckons itself is ours to the dong: random sales against the sandbox's own arithmetic."""

import os
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from cart_maker import DAY, NOW, TERMS, invoice_of
from cart_strategies import carts
from hypothesis import given, settings
from hypothesis import strategies as st

from authority.providers.errors import AmountsRefused
from authority.providers.provider import Order, OriginalAtProvider
from authority.providers.vnpt.products import PRODUCTS
from authority.providers.vnpt.regulation import REGULATION
from authority.providers.vnpt.written import WrittenForm
from authority.sandbox.vnpt.arithmetic import disagreements
from authority.sandbox.vnpt.drafts import Draft, read_correction, read_new
from invoice.compose import Identity
from invoice.corrections import Correction, correct
from invoice.invoice import InvoiceContent, RateTotal, Relation
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.sale import Buyer, Kind, Line, LineKind, Payment, PaymentMethod, Sale, SaleFee

MANY = settings(max_examples=int(os.environ.get("THUNGAN_CARTS", "100")), deadline=None)
SYMBOL = Symbol.of_year("AA", 2026)
KEY = UUID(int=8, version=4)
written = pytest.mark.parametrize("written", [PRODUCTS, REGULATION], ids=["products", "regulation"])


def order_of(content: InvoiceContent) -> Order:
    original = None
    if content.related is not None:
        kind = content.related.kind
        original = OriginalAtProvider(UUID(int=7, version=4), content.form, SYMBOL, 1, DAY, kind)
    return Order(KEY, content, "AB12-C", original)


def read(content: InvoiceContent, form: WrittenForm, kind: int = 0) -> Draft:
    """The order as the provider reads it off the wire."""
    order = order_of(content)
    if order.original is None:
        [draft] = read_new(form.write_new([order]))
    elif order.original.relation is Relation.REPLACES:
        draft = read_correction(form.write_replacement(order, "Ghi sai"), replaces=True)
    else:
        draft = read_correction(form.write_adjustment(order, "Trả lại", kind), replaces=False)
    return draft


def assert_agrees(content: InvoiceContent, draft: Draft) -> None:
    assert disagreements(draft, int(content.form), 1) == []
    assert draft.total == content.total
    assert (draft.vat or 0) == content.tax
    assert draft.key == KEY.hex
    assert draft.day == content.day


@written
@pytest.mark.parametrize("form", Form)
def test_any_sale_comes_to_the_same(form: Form, written: WrittenForm) -> None:
    @MANY
    @given(carts(form))
    def agrees(sale: Sale) -> None:
        content = invoice_of(sale, form)
        assert_agrees(content, read(content, written))

    agrees()


@written
def test_any_correction_comes_to_the_same(written: WrittenForm) -> None:
    @MANY
    @given(
        st.sampled_from(Form).flatmap(lambda form: st.tuples(st.just(form), carts(form))),
        st.sampled_from([Correction.REFUND, Correction.INCREASE, Correction.REPLACE]),
    )
    def agrees(given: tuple[Form, Sale], correction: Correction) -> None:
        form, sale = given
        discounts = any(line.kind is LineKind.DISCOUNT for line in sale.lines)
        if correction is Correction.REFUND and (discounts or not sale.total):
            return
        content = corrected(sale, form, correction)
        assert_agrees(content, read(content, written, 3 if correction is Correction.REFUND else 2))

    agrees()


def corrected(sale: Sale | None, form: Form, correction: Correction) -> InvoiceContent:
    original = invoice_of(simple(), form)
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, 2)
    identity = Identity(SYMBOL, 2, code, DAY)
    return correct(original, correction, sale, TERMS[form], identity, "Khách trả lại hàng")


def simple(**changes: object) -> Sale:
    lines = (Line("Cà phê sữa đá", Decimal(2), Decimal(25_000), 50_000, unit="Ly"),)
    sale = Sale(Kind.SALE, "HD1", NOW, lines, 0, 50_000, (Payment(PaymentMethod.CASH, 50_000),))
    return replace(sale, **changes)


def test_a_sale_as_it_stands_in_the_providers_own_form() -> None:
    data = PRODUCTS.write_new([order_of(invoice_of(simple(), Form.VAT))])
    assert data == (
        f"<Invoices><Inv><key>{KEY.hex}</key><Invoice><CusName>Khách lẻ</CusName>"
        "<PaymentMethod>TM</PaymentMethod><ArisingDate>23/11/2026</ArisingDate><Products><Product>"
        "<ProdName>Cà phê sữa đá</ProdName><ProdUnit>Ly</ProdUnit><ProdQuantity>2</ProdQuantity>"
        "<ProdPrice>23148.148148</ProdPrice><Total>46296</Total><VATRate>8</VATRate>"
        "<VATAmount>3704</VATAmount><Amount>50000</Amount><IsSum>0</IsSum></Product></Products>"
        "<Total>46296</Total><VATRate>8</VATRate><VATAmount>3704</VATAmount><Amount>50000</Amount>"
        "<AmountInWords>Năm mươi nghìn đồng</AmountInWords><Extra>AB12-C</Extra></Invoice></Inv></Invoices>"
    )


def test_a_sale_as_it_stands_in_the_regulations_form() -> None:
    data = REGULATION.write_new([order_of(invoice_of(simple(), Form.VAT))])
    assert data.startswith(f"<DSHDon><HDon><key>{KEY.hex}</key><MCCQT></MCCQT><DLHDon><TTChung>")
    assert "<TSuat>8</TSuat><TThue>3704</TThue><TSThue>50000</TSThue>" in data
    assert "<TTruong>SoPhieu</TTruong><KDLieu>string</KDLieu><DLieu>HD1</DLieu>" in data
    assert "<LTSuat><TSuat>8</TSuat><ThTien>46296</ThTien><TThue>3704</TThue></LTSuat>" in data


@written
def test_every_kind_of_line_is_told_apart(written: WrittenForm) -> None:
    lines = (
        Line("Áo", Decimal(3), Decimal(100_000), 290_000, vat_rate="10%", discount=10_000),
        Line("Ly sứ", Decimal(1), Decimal(30_000), 0, vat_rate="8%", kind=LineKind.PROMOTION),
        Line("Giảm giá", Decimal(1), Decimal(20_000), 20_000, vat_rate="10%", kind=LineKind.DISCOUNT),
        Line("Sách", Decimal(1), Decimal(50_000), 50_000, vat_rate="KCT"),
        Line("Thu hộ", Decimal(1), Decimal(7_000), 7_000, vat_rate="KKKNT"),
        Line("Xe máy", Decimal(1), Decimal(9_000), 9_000, vat_rate="KHAC:03.50%", kind=LineKind.SPECIAL),
        Line("Giao tại bàn 5", Decimal(1), Decimal(0), 0, kind=LineKind.NOTE),
    )
    sale = simple(lines=lines, fees=(SaleFee("Phí môi trường", 2_000),), total=338_000, payments=())
    content = invoice_of(sale, Form.VAT)
    draft = read(content, written)
    assert_agrees(content, draft)
    kinds = [row.kind for row in draft.rows][:7]
    assert kinds == ["goods", "promotion", "discount", "goods", "goods", "special", "note"]
    rates = [row.rate for row in draft.rows][:6]
    assert rates == [Decimal(10), Decimal(8), Decimal(10), "exempt", "undeclared", Decimal("3.5")]


@written
def test_dollars_and_cents(written: WrittenForm) -> None:
    line = Line("Souvenir", Decimal(3), Decimal(415), 1245, vat_rate="8%")
    sale = simple(lines=(line,), total=1245, payments=(), currency="USD", exchange_rate=Decimal("26345.5"))
    content = invoice_of(sale, Form.VAT)
    draft = read(content, written)
    assert_agrees(content, draft)
    assert (draft.currency, draft.exchange_rate, draft.total) == ("USD", Decimal("26345.5"), Decimal("12.45"))


@written
def test_names_with_marks_of_xml_arrive_as_they_are(written: WrittenForm) -> None:
    lines = (Line("Kem <b>&]]>\"'", Decimal(1), Decimal(50_000), 50_000, unit="Ly"),)
    buyer = Buyer(name="A & B <TNHH>", tax_code="0107001729", address="5 Láng Hạ", citizen_id=None)
    draft = read(invoice_of(simple(lines=lines, buyer=buyer), Form.VAT), written)
    assert draft.rows[0].name == "Kem <b>&]]>\"'"
    assert (draft.buyer, draft.buyer_tax_code) == ("A & B <TNHH>", "0107001729")


@written
def test_words_are_adjusted_without_amounts(written: WrittenForm) -> None:
    draft = read(corrected(None, Form.VAT, Correction.INFORM), written, 4)
    assert disagreements(draft, 1, 1) == []
    assert (draft.adjusts, draft.total, [row.kind for row in draft.rows]) == ("4", 0, ["note"])


@written
@pytest.mark.parametrize(
    "changes",
    [
        {"tax": 3_703, "net": 46_297, "rate_totals": (RateTotal("8%", 46_297, 3_703),)},
        {"tax": 3_900, "total": 50_196, "rate_totals": (RateTotal("8%", 46_296, 3_900),)},
        {"total": 50_001},
        {"trade_discount": 1},
    ],
)
def test_figures_that_do_not_agree_are_refused_before_they_are_sent(
    changes: dict[str, object], written: WrittenForm
) -> None:
    content = replace(invoice_of(simple(), Form.VAT), **changes)
    with pytest.raises(AmountsRefused) as refused:
        written.write_new([order_of(content)])
    assert refused.value.advice("vi") != refused.value.advice("en")
