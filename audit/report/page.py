"""What stands on the page: from an analysis to sections, tables and links, bounded in size.

Text is in both languages (``Words``); the template only sets it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.findings import HEAVIEST_FIRST, Cite, Finding, Weight
from audit.report.sections import register_sections
from audit.words import Words

if TYPE_CHECKING:
    from audit.analysis import Analysis
    from audit.dossier import Dossier
    from audit.report.exhibits import Wanted
    from audit.report.section import Section

SHOWN = 12  # pieces of evidence shown of one finding

WEIGHTS = {
    Weight.SERIOUS: Words("Nghiêm trọng", "Serious"),
    Weight.LOOK: Words("Cần xem", "Look"),
    Weight.NOTE: Words("Ghi chú", "Note"),
}
MEANING_OF_WEIGHTS = {
    Weight.SERIOUS: Words(
        "số liệu mâu thuẫn nhau, cần người bán giải thích",
        "the records contradict each other: the seller has to explain",
    ),
    Weight.LOOK: Words("khác thường, hãy xem chứng cứ trước", "unusual: look at the evidence first"),
    Weight.NOTE: Words("ghi lại cho đầy đủ", "for completeness"),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A finding with the evidence that is shown, and how many pieces are not."""

    finding: Finding
    cites: tuple[Cite, ...]
    more: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template sets."""

    dossier: Dossier
    verdict: Words
    weight: Weight | None
    tally: tuple[tuple[Weight, int], ...]
    findings: tuple[Shown, ...]
    sections: tuple[Section, ...]
    blind_spots: tuple[Words, ...]


def make_page(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Page:
    """Choose what is shown; what is cited is asked of ``wanted``."""
    shown = []
    for place, finding in enumerate(analysis.findings):
        unique = list(dict.fromkeys(finding.cites))
        cites = tuple(cite for cite in unique[:SHOWN] if wanted.cite(cite.what, cite.number))
        shown.append(Shown(finding, cites, len(unique) - len(cites), f"f{place + 1}"))
    tally = tuple(
        (weight, sum(finding.weight is weight for finding in analysis.findings)) for weight in HEAVIEST_FIRST
    )
    heaviest = next((weight for weight, number in tally if number), None)
    return Page(
        dossier=dossier,
        verdict=_verdict(dossier, dict(tally)),
        weight=heaviest,
        tally=tally,
        findings=tuple(shown),
        sections=tuple(register_sections(dossier, analysis, wanted)),
        blind_spots=BLIND_SPOTS,
    )


def _verdict(dossier: Dossier, tally: dict[Weight, int]) -> Words:
    serious, look = tally[Weight.SERIOUS], tally[Weight.LOOK]
    if serious:
        return Words(
            f"Có {serious} điểm nghiêm trọng: số liệu mâu thuẫn nhau và người bán cần giải thích.",
            f"Serious findings: {serious}. Records contradict each other, and the seller has to explain.",
        )
    if not dossier.papers and not dossier.invoices:
        return Words("Không có dữ liệu nào trong kỳ này.", "There is no data in this period.")
    if look:
        return Words(
            f"Không có mâu thuẫn. Có {look} điểm khác thường nên xem.",
            f"Nothing contradicts. Unusual and worth a look: {look}.",
        )
    return Words("Không tìm thấy gì bất thường.", "Nothing unusual was found.")


BLIND_SPOTS = (
    Words(
        "Lần bán không bao giờ được gửi đến máy in: không có phiếu, không có số, không có trong báo cáo của"
        " máy"
        " tính tiền. Không chương trình nào nghe được điều không xảy ra trên đường dây.",
        "A sale that was never sent to the printer: no paper, no number, not in the register's report. No"
        " program"
        " can hear what does not pass the line.",
    ),
    Words(
        "Máy tính tiền hoặc máy in thứ hai không được đăng ký.",
        "A second register or printer that is not registered.",
    ),
    Words(
        "Hàng bán thấp hơn giá thật, phần còn lại trả riêng: phiếu và hóa đơn khớp nhau.",
        "Goods sold below their real price with the rest paid separately: paper and invoice agree.",
    ),
    Words(
        "Tên hàng bị đổi sang mặt hàng có thuế suất thấp hơn ngay từ ngày đầu.",
        "Goods that are called by the name of others with a lower rate from the first day on.",
    ),
    Words(
        "Việc gì xảy ra trước khi chương trình được cài đặt, hoặc sau ngày xuất hồ sơ.",
        "What happened before the program was installed, or after the evidence was exported.",
    ),
)
