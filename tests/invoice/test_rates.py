"""VAT rates and the VAT that a price contains: words, halves, and sums that never drift."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.errors import RateUnknown
from invoice.rates import Rate, contained_vat

WORDS = ["0%", "5%", "8%", "10%", "KCT", "KKKNT", "KHAC:03.50%", "KHAC:99.99%", "KHAC:00.00%"]


@pytest.mark.parametrize(
    ("word", "written", "basis_points"),
    [
        ("0%", "0%", 0),
        ("5%", "5%", 500),
        ("8%", "8%", 800),
        ("10%", "10%", 1000),
        (" 8% ", "8%", 800),
        ("KCT", "KCT", 0),
        ("kct", "KCT", 0),
        ("KKKNT", "KKKNT", 0),
        ("KHAC:3%", "KHAC:03.00%", 300),
        ("KHAC:3.5%", "KHAC:03.50%", 350),
        ("KHAC:03.50%", "KHAC:03.50%", 350),
        ("KHAC:12.05%", "KHAC:12.05%", 1205),
        ("khac:99.99%", "KHAC:99.99%", 9999),
    ],
)
def test_words_of_the_regulation(word: str, written: str, basis_points: int) -> None:
    assert Rate.parse(word) == Rate(written, basis_points)
    assert Rate.parse(written) == Rate(written, basis_points)


OTHER_WORDS = ["", "8", "8 %", "08%", "7%", "-8%", "8,0%", "8.0%", "0.08", "KHAC", "KHAC:", "KHAC:100%"]
OTHER_WORDS += [
    "KHAC:3.555%",
    "KHAC:-3%",
    "KHAC:3,5%",
    "KHAC:٣%",
    "CTTC",
    "10%%",
    "không chịu thuế",
    "8%\n10%",
]


@pytest.mark.parametrize("word", OTHER_WORDS)
def test_other_words_are_refused_with_advice(word: str) -> None:
    with pytest.raises(RateUnknown, match="known: 0%, 5%, 8%, 10%") as refused:
        Rate.parse(word)
    assert refused.value.code == "E-INV-003"
    assert "thuế suất" in refused.value.advice("vi")
    assert "rate" in refused.value.advice("en")


@pytest.mark.parametrize(
    ("gross", "word", "net", "vat"),
    [
        (75_000, "8%", 69_444, 5_556),
        (110_000, "10%", 100_000, 10_000),
        (105_000, "5%", 100_000, 5_000),
        (1, "10%", 1, 0),
        (0, "10%", 0, 0),
        (99_000, "KCT", 99_000, 0),
        (-75_000, "8%", -69_444, -5_556),
        (21, "5%", 20, 1),
        (10**15, "8%", 925_925_925_925_926, 74_074_074_074_074),
    ],
)
def test_contained_vat(gross: int, word: str, net: int, vat: int) -> None:
    assert contained_vat(gross, Rate.parse(word)) == (net, vat)


@given(st.integers(-(10**15), 10**15), st.sampled_from(WORDS))
def test_net_is_the_nearest_dong_and_the_sum_is_kept(gross: int, word: str) -> None:
    rate = Rate.parse(word)
    net, vat = contained_vat(gross, rate)
    assert net + vat == gross
    exact = Fraction(gross * 10_000, 10_000 + rate.basis_points)
    assert abs(net - exact) <= Fraction(1, 2)
    if abs(net - exact) == Fraction(1, 2):
        assert abs(net) > abs(exact)  # halves go away from zero
    assert abs(vat - net * Fraction(rate.basis_points, 10_000)) < 1


@given(st.integers(0, 10**15), st.sampled_from(WORDS))
def test_a_refund_takes_back_exactly_what_the_sale_took(gross: int, word: str) -> None:
    net, vat = contained_vat(gross, Rate.parse(word))
    assert contained_vat(-gross, Rate.parse(word)) == (-net, -vat)
