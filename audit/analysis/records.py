"""Records of the shop's own software (files, databases) that went away or changed after they had been read.

The invoices stand as they were issued: the register's program is what was changed. Deleting sales there
afterwards is how turnover is hidden where the agent reads records instead of paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from audit.figures import count
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from audit.dossier import Dossier, Event

SOME = 5  # from so many on it is no longer a slip


@dataclass(frozen=True, slots=True)
class Records:
    """What the ledger says of records, by kind."""

    vanished: tuple[Event, ...]
    changed: tuple[Event, ...]
    edited: tuple[Event, ...]


def records(dossier: Dossier) -> tuple[Records, list[Finding]]:
    """Count them; a record that came back is none that went away."""
    back = {
        (event.fields.get("source"), event.fields.get("key")): event.leaf for event in _of(dossier, "back")
    }
    vanished = [
        event
        for event in _of(dossier, "vanished")
        if back.get((event.fields.get("source"), event.fields.get("key")), -1) < event.leaf
    ]
    edited = [event for event in dossier.events if event.kind == "file.edited"]
    found = Records(tuple(vanished), tuple(_of(dossier, "changed")), tuple(edited))
    findings = [
        _finding(name, events, words)
        for name, events, words in (
            ("record-vanished", found.vanished, _VANISHED),
            ("record-changed", found.changed, _CHANGED),
            ("file-edited", found.edited, _EDITED),
        )
        if events
    ]
    return found, findings


_VANISHED = Words(
    "Bản ghi bán hàng đã biến mất khỏi phần mềm của cửa hàng sau khi được đọc",
    "Records of sales that went away from the shop's software after they had been read",
)
_CHANGED = Words(
    "Bản ghi bán hàng đã bị sửa trong phần mềm của cửa hàng sau khi được đọc",
    "Records of sales that were changed in the shop's software after they had been read",
)
_EDITED = Words(
    "Tệp bán hàng bị sửa sau khi được nhập", "Files of sales that were edited after they had been imported"
)


def _of(dossier: Dossier, what: str) -> list[Event]:
    return [event for event in dossier.events if event.kind == f"record.{what}"]


def _finding(name: str, events: tuple[Event, ...], words: Words) -> Finding:
    cites: list[Cite] = []
    for event in events:
        cites.append(Cite("leaf", event.leaf))
        first = event.fields.get("first")
        if isinstance(first, int):
            cites.append(Cite("paper", first))
    size = count(len(events))
    return Finding(
        name,
        Weight.SERIOUS if len(events) >= SOME else Weight.LOOK,
        Words(f"{words.vi}: {size.vi}.", f"{words.en}: {size.en}."),
        tuple(cites),
    )
