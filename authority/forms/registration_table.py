"""The table of the form 01/ĐKTĐ-HĐĐT: every field in the regulation's order (2.1.0)."""

from __future__ import annotations

from authority.forms.fields import Field, Group, Type
from authority.forms.registration import (
    FORM_NUMBER,
    FORM_TITLE,
    TAX_CODE,
    VERSION,
    CertificateUse,
    Integration,
    InvoiceKinds,
    Pause,
    Purpose,
    RegisteredCertificate,
    Registration,
    Representative,
    Service,
    Sex,
    TaxOffice,
)


def _flag(tag: str, source: str, name: str) -> Field:
    return Field(tag, source, name, 1, Type.FLAG)


def _number() -> Field:
    return Field("STT", "", "Số thứ tự", 3, Type.POSITION)


def _day(tag: str, source: str, name: str, *, required: bool = True) -> Field:
    return Field(tag, source, name, 10, Type.DAY, required)


_NOTE = Field("GChu", "note", "Ghi chú", 255, required=False)
_SERIAL = r"[0-9A-Fa-f]+"


def _services(outer: str, inner: str, source: str, name_tag: str, code_tag: str, who: str) -> Group[Service]:
    """The three lists of other parties differ only in their tags."""
    item = (
        _number(),
        Field(name_tag, "name", f"Tên {who}", 400),
        Field(code_tag, "tax_code", f"Mã số thuế {who}", 14, pattern=TAX_CODE),
        _day("TNgay", "since", "Từ ngày"),
        _day("DNgay", "until", "Đến ngày", required=False),
        _NOTE,
    )
    return Group(outer, (Group(inner, item, source, Service, each=True, required=False),), required=False)


_OFFICE: Group[TaxOffice] = Group(
    "",
    (
        Field("CQTQLy", "name", "Cơ quan thuế quản lý", 100),
        Field("MCQTQLy", "code", "Mã cơ quan thuế quản lý", 5),
    ),
    "office",
    TaxOffice,
)

_REPRESENTATIVE: Group[Representative] = Group(
    "",
    (
        Field("TNDDPLuat", "name", "Tên người đại diện pháp luật", 50),
        Field("DTDDPLuat", "phone", "Điện thoại người đại diện pháp luật", 20),
        Field(
            "CCCDan",
            "citizen_id",
            "Căn cước công dân",
            12,
            required=lambda person: not person.passport,
            pattern="[0-9]{12}",
        ),
        Field("SHChieu", "passport", "Số hộ chiếu", 20, required=False),
        Field("QTich", "nationality", "Quốc tịch", 50, required=False),
        _day("NSDDPLuat", "born", "Ngày sinh người đại diện pháp luật"),
        Field("GTinh", "sex", "Giới tính (0: nữ, 1: nam)", 1, Type.WHOLE, of=Sex),
    ),
    "representative",
    Representative,
)

_GENERAL: Group[Registration] = Group(
    "TTChung",
    (
        Field("PBan", "", "Phiên bản", 6, constant=VERSION),
        Field("MSo", "", "Mẫu số", 15, constant=FORM_NUMBER),
        Field("Ten", "", "Tên tờ khai", 100, constant=FORM_TITLE),
        Field("HThuc", "purpose", "Hình thức (1: đăng ký mới, 2: thay đổi)", 1, Type.WHOLE, of=Purpose),
        Field("TNNT", "taxpayer", "Tên người nộp thuế", 400),
        Field("MST", "tax_code", "Mã số thuế", 14, pattern=TAX_CODE),
        _OFFICE,
        _REPRESENTATIVE,
        Field("DCLHe", "address", "Địa chỉ liên hệ", 400),
        Field("DCTDTu", "email", "Địa chỉ thư điện tử", 50),
        Field("NLHe", "contact", "Người liên hệ", 50, required=False),
        Field("DTLHe", "contact_phone", "Điện thoại liên hệ", 20, required=False),
        Field("DDanh", "place", "Địa danh", 50),
        _day("NLap", "day", "Ngày lập"),
    ),
)

