"""``thungan sync``: deliver what is waiting, once or until interrupted."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.key_choice import open_signer
from agent.parts import open_delivery
from outbox.store import Store
from signing.errors import SigningError

if TYPE_CHECKING:
    import argparse


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--once", action="store_true", help="one pass, then end")
    parser.add_argument("--json", action="store_true", help="print what each pass did as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Exit 1 where a single pass could not reach the authority."""
    config = load_config(arguments.data or default_folder())
    try:
        signer = open_signer(config)
    except SigningError as error:
        # Packages that are signed already go on their way, and answers come.
        sys.stderr.write(f"{error}\n")
        signer = None
    store = Store(config.folder, signer)
    delivery = None
    try:
        delivery = open_delivery(config, store, signer)
        while True:
            done = delivery.run_once()
            if arguments.json:
                sys.stdout.write(json.dumps(asdict(done), ensure_ascii=False) + "\n")
            else:
                sys.stdout.write(f"packed {done.packed}, sent {done.sent}, answers {done.answers}\n")
            sys.stdout.flush()
            if done.problem:
                sys.stderr.write(done.problem + "\n")
            if arguments.once:
                return 1 if done.problem else 0
            time.sleep(config.every)
    finally:
        if delivery is not None:
            delivery.close()
        store.close()
