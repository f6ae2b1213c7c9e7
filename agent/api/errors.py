"""Errors of the API.

::

    AgentError
    └── ApiError              E-API-000
        ├── TokenWrong        E-API-001  no token, or one that is not known
        ├── ScopeMissing      E-API-002  the token may not do that
        ├── TooOften          E-API-003  more requests than the token's limit
        ├── KeyMissing        E-API-004  no Idempotency-Key, or one that cannot be
        ├── RequestInvalid    E-API-005  a request that cannot be understood
        └── TokenInvalid      E-API-006  a token that cannot be made or is not there
"""

from agent.errors import AgentError


class ApiError(AgentError):
    """Root of the API's errors."""

    code = "E-API-000"


class TokenWrong(ApiError):
    """No token, or one that is not known."""

    code = "E-API-001"
    advice_vi = "Gửi tiêu đề Authorization: Bearer …; tạo mã bằng: thungan token new TÊN."
    advice_en = "Send Authorization: Bearer …; make a token with: thungan token new NAME."


class ScopeMissing(ApiError):
    """The token may not do that."""

    code = "E-API-002"
    advice_vi = "Tạo mã khác có quyền này: thungan token new TÊN --scope …"
    advice_en = "Make a token with that scope: thungan token new NAME --scope …"


class TooOften(ApiError):
    """More requests than the token's limit."""

    code = "E-API-003"
    advice_vi = "Chờ số giây ghi ở Retry-After rồi gửi lại."
    advice_en = "Wait as many seconds as Retry-After says, then send it again."

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many requests: again in {seconds} seconds")
        self.seconds = seconds


class KeyMissing(ApiError):
    """No Idempotency-Key, or one that cannot be."""

    code = "E-API-004"
    advice_vi = (
        "Gửi tiêu đề Idempotency-Key, mỗi lần bán một giá trị riêng (ví dụ UUID), gửi lại thì giữ nguyên."
    )
    advice_en = "Send Idempotency-Key, another one for each sale (a UUID, say), the same one when you retry."


class RequestInvalid(ApiError):
    """A request that cannot be understood."""

    code = "E-API-005"
    advice_vi = "Xem mô tả tại /v1/docs."
    advice_en = "See the description at /v1/docs."


class TokenInvalid(ApiError):
    """A token that cannot be made, or is not there."""

    code = "E-API-006"
    advice_vi = "Xem các mã đang có bằng: thungan token list."
    advice_en = "See which tokens there are with: thungan token list."
