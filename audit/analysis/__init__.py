"""The analysis of one register's evidence: an ordered list of looks, each a pure function of the dossier.

>>> from audit.analysis import LOOKS
>>> [name for name, _ in LOOKS][:3]
['verification', 'completeness', 'numbers']
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.analysis.cashiers import Cashier, cashiers
from audit.analysis.clock import ClockEvents, clock_events
from audit.analysis.completeness import Completeness, complete
from audit.analysis.corrections import Corrections, corrections
from audit.analysis.day_reports import DayReport, day_reports
from audit.analysis.delivery_days import DeliveryDays, delivery_days
from audit.analysis.digits import Digits, digits
from audit.analysis.numbering import Numbers, numbers
from audit.analysis.papers import OtherPapers, other_papers
from audit.analysis.provisional import Bills, provisional
from audit.analysis.records import Records, records
from audit.analysis.rhythm import Rhythm, rhythm
from audit.analysis.tax_settings import TaxSettings, tax_settings
from audit.analysis.verification import verification
from audit.findings import HEAVIEST_FIRST, Finding, Weight

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.dossier import Check, Dossier

LOOKS: tuple[tuple[str, Callable[[Dossier], tuple[Any, list[Finding]]]], ...] = (
    ("verification", verification),
    ("completeness", complete),
    ("numbers", numbers),
    ("day_reports", day_reports),
    ("provisional", provisional),
    ("papers", other_papers),
    ("corrections", corrections),
    ("records", records),
    ("delivery", delivery_days),
    ("clock", clock_events),
    ("settings", tax_settings),
    ("rhythm", rhythm),
    ("digits", digits),
)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What each look saw, and all findings, the heaviest first."""

    findings: tuple[Finding, ...]
    verification: tuple[Check, ...]
    completeness: Completeness
    numbers: Numbers
    day_reports: tuple[DayReport, ...]
    provisional: Bills
    papers: OtherPapers
    corrections: Corrections
    records: Records
    delivery: DeliveryDays
    clock: ClockEvents
    settings: TaxSettings
    rhythm: Rhythm
    digits: Digits
    cashiers: tuple[Cashier, ...]

    @property
    def serious(self) -> tuple[Finding, ...]:
        """The findings in which the records contradict each other."""
        return tuple(finding for finding in self.findings if finding.weight is Weight.SERIOUS)


def analyse(dossier: Dossier) -> Analysis:
    """Take every look."""
    seen: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, look in LOOKS:
        seen[name], found = look(dossier)
        findings.extend(found)
    by_cashier, found = cashiers(dossier, seen["provisional"])
    findings.extend(found)
    findings.sort(key=lambda finding: HEAVIEST_FIRST.index(finding.weight))
    return Analysis(findings=tuple(findings), cashiers=by_cashier, **seen)
