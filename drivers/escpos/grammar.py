"""The grammar of ESC/POS: Epson's command reference, and what Xprinter, Zjiang and Sunmi add, row by row.

A row is a command as the reference prints it. Rows with ``first`` share their first two bytes with others
and are chosen by their first parameter; the earlier row wins. Sources: Epson's ESC/POS command reference
(TM series, with its obsolete commands); the command sets of Xprinter and Zjiang (80 mm and 58 mm) and
Rongta; Sunmi follows Epson. ``docs/escpos.md`` shows this table.
"""

from drivers.escpos.events import (
    Barcode,
    Command,
    Cut,
    DrawerPulse,
    LineFeed,
    QrCode,
    Raster,
)
from drivers.escpos.lengths import Area, Counted, Fields, Fixed, Items, Tabs, Until
from drivers.escpos.row import Row, commands

_COUNTED = Counted(at=1)  # fn pL pH d…: the extensible commands
_COLUMNS = "m nL nH d…"
_LETTERS = bytes((*range(0x41, 0x5B), *range(0x61, 0x7B)))

ESC = (
    *commands(
        "ESC SP n | right-side character spacing",
        "ESC ! n | print modes",
        "ESC $ nL nH | absolute print position",
        "ESC % n | user-defined characters on or off",
        "ESC - n | underline",
        "ESC 0 | line spacing of 1/8 inch (ESC/P, Star)",
        "ESC 1 | line spacing of 7/72 inch (ESC/P)",
        "ESC 2 | default line spacing",
        "ESC 3 n | line spacing",
        "ESC 7 n1 n2 n3 | heating of the print head (Zjiang 58 mm)",
        "ESC 8 nL nH | sleep after a time (Zjiang 58 mm)",
        "ESC 9 n | code system of Chinese characters: GBK, UTF-8, BIG5 (Xprinter)",
        "ESC < | return home",
        "ESC = n | peripheral device: printer, display or both",
        "ESC ? n | cancel a user-defined character",
        "ESC @ | initialise the printer",
        "ESC A n | line spacing of n/60 inch (old models)",
        "ESC B n t | buzzer: n times (Xprinter, Zjiang)",
        "ESC C n | cut-sheet eject length",
        "ESC E n | emphasized",
        "ESC F n | cut-sheet reverse eject",
        "ESC G n | double strike",
        "ESC L | page mode",
        "ESC M n | character font",
        "ESC R n | international character set",
        "ESC S | standard mode",
        "ESC T n | print direction in page mode",
        "ESC U n | unidirectional printing",
        "ESC V n | rotation by 90 degrees",
        "ESC W xL xH yL yH dxL dxH dyL dyH | print area in page mode",
        "ESC \\ nL nH | relative print position",
        "ESC a n | justification",
        "ESC c n m | paper sensors, sheets and panel buttons",
        "ESC f t1 t2 | cut-sheet wait times",
        "ESC q | release the paper",
        "ESC r n | print colour",
        "ESC t n | character code table",
        "ESC u n | transmit peripheral status (obsolete)",
        "ESC v | transmit paper sensor status (obsolete)",
        "ESC { n | upside-down printing",
    ),
    *commands(
        "ESC FF | print the page and stay in page mode",
        "ESC J n | print and feed n units",
        "ESC K n | print and feed back n units",
        "ESC d n | print and feed n lines",
        "ESC e n | print and feed back n lines",
        "ESC j n | print and feed back n units (old models)",
        event=LineFeed,
    ),
    *commands("ESC i | partial cut (obsolete)", "ESC m | partial cut (obsolete)", event=Cut),
    *commands("ESC p m t1 t2 | drawer pulse", event=DrawerPulse),
    Row(
        "ESC &", "y c1 c2 [x d…]…", "user-defined characters", length=Items(3, 2, 1, wide=False), walked=True
    ),
    Row("ESC (", "fn pL pH d…", "extensible commands: buzzer, batch print", length=_COUNTED, first=_LETTERS),
    Row("ESC *", _COLUMNS, "bit image, 8 dots a column", Raster, Counted(at=1), bytes(range(8))),
    Row("ESC *", _COLUMNS, "bit image, 24 dots a column", Raster, Counted(at=1, unit=3), b" !&'("),
    Row("ESC *", _COLUMNS, "bit image, 48 dots a column (ESC/P)", Raster, Counted(at=1, unit=6), b"GHI"),
    Row("ESC D", "n1…nk NUL", "horizontal tab positions", length=Tabs()),
    Row("ESC Z", "m n k dL dH d…", "2-D code (Xprinter, Zjiang)", QrCode, Counted(at=3), data=(5, None)),
)

