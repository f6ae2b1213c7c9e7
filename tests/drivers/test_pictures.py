"""Receipts that are pictures: rebuilt to the dot, read exactly or given to a person."""

from __future__ import annotations

import copy
import doctest
import sys
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageChops
from rendered_receipts import COMMANDS, NOISES, draw_rows, gs_v, rendered

from drivers.errors import PictureReaderMissing
from drivers.picture import draw
from drivers.raster import is_picture, names, read_picture, tesseract
from drivers.raster.doubts import doubts
from drivers.raster.graphics import LONGEST, Graphics
from drivers.raster.ink import lines_of, softened
from drivers.raster.reader import look, reading_of
from drivers.raster.rebuilding import rebuilt
from drivers.raster.repair import repaired
from drivers.raster.rows import PaperRow, paper_of
from drivers.raster.wording import UNSEEN, Letter, Wording, _seen_by_passes
from drivers.reading import read_paper, read_receipt
from drivers.sheet import MARGIN
from invoice.sale import Kind

ROWS = ["Số HĐ: HD12", "Cà phê sữa      2   25.000   50.000", "Tổng cộng:               50.000"] * 4
SOLD = (
    "Số HĐ: HD000128",
    "Ngày: 14/03/2026 09:15",
    "--------------------------------",
    "Cà phê sữa",
    "2 x 25.000                50.000",
    "Bánh mì",
    "3 x 20.000                60.000",
    "--------------------------------",
    "Tổng cộng:               110.000",
)


def drawn(rows: list[str] = ROWS, dots: int = 576) -> Image.Image:
    """Rows as dots."""
    return NOISES["clean"](draw_rows(rows, "Noto Sans", dots, fixed=False), Random(1))  # noqa: S311


def test_the_examples() -> None:
    assert doctest.testmod(names).failed == 0


def test_a_word_that_no_pass_has_seen_is_in_doubt() -> None:
    said = Wording(tuple(Letter(one) for one in "Tiền hànd"))
    seen = _seen_by_passes(said, ["Tiền hàng", "Tiền hàng:", "Tiền hang"])
    assert {letter.sure for letter in seen.letters[:5]} == {1.0}
    assert {letter.sure for letter in seen.letters[5:]} == {UNSEEN}
    assert {letter.folded for letter in seen.letters[5:]} == {UNSEEN}
    once = _seen_by_passes(said, ["Tiền hànd", "Tiền hàng", "Tiền hàng"])
    assert {letter.sure for letter in once.letters[5:]} == {UNSEEN}
    assert {letter.folded for letter in once.letters} == {1.0}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_picture_is_rebuilt_to_the_dot(command: str) -> None:
    picture = drawn()
    sheet = rebuilt(b"\x1b@" + COMMANDS[command](picture) + b"\n\x1dVB\x00")
    shown = sheet.picture().crop((0, MARGIN, 576, MARGIN + picture.height))
    assert ImageChops.difference(shown, picture).getbbox() is None
    assert sheet.letters == []


