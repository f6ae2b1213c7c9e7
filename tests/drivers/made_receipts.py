"""A wide maker of Vietnamese receipts: what they say is known, so that a reading can be judged.

``make(seed)`` gives the printed bytes and the truth behind them. Words, layouts, figures, widths and
encodings are drawn independently, so that most receipts are of a kind that no real software prints twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TYPE_CHECKING

from drivers.encoding import decode, encode
from invoice.sale import Kind
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from collections.abc import Callable

GOODS = (
    ("Cà phê sữa đá", "Ly", 25_000),
    ("Bánh mì thịt nướng", "Ổ", 20_000),
    ("Phở bò tái", "Tô", 55_000),
    ("Bia Tiger lon 330ml", "Lon", 17_500),
    ("Nước suối Lavie 500ml", "Chai", 6_000),
    ("7 Up lon", "Lon", 10_000),
    ("Khăn giấy Pulppy", "Gói", 18_000),
    ("Dầu gội Clear 630g", "Chai", 159_000),
    ("Túi nilon", "Cái", 1_000),
    ("Giày sandal nữ 38", "Đôi", 349_000),
    ("Áo thun cổ tròn size L", "Cái", 129_000),
    ("Kẹo dừa", "Gói", 500),
    ("Mì Hảo Hảo tôm chua cay", "Gói", 4_500),
    ("Sữa tươi Vinamilk 1L", "Hộp", 36_500),
    ("Lẩu thái", "Nồi", 320_000),
    ("Cơm tấm sườn bì chả", "Dĩa", 45_000),
    ("Trà đào cam sả", "Ly", 45_000),
    ("Laptop Dell 15", "Cái", 8_990_000),
    ("Thẻ nhớ 64GB", "Cái", 219_000),
    ("Vé xem phim 2D", "Vé", 85_000),
    ("Combo 1 gà + 2 pepsi", "Phần", 99_000),
)
WEIGHED = (
    ("Cá thu cắt lát", 260_000),
    ("Thịt ba chỉ heo", 145_000),
    ("Xoài cát Hòa Lộc", 62_500),
    ("Tôm sú", 385_000),
)
LONG = (
    "Nước mắm Nam Ngư Đệ Nhị chai nhựa 900ml",
    "Bộ drap gối cotton hoa xanh 1m6 x 2m",
    "Bánh trung thu thập cẩm gà quay",
)


@dataclass(frozen=True)
class Good:
    """One item of the truth."""

    name: str
    unit: str
    quantity: Decimal
    price: int
    discount: int = 0

    @property
    def gross(self) -> int:
        """Quantity x price, whole dong."""
        return int((self.quantity * self.price).quantize(Decimal(1), ROUND_HALF_UP))

    @property
    def amount(self) -> int:
        """What is asked for it."""
        return self.gross - self.discount


@dataclass(frozen=True)
class Made:
    """A printed receipt and the truth."""

    data: bytes
    kind: Kind
    goods: tuple[Good, ...]
    fees: tuple[tuple[str, int], ...]
    service_charge: int
    rounding: int
    discount: int
    total: int
    payments: tuple[tuple[str, int], ...]
    receipt_no: str | None
    sold_at: datetime | None
    layout: str
    rows: tuple[str, ...]
    encoding: str


@dataclass
class Style:
    """How one register's software writes."""

    random: Random
    width: int = 42
    thousands: str = "."
    decimal: str = ","
    currency: str = ""
    accents: bool = True
    english: bool = False
    colon: bool = True
    indent: str = ""
    rule: str = "-"
    rows: list[str] = field(default_factory=list)

    def amount(self, value: int, *, currency: bool = True) -> str:
        """An amount as this software prints it."""
        text = f"{value:,}".replace(",", self.thousands)
        return text + (self.currency if currency else "")

    def quantity(self, value: Decimal) -> str:
        """A quantity: whole, or with three decimals."""
        return str(int(value)) if value == int(value) else f"{value:.3f}".replace(".", self.decimal)

    def pair(self, label: str, amount: str) -> str:
        """A label at the left, an amount at the right."""
        label += ":" if self.colon else ""
        gap = self.width - len(label) - len(amount)
        return label + " " * max(1 if self.colon else 2, gap) + amount

    def add(self, *rows: str) -> None:
        """Print rows."""
        self.rows.extend(rows)

    def line(self) -> None:
        """A rule."""
        self.rows.append(self.rule * self.width)

    def one(self, *choices: str) -> str:
        """Any of these."""
        return self.random.choice(choices)


