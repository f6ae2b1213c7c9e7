"""Streams of python-escpos, an independent producer, over its whole interface: its text comes back.

But for ``use_slip_only``: it sends NCR's lone FS, and the text after it would read as Epson's FS C n.
"""

from operator import methodcaller
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.encoding import encode
from drivers.escpos.events import Barcode, Command, Cut, DrawerPulse, Event, QrCode, Raster, Unknown
from drivers.escpos.parser import EscPosParser
from drivers.paper import lay_out

printer = pytest.importorskip("escpos.printer")
images = pytest.importorskip("PIL.Image")

LINK = "https://tracuu.example/HD000123"
LINES = ["Com tam suon bi cha", "2 x 45.000 = 90.000", "TONG CONG: 90.000"]
PICTURE = images.effect_noise((40, 37), 90).convert("L")
IMAGE_WAYS = ["bitImageRaster", "graphics", "bitImageColumn"]
A_CODES = [("UPC-A", "123456789012"), ("EAN13", "8938505974194"), ("EAN8", "12345678"), ("CODE39", "HD-001"),
           ("ITF", "1234"), ("NW7", "A1234A")]  # fmt: skip
B_CODES = [*A_CODES, ("CODE93", "HD001"), ("CODE128", "{B12345"), ("GS1-128", "{B0123")]


def fresh() -> Any:
    return printer.Dummy(profile="default")


def barcodes(kind: str, codes: list[tuple[str, str]]) -> dict[str, tuple[methodcaller, ...]]:
    return {
        f"bar code {kind} {name}": (methodcaller("barcode", code, name, function_type=kind),)
        for name, code in codes
    }


COARSE = {"high_density_vertical": False, "high_density_horizontal": False}
CALLS: dict[str, tuple[methodcaller, ...]] = {
    **{f"image {way}": (methodcaller("image", PICTURE, impl=way),) for way in IMAGE_WAYS},
    **{f"image {way} coarse": (methodcaller("image", PICTURE, impl=way, **COARSE),) for way in IMAGE_WAYS},
    "image in fragments": (methodcaller("image", PICTURE, fragment_height=16),),
    "qr native": (methodcaller("qr", LINK, native=True),),
    "qr native model 1": (methodcaller("qr", "X" * 900, native=True, model=1),),
    "qr drawn": (methodcaller("qr", LINK),),
    "bar code drawn": (methodcaller("barcode", "123456789012", "EAN13", force_software=True),),
    "cut": (methodcaller("cut"),),
    "cut partly": (methodcaller("cut", mode="PART", feed=False),),
    "drawer 2": (methodcaller("cashdraw", 2),),
    "drawer 5": (methodcaller("cashdraw", 5),),
    "drawer by sequence": (methodcaller("cashdraw", [27, 112, 0, 50, 50]),),
    "display": (methodcaller("linedisplay", "Tong: 90.000"),),
    "init": (methodcaller("hw", "INIT"),),
    "select": (methodcaller("hw", "SELECT"),),
    "feed": (methodcaller("print_and_feed", 3),),
    **{f"control {name}": (methodcaller("control", name),) for name in ("LF", "FF", "CR", "HT", "VT")},
    "tabs everywhere": (methodcaller("control", "HT", count=32, tab_size=7),),
    "buttons": (methodcaller("panel_buttons"), methodcaller("panel_buttons", enable=False)),
    "slip": (methodcaller("target", "SLIP"), methodcaller("eject_slip"), methodcaller("target", "ROLL")),
    "slip printed": (methodcaller("print_and_eject_slip"),),
    "buzzer": (methodcaller("buzzer", 9, 9),),
    "line spacing": (methodcaller("line_spacing", 10, 60), methodcaller("line_spacing")),
    "status": (methodcaller("_raw", b"\x10\x04\x01\x10\x04\x04"),),
    "table": (methodcaller("charcode", "CP852"),),
    "styles": (
        methodcaller("set", align="center", font="b", bold=True, underline=2, density=3, invert=True),
        methodcaller("set", smooth=True, flip=True, custom_size=True, width=4, height=3),
        methodcaller("set_with_default"),
    ),
    **barcodes("A", A_CODES),
    **barcodes("B", B_CODES),
}
MAKES = {"image": Raster, "drawn": Raster, "cut": Cut, "drawer": DrawerPulse, "A": Barcode, "B": Barcode}


def unknown(stream: bytes) -> list[Event]:
    """What the grammar does not have."""
    return [event for event in EscPosParser().feed(stream) if isinstance(event, Unknown)]


@given(st.lists(st.tuples(st.sampled_from(LINES), st.sampled_from(sorted(CALLS))), min_size=1, max_size=6))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_text_around_any_calls_comes_back(printed: list[tuple[str, str]]) -> None:
    out = fresh()
    for line, call in printed:
        out.textln(line)
        for one in CALLS[call]:
            one(out)
    out.textln("HET")
    assert not unknown(out.output)
    assert [line.text for line in lay_out(out.output).lines] == [*(line for line, _ in printed), "HET"]


@pytest.mark.parametrize("call", sorted(CALLS))
def test_each_call(call: str) -> None:
    out = fresh()
    out.textln("truoc")
    for one in CALLS[call]:
        one(out)
    out.textln("sau")
    assert not unknown(out.output)
    assert lay_out(out.output).text == "truoc\nsau"
    kinds = {type(event) for event in EscPosParser().feed(out.output)}
    assert kinds >= {kind for word, kind in MAKES.items() if word in call.split()}


def test_codes_come_back() -> None:
    out = fresh()
    out.qr(LINK, native=True)
    out.barcode("HD-001", "CODE39", function_type="A")
    out.barcode("HD-001", "CODE39", function_type="B")
    events = EscPosParser().feed(out.output)
    assert [event.data for event in events if isinstance(event, QrCode)] == [
        b"https://tracuu.example/HD000123"
    ]
    assert [event.data.strip(b"*") for event in events if isinstance(event, Barcode)] == [b"HD-001"] * 2


@pytest.mark.parametrize(
    ("profile", "table", "text"),
    [
        ("TM-T88V", "CP1258", "Thành tiền: 25.000"),
        ("POS-5890", "CP1258", "Bàn số: 12"),
        ("default", "CP852", "Žluťoučký kůň"),
        ("default", "CP866", "Спасибо"),
    ],
)
def test_code_tables_of_the_profiles(profile: str, table: str, text: str) -> None:
    out = printer.Dummy(profile=profile)
    out.charcode(table)
    out._raw(encode(text, "cp1258") if table == "CP1258" else text.encode(table))
    out.ln()
    assert lay_out(out.output).text == text
    assert any(
        isinstance(event, Command) and event.name == "ESC t" for event in EscPosParser().feed(out.output)
    )


def test_what_magic_encoding_chooses_letter_by_letter_is_read() -> None:
    """It changes the table within a word, as it needs letters."""
    out = printer.Dummy(profile="TM-T88V")
    out.textln("Grüße, Žluťoučký, Спасибо, Ελλάδα")
    assert lay_out(out.output).text == "Grüße, Žluťoučký, Спасибо, Ελλάδα"
