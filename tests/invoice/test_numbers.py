"""Symbols, titles and authority codes: their written forms, their ends, and no two alike."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.errors import NumbersExhausted, SymbolInvalid
from invoice.numbers import MAX_REGISTER, REGISTER_COUNTERS, TITLES, AuthorityCode, Form, Symbol


@pytest.mark.parametrize(
    ("text", "kind", "year", "letters"),
    [
        ("C26MAA", "C", 2026, "AA"),
        ("K25MYY", "K", 2025, "YY"),
        (" C00MZZ ", "C", 2000, "ZZ"),
        ("C99MQX", "C", 2099, "QX"),
    ],
)
def test_symbols_are_read_and_written(text: str, kind: str, year: int, letters: str) -> None:
    symbol = Symbol.parse(text)
    assert (symbol.kind, symbol.year, symbol.letters) == (kind, year, letters)
    assert str(symbol) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "C26TAA",  # an ordinary invoice's, not a cash register's
        "C26DAA",
        "c26MAA",
        "C26mAA",
        "C26Maa",
        "X26MAA",
        "1C26MAA",
        "C2026MAA",
        "C26MA",
        "C26MAAA",
        "C26M1A",
        "C26MĐA",
        "C26M A",
        "C2٦MAA",
        "C26MAA\nK26MAA",
    ],
)
def test_symbols_of_other_invoices_are_refused_with_advice(text: str) -> None:
    with pytest.raises(SymbolInvalid) as refused:
        Symbol.parse(text)
    assert refused.value.code == "E-INV-005"
    assert "C26MAA" in refused.value.advice("vi")
    assert "C26MAA" in refused.value.advice("en")


@given(
    st.sampled_from("CK"),
    st.integers(2000, 2099),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=2, max_size=2),
)
def test_what_is_written_is_read_back(kind: str, year: int, letters: str) -> None:
    symbol = Symbol(kind, year, letters)
    assert Symbol.parse(str(symbol)) == symbol


def test_at_the_turn_of_the_year_only_the_digits_change() -> None:
    assert [str(Symbol.of_year("AA", year)) for year in (2026, 2027, 2100)] == ["C26MAA", "C27MAA", "C00MAA"]
    with pytest.raises(SymbolInvalid):
        Symbol.of_year("A1", 2026)


def test_every_form_has_a_title() -> None:
    assert set(TITLES) == set(Form)


def test_the_regulations_example() -> None:
    assert str(AuthorityCode(2, 2025, "A1B2C", 1_234_567)) == "M2-25-A1B2C-00001234567"


@given(
    st.sampled_from(Form),
    st.integers(2025, 2099),
    st.integers(0, MAX_REGISTER),
    st.integers(1, REGISTER_COUNTERS - 1),
)
def test_codes_have_23_characters_and_tell_register_and_count(
    form: Form, year: int, register: int, count: int
) -> None:
    text = str(AuthorityCode.for_register(form, year, "SHNDN", register, count))
    assert len(text) == 23
    match = re.fullmatch(r"M([12])-(\d\d)-SHNDN-(\d{3})(\d{8})", text)
    assert match
    assert [int(group) for group in match.groups()] == [form, year % 100, register, count]


@given(
    st.lists(
        st.tuples(st.integers(0, MAX_REGISTER), st.integers(1, REGISTER_COUNTERS - 1)),
        unique=True,
        max_size=50,
    )
)
def test_no_two_registers_and_counts_share_a_code(places: list[tuple[int, int]]) -> None:
    codes = {str(AuthorityCode.for_register(Form.VAT, 2026, "SHNDN", *place)) for place in places}
    assert len(codes) == len(places)


@pytest.mark.parametrize("count", [-1, 0, REGISTER_COUNTERS, REGISTER_COUNTERS + 1])
def test_a_register_never_runs_into_its_neighbours_codes(count: int) -> None:
    with pytest.raises(NumbersExhausted) as refused:
        AuthorityCode.for_register(Form.VAT, 2026, "SHNDN", 1, count)
    assert refused.value.code == "E-INV-006"
    assert refused.value.exit_code == 3
    assert refused.value.advice("vi") != refused.value.advice("en")
