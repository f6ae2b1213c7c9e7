"""What is encoded reads back the same; one encoding is decided for a whole text."""

import pytest

from drivers.encoding import decide, decode, encode

TEXT = "Cà phê sữa đá, bánh mì thịt nướng, phở bò tái, quẩy giòn, ướt át, mỹ nghệ"


@pytest.mark.parametrize("encoding", ["utf-8", "cp1258", "tcvn3"])
def test_round_trip_and_detection(encoding: str) -> None:
    data = encode(TEXT, encoding)
    assert decode(data, encoding) == TEXT
    assert decide(data, None) == encoding


def test_unaccented() -> None:
    assert encode("Đá viên", "ascii") == b"Da vien"
    assert decide(b"Da vien", 30) == "ascii"
