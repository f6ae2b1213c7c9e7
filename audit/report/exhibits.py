"""Exhibits: the papers, invoices and leaves that the report shows in full, read in a second pass.

Only what is cited is read, and never more than ``MOST`` of a kind, so the page stays small however busy the
month.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from audit.paper_text import text_of
from audit.words import Words

if TYPE_CHECKING:
    from audit.bundle.reading import Bundle
    from audit.dossier import Dossier, Invoiced, Paper

MOST = 400  # exhibits of one kind
LONGEST = 4000  # letters of one paper


@dataclass(frozen=True, slots=True)
class PaperExhibit:
    """A paper with its text; ``withheld`` where the bundle does not show it."""

    paper: Paper
    text: str
    withheld: str | None


@dataclass(frozen=True, slots=True)
class Exhibits:
    """What is shown, by number. ``leaves`` are their exact bodies, set out line by line."""

    papers: dict[int, PaperExhibit] = field(default_factory=dict)
    invoices: dict[int, Invoiced] = field(default_factory=dict)
    leaves: dict[int, str] = field(default_factory=dict)

    def has(self, what: str, number: int) -> bool:
        """Whether there is something to go to."""
        if what == "paper":
            return number in self.papers
        return number in (self.invoices if what == "invoice" else self.leaves)

    def name_of(self, number: int) -> Words:
        """What an invoice is called: its symbol and number, or the store's number where it is not shown."""
        invoice = self.invoices.get(number)
        name = invoice.name if invoice is not None else f"#{number}"
        return Words(f"hóa đơn {name}", f"invoice {name}")


@dataclass(slots=True)
class Wanted:
    """Collects what is cited, in the order of citing."""

    papers: dict[int, None] = field(default_factory=dict)
    invoices: dict[int, None] = field(default_factory=dict)
    leaves: dict[int, None] = field(default_factory=dict)

    def cite(self, what: str, number: int) -> bool:
        """Ask for an exhibit; False where there are too many already."""
        kind = {"paper": self.papers, "invoice": self.invoices, "leaf": self.leaves}[what]
        if number not in kind and len(kind) >= MOST:
            return False
        kind[number] = None
        return True


def read_exhibits(bundle: Bundle, dossier: Dossier, wanted: Wanted) -> Exhibits:
    """Fetch the texts. An invoice's own paper and the leaves of both come with it where there is room."""
    papers = {paper.number: paper for paper in dossier.papers}
    invoices = {invoice.number: invoice for invoice in dossier.invoices}
    for number in list(wanted.invoices):
        invoice = invoices.get(number)
        if invoice is not None:
            wanted.cite("leaf", invoice.leaf)
            if invoice.capture is not None:
                wanted.cite("paper", invoice.capture)
    for number in list(wanted.papers):
        if number in papers:
            wanted.cite("leaf", papers[number].leaf)
            if papers[number].invoice is not None:
                wanted.cite("invoice", papers[number].invoice or 0)
    found = Exhibits()
    for number in sorted(wanted.invoices):
        if number in invoices:
            found.invoices[number] = invoices[number]
    for row in bundle.captures():
        if row.id in wanted.papers and row.id in papers:
            text = text_of(row.data)[:LONGEST] if row.data is not None else ""
            found.papers[row.id] = PaperExhibit(papers[row.id], text, row.withheld)
    for leaf in bundle.all_leaves():
        if leaf.seq in wanted.leaves:
            found.leaves[leaf.seq] = _set_out(leaf.body)
    return found


def _set_out(body: str) -> str:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=1)[:LONGEST]
    except ValueError:
        return body[:LONGEST]