def _cells(style: Style, name: str, *cells: tuple[str, int]) -> list[str]:
    """Name and columns; a long name is cut at its cell's edge and goes on below."""
    room = style.width - sum(width for _, width in cells)
    tail = "".join(text.rjust(width) for text, width in cells)
    first, rest = name[: room - 1].rstrip(), name[room - 1 :]
    return [first.ljust(room) + tail, *([rest] if rest.strip() else [])]


def _right(style: Style, good: Good, room: int) -> str:
    text = style.amount(good.gross)
    return text.rjust(max(len(text) + 1, room))


def _figures(style: Style, good: Good, widths: tuple[int, int, int]) -> tuple[tuple[str, int], ...]:
    """Cells of quantity, price and amount."""
    texts = (
        style.quantity(good.quantity),
        style.amount(good.price, currency=False),
        style.amount(good.gross, currency=False),
    )
    return tuple(zip(texts, widths, strict=True))


def _columns(style: Style, good: Good, place: int) -> list[str]:
    del place
    return _cells(style, good.name, *_figures(style, good, (6, 11, 12)))


def _price_first(style: Style, good: Good, place: int) -> list[str]:
    del place
    quantity, price, amount = _figures(style, good, (6, 11, 12))
    return _cells(style, good.name, price, quantity, amount)


def _numbered_columns(style: Style, good: Good, place: int) -> list[str]:
    return _columns(style, replace(good, name=f"{place}{style.indent}{good.name}"), place)


def _tabs(style: Style, good: Good, place: int) -> list[str]:
    del place
    return [
        f"{good.name}\t{style.quantity(good.quantity)}\t{style.amount(good.price)}\t{style.amount(good.gross)}"
    ]


def _two_price_first(style: Style, good: Good, place: int) -> list[str]:
    del place
    left = f"{style.amount(good.price)} x {style.quantity(good.quantity)} {good.unit}"
    return [good.name, left + _right(style, good, style.width - len(left))]


def _two_quantity_first(style: Style, good: Good, place: int) -> list[str]:
    del place
    times = style.one(" x ", " X ", "x", " * ")
    left = f"{style.indent}{style.quantity(good.quantity)}{times}{style.amount(good.price)}"
    return [good.name, left + _right(style, good, style.width - len(left))]


def _numbered_two(style: Style, good: Good, place: int) -> list[str]:
    left = f"   {style.quantity(good.quantity)} x {style.amount(good.price)} ="
    return [f"{place}. {good.name}", left + _right(style, good, style.width - len(left))]


def _quantity_below(style: Style, good: Good, place: int) -> list[str]:
    del place
    first = style.quantity(good.quantity).rjust(6)
    return [
        good.name,
        first + style.amount(good.price).rjust(14) + _right(style, good, style.width - 20),
    ]


def _at_below(style: Style, good: Good, place: int) -> list[str]:
    del place
    first = f"{style.quantity(good.quantity)} {good.name}"[: style.width - 13]
    return [
        first + _right(style, good, style.width - len(first)),
        f"   @{style.amount(good.price)}",
    ]


def _product_below(style: Style, good: Good, place: int) -> list[str]:
    del place
    return [
        good.name[: style.width - 14] + _right(style, good, style.width - len(good.name[: style.width - 14])),
        f"  {style.quantity(good.quantity)} x {style.amount(good.price)}",
    ]


