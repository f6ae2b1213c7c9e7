"""An invoice's lines as S-Invoice takes them, so that what it reckons itself is ours to the dong.

It multiplies quantity and price, takes the discount off, and adds up; per line the VAT may be rounded either
way. So every line is written with a price that multiplies out to its amount within the decimals it takes, and
the VAT of a rate is shared out over the rate's lines, each rounded down or up. Amounts are magnitudes:
``isIncreaseItem`` says which way they count. What cannot be written so is refused before anything is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import TYPE_CHECKING, Any

from authority.providers.errors import OrderNotPossible
from invoice.invoice import Nature, Relation
from invoice.numbers import Form
from invoice.sale import WHOLE_CURRENCIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from authority.providers.viettel.settings import ViettelSettings
    from invoice.invoice import Amount, InvoiceContent, InvoiceLine

GOODS, NOTE, DISCOUNT, FEE, PROMOTION, SPECIAL = 1, 2, 3, 4, 5, 6
REDUCTION = "Giảm 20% mức tỷ lệ % để tính thuế giá trị gia tăng"
_SELECTIONS = {
    Nature.GOODS: GOODS,
    Nature.PROMOTION: PROMOTION,
    Nature.TRADE_DISCOUNT: DISCOUNT,
    Nature.NOTE: NOTE,
    Nature.SPECIAL: SPECIAL,
}
_PERCENTAGES = {"KCT": -2, "KKKNT": -1, "0%": 0, "5%": 5, "8%": 8, "10%": 10}
_LONGEST_NAME, _LONGEST_UNIT = 500, 50
_PERCENT_DECIMALS = 9
_EXACT_DIGITS = 15  # what a JSON number keeps whatever reads it
_ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Amounts:
    """``itemInfo``, ``taxBreakdowns`` and ``summarizeInfo``."""

    items: list[dict[str, Any]]
    breakdowns: list[dict[str, Any]]
    summary: dict[str, Any]


@dataclass(slots=True)
class _Line:
    """A line on its way: magnitudes, its direction, and the VAT once that is shared out."""

    name: str
    selection: int
    less: bool = False
    code: str | None = None
    unit: str | None = None
    quantity: Decimal | None = None
    price: Decimal | None = None
    before: Decimal = _ZERO
    off: Decimal = _ZERO
    rate: str | None = None
    tax: Decimal = _ZERO

    @property
    def after(self) -> Decimal:
        return self.before - self.off

    def signed(self, amount: Decimal) -> Decimal:
        return -amount if self.less else amount


def amounts_of(content: InvoiceContent, settings: ViettelSettings) -> Amounts:
    """The three parts of an order that say what it comes to.

    Raises:
        OrderNotPossible: something that S-Invoice has no place for, or that no price can say.
    """
    with localcontext() as context:
        context.prec = 60
        return _amounts_of(content, settings)


def _amounts_of(content: InvoiceContent, settings: ViettelSettings) -> Amounts:
    unit = Decimal(1) if content.currency in WHOLE_CURRENCIES else Decimal("0.01")
    adjusts = content.related is not None and content.related.kind is Relation.ADJUSTS
    lines = [_line(line, content.form, unit, settings.price_decimals) for line in content.lines]
    lines += _beside(content, settings)
    if not adjusts:
        _check_directions(lines)
    for rate in content.rate_totals:
        _share_tax([line for line in lines if line.rate == rate.rate], rate.rate, Decimal(rate.tax), unit)
    total = sum((line.signed(line.after + line.tax) for line in lines), _ZERO)
    if total != content.total:
        raise OrderNotPossible(f"the lines come to {total} at the provider, the invoice to {content.total}")
    return Amounts(
        [_item(line, place, adjusts=adjusts) for place, line in enumerate(lines, start=1)],
        [
            {
                "taxPercentage": _PERCENTAGES[rate.rate],
                "taxableAmount": _json_number(abs(Decimal(rate.net))),
                "taxAmount": _json_number(abs(Decimal(rate.tax))),
                **({"taxableAmountPos": rate.net >= 0, "taxAmountPos": rate.tax >= 0} if adjusts else {}),
            }
            for rate in content.rate_totals
        ],
        _summary(content, lines),
    )


def _line(line: InvoiceLine, form: Form, unit: Decimal, decimals: int) -> _Line:
    if len(line.name) > _LONGEST_NAME:
        raise OrderNotPossible(f"the name of a line has {len(line.name)} characters, at most {_LONGEST_NAME}")
    if line.details:
        raise OrderNotPossible(f"the particulars of {line.name!r} have no place in S-Invoice")
    made = _Line(line.name, _SELECTIONS[line.nature], code=line.code, unit=line.unit)
    if line.nature is Nature.NOTE:
        return made
    made.rate = _known_rate(line) if form is Form.VAT else None
    amount, off = _amount(line.amount), _amount(line.discount)
    made.less = amount < 0 or (not amount and (line.quantity or 0) < 0)
    if line.nature is Nature.TRADE_DISCOUNT:
        if amount < 0:
            raise OrderNotPossible(f"the discount line {line.name!r} cannot be given back as a line")
        made.less, made.before = True, amount
        return made
    made.before, made.off = abs(amount) + abs(off), abs(off)
    made.quantity = Decimal(1) if line.quantity is None else abs(line.quantity)
    asked = made.before if line.unit_price is None else abs(line.unit_price)
    if line.nature is Nature.PROMOTION:
        # Its price is shown and taken off whole: it costs nothing, however it is reckoned.
        made.price = _rounded(asked, decimals)
        made.before = made.off = (made.quantity * made.price).quantize(unit, ROUND_HALF_UP)
        return made
    made.price = _price(made, asked, unit, decimals)
    if made.price is None:
        # So many that a price with its decimals steps over the amount: they are sold as one lot of that size.
        made.unit = f"{made.quantity:f} {line.unit or ''}".strip()[:_LONGEST_UNIT]
        made.quantity, made.price = Decimal(1), made.before
    return made


def _known_rate(line: InvoiceLine) -> str:
    if line.rate not in _PERCENTAGES:
        raise OrderNotPossible(f"S-Invoice has no rate {line.rate} ({line.name!r})")
    return line.rate


def _price(line: _Line, asked: Decimal, unit: Decimal, decimals: int) -> Decimal | None:
    """The line's price, or the nearest that multiplies out to the line's amount; None where none does."""
    quantity = line.quantity or _ZERO
    candidates = [asked, line.before / quantity] if quantity else [asked]
    for candidate in candidates:
        price = _rounded(candidate, decimals)
        if (quantity * price).quantize(unit, ROUND_HALF_UP) == line.before:
            return price
    return None


def _beside(content: InvoiceContent, settings: ViettelSettings) -> list[_Line]:
    """What stands beside the lines on ours, and is a line there: fees, and the households' reduction."""
    if content.fees and not settings.fee_lines:
        raise OrderNotPossible("fees have no place in this account's invoices ([viettel] fee_lines)")
    made = [_Line(fee.name, FEE, fee.amount < 0, before=abs(Decimal(fee.amount))) for fee in content.fees]
    off = _amount(content.trade_discount)
    if off < 0 or (off and content.form is Form.VAT):
        raise OrderNotPossible("a reduction of the whole invoice cannot be given back, or stand with VAT")
    if off:
        made.append(_Line(REDUCTION, DISCOUNT, less=True, before=off))
    return made