@pytest.mark.parametrize(("mode", "wide", "high"), [(0, 1, 1), (1, 2, 1), (2, 1, 2), (3, 2, 2), (51, 2, 2)])
def test_dots_of_twice_the_size(mode: int, wide: int, high: int) -> None:
    picture = drawn(["Bia   10.000"], 200)
    shown = next(iter(Graphics().take(gs_v(picture, mode)))).image
    across = -(-picture.width // 8) * 8
    assert shown.size == (across * wide, picture.height * high)
    assert (
        ImageChops.difference(
            shown.resize((across, picture.height), 0).crop((0, 0, *picture.size)), picture
        ).getbbox()
        is None
    )


def test_tones_are_laid_over_each_other() -> None:
    head = b"\x30\x70\x34\x01\x01"
    size = b"\x08\x00\x01\x00"
    printer = Graphics()
    for colour, bits in ((49, b"\xff"), (50, b"\xf0"), (51, b"\xf0"), (52, b"\xf0")):
        body = head + bytes((colour,)) + size + bits
        assert list(printer.take(b"\x1d(L" + len(body).to_bytes(2, "little") + body)) == []
    shown = next(iter(printer.take(b"\x1d(L\x02\x00\x30\x32"))).image
    assert list(shown.get_flattened_data()) == [0, 0, 0, 0, 238, 238, 238, 238]


def test_letters_and_pictures_in_the_order_of_the_paper() -> None:
    """A program that draws the lines its printer has no letters for: nothing of either is lost or moved."""
    above, below = drawn(["Cà phê sữa"], 384), drawn(["Bánh mì"], 384)
    sheet = rebuilt(b"So HD: 12\n" + gs_v(above) + b"2 x 25.000   50.000\n" + gs_v(below) + b"20.000\n")
    tops = [(one.text, one.top) for one in sheet.letters]
    assert [text for text, _ in tops] == ["So HD: 12", "2 x 25.000   50.000", "20.000"]
    first, second = (line.top for line in lines_of(softened(sheet.picture())))
    assert tops[0][1] < first < tops[1][1] < second < tops[2][1]


def test_what_is_a_picture() -> None:
    one = rendered(1)
    assert is_picture(one.data)
    assert is_picture(b"Mo ngan keo\n" + one.data)
    assert not is_picture(b"\n".join(row.encode() for row in one.rows))
    logo = COMMANDS["GS v 0"](Image.new("L", (384, 100), 0))
    assert not is_picture(logo + "\n".join(one.rows).encode() + b"x" * 100)
    assert not is_picture(b"")


def test_exact_or_quarantined() -> None:
    """The short form of ``make pictures``."""
    exact = 0
    shown = [rendered(seed) for seed in range(100, 106)]
    goods = {line.name for one in shown if one.truth.sale for line in one.truth.sale.lines}
    for one in shown:
        seen = look(one.data, 300)
        again = copy.deepcopy(seen.lines)
        reading = reading_of(seen, None, goods=goods)
        seen.lines[:] = again
        if reading.kind is Kind.SALE:  # of a shop that has never sold such goods it is for a person
            assert reading_of(seen, None).kind is Kind.QUARANTINED
        if reading.kind is Kind.QUARANTINED:
            assert reading.problems
        else:
            assert (reading.kind, reading.sale) == (one.truth.kind, one.truth.sale), one.about
            exact += reading.kind is Kind.SALE
    assert exact


def test_text_alone_is_read_as_text_is() -> None:
    text = "Số: A12\nNgày: 01/02/2026 10:00\nBia   2   10.000   20.000\nTổng cộng:   20.000"
    assert read_picture(text.encode()).sale == read_receipt(text.encode()).sale


def _rows(doubtful: str = "", row: int = -1) -> list[PaperRow]:
    """``SOLD``, every letter sure but those of one row that are among ``doubtful``."""
    return [
        PaperRow(
            text,
            tuple(
                Letter(letter, 0.7 if place == row and letter in doubtful else 1.0)
                for letter in text
                if letter != " "
            ),
        )
        for place, text in enumerate(SOLD)
    ]


@pytest.mark.parametrize(
    ("row", "letters", "named"),
    [
        (0, "1", "receipt number"),
        (1, "4", "time"),
        (3, "ê", "letters"),
    ],
)
def test_what_no_sum_proves_must_be_sure(row: int, letters: str, named: str) -> None:
    sure, doubtful = _rows(), _rows(letters, row)
    reading = read_paper(paper_of(sure))
    assert list(doubts(reading, sure, [])) == []
    assert any(named in one for one in doubts(reading, doubtful, []))


def test_another_reading_of_the_rest_calls_a_person() -> None:
    rows = _rows()
    reading = read_paper(paper_of(rows))
    copy = read_paper(paper_of([PaperRow("HÓA ĐƠN (BẢN SAO)"), *rows]))
    assert copy.kind is Kind.REPRINT
    assert list(doubts(reading, rows, [copy]))


def test_one_digit_is_put_right_where_the_sums_leave_one_answer() -> None:
    rows = _rows("6", 6)
    text = SOLD[6].replace("60.000", "80.000")
    letters = tuple(Letter(one, 0.7, 0.7, "56") if one == "8" else Letter(one) for one in text if one != " ")
    rows[6] = PaperRow(text, letters)
    assert read_paper(paper_of(rows)).kind is Kind.QUARANTINED
    found = repaired(rows, None)
    assert found is not None
    assert found.reading.sale == read_paper(paper_of(_rows())).sale
    assert "60.000" in found.change


def test_a_digit_that_is_sure_is_not_changed() -> None:
    rows = _rows()
    rows[6] = PaperRow(SOLD[6].replace("60.000", "80.000"), tuple(map(Letter, SOLD[6].replace(" ", ""))))
    assert repaired(rows, None) is None


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program in tesseract's place."""
    path = tmp_path / "tesseract"
    monkeypatch.setattr("shutil.which", lambda _: str(path) if path.exists() else None)
    tesseract.program.cache_clear()
    yield path
    tesseract.program.cache_clear()


def _stand_in(path: Path, what: str) -> None:
    path.write_text(f'#!/bin/sh\n[ "$1" != --list-langs ] || {{ echo vie; exit 0; }}\n{what}\n')
    path.chmod(0o755)


@pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell programs")
@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("exec sleep 60", "took more than"),
        ("kill -SEGV $$", "ended with"),
        ("echo out of memory >&2; exit 1", "out of memory"),
    ],
)
def test_a_reader_that_fails_calls_a_person(program: Path, what: str, why: str) -> None:
    _stand_in(program, what)
    reading = read_picture(gs_v(drawn()), patience=1)
    assert reading.kind is Kind.QUARANTINED
    assert why in reading.problems[0]


