"""Alarms for people: what is wrong and what to do, in Vietnamese and English.

The store keeps an alarm under the code of the error behind it or under a word of its own (``outbox.alarms``);
here is what a shopkeeper is told of each. An alarm that is not known here is shown as it was raised.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from errors import ThunganError
from invoice.local_time import with_local_times

CODE = re.compile(r"^(E-[A-Z]+-[0-9]{3}): ")


@dataclass(frozen=True, slots=True)
class AlarmWords:
    """``needs_you``: it will not go away by itself. Only ``what`` may be technical."""

    code: str
    needs_you: bool
    title: str
    what: str
    to_do: str


@dataclass(frozen=True, slots=True)
class _Known:
    title: tuple[str, str]
    to_do: tuple[str, str]
    needs_you: bool = True


NO_SOURCE = "no-source"  # not of the store: nothing says where receipts come from
_KNOWN = {
    NO_SOURCE: _Known(
        ("Chưa nối máy tính tiền", "No register is connected yet"),
        (
            "Mở Cài đặt và ghi nơi phiếu đi ra.",
            "Open Settings and say where receipts come from.",
        ),
        needs_you=False,
    ),
    "set-up": _Known(
        ("Chưa dùng được đường gửi", "The way to the authority cannot be used"),
        ("Mở Cài đặt, bấm thử đường gửi.", "Open Settings and press the test of the authority."),
    ),
    "key-away": _Known(
        ("Chữ ký số chưa ký được", "The signing key does not sign now"),
        (
            "Kiểm tra USB token hoặc mạng; ký được lại là chạy tiếp. Bán hàng vẫn tiếp tục.",
            "Check the USB token or the network; it goes on by itself. Go on selling.",
        ),
    ),
    "certificate-standing": _Known(
        ("Chứng thư số không còn giá trị", "The signing certificate does not count any more"),
        (
            "Gọi nhà cung cấp chữ ký số ngay để lấy chứng thư mới. Bán hàng vẫn tiếp tục.",
            "Call the certificate's provider at once for a new one. Go on selling.",
        ),
    ),
    "quarantine": _Known(
        ("Có phiếu chờ người xem", "Receipts wait for a person"),
        ("Mở trang của cửa hàng, mục Phiếu chờ xem.", "Open the shop's page, receipts that wait."),
        needs_you=False,
    ),
    "next-key": _Known(
        ("Chứng thư số mới chưa dùng được", "The renewed certificate cannot take over yet"),
        ("Kiểm tra bằng: thungan keys check.", "Look at it with: thungan keys check."),
    ),
    "certificate-expires": _Known(
        ("Chứng thư số sắp hết hạn", "The signing certificate is about to expire"),
        (
            "Gia hạn với nhà cung cấp chữ ký số, rồi đăng ký lại với cơ quan thuế.",
            "Renew it with its provider, then register it with the tax authority.",
        ),
        needs_you=False,
    ),
    "delivery-behind": _Known(
        ("Hóa đơn chưa gửi được", "Invoices are not delivered yet"),
        ("Kiểm tra mạng: router, dây mạng, Wi-Fi.", "Check the network: router, cable, Wi-Fi."),
    ),
    "clock-off": _Known(
        ("Đồng hồ máy tính sai", "The computer's clock is wrong"),
        ("Chỉnh lại ngày giờ của máy tính.", "Set the computer's date and time right."),
    ),
    "source-away": _Known(
        ("Mất kết nối với máy tính tiền", "The register is not connected"),
        (
            "Kiểm tra dây và nguồn của máy tính tiền; kết nối lại là chạy tiếp.",
            "Check the register's cable and power; it goes on by itself once it is back.",
        ),
    ),
    "printer-away": _Known(
        ("Mất kết nối với máy in", "The printer is not connected"),
        (
            "Kiểm tra dây, nguồn và giấy của máy in; kết nối lại là chạy tiếp.",
            "Check the printer's cable, power and paper; it goes on by itself once it is back.",
        ),
    ),
    "page-away": _Known(
        ("Không mở được trang này ở cổng đã đặt", "This page cannot be served on its port"),
        ("Đổi số cổng ở [page] trong config.toml.", "Change the port under [page] in config.toml."),
        needs_you=False,
    ),
    "all-refused": _Known(
        ("Cơ quan thuế từ chối mọi gói gửi đi", "The authority refuses everything that is sent"),
        (
            "Gọi người cài đặt, kèm gói hỗ trợ (Cài đặt). Bán hàng vẫn tiếp tục.",
            "Call your installer, with the support bundle (Settings). Go on selling.",
        ),
    ),
    "invoice-held": _Known(
        ("Một hóa đơn được để riêng", "An invoice was set aside"),
        (
            "Mở hóa đơn đang tạm giữ và gọi người cài đặt.",
            "Open the invoice that is held and call your installer.",
        ),
    ),
    "order-held": _Known(
        ("Một đơn chờ cấp số cần người xem", "An order that waits for its number needs a person"),
        (
            "Mở đơn dưới đây, đọc lý do, rồi gửi lại hoặc sửa cho đúng.",
            "Open the order below, read the reason, then send it again or put it right.",
        ),
    ),
    "series-stopped": _Known(
        ("Nhà cung cấp không cấp số hóa đơn", "The provider gives out no invoice numbers"),
        (
            "Gọi nhà cung cấp hóa đơn với lý do dưới đây; xong là tự chạy tiếp. Bán hàng vẫn tiếp tục.",
            "Call the provider with the reason below; it then goes on by itself. Go on selling.",
        ),
    ),
    "provider-differs": _Known(
        ("Nhà cung cấp ghi khác cửa hàng", "The provider has something else than the shop"),
        (
            "Đối chiếu hóa đơn dưới đây trên trang của nhà cung cấp và gọi họ.",
            "Compare the invoice below on the provider's own site, and call them.",
        ),
    ),
    "contradiction": _Known(
        ("Cơ quan thuế trả lời mâu thuẫn", "The authority's answers contradict each other"),
        ("Đối chiếu các hóa đơn này với cơ quan thuế.", "Check these invoices with the tax office."),
    ),
    "message-for-a-person": _Known(
        ("Có thông báo của cơ quan thuế cần đọc", "There is a message of the authority to read"),
        (
            "Đọc nội dung dưới đây; hỏi cơ quan thuế nếu chưa rõ.",
            "Read it below; ask the tax office if unsure.",
        ),
    ),
    "review-asked": _Known(
        ("Cơ quan thuế yêu cầu rà soát hóa đơn", "The authority asks for a review of invoices"),
        (
            "Sửa các hóa đơn được nêu và gửi giải trình trước hạn (thungan notice).",
            "Correct the invoices named and answer in time (thungan notice).",
        ),
    ),
    "form-refused": _Known(
        ("Tờ khai hoặc thông báo bị từ chối", "A form was refused"),
        ("Đọc lý do dưới đây, sửa rồi gửi lại.", "Read the reason below, correct it and send it again."),
    ),
    "reserve-used": _Known(
        ("Phiếu được giữ tạm, chưa lập hóa đơn", "Receipts are kept aside, not invoiced yet"),
        (
            "Tự lập khi ổ đĩa hoạt động lại; làm theo cảnh báo về ổ đĩa.",
            "They are invoiced by themselves when the disk works again; see the alarm about the disk.",
        ),
        needs_you=False,
    ),
    "database-put-back": _Known(
        ("Tệp dữ liệu bị xóa hoặc thay khi đang chạy", "The database was deleted or swapped while in use"),
        (
            "Dữ liệu đã được khôi phục đủ. Không xóa, thay tệp thungan.db; gọi người cài đặt nếu chưa rõ.",
            "Nothing is lost. Do not delete or replace thungan.db; call your installer if in doubt.",
        ),
    ),
    "archive-failed": _Known(
        ("Không nén được tháng cũ", "A closed month could not be packed away"),
        ("Kiểm tra chỗ trống của ổ đĩa.", "Check the room on the disk; nothing is lost, it is tried again."),
        needs_you=False,
    ),
    "backup-failed": _Known(
        ("Không sao lưu được", "Backups fail"),
        (
            "Cắm lại ổ USB hoặc kiểm tra thư mục sao lưu còn chỗ và ghi được.",
            "Put the USB stick back, or check that the backup folder has room and can be written.",
        ),
        needs_you=False,
    ),
    "database-restored": _Known(
        ("Dữ liệu đã lấy lại từ bản sao lưu", "The database was brought back from a backup"),
        (
            "Đối chiếu phiếu in sau thời điểm sao lưu; các số bỏ trống đã ghi lý do trong sổ cái.",
            "Check the receipts printed after the backup; the ledger says why numbers are left out.",
        ),
    ),
    "disk-slow": _Known(
        ("Ổ đĩa chậm", "The disk is slow"),
        ("Kiểm tra sức khỏe ổ đĩa, phần mềm diệt virus.", "Check the disk's health and virus scanners."),
        needs_you=False,
    ),
    "disk-low": _Known(
        ("Ổ đĩa sắp đầy", "The disk is almost full"),
        ("Xóa bớt tệp không cần.", "Delete files that are not needed."),
        needs_you=False,
    ),
    "numbers-low": _Known(
        ("Sắp hết số hóa đơn của ký hiệu", "The symbol is running out of numbers"),
        ("Đổi hai chữ cuối của ký hiệu trong config.toml.", "Change the symbol's letters in config.toml."),
        needs_you=False,
    ),
}


_BY_ERROR = {"set-up", "key-away", "certificate-standing", "next-key"}  # told by the error behind them


def alarm_words(code: str, message: str, language: str) -> AlarmWords:
    """What a person is told of an alarm of the store."""
    pick = 1 if language == "en" else 0
    what = with_local_times(_own_words(message, pick))
    if known := _KNOWN.get(code.partition(" ")[0]):
        inner = CODE.match(message)
        to_do = _advice(inner[1], language) if inner and code in _BY_ERROR else None
        late = message.startswith(("QUÁ HẠN", "GẤP")) or "hết hạn" in message.partition(",")[0][:40]
        return AlarmWords(code, known.needs_you or late, known.title[pick], what, to_do or known.to_do[pick])
    advice = _advice(code, language)
    title = ("Có việc cần xem", "Something needs a look")[pick]
    return AlarmWords(code, needs_you=True, title=_title(code, pick) or title, what=what, to_do=advice or "")


def _title(code: str, pick: int) -> str | None:
    branch = code.rpartition("-")[0]
    titles = {
        "E-SIGN": (
            "Không ký được hóa đơn: phiếu được giữ để lập sau",
            "Invoices cannot be signed: receipts are kept",
        ),
        "E-OUT": (
            "Chưa lập được hóa đơn: phiếu được giữ để lập sau",
            "Invoices cannot be issued: receipts are kept",
        ),
        "E-AUT": ("Trục trặc với cơ quan thuế", "Trouble with the authority"),
        "E-DRV": ("Trục trặc với máy tính tiền", "Trouble with the register"),
    }
    return titles[branch][pick] if branch in titles else None


def _own_words(message: str, pick: int) -> str:
    """The half of a message in two languages; one in English only is shown whole."""
    vietnamese, slash, english = message.partition(" / ")
    return (english if pick else vietnamese) if slash else message


def _advice(code: str, language: str) -> str | None:
    error = error_of(code)
    return (error.advice_en if language == "en" else error.advice_vi) if error else None


@cache
def error_of(code: str) -> type[ThunganError] | None:
    """The class of that code, of those that are loaded."""
    waiting = [ThunganError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return None
