"""QR texts: published vectors, what is written is read back, what cannot be carried is refused."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.errors import FieldInvalid
from invoice.qr import (
    Payee,
    crc16,
    crc_fits,
    lookup_object,
    lookup_text,
    payment_and_lookup_text,
    payment_text,
    read_objects,
)

# Appendix XIII of Decision 1450/QĐ-TCT, and examples of NAPAS's format and of a bank's interface.
APPENDIX_XIII = (
    "00020101021202142657895426548904141568265489515426280010A0000007750110010700172952045499530370454061200"
    "005802VN5905DNXYZ6005HANOI62400115S757CK5HTIE918E0307SHOPXYZ0706XYZ00199740010A00000077501130107001729"
    "001020110306C21TYY04026805082021112106061200006304383C"
)
NAPAS_DYNAMIC = (
    "00020101021238570010A00000072701270006970403011300110123456780208QRIBFTTA530370454061800005802VN62340107"
    "NPS68690819thanh toan don hang63042E2E"
)
NAPAS_STATIC = (
    "00020101021138570010A00000072701270006970403011300110123456780208QRIBFTTA53037045802VN63049E6F"
)
SHOP = Payee("970403", "0011012345678")
DAY = date(2026, 11, 23)


def test_the_crc_of_the_catalogue() -> None:
    assert crc16("123456789") == 0x29B1
    assert crc16("") == 0xFFFF


@pytest.mark.parametrize("text", [APPENDIX_XIII, NAPAS_DYNAMIC, NAPAS_STATIC])
def test_published_codes_have_the_crc_we_compute(text: str) -> None:
    assert crc_fits(text)
    assert crc_fits(text[:-4] + text[-4:].lower())


@pytest.mark.parametrize("place", range(0, len(NAPAS_DYNAMIC), 7))
def test_a_changed_character_does_not_fit(place: int) -> None:
    other = "1" if NAPAS_DYNAMIC[place] != "1" else "2"
    assert not crc_fits(NAPAS_DYNAMIC[:place] + other + NAPAS_DYNAMIC[place + 1 :])


@pytest.mark.parametrize("text", ["", "6304", "63040000", "000201", "0002016304"])
def test_what_is_too_short_does_not_fit(text: str) -> None:
    assert not crc_fits(text)


def test_the_published_transfer_is_written_to_the_character() -> None:
    assert payment_text(SHOP, 180_000, "NPS6869", purpose="thanh toán đơn hàng") == NAPAS_DYNAMIC


def test_the_lookup_part_of_appendix_xiii_is_written_to_the_character() -> None:
    assert lookup_object("0107001729-001", 1, "C21TYY", 68, date(2021, 11, 21), 120_000) in APPENDIX_XIII
    assert lookup_text("0107001729-001", 1, "C21TYY", 68, date(2021, 11, 21), 120_000).startswith(
        "00020199740010A"
    )


def test_both_in_one_code_have_the_order_of_appendix_xiii() -> None:
    payee = Payee("970415", "113366668888", "Doanh nghiệp XYZ", "Hà Nội", "5499", "SHOPXYZ", "XYZ001")
    lookup = lookup_object("0409990010", 1, "C26MAA", 128, DAY, 120_000)
    text = payment_and_lookup_text(payee, 120_000, "HD000128", lookup)
    assert crc_fits(text)
    ours, example = dict(read_objects(text)), dict(read_objects(APPENDIX_XIII))
    assert [tag for tag in ours if tag != "38"] == [tag for tag in example if tag not in {"02", "04", "26"}]
    assert {tag: ours[tag] for tag in ("00", "01", "52", "53", "54", "58")} == {
        tag: example[tag] for tag in ("00", "01", "52", "53", "54", "58")
    }
    assert ours["59"] == "Doanh nghiep XYZ"
    assert ours["60"] == "Ha Noi"
    assert dict(read_objects(ours["62"])) == {
        "01": "HD000128",
        "03": "SHOPXYZ",
        "07": "XYZ001",
        "08": "HD000128",
    }
    assert dict(read_objects(ours["99"]))["06"] == ours["54"] == "120000"


def test_without_amount_the_code_is_static() -> None:
    assert dict(read_objects(payment_text(SHOP, None, "BAN 5")))["01"] == "11"
    assert "54" not in dict(read_objects(payment_text(SHOP, None, "BAN 5")))


@given(st.text(min_size=1, max_size=60), st.text(max_size=60), st.integers(1, 10**12), st.text(max_size=60))
def test_any_text_gives_a_plain_readable_code_or_an_error(
    reference: str, purpose: str, amount: int, name: str
) -> None:
    payee = Payee("970403", "0011012345678", name=name, city=name, shop=name)
    try:
        text = payment_text(payee, amount, reference, purpose=purpose)
    except FieldInvalid:
        # Only a reference that is empty or too long in plain letters may be the reason.
        assert not any(c.isascii() and c.isalnum() for c in reference) or len(reference) > 25
        return
    assert text.isascii()
    assert crc_fits(text)
    objects = dict(read_objects(text))
    assert objects["54"] == str(amount)
    assert len(objects.get("59", "")) <= 25
    assert len(objects.get("60", "")) <= 15
    assert all(1 <= len(value) <= 25 for _, value in read_objects(objects["62"]))


@given(st.text(max_size=200))
def test_reading_never_fails_otherwise_than_clearly(text: str) -> None:
    try:
        pairs = read_objects(text)
    except FieldInvalid:
        return
    assert "".join(f"{tag}{len(value):02d}{value}" for tag, value in pairs) == text


@pytest.mark.parametrize(
    "text",
    ["0", "00", "0002", "00020", "0000", "ab0201", "00x201", "000201540", "٠٠0201", "00٠201", "00²²01"],
)
def test_broken_texts_are_refused(text: str) -> None:
    with pytest.raises(FieldInvalid, match="broken at character"):
        read_objects(text)


@pytest.mark.parametrize(
    ("bank_bin", "account", "category"),
    [
        ("97040", "1", None),
        ("9704033", "1", None),
        ("97040a", "1", None),
        ("970403", "", None),
        ("970403", "1" * 20, None),
        ("970403", "12 34", None),
        ("970403", "1", "549"),
        ("970403", "1", "food"),
    ],
)
def test_a_payee_that_no_bank_knows_is_refused(bank_bin: str, account: str, category: str | None) -> None:
    with pytest.raises(FieldInvalid):
        Payee(bank_bin, account, category=category)


@pytest.mark.parametrize(
    ("amount", "reference"), [(0, "A"), (-1, "A"), (10**13, "A"), (1, ""), (1, "ê" * 26), (1, "…")]
)
def test_a_transfer_that_the_code_cannot_carry_is_refused(amount: int, reference: str) -> None:
    with pytest.raises(FieldInvalid):
        payment_text(SHOP, amount, reference)


def test_a_lookup_too_long_for_its_object_is_refused() -> None:
    with pytest.raises(FieldInvalid, match="object 99"):
        lookup_object("0" * 90, 1, "C26MAA", 128, DAY, 1)


def test_a_code_longer_than_dlqrcode_is_refused() -> None:
    with pytest.raises(FieldInvalid, match="at most 512"):
        payment_and_lookup_text(SHOP, 1, "A", "99" + "x" * 400)
