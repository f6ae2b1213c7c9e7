"""Numbers: invoices' must have no holes; the register's own receipt numbers should have none either."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.figures import count, percent
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.dossier import Dossier, Paper

STEADY = 0.9  # share of neighbours that follow by one: the register counts its receipts
ENOUGH = 50  # receipts, to say that
LONG_HOLE = 200  # a hole of so many is another day's beginning, or a number typed by hand
MISSING, MISSING_SHARE = 10, 0.005


@dataclass(frozen=True, slots=True)
class Hole:
    """Missing numbers, ``first`` to ``last``, between papers or invoices ``before`` and ``after``."""

    series: str
    first: int
    last: int
    before: int
    after: int
    since: datetime
    until: datetime

    @property
    def size(self) -> int:
        """How many."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Numbers:
    """Holes in both kinds of numbers. ``counted``: sources whose receipts are numbered without breaks."""

    invoices: tuple[Hole, ...]
    receipts: tuple[Hole, ...]
    counted: tuple[str, ...]
    receipts_seen: int
    series: tuple[tuple[str, int, int, int], ...]  # symbol, first, last, how many
    left_out: tuple[Hole, ...] = ()  # holes between invoices that the ledger gives the reason for


def numbers(dossier: Dossier) -> tuple[Numbers, list[Finding]]:
    """Find the holes."""
    series = defaultdict(list)
    for invoice in dossier.invoices:
        if not invoice.provided:  # a provider may give one series to many: its holes are not the shop's
            series[invoice.form, invoice.symbol].append(invoice)
    begins = {(form, symbol): last for form, symbol, last in dossier.begins}
    holes, rows = [], []
    for (form, symbol), members in sorted(series.items()):
        members.sort(key=lambda invoice: invoice.serial)
        previous = begins.get((form, symbol), members[0].serial - 1)
        before = members[0]
        rows.append((symbol, members[0].serial, members[-1].serial, len(members)))
        for invoice in members:
            if invoice.serial > previous + 1:
                holes.append(
                    Hole(
                        symbol,
                        previous + 1,
                        invoice.serial - 1,
                        before.number,
                        invoice.number,
                        before.issued_at,
                        invoice.issued_at,
                    )
                )
            previous, before = invoice.serial, invoice
    receipts, counted, seen = _receipt_holes(dossier)
    left_out = [hole for hole in holes if _explained(hole, dossier)]
    unexplained = tuple(hole for hole in holes if hole not in left_out)
    found = Numbers(unexplained, tuple(receipts), tuple(counted), seen, tuple(rows), tuple(left_out))
    return found, list(_findings(found))


def _explained(hole: Hole, dossier: Dossier) -> bool:
    """Whether every number of the hole was left out when a backup was restored."""
    return any(
        symbol == hole.series and first <= hole.first and hole.last <= last
        for _, symbol, first, last in dossier.left_out
    )


def _receipt_holes(dossier: Dossier) -> tuple[list[Hole], list[str], int]:
    """Holes in the register's own numbers, for sources that are seen to count."""
    series: dict[tuple[str, str], list[tuple[int, Paper]]] = defaultdict(list)
    for paper in dossier.papers:
        match = re.fullmatch(r"(.*?)([0-9]{1,12})", paper.receipt_no or "")
        if match and paper.kind != "reprint":
            series[paper.source, match[1]].append((int(match[2]), paper))
    holes: list[Hole] = []
    counted, seen = [], 0
    for (source, prefix), all_members in series.items():
        members = _first_prints(all_members)
        steps = [after[0] - before[0] for before, after in itertools.pairwise(members)]
        if len(members) < ENOUGH or sum(step == 1 for step in steps) < STEADY * len(steps):
            continue
        counted.append(f"{source} {prefix}".strip())
        seen += len(members)
        present = {number for number, _ in members}
        for (low, before), (high, after) in itertools.pairwise(members):
            missing = [number for number in range(low + 1, high) if number not in present]
            if missing and high - low <= LONG_HOLE:
                holes.append(
                    Hole(prefix, missing[0], missing[-1], before.number, after.number, before.at, after.at)
                )
    return holes, counted, seen


def _first_prints(members: list[tuple[int, Paper]]) -> list[tuple[int, Paper]]:
    """Each number once, by number; days that count anew from 1 stay apart by their order in time."""
    out: list[tuple[int, Paper]] = []
    seen: set[int] = set()
    for number, paper in members:
        if number in seen and out and number < out[-1][0] - LONG_HOLE:
            seen.clear()  # begun anew
        if number not in seen:
            seen.add(number)
            out.append((number, paper))
    return _nearly_sorted(out)


def _nearly_sorted(members: list[tuple[int, Paper]]) -> list[tuple[int, Paper]]:
    """Tables pay in another order than their bills were opened: sort within a run that counts up."""
    runs: list[list[tuple[int, Paper]]] = [[]]
    for member in members:
        if runs[-1] and member[0] < runs[-1][-1][0] - LONG_HOLE:
            runs.append([])
        runs[-1].append(member)
    return [member for run in runs for member in sorted(run, key=lambda one: one[0])]


def _findings(found: Numbers) -> Iterator[Finding]:
    if found.invoices:
        missing = sum(hole.size for hole in found.invoices)
        yield Finding(
            "number-hole",
            Weight.SERIOUS,
            Words(
                f"Thiếu {count(missing).vi} số hóa đơn: {_named(found.invoices)}",
                f"Missing invoice numbers: {count(missing).en}: {_named(found.invoices)}",
            ),
            tuple(
                cite
                for hole in found.invoices
                for cite in (Cite("invoice", hole.before), Cite("invoice", hole.after))
            ),
        )
    if found.left_out:
        missing = sum(hole.size for hole in found.left_out)
        yield Finding(
            "numbers-left-out",
            Weight.LOOK,
            Words(
                f"Bỏ qua {count(missing).vi} số khi khôi phục bản sao lưu: {_named(found.left_out)}",
                f"Numbers left out when a backup was restored: {count(missing).en}: {_named(found.left_out)}",
            ),
            tuple(
                cite
                for hole in found.left_out
                for cite in (Cite("invoice", hole.before), Cite("invoice", hole.after))
            ),
        )
    if found.receipts:
        missing = sum(hole.size for hole in found.receipts)
        whole = found.receipts_seen + missing
        serious = missing >= MISSING and missing >= MISSING_SHARE * whole
        yield Finding(
            "receipt-hole",
            Weight.SERIOUS if serious else Weight.LOOK,
            Words(
                f"Máy tính tiền đánh số phiếu liên tục, nhưng thiếu {count(missing).vi} số"
                f" ({percent(missing, whole).vi}): {_named(found.receipts)}",
                f"The register counts its receipts; missing numbers: {count(missing).en}"
                f" ({percent(missing, whole).en}): {_named(found.receipts)}",
            ),
            tuple(
                cite
                for hole in found.receipts
                for cite in (Cite("paper", hole.before), Cite("paper", hole.after))
            ),
        )


def _named(holes: tuple[Hole, ...], most: int = 6) -> str:
    names = [
        f"{hole.series} {hole.first}" + (f"–{hole.last}" if hole.size > 1 else "") for hole in holes[:most]
    ]
    return ", ".join(name.strip() for name in names) + (", …" if len(holes) > most else "")
