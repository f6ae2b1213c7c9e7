"""Vietnamese number words: the hard ones by table, all of them by reading the words back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.errors import FieldInvalid
from invoice.words import amount_in_words, dong_in_words

NINES = "chín trăm chín mươi chín"
HARD_WORDS = [
    (0, "Không"),
    (1, "Một"),
    (4, "Bốn"),
    (5, "Năm"),
    (10, "Mười"),
    (11, "Mười một"),
    (14, "Mười bốn"),
    (15, "Mười lăm"),
    (20, "Hai mươi"),
    (21, "Hai mươi mốt"),
    (24, "Hai mươi tư"),
    (25, "Hai mươi lăm"),
    (44, "Bốn mươi tư"),
    (55, "Năm mươi lăm"),
    (91, "Chín mươi mốt"),
    (100, "Một trăm"),
    (101, "Một trăm lẻ một"),
    (104, "Một trăm lẻ bốn"),
    (105, "Một trăm lẻ năm"),
    (110, "Một trăm mười"),
    (111, "Một trăm mười một"),
    (115, "Một trăm mười lăm"),
    (121, "Một trăm hai mươi mốt"),
    (555, "Năm trăm năm mươi lăm"),
    (1_000, "Một nghìn"),
    (1_001, "Một nghìn không trăm lẻ một"),
    (1_010, "Một nghìn không trăm mười"),
    (1_024, "Một nghìn không trăm hai mươi tư"),
    (1_100, "Một nghìn một trăm"),
    (10_000, "Mười nghìn"),
    (15_005, "Mười lăm nghìn không trăm lẻ năm"),
    (21_021, "Hai mươi mốt nghìn không trăm hai mươi mốt"),
    (105_000, "Một trăm lẻ năm nghìn"),
    (1_000_000, "Một triệu"),
    (1_000_001, "Một triệu không trăm lẻ một"),
    (1_001_000, "Một triệu không trăm lẻ một nghìn"),
    (1_359_600, "Một triệu ba trăm năm mươi chín nghìn sáu trăm"),
    (24_004_024, "Hai mươi tư triệu không trăm lẻ bốn nghìn không trăm hai mươi tư"),
    (1_000_000_000, "Một tỷ"),
    (1_000_000_005, "Một tỷ không trăm lẻ năm"),
    (1_005_000_000, "Một tỷ không trăm lẻ năm triệu"),
    (2_147_483_647, "Hai tỷ một trăm bốn mươi bảy triệu bốn trăm tám mươi ba nghìn sáu trăm bốn mươi bảy"),
    (10**12, "Một nghìn tỷ"),
    (1_005 * 10**9, "Một nghìn không trăm lẻ năm tỷ"),
    (10**15 - 1, f"{NINES} nghìn {NINES} tỷ {NINES} triệu {NINES} nghìn {NINES}".capitalize()),
    (10**15, "Một triệu tỷ"),
    (10**15 + 1, "Một triệu tỷ không trăm lẻ một"),
    (10**18, "Một tỷ tỷ"),
]


@pytest.mark.parametrize(("amount", "words"), HARD_WORDS)
def test_hard_words(amount: int, words: str) -> None:
    assert dong_in_words(amount) == f"{words} đồng"


@pytest.mark.parametrize(("amount", "words"), HARD_WORDS[1:])
def test_negative_amounts_begin_with_am(amount: int, words: str) -> None:
    assert dong_in_words(-amount) == f"Âm {words[0].lower()}{words[1:]} đồng"


_ONES = {"không": 0, "một": 1, "hai": 2, "ba": 3, "bốn": 4, "năm": 5, "sáu": 6, "bảy": 7, "tám": 8, "chín": 9}
_ONES |= {"mốt": 1, "tư": 4, "lăm": 5}


def understood(words: list[str]) -> int:
    """Reads number words as a person does, from the largest scale word down; knows nothing of the writer."""
    for scale, size in (("tỷ", 10**9), ("triệu", 10**6), ("nghìn", 10**3), ("trăm", 100), ("mươi", 10)):
        if scale in words:
            place = len(words) - 1 - words[::-1].index(scale)
            return understood(words[:place]) * size + understood(words[place + 1 :])
    if "mười" in words:
        return 10 + understood(words[words.index("mười") + 1 :])
    rest = [word for word in words if word != "lẻ"]
    assert len(rest) <= 1
    return _ONES[rest[0]] if rest else 0


@given(st.one_of(st.integers(0, 10**15), st.integers(0, 10**6), st.integers(0, 15).map(lambda n: 10**n + 5)))
def test_words_say_the_amount_so_distinct_amounts_have_distinct_words(amount: int) -> None:
    said = dong_in_words(amount).lower().removesuffix(" đồng").split()
    assert understood(said) == amount


def test_every_amount_up_to_ten_thousand_is_said_rightly() -> None:
    for amount in range(10_001):
        assert understood(dong_in_words(amount).lower().removesuffix(" đồng").split()) == amount


@given(st.integers(-(10**15), 10**15))
def test_the_field_has_room(amount: int) -> None:
    words = dong_in_words(amount)
    assert len(words) <= 255
    assert words[0].isupper()
    assert words.startswith("Âm ") == (amount < 0)


@pytest.mark.parametrize(
    ("amount", "currency", "words"),
    [
        ("13800.25", "USD", "Mười ba nghìn tám trăm đô la Mỹ và hai mươi lăm xu"),
        ("5000", "EUR", "Năm nghìn euro"),
        ("0.05", "USD", "Không đô la Mỹ và năm xu"),
        ("1.10", "USD", "Một đô la Mỹ và mười xu"),
        ("21.21", "SGD", "Hai mươi mốt đô la Singapore và hai mươi mốt xu"),
        ("1000000", "JPY", "Một triệu yên Nhật"),
        ("88.08", "CNY", "Tám mươi tám nhân dân tệ và tám phân"),
        ("-2.5", "GBP", "Âm hai bảng Anh và năm mươi xu"),
        ("75000", "VND", "Bảy mươi lăm nghìn đồng"),
        ("0", "USD", "Không đô la Mỹ"),
        ("0E9", "USD", "Không đô la Mỹ"),
        ("1E3", "KRW", "Một nghìn won Hàn Quốc"),
    ],
)
def test_foreign_currency(amount: str, currency: str, words: str) -> None:
    assert amount_in_words(Decimal(amount), currency) == words


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        ("1.005", "USD", "more than 2 decimals"),
        ("0.5", "VND", "more than 0 decimals"),
        ("0.5", "JPY", "more than 0 decimals"),
        ("1", "XYZ", "known: VND, USD"),
        ("1", "usd", "known: VND, USD"),
        ("1." + "0" * 40 + "1", "USD", "more than 2 decimals"),
        ("1E999999", "USD", "not an amount"),
        ("1E-999999", "USD", "not an amount"),
        ("NaN", "USD", "not an amount"),
        ("Infinity", "USD", "not an amount"),
    ],
)
def test_amounts_without_words_are_refused(amount: str, currency: str, reason: str) -> None:
    with pytest.raises(FieldInvalid, match=reason):
        amount_in_words(Decimal(amount), currency)


@given(st.integers(-(10**15), 10**15))
def test_dong_are_said_alike_by_both(amount: int) -> None:
    assert amount_in_words(amount, "VND") == dong_in_words(amount)


@given(st.decimals(0, 10**13, places=2))
def test_cents_are_said_exactly(amount: Decimal) -> None:
    whole, _, cents = amount_in_words(amount, "USD").lower().removesuffix(" xu").partition(" đô la mỹ")
    said = understood(whole.split()) * 100 + understood(cents.removeprefix(" và").split())
    assert said == amount * 100
