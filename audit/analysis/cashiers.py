"""Cashiers: refunds, voids after a bill and copies; each cashier against all the others together."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.analysis.chance import binomial_at_least
from audit.dossier import Fate
from audit.figures import count, decimal, dong
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.analysis.provisional import Bills
    from audit.dossier import Dossier, Paper

FEWEST_SALES = 100  # of a cashier, and of all others together
FEWEST_CASES = 5
TIMES = 3.0  # as often as the others
CHANCE = 0.001  # divided by the number of comparisons made


@dataclass(frozen=True, slots=True)
class Cashier:
    """One cashier's papers."""

    name: str
    sales: int
    total: int
    refunds: int
    refunded: int
    voids: int
    copies: int


_KINDS = {
    "refunds": Words("trả hàng", "refunds"),
    "voids": Words("phiếu tạm tính không có bán hàng theo sau", "provisional bills without a sale"),
    "copies": Words("bản sao", "copies"),
}


def cashiers(dossier: Dossier, bills: Bills) -> tuple[tuple[Cashier, ...], list[Finding]]:
    """Count by cashier, most sales first; the name is the one on the paper."""
    sales: Counter[str] = Counter()
    totals: Counter[str] = Counter()
    cases: dict[str, dict[str, list[Paper]]] = {kind: {} for kind in _KINDS}
    counted: set[int] = set()
    for paper in dossier.papers:
        name = _name(paper)
        if paper.fate in {Fate.INVOICED, Fate.RESOLVED_SALE}:
            if paper.invoice is not None and paper.invoice in counted:
                continue
            counted |= {paper.invoice} if paper.invoice is not None else set()
            sales[name] += 1
            totals[name] += paper.total or 0
        elif paper.fate is Fate.NON_SALE and paper.kind in {"refund", "reprint"}:
            kind = "refunds" if paper.kind == "refund" else "copies"
            cases[kind].setdefault(name, []).append(paper)
    for bill in bills.unpaid:
        cases["voids"].setdefault(_name(bill), []).append(bill)
    names = sorted({*sales, *(name for by in cases.values() for name in by)}, key=lambda one: -sales[one])
    rows = tuple(
        Cashier(
            name,
            sales[name],
            totals[name],
            len(cases["refunds"].get(name, [])),
            sum(paper.total or 0 for paper in cases["refunds"].get(name, [])),
            len(cases["voids"].get(name, [])),
            len(cases["copies"].get(name, [])),
        )
        for name in names
    )
    return rows, list(_findings(sales, cases))


def _name(paper: Paper) -> str:
    return (paper.cashier or "").strip()


def _findings(sales: Counter[str], cases: dict[str, dict[str, list[Paper]]]) -> Iterator[Finding]:
    whole = sum(sales.values())
    compared = [name for name in sales if name and FEWEST_SALES <= sales[name] <= whole - FEWEST_SALES]
    tests = max(1, len(compared) * len(_KINDS))
    for kind, by_name in cases.items():
        of_all = sum(len(papers) for name, papers in by_name.items() if name)
        for name in compared:
            own = by_name.get(name, [])
            others = of_all - len(own)
            share = (others + 1) / (whole - sales[name] + 1)  # never 0: others may have had no case so far
            if len(own) < FEWEST_CASES or len(own) < TIMES * share * sales[name]:
                continue
            if binomial_at_least(len(own), max(sales[name], len(own)), min(share, 1.0)) > CHANCE / tests:
                continue
            vi, en = _KINDS[kind]
            amount = sum(paper.total or 0 for paper in own)
            times = len(own) / (share * sales[name])
            yield Finding(
                "cashier",
                Weight.LOOK,
                Words(
                    f"Thu ngân “{name}”: {count(len(own)).vi} {vi} ({dong(amount).vi}) trên"
                    f" {count(sales[name]).vi} lần bán, gấp {decimal(times).vi} lần các thu ngân khác.",
                    f"Cashier “{name}”: {count(len(own)).en} {en} ({dong(amount).en}) to"
                    f" {count(sales[name]).en} sales, {decimal(times).en} times as often as the others.",
                ),
                tuple(Cite("paper", paper.number) for paper in own),
                amount,
            )
