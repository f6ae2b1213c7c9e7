"""The papers of an issued invoice: the XML as the provider signed it, a PDF, and the archive around the XML.

The amounts are the provider's own reckoning, written from the order as it came; the archive is a ZIP that
holds a ZIP that holds the XML, as the service gives it.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from authority.elements import VIETNAM
from authority.sandbox.viettel.sums import DISCOUNT, FEE, NOTE, PROMOTION, reckon

if TYPE_CHECKING:
    from authority.sandbox.issued_book import Issued
    from signing.xmldsig import XmlSigner

_RATES = {-2: "KCT", -1: "KKKNT"}
_NATURES = {NOTE: 4, DISCOUNT: 3, PROMOTION: 2}
_PAYMENTS = {"TM": "Tiền mặt", "CK": "Chuyển khoản", "TM/CK": "Tiền mặt/Chuyển khoản", "KHAC": "Khác"}
_TITLES = {1: "Hóa đơn giá trị gia tăng", 2: "Hóa đơn bán hàng"}


@dataclass(frozen=True, slots=True)
class _Paper:
    one: Issued
    order: dict[str, Any]

    @property
    def day(self) -> datetime:
        return datetime.fromtimestamp(self.one.moment / 1000, VIETNAM)


def signed_xml(one: Issued, signer: XmlSigner) -> bytes:
    """``<HDon>`` with the authority's code, signed at the provider."""
    content = _content(_Paper(one, json.loads(one.content))).encode()
    name = f"{one.symbol}{one.number}"
    at = datetime.fromtimestamp(one.at, UTC)
    signature = signer.sign(signer.digest(content), f"V{name}", f"S{name}", at)
    head = f"<MCCQT>{one.code}</MCCQT><DSCKS><NBan>".encode()
    return b"".join((b"<HDon>", content, head, signature, b"</NBan></DSCKS></HDon>"))


def archive(one: Issued, signer: XmlSigner) -> bytes:
    """The XML in a ZIP in a ZIP."""
    name = f"{one.tax_code}-{one.symbol}{one.number}"
    return _zipped(f"{name}.zip", _zipped(f"{name}.xml", signed_xml(one, signer)))


def _content(paper: _Paper) -> str:
    one, order = paper.one, paper.order
    general, buyer, seller = order["generalInvoiceInfo"], order["buyerInfo"], order.get("sellerInfo") or {}
    reckoned = reckon(_with_decimals(order), 9)
    payments = _PAYMENTS.get(order["payments"][0]["paymentMethodName"], "Khác")
    head = _elements(
        PBan="2.1.0",
        THDon=_TITLES[one.form],
        KHMSHDon=one.form,
        KHHDon=one.symbol,
        SHDon=one.number,
        NLap=f"{paper.day:%Y-%m-%d}",
        DVTTe=general["currencyCode"],
        TGia=general.get("exchangeRate"),
        HTTToan=payments,
    )
    if one.corrects is not None:
        original = datetime.fromtimestamp(general["originalInvoiceIssueDate"] / 1000, VIETNAM)
        head += _group(
            "TTHDLQuan",
            _elements(
                TCHDon=1 if one.kind == "replacement" else 2,
                LHDCLQuan=1,
                KHMSHDCLQuan=one.form,
                KHHDCLQuan=general["originalInvoiceId"][:6],
                SHDCLQuan=one.corrects.rpartition(";")[2],
                NLHDCLQuan=f"{original:%Y-%m-%d}",
                GChu=general.get("additionalReferenceDesc"),
            ),
        )
    parties = _group(
        "NBan",
        _elements(
            Ten=seller.get("sellerLegalName") or "-",
            MST=one.tax_code,
            DChi=seller.get("sellerAddressLine") or "-",
        ),
    ) + _group(
        "NMua",
        _elements(
            Ten=buyer.get("buyerLegalName") or buyer.get("buyerName"),
            MST=buyer.get("buyerTaxCode"),
            DChi=buyer.get("buyerAddressLine"),
            HVTNMHang=buyer.get("buyerName") if buyer.get("buyerLegalName") else None,
        ),
    )
    lines = "".join(_line(item, one.form) for item in order["itemInfo"] if item.get("selection") != FEE)
    rates = "".join(
        _group("LTSuat", _elements(TSuat=_rate(rate), ThTien=_number(net), TThue=_number(tax)))
        for rate, (net, tax) in sorted(reckoned.rates.items())
    )
    sums = ""
    if one.form == 1:
        sums = _group("THTTLTSuat", rates) + _elements(
            TgTCThue=_number(reckoned.net), TgTThue=_number(reckoned.tax)
        )
    if reckoned.fees:
        fees = [item for item in order["itemInfo"] if item.get("selection") == FEE]
        sums += _group("DSLPhi", "".join(_fee(item) for item in fees))
    words = (order.get("summarizeInfo") or {}).get("totalAmountWithTaxInWords")
    sums += _elements(TgTTTBSo=_number(reckoned.total), TgTTTBChu=words or _number(reckoned.total))
    body = _group("NDHDon", parties + _group("DSHHDVu", lines) + _group("TToan", sums))
    return f'<DLHDon Id="V{one.symbol}{one.number}">{_group("TTChung", head)}{body}</DLHDon>'


