"""An issued invoice as the regulation's XML, as the provider gives it out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from authority.sandbox.vnpt.drafts import DISCOUNT, EXEMPT, GOODS, NOTE, PROMOTION, SPECIAL, UNDECLARED

if TYPE_CHECKING:
    from decimal import Decimal

    from authority.sandbox.issued_book import Issued
    from authority.sandbox.vnpt.drafts import Draft
    from signing.xmldsig import XmlSigner

_NATURES = {GOODS: 1, PROMOTION: 2, DISCOUNT: 3, NOTE: 4, SPECIAL: 5}
_TITLES = {1: "Hóa đơn giá trị gia tăng", 2: "Hóa đơn bán hàng"}
_WORDS = {EXEMPT: "KCT", UNDECLARED: "KKKNT"}


def signed_xml(draft: Draft, issued: Issued, signer: XmlSigner) -> bytes:
    """``<HDon>`` with number and authority code, signed at the provider; its key stands in it as ``Fkey``."""
    content = _content(draft, issued).encode()
    name = f"{issued.symbol}{issued.number}"
    at = datetime.fromtimestamp(issued.at, UTC)
    signature = signer.sign(signer.digest(content), f"V{name}", f"S{name}", at)
    return b"".join(
        (
            b"<HDon>",
            content,
            f"<MCCQT>{issued.code}</MCCQT><DSCKS><NBan>".encode(),
            signature,
            b"</NBan></DSCKS></HDon>",
        )
    )


def _content(draft: Draft, issued: Issued) -> str:
    rows = "".join(
        "<HHDVu>"
        + _tag("TChat", _NATURES[row.kind])
        + _tag("STT", place)
        + _tag("MHHDVu", row.code)
        + _tag("THHDVu", row.name)
        + _tag("DVTinh", row.unit)
        + _tag("SLuong", row.quantity)
        + _tag("DGia", row.price)
        + _tag("STCKhau", row.discount)
        + _tag("ThTien", row.net)
        + _tag("TSuat", _rate(row.rate))
        + "</HHDVu>"
        for place, row in enumerate(draft.rows, start=1)
    )
    fees = "".join(f"<LPhi>{_tag('TLPhi', name)}{_tag('TPhi', amount)}</LPhi>" for name, amount in draft.fees)
    sums = (
        (_tag("TgTCThue", draft.net) + _tag("TgTThue", draft.vat or 0) if issued.form == 1 else "")
        + (f"<DSLPhi>{fees}</DSLPhi>" if fees else "")
        + _tag("TTCKTMai", draft.discount or None)
        + _tag("TgTTTBSo", draft.total)
        + _tag("TgTTTBChu", draft.words)
    )
    return (
        f'<DLHDon Id="V{issued.symbol}{issued.number}"><TTChung><PBan>2.1.0</PBan>'
        + _tag("THDon", _TITLES[issued.form])
        + _tag("KHMSHDon", issued.form)
        + _tag("KHHDon", issued.symbol)
        + _tag("SHDon", issued.number)
        + _tag("NLap", draft.day.isoformat())
        + _tag("DVTTe", draft.currency)
        + _tag("TGia", draft.exchange_rate)
        + _tag("HTTToan", draft.payment)
        + _related(draft, issued)
        + f"<TTKhac><TTin><TTruong>Fkey</TTruong><KDLieu>string</KDLieu>{_tag('DLieu', draft.key)}</TTin>"
        + "</TTKhac></TTChung><NDHDon><NBan>"
        + _tag("Ten", "-")
        + _tag("MST", issued.tax_code)
        + _tag("DChi", "-")
        + "</NBan><NMua>"
        + _tag("Ten", draft.buyer)
        + _tag("MST", draft.buyer_tax_code)
        + _tag("DChi", draft.buyer_address)
        + f"</NMua><DSHHDVu>{rows}</DSHHDVu><TToan>{sums}</TToan></NDHDon></DLHDon>"
    )


def _related(draft: Draft, issued: Issued) -> str:
    """The invoice that this one replaces or adjusts."""
    if issued.corrects is None:
        return ""
    form, symbol, number = issued.corrects.split(";")
    return (
        "<TTHDLQuan>"
        + _tag("TCHDon", 1 if issued.kind == "replacement" else 2)
        + _tag("LHDCLQuan", 1)
        + _tag("KHMSHDCLQuan", form)
        + _tag("KHHDCLQuan", symbol)
        + _tag("SHDCLQuan", number)
        + _tag("NLHDCLQuan", draft.original_day)
        + _tag("GChu", draft.reason)
        + "</TTHDLQuan>"
    )


def _tag(name: str, value: object) -> str:
    return "" if value is None or value == "" else f"<{name}>{escape(str(value))}</{name}>"


def _rate(rate: Decimal | str | None) -> str | None:
    if rate is None:
        return None
    if isinstance(rate, str):
        return _WORDS[rate]
    return f"{rate}%" if rate in {0, 5, 8, 10} else f"KHAC:{rate:05.2f}%"