@pytest.mark.skipif(sys.platform == "win32", reason="stand-ins are shell programs")
def test_garbage_of_the_reader_is_no_sale(program: Path) -> None:
    _stand_in(program, "cat >/dev/null; printf '5\\t1\\n5\\tx\\ty\\n\\xff\\xfe'")
    assert read_picture(gs_v(drawn()), patience=60).kind is Kind.QUARANTINED


def test_without_the_reader_it_is_said_what_to_install(program: Path) -> None:
    with pytest.raises(PictureReaderMissing) as missing:
        read_picture(gs_v(drawn()))
    assert "apt-get" in missing.value.advice_en
    if sys.platform != "win32":
        program.write_text("#!/bin/sh\necho eng\n")
        program.chmod(0o755)
        with pytest.raises(PictureReaderMissing):
            read_picture(gs_v(drawn()))


@pytest.mark.parametrize(
    "data",
    [
        b"\x1dv0\x00\xff\xff\xff\xff" + bytes(2000),
        b"\x1dv0\x00\x48\x00\xff\xff" + b"\xff" * 100_000,
        b"\x1d8L\xff\xff\xff\x7f\x30\x70" + bytes(5000),
        b"\x1d*\xff\xff" + b"\xff" * (255 * 255 * 8) + b"\x1d/\x03" * 5000,
        b"\x1b*rA" + b"\x1b*rY60000\x00b\x01\x00\xff" * 3000,
        b"\x1b*\x21\xff\xff" + b"\xaa" * 3000,
    ],
    ids=[
        "no end",
        "endless height",
        "a length of two gigabytes",
        "one picture 5000 times",
        "feeds",
        "a band cut off",
    ],
)
def test_broken_pictures_are_bounded(data: bytes) -> None:
    sheet = rebuilt(data)
    assert sheet.picture().height <= LONGEST
    assert draw(data).height <= LONGEST
    assert read_picture(data, patience=60).kind is Kind.QUARANTINED