def _one_row(style: Style, good: Good, place: int) -> list[str]:
    del place
    product = f"{style.quantity(good.quantity)} x {style.amount(good.price)}"
    return [f"{good.name} {product} = {style.amount(good.gross)}"]


def _weight_unit(style: Style, good: Good, place: int) -> list[str]:
    del place
    unit = f" {good.unit.lower()}" if good.unit else ""
    left = f"  {style.quantity(good.quantity)}{unit} x {style.amount(good.price)}"
    return [good.name, left + _right(style, good, style.width - len(left))]


def _code_below(style: Style, good: Good, place: int) -> list[str]:
    figures = "  ".join(text for text, _ in _figures(style, good, (0, 0, 0)))
    return [good.name, f"89345{place:08d} {figures}"]


def _unit_column(style: Style, good: Good, place: int) -> list[str]:
    del place
    return _cells(style, good.name, (good.unit.ljust(5), 6), *_figures(style, good, (6, 10, 12)))


def _worded(style: Style, good: Good, place: int) -> list[str]:
    del place
    return [
        good.name,
        f"  SL: {style.quantity(good.quantity)}  ĐG: {style.amount(good.price)}  {style.amount(good.gross)}",
    ]


LAYOUTS: dict[str, Callable[[Style, Good, int], list[str]]] = {
    "columns": _columns,
    "price first": _price_first,
    "numbered columns": _numbered_columns,
    "tabs": _tabs,
    "two rows, price first": _two_price_first,
    "two rows, quantity first": _two_quantity_first,
    "numbered, two rows": _numbered_two,
    "quantity below": _quantity_below,
    "at below": _at_below,
    "product below": _product_below,
    "one row": _one_row,
    "weight unit": _weight_unit,
    "code below": _code_below,
    "unit column": _unit_column,
    "worded": _worded,
}
HEADINGS = {
    "columns": "Tên hàng|SL|Đ.giá|T.tiền",
    "price first": "Tên món|Đơn giá|SL|Thành tiền",
    "numbered columns": "STT Tên hàng|SL|Đơn giá|T.Tiền",
    "two rows, price first": "Đơn giá|SL|T.Tiền",
    "unit column": "Mặt hàng|ĐVT|SL|Giá|T.Tiền",
}
ENGLISH_HEADINGS = {"columns": "Item|Qty|Price|Amount", "price first": "Item|Price|Qty|Amount"}


def make(seed: int, kind: Kind = Kind.SALE) -> Made:
    """Print one receipt; the same seed always prints the same."""
    random = Random(seed)  # noqa: S311 (a maker of test data)
    style = _style(random)
    layout = random.choice(list(LAYOUTS))
    if style.width == 32 and layout in {"columns", "price first", "numbered columns", "unit column"}:
        style.width = 48
    if style.thousands == " ":
        layout = random.choice(
            ["two rows, price first", "two rows, quantity first", "at below", "product below"]
        )
    style.indent = (
        random.choice([". ", ") ", "  "]) if layout == "numbered columns" else random.choice(["", "  "])
    )
    goods = _goods(random, style)
    number, sold_at = _head(style, kind)
    _heading(style, layout, has_rule=layout in {"one row", "tabs"})
    goods = tuple(_print_good(style, layout, good, place) for place, good in enumerate(goods, start=1))
    style.line()
    foot = _foot(style, goods, kind)
    if random.random() < 0.8:
        style.rule = random.choice("=-*")
        style.line()
    style.add(*random.sample(_CLOSINGS, random.randint(0, 3)))
    encoding = "ascii" if not style.accents else random.choice(["utf-8", "cp1258", "tcvn3"])
    rows = tuple(row.rstrip() for row in style.rows)
    data = b"\x1b@" + b"".join(encode(row, encoding) + b"\n" for row in rows) + b"\n\x1dVB\x00"
    goods = tuple(replace(good, name=_as_printed(good.name, encoding)) for good in goods)
    return Made(data, kind, goods, *foot, number, sold_at, layout, rows, encoding)


