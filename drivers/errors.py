"""Errors of capture: ports and source addresses.

::

    DriverError        E-DRV-000
    ├── SourceInvalid  E-DRV-001  a source URI that cannot be understood
    └── PortUnusable       E-DRV-002  a port that cannot be used
        ├── PortMissing    E-DRV-003  it is not there: cable, adapter, name
        ├── PortBusy       E-DRV-004  another program has it
        ├── PortForbidden  E-DRV-005  this user may not open it
        └── PortHangs      E-DRV-006  a call to its driver does not return: a dead adapter
    ├── FileUnfit          E-DRV-030  a file that is none of its format, or too large to be one
    ├── DatabaseAway       E-DRV-031  a register program's database that cannot be read
    ├── JobUnreadable      E-DRV-032  a print job whose text is not to be had
    └── PictureReaderMissing E-DRV-033  what reads pictures is not installed
"""

from errors import ThunganError


class DriverError(ThunganError):
    """Root of the errors of capture."""

    code = "E-DRV-000"


class SourceInvalid(DriverError):
    """A source URI that cannot be understood."""

    code = "E-DRV-001"
    advice_vi = "Viết nguồn theo dạng serial:///dev/ttyUSB0?baud=9600 hoặc serial://COM3?baud=9600."
    advice_en = "Write the source as serial:///dev/ttyUSB0?baud=9600 or serial://COM3?baud=9600."


class PortUnusable(DriverError):
    """A port that is not there, is in use by another program, or may not be opened."""

    code = "E-DRV-002"
    advice_vi = "Kiểm tra dây cáp, tên cổng, và tắt chương trình khác đang dùng cổng."
    advice_en = "Check the cable and the port's name, and stop other programs that use the port."
    exit_code = 3


class PortMissing(PortUnusable):
    """The port is not there: the cable is out, the adapter is off, or the name is wrong."""

    code = "E-DRV-003"
    advice_vi = "Cắm lại cáp hoặc bộ chuyển USB; xem tên cổng bằng: thungan ports."
    advice_en = "Plug the cable or USB adapter in; thungan ports shows the names of ports."


class PortBusy(PortUnusable):
    """Another program has the port."""

    code = "E-DRV-004"
    advice_vi = "Tắt phần mềm khác đang dùng cổng này (hoặc một thungan khác)."
    advice_en = "Stop the other program that has this port (or another thungan)."


class PortForbidden(PortUnusable):
    """This user may not open the port."""

    code = "E-DRV-005"
    advice_vi = (
        "Cho người dùng này vào nhóm dialout (Linux): sudo usermod -aG dialout TÊN, rồi đăng nhập lại."
    )
    advice_en = (
        "Put this user into the group dialout (Linux): sudo usermod -aG dialout NAME, then log in again."
    )


class PortHangs(PortUnusable):
    """A call to the port's driver does not return."""

    code = "E-DRV-006"
    advice_vi = "Rút bộ chuyển USB ra rồi cắm lại; nếu còn lặp lại, thay bộ chuyển."
    advice_en = "Unplug the USB adapter and plug it in again; if it happens again, replace it."


class FileUnfit(DriverError):
    """A file that is not of the format its mapping says, is broken off, or is too large to be read."""

    code = "E-DRV-030"
    advice_vi = "Xuất lại tệp từ phần mềm bán hàng, hoặc sửa tệp ánh xạ (thungan profile test)."
    advice_en = "Export the file again, or correct the mapping (thungan profile test)."
    exit_code = 3


class DatabaseAway(DriverError):
    """A register program's database that cannot be reached, opened or queried."""

    code = "E-DRV-031"
    advice_vi = "Kiểm tra máy chủ dữ liệu, tên đăng nhập, mật khẩu và câu truy vấn trong tệp ánh xạ."
    advice_en = "Check the database server, user, password, and the query in the mapping."
    exit_code = 3


class JobUnreadable(DriverError):
    """A print job that is broken, locked or too long, or whose reader is not installed."""

    code = "E-DRV-032"
    advice_vi = "Xem trang docs/print-jobs.md: chọn máy in PDF hoặc XPS, hoặc nhập hóa đơn này bằng tay."
    advice_en = "See docs/print-jobs.md: choose a PDF or XPS printer, or enter this receipt by hand."
    exit_code = 3


class PictureReaderMissing(DriverError):
    """Tesseract, which reads receipts that are pictures, or its Vietnamese data is not installed."""

    code = "E-DRV-033"
    advice_vi = "Cài bộ đọc ảnh: sudo apt-get install tesseract-ocr tesseract-ocr-vie (xem docs/pictures.md)."
    advice_en = (
        "Install the picture reader: sudo apt-get install tesseract-ocr tesseract-ocr-vie (docs/pictures.md)."
    )
    exit_code = 3
