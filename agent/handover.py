"""The sheet that the installer leaves in the shop: what the lights mean, what to do (A4, Vietnamese).

It lies beside the till, so it names no secret: no PIN, no pass phrase, no token.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from invoice.numbers import Symbol
from invoice.printed.pdf import FONT, open_document

if TYPE_CHECKING:
    from fpdf import FPDF

    from agent.config import Config

LEFT, WIDTH = 15.0, 180.0  # mm
GREEN, AMBER, RED = (22, 128, 78), (196, 127, 0), (190, 30, 45)
LIGHTS = (
    (GREEN, "XANH: đang bán và gửi bình thường", "Không phải làm gì."),
    (
        AMBER,
        "VÀNG: vẫn bán bình thường, sẽ gửi sau",
        "Thường là mất mạng. Cứ bán. Xem lại mạng trước khi đóng cửa: hóa đơn phải đi trong ngày.",
    ),
    (
        RED,
        "ĐỎ: cần người xem",
        "Cứ bán, phiếu vẫn in và được giữ lại. Mở trang, làm theo dòng chữ, hoặc gọi.",
    ),
)
TROUBLES = (
    ("Phiếu in ra không có mã và QR", "Vẫn giao cho khách. Hóa đơn được lập sau, xem trên trang."),
    ("Mất mạng", "Bán tiếp. Không tắt máy. Mạng có lại thì tự gửi."),
    ("Mất điện", "Bật lại máy là chạy tiếp, không mất phiếu nào."),
    (
        "Máy in hết giấy, kẹt giấy",
        "Thay giấy. Phiếu chưa in sẽ in tiếp; cần thì in lại, không bị tính hai lần.",
    ),
    ("Rút nhầm dây máy tính tiền", "Cắm lại, chờ vài giây. Phiếu in dở thì in lại."),
    ("Khách xin hóa đơn có tên công ty", "Mở trang, tìm hóa đơn theo số phiếu, bấm Thay thế."),
    ("Bấm nhầm món, sai tiền", "Mở trang, tìm hóa đơn, bấm Thay thế hoặc Điều chỉnh. Không tự hủy."),
    ("Trang báo có phiếu chờ xem", "Mở phiếu, so với giấy, sửa ô sai rồi bấm Lập hóa đơn."),
    ("Trang báo chữ ký số sắp hết hạn", "Gọi nơi bán chữ ký số để gia hạn, báo người cài đặt."),
    ("Máy báo ngày giờ sai", "Chỉnh ngày giờ của Windows, bật tự động lấy giờ qua mạng."),
)
NEVER = (
    "Không tắt máy này khi còn bán. Không xóa thư mục dữ liệu của thungan: hóa đơn phải lưu 10 năm."
    " Không đưa USB chữ ký số và mã PIN cho người lạ."
)


@dataclass(frozen=True, slots=True)
class Installer:
    """Whom the shop calls."""

    name: str = ""
    phone: str = ""


def handover_sheet(config: Config, installer: Installer, today: date, expires: datetime | None) -> bytes:
    """The sheet as PDF. ``expires``: of the certificate, where a key was open."""
    with open_document() as page:
        page.set_title(f"thungan: {config.seller.name}")
        page.set_author("thungan")
        page.set_creation_date(datetime.combine(today, datetime.min.time()).astimezone())
        page.add_page(format="A4")
        page.set_margins(LEFT, 12, LEFT)
        page.set_xy(LEFT, 12)
        _head(page, config, today, expires)
        _heading(page, "Đèn trên trang của cửa hàng")
        for colour, title, text in LIGHTS:
            _light(page, colour, title, text)
        _heading(page, "Khi có việc")
        for trouble, remedy in TROUBLES:
            _row(page, trouble, remedy)
        _heading(page, "Đừng bao giờ")
        _text(page, NEVER, 11)
        _foot(page, config, installer)
        return bytes(page.output())


def _head(page: FPDF, config: Config, today: date, expires: datetime | None) -> None:
    register = config.register
    _text(page, "Máy tính tiền này lập hóa đơn điện tử bằng thungan", 16, bold=True)
    symbol = Symbol.of_year(register.letters, today.year)
    facts = [
        f"{config.seller.name}  ·  MST {config.seller.tax_code}",
        config.seller.address,
        f"Máy số {register.number}  ·  Ký hiệu {int(register.terms.form)}{symbol}  ·  {today:%d/%m/%Y}",
    ]
    if expires is not None:
        facts.append(f"Chữ ký số còn hạn đến {expires.astimezone():%d/%m/%Y}")
    if config.page.on:
        scheme = "https" if config.page.tls else "http"
        facts.append(f"Trang của cửa hàng: {scheme}://{config.page.host}:{config.page.port}/")
    where = config.backup.place or "CHƯA CÓ: gắn ổ USB và đặt [backup]"
    facts.append(f"Bản sao lưu: {where}")
    for fact in facts:
        _text(page, fact, 11)


def _heading(page: FPDF, text: str) -> None:
    page.ln(2.5)
    _text(page, text, 13, bold=True)
    page.set_draw_color(150, 150, 150)
    page.line(LEFT, page.get_y(), LEFT + WIDTH, page.get_y())
    page.ln(1.5)


def _light(page: FPDF, colour: tuple[int, int, int], title: str, text: str) -> None:
    top = page.get_y()
    page.set_fill_color(*colour)
    page.ellipse(LEFT, top + 0.8, 9, 9, style="F")
    page.set_xy(LEFT + 13, top)
    _text(page, title, 12, bold=True, left=LEFT + 13)
    _text(page, text, 11, left=LEFT + 13)
    page.set_y(max(page.get_y(), top + 11) + 1.5)


def _row(page: FPDF, trouble: str, remedy: str) -> None:
    top = page.get_y()
    _text(page, trouble, 11, bold=True, width=64)
    bottom = page.get_y()
    page.set_y(top)
    _text(page, remedy, 11, left=LEFT + 67, width=WIDTH - 67)
    page.set_y(max(bottom, page.get_y()) + 1.2)


def _foot(page: FPDF, config: Config, installer: Installer) -> None:
    page.set_draw_color(0, 0, 0)
    page.rect(LEFT, 262, WIDTH, 20)
    page.set_xy(LEFT + 3, 264.5)
    name, phone = installer.name or "…" * 12, installer.phone or "…" * 8
    _text(page, f"Người cài đặt: {name}     Điện thoại: {phone}", 11, bold=True, left=LEFT + 3)
    called = f"MST {config.seller.tax_code}, máy số {config.register.number}"
    _text(page, f"Khi gọi, đọc: {called}, và dòng chữ đỏ trên trang.", 11, left=LEFT + 3)


def _text(
    page: FPDF, text: str, size: float, *, bold: bool = False, left: float = LEFT, width: float | None = None
) -> None:
    page.set_x(left)
    page.set_font(FONT, "B" if bold else "", size)
    page.set_text_color(0, 0, 0)
    page.multi_cell(width or LEFT + WIDTH - left, size * 0.48, text, align="L", new_x="LMARGIN", new_y="NEXT")
