"""Print jobs of independent programs: the receipt they show, exact, or a person is asked."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from print_jobs import JOBS, ROWS, pdf, xps

from agent.cli import READ_PDF
from drivers.captured import Form
from drivers.errors import JobUnreadable
from drivers.jobs import apart, draw_pdf, form_of, lay_out_job, unfinished
from drivers.jobs.fonts import encoding_of, shown_as
from drivers.jobs.pdf import pages_of_pdf
from drivers.jobs.placed import Placed, rows_of_page
from drivers.seeing import picture_of
from drivers.understanding import understand
from invoice.sale import Kind

NAMES = ["Cà phê sữa đá", "Bánh mì thịt nướng", "Nước suối"]


def said(data: bytes) -> tuple[Form, list[str], int, str | None]:
    form = form_of(data)
    assert unfinished(data) == ""
    reading = understand(form, data, None)
    assert reading.kind is Kind.SALE, (reading.problems, reading.text)
    assert reading.sale is not None
    return form, [line.name for line in reading.sale.lines], reading.sale.total, reading.sale.receipt_no


@pytest.mark.parametrize(
    "name",
    [
        "chromium.pdf",
        "libreoffice.pdf",
        "libreoffice-unicode.emf",
        "libreoffice-tcvn3.emf",
        "libreoffice-vni.emf",
    ],
)
def test_a_job_of_another_program(name: str) -> None:
    data = (JOBS / name).read_bytes()
    assert said(data) == (Form(name[-3:]), NAMES, 88_000, "HD001234")


@pytest.mark.parametrize("name", ["wrapped-top.pdf", "wrapped-middle.pdf", "wrapped-bottom.pdf"])
def test_names_that_take_two_lines_of_their_cell(name: str) -> None:
    names = [
        "Bánh mì thịt nướng đặc biệt thêm trứng ốp la",
        "Cà phê sữa đá",
        "Trà đào cam sả ít đá nhiều đường",
    ]
    assert said((JOBS / name).read_bytes()) == (Form.PDF, names, 88_000, "HD001234")


def line(base: float, *words: str, size: float = 10) -> list[Placed]:
    """Words at the left, and at 100, 150, 200; a letter is 5 wide."""
    return [
        Placed(text, 50 * (place + bool(place)), 50 * (place + bool(place)) + 5 * len(text), base, size)
        for place, text in enumerate(words)
        if text
    ]


LONG = "Bánh mì thịt nướng"  # 90 wide: the column is full
GOODS = ("", "2", "25.000", "50.000")


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        # Closer to the figures below than to the row above, and no room for one more word.
        ([line(0, "Bia", "1", "9", "9"), line(14, LONG), line(26, "trứng", *GOODS[1:])], 2),
        ([line(0, "Bia", "1", "9", "9"), line(12, LONG), line(24, "trứng", *GOODS[1:])], 3),  # as close
        ([line(0, "Bia", "1", "9", "9"), line(14, "ĐỒ UỐNG"), line(26, "Trà", *GOODS[1:])], 3),  # a group
        ([line(0, "Bia", "1", "9", "9"), line(14, LONG.upper()), line(26, "Trà", *GOODS[1:])], 3),
        ([line(0, "Bia", "1", "9", "9"), line(14, LONG, size=12), line(26, "Trà", *GOODS[1:])], 3),
        ([line(0, "Bia", "1", "9", "9"), line(14, LONG), line(26, "+ ít đá", *GOODS[1:])], 3),  # a note
        ([line(0, "Bia", "1", "9", "9"), line(14, LONG), line(26, "trứng", "50.000")], 3),  # no table
        # Figures in the middle of a name's two lines; a note below is none of the name.
        ([line(0, LONG), line(6, *GOODS), line(12, "trứng")], 1),
        ([line(0, LONG), line(6, *GOODS), line(12, "+ ít đá")], 2),
        # A small letter raised above its word is no other cell.
        ([line(0, "", "2"), line(6, "Bia", "2")], 2),
        # The middle of a name of three lines.
        (
            [
                line(0, "Bia", "1"),
                line(14, LONG),
                line(26, LONG, *GOODS[1:]),
                line(38, "trứng"),
                line(52, "x"),
            ],
            3,
        ),
    ],
)
def test_what_is_one_row_of_a_table(lines: list[list[Placed]], rows: int) -> None:
    found = rows_of_page([one for pieces in lines for one in pieces], table=True)
    assert len(found) == rows, found


def test_postscript(tmp_path: Path) -> None:
    names = ["Ca phe sua da", "Banh mi thit", "Nuoc suoi"]
    assert said((JOBS / "plain.ps").read_bytes()) == (Form.POSTSCRIPT, names, 88_000, "HD001234")
    reading = understand("postscript", (JOBS / "cairo-without-letters.ps").read_bytes(), None)
    assert "unreadable bytes in the text" in reading.problems
    secret = tmp_path / "secret"
    secret.write_text("/Courier findfont 12 scalefont setfont 10 10 moveto (TONG CONG 1) show")
    job = f"%!PS\n({secret}) run showpage".encode()
    assert "TONG" not in understand("postscript", job, None).text


@pytest.mark.parametrize(
    ("font", "encoding"), [("", ""), (".VnTime", "tcvn3"), ("VNI-Times", "vni"), (".VnArial", "tcvn3")]
)
def test_fonts_of_old_codes_in_a_pdf(tmp_path: Path, font: str, encoding: str) -> None:
    assert said(pdf(tmp_path, font, encoding)) == (Form.PDF, NAMES, 88_000, "HD001234")


@pytest.mark.parametrize("advances", [True, False])
def test_xps(advances: bool) -> None:  # noqa: FBT001 - a parameter of the test
    assert said(xps(advances=advances)) == (Form.XPS, NAMES, 88_000, "HD001234")


def test_what_we_wrote_as_xps_is_xps_to_others(tmp_path: Path) -> None:
    """No program at hand writes XPS with letters; at least an independent one (mupdf) reads ours the same."""
    path = tmp_path / "receipt.xps"
    path.write_bytes(xps(advances=True))
    text = subprocess.run(
        ["mutool", "draw", "-q", "-F", "txt", path], capture_output=True, text=True, check=True
    ).stdout
    ours = {word for line in lay_out_job(Form.XPS, path.read_bytes()).lines for word in line.text.split()}
    assert set(text.split()) == ours
    assert ours == {word for row in ROWS for cell in row for word in cell.split()}


def test_shapes_without_letters_are_never_guessed() -> None:
    reading = understand("xps", xps(letters=False), None)
    assert reading.kind is Kind.QUARANTINED
    job = bytearray((JOBS / "libreoffice-unicode.emf").read_bytes())
    at = 0
    while at < len(job):
        kind, size = struct.unpack_from("<II", job, at)
        if kind == 84:  # as Windows' spooler writes them: numbers of shapes in the font
            struct.pack_into("<I", job, at + 52, struct.unpack_from("<I", job, at + 52)[0] | 0x10)
        at += size
    reading = understand("emf", bytes(job), None)
    assert reading.kind is Kind.QUARANTINED
    assert "88.000" not in reading.text


def test_a_spool_file_of_windows() -> None:
    page = (JOBS / "libreoffice-unicode.emf").read_bytes()
    whole = struct.pack("<4I", 0x10000, 16, 0, 0) + struct.pack("<II", 0xC, len(page)) + page
    assert said(whole) == (Form.EMF, NAMES, 88_000, "HD001234")
    assert unfinished(whole[:-50])


@pytest.mark.parametrize("name", ["chromium.pdf", "libreoffice-unicode.emf", "plain.ps"])
def test_a_job_without_its_end_is_not_whole(name: str) -> None:
    data = (JOBS / name).read_bytes()
    assert unfinished(data[: len(data) // 2])
    assert unfinished(b"")


def test_a_row_cites_the_whole_job() -> None:
    """A buyer's name in it can be taken out of the evidence: nobody knows where in the bytes it stands."""
    data = (JOBS / "libreoffice.pdf").read_bytes()
    paper = lay_out_job(Form.PDF, data)
    assert {(line.start, line.end) for line in paper.lines} == {(0, len(data))}


