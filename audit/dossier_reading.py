"""From an evidence bundle to a dossier, row by row: only what the analysis needs is kept."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from lxml import etree

from audit.dossier import ArticleRate, Check, Dossier, Event, Fate, Invoiced, Paper, Waiting
from audit.paper_words import read_paper
from audit.verify.result import Verdict
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from audit.bundle.reading import Bundle
    from audit.bundle.records import Capture, InvoiceRow, OrderRow
    from audit.verify.result import Finding
    from audit.verify.run import Answer

# Leaves of which a month has thousands: their facts stand in the rows, or are taken from them here.
_BULK = frozenset(
    {
        "capture",
        "capture.sale",
        "capture.non-sale",
        "invoice.issued",
        "package.built",
        "package.sending",
        "answer",
    }
)
# What an answer did where the authority took the package in (``outbox.answers``).
_TAKEN_IN = ("received", "decided")
MOST_PROBLEMS = 20  # of one check that the report keeps
MOST_ARTICLES = 20_000  # articles whose rates are followed; a shop with more is followed in its first ones


def read_dossier(
    bundle: Bundle, checks: Sequence[Check] = (), tell: Callable[[int, int], None] | None = None
) -> Dossier:
    """The dossier of a bundle; ``checks`` are what the verifier found of it.

    Raises:
        BundleUnreadable: the file is damaged.
    """
    manifest = bundle.manifest
    total = sum(member.rows for member in manifest.members)
    progress = _Progress(total, tell)
    ledger = _read_leaves(bundle, progress)
    packages = {row.id: row.message_id for row in bundle.packages() if progress.step()}
    reached: dict[str, datetime] = {}
    for answer in bundle.answers():
        progress.step()
        if answer.reply_to and answer.outcome.startswith(_TAKEN_IN):
            reached.setdefault(answer.reply_to, moment_of(answer.received_at))
    said = {
        row.id: (row.receipt_no, _text(row.content.get("cashier")))
        for row in bundle.sales()
        if progress.step()
    }
    orders = _Orders()
    for order in bundle.orders():
        progress.step()
        orders.take(order)
    invoices: list[Invoiced] = []
    by_sale: dict[int, int] = {}
    rates: dict[tuple[str, str], _Rate] = {}
    for row in bundle.invoices():
        progress.step()
        if row.beyond:
            continue
        message = packages.get(row.package_id or 0, "")
        receipt_no, cashier = said.get(row.sale_id, (None, None))
        leaf, capture = ledger.issued.get(row.id, (0, None))
        by_sale[row.sale_id] = row.id
        ordered_at = orders.numbered.get(row.id)
        issued_at = moment_of(row.issued_at)
        invoices.append(
            Invoiced(
                number=row.id,
                form=row.form_number,
                symbol=row.symbol,
                serial=row.number,
                code=row.code,
                day=date.fromisoformat(row.day),
                total=row.total,
                tax=_rates_of(row, rates),
                issued_at=ordered_at or issued_at,
                leaf=leaf,
                state=row.state,
                reached_at=issued_at if ordered_at else reached.get(message),
                sent_at=issued_at if ordered_at else ledger.sent.get(row.package_id or 0),
                provided=ordered_at is not None,
                capture=capture,
                corrects=row.corrects,
                relation=row.relation,
                cashier=cashier,
                receipt_no=receipt_no,
            )
        )
    papers = []
    for capture_row in bundle.captures():
        progress.step()
        paper = _paper(capture_row, ledger, by_sale, said)
        if paper.fate is Fate.INVOICED and capture_row.sale_id in orders.open_sales:
            paper = replace(paper, fate=Fate.ORDERED)
        papers.append(paper)
    programs = [event.fields.get("program") for event in ledger.events if event.kind == "configuration"]
    return Dossier(
        seller=manifest.seller,
        tax_code=manifest.tax_code,
        register=str(manifest.register),
        since=manifest.first,
        until=manifest.last,
        exported_at=moment_of(manifest.made_at),
        papers=tuple(papers),
        invoices=tuple(invoices),
        events=tuple(ledger.events),
        waiting=tuple(orders.waiting),
        rates=tuple(rate.as_row(name) for name, rate in rates.items()),
        checks=tuple(checks),
        ledger_size=manifest.size,
        ledger_root=manifest.root,
        software=str(programs[-1]) if programs and programs[-1] else manifest.program,
        begins=tuple(_begins(ledger.events)),
        left_out=tuple(_left_out(ledger.events)),
    )


def checks_of(answer: Answer) -> tuple[Check, ...]:
    """What the verifier found, as the report shows it."""
    return tuple(
        Check(
            name=check.name,
            title=check.title,
            good=check.verdict is not Verdict.BAD,
            problems=tuple(Words(one.line("vi"), one.line("en")) for one in _worst_first(check.findings)),
            size=len(check.findings) + check.more,
            attention=check.verdict is Verdict.ATTENTION,
        )
        for check in answer.checks
    )


def _worst_first(found: list[Finding]) -> list[Finding]:
    return sorted(found, key=lambda one: not one.bad)[:MOST_PROBLEMS]


def moment_of(text: str) -> datetime:
    """A time of the store; what somebody has made unreadable counts as the beginning of time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return _BEGINNING
    return found if found.tzinfo else _BEGINNING


