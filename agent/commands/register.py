"""``thungan register``: the registration form (100) from configuration and certificate, shown, then sent."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.form_filling import registration_job, registration_of
from agent.posting import post_and_wait, show_form

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--change", action="store_true", help="a change of what is registered")
    parser.add_argument("--yes", action="store_true", help="sign and send it; else it is only shown")
    parser.add_argument("--wait", type=float, default=30.0, metavar="S", help="seconds for the answer")


def run(arguments: argparse.Namespace) -> int:
    """Exit 0 accepted, 1 refused, 3 not decided yet."""
    config = load_config(arguments.data or default_folder())
    form = registration_of(config, change=arguments.change)
    show_form(form)
    if not arguments.yes:
        sys.stdout.write("nothing is sent yet: the same command with --yes signs and sends it\n")
        return 0
    return post_and_wait(config, registration_job(config, form), arguments.wait)
