"""Errors of updating.

::

    UpdateError              E-UPD-000
    ├── UpdatesNotSet        E-UPD-001  updates.toml is missing or has a wrong value
    ├── ServerUnreachable    E-UPD-002  the update server cannot be reached, or breaks off
    ├── UpdateForged         E-UPD-003  what the server gives is not signed as it must be, is old or changed
    ├── NoWayBack            E-UPD-004  the package of the version that runs is not to be had
    ├── StepFailed           E-UPD-005  a step of the update went wrong
    └── NeedsPerson          E-UPD-006  the update failed after sales were made: somebody must look
"""

from errors import ThunganError


class UpdateError(ThunganError):
    """Root of the errors of updating."""

    code = "E-UPD-000"


class UpdatesNotSet(UpdateError):
    """updates.toml is missing or has a wrong value."""

    code = "E-UPD-001"
    advice_vi = "Ghi url và hours vào updates.toml (docs/updates.md); không có tệp này thì không tự cập nhật."
    advice_en = "Write url and hours into updates.toml (docs/updates.md); without it nothing is updated."


class ServerUnreachable(UpdateError):
    """The update server cannot be reached, or breaks off."""

    code = "E-UPD-002"
    advice_vi = "Bán hàng không bị ảnh hưởng; chương trình sẽ tự thử lại sau một giờ."
    advice_en = "Selling is not affected; it is tried again in an hour."
    exit_code = 1


class UpdateForged(UpdateError):
    """What the server gives is not signed as it must be, is out of date, or was changed on the way."""

    code = "E-UPD-003"
    advice_vi = "Không cài gì cả. Báo cho người phát hành thungan; phiên bản hiện tại vẫn chạy."
    advice_en = "Nothing was installed. Tell whoever publishes thungan; the present version runs on."
    exit_code = 1


class NoWayBack(UpdateError):
    """The package of the version that runs is not to be had, so that a failure could not be taken back."""

    code = "E-UPD-004"
    advice_vi = "Người phát hành phải giữ gói của phiên bản đang chạy trên máy chủ cập nhật."
    advice_en = "Whoever publishes must keep the running version's package on the update server."
    exit_code = 1


class StepFailed(UpdateError):
    """A step of the update went wrong."""

    code = "E-UPD-005"
    advice_vi = "Phiên bản trước được khôi phục; gửi nhật ký cho người cài đặt."
    advice_en = "The version before is put back; send the log to your installer."
    exit_code = 1


class NeedsPerson(UpdateError):
    """The update failed after sales were made with it: going back would lose them."""

    code = "E-UPD-006"
    advice_vi = "Không tự quay lại được vì đã có hóa đơn mới. Gọi người cài đặt; dữ liệu còn nguyên."
    advice_en = "It cannot go back by itself: there are new invoices. Call your installer; no data is lost."
    exit_code = 3
