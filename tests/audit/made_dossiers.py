"""Small dossiers made by hand, for tests of single looks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from audit.dossier import VIETNAM, Dossier, Fate, Invoiced, Paper

SOURCE = "serial:///dev/ttyUSB0"
FIRST = date(2026, 11, 2)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of the shop's clock, as the store keeps it."""
    return (
        datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=VIETNAM)
        + timedelta(days=day, hours=hour, minutes=minute)
    ).astimezone(UTC)


def paper(number: int, when: datetime, kind: str = "provisional", **more: Any) -> Paper:
    """A paper that is no sale, unless told otherwise."""
    values: dict[str, Any] = {
        "number": number,
        "at": when,
        "source": SOURCE,
        "kind": kind,
        "fate": Fate.NON_SALE,
        "leaf": number * 2,
        "says": kind,
    }
    return Paper(**{**values, **more})


def sale(number: int, when: datetime, total: int = 50_000, **more: Any) -> tuple[Paper, Invoiced]:
    """A receipt and its invoice of the same number, delivered a minute later."""
    receipt = paper(number, when, "sale", fate=Fate.INVOICED, invoice=number, total=total)
    paper_fields = {key: more[key] for key in ("receipt_no", "cashier", "table", "sold_at") if key in more}
    invoice = Invoiced(
        number=number,
        form=1,
        symbol="C26MAA",
        serial=number,
        code=f"M1-26-SHNDN-{number:011d}",
        day=when.astimezone(VIETNAM).date(),
        total=total,
        tax=round(total * 8 / 108),
        issued_at=when,
        leaf=number * 2 + 1,
        state="accepted",
        reached_at=when + timedelta(minutes=1),
        capture=number,
    )
    invoice_fields = {key: value for key, value in more.items() if key not in paper_fields}
    return replace(receipt, **paper_fields), replace(invoice, **invoice_fields)


def dossier(*pairs: tuple[Paper, Invoiced], papers: tuple[Paper, ...] = (), **more: Any) -> Dossier:
    """Receipts with their invoices, and other papers, in order of time."""
    values: dict[str, Any] = {
        "seller": "QUÁN ĂN BẾN NGỰ",
        "tax_code": "0409990010",
        "register": "1",
        "since": FIRST,
        "until": FIRST + timedelta(days=29),
        "exported_at": at(30, 8),
        "papers": tuple(sorted([pair[0] for pair in pairs] + list(papers), key=lambda one: one.at)),
        "invoices": tuple(pair[1] for pair in pairs),
        "events": (),
    }
    return Dossier(**{**values, **more})


def shop(days: int = 14, per_hour: int = 6, skip: Any = None) -> list[tuple[Paper, Invoiced]]:
    """A shop that sells evenly from 8 to 20; ``skip(day, hour)`` says when it does not."""
    pairs = []
    number = 0
    for day in range(days):
        for hour in range(8, 20):
            if skip is not None and skip(day, hour):
                continue
            for place in range(per_hour):
                number += 1
                pairs.append(sale(number, at(day, hour, place * 60 // per_hour + number % 5)))
    return pairs
