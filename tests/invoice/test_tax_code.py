"""Tax codes: the check digit, the three forms, and everything that is none of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.errors import TaxCodeInvalid
from invoice.tax_code import bare, checked_tax_code

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def check_digit(nine: str) -> int:
    return 10 - sum(int(digit) * weight for digit, weight in zip(nine, WEIGHTS, strict=True)) % 11


@pytest.mark.parametrize(
    "code",
    [
        "0409990010",
        "0107001729",  # the regulation's example
        "0100109106",  # Viettel, VNPT, Vietcombank, Petrolimex: printed on their own invoices
        "0100684378",
        "0100112437",
        "0100107370",
        "0100109106-001",
        "0409990010-999",
        "048099001234",
    ],
)
def test_real_forms_are_taken(code: str) -> None:
    assert checked_tax_code(f" {code}\n") == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("", "not of the form"),
        ("0", "not of the form"),
        ("040999001", "not of the form"),
        ("04099900100", "not of the form"),
        ("0409990010-", "not of the form"),
        ("0409990010-01", "not of the form"),
        ("0409990010-0001", "not of the form"),
        ("0409990010 001", "not of the form"),
        ("0409990010001", "not of the form"),
        ("0409 990 010", "not of the form"),
        ("O409990010", "not of the form"),
        ("٠٤٠٩٩٩٠٠١٠", "not of the form"),
        ("0409990010\n-001", "not of the form"),
        ("04809900123", "not of the form"),
        ("0480990012345", "not of the form"),
        ("0409990011", "check digit"),
        ("0409990011-001", "check digit"),
        ("4009990010", "check digit"),
    ],
)
def test_wrong_codes_are_refused_with_advice(code: str, reason: str) -> None:
    with pytest.raises(TaxCodeInvalid, match=reason) as refused:
        checked_tax_code(code)
    assert refused.value.code == "E-INV-004"
    assert "mã số thuế" in refused.value.advice("vi")
    assert "tax code" in refused.value.advice("en")


@given(st.integers(0, 10**9 - 1))
def test_exactly_one_tenth_digit_fits_or_none(number: int) -> None:
    nine = f"{number:09d}"
    fitting = []
    for digit in range(10):
        try:
            fitting.append(checked_tax_code(f"{nine}{digit}"))
        except TaxCodeInvalid:
            continue
    right = check_digit(nine)
    assert fitting == ([f"{nine}{right}"] if right < 10 else [])


@given(
    st.integers(0, 10**9 - 1).filter(lambda n: check_digit(f"{n:09d}") < 10),
    st.integers(0, 8),
    st.integers(1, 9),
)
def test_one_mistyped_digit_is_always_found(number: int, place: int, more: int) -> None:
    nine = f"{number:09d}"
    code = f"{nine}{check_digit(nine)}"
    wrong = f"{code[:place]}{(int(code[place]) + more) % 10}{code[place + 1 :]}"
    with pytest.raises(TaxCodeInvalid):
        checked_tax_code(wrong)


@given(st.text(max_size=20))
def test_any_text_is_a_code_or_a_clear_error(text: str) -> None:
    try:
        code = checked_tax_code(text)
    except TaxCodeInvalid:
        return
    assert code == text.strip()
    assert bare(code).isascii()
    assert bare(code).isdecimal()


def test_the_bare_code_has_no_dash() -> None:
    assert bare("0409990010-001") == "0409990010001"
    assert bare("0409990010") == "0409990010"
