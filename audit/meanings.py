"""The fixed texts of every kind of finding: its title, and what else may be behind it.

docs/audit-report.md has a section for each name, and a test holds the two together.
"""

from __future__ import annotations

from typing import NamedTuple

from audit.words import Words


class Meaning(NamedTuple):
    """``is_not``: the honest other explanations, and what the finding does not prove."""

    title: Words
    is_not: Words


def _of(title_vi: str, title_en: str, not_vi: str, not_en: str) -> Meaning:
    return Meaning(Words(title_vi, title_en), Words(not_vi, not_en))


MEANINGS: dict[str, Meaning] = {
    "evidence-altered": _of(
        "Hồ sơ đã bị thay đổi hoặc không trọn vẹn",
        "The evidence was changed or is not whole",
        "Không cho biết ai đã thay đổi hay vì sao. Hỏng ổ đĩa hoặc khôi phục bản sao lưu cũ cũng có thể gây"
        " ra; người bán phải giải thích.",
        "It does not say who changed it, or why. A broken disk or an old backup put back can do it too; the"
        " seller has to explain.",
    ),
    "evidence-attention": _of(
        "Phép kiểm đạt nhưng có điều nên xem",
        "A check holds, but there is something to see",
        "Không có gì bị bác bỏ: có thể là dữ liệu bị ẩn, giấy không đọc được một cách độc lập, gửi trễ.",
        "Nothing is disproven: data withheld, paper that cannot be read independently, late delivery.",
    ),
    "sale-without-invoice": _of(
        "Phiếu bán hàng không có hóa đơn",
        "Receipts that read as sales have no invoice",
        "Bài đọc độc lập cũng có thể hiểu sai một mẫu phiếu lạ. Hãy xem phiếu trước khi kết luận.",
        "The independent reading may also misunderstand an unusual form. Look at the papers before you"
        " conclude.",
    ),
    "invoice-missing": _of(
        "Hóa đơn đã lập không còn trong hồ sơ",
        "Invoices that were made are not in the evidence",
        "Không chứng minh doanh thu bị che giấu: cơ quan thuế có thể đã nhận hóa đơn. Hãy tra số hóa đơn.",
        "It does not prove hidden turnover: the authority may have received the invoice. Look the number up.",
    ),
    "total-differs": _of(
        "Số tiền hóa đơn khác phiếu in",
        "An invoice has another total than its receipt",
        "Phiếu có nhiều dòng tổng (đặt cọc, điểm thưởng, tiền tip) có thể bị bài đọc độc lập hiểu khác.",
        "A receipt with several totals (deposit, points, tip) may be read differently by the independent"
        " reading.",
    ),
    "left-undecided": _of(
        "Phiếu khó đọc bị bỏ quên",
        "Papers that could not be read were left lying",
        "Có thể chỉ là sơ suất: phiếu rách, mất điện giữa chừng. Số tiền đọc được chưa chắc là doanh thu.",
        "It may be mere neglect: a torn paper, a power cut. What can be read on them need not be turnover.",
    ),
    "dismissed-with-amount": _of(
        "Phiếu có số tiền bị khai là không phải bán hàng",
        "Papers with an amount were declared to be no sale",
        "Phiếu in lại cho đủ nội dung cũng được xử lý như vậy. Hãy đọc lý do và so với phiếu ngay sau đó.",
        "A receipt that was printed again in full is settled like this too. Read the reason and compare"
        " with the next paper.",
    ),
    "dismissed": _of(
        "Phiếu khó đọc được khai là không phải bán hàng",
        "Unreadable papers were declared to be no sale",
        "Thường là giấy thử, phiếu rách. Ghi ở đây để đầy đủ, kèm người bán đã nêu lý do gì.",
        "Mostly test prints and torn paper. Listed for completeness, with the reason that was given.",
    ),
    "invoice-without-paper": _of(
        "Hóa đơn không từ phiếu in",
        "Invoices that were not made from a printed receipt",
        "Là cách làm bình thường khi phần mềm bán hàng gửi thẳng dữ liệu. Chỉ không thể đối chiếu với giấy.",
        "It is the normal way where the shop's software hands sales over directly. There is just no paper to"
        " compare with.",
    ),
    "number-hole": _of(
        "Thiếu số hóa đơn",
        "Invoice numbers are missing",
        "Chương trình không bao giờ bỏ số; chỗ trống nghĩa là dữ liệu đã mất hoặc bị xóa. Chưa cho biết do"
        " ai.",
        "The program never skips a number, so a hole means that data was lost or deleted. It does not say"
        " by whom.",
    ),
    "numbers-left-out": _of(
        "Số bị bỏ qua khi khôi phục",
        "Numbers left out when a backup was restored",
        "Bản sao lưu không biết những gì lập sau nó, nên chương trình bỏ qua các số có thể đã dùng và ghi lý"
        " do vào sổ cái. Hóa đơn mất cùng ổ đĩa vẫn có ở cơ quan thuế nếu đã gửi: đối chiếu các số này.",
        "A backup does not know what was issued after it, so the program leaves out numbers that may have"
        " been used, with the reason in the ledger. What was lost with the disk is with the authority if it"
        " was sent: compare these numbers.",
    ),
    "receipt-hole": _of(
        "Thiếu số phiếu của máy tính tiền",
        "Numbers of the register's own receipts are missing",
        "Nhiều phần mềm dùng một số cho đơn bị hủy trước khi in, cho bàn gộp, hay bỏ số sau khi khởi động"
        " lại.",
        "Many programs use up a number for an order that is cancelled before printing, for joined tables,"
        " or after a restart.",
    ),
    "report-higher": _of(
        "Báo cáo của máy tính tiền cao hơn phiếu đã nhận",
        "The register's report shows more than was captured",
        "Báo cáo có thể gồm thu khác (đặt cọc, nạp thẻ), hay một ca bắt đầu trước kỳ. Số tiền cho thấy cần"
        " hỏi gì.",
        "A report may count other takings (deposits, cards charged) or a shift that began before the"
        " period. The amount shows what to ask for.",
    ),
    "report-lower": _of(
        "Báo cáo của máy tính tiền thấp hơn phiếu đã nhận",
        "The register's report shows less than was captured",
        "Hóa đơn vẫn đủ. Có thể ca kết thúc sớm, hoặc đơn bị xóa trong máy tính tiền sau khi in phiếu.",
        "The invoices are all there. The shift may have ended early, or orders were deleted in the register"
        " after printing.",
    ),
    "void-after-bill": _of(
        "Phiếu tạm tính không có bán hàng theo sau",
        "Provisional bills that no sale followed",
        "Khách đổi ý, tách bàn, gộp bàn, chuyển bàn đều để lại phiếu như vậy. Nhiều phiếu, hay dồn vào một"
        " thu ngân, mới đáng hỏi.",
        "Guests change their minds; tables are split, joined and moved. Many of them, or mostly one"
        " cashier's, are worth a question.",
    ),
    "lowered-after-bill": _of(
        "Bán thấp hơn phiếu tạm tính",
        "Sales lower than the provisional bill",
        "Trả lại món, giảm giá, tách hóa đơn là lý do thường gặp. Hãy xem cả hai phiếu cạnh nhau.",
        "Dishes sent back, discounts and split bills are common reasons. Look at both papers side by side.",
    ),
    "bill-used-again": _of(
        "Một phiếu tạm tính được dùng nhiều lần",
        "A provisional bill was used again",
        "Khách ngồi lâu có thể xin in lại. In lại sau khi đã thanh toán thì khó giải thích hơn.",
        "Guests who stay long may ask for it again. A print after it was paid is harder to explain.",
    ),
    "copy-of-unknown": _of(
        "Bản sao của phiếu không có hóa đơn",
        "Copies of receipts that have no invoice",
        "Phiếu gốc có thể được in khi đường dây bị ngắt. Khi đó số phiếu và báo cáo ngày cũng sẽ thiếu.",
        "The first print may have been made while the line was away; then its number and the day's report are"
        " short too.",
    ),
    "copied-often": _of(
        "Một phiếu được in sao nhiều lần",
        "A receipt was copied many times",
        "Kẹt giấy, giao hàng, kế toán đều cần bản sao. Bản sao cũng có thể bị đưa cho khách khác thay phiếu"
        " mới.",
        "Jammed paper, deliveries and bookkeeping need copies. A copy can also be handed to another customer"
        " instead of a new receipt.",
    ),
    "drawer-without-sale": _of(
        "Mở két không kèm bán hàng",
        "The drawer was opened without a sale",
        "Đổi tiền lẻ, giao ca, trả tiền hàng là lý do bình thường. Không chứng minh có bán hàng.",
        "Change, a change of shifts and paying suppliers are normal reasons. It does not prove a sale.",
    ),
    "training": _of(
        "In thử, chế độ tập huấn",
        "Training or test prints",
        "Nhân viên mới và lần cài đặt nào cũng in thử. Bán thật trong chế độ tập huấn là cách giấu doanh"
        " thu.",
        "New staff and every installation print tests. Real sales in training mode are a way to hide"
        " turnover.",
    ),
    "refunds": _of(
        "Phiếu trả hàng",
        "Refunds",
        "Trả hàng là quyền của khách. Phiếu trả hàng không tự làm giảm hóa đơn: cần hóa đơn điều chỉnh.",
        "Returns are a customer's right. A refund paper lowers no invoice by itself: that takes an"
        " adjusting one.",
    ),
    "record-vanished": _of(
        "Bản ghi bán hàng biến mất",
        "Records of sales went away",
        "Dọn dữ liệu cũ, chuyển máy cũng làm mất bản ghi. Hóa đơn đã lập vẫn còn nguyên.",
        "Cleaning up old data or moving to another computer does it too. The invoices stand as issued.",
    ),
    "record-changed": _of(
        "Bản ghi bán hàng bị sửa",
        "Records of sales were changed",
        "Sửa tên món, đổi cách thanh toán là bình thường. Hóa đơn vẫn theo lần đọc đầu tiên.",
        "A name set right or another way of paying is normal. The invoice follows the first reading.",
    ),
    "file-edited": _of(
        "Tệp bán hàng bị sửa sau khi nhập",
        "Files of sales were edited after import",
        "Mở rồi lưu bằng chương trình bảng tính cũng làm đổi tệp.",
        "Opening and saving it in a spreadsheet changes a file too.",
    ),
    "corrected-down": _of(
        "Hóa đơn bị điều chỉnh giảm",
        "Invoices were corrected downwards",
        "Khách trả hàng, sửa sai đều làm giảm và đều phải có hóa đơn điều chỉnh. Hãy xem vài trường hợp lớn"
        " nhất.",
        "Returns and mistakes lower invoices, and have to. Look at the largest ones.",
    ),
    "late": _of(
        "Đến cơ quan thuế sau ngày bán",
        "Reached the authority after the day of the sale",
        "Mất mạng là lý do thường gặp và luật cho bán tiếp. Dòng thời gian cho thấy có đúng lúc mất mạng"
        " không.",
        "An outage is the usual reason, and selling may go on. The timeline shows whether there was one.",
    ),
    "never-delivered": _of(
        "Chưa đến cơ quan thuế",
        "Has not reached the authority",
        "Hóa đơn vẫn có đủ trong hồ sơ này với số và chữ ký. Việc gửi phải được làm xong.",
        "The invoices are all in this evidence, numbered and signed. They still have to be delivered.",
    ),
    "never-numbered": _of(
        "Chưa có số hóa đơn",
        "Without an invoice number",
        "Người bán đã ký, và có đủ trong hồ sơ này. Tổ chức cung cấp có thể đã ngừng dịch vụ hoặc hết số.",
        "The seller has signed them; they are all in this evidence. The provider may have no numbers left.",
    ),
    "refused": _of(
        "Bị từ chối, chưa xử lý",
        "Refused and not put right",
        "Lỗi định dạng là lý do thường gặp. Doanh thu vẫn nằm trong hồ sơ.",
        "An error of form is the usual reason. The turnover is in the evidence.",
    ),
    "long-outage": _of(
        "Mất liên lạc lâu",
        "A long outage",
        "Vùng xa, hỏng máy, nghỉ lễ. Hóa đơn vẫn được lập và gửi sau.",
        "Remote places, a broken computer, holidays. Invoices went on being made and were delivered later.",
    ),
    "clock-back": _of(
        "Thời gian trong sổ cái lùi lại",
        "Time in the ledger went back",
        "Pin đồng hồ hết cũng làm máy tính về năm cũ. Thứ tự trong sổ cái vẫn đúng: chỉ ngày giờ là sai.",
        "A flat clock battery sets a computer back by years. The order in the ledger stays true: only the"
        " dates are wrong.",
    ),
    "clock-set": _of(
        "Đồng hồ máy tính bị chỉnh",
        "The computer's clock was set",
        "Chỉnh vài phút là bình thường. Chỉnh nửa ngày trở lên làm đổi ngày của hóa đơn.",
        "A few minutes are normal. Half a day or more changes the day of invoices.",
    ),
    "clock-alarm": _of(
        "Cảnh báo về đồng hồ",
        "Alarms about the clock",
        "Chương trình đã ngừng lập hóa đơn thay vì ghi sai ngày; phiếu vẫn được giữ và lập sau.",
        "The program stopped issuing instead of writing a wrong day; receipts were kept and invoiced later.",
    ),
    "register-clock": _of(
        "Máy tính tiền ghi sai ngày giờ",
        "The register's own clock is wrong",
        "Nhiều máy tính tiền không tự chỉnh giờ. Ngày của hóa đơn lấy theo máy tính, không theo phiếu.",
        "Many registers keep no good time. The invoice's day is the computer's, not the receipt's.",
    ),
    "dated-otherwise": _of(
        "Hóa đơn ghi ngày khác với phiếu",
        "Invoices bear another day than their paper",
        "Quán mở qua nửa đêm và phiếu xử lý sau đều như vậy.",
        "It happens in shops that are open past midnight, and with papers decided about later.",
    ),
    "settings-lower-tax": _of(
        "Cấu hình thay đổi theo hướng giảm thuế hoặc ẩn phiếu",
        "The configuration changed so that it can lower the tax or hide papers",
        "Luật thay đổi thuế suất, và cửa hàng có thể sửa một lỗi cũ. Hãy hỏi căn cứ của từng thay đổi.",
        "Laws change rates, and a shop may mend an old mistake. Ask for the grounds of each change.",
    ),
    "article-taxed-lower": _of(
        "Mặt hàng bị tính thuế thấp hơn trước",
        "Articles are taxed lower than before",
        "Cùng tên không nhất thiết cùng hàng. Thay đổi theo nghị quyết giảm thuế đã được loại ra.",
        "One name need not be one article. Changes by the resolutions on reduced VAT are already left out.",
    ),
    "settings-changed": _of(
        "Thay đổi cấu hình khác",
        "Other changes of the configuration",
        "Liệt kê để đầy đủ; không ảnh hưởng đến thuế.",
        "Listed for completeness; they do not bear on the tax.",
    ),
    "software-altered": _of(
        "Chương trình bị thay mà phiên bản không đổi",
        "The program was altered under the same version",
        "Bản vá thử của người cài đặt cũng làm vậy. Hãy so mã SHA-256 với danh sách của nhà cung cấp. Chương"
        " trình giả cũng có thể khai mã của chương trình thật.",
        "An installer's trial patch does it too. Compare the SHA-256 with the maker's list. A forged program"
        " may"
        " also give the hash of the real one.",
    ),
    "software-changed": _of(
        "Phần mềm đã thay đổi",
        "The program changed",
        "Cập nhật là bình thường và nên có. Hãy so phiên bản với danh sách phát hành của nhà cung cấp.",
        "Updates are normal and wanted. Compare the versions with the maker's list of releases.",
    ),
    "silence": _of(
        "Khoảng lặng trong giờ bán",
        "Silence in selling hours",
        "Mất điện, nghỉ trưa, kiểm kê, thời tiết đều làm ngừng bán. Báo cáo ngày và số phiếu cho biết có"
        " bán không.",
        "Power cuts, lunch, stocktaking and weather stop sales. The day's report and the receipt numbers tell"
        " whether something was sold.",
    ),
    "drop": _of(
        "Doanh thu giảm mạnh so với chính mình",
        "Turnover far below the shop's own history",
        "Chỉ là thống kê: nghỉ lễ, mưa bão, sửa đường, đối thủ mới. Không chứng minh giấu doanh thu.",
        "It is only statistics: holidays, storms, road works, a new competitor. It does not prove hidden"
        " turnover.",
    ),
    "closed-days": _of(
        "Ngày không bán hàng",
        "Days without sales",
        "Cửa hàng có thể đóng cửa.",
        "The shop may have been closed.",
    ),
    "cashier": _of(
        "Một thu ngân khác hẳn các thu ngân khác",
        "One cashier differs from all others",
        "Người làm ca tối hay quầy đổi trả tự nhiên có nhiều hơn. Tên trên phiếu có thể là của người khác.",
        "Who works evenings or at the returns desk has more of them by nature. The name on the paper may be"
        " somebody else's.",
    ),
    "benford": _of(
        "Chữ số đầu không theo luật Benford",
        "First digits do not follow Benford's law",
        "Giá cố định, thực đơn ngắn, combo đều làm lệch. Tự nó không nói gì về gian lận.",
        "Fixed prices, short menus and combos all do that. By itself it says nothing about fraud.",
    ),
}