def _check_directions(lines: Sequence[_Line]) -> None:
    for line in lines:
        if line.less and line.selection != DISCOUNT:
            raise OrderNotPossible(f"{line.name!r} is negative: only an adjusting invoice goes down")


def _share_tax(lines: Sequence[_Line], rate: str, tax: Decimal, unit: Decimal) -> None:
    """Each line's VAT rounded down, and the rest given to those that lost most: together ``tax``."""
    percentage = max(_PERCENTAGES[rate], 0)
    exact = [line.signed(line.after) * percentage / 100 for line in lines]
    shares = [amount.quantize(unit, ROUND_FLOOR) for amount in exact]
    open_to = sorted(
        (place for place, share in enumerate(shares) if exact[place] != share),
        key=lambda place: shares[place] - exact[place],
    )
    left = (tax - sum(shares, _ZERO)) / unit
    if not 0 <= left <= len(open_to):
        raise OrderNotPossible(f"the VAT {tax} at {rate} is not that of the lines")
    for place in open_to[: int(left)]:
        shares[place] += unit
    for line, share in zip(lines, shares, strict=True):
        line.tax = abs(share)


def _item(line: _Line, place: int, *, adjusts: bool) -> dict[str, Any]:
    item: dict[str, Any] = {"lineNumber": place, "selection": line.selection, "itemName": line.name}
    if line.code:
        item["itemCode"] = line.code
    if line.selection == NOTE:
        return item
    if line.unit:
        item["unitName"] = line.unit
    if line.quantity is not None and line.price is not None:
        item["quantity"], item["unitPrice"] = _json_number(line.quantity), _json_number(line.price)
    item["itemTotalAmountWithoutTax"] = _json_number(line.before)
    if line.off:
        item["discount"] = _json_number(_percent(line))
        item["itemDiscount"] = _json_number(line.off)
    item["itemTotalAmountAfterDiscount"] = _json_number(line.after)
    if line.rate is not None:
        item["taxPercentage"], item["taxAmount"] = _PERCENTAGES[line.rate], _json_number(line.tax)
    item["itemTotalAmountWithTax"] = _json_number(line.after + line.tax)
    if adjusts or line.selection == DISCOUNT:
        item["isIncreaseItem"] = not line.less
    return item


