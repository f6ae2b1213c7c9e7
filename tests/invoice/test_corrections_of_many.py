"""One invoice for many: the sums of the invoice, of the list, and of what was before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from cart_maker import DAY, TERMS, assert_judged_good, make_cart
from cart_storm import Dice
from hypothesis import given
from hypothesis import strategies as st

from invoice.compose import Identity, compose
from invoice.corrections_of_many import CorrectedMany, Share, correct_many
from invoice.errors import CorrectionRefused
from invoice.invoice import Invoice, Relation
from invoice.numbers import AuthorityCode, Form, Symbol
from invoice.sale import Buyer, Line, Sale

SEEDS = st.integers(0, 1 << 30)
BUYER = Buyer(name="CÔNG TY MẪU", tax_code="0107001729", address="Hà Nội")


def identity(form: Form, number: int) -> Identity:
    code = AuthorityCode.for_register(form, 2026, "SHNDN", 1, number)
    return Identity(Symbol.of_year("AA", 2026), number, code, DAY)


def plain_cart(dice: Dice, form: Form) -> Sale:
    """A cart that may stand in a list: no fees, no reduction, prices with VAT."""
    while True:
        sale = make_cart(dice, form)
        if sale.prices_include_vat and not sale.reduction and not sale.fees and sale.total:
            return replace(sale, buyer=BUYER)


def shop(seed: int, form: Form, count: int) -> tuple[list[Invoice], list[Sale]]:
    """Invoices of random sales, and the right sales: the same, or others."""
    dice = Dice(seed)
    sold = [plain_cart(dice, form) for _ in range(count)]
    originals = [
        compose(sale, TERMS[form], identity(form, place)) for place, sale in enumerate(sold, start=1)
    ]
    right = [dice.one_of([sale, plain_cart(dice, form)]) for sale in sold]
    return originals, right


def correct(
    originals: list[Invoice], sales: list[Sale], relation: Relation, form: Form
) -> CorrectedMany | None:
    try:
        return correct_many(
            originals, sales, relation, TERMS[form], identity(form, 99), "sai thuế suất", "BK-1"
        )
    except CorrectionRefused as error:
        if "so many" in error.message or "nothing would change" in error.message:
            return None
        raise


def sums(shares: tuple[Share, ...]) -> tuple[int, int, int, int]:
    return (
        sum(share.net_before for share in shares),
        sum(share.tax_before for share in shares),
        sum(share.net_after for share in shares),
        sum(share.tax_after for share in shares),
    )


@given(SEEDS, st.sampled_from(Form), st.integers(2, 5))
def test_what_replaces_many_is_all_the_right_sales(seed: int, form: Form, count: int) -> None:
    originals, sales = shop(seed, form, count)
    made = correct(originals, sales, Relation.REPLACES_MANY, form)
    assert made is not None
    assert made.invoice.total == sum(sale.total for sale in sales)
    net_before, tax_before, net_after, tax_after = sums(made.shares)
    assert net_before + tax_before == sum(original.total for original in originals)
    assert net_after + tax_after == made.invoice.total
    if form is Form.VAT:
        assert (net_after, tax_after) == (made.invoice.net, made.invoice.tax)
    for original, sale in zip(originals, sales, strict=True):
        own = [share for share in made.shares if share.original == original]
        assert sum(share.net_after + share.tax_after for share in own) == sale.total
        assert sum(share.net_before + share.tax_before for share in own) == original.total
    assert_judged_good(made.invoice)


@given(SEEDS, st.sampled_from(Form), st.integers(2, 5))
def test_what_adjusts_many_is_the_difference(seed: int, form: Form, count: int) -> None:
    originals, sales = shop(seed, form, count)
    made = correct(originals, sales, Relation.ADJUSTS_MANY, form)
    if made is None:
        return
    assert made.invoice.total == sum(sale.total for sale in sales) - sum(o.total for o in originals)
    net_before, tax_before, net_after, tax_after = sums(made.shares)
    if form is Form.VAT:
        assert (net_after - net_before, tax_after - tax_before) == (made.invoice.net, made.invoice.tax)
    assert (made.invoice.total < 0) == made.invoice.words.startswith("Âm ")
    assert_judged_good(made.invoice)


def two() -> tuple[list[Invoice], list[Sale]]:
    line = Line("Cà phê", Decimal(2), Decimal(25_000), 50_000, vat_rate="8%")
    sale = replace(plain_cart(Dice(1), Form.VAT), lines=(line,), discount=0, total=50_000, service_charge=0)
    sale = replace(sale, rounding=0, payments=(), tip=0)
    return [compose(sale, TERMS[Form.VAT], identity(Form.VAT, place)) for place in (1, 2)], [sale, sale]


def test_a_wrong_rate_on_many_receipts() -> None:
    originals, sales = two()
    right = [replace(sale, lines=(replace(sale.lines[0], vat_rate="10%"),)) for sale in sales]
    made = correct(originals, right, Relation.ADJUSTS_MANY, Form.VAT)
    assert made is not None
    assert made.invoice.total == 0
    assert [(total.rate, total.net, total.tax) for total in made.invoice.rate_totals] == [
        ("10%", 90_909, 9_091),
        ("8%", -92_592, -7_408),
    ]
    assert made.invoice.related is not None
    assert (made.invoice.related.kind, made.invoice.statement_no) == (Relation.ADJUSTS_MANY, "BK-1")
    assert [line.name for line in made.invoice.lines][:1] == ["Điều chỉnh hóa đơn C26MAA-1 ngày 23/11/2026"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda o, s: (o[:1], s[:1]), "2 to 500"),
        (lambda o, s: ([o[0], o[0]], s), "named twice"),
        (lambda o, s: ([o[0], replace(o[1], buyer=replace(o[1].buyer, name="KHÁC"))], s), "different buyers"),
        (lambda o, s: ([o[0], replace(o[1], form=Form.SALES)], s), "another form"),
        (lambda o, s: (o, [s[0], replace(s[1], prices_include_vat=False, vat=0)]), "prices without VAT"),
        (lambda o, s: ([o[0], replace(o[1], currency="USD")], s), "foreign currency"),
        (lambda o, s: ([o[0], replace(o[1], trade_discount=5)], s), "reduction"),
        (lambda o, s: (o, s), "nothing would change"),
    ],
)
def test_what_cannot_be_corrected_together(change: object, words: str) -> None:
    originals, sales = change(*two())  # type: ignore[operator]
    with pytest.raises(CorrectionRefused, match=words) as raised:
        correct_many(
            originals, sales, Relation.ADJUSTS_MANY, TERMS[Form.VAT], identity(Form.VAT, 9), "sai", "BK-1"
        )
    assert raised.value.advice_vi


@pytest.mark.parametrize("reason", ["", "  ", "x" * 256])
def test_a_reason_is_needed(reason: str) -> None:
    originals, sales = two()
    with pytest.raises(CorrectionRefused, match="reason"):
        correct_many(
            originals, sales, Relation.ADJUSTS_MANY, TERMS[Form.VAT], identity(Form.VAT, 9), reason, "BK-1"
        )


def test_older_versions_have_no_list() -> None:
    originals, sales = two()
    terms = replace(TERMS[Form.VAT], version="2.0.1")
    with pytest.raises(CorrectionRefused, match="has no list"):
        correct_many(originals, sales, Relation.ADJUSTS_MANY, terms, identity(Form.VAT, 9), "sai", "BK-1")
