"""What a provider says no to: one order, or everything in a series.

::

    AuthorityError
    ├── ProviderRefusal             E-AUT-050  read, and this order is not taken as it is; others go on
    │   ├── OrderUnreadable         E-AUT-051  the request's form, not its figures
    │   ├── BuyerRefused            E-AUT-052  the buyer's data
    │   ├── AmountsRefused          E-AUT-053  lines, rates or totals
    │   ├── OriginalRefused         E-AUT-054  the invoice that is corrected is not there, or may not be
    │   └── OrderNotPossible        E-AUT-055  something the route cannot carry at all
    └── GatewayError
        └── Rejected
            └── SeriesStopped       E-AUT-040  nothing is issued until a person has acted; all orders wait
                ├── SeriesExhausted E-AUT-041  no numbers left
                ├── SeriesUnfit     E-AUT-042  form and symbol are not (or no longer) the seller's there
                ├── CertificateStopped E-AUT-043  the seller's certificate at the provider is missing or over
                ├── AccountStopped  E-AUT-044  the account is locked, unpaid or has no right to issue
                ├── DateBehind      E-AUT-045  the series has an invoice of a later day
                ├── DateAhead       E-AUT-046  our day is still to come by the provider's clock
                └── DateNotToday    E-AUT-047  the provider takes invoices of the current day only

``LogInRefused`` (E-AUT-048) is a ``CredentialsRefused``: user or password are not accepted.

``SeriesStopped`` is about the whole series: no order is refused by it, none is lost. ``status`` is the HTTP
status, 200 where the provider says it in an ordinary answer.
"""

from authority.errors import AuthorityError, CredentialsRefused, Rejected


class SeriesStopped(Rejected):
    """The provider issues nothing in this series as things are."""

    code = "E-AUT-040"
    advice_vi = "Gọi nhà cung cấp hóa đơn với lý do nêu trên; các hóa đơn chờ được giữ và tự gửi lại sau."
    advice_en = "Call the provider with the reason given; the orders are kept and go on by themselves."


class SeriesExhausted(SeriesStopped):
    """No numbers left at the provider."""

    code = "E-AUT-041"
    advice_vi = "Mua thêm số hóa đơn ở nhà cung cấp; các hóa đơn chờ sẽ tự được cấp số."
    advice_en = "Buy further numbers from the provider; what waits is then numbered by itself."


class SeriesUnfit(SeriesStopped):
    """Form and symbol do not fit together, or are not registered at the provider."""

    code = "E-AUT-042"
    advice_vi = "Kiểm tra [register] form và letters với ký hiệu đã đăng ký ở nhà cung cấp."
    advice_en = "Compare [register] form and letters with the symbol registered at the provider."


class CertificateStopped(SeriesStopped):
    """The seller's certificate that the provider signs with is missing, expired or revoked."""

    code = "E-AUT-043"
    advice_vi = "Gia hạn hoặc đăng ký lại chứng thư số ở nhà cung cấp; các hóa đơn chờ sẽ tự được cấp số."
    advice_en = "Renew or register the certificate at the provider; what waits is then numbered by itself."


class AccountStopped(SeriesStopped):
    """The account may not issue: locked, unpaid, or without the right."""

    code = "E-AUT-044"
    advice_vi = "Nhờ nhà cung cấp mở quyền lập hóa đơn từ máy tính tiền cho tài khoản trong [authority]."
    advice_en = "Ask the provider to give the account under [authority] the right to issue."


class DateBehind(SeriesStopped):
    """The provider's last invoice of the series is of a later day than ours: another program uses it."""

    code = "E-AUT-045"
    advice_vi = (
        "Ký hiệu này có hóa đơn ngày sau: một phần mềm khác cũng dùng nó? Mỗi máy phải có ký hiệu riêng."
    )
    advice_en = "The series has a later invoice: does another program use it? Each register needs its own."


class DateAhead(SeriesStopped):
    """The date is after the provider's clock: one of the two clocks is wrong."""

    code = "E-AUT-046"
    advice_vi = "Kiểm tra ngày giờ của máy này; các hóa đơn chờ được giữ và tự gửi lại sau."
    advice_en = "Check this computer's date and time; what waits is kept and sent again by itself."


class DateNotToday(SeriesStopped):
    """The provider takes an invoice of a cash register on its own day only; this one is of an earlier day."""

    code = "E-AUT-047"
    advice_vi = "Hóa đơn chờ sẽ mang ngày hôm nay; nếu không muốn, nhờ nhà cung cấp mở quyền lập ngày trước."
    advice_en = "What waits gets today's date; if that is not wanted, ask the provider to take earlier days."


class LogInRefused(CredentialsRefused):
    """The account's user or password is not accepted."""

    code = "E-AUT-048"
    advice_vi = "Kiểm tra [authority] user và nơi giữ mật khẩu (password); đổi xong không cần khởi động lại."
    advice_en = "Check [authority] user and where password is kept; once changed, no restart is needed."


class ProviderRefusal(AuthorityError):
    """The provider has read the order and will not take it as it is. ``said``: its own code for why."""

    code = "E-AUT-050"
    advice_vi = (
        "Đọc lý do, sửa rồi gửi lại (thungan invoice again) hoặc lập lại đúng (thungan invoice replace)."
    )
    advice_en = "Read the reason; send it again (thungan invoice again) or issue the right sale in its place."
    exit_code = 3

    def __init__(self, message: str, *, said: str = "") -> None:
        super().__init__(message)
        self.said = said


class OrderUnreadable(ProviderRefusal):
    """The provider cannot read the request (its XML or JSON)."""

    code = "E-AUT-051"
    advice_vi = "Gửi lý do này cho người cài đặt; hóa đơn vẫn được giữ (thungan invoice again để gửi lại)."
    advice_en = "Send the reason to your installer; the order is kept (thungan invoice again sends it again)."


class BuyerRefused(ProviderRefusal):
    """Name, tax code, address or e-mail of the buyer."""

    code = "E-AUT-052"
    advice_vi = "Sửa thông tin người mua rồi lập lại (thungan invoice replace)."
    advice_en = "Correct the buyer's data and issue it anew (thungan invoice replace)."


class AmountsRefused(ProviderRefusal):
    """Lines, rates or totals that the provider does not accept."""

    code = "E-AUT-053"
    advice_vi = "Kiểm tra thuế suất và số tiền của phiếu, rồi lập lại cho đúng (thungan invoice replace)."
    advice_en = "Check the sale's rates and amounts, and issue the right one (thungan invoice replace)."


class OriginalRefused(ProviderRefusal):
    """The invoice to be replaced or adjusted is not known there, or may not be corrected so."""

    code = "E-AUT-054"
    advice_vi = "Kiểm tra hóa đơn gốc ở nhà cung cấp: đã bị thay thế hoặc điều chỉnh ở nơi khác?"
    advice_en = "Look at the original at the provider: was it replaced or adjusted elsewhere?"


class OrderNotPossible(ProviderRefusal):
    """Something this route cannot carry at all: a currency, a nature of line, a kind of correction."""

    code = "E-AUT-055"
    advice_vi = "Lập hóa đơn này trên trang của nhà cung cấp, rồi ghi lại ở đây (thungan invoice drop)."
    advice_en = "Issue it on the provider's own site, and drop the order here (thungan invoice drop)."
