"""``thungan token``: tokens of programs that use the API. The word is shown once and stored nowhere."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.api.errors import TokenInvalid
from agent.api.tokens import PER_MINUTE, Scope, Tokens
from agent.config import default_folder, load_config
from outbox.store import stamp

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["new", "list", "revoke"])
    parser.add_argument("name", nargs="?", help="of the program, such as POS1")
    parser.add_argument(
        "--scope",
        action="append",
        choices=[scope.value for scope in Scope],
        help="sell (default), read, correct, peer; may be given more than once",
    )
    parser.add_argument(
        "--per-minute", type=int, default=PER_MINUTE, metavar="N", help=f"requests (default {PER_MINUTE})"
    )
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """new: print the token's word. list: names and scopes. revoke: end one at once."""
    folder = arguments.data or default_folder()
    load_config(folder)
    tokens = Tokens(folder)
    if arguments.action == "list":
        found = tokens.all()
        if arguments.json:
            shown = [{k: v for k, v in asdict(one).items() if k != "digest"} for one in found]
            sys.stdout.write(json.dumps(shown, ensure_ascii=False) + "\n")
        for one in () if arguments.json else found:
            sys.stdout.write(f"{one.name:<20} {','.join(one.scopes):<20} {one.made_at}\n")
        return 0
    if not arguments.name:
        raise TokenInvalid(f"{arguments.action} needs a name")
    if arguments.action == "revoke":
        tokens.revoke(arguments.name)
        sys.stdout.write(f"{arguments.name} is ended\n")
        return 0
    if not 1 <= arguments.per_minute <= 100_000:
        raise TokenInvalid("--per-minute must be from 1 to 100000")
    scopes = [Scope(word) for word in dict.fromkeys(arguments.scope or ["sell"])]
    word = tokens.make(arguments.name, scopes, arguments.per_minute, stamp(datetime.now(UTC)))
    if arguments.json:
        sys.stdout.write(json.dumps({"name": arguments.name, "token": word, "scopes": scopes}) + "\n")
    else:
        sys.stdout.write(f"{word}\n")
        sys.stderr.write("shown this once: write it into the program now\n")
    return 0
