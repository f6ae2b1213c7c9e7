"""The shop as one: its registers beside each other, the worst of their lights, the sum of what they sold.

Pure: what is known of each goes in, what a person sees comes out. A register that is configured twice, or
both as a peer and as this very one, counts once; two registers that use one number or one symbol are said,
since their invoices would bear the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agent.alarm_words import AlarmWords, alarm_words
from agent.peers.errors import PeerSilent
from agent.standing import Light
from outbox.store import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from agent.peers.errors import PeerError
    from agent.peers.report import Report
    from agent.peers.watch import Heard

_ORDER = (Light.DELIVERING, Light.LATER, Light.NEEDS_YOU)


class Left(StrEnum):
    """Why a register's figures are not in the sum."""

    SAME = "same"  # it is another register of the list over again
    UNHEARD = "unheard"  # nothing is known of it
    EARLIER = "earlier"  # what is known of it is of another day


@dataclass(frozen=True, slots=True)
class Card:
    """One register. ``at``: when it was heard (UTC); None for this one, which is asked directly.

    ``clash``: another register that uses the same number or symbol; ``left``: why it is not in the sum.
    """

    name: str
    url: str | None
    light: Light
    report: Report | None
    at: str | None
    trouble: PeerError | None
    unsent: int  # invoices that were waiting when it was last heard, if it is not heard now
    clash: str | None
    left: Left | None

    def alarms(self, language: str) -> list[AlarmWords]:
        """Its alarms in our words, never in its own."""
        found = []
        for alarm in self.report.alarms if self.report else ():
            words = alarm_words(alarm.code, "", language)
            found.append(AlarmWords(alarm.code, alarm.needs_you, words.title, "", words.to_do))
        return found


@dataclass(frozen=True, slots=True)
class ShopView:
    """All registers. ``sales``, ``total`` and ``waiting`` are of the cards in ``counted``."""

    light: Light
    cards: tuple[Card, ...]
    sales: int
    total: int
    waiting: int

    @property
    def counted(self) -> tuple[Card, ...]:
        """The cards that are in the sum."""
        return tuple(card for card in self.cards if card.left is None)

    @property
    def left(self) -> tuple[Card, ...]:
        """Those that are not."""
        return tuple(card for card in self.cards if card.left is not None)


def shop_view(own_name: str, own: Report, heard: Iterable[Heard], today: date) -> ShopView:
    """The shop on the day ``today`` (in Viet Nam)."""
    cards = [Card(own_name, None, own.light, own, None, None, 0, None, None)]
    for one in heard:
        cards.append(_card(one, cards, today))
    clashing = {card.clash for card in cards if card.clash}
    lights = [card.light for card in cards if card.left is not Left.SAME or card.clash]
    counted = [card.report for card in cards if card.left is None and card.report]
    if clashing:
        lights.append(Light.NEEDS_YOU)
    return ShopView(
        max(lights, key=_ORDER.index),
        tuple(cards),
        sum(report.sales for report in counted),
        sum(report.total for report in counted),
        sum(report.waiting for report in counted),
    )


def _card(one: Heard, before: Sequence[Card], today: date) -> Card:
    report, lost = one.report, one.lost
    unsent = report.waiting if report and lost else 0
    clash, left = None, None
    if report is None:
        left = Left.UNHEARD
    else:
        twin = next((card for card in before if card.report and card.report.ledger == report.ledger), None)
        clash = next((card.name for card in before if _clash(card, report, lost)), None)
        if twin is not None:
            left = Left.SAME
        elif report.day != today.isoformat():
            left = Left.EARLIER
    light = Light.NEEDS_YOU if clash else _light(one, unsent)
    at = stamp(one.at) if one.at else None
    return Card(one.peer.name, one.peer.url, light, report, at, lost, unsent, clash, left)


def _light(one: Heard, unsent: int) -> Light:
    """A register that is switched off is no trouble as long as nothing of it waits to be delivered."""
    told = one.report.light if one.report else Light.LATER
    if one.lost is None:
        return told if one.report else Light.LATER
    if not isinstance(one.lost, PeerSilent) or unsent:
        return Light.NEEDS_YOU
    return max(told, Light.LATER, key=_ORDER.index)


def _clash(card: Card, report: Report, lost: PeerError | None) -> bool:
    """Whether two registers use the same numbers."""
    other = card.report
    if other is None or other.tax_code != report.tax_code:
        return False
    if other.ledger == report.ledger:
        # One ledger in two programs that both run now: a copied data folder.
        both = lost is None and card.trouble is None and other.run and report.run
        return bool(both) and other.run != report.run
    return other.symbol == report.symbol or other.register == report.register


def as_json(view: ShopView) -> dict[str, Any]:
    """The shop for programs; times in UTC."""
    return {
        "light": view.light.value,
        "registers": [
            {
                "name": card.name,
                "url": card.url,
                "light": card.light.value,
                "heard_at": card.at,
                "trouble": None
                if card.trouble is None
                else {"code": card.trouble.code, "what": card.trouble.message},
                "clash": card.clash,
                "counted": card.left is None,
                "report": None if card.report is None else card.report.as_json(),
            }
            for card in view.cards
        ],
        "sum": {
            "sales": view.sales,
            "total": view.total,
            "waiting": view.waiting,
            "of": [card.name for card in view.counted],
            "without": [card.name for card in view.left],
        },
    }
