"""How results are shown: ``{name: {value, unit, ratios, goals}}``; a ratio should be its goal or more."""

from __future__ import annotations

import sys
from typing import Any


def show(results: dict[str, Any]) -> int:
    """Print one line for each result, with its goals; 0, since a goal missed is said, not hidden."""
    for label, result in results.items():
        sys.stdout.write(f"{label:<24} {result['value']:>10,} {result['unit']}\n")
        for name, reached in result.get("ratios", {}).items():
            goal = result.get("goals", {}).get(name)
            words = "" if goal is None else f"   goal {goal}: {'reached' if reached >= goal else 'missed'}"
            sys.stdout.write(f"    {reached:>10} x {name}{words}\n")
    return 0
