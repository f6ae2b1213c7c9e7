"""What the verifier found, as findings: a failed check is the heaviest there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures import count
from audit.findings import Finding, Weight
from audit.words import Words

SHOWN = 3  # problems named of one check
OTHERWISE = frozenset({"times", "deadlines"})  # looks of their own say this: clock and delivery

if TYPE_CHECKING:
    from audit.dossier import Check, Dossier


def verification(dossier: Dossier) -> tuple[tuple[Check, ...], list[Finding]]:
    """One finding for each check that does not hold, or asks for a look."""
    found = [
        _said(check)
        for check in dossier.checks
        if check.name not in OTHERWISE and (not check.good or check.attention)
    ]
    return dossier.checks, found


def _said(check: Check) -> Finding:
    end = " …" if check.size > SHOWN else ""
    vi = "; ".join(problem.vi for problem in check.problems[:SHOWN]) + end
    en = "; ".join(problem.en for problem in check.problems[:SHOWN]) + end
    size = count(check.size)
    if check.good:
        return Finding(
            "evidence-attention",
            Weight.NOTE,
            Words(
                f"“{check.title.vi}”, {size.vi} điều: {vi}.", f"“{check.title.en}”, {size.en} things: {en}."
            ),
        )
    return Finding(
        "evidence-altered",
        Weight.SERIOUS,
        Words(
            f"Phép kiểm “{check.title.vi}” không đạt, {size.vi} lỗi: {vi}.",
            f"The check “{check.title.en}” does not hold, problems: {size.en}: {en}.",
        ),
    )
