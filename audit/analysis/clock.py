"""Clock events: leaves dated before the leaf in front of them, jumps, alarms, and registers' own clocks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM
from audit.figures import count, moment, span
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from audit.dossier import Dossier, Event

CORRECTION = timedelta(minutes=2)  # a time server's
REGISTER_OFF = timedelta(hours=26)  # a register whose clock runs, but is not set: a day and some hours
CLOCK_ALARMS = {"E-OUT-005", "E-OUT-020", "clock-off"}
HALF_A_DAY = 12 * 3600


@dataclass(frozen=True, slots=True)
class Back:
    """The ledger's time went back: ``leaf`` is dated ``at``, the one before it ``before``."""

    leaf: int
    before: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class ClockEvents:
    """All that is known about the clock."""

    back: tuple[Back, ...]
    jumps: tuple[Event, ...]
    alarms: tuple[Event, ...]
    registers_off: int
    otherwise_dated: int  # invoices under another day than that of the capture


def clock_events(dossier: Dossier) -> tuple[ClockEvents, list[Finding]]:
    """Read the ledger's times in its order, and the papers' own."""
    stamps = sorted(
        [(event.leaf, event.at) for event in dossier.events]
        + [(paper.leaf, paper.at) for paper in dossier.papers]
        + [(invoice.leaf, invoice.issued_at) for invoice in dossier.invoices]
    )
    back = [
        Back(leaf, before, at)
        for (_, before), (leaf, at) in itertools.pairwise(stamps)
        if before - at > CORRECTION
    ]
    jumps = [event for event in dossier.events if event.kind == "clock.jumped"]
    alarms = [
        event
        for event in dossier.events
        if event.kind == "alarm.raised" and event.fields.get("code") in CLOCK_ALARMS
    ]
    off = [
        paper
        for paper in dossier.papers
        if paper.sold_at is not None and paper.kind == "sale" and abs(paper.at - paper.sold_at) > REGISTER_OFF
    ]
    papers = {paper.number: paper for paper in dossier.papers}
    otherwise = [
        invoice
        for invoice in dossier.sales
        if invoice.capture in papers and invoice.day != papers[invoice.capture].day
    ]
    found = ClockEvents(tuple(back), tuple(jumps), tuple(alarms), len(off), len(otherwise))
    findings = list(_findings(found))
    if off:
        findings.append(
            Finding(
                "register-clock",
                Weight.LOOK if len(off) >= 10 else Weight.NOTE,
                Words(
                    f"{count(len(off)).vi} phiếu bán hàng ghi ngày giờ lệch hơn một ngày so với lúc được in.",
                    f"Receipts whose time is more than a day off from when they were printed:"
                    f" {count(len(off)).en}.",
                ),
                tuple(Cite("paper", paper.number) for paper in off),
            )
        )
    if otherwise:
        findings.append(
            Finding(
                "dated-otherwise",
                Weight.LOOK if len(otherwise) >= 10 else Weight.NOTE,
                Words(
                    f"{count(len(otherwise)).vi} hóa đơn ghi ngày khác với ngày phiếu được in.",
                    f"Invoices of another day than that on which the receipt was printed:"
                    f" {count(len(otherwise)).en}.",
                ),
                tuple(Cite("invoice", invoice.number) for invoice in otherwise),
            )
        )
    return found, findings


def _findings(found: ClockEvents) -> Iterator[Finding]:
    if found.back:
        furthest = max((one.before - one.at).total_seconds() / 3600 for one in found.back)
        listed = "; ".join(f"{moment(one.before)} → {moment(one.at)}" for one in found.back[:5])
        yield Finding(
            "clock-back",
            Weight.SERIOUS,
            Words(
                f"Sổ cái có {count(len(found.back)).vi} lần thời gian lùi lại, xa nhất {span(furthest).vi}:"
                f" {listed}.",
                f"Times that the ledger's time went back: {count(len(found.back)).en}, at the most"
                f" {span(furthest).en}: {listed}.",
            ),
            tuple(Cite("leaf", one.leaf) for one in found.back),
        )
    if found.jumps:
        far = [event for event in found.jumps if abs(_seconds(event)) >= HALF_A_DAY]
        listed = "; ".join(
            f"{moment(event.at.astimezone(VIETNAM))} ({_seconds(event):+d} s)" for event in found.jumps[:5]
        )
        yield Finding(
            "clock-set",
            Weight.SERIOUS if far else Weight.LOOK,
            Words(
                f"Đồng hồ máy tính bị chỉnh {count(len(found.jumps)).vi} lần trong khi chương trình chạy:"
                f" {listed}.",
                f"Times that the computer's clock was set while the program ran:"
                f" {count(len(found.jumps)).en}: {listed}.",
            ),
            tuple(Cite("leaf", event.leaf) for event in found.jumps),
        )
    if found.alarms:
        yield Finding(
            "clock-alarm",
            Weight.LOOK,
            Words(
                f"{count(len(found.alarms)).vi} cảnh báo về đồng hồ (chạy lùi, sai ngày, lệch với cơ quan"
                " thuế).",
                "Alarms about the clock (gone back, wrong day, other than the authority's):"
                f" {count(len(found.alarms)).en}.",
            ),
            tuple(Cite("leaf", event.leaf) for event in found.alarms),
        )


def _seconds(event: Event) -> int:
    value = event.fields.get("seconds", 0)
    return round(value) if isinstance(value, (int, float)) else 0