GS = (
    *commands(
        "GS FF | feed marked paper to its print position",
        "GS ! n | character size",
        "GS # n | number of the user-defined picture (Xprinter)",
        "GS $ nL nH | absolute vertical position in page mode",
        "GS & nL nH | absolute vertical position",
        "GS / m | print the downloaded bit image",
        "GS : | start or end of a macro's definition",
        "GS < | initialise the mechanism",
        "GS A m n | correct the position of marked paper",
        "GS B n | white on black",
        "GS E n | print head's energy and speed (obsolete)",
        "GS H n | where a bar code's digits are printed",
        "GS I n | transmit the printer's identity",
        "GS L nL nH | left margin",
        "GS P x y | motion units",
        "GS T n | print position to the line's beginning",
        "GS W nL nH | print area's width",
        "GS Z n | page mode's resolution (Xprinter)",
        "GS \\ nL nH | relative vertical position in page mode",
        "GS ^ r t m | execute the macro",
        "GS a n | automatic status back",
        "GS b n | smoothing",
        "GS c | print the counter (obsolete)",
        "GS f n | font of a bar code's digits",
        "GS h n | bar code's height",
        "GS j n | automatic status back of ink",
        "GS r n | transmit status",
        "GS w n | bar code's width",
        "GS x n | bar code's left margin (Xprinter, Zjiang)",
        "GS | n | print density",
        "GS z n t1 t2 | online recovery wait time",
    ),
    Row(
        "GS '",
        "n [x1L x1H x2L x2H]…",
        "curve of line segments (Zjiang)",
        length=Counted(at=0, width=1, unit=4),
    ),
    Row(
        "GS (",
        "k pL pH cn fn m d…",
        "2-D code: the data when fn = 80",
        QrCode,
        _COUNTED,
        b"k",
        only=(4, 80),
        data=(6, None),
    ),
    Row("GS (", "L pL pH d…", "graphics", Raster, _COUNTED, b"L"),
    Row(
        "GS (",
        "fn pL pH d…",
        "extensible commands: status, memory, set-up, print control",
        length=_COUNTED,
        first=_LETTERS,
    ),
    Row("GS *", "x y d…", "downloaded bit image", Raster, Area(at=0, width=1, unit=8)),
    Row("GS 8", "L p1 p2 p3 p4 d…", "graphics", Raster, Counted(at=1, width=4), b"L"),
    Row("GS C", "0 n m", "counter's print mode (obsolete)", first=b"0"),
    Row("GS C", "1 aL aH bL bH n r", "counter's range (obsolete)", first=b"1"),
    Row("GS C", "2 nL nH", "counter's value (obsolete)", first=b"2"),
    Row(
        "GS C",
        "; a ; b ; n ; r ; c ;",
        "counter's range in digits (obsolete)",
        length=Fields(5, after=1),
        first=b";",
    ),
    Row(
        "GS D",
        "0 fn a kc1 kc2 b c BMP",
        "Windows picture for the memory",
        Raster,
        Counted(at=9, width=4, base=7),
        b"0",
    ),
    Row("GS Q", "0 m xL xH yL yH d…", "bit image of variable height", Raster, Area(at=2), b"0"),
    Row("GS V", "m", "cut", Cut, Fixed(1), b"\x00\x01\x02\x0301"),
    Row("GS V", "m n", "feed and cut", Cut, Fixed(2), b"ABCDabcdefgh"),
    Row("GS g", "m 0 nL nH", "maintenance counters", first=b"02"),
    Row("GS k", "m d… NUL", "bar code", Barcode, Until(0, after=1), bytes((*range(9), 10)), data=(1, -1)),
    Row("GS k", "m n d…", "bar code", Barcode, Counted(at=1, width=1), bytes(range(65, 80)), data=(2, None)),
    Row(
        "GS k", "m v r d… NUL", "QR code (Xprinter, Rongta)", QrCode, Until(0, after=3), b"\x0b", data=(3, -1)
    ),
    Row("GS k", "m v r nL nH d…", "QR code (Xprinter, Rongta)", QrCode, Counted(at=3), b"a", data=(5, None)),
    Row("GS v", "0 m xL xH yL yH d…", "raster bit image", Raster, Area(at=2), b"0"),
)

