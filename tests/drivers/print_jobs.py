"""Print jobs made here: PDF and XPS of one receipt, by libraries and by the standard's text."""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from pathlib import Path
from xml.sax.saxutils import quoteattr

from drivers.encoding import encode

JOBS = Path(__file__).parent.parent / "data" / "jobs"
WIDTH = 204.0  # points of 72 mm
ROWS = (
    ("Số: HD001234",),
    ("Ngày: 14/03/2026 09:15",),
    ("Cà phê sữa đá", "2", "25.000", "50.000"),
    ("Bánh mì thịt nướng", "1", "20.000", "20.000"),
    ("Nước suối", "3", "6.000", "18.000"),
    ("Tổng cộng:", "88.000"),
    ("Tiền khách đưa:", "100.000"),
    ("Tiền thừa:", "12.000"),
)
_RIGHTS = {2: (WIDTH,), 4: (115.0, 155.0, WIDTH)}


def font_bytes(name: str = "") -> bytes:
    """Noto Sans; with another name, as a font of TCVN3 or VNI is known by it alone."""
    data = files("invoice.printed").joinpath("fonts/NotoSans-Regular.ttf").read_bytes()
    if not name:
        return data
    from fontTools.ttLib import TTFont

    font = TTFont(io.BytesIO(data))
    for record in font["name"].names:
        if record.nameID in {1, 4, 6}:
            record.string = name
    made = io.BytesIO()
    font.save(made)
    return made.getvalue()


def pdf(folder: Path, font: str = "", encoding: str = "", rows: tuple[tuple[str, ...], ...] = ROWS) -> bytes:
    """The receipt as a program writes it with a font whose codes are those of ``encoding``."""
    from fpdf import FPDF

    path = folder / "font.ttf"
    path.write_bytes(font_bytes(font))
    page = FPDF(unit="pt", format=(WIDTH + 20, 400))
    page.add_font("f", fname=path)
    page.set_font("f", size=7)
    page.add_page()
    for number, row in enumerate(rows):
        for place, words in enumerate(row):
            text = encode(words, encoding).decode("cp1252") if encoding else words
            x = 10.0 if place == 0 else 10 + _RIGHTS[len(row)][place - 1] - page.get_string_width(text)
            page.text(x, 30 + 11 * number, text)
    return bytes(page.output())


_XPS = "http://schemas.microsoft.com/xps/2005/06"
_RELATED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="R1" Type="{}" Target="{}"/></Relationships>'
)
_PARTS = {  # what makes a package of the pages
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    + "".join(
        f'<Default Extension="{end}" ContentType="application/vnd.{kind}"/>'
        for end, kind in {
            "rels": "openxmlformats-package.relationships+xml",
            "fdseq": "ms-package.xps-fixeddocumentsequence+xml",
            "fdoc": "ms-package.xps-fixeddocument+xml",
            "fpage": "ms-package.xps-fixedpage+xml",
            "odttf": "ms-package.obfuscated-opentype",
        }.items()
    )
    + "</Types>",
    "_rels/.rels": _RELATED.format(f"{_XPS}/fixedrepresentation", "/FixedDocumentSequence.fdseq"),
    "FixedDocumentSequence.fdseq": f'<FixedDocumentSequence xmlns="{_XPS}">'
    '<DocumentReference Source="/Documents/1/FixedDocument.fdoc"/></FixedDocumentSequence>',
    "Documents/1/FixedDocument.fdoc": f'<FixedDocument xmlns="{_XPS}">'
    '<PageContent Source="/Documents/1/Pages/1.fpage"/></FixedDocument>',
}


def xps(font: str = "", encoding: str = "", *, advances: bool = False, letters: bool = True) -> bytes:
    """The receipt as XPS; its font is obfuscated as the standard wants it."""
    from fontTools.ttLib import TTFont

    data = font_bytes()
    known = TTFont(io.BytesIO(data))
    codes, widths, em = known.getBestCmap(), known["hmtx"].metrics, known["head"].unitsPerEm
    uri = f"/Resources/Fonts/{font or '01234567-89AB-CDEF-0123-456789ABCDEF.odttf'}"
    size, glyphs = 9.0, []
    for number, row in enumerate(ROWS):
        for place, words in enumerate(row):
            text = encode(words, encoding).decode("cp1252") if encoding else words
            steps = [widths[codes[ord(one)]][0] / em for one in text]
            x = 10.0 if place == 0 else 10 + 1.3 * _RIGHTS[len(row)][place - 1] - size * sum(steps)
            indices = ";".join(f",{100 * step:.2f}" if advances else "" for step in steps)
            if not letters:
                indices, text = ";".join(str(known.getGlyphID(codes[ord(one)])) for one in text), ""
            glyphs.append(
                f'<Glyphs FontUri={quoteattr(uri)} FontRenderingEmSize="{size}" OriginX="{x:.2f}"'
                f' OriginY="{30 + 14 * number}" UnicodeString={quoteattr(text)} Indices="{indices}"'
                ' Fill="#FF000000"/>'
            )
    page = (
        '<FixedPage xmlns="http://schemas.microsoft.com/xps/2005/06" Width="320" Height="400">'
        f'<Canvas RenderTransform="1,0,0,1,5,20">{"".join(glyphs)}</Canvas></FixedPage>'
    )
    key = bytes.fromhex("0123456789ABCDEF0123456789ABCDEF")[::-1]
    hidden = bytes(byte ^ key[at % 16] for at, byte in enumerate(data[:32])) + data[32:]
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as job:
        for name, text in {**_PARTS, "Documents/1/Pages/1.fpage": page}.items():
            job.writestr(name, text)
        job.writestr(
            "Documents/1/Pages/_rels/1.fpage.rels", _RELATED.format(f"{_XPS}/required-resource", uri)
        )
        job.writestr(uri[1:], hidden)
    return made.getvalue()
