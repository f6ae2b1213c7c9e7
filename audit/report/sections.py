"""The chapters behind the findings, in their order, for one register."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.report import account_sections, paper_sections, pattern_sections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.analysis import Analysis
    from audit.dossier import Dossier
    from audit.report.exhibits import Wanted
    from audit.report.section import Section


def register_sections(dossier: Dossier, analysis: Analysis, wanted: Wanted) -> Iterator[Section]:
    """All chapters in their order."""
    yield account_sections.completeness(analysis)
    if analysis.verification:
        yield account_sections.verification(analysis)
    yield account_sections.days(dossier, analysis)
    yield account_sections.reports(analysis, wanted)
    yield account_sections.numbers(analysis)
    yield paper_sections.papers(dossier, analysis, wanted)
    yield from paper_sections.corrections(dossier, analysis, wanted)
    yield pattern_sections.cashiers(analysis)
    yield pattern_sections.settings(dossier, analysis, wanted)
    yield pattern_sections.rhythm(analysis)
    yield pattern_sections.digits(analysis)
