"""What the analysis works on: papers, invoices and events of one register, small and typed.

Whoever reads an evidence bundle makes a ``Dossier``; everything after that is a pure function of it. Times
are aware (UTC), days are Vietnam's, amounts whole dong. Texts of papers are not kept here (a month has tens
of thousands): what a finding cites is read a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audit.words import Words

VIETNAM = timezone(timedelta(hours=7), "+07")


class Fate(StrEnum):
    """What became of a captured paper."""

    INVOICED = "invoiced"  # the paper of a sale that has an invoice
    WAITING = "waiting"  # a sale whose buyer is to come
    ORDERED = "ordered"  # a sale whose provider has not numbered its invoice yet
    NON_SALE = "non-sale"
    OPEN = "open"  # in quarantine, nobody has decided
    RESOLVED_SALE = "resolved-sale"  # a person said what the sale was
    RESOLVED_NOTHING = "resolved-nothing"  # a person said that it was no sale
    RAW = "raw"  # not looked at yet


@dataclass(frozen=True, slots=True)
class Paper:
    """One captured paper: what the agent made of it, and what the auditor's own reading found on it.

    ``kind`` is the agent's word (sale, provisional, drawer, …). ``says`` is the auditor's own reading of the
    title, ``total`` its own reading of the amount to pay; None where it found none. ``totals`` are a report's
    labelled amounts.
    """

    number: int
    at: datetime
    source: str
    kind: str
    fate: Fate
    leaf: int
    invoice: int | None = None
    says: str | None = None
    receipt_no: str | None = None
    sold_at: datetime | None = None
    total: int | None = None
    cashier: str | None = None
    table: str | None = None
    totals: tuple[tuple[str, int], ...] = ()
    reason: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    problems: tuple[str, ...] = ()

    @property
    def day(self) -> date:
        """The day in Viet Nam on which it was captured."""
        return self.at.astimezone(VIETNAM).date()


@dataclass(frozen=True, slots=True)
class Invoiced:
    """One invoice. ``reached_at``: when the authority's first good answer to its package came in.

    ``provided``: a provider gave its number; then ``issued_at`` is when it was ordered, ``reached_at`` when
    the number came.
    """

    number: int  # the store's own
    form: int
    symbol: str
    serial: int  # SHDon
    code: str
    day: date
    total: int
    tax: int
    issued_at: datetime
    leaf: int
    state: str
    reached_at: datetime | None = None
    sent_at: datetime | None = None
    capture: int | None = None
    corrects: int | None = None
    relation: int | None = None
    cashier: str | None = None
    receipt_no: str | None = None
    provided: bool = False

    @property
    def name(self) -> str:
        """``C26MAA-7``."""
        return f"{self.symbol}-{self.serial}"


@dataclass(frozen=True, slots=True)
class Waiting:
    """A sale that waits for a provider's number. ``held``: the provider or a person has stopped it."""

    reference: str
    at: datetime
    day: date
    total: int
    held: bool


@dataclass(frozen=True, slots=True)
class Event:
    """Any other leaf of the ledger, with its own fields."""

    leaf: int
    at: datetime
    kind: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ArticleRate:
    """How one article was taxed: the rate, from when to when, how often, for how much (net dong)."""

    article: str
    rate: str
    first: date
    last: date
    lines: int
    net: int
    invoice: int  # the first one


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the verifier: a named check, its verdict, and what it found.

    ``attention``: nothing is disproven, but a person should look. ``size``: how many problems there are; the
    first ones are kept.
    """

    name: str
    title: Words
    good: bool
    problems: tuple[Words, ...] = ()
    size: int = 0
    attention: bool = False


@dataclass(frozen=True, slots=True)
class Dossier:
    """Everything about one register in one period, in order of the ledger."""

    seller: str
    tax_code: str
    register: str
    since: date
    until: date
    exported_at: datetime
    papers: tuple[Paper, ...]
    invoices: tuple[Invoiced, ...]
    events: tuple[Event, ...]
    waiting: tuple[Waiting, ...] = ()
    rates: tuple[ArticleRate, ...] = ()
    checks: tuple[Check, ...] = ()
    ledger_size: int = 0
    ledger_root: str = ""
    software: str = ""
    begins: tuple[tuple[int, str, int], ...] = ()  # form, symbol, the number before the first of this period
    left_out: tuple[
        tuple[int, str, int, int], ...
    ] = ()  # form, symbol, first, last: with the ledger's reason

    @property
    def sales(self) -> list[Invoiced]:
        """Invoices that are sales, not corrections of others."""
        return [invoice for invoice in self.invoices if invoice.corrects is None]
