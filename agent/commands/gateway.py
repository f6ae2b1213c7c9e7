"""``thungan gateway test``: the configured route, tried without issuing or sending anything."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING
from uuid import uuid4

from agent.config import default_folder, load_config
from agent.parts import open_gateway
from errors import ThunganError

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("what", choices=["test"], help="ask after a message that was never sent")
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Exit with the error's own code where the route does not work."""
    from authority.codes import new_message_id

    config = load_config(arguments.data or default_folder())
    problem: ThunganError | None = None
    with closing(open_gateway(config)) as gateway:
        told: dict[str, object] = {
            "route": config.route,
            "address": gateway.name,
            "sender": config.parties.sender,
            "receiver": config.parties.receiver,
            **asdict(gateway.can),
        }
        try:
            # TLS, name and token are all behind this answer; nothing is left with the other side.
            gateway.look_up(new_message_id(config.parties.sender, uuid4()))
        except ThunganError as error:
            problem = error
        skew = gateway.clock_skew
    told["token"] = config.token is not None  # whether one is shown; never the token
    told["clock_ahead_seconds"] = None if skew is None else round(skew.total_seconds(), 1)
    told["works"] = problem is None
    told["problem"] = None if problem is None else str(problem)
    if arguments.json:
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        for name, value in told.items():
            sys.stdout.write(f"{name.replace('_', ' '):<20} {_word(value)}\n")
    return 0 if problem is None else problem.exit_code


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else str(value)