FS = (
    *commands(
        "FS ! n | print modes of Kanji characters",
        "FS & | Kanji mode",
        "FS - n | underline of Kanji characters",
        "FS . | end of Kanji mode",
        "FS ? c1 c2 | cancel a user-defined Kanji character",
        "FS C n | Kanji code system",
        "FS L | double-density page mode",
        "FS S n1 n2 | spacing of Kanji characters",
        "FS W n | quadruple size of Kanji characters",
        "FS b | transmit a check's reading again (obsolete)",
        "FS c | clean the check reader",
        "FS p n m | print a picture of the memory (obsolete)",
    ),
    Row(
        "FS (",
        "fn pL pH d…",
        "extensible commands: encoding, fonts, logos, labels, scanner",
        length=_COUNTED,
        first=_LETTERS,
    ),
    Row("FS 2", "c1 c2 d1…d72", "user-defined Kanji character of 24 × 24 dots", length=Fixed(74)),
    Row("FS a", "0 n", "read a check (obsolete)", first=b"0"),
    Row("FS a", "n", "load or eject a check (obsolete)", first=b"12"),
    Row("FS g", "1 m a1 a2 a3 a4 nL nH d…", "write user memory (obsolete)", length=Counted(at=6), first=b"1"),
    Row("FS g", "2 m a1 a2 a3 a4 nL nH", "read user memory (obsolete)", first=b"2"),
    Row(
        "FS q",
        "n [xL xH yL yH d…]…",
        "pictures for the memory (obsolete)",
        Raster,
        Items(1, 0, None, wide=True, unit=8),
        walked=True,
    ),
)

REAL_TIME = (
    Row("DLE EOT", "n", "transmit status now", first=b"\x01\x02\x03\x04\x05\x06"),
    Row("DLE EOT", "n a", "transmit status of ink, peeler or interface now", first=b"\x00\x07\x08\x12"),
    Row("DLE ENQ", "n", "recover from an error now"),
    Row("DLE DC4", "1 m t", "drawer pulse now", DrawerPulse, first=b"\x01"),
    Row("DLE DC4", "2 a b", "power off now", first=b"\x02"),
    Row("DLE DC4", "3 a n r t1 t2", "buzzer now", first=b"\x03"),
    Row("DLE DC4", "7 m", "transmit a given status now", first=b"\x07"),
    Row("DLE DC4", "8 d1 d2 d3 d4 d5 d6 d7", "clear the buffers now", first=b"\x08"),
)

DISPLAY = (
    *commands(
        "US SOH | overwrite mode",
        "US LF | cursor up",
        "US CR | cursor to the line's right end",
        "US # n m | annunciator",
        "US $ n m | cursor to a position",
        "US , n | character with comma",
        "US . n | character with full stop",
        "US : | start or end of a macro's definition",
        "US ; n | character with semicolon",
        "US @ | self-test",
        "US B | cursor to the bottom",
        "US C n | cursor on or off",
        "US E n | blink interval",
        "US T h m | set and show the clock",
        "US U | show the clock",
        "US X n | brightness",
        "US ^ n m | execute the macro",
        "US r n | reverse characters",
        "US v n | status by DTR",
    ),
    Row("US (", "fn pL pH d…", "display's extensible commands", length=_COUNTED),
)

SINGLE = (
    Row("LF", "", "print and feed a line", LineFeed),
    Row("VT", "", "feed to the next vertical tab (ESC/P, Star)", LineFeed),
    Row("FF", "", "print the page; feed to the next form", LineFeed),
    Row("CR", "", "print, carriage return", Command),
    Row("CAN", "", "cancel the page's data", Command),
)

EPSON: tuple[Row, ...] = (*ESC, *GS, *FS, *REAL_TIME, *DISPLAY)
