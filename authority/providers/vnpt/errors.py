"""What VNPT says no to, beyond what every provider may.

::

    SeriesStopped                     E-AUT-040
    ├── AccountStopped                E-AUT-044
    │   ├── StaffAccountRefused       E-AUT-070  ERR:1  account and account_password, or their right
    │   └── ServiceUserRefused        E-AUT-071  ERR:7  user and password
    └── NumberingFailed               E-AUT-072  ERR:21, 23 it could not make a number or code
    ProviderRefusal                   E-AUT-050
    ├── OrderUnreadable               E-AUT-051
    │   └── FieldTooLong              E-AUT-073  ERR:22
    └── KeyTaken                      E-AUT-074  ERR:13, and the invoice of that key is not this order

Every other ``ERR:n`` becomes one of ``authority.providers.errors`` (``authority.providers.vnpt.refusals``).
"""

from authority.providers.errors import AccountStopped, OrderUnreadable, ProviderRefusal, SeriesStopped


class StaffAccountRefused(AccountStopped):
    """The member of staff (Account/ACpass): wrong, or without the right to issue in this series."""

    code = "E-AUT-070"
    advice_vi = (
        "Kiểm tra account và account_password trong [authority]; nhờ VNPT cấp quyền phát hành hóa đơn"
        " máy tính tiền cho ký hiệu này."
    )
    advice_en = (
        "Check account and account_password under [authority]; ask VNPT to give that account the right"
        " to issue cash-register invoices in this series."
    )


class ServiceUserRefused(AccountStopped):
    """The user of the service (username/password) is not known, or has no company."""

    code = "E-AUT-071"
    advice_vi = (
        "Kiểm tra user, password và url trong [authority]: tài khoản dịch vụ (ServiceRole) do VNPT cấp,"
        " mỗi khách hàng một địa chỉ."
    )
    advice_en = (
        "Check user, password and url under [authority]: the service account (ServiceRole) is given by"
        " VNPT, and every customer has an address of its own."
    )


class NumberingFailed(SeriesStopped):
    """The provider could not make a number or an authority code; nothing was issued."""

    code = "E-AUT-072"
    advice_vi = "Gọi VNPT và đọc mã lỗi nêu trên; các hóa đơn chờ được giữ và tự gửi lại."
    advice_en = "Call VNPT and read them the code above; the orders are kept and sent again by themselves."


class FieldTooLong(OrderUnreadable):
    """A text longer than the provider takes."""

    code = "E-AUT-073"
    advice_vi = "Rút ngắn tên hàng hoặc thông tin người mua, rồi lập lại (thungan invoice replace)."
    advice_en = "Shorten the name of the goods or the buyer's data, and issue it anew."


class KeyTaken(ProviderRefusal):
    """The provider has another invoice under this order's key. Nothing is attached to the order."""

    code = "E-AUT-074"
    advice_vi = "Gọi người cài đặt: hai máy có dùng chung một bản dữ liệu không?"
    advice_en = "Call your installer: do two computers work with copies of one data folder?"
