"""Errors of the domain: what cannot be a sale or an invoice.

::

    InvoiceError            E-INV-000
    ├── SaleInvalid         E-INV-001  the sale's own figures do not agree, or a field is not allowed
    ├── SaleUnreadable      E-INV-002  the JSON of a sale is not of the documented form
    ├── RateUnknown         E-INV-003  no VAT rate for a line
    ├── TaxCodeInvalid      E-INV-004  a tax code with a wrong form or check digit
    ├── SymbolInvalid       E-INV-005  an invoice symbol a cash register may not use
    ├── NumbersExhausted    E-INV-006  number or authority-code counter at its end
    ├── FieldInvalid        E-INV-007  a field longer or other than the regulation's table
    ├── InvoiceUnreadable   E-INV-008  XML that is not an invoice
    └── CorrectionRefused   E-INV-009  an invoice that may not be corrected so
"""

from errors import ThunganError


class InvoiceError(ThunganError):
    """Root of the domain's errors."""

    code = "E-INV-000"


class SaleInvalid(InvoiceError):
    """A sale that contradicts itself."""

    code = "E-INV-001"
    advice_vi = "Kiểm tra lại số lượng, đơn giá, thành tiền và tổng cộng của phiếu bán hàng."
    advice_en = "Check quantity, price, amounts and total of the sale."


class SaleUnreadable(InvoiceError):
    """Input that is not the documented JSON of a sale."""

    code = "E-INV-002"
    advice_vi = "Sửa tệp JSON theo mẫu trong docs/sale-json.md."
    advice_en = "Correct the JSON as shown in docs/sale-json.md."


class RateUnknown(InvoiceError):
    """No VAT rate is known for a line, and none is configured as default."""

    code = "E-INV-003"
    advice_vi = "Khai báo thuế suất cho mặt hàng, hoặc thuế suất mặc định trong [vat] của config.toml."
    advice_en = "Give the line a rate, or set the default rate under [vat] in config.toml."


class TaxCodeInvalid(InvoiceError):
    """A tax code (mã số thuế) of a wrong form or with a wrong check digit."""

    code = "E-INV-004"
    advice_vi = "Nhập lại mã số thuế: 10 số, 10 số-3 số, hoặc 12 số định danh cá nhân."
    advice_en = "Enter the tax code again: 10 digits, 10-3 digits, or the 12-digit citizen number."


class SymbolInvalid(InvoiceError):
    """A symbol (ký hiệu) that a cash register may not use."""

    code = "E-INV-005"
    advice_vi = "Dùng ký hiệu dạng C26MAA (C hoặc K, hai số năm, chữ M, hai chữ cái)."
    advice_en = "Use a symbol such as C26MAA (C or K, two digits of the year, M, two letters)."


class NumbersExhausted(InvoiceError):
    """The last number of a symbol or of the authority-code counter has been used."""

    code = "E-INV-006"
    advice_vi = "Đăng ký ký hiệu mới cho máy tính tiền này."
    advice_en = "Take a new symbol for this register."
    exit_code = 3


class FieldInvalid(InvoiceError):
    """A field that breaks the regulation's table (length, digits, allowed values)."""

    code = "E-INV-007"
    advice_vi = "Sửa trường được nêu cho đúng độ dài và định dạng."
    advice_en = "Shorten or correct the named field."


class InvoiceUnreadable(InvoiceError):
    """XML that cannot be read as an invoice."""

    code = "E-INV-008"
    advice_vi = "Chọn đúng tệp XML hóa đơn."
    advice_en = "Choose the XML file of an invoice."


class CorrectionRefused(InvoiceError):
    """A correction that the regulation or the invoice's history does not allow."""

    code = "E-INV-009"
    advice_vi = "Chọn đúng hóa đơn và cách xử lý (thay thế hoặc điều chỉnh) như nêu trên, và ghi rõ lý do."
    advice_en = "Choose the invoice and the way (replace or adjust) as said above, and give the reason."