_CLOSINGS = (
    "Cảm ơn quý khách, hẹn gặp lại!",
    "Hàng mua rồi miễn đổi trả hàng",
    "Wifi: quanhungha / 12345678",
    "Hotline: 1900 1234",
    "www.example.vn",
    "Quý khách vui lòng kiểm tra hàng trước khi rời quầy",
    "Điểm tích lũy: 1.250",
    "Xuất hóa đơn trong ngày",
    "Thank you, see you again!",
    "Mật khẩu wifi: 88888888",
)


def _as_printed(text: str, encoding: str) -> str:
    return decode(encode(text, encoding), encoding)


def _style(random: Random) -> Style:
    thousands = random.choice([".", ".", ",", ",", "", " "])
    return Style(
        random=random,
        width=random.choice([32, 42, 48]),
        thousands=thousands,
        decimal=random.choice([",", "."]),
        currency=random.choice(["", "", "đ", " đ", " VND"]),
        accents=random.random() < 0.7,
        english=random.random() < 0.2,
        colon=random.random() < 0.8,
        rule=random.choice(["-", "=", "_"]),
    )


def _goods(random: Random, style: Style) -> tuple[Good, ...]:
    goods = []
    for _ in range(random.randint(1, 9)):
        if random.random() < 0.2:
            name, price = random.choice(WEIGHED)
            goods.append(Good(name, "Kg", Decimal(random.randint(101, 4999)) / 1000, price))
        else:
            name, unit, price = random.choice(GOODS)
            if random.random() < 0.08 and style.width > 40:
                name = random.choice(LONG)
            goods.append(Good(name, unit, Decimal(random.choice([1, 1, 1, 2, 2, 3, 5, 10, 12])), price))
    return tuple(goods)


def _head(style: Style, kind: Kind) -> tuple[str | None, datetime | None]:
    random = style.random
    style.add(
        style.one(
            "SIÊU THỊ MINI AN HẢI", "QUÁN CÀ PHÊ BÀN CỜ", "BẾP NHÀ MÌNH", "Nhà hàng Mỹ Khê", "THE COFFEE BAR"
        )
    )
    style.add(
        "12 Bạch Đằng, Hải Châu, Đà Nẵng",
        style.one("ĐT: 0905 123 456", "Tel: 0236.3.888.999", "MST: 0401234567"),
    )
    if random.random() < 0.3:
        style.line()
    style.add(_TITLES[kind][random.randrange(len(_TITLES[kind]))])
    number = None
    if random.random() < 0.9:
        number = style.one("HD", "", "BH-", "0000", "23/11-") + str(random.randint(100, 999_999))
        style.add(style.one(*_NUMBER_LABELS) + number)
    sold_at = _time(style)
    if random.random() < 0.7:
        style.add(style.one("Thu ngân: Thảo Vy", "Nhân viên: Hùng", "Cashier: admin", "NV: 02"))
    if random.random() < 0.4:
        style.add(style.one("Bàn: 12", "Bàn số 5", "Table: 7", "Khách hàng: Khách lẻ"))
    return number, sold_at


_TITLES = {
    Kind.SALE: (
        "HÓA ĐƠN BÁN HÀNG",
        "HÓA ĐƠN THANH TOÁN",
        "PHIẾU THANH TOÁN",
        "HÓA ĐƠN",
        "RECEIPT",
        "PHIẾU TÍNH TIỀN",
    ),
    Kind.REPRINT: ("HÓA ĐƠN BÁN HÀNG (BẢN SAO)", "HÓA ĐƠN - IN LẠI", "*** REPRINT ***"),
    Kind.PROVISIONAL: ("HÓA ĐƠN TẠM TÍNH", "PHIẾU TẠM TÍNH", "TẠM TÍNH - CHƯA THANH TOÁN"),
    Kind.REFUND: ("HÓA ĐƠN TRẢ HÀNG", "PHIẾU TRẢ HÀNG", "PHIẾU HOÀN TIỀN", "REFUND", "HÓA ĐƠN HỦY"),
}
_NUMBER_LABELS = (
    "Số HĐ: ",
    "Số hóa đơn: ",
    "HĐ số: ",
    "Số phiếu: ",
    "Mã HĐ: ",
    "Bill No: ",
    "Receipt #",
    "Receipt No. ",
    "Mã GD: ",
    "Hóa đơn số: ",
    "Số: ",
    "Số CT: ",
    "Order #: ",
    "Bill: ",
    "Invoice No: ",
    "Mã đơn hàng: ",
    "No.: ",
)


