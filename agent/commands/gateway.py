"""``thungan gateway test``: the configured route, tried without issuing or sending anything."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.asking import ask_route
from agent.config import default_folder, load_config
from agent.parts import open_store
from agent.sold_words import sold_line
from invoice.references import spoken
from outbox.order_reports import open_orders
from outbox.taking_back import orders_to_take_back, take_back

if TYPE_CHECKING:
    import argparse

    from agent.config import Config
    from authority.providers.provider import ProviderStanding, SeriesStanding

_NOT_TOLD = "not told by the provider"
LISTED = 100  # orders that are named


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "what",
        choices=["test", "take-back"],
        help="test: ask for an answer: log-in, clock, rights, series and numbers left; take-back: after a"
        " provider's route was left, number what it was never asked for (docs/routes.md)",
    )
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Exit with the error's own code where the route does not work."""
    config = load_config(arguments.data or default_folder())
    if arguments.what == "take-back":
        return _take_back(config, as_json=arguments.json)
    asked = ask_route(config)
    told: dict[str, object] = {"route": config.route, "address": asked.address}
    told |= _who(config, asked.standing) | asdict(asked.can)
    told["clock_ahead_seconds"] = None if asked.skew is None else round(asked.skew.total_seconds(), 1)
    told["works"] = asked.problem is None
    told["problem"] = None if asked.problem is None else str(asked.problem)
    if arguments.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        for name, value in told.items():
            sys.stdout.write(f"{name.replace('_', ' '):<20} {_word(value)}\n")
    return 0 if asked.problem is None else asked.problem.exit_code


def _take_back(config: Config, *, as_json: bool) -> int:
    """Number orders that no provider has; exit 1 where others are left, which must be decided first."""
    with closing(open_store(config)) as store:
        with closing(store.reader()) as connection:
            ours = orders_to_take_back(connection)
        taken = [store.run(take_back(order_id, config.register)) for order_id in ours]
        with closing(store.reader()) as connection:
            left = [spoken(row["reference"]) for row in open_orders(connection, LISTED)]
    if as_json:
        told = {"taken_back": [f"{one.symbol}-{one.number}" for one in taken], "left": left}
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return 1 if left else 0
    for one in taken:
        sys.stdout.write(f"{sold_line(one)}\n")
    sys.stdout.write(f"{len(taken)} orders were numbered by this register\n")
    if left:
        sys.stdout.write(f"decided on the provider's route only: {', '.join(left)}\n")
    return 1 if left else 0


def _who(config: Config, standing: ProviderStanding | None) -> dict[str, object]:
    """Whether a token is shown, never the token; of a provider the account and its series."""
    if config.provider is None:
        who: dict[str, object] = {"sender": config.parties.sender, "receiver": config.parties.receiver}
        if config.soap is not None:
            return {**who, "transport": "soap", "account": config.soap.user}
        return {**who, "transport": "https", "token": config.token is not None}
    told: dict[str, object] = {"account": standing.account if standing else config.provider.user}
    if standing is not None:
        told["may_issue"] = standing.may_issue
        told["series"] = [_series(one) for one in standing.series]
        told["notes"] = list(standing.notes)
    return told


def _series(one: SeriesStanding) -> dict[str, object]:
    return {
        "form": int(one.form),
        "symbol": str(one.symbol),
        "left": one.left,
        "last_number": one.last_number,
        "last_day": None if one.last_day is None else one.last_day.isoformat(),
    }


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        left = _NOT_TOLD if value["left"] is None else f"{value['left']:,}"
        last = "" if value["last_number"] is None else f", last {value['last_number']:,}"
        return f"{value['form']}{value['symbol']}: numbers left {left}{last}"
    if isinstance(value, list):
        return "; ".join(_word(one) for one in value) or "-"
    return "-" if value is None else str(value)
