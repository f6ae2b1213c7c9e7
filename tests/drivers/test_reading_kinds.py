"""Receipts as different registers print them, and papers that are no sale: each told for what it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from drivers.reading import read_receipt
from invoice.sale import Kind

Line = tuple[str, float, float, int]

PRINTED = """SHOP
HOA DON BAN HANG
So HD: 5   Lan in: 1
------
Ao thun   2  129.000  258.000
------
Tong cong:        258.000
Quy khach luu y: hang mua roi mien doi tra hang
"""
GOODS = "------\nAo thun   2  129.000  258.000\n------\n"

SALES: dict[str, tuple[str, int, int, list[tuple[str, int]], list[Line]]] = {
    "VAT added after a service charge": (
        (
            "NHA HANG ABC\nHOA DON THANH TOAN\nSo HD: 123   Ban: 5\nTen mon         SL   D.Gia   T.Tien\n"
            "Lau thai         1 320.000  320.000\nBia Tiger        6  20.000  120.000\n-----------\n"
            "Cong tien mon:              440.000\nPhi phuc vu:                 22.000\n"
            "VAT 8%:                      36.960\nTONG CONG:                  498.960\nThe Visa:  498.960\n"
        ),
        0,
        498_960,
        [("card", 498_960)],
        [
            ("Lau thai", 1, 345_600, 345_600),
            ("Bia Tiger", 6, 21_600, 129_600),
        ],
    ),
    "two rates inside the prices": (
        (
            "CO.OP\nBill No: A-99\nMAT HANG        SL   D.GIA VAT   T.TIEN\n"
            "Sua tuoi         2  36.500  8%   73.000\nRuou vang        1 250.000 10%  250.000\n---------\n"
            "TONG CONG                       323.000\nVAT 8%                            5.407\n"
            "VAT 10%                          22.727\nTien mat                        350.000\n"
            "Tien thoi                        27.000\n"
        ),
        0,
        323_000,
        [("cash", 323_000)],
        [("Sua tuoi", 2, 36_500, 73_000), ("Ruou vang", 1, 250_000, 250_000)],
    ),
    "quantities without prices": (
        "QUAN\n--------\nCa phe sua    2   50.000\nTra da        1    5.000\n--------\nTong:   55.000\n",
        0,
        55_000,
        [],
        [("Ca phe sua", 2, 25_000, 50_000), ("Tra da", 1, 5_000, 5_000)],
    ),
    "part on credit": (
        f"SHOP\n{GOODS}Tong cong:        258.000\nKhach tra:        200.000\nCon no:            58.000\n",
        0,
        258_000,
        [("credit", 58_000), ("cash", 200_000)],
        [("Ao thun", 2, 129_000, 258_000)],
    ),
    "a deposit": (
        f"SHOP\n{GOODS}Tong cong: 258.000\nDat coc: 100.000\nCon lai: 158.000\nTien mat: 158.000\n",
        0,
        258_000,
        [("other", 100_000), ("cash", 158_000)],
        [("Ao thun", 2, 129_000, 258_000)],
    ),
    "points pay, others are earned": (
        f"SHOP\n{GOODS}Tong cong: 258.000\nDung diem: 8.000\nTien mat: 250.000\nDiem tich luy:    258\n",
        0,
        258_000,
        [("voucher", 8_000), ("cash", 250_000)],
        [("Ao thun", 2, 129_000, 258_000)],
    ),
    "a tip on top": (
        f"SHOP\n{GOODS}Tong cong: 258.000\nTip: 12.000\nTien mat: 270.000\n",
        0,
        258_000,
        [("cash", 258_000)],
        [("Ao thun", 2, 129_000, 258_000)],
    ),
    "brackets hold the unit": (
        (
            "Cửa hàng ABC\nHÓA ĐƠN BÁN HÀNG\nĐơn giá         SL        Thành tiền\n-----------\n"
            "Áo thun cổ tròn (Cái)\n129,000         2            258,000\nQuần jean\n"
            "350,000         1   350,000\n"
            "-----------\nTổng tiền hàng:  608,000\nChiết khấu 10%:   60,800\nTổng thanh toán: 547,200\n"
        ),
        60_800,
        547_200,
        [],
        [("Áo thun cổ tròn", 2, 129_000, 258_000), ("Quần jean", 1, 350_000, 350_000)],
    ),
    "toppings and notes": (
        (
            "TRÀ SỮA\nTên món              SL    Đơn giá   T.Tiền\n"
            "Trà sữa trân châu     2     35,000   70,000\n"
            "  + Trân châu đen     2      5,000   10,000\n  Ít đá, 50% đường\n"
            "Hồng trà              1     25,000   25,000\n"
            "Tổng cộng (5 món)                   105,000\nTiền khách đưa  200,000\nTiền thừa   95,000\n"
        ),
        0,
        105_000,
        [("cash", 105_000)],
        [
            ("Trà sữa trân châu", 2, 35_000, 70_000),
            ("+ Trân châu đen", 2, 5_000, 10_000),
            ("Hồng trà", 1, 25_000, 25_000),
        ],
    ),
    "English": (
        (
            "THE COFFEE HOUSE\nTax code: 0312345678\nRECEIPT\nOrder #: 0042\n2 x Latte              110,000\n"
            "  @55,000\n1 x Cake                45,000\n  @45,000\n-----------\n"
            "Subtotal               155,000\n"
            "Discount 10%           -15,500\nGrand Total            139,500\nVAT 8% incl.            10,333\n"
            "Cash                   200,000\nChange                  60,500\n"
        ),
        15_500,
        139_500,
        [("cash", 139_500)],
        [("Latte", 2, 55_000, 110_000), ("Cake", 1, 45_000, 45_000)],
    ),
    "codes before names, a discount of one item": (
        (
            "MART\nMặt hàng           Đơn giá  SL  T.Tiền\n8934563138165 Mì Hảo Hảo\n   4,500    5   22,500\n"
            "8934673573399 Sữa Vinamilk\n  36,500    2   73,000\nKM: Giảm 10%                    -7,300\n"
            "Tổng số lượng: 7\nTỔNG TIỀN PHẢI T.TOÁN:          88,200\nTIỀN MẶT 100,000\n"
            "TIỀN TRẢ LẠI  11,800\n"
        ),
        0,
        88_200,
        [("cash", 88_200)],
        [("Mì Hảo Hảo", 5, 4_500, 22_500), ("Sữa Vinamilk", 2, 36_500, 65_700)],
    ),
    "weights, rounded to what cash can pay": (
        (
            "BÁCH HÓA\nSL   Giá bán (có VAT)   T.Tiền\nCà chua\n0.515    25,000    12,875\nTrứng gà hộp 10\n"
            "1        32,000    32,000\n---------\nTổng tiền: 44,875\nTiền làm tròn: -375\n"
            "Phải thanh toán: 44,500\n"
        ),
        0,
        44_500,
        [],
        [("Cà chua", 0.515, 25_000, 12_875), ("Trứng gà hộp 10", 1, 32_000, 32_000)],
    ),
    "a discount column": (
        f"SHOP\nTen  SL  Don gia  CK  T.Tien\n{GOODS.replace('258.000', '10.000  248.000')}Tong: 248.000\n",
        0,
        248_000,
        [],
        [("Ao thun", 2, 129_000, 248_000)],
    ),
    "the lines' discounts said again": (
        (
            "SHOP\n------\nAo thun\n2 x 129.000    258.000\nGiam gia: -8.000\nQuan\n"
            "1 x 200.000    200.000\n------\n"
            "Tong tien hang:   458.000\nTong giam gia:      8.000\nThanh tien:       450.000\n"
        ),
        0,
        450_000,
        [],
        [("Ao thun", 2, 129_000, 250_000), ("Quan", 1, 200_000, 200_000)],
    ),
    "a table of columns": (
        "SHOP\n------\nCơm gà   | 2 | 45.000 | 90.000\n------\nTổng cộng: 90.000 đ\n",
        0,
        90_000,
        [],
        [("Cơm gà", 2, 45_000, 90_000)],
    ),
    "a fee sold like goods": (
        "SHOP\n------\nAo thun   2  129.000  258.000\nPhi ship  1  15.000  15.000\n------\nTong: 273.000\n",
        0,
        273_000,
        [],
        [("Ao thun", 2, 129_000, 258_000), ("Phi ship", 1, 15_000, 15_000)],
    ),
    "printed twice in one go": (PRINTED * 2, 0, 258_000, [], [("Ao thun", 2, 129_000, 258_000)]),
}


@pytest.mark.parametrize("name", SALES)
def test_sales(name: str) -> None:
    text, discount, total, payments, lines = SALES[name]
    reading = read_receipt(text.encode())
    assert reading.problems == ()
    assert reading.kind is Kind.SALE
    sale = reading.sale
    assert sale is not None
    assert (sale.discount, sale.total) == (discount, total)
    assert [(paid.method.value, paid.amount) for paid in sale.payments] == payments
    assert [
        (line.name, float(line.quantity), float(line.unit_price), line.amount) for line in sale.lines
    ] == lines


KINDS: dict[str, tuple[str, Kind]] = {
    "a cash report": (
        "BAO CAO BAN HANG\nCa phe   10   25.000   250.000\nTong cong:   250.000\n",
        Kind.REPORT,
    ),
    "a Z report": ("*** Z REPORT ***\nGross sales     1.250.000\nCash              250.000\n", Kind.REPORT),
    "an opened drawer": ("MỞ KÉT\n23/11/2026 10:00\nNV: Lan\n", Kind.DRAWER),
    "training": (f"CHE DO TAP HUAN\nSHOP\n{GOODS}Tong cong: 258.000\n", Kind.TRAINING),
    "a driving school": (f"DAO TAO LAI XE\n{GOODS}Tong cong: 258.000\n", Kind.SALE),
    "a restaurant called kitchen": (f"BEP NHA MINH\n{GOODS}Tong cong: 258.000\n", Kind.SALE),
    "a kitchen ticket": ("BEP\nBan 12      10:22\n2 Ca phe sua\n   it da\n1 Tra dao\n", Kind.KITCHEN),
    "a bar ticket": ("ORDER BAR #12\nBan: 5\nSL  Ten mon\n2   Bia Tiger\n", Kind.KITCHEN),
    "a kitchen ticket with a bill's sums": (f"PHIEU BEP\n{GOODS}Tong cong: 258.000\n", Kind.QUARANTINED),
    "a second print": (PRINTED.replace("Lan in: 1", "Lan in: 2"), Kind.REPRINT),
    "a copy": (PRINTED.replace("HANG\n", "HANG (BAN SAO)\n", 1), Kind.REPRINT),
    "a provisional bill": (PRINTED.replace("BAN HANG", "TAM TINH"), Kind.PROVISIONAL),
    "a return": (PRINTED.replace("BAN HANG", "TRA HANG"), Kind.REFUND),
    "a void": (f"SHOP\nPHIEU HUY HOA DON\n{GOODS}Tong: 258.000\n", Kind.REFUND),
    "a return in negative figures": (
        "SHOP\n------\nAo thun   -1  129.000  -129.000\n------\nTong:  -129.000\n",
        Kind.REFUND,
    ),
    "a return whose title is lost": (f"SHOP\n{GOODS}TONG TIEN TRA: 258.000\n", Kind.QUARANTINED),
    "goods for the store": (f"SHOP\nPHIEU NHAP KHO\n{GOODS}Tong: 258.000\n", Kind.QUARANTINED),
    "two receipts": (PRINTED + PRINTED.replace("HD: 5", "HD: 6"), Kind.QUARANTINED),
    "two numbers": (PRINTED.replace("HANG\n", "HANG\nSo HD: 7\n", 1), Kind.QUARANTINED),
    "numbers or quantities": (
        "QUAN\n-----\n1 Ca phe  50.000\n2 Tra da  5.000\n-----\nTong: 55.000\n",
        Kind.QUARANTINED,
    ),
    "dollars": ("SHOP\n------\nLatte 2 x 4.50   9.00\n------\nTotal $9.00\n", Kind.QUARANTINED),
    "no such day": (PRINTED.replace("So HD", "Ngay: 31/02/2026 10:00\nSo HD"), Kind.QUARANTINED),
    "no such hour": (PRINTED.replace("So HD", "Ngay: 01/02/2026 25:00\nSo HD"), Kind.QUARANTINED),
    "an unknown sum": (PRINTED.replace("Tong cong", "Quy tu thien: 1.000\nTong cong"), Kind.QUARANTINED),
    "change without a payment": (PRINTED.replace("Quy", "Tien thua: 5.000\nQuy"), Kind.QUARANTINED),
    "paid too little": (PRINTED.replace("Quy", "Tien mat: 5.000\nQuy"), Kind.QUARANTINED),
    "a VAT that does not fit": (PRINTED.replace("Quy", "VAT 8%: 5.000\nQuy"), Kind.QUARANTINED),
    "other items than counted": (PRINTED.replace("Tong cong", "Tong SL: 3\nTong cong"), Kind.QUARANTINED),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name: str) -> None:
    text, kind = KINDS[name]
    reading = read_receipt(text.encode())
    assert reading.kind is kind
    assert bool(reading.problems) == (kind is Kind.QUARANTINED)


TITLES = {
    Kind.SALE: ["HÓA ĐƠN BÁN HÀNG (LIÊN 2)", "HÓA ĐƠN\nIn lần 1", "HÓA ĐƠN\nBản in: 1",
                "HÓA ĐƠN KHÁCH LẺ", "HÓA ĐƠN GỘP BÀN 1,2", "TAX INVOICE",
                "PHIẾU THANH TOÁN (TÁCH BÀN)", "HÓA ĐƠN ĐIỆN TỬ KHỞI TẠO TỪ MÁY TÍNH TIỀN",
                "HÓA ĐƠN / RECEIPT"],
    Kind.REPORT: ["TỔNG HỢP BÁN HÀNG", "DOANH THU THEO MÓN", "THỐNG KÊ MÓN BÁN", "BẢNG KÊ HÀNG BÁN"],
    Kind.PROVISIONAL: ["HÓA ĐƠN (CHƯA THANH TOÁN)", "PHIẾU TẠM TÍNH\n(Không có giá trị thanh toán)",
                       "PRE-BILL", "HÓA ĐƠN TẠM THU", "BILL TẠM TÍNH"],
    Kind.REPRINT: ["BẢN SAO HÓA ĐƠN", "HÓA ĐƠN BÁN HÀNG\nIN LẠI LẦN 1", "HÓA ĐƠN BÁN HÀNG\n*** COPY ***",
                   "HÓA ĐƠN\nIn lần 2", "HÓA ĐƠN\nBản in: 2"],
    Kind.REFUND: ["HÓA ĐƠN ĐÃ HỦY", "VOID", "PHIẾU TRẢ LẠI HÀNG", "HÓA ĐƠN ĐỔI HÀNG"],
    Kind.TRAINING: ["TRAINING MODE", "HÓA ĐƠN TẬP HUẤN"],
    Kind.QUARANTINED: ["PHIẾU THANH TOÁN XEM TRƯỚC", "HÓA ĐƠN TẠ TÍNH", "HÓA ĐƠN ĐIỀU CHỈNH",
                       "PHIẾU XUẤT KHO", "DANH SÁCH MÓN", "PHIẾU ĐẶT MÓN"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("title", "kind"), [(title, kind) for kind, titles in TITLES.items() for title in titles]
)
def test_titles(title: str, kind: Kind) -> None:
    assert read_receipt(f"SHOP ANH\n{title}\nSo HD: 5\n{GOODS}Tong cong: 258.000\n".encode()).kind is kind


def test_a_report_keeps_its_totals() -> None:
    reading = read_receipt(KINDS["a Z report"][0].encode())
    assert reading.totals == (("Gross sales", 1_250_000), ("Cash", 250_000))


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Ngày 05 tháng 3 năm 2026 09:15", "2026-03-05T09:15:00"),
        ("Ngày: 05/03/2026 09:15:22", "2026-03-05T09:15:22"),
        ("Ngay ban: 05-03-26   Gio: 21:15", "2026-03-05T21:15:00"),
        ("Date: 2026-03-05 9:15 PM", "2026-03-05T21:15:00"),
        ("Ngày: 05/03/2026 12:15 SA", "2026-03-05T00:15:00"),
        ("Date: 5 Mar 2026 09:15", "2026-03-05T09:15:00"),
        ("11/23/2026 9:15:22 PM", "2026-11-23T21:15:22"),
        ("Gio vao: 05/03/2026 18:05\nGio ra: 05/03/2026 19:22", "2026-03-05T19:22:00"),
        ("In luc: 06/03/2026 08:00\nNgay: 05/03/2026 19:22", "2026-03-05T19:22:00"),
        ("5/3/2026 9:15 PM", None),  # March or May: nobody knows
        ("Ngày: 05/03/2026", None),
        ("HSD: 05/03/2026 10:00", None),
    ],
)
def test_when_it_was_sold(printed: str, expected: str | None) -> None:
    sale = read_receipt(f"SHOP\n{printed}\n{GOODS}Tong: 258.000\n".encode()).sale
    assert sale is not None
    assert sale.sold_at == (datetime.fromisoformat(f"{expected}+07:00") if expected else None)


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("Số HĐ: HD000123   Bàn: 5", "HD000123"),
        ("Hoá đơn số 0012", "0012"),
        ("Receipt #R-77", "R-77"),
        ("Mã GD: FT26001\nSố HĐ: 15", "15"),
        ("Bill bàn 5", None),
        ("Số: 12 Lê Lợi", None),
        ("Số bàn: 5", None),
        ("ĐT: 0905123456", None),
    ],
)
def test_the_receipts_own_number(printed: str, expected: str | None) -> None:
    sale = read_receipt(f"SHOP\n{printed}\n{GOODS}Tong: 258.000\n".encode()).sale
    assert sale is not None
    assert sale.receipt_no == expected


def test_the_buyer_only_where_a_tax_code_is_called_his() -> None:
    head = "SHOP\nMST: 0401234567\nKhach hang: Cong ty Hoa Mai\n{}So HD: 1\n" + GOODS + "Tong: 258.000\n"
    named = read_receipt(head.format("MST khach hang: 0107001729\n").encode()).sale
    assert named is not None
    assert named.buyer is not None
    assert (named.buyer.tax_code, named.buyer.name) == ("0107001729", "Cong ty Hoa Mai")
    unnamed = read_receipt(head.format("").encode()).sale
    assert unnamed is not None
    assert unnamed.buyer is None
