"""What stands on the paper, line by line."""

from pathlib import Path

import pytest

from drivers.encoding import encode
from drivers.paper import lay_out

DATA = Path(__file__).parent.parent / "data"


def lines_of(data: bytes) -> list[str]:
    return [line.text for line in lay_out(data).lines]


def test_languages_by_their_tables() -> None:
    """The public example that changes its table from word to word."""
    lines = lines_of((DATA / "escpos" / "character-encodings.prn").read_bytes())
    for wanted in (
        "Quizdeltagerne spiste jordbær med fløde, mens cirkusklovnen Wolther spillede på xylofon.",
        "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg.",
        "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία",
        "Glāžšķūņa rūķīši dzērumā čiepj Baha koncertflīģeļu vākus.",
        "Pchnąć w tę łódź jeża lub ośm skrzyń fig.",
        "В чащах юга жил бы цитрус? Да, но фальшивый экземпляр!",
    ):
        assert wanted in lines


@pytest.mark.parametrize(
    ("stream", "lines"),
    [
        (b"A\rB\rC\r", ["A", "B", "C"]),  # a register that ends lines with CR
        (b"A\r\nB\r\n", ["A", "B"]),
        (b"TONG\rTONG\n", ["TONGTONG"]),  # struck twice
        (b"A\x1bd\x03B\x1bJ\x10C\x1dV\x00D", ["A", "B", "C", "D"]),
        (b"25\x10\x04\x01.000\n", ["25.000"]),
        (b"A\x1bE\x01B\x1bE\x00C\n", ["ABC"]),
        (b"\x1bLfirst\x1d$\x40\x00second\x0cthird\n", ["first", "second", "third"]),
        (b"A\n\x1b=\x02\x0c90.000\n\x1b=\x01B\n", ["A", "B"]),  # shown on the customer's display
        (b"A\n\x1b=\x03both\n", ["A", "both"]),
        (b"A\tB\n", ["A\tB"]),
        (b"Tra\x1b$\x78\x002\x1b$\xf0\x0090.000\n", ["Tra       2         90.000"]),  # columns by position
        (b"Tra\x1b\\\x54\x002\n", ["Tra       2"]),
        (b"\x1b$\xf0\x0090.000\x1b$\x00\x00Tra\n", ["Tra                 90.000"]),  # from right to left
        (b"Ca phe sua da lon\x1b$\x78\x002\n", ["Ca phe sua da lon  2"]),  # in a narrower font
        (b"\x1b$\x00\x00TONG\x1b$\x00\x00TONG\n\x1b$\x18\x00\n", ["TONG"]),  # struck twice
        (b"TO\x1b\\\x02\x00NG\n", ["TONG"]),  # a hair's breadth
        (b"\x1b\x1dA\x78\x00Tra\x1b\x1dR\x54\x002\n", ["          Tra       2"]),  # Star
        (b"\x1dv0\x00\x01\x00\x02\x00\x0a\x41x\n", ["x"]),
    ],
)
def test_lines(stream: bytes, lines: list[str]) -> None:
    assert lines_of(stream) == lines


def test_a_letter_with_its_bytes_on_both_sides_of_a_command() -> None:
    whole = "Phở bò".encode()
    assert lines_of(whole[:3] + b"\x10\x04\x01" + whole[3:] + b"\n") == ["Phở bò"]


def test_epsons_two_tables_of_tcvn3() -> None:
    small, capitals = encode("Cà phê sữa đá ", "tcvn3"), encode("phở", "tcvn3")
    assert lines_of(b"\x1bt\x1e" + small + b"\x1bt\x1f" + capitals + b"\n") == ["Cà phê sữa đá phỞ"]


@pytest.mark.parametrize("encoding", ["cp1258", "tcvn3", "vni", "viscii", "utf-8"])
def test_a_receipt_under_a_table_that_lies(encoding: str) -> None:
    text = "Cà phê sữa đá  25.000\nBánh mì thịt  20.000\nTổng cộng  45.000"
    paper = lay_out(b"\x1b@\x1bt\x10" + encode(text, encoding) + b"\n\x1dV\x00")
    assert paper.encoding == encoding
    assert paper.text == text
    assert paper.cuts == 1


def test_where_a_lines_bytes_are() -> None:
    (line,) = lay_out(b"\x1b@\x1ba\x01TONG\x1ba\x00 9\n").lines
    assert (line.start, line.end) == (5, 14)
