"""What the checks of the whole are made from: the facts of all members, and what the leaves say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.bundle.records import Leaf
    from audit.verify.facts import (
        AnswerFacts,
        CaptureFacts,
        Fault,
        Found,
        InvoiceFacts,
        OrderFacts,
        PackageFacts,
        ProviderFacts,
    )
    from audit.verify.result import Check

LINE_KINDS = frozenset({"line.down", "line.up"})
MOVES = frozenset(
    {
        *("package.built", "package.sending"),
        *(f"invoices.{state}" for state in ("received", "accepted", "refused", "issued", "held")),
        *("invoices.named-refused", "invoice.held", "invoice.released", "invoice.corrected"),
    }
)

ORDER_MOVES = tuple(
    f"order.{after}"
    for after in ("asked", "ordered", "numbered", "refused", "held", "released", "corrected", "dropped")
)


@dataclass(frozen=True, slots=True)
class Promise:
    """What a leaf commits to about one record: its hash, and what else it says of it."""

    seq: int
    at: str
    digest: str
    redacted: str | None = None
    total: int | None = None
    code: str | None = None
    reference: str | None = None
    content: str | None = None
    signed: bool = True
    order: int | None = None  # of an invoice that a provider has numbered
    answer: str | None = None  # SHA-256 of the provider's answer

    @property
    def provided(self) -> bool:
        """Whether a provider gave the number."""
        return self.order is not None


@dataclass(slots=True)
class Ledger:
    """What the leaves say, by record."""

    captures: dict[int, Promise] = field(default_factory=dict)
    private: dict[int, str] = field(default_factory=dict)  # capture -> SHA-256 of its redacted form
    invoices: dict[int, Promise] = field(default_factory=dict)
    packages: dict[int, Promise] = field(default_factory=dict)
    answers: dict[str, Promise] = field(default_factory=dict)  # by SHA-256
    orders: dict[int, Promise] = field(default_factory=dict)
    ordered: dict[int, str] = field(default_factory=dict)  # order -> last state the leaves give it
    provider: dict[str, dict[int, Promise]] = field(default_factory=lambda: {"answer": {}, "paper": {}})
    settled: dict[int, str] = field(default_factory=dict)  # capture -> last state the leaves give it
    sent: dict[int, str] = field(default_factory=dict)  # package -> first time it left
    moves: list[dict[str, Any]] = field(default_factory=list)
    taken_over: dict[tuple[int, str], int] = field(default_factory=dict)
    left_out: dict[tuple[int, str], list[range]] = field(default_factory=dict)  # with a reason: a restore
    outages: list[tuple[str, str | None]] = field(default_factory=list)
    packed: dict[int, tuple[int, ...]] = field(default_factory=dict)

    def note(self, leaf: Leaf, said: dict[str, Any]) -> None:
        """Take in what one leaf says; ``said`` is its body."""
        kind = said.get("kind")
        take = _NOTED.get(str(kind))
        if take is not None:
            take(self, leaf.seq, said)
        elif isinstance(kind, str) and kind.startswith("capture."):
            self.settled[_whole(said.get("capture"))] = kind.partition(".")[2]
        if isinstance(kind, str) and kind in MOVES:
            self.moves.append(said)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else -1


def _digest(said: dict[str, Any]) -> str:
    return str(said["salted"] if "salted" in said else said.get("sha256", ""))


def _capture(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    ledger.captures[_whole(said.get("capture"))] = Promise(seq, str(said.get("at")), _digest(said))


def _private(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    ledger.private[_whole(said.get("capture"))] = str(said.get("redacted"))


def _issued(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    ledger.invoices[_whole(said.get("invoice"))] = Promise(
        seq,
        str(said.get("at")),
        _digest(said),
        said.get("redacted"),
        said.get("total"),
        said.get("code"),
        said.get("reference"),
        said.get("content"),
        said.get("signed") is not False,
        said.get("order"),
        said.get("answer"),
    )
    if isinstance(order := said.get("order"), int):
        ledger.ordered[order] = "invoiced"
    _sold(ledger, said)


def _sold(ledger: Ledger, said: dict[str, Any]) -> None:
    capture = said.get("capture")
    if isinstance(capture, int):
        ledger.settled[capture] = "sale"


def _made(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    order = _whole(said.get("order"))
    ledger.orders[order] = Promise(
        seq,
        str(said.get("at")),
        _digest(said),
        said.get("redacted"),
        said.get("total"),
        reference=said.get("reference"),
        content=said.get("content"),
        signed=said.get("signed") is not False,
    )
    ledger.ordered[order] = "ordered"
    _sold(ledger, said)


def _moved(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    after = str(said.get("kind")).partition(".")[2]
    ledger.ordered[_whole(said.get("order"))] = after


def _provider_answer(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    ledger.provider["answer"][_whole(said.get("answer"))] = Promise(seq, str(said.get("at")), _digest(said))


def _provider_paper(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    ledger.provider["paper"][_whole(said.get("paper"))] = Promise(seq, str(said.get("at")), _digest(said))


def _built(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    number = _whole(said.get("package"))
    ledger.packages[number] = Promise(seq, str(said.get("at")), _digest(said))
    ids = said.get("invoices")
    ledger.packed[number] = tuple(ids) if isinstance(ids, list) else ()


def _sending(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    ledger.sent.setdefault(_whole(said.get("package")), str(said.get("at")))


def _answer(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    ledger.answers[_digest(said)] = Promise(seq, str(said.get("at")), _digest(said))


def _taken_over(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    series = (_whole(said.get("form")), str(said.get("symbol")))
    ledger.taken_over[series] = _whole(said.get("last_number"))


def _left_out(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    series = (_whole(said.get("form")), str(said.get("symbol")))
    span = range(_whole(said.get("first")), _whole(said.get("last")) + 1)
    ledger.left_out.setdefault(series, []).append(span)


def _down(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    ledger.outages.append((str(said.get("at")), None))


def _up(ledger: Ledger, seq: int, said: dict[str, Any]) -> None:
    del seq
    if ledger.outages and ledger.outages[-1][1] is None:
        ledger.outages[-1] = (ledger.outages[-1][0], str(said.get("at")))


_NOTED: dict[str, Callable[[Ledger, int, dict[str, Any]], None]] = {
    "capture": _capture,
    "capture.private": _private,
    "invoice.issued": _issued,
    "package.built": _built,
    "package.sending": _sending,
    "answer": _answer,
    "order.made": _made,
    **dict.fromkeys(ORDER_MOVES, _moved),
    "provider.answer": _provider_answer,
    "provider.paper": _provider_paper,
    "numbers.taken-over": _taken_over,
    "numbers.jumped": _left_out,
    "line.down": _down,
    "line.up": _up,
}


@dataclass(slots=True)
class Whole:
    """The facts of the whole bundle."""

    invoices: list[InvoiceFacts] = field(default_factory=list)
    captures: list[CaptureFacts] = field(default_factory=list)
    packages: list[PackageFacts] = field(default_factory=list)
    answers: list[AnswerFacts] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)
    provider: list[ProviderFacts] = field(default_factory=list)
    sales: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    readings: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    ledger: Ledger = field(default_factory=Ledger)
    roots: dict[int, bytes] = field(default_factory=dict)  # of the sizes inside the slice
    first: int = 0
    end: int = 0

    def take(self, found: Found) -> None:
        """Add what a task gave back."""
        self.invoices += found.invoices
        self.captures += found.captures
        self.packages += found.packages
        self.answers += found.answers
        self.orders += found.orders
        self.provider += found.provider
        self.sales.update(found.sales)
        self.faults += found.faults
        for counts in found.readings.values():
            for name, count in counts.items():
                self.readings[name] = self.readings.get(name, 0) + count

    def sort(self) -> None:
        """Into the order of ids, whichever process was first."""
        for facts in (self.invoices, self.captures, self.packages, self.answers, self.orders, self.provider):
            _by_id(facts)
        self.faults.sort(key=lambda fault: (fault.check, fault.since, fault.where))


def _by_id(facts: Any) -> None:
    facts.sort(key=lambda one: one.id)


def take_faults(check: Check, whole: Whole) -> None:
    """Add what the shares of work found for this check."""
    for fault in whole.faults:
        if fault.check == check.name:
            check.add(fault.what, fault.where, fault.since, bad=fault.bad)
