"""Errors of capture: ports and source addresses.

::

    DriverError        E-DRV-000
    ├── SourceInvalid  E-DRV-001  a source URI that cannot be understood
    └── PortUnusable   E-DRV-002  a port that is not there, is in use, or may not be opened
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