def test_any_single_changed_digit_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "pages_of_pdf", pages_of_pdf)  # a hundred jobs, without a process for each
    for row in range(2, 6):
        for place in range(1, len(ROWS[row])):
            rows = [list(one) for one in ROWS]
            rows[row][place] = rows[row][place].replace(rows[row][place][0], "7", 1)
            data = pdf(tmp_path, rows=tuple(map(tuple, rows)))
            assert understand("pdf", data, None).kind is Kind.QUARANTINED, rows[row]


@pytest.mark.parametrize(
    ("script", "said"),
    [("kill -SEGV $$", "broke on it"), ("exec sleep 60", "more than"), ("echo locked >&2; exit 3", "locked")],
)
def test_a_reader_that_breaks_breaks_nothing_else(
    script: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = tmp_path / "python"
    reader.write_text(f"#!/bin/sh\n{script}\n")
    reader.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(reader))
    monkeypatch.setattr(apart, "SECONDS", 2.0)
    reading = understand(Form.PDF, (JOBS / "chromium.pdf").read_bytes(), None)
    assert reading.kind is Kind.QUARANTINED
    assert said in reading.problems[0]


def test_a_packaged_program_can_be_the_reader(tmp_path: Path) -> None:
    job, garbage = (JOBS / "chromium.pdf").read_bytes(), b"%PDF-1.7 no more"
    asked = [sys.executable, "-m", "agent.cli", READ_PDF, "text"]
    assert READ_PDF == apart.WORD
    done = subprocess.run(asked, input=job, capture_output=True, check=True)
    assert [[Placed(*piece) for piece in page] for page in json.loads(done.stdout)] == pages_of_pdf(job)
    (problem,) = understand(Form.PDF, garbage, None).problems
    assert problem.startswith("the PDF cannot be opened")
    done = subprocess.run(asked, input=garbage, capture_output=True, check=False)
    assert (done.returncode, done.stderr[:24]) == (3, b"the PDF cannot be opened")


