"""Errors of the audit.

::

    AuditError               E-AUD-000
    ├── BundleUnreadable     E-AUD-001  not an evidence bundle, or a damaged one
    ├── BundleNewer          E-AUD-002  written by a newer program
    ├── PeriodInvalid        E-AUD-003  from and to do not make a period
    ├── FleetUnavailable     E-AUD-010  comparing many sellers needs DuckDB
    └── NoBundles            E-AUD-011  a folder without bundles
"""

from errors import ThunganError


class AuditError(ThunganError):
    """Root of the audit's errors."""

    code = "E-AUD-000"


class BundleUnreadable(AuditError):
    """The file is not an evidence bundle, or it is damaged."""

    code = "E-AUD-001"
    advice_vi = "Chép lại tệp hồ sơ từ nguồn; nếu vẫn lỗi, đề nghị người bán xuất lại (thungan audit export)."
    advice_en = (
        "Copy the bundle again; if it stays so, have the seller export it anew (thungan audit export)."
    )


class BundleNewer(AuditError):
    """The bundle was written by a newer program than this one."""

    code = "E-AUD-002"
    advice_vi = "Dùng bản thungan-verify mới hơn."
    advice_en = "Use a newer thungan-verify."


class PeriodInvalid(AuditError):
    """From and to do not make a period."""

    code = "E-AUD-003"
    advice_vi = "Ghi ngày dạng 2026-11-30; ngày đầu không sau ngày cuối."
    advice_en = "Write days as 2026-11-30, the first not after the last."


class FleetUnavailable(AuditError):
    """Comparing many sellers needs DuckDB, which is not installed."""

    code = "E-AUD-010"
    advice_vi = "Bộ cài cho cửa hàng không có phần này. Cài bằng Python: pip install 'thungan[fleet]'."
    advice_en = "Packages for shops do not carry it. Install with Python: pip install 'thungan[fleet]'."


class NoBundles(AuditError):
    """A folder holds neither evidence bundles nor tables of an earlier report."""

    code = "E-AUD-011"
    advice_vi = "Chép các tệp hồ sơ (.zip) vào thư mục này, hoặc chọn thư mục khác."
    advice_en = "Put the bundles (.zip) into this folder, or name another."
