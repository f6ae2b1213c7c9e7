"""``thungan gateway test``: the configured route, tried without issuing or sending anything."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.asking import ask_route
from agent.config import default_folder, load_config

if TYPE_CHECKING:
    import argparse

    from agent.config import Config
    from authority.providers.provider import ProviderStanding, SeriesStanding

_NOT_TOLD = "not told by the provider"


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "what", choices=["test"], help="ask for an answer: log-in, clock, rights, series and numbers left"
    )
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Exit with the error's own code where the route does not work."""
    config = load_config(arguments.data or default_folder())
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


def _who(config: Config, standing: ProviderStanding | None) -> dict[str, object]:
    """Whether a token is shown, never the token; of a provider the account and its series."""
    if config.provider is None:
        return {
            "sender": config.parties.sender,
            "receiver": config.parties.receiver,
            "token": config.token is not None,
        }
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
