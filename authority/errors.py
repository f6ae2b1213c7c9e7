"""Errors of the wire, arranged by what is known about the message afterwards.

::

    AuthorityError                  E-AUT-000
    ├── MessageUnreadable           E-AUT-001  bytes that are not a message of the authority's kind
    ├── MessageTooLarge             E-AUT-002  more than one message may carry
    ├── CodeInvalid                 E-AUT-003  a party code, message id or header field of a wrong form
    ├── NoticeNotProven             E-AUT-004  a notice whose signature is not the authority's
    ├── FaultPlanInvalid            E-AUT-005  the sandbox's fault plan cannot be understood
    ├── GatewaySettingInvalid       E-AUT-006  address, certificate file or time-outs of a gateway
    ├── FormInvalid                 E-AUT-007  a form (registration, notice) that breaks its field table
    ├── TimeNotTold                 E-AUT-008  a time server that does not answer, or not usably
    ├── SandboxOptionInvalid        E-AUT-009  an option of the sandbox that cannot be understood
    └── GatewayError                E-AUT-010
        ├── NotDelivered            E-AUT-011  the message has certainly not arrived: send it again
        │   ├── GatewayUnreachable  E-AUT-012  no connection
        │   └── TlsNotTrusted       E-AUT-013  the server could not prove who it is
        ├── MaybeDelivered          E-AUT-020  it may have arrived: look up, or send the same bytes again
        │   ├── GatewayTimeout      E-AUT-021
        │   ├── ConnectionCut       E-AUT-022  the line broke after sending began
        │   ├── GatewayFailed       E-AUT-023  HTTP 5xx
        │   └── AnswerNonsense      E-AUT-024  an answer that cannot be read, or without end
        └── Rejected                E-AUT-030  the gateway has read it and will not take it (HTTP 4xx)
            ├── CredentialsRefused  E-AUT-031  HTTP 401, 403, 407
            ├── RedirectRefused     E-AUT-032  HTTP 3xx: signed invoices are not sent to another place
            └── GatewayBusy         E-AUT-033  HTTP 408, 425, 429: later
"""

from errors import ThunganError


class AuthorityError(ThunganError):
    """Root of the errors of messages and gateways."""

    code = "E-AUT-000"


class MessageUnreadable(AuthorityError):
    """Bytes that are not a message (TDiep), or one without the fields its kind needs."""

    code = "E-AUT-001"
    advice_vi = "Giữ lại tệp này và gửi cho người cài đặt; không có dữ liệu nào bị thay đổi."
    advice_en = "Keep the file and send it to your installer; nothing has been changed by it."
    exit_code = 3


class MessageTooLarge(AuthorityError):
    """A message above the regulation's 2 MB."""

    code = "E-AUT-002"
    advice_vi = "Chia hóa đơn thành nhiều gói nhỏ hơn; một hóa đơn không được quá 2 MB."
    advice_en = "Send fewer invoices in one package; one invoice alone must stay below 2 MB."


class CodeInvalid(AuthorityError):
    """A party code, a message id or another header field of a wrong form."""

    code = "E-AUT-003"
    advice_vi = "Kiểm tra mã số thuế và mã nơi gửi trong config.toml."
    advice_en = "Check the tax code and the sender code in config.toml."


class NoticeNotProven(AuthorityError):
    """A notice (204) that the authority has not provably signed: it changes nothing."""

    code = "E-AUT-004"
    advice_vi = "Không tin thông báo này. Kiểm tra chứng thư của cơ quan thuế ([authority] trust)."
    advice_en = "Do not rely on it. Check the authority's certificate under [authority] trust in config.toml."
    exit_code = 3


class FaultPlanInvalid(AuthorityError):
    """A word of ``--faults`` that the sandbox does not know or cannot read."""

    code = "E-AUT-005"
    advice_vi = "Sửa tham số --faults, ví dụ: lose-answer=0.1,delay=2s,seed=7."
    advice_en = "Correct --faults, for example: lose-answer=0.1,delay=2s,seed=7."


class GatewaySettingInvalid(AuthorityError):
    """A gateway that cannot be built from its settings."""

    code = "E-AUT-006"
    advice_vi = "Sửa mục [authority] trong config.toml: địa chỉ phải bắt đầu bằng https://."
    advice_en = "Correct [authority] in config.toml: the address must begin with https://."


class FormInvalid(AuthorityError):
    """A form that breaks its table; ``path`` names the field: ``DLTKhai/TTChung/MST``."""

    code = "E-AUT-007"
    advice_vi = "Sửa thông tin được nêu (config.toml hoặc dữ liệu nhập) rồi lập lại tờ khai, thông báo."
    advice_en = "Correct what is named, in config.toml or in what was entered, and make the form again."

    def __init__(self, path: str, what: str) -> None:
        super().__init__(f"{path}: {what}")
        self.path = path


