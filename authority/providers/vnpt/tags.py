"""Elements with one value, as both written forms of an order have them."""

from __future__ import annotations

from decimal import Decimal

from invoice.document import canonical_text


def tag(name: str, value: object) -> str:
    """``<name>value</name>``; "" where there is no value. Numbers stand plain, without exponent."""
    if value is None or value == "":
        return ""
    if isinstance(value, Decimal):
        text = f"{value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return f"<{name}>{'0' if text == '-0' else text}</{name}>"
    return f"<{name}>{canonical_text(str(value))}</{name}>"


def rate_number(word: str | None) -> str:
    """A VAT rate as the provider numbers it: percent, -1 for KCT, -2 for KKKNT; "" for none."""
    if word is None:
        return ""
    if word in {"KCT", "KKKNT"}:
        return "-1" if word == "KCT" else "-2"
    percent = Decimal(word.removeprefix("KHAC:").removesuffix("%"))
    return f"{percent.normalize():f}"


def payment_word(payment: str | None) -> str:
    """The provider's word for how was paid (TM, CK, TM,CK); any other stands as it is."""
    known = {"Tiền mặt": "TM", "Chuyển khoản": "CK", "Tiền mặt/Chuyển khoản": "TM,CK"}
    return known.get(payment or "", payment or "")