ESCPOS = "escpos"  # papers; other forms are records that the shop's software gave, not read again here
_BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


@dataclass(slots=True)
class _Progress:
    total: int
    tell: Callable[[int, int], None] | None
    done: int = 0

    def step(self) -> bool:
        """One row more; always true, so that it can stand in a comprehension."""
        self.done += 1
        if self.tell is not None and self.done % 1000 == 0:
            self.tell(self.done, self.total)
        return True


@dataclass(slots=True)
class _Ledger:
    """What the leaves say that the rows do not."""

    events: list[Event] = field(default_factory=list)
    captured: dict[int, int] = field(default_factory=dict)  # capture → leaf
    issued: dict[int, tuple[int, int | None]] = field(default_factory=dict)  # invoice → leaf, capture
    sent: dict[int, datetime] = field(default_factory=dict)  # package → first time
    resolved: dict[int, dict[str, Any]] = field(default_factory=dict)  # capture → the decision


def _read_leaves(bundle: Bundle, progress: _Progress) -> _Ledger:
    ledger = _Ledger()
    for leaf in bundle.all_leaves():
        progress.step()
        said = leaf.said
        kind = str(said.get("kind", ""))
        if kind == "capture":
            ledger.captured[_number(said.get("capture"))] = leaf.seq
        elif kind == "invoice.issued":
            capture = said.get("capture")
            ledger.issued[_number(said.get("invoice"))] = (
                leaf.seq,
                capture if isinstance(capture, int) else None,
            )
        elif kind == "package.sending":
            ledger.sent.setdefault(_number(said.get("package")), moment_of(str(said.get("at", ""))))
        elif kind == "capture.resolved":
            ledger.resolved[_number(said.get("capture"))] = said
        if kind not in _BULK:
            ledger.events.append(Event(leaf.seq, moment_of(str(said.get("at", ""))), kind, said))
    return ledger


class _Orders:
    """What the bundle's orders say: when each numbered invoice was ordered, and which sales still wait."""

    def __init__(self) -> None:
        self.numbered: dict[int, datetime] = {}
        self.open_sales: set[int] = set()
        self.waiting: list[Waiting] = []

    def take(self, row: OrderRow) -> None:
        """Take one order in; one in whose place another stands, or that a person settled, waits no more."""
        at = moment_of(row.ordered_at)
        if row.invoice_id is not None:
            self.numbered[row.invoice_id] = at
            return
        self.open_sales.add(row.sale_id)
        if row.state not in {"corrected", "dropped"}:
            held = row.state in {"refused", "held"}
            self.waiting.append(Waiting(row.reference, at, date.fromisoformat(row.day), row.total, held))