class TimeNotTold(AuthorityError):
    """A time server (NTP) that does not answer, or whose answer cannot be used."""

    code = "E-AUT-008"
    advice_vi = "Không gấp: đồng hồ vẫn được so với cơ quan thuế. Kiểm tra [clock] ntp trong config.toml."
    advice_en = "Nothing urgent: the authority's clock is asked too. Check [clock] ntp in config.toml."


class SandboxOptionInvalid(AuthorityError):
    """An option of ``thungan sandbox`` that cannot be understood."""

    code = "E-AUT-009"
    advice_vi = "Xem thungan sandbox --help; ví dụ --provider viettel --series C26MAA=500."
    advice_en = "See thungan sandbox --help, for example --provider viettel --series C26MAA=500."


class GatewayError(AuthorityError):
    """Root of what can go wrong between the shop and the authority.

    ``retry_after`` is how many seconds the other side asked to wait (HTTP Retry-After), None where it
    did not say.
    """

    code = "E-AUT-010"

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotDelivered(GatewayError):
    """Nothing of the message has left the shop: it can be sent again without a question."""

    code = "E-AUT-011"
    advice_vi = "Hóa đơn vẫn được giữ an toàn và sẽ tự gửi lại khi có mạng."
    advice_en = "The invoices are safe and are sent by themselves when the line is back."


class GatewayUnreachable(NotDelivered):
    """No connection: no network, no such host, connection refused, no answer to connecting."""

    code = "E-AUT-012"
    advice_vi = "Kiểm tra mạng Internet và địa chỉ trong [authority]; hóa đơn sẽ tự gửi lại."
    advice_en = (
        "Check the network and the address under [authority]; the invoices are sent later by themselves."
    )


class TlsNotTrusted(NotDelivered):
    """The server's certificate does not prove that it is the configured gateway."""

    code = "E-AUT-013"
    advice_vi = (
        "Kiểm tra ngày giờ của máy, địa chỉ và tệp ca trong [authority]. Không tắt kiểm tra chứng thư."
    )
    advice_en = (
        "Check this computer's date, the address and the ca file under [authority]."
        " Never switch the check off."
    )


class MaybeDelivered(GatewayError):
    """The message may have arrived: look it up, or send the very same bytes again, never new ones."""

    code = "E-AUT-020"
    advice_vi = "Không cần làm gì: thungan sẽ tra cứu và gửi lại đúng thông điệp này."
    advice_en = "Nothing to do: thungan looks the message up and sends the same one again."


class GatewayTimeout(MaybeDelivered):
    """No complete answer within the time allowed."""

    code = "E-AUT-021"


class ConnectionCut(MaybeDelivered):
    """The connection broke after sending had begun."""

    code = "E-AUT-022"


class GatewayFailed(MaybeDelivered):
    """The gateway reported an error of its own (HTTP 5xx)."""

    code = "E-AUT-023"


class AnswerNonsense(MaybeDelivered):
    """An answer that is not of the documented form, or does not end."""

    code = "E-AUT-024"
    advice_vi = "Kiểm tra địa chỉ trong [authority]; nếu đúng, báo cho nhà cung cấp cổng kết nối."
    advice_en = "Check the address under [authority]; if it is right, tell the gateway's operator."


class Rejected(GatewayError):
    """The gateway has read the request and does not take it (HTTP 4xx). ``status`` is the HTTP status."""

    code = "E-AUT-030"
    advice_vi = "Đọc lý do nêu trên; hóa đơn vẫn được giữ và chờ gửi lại."
    advice_en = "Read the reason given; the invoices are kept and wait to be sent again."
    exit_code = 3

    def __init__(self, message: str, *, status: int, retry_after: float | None = None) -> None:
        super().__init__(message, retry_after=retry_after)
        self.status = status


class CredentialsRefused(Rejected):
    """Token or account not accepted (HTTP 401, 403, 407)."""

    code = "E-AUT-031"
    advice_vi = "Nhập lại mã truy cập (token) của cổng kết nối."
    advice_en = "Enter the gateway's token again."


class RedirectRefused(Rejected):
    """The gateway points to another address (HTTP 3xx); signed invoices do not follow."""

    code = "E-AUT-032"
    advice_vi = "Kiểm tra lại địa chỉ trong [authority] với nhà cung cấp; thungan không tự chuyển hướng."
    advice_en = "Ask the operator for the right address under [authority]; redirects are not followed."


class GatewayBusy(Rejected):
    """The gateway asks to come later (HTTP 408, 425, 429)."""

    code = "E-AUT-033"
    advice_vi = "Không cần làm gì: thungan sẽ tự gửi lại sau."
    advice_en = "Nothing to do: thungan sends again later."
