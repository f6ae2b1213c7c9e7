"""What sellers are compared by: each measure with its SQL, the direction that is suspicious, and its words.

``floor`` is the smallest deviation that is taken for the spread of the others: where nearly all have nothing,
one case is no outlier.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.words import Words


@dataclass(frozen=True, slots=True)
class Measure:
    """``sql`` is an expression over the table ``seller_row``; ``high``: more is suspicious; else less."""

    name: str
    sql: str
    floor: float
    title: Words
    is_not: Words
    high: bool = True
    percent: bool = True


MEASURES = (
    Measure(
        "tax_share",
        "CASE WHEN turnover > 0 THEN tax / turnover END",
        0.004,
        Words("Thuế GTGT trên doanh thu", "VAT to turnover"),
        Words("Hàng khác nhau có thuế suất khác nhau.", "Different goods have different rates."),
        high=False,
    ),
    Measure(
        "void_ratio",
        "voids / greatest(sales, 1)",
        0.01,
        Words("Tạm tính bị bỏ trên lần bán", "Voided bills to sales"),
        Words("Quán ăn có phiếu tạm tính, cửa hàng thì không.", "Restaurants have bills, shops have none."),
    ),
    Measure(
        "refund_ratio",
        "refunds / greatest(sales, 1)",
        0.01,
        Words("Trả hàng trên lần bán", "Refunds to sales"),
        Words("Quần áo được trả nhiều hơn thức ăn.", "Clothes come back more often than food."),
    ),
    Measure(
        "copy_ratio",
        "copies / greatest(sales, 1)",
        0.01,
        Words("Bản sao trên lần bán", "Copies to sales"),
        Words("Giao hàng cần bản sao.", "Deliveries need copies."),
    ),
    Measure(
        "drawer_ratio",
        "drawers / greatest(sales, 1)",
        0.02,
        Words("Mở két không bán hàng, trên lần bán", "Drawer openings without sale, to sales"),
        Words("Nơi đổi tiền lẻ nhiều thì mở két nhiều.", "Where change is given, the drawer is opened."),
    ),
    Measure(
        "training_ratio",
        "training / greatest(sales, 1)",
        0.005,
        Words("In thử trên lần bán", "Training prints to sales"),
        Words("Cửa hàng mới in thử nhiều.", "New shops print tests."),
    ),
    Measure(
        "dismissed_ratio",
        "dismissed / greatest(captured, 1)",
        0.005,
        Words("Phiếu bị khai không phải bán hàng", "Papers declared to be no sale"),
        Words("Máy in cũ làm hỏng phiếu.", "Old printers spoil paper."),
    ),
    Measure(
        "report_gap",
        "report_gap / greatest(turnover / greatest(days, 1), 1)",
        0.02,
        Words(
            "Báo cáo X/Z cao hơn đã nhận, trên doanh thu ngày",
            "X/Z reports above captures, to a day's turnover",
        ),
        Words("Báo cáo có thể gồm thu khác.", "Reports may count other takings."),
    ),
    Measure(
        "hole_ratio",
        "missing_receipts / greatest(sales, 1)",
        0.005,
        Words("Số phiếu thiếu, trên lần bán", "Missing receipt numbers, to sales"),
        Words("Có phần mềm bỏ số khi hủy đơn.", "Some programs skip numbers of cancelled orders."),
    ),
    Measure(
        "late_share",
        "late / greatest(sales_seen, 1)",
        0.02,
        Words("Hóa đơn đến sau ngày bán", "Invoices after their day"),
        Words("Vùng mạng yếu.", "Poor lines."),
    ),
    Measure(
        "round_share",
        "round_totals / greatest(sales_seen, 1)",
        0.05,
        Words("Số tiền tròn 50.000 đ", "Totals that are whole 50,000 ₫"),
        Words("Nơi bán theo giá tròn.", "Shops with round prices."),
    ),
    Measure(
        "benford",
        "CASE WHEN sales_seen >= 1000 THEN benford END",
        0.006,
        Words("Độ lệch khỏi luật Benford", "Deviation from Benford's law"),
        Words("Ít giá, thực đơn ngắn.", "Few prices, short menus."),
        percent=False,
    ),
    Measure(
        "dead_hours",
        "CASE WHEN open_hours >= 50 THEN dead_hours / open_hours END",
        0.02,
        Words("Giờ không bán trong giờ mở cửa thường lệ", "Hours without sale in usual opening hours"),
        Words("Cửa hàng vắng, mất điện.", "Quiet shops, power cuts."),
    ),
    Measure(
        "late_turnover",
        "CASE WHEN early_day > 0 THEN late_day / early_day END",
        0.08,
        Words("Doanh thu ngày: phần ba cuối so với trước", "Daily turnover: last third against before"),
        Words("Mùa vụ, sửa đường, đối thủ mới.", "Seasons, road works, a new competitor."),
        high=False,
    ),
)
