"""``thungan peers``: the shop's other registers, invited and taken in."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from agent.commands.issue import read_input
from agent.config import default_folder, load_config
from agent.errors import ReasonMissing
from agent.peers.errors import InvitationWrong
from agent.peers.invitation import Invitation, accept, forget, invite

if TYPE_CHECKING:
    import argparse

_LONGEST = 2_000  # characters of a line
_AGAIN = "it is asked from the next start of thungan on (restart it now)\n"


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("action", choices=["invite", "add", "list", "remove"])
    parser.add_argument(
        "what",
        nargs="?",
        metavar="WHAT",
        help="add: a file with the line (default: standard input); remove: the name of a register",
    )
    parser.add_argument("--for", dest="guest", default="", metavar="NAME", help="invite: who will ask")
    parser.add_argument(
        "--url", default="", help="invite: where others reach this page, if not as configured"
    )
    parser.add_argument("--name", default="", help="what the register is called beside the others")
    parser.add_argument("--json", action="store_true", help="list: print as JSON")


def run(arguments: argparse.Namespace) -> int:
    """invite: print one line, a secret. add: take such a line in. list, remove: as they say."""
    folder = arguments.data or default_folder()
    if arguments.action == "invite":
        made = invite(load_config(folder), arguments.guest, arguments.url, arguments.name)
        sys.stdout.write(f"{made.line()}\n")
        if made.url.startswith("http:"):
            sys.stderr.write(
                "only programs on this computer can use it: set [page] host to this computer's address\n"
            )
        sys.stderr.write("shown once, and it holds a token: give it to thungan peers add there\n")
        return 0
    if arguments.action == "add":
        name = accept(folder, Invitation.parse(_line(arguments.what)), arguments.name)
        sys.stdout.write(f"{name} is one of the shop's registers; {_AGAIN}")
        return 0
    if arguments.action == "remove":
        if not arguments.what:
            raise ReasonMissing("remove takes the name of a register: thungan peers list")
        forget(folder, arguments.what)
        sys.stdout.write(f"{arguments.what} is no longer asked; end its token there: thungan token list\n")
        return 0
    peers = load_config(folder).peers
    if arguments.json:
        found = [{"name": peer.name, "url": peer.url, "pin": peer.pin} for peer in peers]
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    for peer in () if arguments.json else peers:
        sys.stdout.write(f"{peer.name:<20} {peer.url}\n")
    return 0


def _line(given: str | None) -> str:
    """The invitation's line; never of the command line itself, which every program can read."""
    if given is not None and (given.startswith("thungan-peer ") or "token=" in given):
        raise InvitationWrong("the line holds a token: paste it after the command, not behind it")
    if given is not None and given != "-":
        return read_input(str(Path(given)))[:_LONGEST].decode(errors="replace")
    if sys.stdin.isatty():
        sys.stderr.write("paste the line of thungan peers invite, then press Enter:\n")
    return sys.stdin.readline(_LONGEST)