def _paper(
    row: Capture,
    ledger: _Ledger,
    by_sale: dict[int, int],
    said: dict[int, tuple[str | None, str | None]],
) -> Paper:
    """A capture with the auditor's own reading of it; where it is withheld, the sale's number and cashier."""
    words = read_paper(row.data if row.data is not None and row.form == ESCPOS else b"")
    receipt_no, cashier = said.get(row.sale_id or 0, (None, None))
    decision = ledger.resolved.get(row.id)
    return Paper(
        number=row.id,
        at=moment_of(row.captured_at),
        source=row.source,
        kind=row.kind or "",
        fate=_fate(row, decision),
        leaf=ledger.captured.get(row.id, 0),
        invoice=by_sale.get(row.sale_id) if row.sale_id is not None else None,
        says=words.kind,
        receipt_no=words.receipt_no or receipt_no,
        sold_at=words.printed_at,
        total=words.total,
        cashier=words.cashier or cashier,
        table=words.table,
        totals=words.totals,
        reason=_text(decision.get("reason")) if decision else None,
        decided_by=_text(decision.get("by")) if decision else None,
        decided_at=moment_of(str(decision.get("at", ""))) if decision else None,
        problems=row.problems,
    )


def _fate(row: Capture, decision: dict[str, Any] | None) -> Fate:
    if row.state == "resolved":
        as_sale = row.kind == "sale" or (decision or {}).get("resolved_as") == "sale"
        return Fate.RESOLVED_SALE if as_sale else Fate.RESOLVED_NOTHING
    return _FATES.get(row.state, Fate.RAW)


_FATES = {
    "raw": Fate.RAW,
    "sale": Fate.INVOICED,
    "non-sale": Fate.NON_SALE,
    "quarantined": Fate.OPEN,
    "waiting": Fate.WAITING,
}


@dataclass(slots=True)
class _Rate:
    """An article at one rate, summed as the invoices come."""

    first: date
    last: date
    invoice: int
    lines: int = 0
    net: float = 0.0

    def as_row(self, name: tuple[str, str]) -> ArticleRate:
        return ArticleRate(name[0], name[1], self.first, self.last, self.lines, round(self.net), self.invoice)


def _rates_of(row: InvoiceRow, rates: dict[tuple[str, str], _Rate]) -> int:
    """Note how each article was taxed; the invoice's whole VAT in dong (0 where it shows none)."""
    if row.document is None:
        return 0
    try:
        root = etree.fromstring(row.document, _PARSER)
    except etree.XMLSyntaxError:
        return 0
    day = date.fromisoformat(row.day)
    for line in root.iter("{*}HHDVu"):
        name, rate = line.findtext("{*}THHDVu"), line.findtext("{*}TSuat")
        if not name or not rate or line.findtext("{*}TChat") != "1" or row.corrects is not None:
            continue
        known = rates.get((name, rate))
        if known is None:
            if len(rates) >= MOST_ARTICLES:
                continue
            known = rates[name, rate] = _Rate(day, day, row.id)
        known.first, known.last = min(known.first, day), max(known.last, day)
        known.lines += 1
        known.net += _amount(line.findtext("{*}ThTien"))
    return round(_amount(root.findtext(".//{*}TgTThue")))


_PARSER = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)


def _amount(text: str | None) -> float:
    try:
        return float(text or 0)
    except ValueError:
        return 0.0


def _begins(events: list[Event]) -> list[tuple[int, str, int]]:
    """Where another program ended: the series begins behind it."""
    last: dict[tuple[int, str], int] = defaultdict(int)
    for event in events:
        if event.kind == "numbers.taken-over":
            key = (_number(event.fields.get("form")), str(event.fields.get("symbol")))
            last[key] = _number(event.fields.get("last_number"))
    return [(form, symbol, number) for (form, symbol), number in last.items()]


def _left_out(events: list[Event]) -> list[tuple[int, str, int, int]]:
    """Numbers that a restored backup could not know and therefore left out."""
    return [
        (
            _number(event.fields.get("form")),
            str(event.fields.get("symbol")),
            _number(event.fields.get("first")),
            _number(event.fields.get("last")),
        )
        for event in events
        if event.kind == "numbers.jumped"
    ]


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