_CONTENT: Group[Registration] = Group(
    "NDTKhai",
    (
        Group(
            "HTHDon",
            (
                _flag("CMa", "with_code", "Hóa đơn có mã"),
                _flag("CMTMTTien", "from_registers", "Hóa đơn có mã từ máy tính tiền"),
                _flag("KCMa", "without_code", "Hóa đơn không có mã"),
            ),
        ),
        Group(
            "HTGDLHDDT",
            (
                _flag("NNTDBKKhan", "hardship_area", "Địa bàn khó khăn"),
                _flag("NNTKTDNUBND", "by_peoples_committee", "Theo đề nghị của Ủy ban nhân dân"),
                _flag("CQXLTSCong", "public_assets_office", "Cơ quan xử lý tài sản công"),
                _flag("CDLTTDCQT", "direct", "Chuyển dữ liệu trực tiếp đến cơ quan thuế"),
                _flag("CDLQTCTN", "through_carrier", "Chuyển dữ liệu qua tổ chức truyền nhận"),
            ),
        ),
        Group(
            "PThuc",
            (
                _flag("CDDu", "whole_invoices", "Chuyển đầy đủ nội dung từng hóa đơn"),
                _flag("CBTHop", "summaries", "Chuyển theo bảng tổng hợp"),
            ),
        ),
        Group(
            "LHDSDung",
            (
                _flag("HDGTGT", "vat", "Hóa đơn giá trị gia tăng"),
                _flag("HDGTGTTHBLai", "vat_with_receipt", "Hóa đơn GTGT tích hợp biên lai"),
                _flag("HDBHang", "sales", "Hóa đơn bán hàng"),
                _flag("HDBHTHBLai", "sales_with_receipt", "Hóa đơn bán hàng tích hợp biên lai"),
                _flag("HDTMai", "commercial", "Hóa đơn thương mại"),
                _flag("HDBTSCong", "public_assets", "Hóa đơn bán tài sản công"),
                _flag("HDBHDTQGia", "national_reserve", "Hóa đơn bán hàng dự trữ quốc gia"),
                _flag("HDKhac", "other", "Hóa đơn khác"),
                _flag("CTu", "documents", "Chứng từ"),
            ),
            "kinds",
            InvoiceKinds,
        ),
        Group(
            "DSCTSSDung",
            (
                Group(
                    "CTS",
                    (
                        _number(),
                        Field("TTChuc", "issuer", "Tổ chức cấp chứng thư số", 400),
                        Field("Seri", "serial", "Số sê-ri chứng thư số", 40, pattern=_SERIAL),
                        Field("TNgay", "valid_from", "Từ ngày", 19, Type.MOMENT),
                        Field("DNgay", "valid_until", "Đến ngày", 19, Type.MOMENT),
                        Field("HThuc", "use", "Hình thức chứng thư số", 1, Type.WHOLE, of=CertificateUse),
                    ),
                    "certificates",
                    RegisteredCertificate,
                    each=True,
                ),
            ),
        ),
        _services("TTTCGP", "TCGP", "software", "TTCGP", "MSTTCGP", "tổ chức cung cấp giải pháp"),
        _services("TTTCTN", "TCTN", "carriers", "TTCTN", "MSTTCTN", "tổ chức truyền nhận"),
        _services("TTDVHTPT", "DVHTPT", "branches", "TDVHTPT", "MSTDVHTPT", "đơn vị hạch toán phụ thuộc"),
        Group(
            "TTTNSDung",
            (
                Group(
                    "TNSDung",
                    (
                        _number(),
                        _day("TNgay", "since", "Ngừng sử dụng từ ngày"),
                        _day("DNgay", "until", "Ngừng sử dụng đến ngày"),
                        Field("TTCGP", "name", "Tên tổ chức cung cấp giải pháp", 400),
                        Field("MSTTCGP", "tax_code", "Mã số thuế tổ chức cung cấp", 14, pattern=TAX_CODE),
                        Field("Seri", "serial", "Số sê-ri chứng thư số", 40, required=False, pattern=_SERIAL),
                        _NOTE,
                    ),
                    "pauses",
                    Pause,
                    each=True,
                    required=False,
                ),
            ),
            required=False,
        ),
        Group(
            "TTDKTH",
            (
                Group(
                    "DKTH",
                    (
                        _number(),
                        Field("TLHDon", "title", "Tên loại hóa đơn tích hợp", 100),
                        Field("KHMSHDon", "form", "Ký hiệu mẫu hóa đơn", 1, Type.WHOLE),
                        Field("KHHDon", "symbols", "Ký hiệu hóa đơn", 50),
                        Field("Ten", "name", "Tên tổ chức tích hợp", 400),
                        Field("MST", "tax_code", "Mã số thuế tổ chức tích hợp", 14, pattern=TAX_CODE),
                        Field("MDich", "reason", "Mục đích", 255),
                        _day("TNgay", "since", "Từ ngày"),
                        _day("DNgay", "until", "Đến ngày"),
                        _NOTE,
                    ),
                    "integrations",
                    Integration,
                    each=True,
                    required=False,
                ),
            ),
            required=False,
        ),
    ),
)

REGISTRATION: Group[Registration] = Group("DLTKhai", (_GENERAL, _CONTENT), make=Registration)
