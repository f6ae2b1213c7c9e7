"""``make fraud``: the simulated fraudster at length; prints each claim and whether the report keeps it.

Exit 1 where a manipulation is not named, or something serious is said of an honest shop.
"""

from __future__ import annotations

import argparse
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from fraud_claims import CLAIMS, EDITS, edited, examine, fast_folder, twins

from audit.findings import Weight


def main() -> int:
    """Run the seeds; count what was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument("--busy", type=float, default=2.0, help="times the customers of the short test")
    arguments = parser.parse_args()
    missed = sum(storm(seed, arguments.days, arguments.busy) for seed in range(1, arguments.seeds + 1))
    sys.stdout.write(f"{missed} claims not kept\n")
    return 1 if missed else 0


def storm(seed: int, days: int, busy: float) -> int:
    """One honest shop and its crooked twin; how many claims were not kept."""
    missed = 0

    def judge(what: str, *, kept: bool) -> None:
        nonlocal missed
        missed += not kept
        sys.stdout.write(f"  {'ok    ' if kept else 'MISSED'} {what}\n")
        sys.stdout.flush()

    with TemporaryDirectory(dir=fast_folder()) as name:
        honest, crook, taken = twins(Path(name), days, seed, busy)
        dossier, analysis = quietly(honest)
        sys.stdout.write(f"seed {seed}: {len(dossier.invoices)} invoices; the crook hid {taken:,} dong\n")
        serious = [finding.said.en for finding in analysis.serious]
        judge(f"nothing serious of the honest twin {serious or ''}", kept=not serious)
        _, analysis = quietly(crook)
        found = {finding.name for finding in analysis.findings if finding.weight is not Weight.NOTE}
        for claim in CLAIMS:
            judge(claim.what, kept=bool(found & set(claim.findings)))
        for place, edit in enumerate(EDITS):
            _, analysis = quietly(edited(honest, edit, Path(name) / f"edit{place}"))
            judge(edit.what, kept=set(edit.findings) <= {one.name for one in analysis.serious})
    return missed


def quietly(folder: Path) -> tuple:  # type: ignore[type-arg]
    """Examine without the exporter's words."""
    with redirect_stdout(StringIO()):
        return examine(folder)


if __name__ == "__main__":
    sys.exit(main())
