"""Errors of the page.

::

    AgentError
    └── PageError           E-AGT-030
        ├── PageUnreachable E-AGT-031  the port of the page cannot be had, or its certificate not read
        ├── PinInvalid      E-AGT-032  a PIN that is too short or too easy
        ├── PinWrong        E-AGT-033  not the PIN
        ├── LockedOut       E-AGT-034  too many wrong PINs: wait
        ├── FormInvalid     E-AGT-035  what was filled in cannot be
        └── NotHere         E-AGT-036  settings are changed on the shop's own computer only
"""

from agent.errors import AgentError


class PageError(AgentError):
    """Root of the page's errors."""

    code = "E-AGT-030"


class PageUnreachable(PageError):
    """The port of the page cannot be had, or its certificate cannot be read. Selling goes on."""

    code = "E-AGT-031"
    advice_vi = (
        "Bán hàng vẫn chạy; đổi số cổng ở [page] trong config.toml hoặc tắt chương trình đang giữ cổng."
    )
    advice_en = "Selling goes on; change the port under [page] in config.toml, or stop what holds it."


class PinInvalid(PageError):
    """A PIN that is too short, too long or too easy to guess."""

    code = "E-AGT-032"
    advice_vi = "Chọn mã PIN từ 6 đến 64 ký tự, không phải dãy số dễ đoán."
    advice_en = "Choose a PIN of 6 to 64 characters that is no simple run of digits."


class PinWrong(PageError):
    """Not the PIN."""

    code = "E-AGT-033"
    advice_vi = "Thử lại. Quên mã PIN: đặt lại trên máy này bằng lệnh thungan page pin."
    advice_en = "Try again. If it is forgotten, set it anew on this computer: thungan page pin."


class LockedOut(PageError):
    """Too many wrong PINs: no more are looked at for ``seconds``."""

    code = "E-AGT-034"
    advice_vi = "Chờ hết thời gian khóa rồi thử lại."
    advice_en = "Wait until the time is over, then try again."

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many wrong PINs: locked for {seconds} more seconds")
        self.seconds = seconds


class FormInvalid(PageError):
    """What was filled in cannot be."""

    code = "E-AGT-035"
    advice_vi = "Sửa ô được nêu rồi gửi lại."
    advice_en = "Correct the field named, then send it again."


class NotHere(PageError):
    """Who asks is on another computer: from there settings are looked at, not changed.

    A setting names files, databases and servers, so who can change it can read what the daemon can; for that
    the PIN alone is not enough.
    """

    code = "E-AGT-036"
    advice_vi = "Chỉ đổi cài đặt trên chính máy tính của tiệm."
    advice_en = "Change settings on the shop's own computer."
