"""DLQRCode: the text of the look-up QR on every receipt (profile, section 9; EMVCo TLV).

>>> from datetime import date
>>> from invoice.qr import lookup_text
>>> lookup_text("0409990010", 1, "C26MAA", 128, date(2026, 11, 23), 75_000)
'00020199710010A00000077501100409990010020110306C26MAA04031280508202611230605750006304DE35'
"""

import binascii
from datetime import date

_GUID = "A000000775"  # the tax authority's template inside tag 99


def lookup_text(tax_code: str, form: int, symbol: str, number: int, day: date, total: int) -> str:
    """The look-up QR's text; ``total`` in dong. The tax code's dash is left out as the regulation wants."""
    fields = (
        ("00", _GUID),
        ("01", tax_code.replace("-", "")),
        ("02", str(form)),
        ("03", symbol),
        ("04", str(number)),
        ("05", f"{day:%Y%m%d}"),
        ("06", str(total)),
    )
    template = "".join(f"{tag}{len(value):02d}{value}" for tag, value in fields)
    text = f"00020199{len(template):02d}{template}6304"
    return f"{text}{crc16(text):04X}"


def crc16(text: str) -> int:
    """CRC-16/CCITT-FALSE (poly 0x1021, init 0xFFFF) of the text's UTF-8 bytes, as EMVCo prescribes."""
    return binascii.crc_hqx(text.encode(), 0xFFFF)


def crc_fits(text: str) -> bool:
    """Whether a QR text ends with the right CRC (many real files copy a wrong one: warn, do not refuse)."""
    return len(text) > 8 and text[-8:-4] == "6304" and text[-4:].upper() == f"{crc16(text[:-4]):04X}"
