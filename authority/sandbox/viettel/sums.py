"""What an order comes to, reckoned from quantities, prices and rates; what the order says must be the same.

Known of the real service: |quantity x price - line amount|, |rate x taxable - tax| of a line, and the
differences of the sums must each be below one unit of the currency, and it reckons the totals itself. Here
the line amounts and all sums must agree exactly; only a line's tax may be rounded either way.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from authority.sandbox.viettel.fields import OrderRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

GOODS, NOTE, DISCOUNT, FEE, PROMOTION, SPECIAL = 1, 2, 3, 4, 5, 6
_WITHOUT_CENTS = {"VND", "JPY", "KRW"}
_HUNDRED, _ZERO = Decimal(100), Decimal(0)
_NOT_ON_NOTES = (
    "quantity",
    "unitPrice",
    "itemTotalAmountWithoutTax",
    "taxPercentage",
    "taxAmount",
    "discount",
    "itemDiscount",
    "itemTotalAmountAfterDiscount",
    "itemTotalAmountWithTax",
)


@dataclass(frozen=True, slots=True)
class Reckoned:
    """The provider's own result: net and tax per rate, fees beside them, and the whole."""

    rates: dict[int, tuple[Decimal, Decimal]]
    net: Decimal
    tax: Decimal
    fees: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class _Line:
    selection: int
    sign: int
    gross: Decimal
    off: Decimal
    after: Decimal
    rate: int | None
    tax: Decimal


def reckon(order: dict[str, Any], price_decimals: int) -> Reckoned:
    """What the order comes to; its fields must have passed ``check_order``.

    Raises:
        OrderRefused: a sum, a line or a direction that does not agree.
    """
    with localcontext() as context:
        context.prec = 60
        return _reckon(order, price_decimals)


def _reckon(order: dict[str, Any], price_decimals: int) -> Reckoned:
    general = order["generalInvoiceInfo"]
    form = int(general["invoiceType"])
    unit = Decimal(1) if general["currencyCode"] in _WITHOUT_CENTS else Decimal("0.01")
    adjusts = general["adjustmentType"] == "5"
    lines = [_line(item, form, unit, price_decimals, adjusts=adjusts) for item in order["itemInfo"]]
    if adjusts and general.get("adjustmentInvoiceType") == "2" and any(x.selection != NOTE for x in lines):
        raise OrderRefused("ADJUSTMENT_INFO_HAS_AMOUNT", "Hóa đơn điều chỉnh thông tin không có tiền hàng")
    rates: dict[int, tuple[Decimal, Decimal]] = defaultdict(lambda: (_ZERO, _ZERO))
    for line in lines:
        if line.rate is not None:
            net, tax = rates[line.rate]
            rates[line.rate] = net + line.sign * line.after, tax + line.sign * line.tax
    _check_breakdowns(order.get("taxBreakdowns", []), rates, unit)
    fees = sum((x.sign * x.after for x in lines if x.selection == FEE), _ZERO)
    net = sum((x.sign * x.after for x in lines if x.selection not in {FEE, NOTE}), _ZERO)
    tax = sum((tax for _, tax in rates.values()), _ZERO)
    reckoned = Reckoned(dict(rates), net, tax, fees, net + tax + fees)
    if not adjusts and reckoned.total < 0:
        raise OrderRefused("TOTAL_AMOUNT_INVALID", "Tổng tiền âm")
    _check_summary(order.get("summarizeInfo"), lines, reckoned)
    return reckoned


def _line(item: dict[str, Any], form: int, unit: Decimal, price_decimals: int, *, adjusts: bool) -> _Line:
    selection = int(item.get("selection") or GOODS)
    name = item["itemName"][:60]
    sign = _sign(item, selection, adjusts=adjusts)
    if selection == NOTE:
        if any(item.get(field) is not None for field in _NOT_ON_NOTES):
            raise OrderRefused("ITEM_NOTE_HAS_AMOUNT", f"Dòng ghi chú {name} không có số tiền")
        return _Line(NOTE, 1, _ZERO, _ZERO, _ZERO, None, _ZERO)
    gross = _gross(item, selection, unit, price_decimals)
    off = _discount(item, gross, unit)
    after = gross - off
    if selection == PROMOTION and after:
        raise OrderRefused("ITEM_PROMOTION_HAS_AMOUNT", f"Hàng khuyến mại {name} còn tiền hàng {after}")
    _same(item, "itemTotalAmountAfterDiscount", after, name)
    rate = _rate(item, selection, form)
    exact = after * max(rate or 0, 0) / _HUNDRED
    given = item.get("taxAmount")
    tax = exact.quantize(unit, ROUND_HALF_UP) if given is None else _exact(given)
    if abs(tax - exact) >= unit or tax % unit:
        raise OrderRefused("TAX_AMOUNT_INVALID", f"Tiền thuế {tax} của {name} không phải {exact}")
    _same(item, "itemTotalAmountWithTax", after + tax, name)
    return _Line(selection, sign, gross, off, after, rate, tax)


def _sign(item: dict[str, Any], selection: int, *, adjusts: bool) -> int:
    """Which way a line counts. An adjusting invoice says it of every line, a discount always."""
    increases = item.get("isIncreaseItem")
    if selection == NOTE:
        return 1
    if (adjusts or selection == DISCOUNT) and increases is None:
        raise OrderRefused("IS_INCREASE_ITEM_REQUIRED", "Thiếu isIncreaseItem")
    if increases is False:
        if not adjusts and selection != DISCOUNT:
            raise OrderRefused("IS_INCREASE_ITEM_INVALID", "Chỉ chiết khấu và điều chỉnh được giảm")
        return -1
    if selection == DISCOUNT:
        raise OrderRefused("IS_INCREASE_ITEM_INVALID", "Dòng chiết khấu phải có isIncreaseItem là false")
    return 1


