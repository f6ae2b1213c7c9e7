"""The PDF of an invoice, judged by poppler (text, pages) and its QR by zbar, from the page's picture."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from invoice_samples import full_invoice
from printed_samples import PAYEE, many_lines, printed_invoice
from test_printed_html import FORMS, FULL, SIZES, required

from invoice.errors import FieldInvalid
from invoice.numbers import Form
from invoice.printed import Size, render_html, render_pdf
from invoice.printed.content import STAMPS, content_of
from invoice.printed.matrix import QUIET
from invoice.qr import crc_fits, read_objects
from invoice.sale import Line

pytestmark = pytest.mark.skipif(
    not all(shutil.which(program) for program in ("pdftotext", "pdftoppm", "pdfinfo", "zbarimg")),
    reason="poppler-utils or zbar-tools are not installed",
)


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, encoding="utf-8").stdout


def text_of(document: bytes, folder: Path) -> str:
    (folder / "invoice.pdf").write_bytes(document)
    return " ".join(run("pdftotext", "-layout", folder / "invoice.pdf", "-").split())


def codes_on(picture: Path) -> list[str]:
    return run("zbarimg", "-q", "--raw", "--nodbus", picture).splitlines()


def picture_of(document: bytes, folder: Path, dots_per_inch: int) -> Path:
    (folder / "invoice.pdf").write_bytes(document)
    run("pdftoppm", "-r", str(dots_per_inch), "-singlefile", "-png", folder / "invoice.pdf", folder / "page")
    return folder / "page.png"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_everything_the_law_wants_is_there(size: Size, form: Form, tmp_path: Path) -> None:
    seen = text_of(render_pdf(printed_invoice(form), size=size), tmp_path)
    folded = re.sub(r"\s", "", seen)
    # Cells and narrow lines break words apart, so what must stand there is looked for piece by piece.
    pieces = [piece for word in required(form) for piece in word.split()]
    assert [piece for piece in pieces if piece not in folded] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("form", FORMS)
def test_fields_seldom_used_are_there_too(size: Size, form: Form, tmp_path: Path) -> None:
    folded = re.sub(r"\s", "", text_of(render_pdf(full_invoice(form), size=size), tmp_path))
    assert [piece for word in FULL for piece in word.split() if piece not in folded] == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("payee", [None, PAYEE], ids=["lookup", "payment"])
@pytest.mark.parametrize("dots_per_inch", [150, 203, 300])  # a screen, a thermal printer, a laser printer
def test_the_code_is_read_from_the_page(
    size: Size, payee: object, dots_per_inch: int, tmp_path: Path
) -> None:
    invoice = printed_invoice()
    page = render_pdf(invoice, size=size, payee=PAYEE if payee else None)
    [code] = codes_on(picture_of(page, tmp_path, dots_per_inch))
    assert crc_fits(code)
    objects = dict(read_objects(code))
    assert dict(read_objects(objects["99"])) == {
        "00": "A000000775",
        "01": "0409990010",
        "02": "1",
        "03": "C26MAA",
        "04": "128",
        "05": "20261123",
        "06": str(invoice.total),
    }
    if payee:
        assert objects["54"] == str(invoice.total)
        assert dict(read_objects(dict(read_objects(objects["38"]))["01"]))["01"] == PAYEE.account
        assert dict(read_objects(objects["62"]))["01"] == "HD000128"


@pytest.mark.parametrize("size", SIZES)
def test_the_code_of_the_html_is_the_same(size: Size, tmp_path: Path) -> None:
    page = render_html(printed_invoice(), size=size, payee=PAYEE)
    paths = re.findall(r'<path d="([^"]+)"', page)
    view = re.search(r'viewBox="-4 -4 (\d+) \1"', page)
    assert view
    edge, dots = int(view[1]), 4
    rows = [[255] * edge for _ in range(edge)]
    for x, y, length in re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", paths[0]):
        for column in range(int(x), int(x) + int(length)):
            rows[int(y) + QUIET][column + QUIET] = 0
    pixels = b"".join(bytes(v for v in row for _ in range(dots)) for row in rows for _ in range(dots))
    picture = tmp_path / "code.pgm"
    picture.write_bytes(f"P5 {edge * dots} {edge * dots} 255\n".encode() + pixels)
    assert codes_on(picture) == [content_of(printed_invoice(), payee=PAYEE).qr]


@pytest.mark.parametrize(
    ("size", "count", "width", "height"),
    [("A4", 3, 210, 297), ("A4", 90, 210, 297), ("A5", 1, 210, 148), ("A5", 40, 210, 148)],
)
def test_sheets_have_their_size_and_number_their_pages(
    size: str, count: int, width: int, height: int, tmp_path: Path
) -> None:
    seen = text_of(render_pdf(printed_invoice(lines=many_lines(count)), size=size), tmp_path)
    facts = run("pdfinfo", tmp_path / "invoice.pdf")
    found = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", facts)
    assert found
    assert [round(float(found[i]) * 25.4 / 72) for i in (1, 2)] == [width, height]
    pages = int(re.findall(r"Pages: +(\d+)", facts)[0])
    if pages == 1:
        assert "Trang" not in seen
    else:
        assert [f"Trang {n}/{pages}" in seen for n in range(1, pages + 1)] == [True] * pages
        assert seen.count("tiếp theo trang trước") == pages - 1
        assert seen.count("Tên hàng hóa, dịch vụ") >= pages - 1
    assert pages > 1 or count < 10


def test_a_line_of_every_position_is_printed_once(tmp_path: Path) -> None:
    lines = tuple(replace(line, name=f"HANG{i:04d}") for i, line in enumerate(many_lines(300)))
    seen = text_of(render_pdf(printed_invoice(lines=lines)), tmp_path)
    assert re.findall(r"HANG\d{4}", seen) == [f"HANG{i:04d}" for i in range(300)]


def test_a_roll_ends_where_its_text_ends(tmp_path: Path) -> None:
    heights = []
    for count in (1, 2, 12):
        text_of(render_pdf(printed_invoice(lines=many_lines(count)), size="80mm"), tmp_path)
        facts = run("pdfinfo", tmp_path / "invoice.pdf")
        found = re.search(r"Pages: +1\n(?:.*\n)*Page size: +226.77 x ([\d.]+) pts", facts)
        assert found
        heights.append(float(found[1]) * 25.4 / 72)
    assert 120 < heights[0] < heights[1] < heights[2] < 400


def test_a_roll_without_end_is_cut_into_pages(tmp_path: Path) -> None:
    seen = text_of(render_pdf(printed_invoice(lines=many_lines(700)), size="80mm"), tmp_path)
    assert re.search(r"Pages: +[23]\n", run("pdfinfo", tmp_path / "invoice.pdf"))
    assert "700. " in seen
    assert "Quét để tra cứu" in seen


def test_the_same_invoice_gives_the_same_bytes() -> None:
    assert render_pdf(printed_invoice()) == render_pdf(printed_invoice())
    assert render_pdf(printed_invoice()) != render_pdf(printed_invoice(), state="accepted")


@pytest.mark.parametrize("state", STAMPS)
def test_every_state_is_stamped(state: str, tmp_path: Path) -> None:
    assert STAMPS[state].text in text_of(render_pdf(printed_invoice(), state=state), tmp_path)


def test_letters_the_fonts_lack_do_not_stop_the_print(tmp_path: Path) -> None:
    name = "Trà 烏龍 🍵 ﬁne Cà phê"  # the last in decomposed form
    lines = (Line(name, Decimal(1), Decimal(1_000), 1_000, "ly", "8%"),)
    seen = text_of(render_pdf(printed_invoice(lines=lines, discount=0)), tmp_path)
    assert "Trà �� � fine Cà phê" in seen


@pytest.mark.parametrize("size", SIZES)
def test_the_longest_texts_stay_on_the_page(size: Size, tmp_path: Path) -> None:
    invoice = printed_invoice()
    endless = "W" * 500
    line = replace(
        invoice.lines[0], name=endless, unit="Ư" * 50, code="Q" * 50, unit_price=Decimal(10**15) / 7
    )
    stretched = replace(
        invoice,
        seller=replace(invoice.seller, name=endless[:400], address="Ấ" * 400),
        buyer=replace(invoice.buyer, name=endless[:400], address="đường " * 60),
        lines=(line,) * 3,
    )
    (tmp_path / "invoice.pdf").write_bytes(render_pdf(stretched, size=size, state="corrected"))
    boxes = run("pdftotext", "-bbox", tmp_path / "invoice.pdf", "-")
    pages = re.findall(r'<page width="([\d.]+)" height="([\d.]+)">(.*?)</page>', boxes, re.DOTALL)
    assert pages
    for width, height, words in pages:
        for place in re.findall(r'xMin="(.+?)" yMin="(.+?)" xMax="(.+?)" yMax="(.+?)"', words):
            left, top, right, bottom = map(float, place)
            assert left >= 0
            assert top >= 0
            assert right <= float(width)
            assert bottom <= float(height)
    assert boxes.count("W") + boxes.count("w") >= 1500


@pytest.mark.parametrize(("size", "state"), [("letter", None), ("A4", "lost")])
def test_an_unknown_paper_or_state_is_refused(size: str, state: str | None) -> None:
    with pytest.raises(FieldInvalid, match="known: "):
        render_pdf(printed_invoice(), size=size, state=state)
