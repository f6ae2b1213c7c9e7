"""What a printed invoice says, in the order in which it says it; HTML and PDF both set this.

The parts are those of Decree 123/2020/NĐ-CP article 10 (as amended by Decree 70/2025/NĐ-CP) and, for a cash
register, article 11: title, symbol and number, seller, buyer, goods, amounts by rate, total in figures
and words, date, authority code, and the QR by which anyone can look the invoice up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from invoice.errors import FieldInvalid
from invoice.invoice import Nature, Relation
from invoice.numbers import Form
from invoice.printed.figures import day_words, figure, rate_words
from invoice.qr import fits_transfer, lookup_object, lookup_text, payment_and_lookup_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from invoice.invoice import Extra, Invoice, InvoiceBuyer, InvoiceLine, Seller
    from invoice.qr import Payee

ORIGIN = "Hóa đơn điện tử khởi tạo từ máy tính tiền"
CLOSING = "Hóa đơn điện tử có giá trị theo Nghị định 123/2020/NĐ-CP và Nghị định 70/2025/NĐ-CP."


class Tone(StrEnum):
    """How loudly a state is shown."""

    GOOD = "good"
    PLAIN = "plain"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of the invoice in a few words."""

    text: str
    tone: Tone


# States of the outbox (design); a form printed before any answer says so, a void one shouts.
STAMPS = {
    "issued": Stamp("Chờ gửi cơ quan thuế", Tone.PLAIN),
    "packed": Stamp("Chờ gửi cơ quan thuế", Tone.PLAIN),
    "held": Stamp("Tạm giữ, chưa gửi cơ quan thuế", Tone.PLAIN),
    "sent": Stamp("Đã gửi cơ quan thuế", Tone.PLAIN),
    "received": Stamp("Đã gửi cơ quan thuế", Tone.PLAIN),
    "accepted": Stamp("Cơ quan thuế đã tiếp nhận", Tone.GOOD),
    "refused": Stamp("CƠ QUAN THUẾ TỪ CHỐI", Tone.BAD),
    "corrected": Stamp("ĐÃ BỊ THAY THẾ / ĐIỀU CHỈNH", Tone.BAD),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A label and what stands after it; ``strong`` is set bold."""

    label: str
    value: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: heading, its share of the width, and whether it holds figures (set right)."""

    heading: str
    share: int
    figures: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """One line as on a roll: its name, then how the amount came about, and the amount."""

    name: str
    reckoning: str
    amount: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything on the page. ``rows`` fit ``columns``; ``items`` are the same lines for narrow paper."""

    title: str
    marks: tuple[Entry, ...]
    day: str
    code: Entry
    related: tuple[Entry, ...]
    seller: tuple[Entry, ...]
    buyer: tuple[Entry, ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    items: tuple[Item, ...]
    rate_columns: tuple[Column, ...]
    rate_rows: tuple[tuple[str, ...], ...]
    sums: tuple[Entry, ...]
    words: Entry
    notes: tuple[Entry, ...]
    stamp: Stamp | None
    qr: str
    qr_caption: str


def content_of(invoice: Invoice, state: str | None = None, payee: Payee | None = None) -> Content:
    """The content of the form in a ``state`` of the outbox.

    With a ``payee`` its QR carries the payment too (Appendix XIII), where there is an amount of dong to pay.

    Raises:
        FieldInvalid: a state that the outbox does not know, or a QR that cannot carry the values.
    """
    if state is not None and state not in STAMPS:
        raise FieldInvalid(f"no state {state!r}; known: {', '.join(STAMPS)}")
    if invoice.total <= 0 or invoice.currency != "VND":
        payee = None  # nothing to pay, or not by a transfer of dong
    seller, buyer = invoice.seller, invoice.buyer
    columns = [column for column, shown, _ in _COLUMNS if shown(invoice)]
    cells = [cell for _, shown, cell in _COLUMNS if shown(invoice)]
    return Content(
        title=invoice.title.upper(),
        marks=(
            Entry("Mẫu số", str(int(invoice.form))),
            Entry("Ký hiệu", str(invoice.symbol)),
            Entry("Số", str(invoice.number), strong=True),
        ),
        day=day_words(invoice.day),
        code=Entry("Mã của cơ quan thuế", str(invoice.code), strong=True),
        related=_related(invoice),
        seller=_given(
            ("Người bán", seller.name, True),
            ("Mã số thuế", seller.tax_code, True),
            ("Địa chỉ", seller.address, False),
            ("Điện thoại", seller.phone, False),
            ("Email", seller.email, False),
            ("Fax", seller.fax, False),
            ("Trang mạng", seller.website, False),
            ("Số tài khoản", _account(seller), False),
            ("Đơn vị nhận ủy nhiệm lập hóa đơn", _entrusted(invoice), False),
        ),
        buyer=_given(
            ("Người mua", buyer.name, True),
            ("Mã khách hàng", buyer.customer_code, False),
            ("Mã số thuế", buyer.tax_code, False),
            ("Mã đơn vị quan hệ ngân sách", buyer.budget_code, False),
            ("Số định danh cá nhân", buyer.citizen_id, False),
            ("Họ và tên người mua hàng", buyer.contact, False),
            ("Địa chỉ", buyer.address, False),
            ("Điện thoại", buyer.phone, False),
            ("Email", buyer.email, False),
            ("Số tài khoản", _account(buyer), False),
            ("Hình thức thanh toán", invoice.payment, False),
            ("Đồng tiền thanh toán", invoice.currency, False),
            ("Tỷ giá", figure(invoice.exchange_rate), False),
        ),
        columns=tuple(columns),
        rows=tuple(tuple(cell(line) for cell in cells) for line in invoice.lines),
        items=tuple(_item(line) for line in invoice.lines),
        rate_columns=_RATE_COLUMNS if invoice.rate_totals else (),
        rate_rows=tuple(
            (rate_words(t.rate), figure(t.net), figure(t.tax), figure(t.net + t.tax))
            for t in invoice.rate_totals
        ),
        sums=_sums(invoice),
        words=Entry("Số tiền viết bằng chữ", invoice.words, strong=True),
        notes=(
            *_statement(invoice),
            *(Entry(_EXTRA_LABELS.get(e.name, e.name), _extra(e)) for e in invoice.extras),
        ),
        stamp=STAMPS[state] if state else None,
        qr=_qr(invoice, payee),
        qr_caption="Thanh toán và tra cứu" if payee else "Quét để tra cứu",
    )


_EXTRA_LABELS = {
    "SoPhieu": "Số phiếu bán hàng",
    "ThoiDiemBan": "Thời điểm bán",
    "ThuNgan": "Thu ngân",
    "SoCaiSoLa": "Sổ cái, số bản ghi",
    "SoCaiGoc": "Sổ cái, giá trị gốc",
    "SoNgauNhien": "Số ngẫu nhiên",
}
_REMARKS = {Nature.PROMOTION: " (khuyến mại)", Nature.TRADE_DISCOUNT: " (chiết khấu thương mại)"}


def rate_label(rate: str) -> str:
    """What stands before a rate's amounts: ``Thuế suất 8%``, but ``Không chịu thuế``."""
    return f"Thuế suất {rate}" if rate[:1].isdigit() else rate


def _extra(extra: Extra) -> str:
    if extra.kind != "dateTime":
        return extra.value
    try:
        return f"{datetime.fromisoformat(extra.value):%d/%m/%Y %H:%M:%S}"
    except ValueError:
        return extra.value  # another program's idea of a time is shown as it stands


def _account(party: Seller | InvoiceBuyer) -> str:
    return " – ".join(filter(None, (party.bank_account, party.bank_name)))


def _entrusted(invoice: Invoice) -> str:
    parts = (invoice.entrusted_name, invoice.entrusted_tax_code, invoice.entrusted_address)
    return " – ".join(filter(None, parts))


def _statement(invoice: Invoice) -> tuple[Entry, ...]:
    """The list of goods that goes with the invoice, and whom form 2 is for."""
    zone = "tổ chức, cá nhân trong khu phi thuế quan" if invoice.outside_tariff_zone else None
    day = f", {day_words(invoice.statement_day).lower()}" if invoice.statement_day else ""
    number = f"số {invoice.statement_no}{day}" if invoice.statement_no else None
    return _given(("Dành cho", zone, False), ("Bảng kê kèm theo", number, False))


def _name(line: InvoiceLine) -> str:
    details = "".join(f"; {detail.name}: {detail.value}" for detail in line.details)
    return line.name + details + _REMARKS.get(line.nature, "")


def _amount(line: InvoiceLine) -> str:
    return figure(-line.amount if line.nature is Nature.TRADE_DISCOUNT and line.amount else line.amount)


def _counted(write: Callable[[InvoiceLine], str]) -> Callable[[InvoiceLine], str]:
    """A note has words only: its figures stay empty."""
    return lambda line: "" if line.nature is Nature.NOTE else write(line)


def _always(invoice: Invoice) -> bool:
    del invoice
    return True


def _with_vat(invoice: Invoice) -> bool:
    return invoice.form is Form.VAT


_COLUMNS: tuple[tuple[Column, Callable[[Invoice], bool], Callable[[InvoiceLine], str]], ...] = (
    (Column("STT", 10), _always, lambda line: str(line.position or "")),
    (
        Column("Mã hàng", 18),
        lambda invoice: any(line.code for line in invoice.lines),
        lambda line: line.code or "",
    ),
    (Column("Tên hàng hóa, dịch vụ", 54), _always, _name),
    (
        Column("Đơn vị tính", 14),
        lambda invoice: any(line.unit for line in invoice.lines),
        lambda line: line.unit or "",
    ),
    (Column("Số lượng", 15, figures=True), _always, _counted(lambda line: figure(line.quantity))),
    (Column("Đơn giá", 31, figures=True), _always, _counted(lambda line: figure(line.unit_price))),
    (
        Column("Chiết khấu", 17, figures=True),
        lambda invoice: any(line.discount for line in invoice.lines),
        lambda line: figure(line.discount) if line.discount else "",
    ),
    (
        Column("Thành tiền chưa thuế", 25, figures=True),
        _with_vat,
        _counted(_amount),
    ),
    (Column("Thuế suất", 18), _with_vat, lambda line: rate_words(line.rate) if line.rate else ""),
    (
        Column("Thành tiền", 25, figures=True),
        lambda invoice: not _with_vat(invoice),
        _counted(_amount),
    ),
)
_RATE_COLUMNS = (
    Column("Thuế suất", 40),
    Column("Tiền hàng chưa thuế", 30, figures=True),
    Column("Tiền thuế GTGT", 30, figures=True),
    Column("Cộng", 30, figures=True),
)


def _item(line: InvoiceLine) -> Item:
    if line.nature is Nature.NOTE:
        return Item(line.name, "", "")
    unit = f" {line.unit}" if line.unit else ""
    discount = f" - {figure(line.discount)}" if line.discount else ""
    rate = f" ({rate_words(line.rate)})" if line.rate else ""
    return Item(
        f"{line.position}. {_name(line)}" if line.position else _name(line),
        f"{figure(line.quantity)}{unit} × {figure(line.unit_price)}{discount}{rate}"
        if line.quantity is not None
        else f"{discount}{rate}".strip(),
        _amount(line),
    )


def _sums(invoice: Invoice) -> tuple[Entry, ...]:
    total = Entry("Tổng tiền thanh toán", f"{figure(invoice.total)} {_sign(invoice.currency)}", strong=True)
    taxed = (
        Entry("Tổng tiền chưa có thuế", figure(invoice.net)),
        Entry("Tổng tiền thuế GTGT", figure(invoice.tax)),
    )
    fees = tuple(Entry(fee.name, figure(fee.amount)) for fee in invoice.fees)
    discount = invoice.trade_discount
    return (
        *(taxed if _with_vat(invoice) else ()),
        *fees,
        *((Entry("Chiết khấu thương mại", figure(-discount)),) if discount else ()),
        total,
    )


def _related(invoice: Invoice) -> tuple[Entry, ...]:
    """The words article 19 of Decree 123 wants on an invoice that replaces or adjusts another."""
    related = invoice.related
    if related is None:
        return ()
    named = f"mẫu số {related.form}, ký hiệu {related.symbol}, số {related.number}"
    words = f"hóa đơn {named}, {day_words(related.day).lower()}"
    replaces = related.kind in {Relation.REPLACES, Relation.REPLACES_MANY}
    return _given(
        ("Thay thế cho" if replaces else "Điều chỉnh cho", words, False), ("Lý do", related.note, False)
    )


def _sign(currency: str) -> str:
    return "đ" if currency == "VND" else currency  # the dong's sign on invoices (article 10.13)


def _given(*entries: tuple[str, str | None, bool]) -> tuple[Entry, ...]:
    return tuple(Entry(label, value, strong) for label, value, strong in entries if value)


def _qr(invoice: Invoice, payee: Payee | None) -> str:
    fields = (
        invoice.seller.tax_code,
        int(invoice.form),
        str(invoice.symbol),
        invoice.number,
        invoice.day,
        invoice.dong,
    )
    if payee is None:
        return lookup_text(*fields)
    receipt = next((extra.value for extra in invoice.extras if extra.name == "SoPhieu"), "")
    # A receipt number that no transfer can carry gives way to the invoice's own, which always fits.
    reference = receipt if fits_transfer(receipt) else f"{invoice.symbol}-{invoice.number}"
    return payment_and_lookup_text(payee, invoice.dong, reference, lookup_object(*fields))
