"""What the verifier found, as findings: a failed check is the heaviest there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures import count
from audit.findings import Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from audit.dossier import Check, Dossier


def verification(dossier: Dossier) -> tuple[tuple[Check, ...], list[Finding]]:
    """One finding for each check that does not hold."""
    return dossier.checks, [_failed(check) for check in dossier.checks if not check.good]


def _failed(check: Check) -> Finding:
    shown = "; ".join(check.problems[:3]) + (" …" if len(check.problems) > 3 else "")
    size = len(check.problems)
    return Finding(
        "evidence-altered",
        Weight.SERIOUS,
        Words(
            f"Phép kiểm “{check.title.vi}” không đạt ({count(size).vi} lỗi): {shown}.",
            f"The check “{check.title.en}” does not hold ({count(size).en} problems): {shown}.",
        ),
    )
