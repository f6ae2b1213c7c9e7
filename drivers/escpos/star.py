"""Star line mode, as a second table: it gives many ESC codes another meaning (ESC d cuts, ESC a feeds).

A stream is taken for Star's from the first ESC GS, ESC RS or ESC * r on, which Epson does not have, and
for Epson's again from the first GS command on, which Star does not have. Source: Star Micronics' line mode
and graphic mode command specifications.
"""

from drivers.escpos.events import Barcode, Cut, DrawerPulse, LineFeed, QrCode, Raster
from drivers.escpos.lengths import Area, By, Counted, Fixed, Tabs, Until
from drivers.escpos.row import Row, commands

_BIT_IMAGE = Counted(at=0)
_PAGE_MODE = By(0, {b"01678": Fixed(1), b"23": Fixed(9), b"45": Fixed(3)})
_PDF417 = By(0, {b"PI": Fixed(1), b"D": Counted(at=1), b"S": By(1, {b"0": Fixed(5), b"123": Fixed(3)})})
_DIGITS, _MARGIN = Until(0, after=2, most=8), Until(0, after=3, most=8)
_QR = By(0, {b"PI": Fixed(1), b"S": Fixed(3), b"D": By(1, {b"1": Counted(at=3)})})

GROUPS = (
    *commands(
        "ESC RS A n | print region",
        "ESC RS C n | print mode",
        "ESC RS E n | print colour",
        "ESC RS F n | font",
        "ESC RS a n | automatic status",
        "ESC RS d n | print density",
        "ESC RS i n | print colour reduction",
        "ESC RS m n | black mark",
        "ESC RS r n | print speed",
        "ESC GS ETX s n1 n2 | document's start or end",
        "ESC GS BEL m t1 t2 | buzzer",
        "ESC GS EM d m n1 n2 | external buzzer",
        "ESC GS # n | print density",
        "ESC GS A n1 n2 | absolute position",
        "ESC GS R n1 n2 | relative position",
        "ESC GS \\ nL nH | vertical position",
        "ESC GS a n | alignment",
        "ESC GS b n | black mark",
        "ESC GS c h v | reduced printing",
        "ESC GS t n | code table",
    ),
    Row("ESC GS )", "fn pL pH d…", "extensible commands: UTF-8, text search", length=Counted(at=1)),
    Row("ESC GS P", "n d…", "page mode", length=_PAGE_MODE),
    Row("ESC GS S", "m xL xH yL yH n d…", "raster picture", Raster, Area(at=1, extra=1)),
    Row("ESC GS x", "fn d…", "PDF417", QrCode, _PDF417, only=(0, 0x44), data=(3, None)),
    Row("ESC GS y", "fn d…", "QR code", QrCode, _QR, only=(0, 0x44), data=(5, None)),
)

ESC = (
    *commands(
        "ESC ACK n | transmit status",
        "ESC BEL n1 n2 | drawer pulse's times",
        "ESC SO | double width (dot printers)",
        "ESC SI | inverse (dot printers)",
        "ESC SP n | character spacing",
        "ESC - n | underline",
        "ESC _ n | upper line",
        "ESC / n | slashed zero",
        "ESC 0 | line spacing of 1/8 inch",
        "ESC 1 | line spacing of 7/72 inch",
        "ESC 2 | line spacing of ESC A",
        "ESC 3 n | line spacing",
        "ESC 4 | white on black",
        "ESC 5 | black on white",
        "ESC : | pitch of 16 dots",
        "ESC < | return home",
        "ESC = n | select the printer",
        "ESC ? n | cancel a user-defined character",
        "ESC @ | initialise the printer",
        "ESC A n | line spacing of n/72 inch",
        "ESC B n | vertical tab channel",
        "ESC E | emphasized",
        "ESC F | end of emphasized",
        "ESC G | double strike",
        "ESC H | end of double strike",
        "ESC M | pitch of 12 dots",
        "ESC N n | bottom margin",
        "ESC O | no bottom margin",
        "ESC P | pitch of 15 dots",
        "ESC Q n | right margin",
        "ESC R n | international character set",
        "ESC U n | unidirectional printing",
        "ESC W n | double width",
        "ESC g | pitch of 14 dots",
        "ESC h n | double height",
        "ESC i n1 n2 | character size",
        "ESC l n | left margin",
        "ESC p | Kanji mode",
        "ESC q | end of Kanji mode",
        "ESC s n1 n2 | spacing of Kanji characters",
        "ESC t n | spacing of Kanji characters",
        "ESC u n | memory switch",
        "ESC z n | line spacing of 3 or 4 mm",
    ),
    *commands(
        "ESC FF n | print the page",
        "ESC I n | feed n/8 mm",
        "ESC J n | feed n/4 mm",
        "ESC a n | feed n lines",
        event=LineFeed,
    ),
    *commands("ESC d n | cut", event=Cut),
    Row("ESC #", "d… NUL", "memory switches", length=Until(0, most=32)),
    Row("ESC C", "n", "page length in lines", first=bytes(range(1, 256))),
    Row("ESC C", "NUL n", "page length in inches", first=b"\0"),
    Row("ESC D", "n1…nk NUL", "horizontal tab positions", length=Tabs()),
    Row("ESC K", "nL nH d…", "bit image", Raster, _BIT_IMAGE),
    Row("ESC L", "nL nH d…", "bit image", Raster, _BIT_IMAGE),
    Row("ESC k", "nL nH d…", "bit image of 24 rows", Raster, Counted(at=0, unit=24)),
    Row("ESC X", "nL nH d…", "bit image of 24 dots a column", Raster, Counted(at=0, unit=3)),
    Row("ESC b", "n1 n2 n3 n4 d… RS", "bar code", Barcode, Until(0x1E, after=4), data=(4, -1)),
)

RASTER_MODE = Row(
    "ESC *",
    "r fn d…",
    "raster mode: A begins, B ends it",
    length=By(1, {b"ABCRab": Fixed(2), b"m": _MARGIN, b"EFKNPQTUYdefkpt": _DIGITS}),
    first=b"r",
)
"""It belongs to both tables: drivers of the TSP100 begin with it."""

RASTER = (
    Row("b", "nL nH d…", "a row of dots", Raster, Counted(at=0)),
    Row("k", "nL nH d…", "a row of dots that the next one is printed over", Raster, Counted(at=0)),
    Row("ESC FF", "n", "end of the page or of the document", Cut),
    RASTER_MODE,
)
"""The table between ESC * r A and ESC * r B."""

SINGLE = (
    Row("BEL", "", "drawer 1", DrawerPulse),
    Row("FS", "", "drawer 1", DrawerPulse),
    Row("SUB", "", "drawer 2", DrawerPulse),
    Row("EM", "", "drawer 2", DrawerPulse),
)

STAR: tuple[Row, ...] = (*ESC, *GROUPS, RASTER_MODE)