def test_a_job_is_drawn_for_a_person() -> None:
    job = (JOBS / "chromium.pdf").read_bytes()
    page = draw_pdf(job, 576)
    assert page.width == 576
    assert page.getextrema()[0] < 64
    for name in ("libreoffice-vni.emf", "plain.ps", "libreoffice.pdf"):
        data = (JOBS / name).read_bytes()
        assert picture_of(form_of(data), data, 384).width >= 384
    assert picture_of(Form.PDF, (JOBS / "chromium.pdf").read_bytes(), 384).height < 384
    with pytest.raises(JobUnreadable, match="no paper"):
        picture_of(Form.CSV, b"a;b", 384)


def test_columns_keep_their_gaps() -> None:
    row = rows_of_page(
        [
            Placed("SL", 60, 72, 10.0, 10),
            Placed("Tên", 0, 18, 10.5, 10),
            Placed("hàng", 21, 42, 10.2, 10),
            Placed("hàng", 21.5, 42.5, 10.2, 10),  # printed again for bold
        ]
    )
    assert row == ["Tên hàng   SL"]
    over = rows_of_page([Placed("50.000", 0, 36, 10, 10), Placed("90.000", 3, 39, 10, 10)])
    assert "\ufffd" in over[0]


@pytest.mark.parametrize(
    ("font", "encoding"),
    [
        (".VnTime", "tcvn3"),
        (".VnTimeH", "tcvn3-capitals"),
        ("ABCDEF+.VnArialH-Bold", "tcvn3-capitals"),
        ("VNI-Times", "vni"),
        ("Arial", None),
        ("Vnitalic", None),
    ],
)
def test_a_font_tells_its_codes(font: str, encoding: str | None) -> None:
    assert encoding_of(font) == encoding


def test_letters_of_old_fonts() -> None:
    assert shown_as("Tæng céng", ".VnTime") == "Tổng cộng"
    assert shown_as("Tæng céng", ".VnTimeH") == "TỔNG CỘNG"
    assert shown_as("Toång coäng", "VNI-Times") == "Tổng cộng"


@pytest.mark.parametrize("form", [Form.PDF, Form.XPS, Form.EMF])
def test_garbage_says_why(form: Form) -> None:
    for data in (b"", b"garbage", bytes(range(256)) * 40, b"PK\x03\x04" + bytes(100)):
        reading = understand(form, data, None)
        assert reading.kind is Kind.QUARANTINED
        assert reading.problems
