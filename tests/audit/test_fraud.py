"""The simulated fraudster: the report names each manipulation, and leaves the honest twin in peace."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from fraud_claims import CLAIMS, EDITS, Edit, edited, examine, fast_folder, twins

from audit.findings import Weight


def test_the_report_names_each_manipulation_and_nothing_serious_of_the_honest_twin() -> None:
    """One test, because the weeks of two shops are simulated for it."""
    with TemporaryDirectory(dir=fast_folder()) as name:
        honest, crook, taken = twins(Path(name))
        assert taken > 10_000_000
        dossier, analysis = examine(honest)
        assert len(dossier.invoices) > 800
        assert [finding.said.en for finding in analysis.serious] == []
        assert all(check.good for check in dossier.checks)
        assert next(one for one in analysis.findings if one.name == "late").weight is Weight.NOTE
        assert {paper.decided_by for paper in dossier.papers if paper.reason} == {"lan"}
        # An honest outage, copies, returns and torn paper are seen, and do not weigh.
        assert {"late", "dismissed", "drawer-without-sale"} <= {finding.name for finding in analysis.findings}

        dossier, analysis = examine(crook)
        found = {finding.name for finding in analysis.findings if finding.weight is not Weight.NOTE}
        assert [claim.what for claim in CLAIMS if not found & set(claim.findings)] == []

        # All edits of the records at once; `make fraud` tries each, and those of the ledger, alone.
        records = [edit for edit in EDITS if "leaf" not in edit.sql[0]]
        together = Edit("all", tuple(sql for edit in records for sql in edit.sql), ())
        _, analysis = examine(edited(honest, together, Path(name) / "edited"))
        names = {finding.name for finding in analysis.serious}
        assert {one for edit in records for one in edit.findings} <= names