def _percent(line: _Line) -> Decimal:
    """The discount in percent, with as few decimals as give the amount again."""
    unit = Decimal(1).scaleb(min(int(line.off.as_tuple().exponent), 0))
    for decimals in range(_PERCENT_DECIMALS + 1):
        percent = _rounded(line.off * 100 / line.before, decimals)
        if (line.before * percent / 100).quantize(unit, ROUND_HALF_UP) == line.off:
            return percent
    raise OrderNotPossible(f"no percentage makes {line.off} of {line.before} ({line.name!r})")


def _summary(content: InvoiceContent, lines: Sequence[_Line]) -> dict[str, Any]:
    before = sum((line.signed(line.before) for line in lines if line.selection != FEE), _ZERO)
    net = sum((line.signed(line.after) for line in lines if line.selection != FEE), _ZERO)
    return {
        "sumOfTotalLineAmountWithoutTax": _json_number(abs(before)),
        "discountAmount": _json_number(abs(sum((line.signed(line.off) for line in lines), _ZERO))),
        "totalAmountWithoutTax": _json_number(abs(net)),
        "totalTaxAmount": _json_number(abs(Decimal(content.tax))),
        "totalAmountWithTax": _json_number(abs(Decimal(content.total))),
        "totalAmountWithTaxInWords": content.words,
    }


def _amount(amount: Amount | None) -> Decimal:
    return _ZERO if amount is None else Decimal(amount)


def _rounded(number: Decimal, decimals: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)


def _json_number(number: Decimal) -> int | float:
    """The number as JSON says it exactly: up to fifteen digits survive every reader.

    Raises:
        OrderNotPossible: it has more.
    """
    if number == number.to_integral_value():
        return int(number)
    if len(number.normalize().as_tuple().digits) > _EXACT_DIGITS:
        raise OrderNotPossible(f"{number} has more than {_EXACT_DIGITS} digits")
    return float(number)
