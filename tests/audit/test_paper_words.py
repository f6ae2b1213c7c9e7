"""The auditor's own reading of papers: never another amount than the printed one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.paper_text import letters_of, plain, text_of
from audit.paper_words import read_paper
from drivers.encoding import encode
from invoice.sale import Kind

DATA = Path(__file__).parents[1] / "data"
PAPERS = sorted([*(DATA / "receipts").glob("*.prn"), *(DATA / "receipts_other").glob("*.prn")])
sys.path.insert(0, str(Path(__file__).parents[1] / "drivers"))
LETTERS = "Tổng cộng tiền hàng: Nguyễn Thị Ngọc Ánh, Đường Lê Lợi, Quận Ngũ Hành Sơn, phở bò, gỏi cuốn, ly, ý"


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_every_example_is_read(path: Path) -> None:
    truth = json.loads(path.with_suffix(".json").read_text("utf-8"))
    words = read_paper(path.read_bytes())
    if truth["kind"] != "quarantined":
        assert words.kind == truth["kind"]
    if truth["kind"] in {"sale", "reprint", "provisional", "refund"}:
        assert words.total == truth["total"]
        assert words.receipt_no == truth["receipt_no"]
        assert words.printed_at is not None
    if truth["kind"] == "report":
        assert ("tong doanh thu", 12_560_000) in words.totals


def test_papers_of_every_layout_are_read_without_a_wrong_amount() -> None:
    from made_receipts import make

    seen = 0
    for seed in range(250):
        for kind in (Kind.SALE, Kind.PROVISIONAL, Kind.REFUND, Kind.REPRINT):
            made = make(seed, kind)
            words = read_paper(made.data)
            assert words.kind == kind, made.rows
            assert words.total in {None, made.total}, made.rows
            assert words.receipt_no in {None, made.receipt_no}, made.rows
            seen += words.total is not None
    assert seen > 950


@pytest.mark.parametrize("encoding", ["utf-8", "cp1258", "tcvn3", "vni", "viscii"])
def test_every_encoding_is_known(encoding: str) -> None:
    data = b"\x1b@\x1ba\x01" + encode(LETTERS, encoding) + b"\n\x1dV\x00"
    assert plain(text_of(data)) == plain(LETTERS)


def test_commands_and_pictures_are_no_letters() -> None:
    picture = b"\x1dv0\x00\x02\x00\x03\x00" + b"TONGCO" + b"\x1b*\x21\x02\x00" + b"abcdef"
    code = b"\x1dkI\x05HD123" + b"\x1d(k\x03\x00\x31\x43\x08" + b"\x1bD\x08\x10\x00"
    assert letters_of(b"\x1b@A" + picture + b"B" + code + b"C\x1dVB\x00D\x10\x04\x01") == b"ABCD"


@given(st.binary(max_size=400))
def test_garbage_is_read_as_something_or_nothing(data: bytes) -> None:
    words = read_paper(data)
    assert words.total is None or isinstance(words.total, int)


def test_two_different_amounts_to_pay_are_none() -> None:
    text = "HÓA ĐƠN\nTổng cộng: 50.000\nTổng cộng: 60.000\n"
    assert read_paper(text.encode()).total is None
