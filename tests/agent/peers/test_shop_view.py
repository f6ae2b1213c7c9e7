"""The rules of the shop's page, without any network."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

from peer_shop import told

from agent.peers.errors import PeerRefuses, PeerSilent
from agent.peers.report import Report, read_report
from agent.peers.settings import PeerSettings
from agent.peers.shop_view import Left, ShopView, as_json, shop_view
from agent.peers.watch import EVERY, FORGIVEN, SELDOM, Heard
from agent.standing import Light

TODAY = date(2026, 11, 25)
NOW = datetime(2026, 11, 25, 3, tzinfo=UTC)


def report(number: int, **changes: Any) -> Report:
    own = {
        "register": number,
        "symbol": f"C26MA{chr(64 + number)}",
        "ledger": f"{number:032x}",
        "day": "2026-11-25",
    }
    return read_report(json.dumps(told(**{**own, **changes})).encode())


def heard(number: int, **changes: Any) -> Heard:
    peer = PeerSettings(f"Máy {number}", f"https://10.0.0.{number}", "env:X", None, None)
    return Heard(peer).after(report(number, **changes), NOW)


def lost(one: Heard, times: int = FORGIVEN) -> Heard:
    for _ in range(times):
        one = one.after(PeerSilent("no answer"), NOW)
    return one


def view(*others: Heard, **own: Any) -> ShopView:
    return shop_view("Máy 1", report(1, **own), others, TODAY)


def test_the_worst_light_and_the_sum() -> None:
    shop = view(heard(2), heard(3, light="warn", total=-20_000, waiting=4))
    assert shop.light is Light.LATER
    assert (shop.sales, shop.total, shop.waiting) == (9, 280_000, 4)
    assert view(heard(2, light="bad")).light is Light.NEEDS_YOU
    assert view(heard(2), light="bad").light is Light.NEEDS_YOU
    assert view().light is Light.DELIVERING
    assert as_json(shop)["sum"]["of"] == ["Máy 1", "Máy 2", "Máy 3"]


def test_a_register_that_is_switched_off_is_no_trouble_unless_something_waits_in_it() -> None:
    assert view(lost(heard(2))).light is Light.LATER
    shop = view(lost(heard(2, waiting=3)))
    assert shop.light is Light.NEEDS_YOU
    assert shop.cards[1].unsent == 3
    assert shop.total == 300_000, "what it sold today is known and counts"
    assert shop.cards[1].at == "2026-11-25T03:00:00.000Z"


def test_one_lost_packet_is_forgiven_a_wrong_token_is_not() -> None:
    once = lost(heard(2), 1)
    assert view(once).cards[1].trouble is None
    assert view(once).light is Light.DELIVERING
    refused = heard(2).after(PeerRefuses("401"), NOW)
    assert view(refused).light is Light.NEEDS_YOU
    unknown = Heard(heard(2).peer)
    assert view(unknown.after(PeerSilent("no"), NOW)).cards[1].trouble is not None
    assert view(unknown).light is Light.LATER


def test_what_is_not_of_today_or_never_heard_is_not_counted() -> None:
    shop = view(heard(2, day="2026-11-24"), Heard(heard(3).peer))
    assert [card.left for card in shop.cards] == [None, Left.EARLIER, Left.UNHEARD]
    assert shop.total == 150_000
    assert as_json(shop)["sum"]["without"] == ["Máy 2", "Máy 3"]


def test_a_register_counts_once() -> None:
    """Configured twice, under two addresses, or this very one as its own peer."""
    again = Heard(PeerSettings("again", "https://10.0.0.9", "env:X", None, None)).after(report(2), NOW)
    itself = Heard(PeerSettings("me", "https://10.0.0.1", "env:X", None, None)).after(report(1), NOW)
    shop = view(heard(2), again, itself)
    assert shop.total == 300_000
    assert [card.left for card in shop.cards] == [None, None, Left.SAME, Left.SAME]
    assert not any(card.clash for card in shop.cards)
    assert shop.light is Light.DELIVERING


def test_two_registers_with_the_same_numbers_are_said() -> None:
    for wrong in ({"symbol": "C26MAA"}, {"register": 1}, {"ledger": report(1).ledger, "run": "another0"}):
        shop = view(heard(2, **wrong))
        assert shop.cards[1].clash == "Máy 1", wrong
        assert shop.light is Light.NEEDS_YOU
    other_seller = view(heard(2, symbol="C26MAA", tax_code="0109990002"))
    assert other_seller.cards[1].clash is None


def test_a_silent_peer_is_asked_ever_more_seldom_and_never_given_up() -> None:
    pauses = [lost(heard(2), times).pause for times in range(12)]
    assert pauses[:3] == [EVERY, EVERY, EVERY]
    assert pauses == sorted(pauses)
    assert pauses[-1] == SELDOM
    assert lost(heard(2), 10_000).pause == SELDOM
    assert lost(heard(2), 9).after(report(2), NOW).pause == EVERY
