"""Errors of the store.

::

    OutboxError              E-OUT-000
    ├── DataFolderBusy       E-OUT-001  another thungan uses the data folder
    ├── DatabaseUnusable     E-OUT-002  the database cannot be opened, read or written
    ├── DatabaseNewer        E-OUT-003  made by a newer program
    ├── TransitionRefused    E-OUT-004  a change of state that the table does not allow
    ├── ClockWentBack        E-OUT-005  the clock is behind the last issued invoice
    ├── NotFound             E-OUT-006  no such invoice, package or capture
    ├── WriterStopped        E-OUT-007  work given to a store that is closed
    ├── NoSigningKey         E-OUT-008  the seller's key is not there at the moment
    ├── NumberTaken          E-OUT-009  numbers that cannot be taken over from another program
    └── ClockWrong           E-OUT-020  the clock is off by days, so the authority or the calendar says
"""

from errors import ThunganError


class OutboxError(ThunganError):
    """Root of the store's errors."""

    code = "E-OUT-000"


class DataFolderBusy(OutboxError):
    """Another process holds the data folder's lock."""

    code = "E-OUT-001"
    advice_vi = "Tắt chương trình thungan đang chạy rồi thử lại."
    advice_en = "Stop the thungan that is running on this data folder, then try again."


class DatabaseUnusable(OutboxError):
    """The database cannot be opened, read or written."""

    code = "E-OUT-002"
    advice_vi = "Kiểm tra ổ đĩa (đầy, hỏng, chỉ đọc) và quyền ghi vào thư mục dữ liệu."
    advice_en = "Check the disk (full, faulty, read-only) and the rights on the data folder."
    exit_code = 3


class DatabaseNewer(OutboxError):
    """The database was made by a newer program than this one."""

    code = "E-OUT-003"
    advice_vi = "Cài bản thungan mới hơn."
    advice_en = "Install the newer version of thungan."


class TransitionRefused(OutboxError):
    """A change of state that the table of transitions does not allow."""

    code = "E-OUT-004"


class ClockWentBack(OutboxError):
    """The clock stands behind the last issued invoice: issuing stops rather than misdate."""

    code = "E-OUT-005"
    advice_vi = "Chỉnh lại ngày giờ của máy tính."
    advice_en = "Set the computer's date and time right."
    exit_code = 3


class ClockWrong(OutboxError):
    """The clock would give a wrong legal day: issuing stops, receipts are kept until it is right."""

    code = "E-OUT-020"
    advice_vi = "Chỉnh lại ngày giờ của máy tính (pin CMOS có thể đã hết); phiếu vẫn được giữ để lập sau."
    advice_en = "Set date and time right (the CMOS battery may be flat); receipts are kept and invoiced then."
    exit_code = 3


class NotFound(OutboxError):
    """No such invoice, package or capture."""

    code = "E-OUT-006"
    advice_vi = "Kiểm tra lại số; xem danh sách bằng lệnh list."
    advice_en = "Check the number; the list command shows what there is."


class WriterStopped(OutboxError):
    """Work was given to a store that is closed."""

    code = "E-OUT-007"


class NoSigningKey(OutboxError):
    """The seller's key is not there at the moment: sales are kept and issued when it is back."""

    code = "E-OUT-008"
    advice_vi = "Cắm lại USB ký số (hoặc kiểm tra tệp khóa và mật khẩu); phiếu đã in vẫn được giữ để lập sau."
    advice_en = (
        "Put the key back (token, file, pass phrase); receipts are kept and invoiced when it is there."
    )
    exit_code = 3


class NumberTaken(OutboxError):
    """Last numbers of another program that do not fit what this register has issued."""

    code = "E-OUT-009"
    advice_vi = "Kiểm tra số hóa đơn cuối cùng của phần mềm cũ; chỉ nhập trước hóa đơn đầu tiên."
    advice_en = "Check the old program's last number; it is taken over before the first invoice only."