def _line(item: dict[str, Any], form: int) -> str:
    selection = item.get("selection") or 1
    if selection == NOTE:
        return _group("HHDVu", _elements(TChat=4, THHDVu=item["itemName"]))
    less = item.get("isIncreaseItem") is False and selection != DISCOUNT
    after = Decimal(str(item["itemTotalAmountAfterDiscount"]))
    quantity, off = item.get("quantity"), Decimal(str(item.get("itemDiscount") or 0))
    return _group(
        "HHDVu",
        _elements(
            TChat=_NATURES.get(selection, 1),
            STT=item.get("lineNumber"),
            MHHDVu=item.get("itemCode"),
            THHDVu=item["itemName"],
            DVTinh=item.get("unitName"),
            SLuong=None if quantity is None else _number(_turned(Decimal(str(quantity)), less=less)),
            DGia=None if item.get("unitPrice") is None else _number(Decimal(str(item["unitPrice"]))),
            STCKhau=_number(_turned(off, less=less)) if off else None,
            ThTien=_number(_turned(after, less=less)),
            TSuat=_rate(int(item["taxPercentage"])) if form == 1 else None,
        ),
    )


def _fee(item: dict[str, Any]) -> str:
    less = item.get("isIncreaseItem") is False
    amount = Decimal(str(item["itemTotalAmountWithoutTax"]))
    return _group("LPhi", _elements(TLPhi=item["itemName"], TPhi=_number(_turned(amount, less=less))))


def _turned(amount: Decimal, *, less: bool) -> Decimal:
    return -amount if less else amount


def _rate(rate: int) -> str:
    return _RATES.get(rate, f"{rate}%")


def _with_decimals(order: dict[str, Any]) -> dict[str, Any]:
    """The order as it was read first: numbers with decimals were kept as texts."""
    numbers = {**order}
    numbers["itemInfo"] = [_decimals(item) for item in order["itemInfo"]]
    numbers["taxBreakdowns"] = [_decimals(row) for row in order.get("taxBreakdowns", [])]
    if order.get("summarizeInfo"):
        numbers["summarizeInfo"] = _decimals(order["summarizeInfo"])
    return numbers


_TEXTS = {"itemCode", "itemName", "unitName", "totalAmountWithTaxInWords"}


def _decimals(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Decimal(value) if isinstance(value, str) and name not in _TEXTS else value
        for name, value in row.items()
    }


def _number(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _elements(**leaves: object) -> str:
    return "".join(
        f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in leaves.items() if value not in (None, "")
    )


def _group(tag: str, inside: str) -> str:
    return f"<{tag}>{inside}</{tag}>"


def _zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), content)
    return out.getvalue()
