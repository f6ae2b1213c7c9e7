"""Delivery: what reached the authority on its own day, what came late, and when the line was away."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM
from audit.figures import count, dong, moment, span
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.dossier import Dossier, Invoiced

OUTAGE = timedelta(hours=3)  # an invoice that waited longer for its first answer makes an outage
MOST_NAMED = 10  # references in a sentence
LOST_AFTER = timedelta(days=3)  # not delivered for so long is no outage any more
LONG_OUTAGE = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Day:
    """One legal day: its sales, and when they reached the authority."""

    day: date
    invoices: int
    total: int
    same_day: int
    late: int
    never: int


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which invoices waited for an answer for more than three hours."""

    since: datetime
    until: datetime | None  # None: it lasts
    invoices: int


@dataclass(frozen=True, slots=True)
class DeliveryDays:
    """Days and outages in order."""

    days: tuple[Day, ...]
    outages: tuple[Outage, ...]


def delivery_days(dossier: Dossier) -> tuple[DeliveryDays, list[Finding]]:
    """Judge every day."""
    by_day: dict[date, list[Invoiced]] = defaultdict(list)
    for invoice in dossier.invoices:
        by_day[invoice.day].append(invoice)
    days = []
    for day, members in sorted(by_day.items()):
        reached = [invoice for invoice in members if invoice.reached_at is not None]
        same = sum(_on_its_day(invoice) for invoice in reached)
        days.append(
            Day(
                day,
                len(members),
                sum(invoice.total for invoice in members if invoice.corrects is None),
                same,
                len(reached) - same,
                len(members) - len(reached),
            )
        )
    found = DeliveryDays(tuple(days), tuple(_outages(dossier)))
    return found, list(_findings(dossier, found))


def _on_its_day(invoice: Invoiced) -> bool:
    reached = invoice.reached_at
    return reached is not None and reached.astimezone(VIETNAM).date() <= max(
        invoice.day, invoice.issued_at.astimezone(VIETNAM).date()
    )


def _outages(dossier: Dossier) -> Iterator[Outage]:
    """Waits that overlap are one outage."""
    waits = sorted(
        (
            (invoice.issued_at, invoice.reached_at)
            for invoice in dossier.invoices
            if invoice.state != "held"
            and (invoice.reached_at or dossier.exported_at) - invoice.issued_at > OUTAGE
        ),
        key=lambda wait: wait[0],
    )
    since: datetime | None = None
    until: datetime | None = None
    size = 0
    for begun, ended in waits:
        if since is None or (until is not None and begun > until):
            if since is not None:
                yield Outage(since, until, size)
            since, until, size = begun, ended, 0
        size += 1
        until = None if until is None or ended is None else max(until, ended)
    if since is not None:
        yield Outage(since, until, size)


def _line_down(dossier: Dossier) -> Iterator[tuple[datetime, datetime]]:
    """When the ledger says that the line to the authority was away."""
    since: datetime | None = None
    for event in dossier.events:
        if event.kind == "line.down":
            since = since or event.at
        elif event.kind == "line.up" and since is not None:
            yield since, event.at
            since = None
    if since is not None:
        yield since, dossier.exported_at


def _overlap(invoice: Invoiced, since: datetime, until: datetime) -> bool:
    return invoice.reached_at is not None and invoice.issued_at <= until and since <= invoice.reached_at


def _findings(dossier: Dossier, found: DeliveryDays) -> Iterator[Finding]:
    late = [
        invoice for invoice in dossier.invoices if invoice.reached_at is not None and not _on_its_day(invoice)
    ]
    if late:
        days = {invoice.day for invoice in late}
        down = list(_line_down(dossier))
        cut = sum(any(_overlap(invoice, since, until) for since, until in down) for invoice in late)
        yield Finding(
            "late",
            Weight.NOTE if cut == len(late) else Weight.LOOK,
            Words(
                f"{count(len(late)).vi} hóa đơn của {len(days)} ngày đến cơ quan thuế sau ngày bán; với"
                f" {count(cut).vi} hóa đơn, sổ cái có ghi mất liên lạc lúc đó.",
                f"Invoices that reached the authority after their day: {count(len(late)).en}, of days:"
                f" {len(days)}; where the ledger recorded an outage at that time: {count(cut).en}.",
            ),
            tuple(Cite("invoice", invoice.number) for invoice in late),
            sum(invoice.total for invoice in late),
        )
    lost = [
        invoice
        for invoice in dossier.invoices
        if invoice.reached_at is None and dossier.exported_at - invoice.issued_at > LOST_AFTER
    ]
    if lost:
        total = sum(invoice.total for invoice in lost)
        held = sum(invoice.state == "held" for invoice in lost)
        yield Finding(
            "never-delivered",
            Weight.SERIOUS,
            Words(
                f"{count(len(lost)).vi} hóa đơn ({dong(total).vi}) quá ba ngày vẫn chưa đến cơ quan thuế,"
                f" trong đó {count(held).vi} do người bán giữ lại.",
                f"Invoices that have not reached the authority after three days: {count(len(lost)).en}"
                f" ({dong(total).en}); held by the seller: {count(held).en}.",
            ),
            tuple(Cite("invoice", invoice.number) for invoice in lost),
            total,
        )
    unnumbered = [one for one in dossier.waiting if dossier.exported_at - one.at > LOST_AFTER]
    if unnumbered:
        total = sum(one.total for one in unnumbered)
        held = sum(one.held for one in unnumbered)
        listed = ", ".join(one.reference for one in unnumbered[:MOST_NAMED])
        yield Finding(
            "never-numbered",
            Weight.SERIOUS,
            Words(
                f"{count(len(unnumbered)).vi} lần bán ({dong(total).vi}) quá ba ngày vẫn chưa có số hóa đơn"
                f" của tổ chức cung cấp, trong đó {count(held).vi} đang bị giữ hoặc bị từ chối: {listed}.",
                f"Sales without a provider's number after three days: {count(len(unnumbered)).en}"
                f" ({dong(total).en}); held or refused: {count(held).en}: {listed}.",
            ),
            (),
            total,
        )
    refused = [invoice for invoice in dossier.invoices if invoice.state == "refused"]
    if refused:
        yield Finding(
            "refused",
            Weight.LOOK,
            Words(
                f"{count(len(refused)).vi} hóa đơn bị cơ quan thuế từ chối và chưa được xử lý.",
                f"Invoices refused by the authority and not yet put right: {count(len(refused)).en}.",
            ),
            tuple(Cite("invoice", invoice.number) for invoice in refused),
            sum(invoice.total for invoice in refused),
        )
    long = [one for one in found.outages if (one.until or dossier.exported_at) - one.since > LONG_OUTAGE]
    if long:
        listed = "; ".join(f"{moment(one.since)} – {moment(one.until) if one.until else '…'}" for one in long)
        longest = max((one.until or dossier.exported_at) - one.since for one in long)
        hours = longest.total_seconds() / 3600
        yield Finding(
            "long-outage",
            Weight.LOOK,
            Words(
                f"{len(long)} lần mất liên lạc trên hai ngày, dài nhất {span(hours).vi}: {listed}.",
                f"Outages of more than two days: {len(long)}, the longest {span(hours).en}: {listed}.",
            ),
        )
