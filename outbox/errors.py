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
    ├── ClockWrong           E-OUT-020  the clock is off by days, so the authority or the calendar says
    ├── BackupFailed         E-OUT-037  a backup cannot be made or is not whole
    ├── LastNumberUnknown    E-OUT-038  nobody can say which numbers were used after a backup
    ├── ArchiveDamaged       E-OUT-039  the archive of a closed month is missing or was changed
    ├── RouteUndecided       E-OUT-050  the route was changed too early
    ├── SeriesOfProvider     E-OUT-051  a series in which a provider gives the numbers
    ├── StoreSlow            E-OUT-030  the disk does not answer in time
    └── (DatabaseUnusable)
        ├── DiskFull         E-OUT-031  no room left on the disk
        ├── DiskReadOnly     E-OUT-032  the disk or the folder cannot be written
        ├── DiskFailing      E-OUT-033  the disk gives input/output errors
        ├── DatabaseLocked   E-OUT-034  another program keeps the database locked
        ├── DatabaseDamaged  E-OUT-035  the database's file is damaged
        └── DatabaseSwapped  E-OUT-036  the database was deleted, or an older copy was put in its place
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


class DiskFull(DatabaseUnusable):
    """There is no room left: nothing is issued; receipts are kept in the reserve file."""

    code = "E-OUT-031"
    advice_vi = "Xóa bớt tệp trên ổ đĩa; phiếu vẫn được in và giữ lại, hóa đơn sẽ tự lập khi có chỗ."
    advice_en = "Free space on the disk; receipts are printed and kept, and invoiced by themselves then."


class DiskReadOnly(DatabaseUnusable):
    """The disk, or the data folder, cannot be written."""

    code = "E-OUT-032"
    advice_vi = "Ổ đĩa hoặc thư mục dữ liệu chỉ đọc: kiểm tra quyền ghi, hoặc ổ đĩa sắp hỏng."
    advice_en = "The disk or data folder is read-only: check its rights; a disk may become so when it fails."


class DiskFailing(DatabaseUnusable):
    """The disk gives input/output errors."""

    code = "E-OUT-033"
    advice_vi = (
        "Ổ đĩa báo lỗi đọc/ghi: gọi người cài đặt thay ổ đĩa; bản sao lưu dùng được với thungan restore."
    )
    advice_en = (
        "The disk reports read/write errors: have it replaced; the backup comes back by thungan restore."
    )


class DatabaseLocked(DatabaseUnusable):
    """Another program keeps the database locked."""

    code = "E-OUT-034"
    advice_vi = (
        "Đóng chương trình khác đang mở tệp thungan.db (trình xem SQLite, phần mềm sao lưu, diệt virus)."
    )
    advice_en = (
        "Close the other program that has thungan.db open (a SQLite viewer, a backup, a virus scanner)."
    )


class DatabaseDamaged(DatabaseUnusable):
    """The database's file is damaged: nothing is issued on top of it."""

    code = "E-OUT-035"
    advice_vi = "Tệp dữ liệu bị hỏng: dừng thungan rồi chạy thungan restore để lấy lại từ bản sao lưu."
    advice_en = "The database is damaged: stop thungan and run thungan restore to bring back the backup."


class DatabaseSwapped(DatabaseUnusable):
    """The database was deleted, or an older copy stands in its place: its numbers would be used again."""

    code = "E-OUT-036"
    advice_vi = "Tệp dữ liệu bị xóa hoặc bị thay bằng bản cũ: dừng thungan rồi chạy thungan restore."
    advice_en = "The database was deleted or replaced by an older copy: stop thungan, run thungan restore."


class BackupFailed(OutboxError):
    """A backup cannot be made, or is not whole."""

    code = "E-OUT-037"
    advice_vi = "Cắm lại USB hoặc kiểm tra thư mục sao lưu [backup] (còn chỗ, có quyền ghi)."
    advice_en = "Put the USB stick back or check the folder under [backup] (room, rights)."
    exit_code = 3


class LastNumberUnknown(OutboxError):
    """Nobody can say which numbers were used after the backup was made."""

    code = "E-OUT-038"
    advice_vi = "Xem số trên phiếu in gần nhất rồi chạy lại với --last-number SỐ."
    advice_en = "Look at the latest printed receipt and run it again with --last-number NUMBER."
    exit_code = 3


class ArchiveDamaged(OutboxError):
    """The archive of a closed month is not there, or is not what was signed."""

    code = "E-OUT-039"
    advice_vi = "Chép lại tệp lưu trữ của tháng đó từ thư mục sao lưu vào thư mục archive."
    advice_en = "Copy that month's file from the backup place into the folder archive."
    exit_code = 3


class StoreSlow(OutboxError):
    """The store has not answered in time: the paper goes out, its bytes are kept and invoiced later."""

    code = "E-OUT-030"
    advice_vi = "Ổ đĩa quá chậm: kiểm tra ổ đĩa và chương trình đang chiếm ổ đĩa. Hóa đơn sẽ tự lập sau."
    advice_en = "The disk is too slow: see what else uses it, and its health. Invoices follow by themselves."
    exit_code = 3


class DatabaseNewer(OutboxError):
    """The database was made by a newer program than this one."""

    code = "E-OUT-003"
    advice_vi = "Cài bản thungan mới hơn; phiếu vẫn được in và giữ lại đến khi đó."
    advice_en = "Install the newer version of thungan; receipts are printed and kept until then."
    exit_code = 3


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


class RouteUndecided(OutboxError):
    """Another route is configured while messages of the old one may still be decided: none is sent."""

    code = "E-OUT-050"
    advice_vi = (
        "Ghi lại [authority] cũ, chạy thungan sync đến khi không còn gói chờ, rồi mới đổi. Vẫn bán hàng."
    )
    advice_en = (
        "Put the old [authority] back, run thungan sync until nothing waits, then change. Keep selling."
    )
    exit_code = 3


class SeriesOfProvider(OutboxError):
    """The register is to number a series in which a provider has: both would give the same numbers."""

    code = "E-OUT-051"
    advice_vi = "Đăng ký và ghi hai chữ khác vào [register] letters; ký hiệu cũ thuộc về nhà cung cấp."
    advice_en = "Register other letters and put them under [register] letters; the old are the provider's."
    exit_code = 3
