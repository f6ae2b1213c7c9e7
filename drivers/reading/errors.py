"""Errors of reading: receipt profiles. What is on the paper never raises; it is quarantined.

::

    DriverError
    └── ProfileInvalid  E-DRV-020  a receipt profile that is not there or cannot be understood
"""

from drivers.errors import DriverError


class ProfileInvalid(DriverError):
    """A receipt profile that is not there or cannot be understood; the message names the key."""

    code = "E-DRV-020"
    advice_vi = "Sửa mục được nêu trong tệp mẫu hóa đơn, rồi chạy: thungan profile test."
    advice_en = "Correct the key named here in the receipt profile, then run: thungan profile test."