def _time(style: Style) -> datetime | None:
    random = style.random
    moment = datetime(
        2026,
        random.randint(1, 12),
        random.randint(1, 28),
        random.randint(6, 23),
        random.randint(0, 59),
        tzinfo=VIETNAM,
    )
    choice = random.randrange(9)
    forms = (
        "Ngày: {0:%d/%m/%Y %H:%M}",
        "Ngày: {0:%d-%m-%y %H:%M}",
        "Ngày {0:%d} tháng {0:%m} năm {0:%Y} {0:%H:%M}",
        "Date: {0:%Y-%m-%d %H:%M}",
        "Thời gian: {0:%H:%M} {0:%d/%m/%Y}",
        "Ngày bán: {0:%d/%m/%Y}   Giờ: {0:%H:%M}",
        "{0:%d.%m.%Y} - {0:%H:%M}",
        "Ngày: {0:%d/%m/%Y} {0:%I:%M} {1}",
    )
    if choice == len(forms):
        return None
    style.add(forms[choice].format(moment, "SA" if moment.hour < 12 else "CH"))
    return moment


def _heading(style: Style, layout: str, *, has_rule: bool) -> None:
    headings = ENGLISH_HEADINGS if style.english else HEADINGS
    if layout in headings and style.random.random() < 0.7:
        style.line()
        names = headings[layout].split("|")
        step = style.width // len(names)
        style.add(names[0].ljust(step) + "".join(name.rjust(step) for name in names[1:]))
        style.line()
    elif has_rule or style.random.random() < 0.8:
        style.line()