def _gross(item: dict[str, Any], selection: int, unit: Decimal, price_decimals: int) -> Decimal:
    """The line's amount before its discount: quantity x price where the line has them."""
    name = item["itemName"][:60]
    if selection in {DISCOUNT, FEE}:
        amount = item.get("itemTotalAmountWithoutTax")
        if amount is None or item.get("quantity") is not None or item.get("unitPrice") is not None:
            raise OrderRefused("ITEM_AMOUNT_INVALID", f"Dòng {name} chỉ có số tiền")
        gross = _exact(amount)
        if gross % unit:
            raise OrderRefused("ITEM_AMOUNT_INVALID", f"Số tiền {gross} của {name} có số lẻ")
        return gross
    if item.get("quantity") is None or item.get("unitPrice") is None:
        raise OrderRefused("ITEM_QUANTITY_REQUIRED", f"Dòng {name} thiếu số lượng hoặc đơn giá")
    quantity, price = _exact(item["quantity"]), _exact(item["unitPrice"])
    if price.quantize(Decimal(1).scaleb(-price_decimals)) != price:
        raise OrderRefused("INVALID_DECIMAL_POINT_PRICE", f"Đơn giá {price} quá {price_decimals} số lẻ")
    gross = (quantity * price).quantize(unit, ROUND_HALF_UP)
    _same(item, "itemTotalAmountWithoutTax", gross, name)
    return gross


def _discount(item: dict[str, Any], gross: Decimal, unit: Decimal) -> Decimal:
    percent, amount = item.get("discount"), item.get("itemDiscount")
    if percent is not None and not 0 <= percent <= 100:
        raise OrderRefused("DISCOUNT_INVALID", "Chiết khấu không hợp lệ: phải từ 0 đến 100 phần trăm")
    of_percent = (gross * _exact(percent or 0) / _HUNDRED).quantize(unit, ROUND_HALF_UP)
    off = of_percent if amount is None else _exact(amount)
    if off != of_percent or off > gross:
        raise OrderRefused("DISCOUNT_INVALID", f"Chiết khấu {off} không phải {percent} % của {gross}")
    return off


def _rate(item: dict[str, Any], selection: int, form: int) -> int | None:
    rate = item.get("taxPercentage")
    if form == 2 or selection == FEE:
        if rate is not None or item.get("taxAmount"):
            raise OrderRefused("TAX_PERCENTAGE_INVALID", "Dòng này không có thuế suất")
        return None
    if rate is None:
        raise OrderRefused("TAX_PERCENTAGE_REQUIRED", "Thiếu thuế suất")
    return int(rate)


def _check_breakdowns(
    given: list[dict[str, Any]], rates: dict[int, tuple[Decimal, Decimal]], unit: Decimal
) -> None:
    listed = [int(row["taxPercentage"]) for row in given]
    if sorted(listed) != sorted(rates):
        raise OrderRefused(
            "TAX_BREAKDOWNS_INVALID", f"Bảng thuế suất có {listed}, các dòng có {sorted(rates)}"
        )
    for row in given:
        rate = int(row["taxPercentage"])
        net = _signed(row["taxableAmount"], row.get("taxableAmountPos"))
        tax = _signed(row["taxAmount"], row.get("taxAmountPos"))
        if (net, tax) != rates[rate]:
            raise OrderRefused(
                "TAX_BREAKDOWNS_INVALID", f"Thuế suất {rate}: ghi {net}, {tax}, tính {rates[rate]}"
            )
        if abs(net * max(rate, 0) / _HUNDRED - tax) >= unit:
            raise OrderRefused("TAX_BREAKDOWNS_INVALID", f"Thuế {tax} không phải {rate} % của {net}")


def _check_summary(given: dict[str, Any] | None, lines: list[_Line], reckoned: Reckoned) -> None:
    if given is None:
        return
    own = {
        "sumOfTotalLineAmountWithoutTax": _total(x.sign * x.gross for x in lines if x.selection != FEE),
        "totalAmountWithoutTax": abs(reckoned.net),
        "totalTaxAmount": abs(reckoned.tax),
        "totalAmountWithTax": abs(reckoned.total),
        "discountAmount": _total(x.sign * x.off for x in lines),
    }
    for name, amount in own.items():
        if given.get(name) is not None and _exact(given[name]) != amount:
            raise OrderRefused("SUMMARIZE_INFO_INVALID", f"{name} ghi {given[name]}, tính lại {amount}")


def _total(parts: Iterable[Decimal]) -> Decimal:
    return abs(sum(parts, _ZERO))


def _same(item: dict[str, Any], field: str, amount: Decimal, name: str) -> None:
    given = item.get(field)
    if given is not None and _exact(given) != amount:
        raise OrderRefused("ITEM_AMOUNT_INVALID", f"{field} của {name} ghi {given}, tính lại {amount}")


def _signed(amount: int | Decimal, counts: object) -> Decimal:
    return -_exact(amount) if counts is False else _exact(amount)


def _exact(number: int | Decimal) -> Decimal:
    return Decimal(number)
