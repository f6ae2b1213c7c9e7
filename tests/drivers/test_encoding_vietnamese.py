"""Every Vietnamese encoding: its letters, and that it is known by its bytes, whatever the table says."""

import json
from pathlib import Path
from unicodedata import is_normalized, normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.encoding import decide, decide_runs, decode, encode, run_encoding
from drivers.encoding.charsets import TCVN3, TCVN3_CAPITALS, TONES, VISCII, VNI
from drivers.encoding.pages import VIETNAMESE, page_encoding
from drivers.encoding.syllable import is_syllable

DATA = Path(__file__).parent.parent / "data"
VOWELS = "aăâeêioôơuưy"
SMALL = [normalize("NFC", vowel + tone) for vowel in VOWELS for tone in ("", *TONES)] + ["đ"]
NAMES = sorted(
    {
        line["name"]
        for path in (DATA / "receipts").glob("*.json")
        for line in json.loads(path.read_text("utf-8")).get("lines", [])
        if not line["name"].isascii()
    }
)
RECEIPT = "HOÁ ĐƠN BÁN LẺ\nSố: HD000123\nThu ngân: Hương\n{}\nTổng cộng: 85.000đ\nTiền mặt\nCảm ơn quý khách!"
ENCODINGS = ["utf-8", "cp1258", "tcvn3", "vni", "viscii"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_letter(encoding: str) -> None:
    assert len(SMALL) == 12 * 6 + 1
    for letter in SMALL:
        assert decode(encode(letter, encoding), encoding) == letter
        capital = letter.upper()
        shown = decode(encode(capital, encoding), encoding)
        if encoding == "tcvn3":
            assert shown in {letter, capital}  # the font makes capitals
        elif encoding == "viscii" and capital in "ẲẴẪỶỸỴ":
            assert shown == {"Ẳ": "A", "Ẵ": "A", "Ẫ": "A"}.get(capital, "Y")  # control codes
        else:
            assert shown == capital


def test_tables_are_one_letter_a_code() -> None:
    for table in (TCVN3, TCVN3_CAPITALS, VISCII):
        assert len(table) == 256
        assert table[:128] == "".join(map(chr, range(128)))
    letters = TCVN3[0xA1:].replace("\ufffd", "")
    assert sorted(letters) == sorted([*(letter for letter in SMALL if not letter.isascii()), *"ĂÂÊÔƠƯĐ"])
    assert len(set(VISCII)) == 256
    assert all(is_normalized("NFC", letter) for letter in VNI.values())


# Bytes written by hand from the standards, apart from the tables.
@pytest.mark.parametrize(
    ("encoding", "data", "text"),
    [
        (
            "tcvn3",
            "50 68 EB 20 62 DF 20 74 B8 69 20 AE 69 D6 6E",
            "Phở bò tái điện",
        ),
        ("vni", "50 68 F4 FB 20 62 6F F8 20 74 61 F9 69 20 F1 69 65 E4 6E", "Phở bò tái điện"),
        ("viscii", "50 68 B7 20 62 F2 20 74 E1 69 20 F0 69 AE 6E", "Phở bò tái điện"),
        ("cp1258", "50 68 F5 D2 20 62 F2", "Phở ḅ"),
        ("cp1258", "50 68 F5 D2 20 62 6F CC 20 74 E1 69 20 F0 69 EA F2 6E", "Phở bò tái điện"),
    ],
)
def test_bytes_by_hand(encoding: str, data: str, text: str) -> None:
    assert decode(bytes.fromhex(data), encoding) == normalize("NFC", text)


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None)
@given(names=st.lists(st.sampled_from(NAMES), max_size=4), table=st.none() | st.integers(0, 255))
def test_a_receipt_is_known_by_its_bytes_whatever_the_table_says(
    encoding: str, names: list[str], table: int | None
) -> None:
    text = RECEIPT.format("\n".join(names))
    data = encode(text, encoding)
    found = decide(data, table)
    assert found.removesuffix("-capitals") == encoding
    if encoding in {"utf-8", "cp1258", "vni"}:
        assert decode(data, found) == text


@pytest.mark.parametrize(("encoding", "table"), [("tcvn3", 30), ("cp1258", 52), ("cp1258", 27)])
@pytest.mark.parametrize("name", NAMES)
def test_a_single_name_with_the_tables_help(encoding: str, table: int, name: str) -> None:
    data = encode(name, encoding)
    assert decode(data, decide(data, table)) == decode(data, encoding)


@settings(deadline=None)
@given(st.binary(max_size=200), st.none() | st.integers(0, 600))
def test_any_bytes_decode_to_normal_text(data: bytes, table: int | None) -> None:
    text = decode(data, decide(data, table))
    assert is_normalized("NFC", text)
    assert "\xa0" not in text


def test_table_31_shows_capitals() -> None:
    data = encode("đường", "tcvn3")
    assert decode(data, decide(data, 31)) == "ĐưỜng".replace("ưỜ", "ƯỜ")
    runs = [(encode("Phở bò tái, cà phê sữa đá", "tcvn3"), 30), (data, 31)]
    assert decide_runs(runs) == "tcvn3"
    assert [run_encoding("tcvn3", table) for _, table in runs] == ["tcvn3", "tcvn3-capitals"]


def test_a_cut_letter_does_not_hide_utf8() -> None:
    data = "Cà phê sữa đá, bánh mì thịt nướng, phở bò tá".encode()[:-1] + b"  25.000\n"
    assert decide(data, 52) == "utf-8"


@pytest.mark.parametrize(
    ("data", "table", "encoding"),
    [
        (b"25.000\xf0", None, "cp1258"),
        (b"25.000\xae", None, "tcvn3"),
        (b"25.000\xf1", None, "vni"),
        ("Tschüß, größere Äpfel".encode("cp850"), 2, "cp850"),
        ("Съешь ещё этих булок".encode("cp866"), 17, "cp866"),
        ("Ξεσκεπάζω την".encode("cp1253"), 17, "cp1253"),  # Xprinter's number for it
        (b"plain", 30, "ascii"),
    ],
)
def test_decided(data: bytes, table: int | None, encoding: str) -> None:
    assert decide(data, table) == encoding


def test_tables_are_codecs_that_can_be_used() -> None:
    for table in range(600):
        name = page_encoding(table)
        assert name is None or decode(b"A", name) == "A"
    assert VIETNAMESE[30] == page_encoding(30)


@pytest.mark.parametrize("word", ["nghiêng", "Khuỷu", "quyển", "giếng", "xoong", "thuở", "Nguyễn", "yến"])
def test_syllables(word: str) -> None:
    assert is_syllable(word)


@pytest.mark.parametrize("word", ["cáà", "pheâ", "xyz", "tòt", "thich®", "ngghe", "ÀÁ"])
def test_not_syllables(word: str) -> None:
    assert not is_syllable(word)