def _print_good(style: Style, layout: str, good: Good, place: int) -> Good:
    before = len(style.rows)
    style.add(*LAYOUTS[layout](style, good, place))
    if layout in {"at below", "product below"}:  # these cut what does not fit
        shown = style.rows[before][: style.width - (13 if layout == "at below" else 14)]
        if layout == "at below":
            shown = shown.removeprefix(f"{style.quantity(good.quantity)} ")
        good = replace(
            good, name=good.name[: len(shown)].strip() if len(shown) < len(good.name) else good.name
        )
    if style.random.random() < 0.06 and good.gross >= 10_000:
        good = replace(good, discount=good.gross // 10)
        label = style.one("Giảm giá 10%", "CK 10%", "KM", "Chiết khấu")
        style.add(f"  {label}: -{style.amount(good.discount)}")
    return good


def _foot(
    style: Style, goods: tuple[Good, ...], kind: Kind
) -> tuple[tuple[tuple[str, int], ...], int, int, int, int, tuple[tuple[str, int], ...]]:
    random = style.random
    gross = sum(good.amount for good in goods)
    fees: list[tuple[str, int]] = []
    discount = service = rounding = 0
    total = gross
    words = lambda vi, en: en if style.english else vi  # noqa: E731 (one choice, often)
    if random.random() < 0.2:
        label = style.one("Tổng SL", "Số lượng", "Tổng số lượng")
        style.add(style.pair(label, style.quantity(sum((g.quantity for g in goods), Decimal(0)))))
    adjusted = random.random() < 0.5
    if adjusted or random.random() < 0.5:
        label = words(
            style.one("Tổng tiền hàng", "Tạm tính", "Cộng tiền hàng", "Tiền hàng", "Cộng"), "Subtotal"
        )
        style.add(style.pair(label, style.amount(gross)))
    if adjusted and random.random() < 0.6 and total >= 10_000:
        discount = random.choice([total // 10, 5_000, 2_000])
        label = words(
            style.one(
                "Giảm giá", "Chiết khấu", "Khuyến mãi", "Giảm giá (10%)", "Voucher", "Ưu đãi", "Dùng điểm"
            ),
            "Discount",
        )
        style.add(style.pair(label, style.one("-", "") + style.amount(discount)))
        total -= discount
    if adjusted and random.random() < 0.3:
        fee = max(500, total // 20)
        label = words(
            style.one("Phí dịch vụ (5%)", "Phí phục vụ", "Phụ thu", "Phí giao hàng"), "Service charge"
        )
        style.add(style.pair(label, style.amount(fee)))
        if label in {"Phụ thu", "Phí giao hàng"}:
            fees.append((label, fee))
        else:
            service = fee
        total += fee
    if adjusted and random.random() < 0.2 and total % 1000 and total > 2000:
        rounding = -(total % 1000)
        style.add(style.pair(words("Làm tròn", "Rounding"), "-" + style.amount(total % 1000)))
        total -= total % 1000
    if random.random() < 0.25 and kind is Kind.SALE:
        rate = random.choice([8, 10])
        vat = int((Decimal(total * rate) / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP))
        style.add(
            style.pair(
                words(
                    style.one(f"Đã gồm VAT {rate}%", f"Trong đó thuế GTGT ({rate}%)", f"VAT {rate}%"),
                    f"VAT {rate}% incl.",
                ),
                style.amount(vat),
            )
        )
    if random.random() < 0.3:
        style.line()
    label = words(
        style.one(
            "TỔNG CỘNG",
            "Tổng thanh toán",
            "THÀNH TIỀN",
            "Khách phải trả",
            "TỔNG TIỀN",
            "Cần thanh toán",
            "Tổng tiền thanh toán",
        ),
        style.one("TOTAL", "Grand total", "Amount due"),
    )
    if random.random() < 0.1:
        style.add(label, style.amount(total).rjust(style.width))
    else:
        style.add(style.pair(label, style.amount(total)))
    payments = _payments(style, total, kind)
    return tuple(fees), service, rounding, discount, total, payments


def _payments(style: Style, total: int, kind: Kind) -> tuple[tuple[str, int], ...]:
    random = style.random
    if kind in {Kind.PROVISIONAL, Kind.REFUND}:
        return ()
    english = style.english
    given = (total // 50_000 + 1) * 50_000
    cash = "Cash" if english else "Tiền mặt"
    change = "Change" if english else style.one("Tiền thừa", "Trả lại", "Tiền thối", "Tiền thừa trả khách")
    choice = random.randrange(6)
    if choice == 0:
        return ()
    if choice == 1:
        style.add(style.pair(cash, style.amount(given)), style.pair(change, style.amount(given - total)))
        return (("cash", total),)
    if choice == 2:
        label = "Tendered" if english else style.one("Khách đưa", "Tiền khách đưa", "Khách trả")
        style.add(style.pair(label, style.amount(given)), style.pair(change, style.amount(given - total)))
        return (("cash", total),)
    if choice == 3:
        label, method = random.choice(
            [
                ("Momo", "wallet"),
                ("Thẻ", "card"),
                ("Chuyển khoản", "transfer"),
                ("Visa", "card"),
                ("ZaloPay", "wallet"),
                ("VNPAY", "wallet"),
            ]
        )
        style.add(style.pair(label, style.amount(total)))
        return ((method, total),)
    if choice == 4 and total >= 20_000:
        part = total // 2
        style.add(
            style.pair(cash, style.amount(part)), style.pair("Chuyển khoản", style.amount(total - part))
        )
        return (("cash", part), ("transfer", total - part))
    style.add("Hình thức thanh toán: " + ("Cash" if english else style.one("Tiền mặt", "Tien mat")))
    return (("cash", total),)
