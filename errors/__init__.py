"""The one tree of errors.

>>> from errors import ThunganError
>>> class PaperOut(ThunganError):
...     code = "E-DRV-900"
...     advice_vi = "Lắp cuộn giấy mới."
...     advice_en = "Put in a new roll of paper."
>>> str(PaperOut("the printer reports no paper"))
'E-DRV-900: the printer reports no paper. Put in a new roll of paper.'

The tree (each package defines its own branch, in its own ``errors.py``)::

    ThunganError
    ├── InvoiceError     E-INV-…   a sale or invoice that cannot be
    ├── SigningError     E-SIGN-…  keys, pass phrases, signatures
    ├── DriverError      E-DRV-…   ports, bytes, receipts
    ├── AuthorityError   E-AUT-…   messages and gateways
    ├── OutboxError      E-OUT-…   the store, numbering, states, ledger
    ├── AuditError       E-AUD-…   evidence bundles
    └── AgentError       E-AGT-…   configuration and command line

``errors`` is the ground floor of the house: every folder may import it, it imports nothing.
"""

from typing import ClassVar


class ThunganError(Exception):
    """Root of all errors that thungan raises on purpose.

    ``message`` says what happened (for the log, English, no secrets, no final full stop).
    ``code`` is stable and short, ``E-XXX-nnn``. ``advice()`` tells the shop what to do.
    ``exit_code`` is what the command line ends with (0 done, 1 the answer is no, 2 bad input,
    3 needs a person, 70 internal error).
    """

    code: ClassVar[str] = "E-GEN-000"
    advice_vi: ClassVar[str] = "Khởi động lại thungan; nếu vẫn lỗi, gửi nhật ký cho người cài đặt."
    advice_en: ClassVar[str] = "Restart thungan; if the error stays, send the log to your installer."
    exit_code: ClassVar[int] = 2

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def advice(self, language: str = "en") -> str:
        """What the shop should do, in Vietnamese (``vi``) or English (``en``)."""
        return self.advice_vi if language == "vi" else self.advice_en

    def __str__(self) -> str:
        return f"{self.code}: {self.message}. {self.advice()}"
