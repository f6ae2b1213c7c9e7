"""``thungan update``: look for a newer version, put it in when the shop is closed, take it back if it fails.

Called every hour by the machine's timer with the administrator's rights; ``save``, ``check`` and ``restore``
are steps that an update itself calls with the shop's.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import default_folder, load_config
from agent.updating.errors import StepFailed, UpdatesNotSet
from agent.updating.places import open_place
from agent.updating.settings import read_update_settings
from agent.updating.update import Progress, Update
from invoice.sale_json import VIETNAM
from outbox.store import Store
from outbox.update_copy import put_copy_back, save_copy, sold_since_copy

if TYPE_CHECKING:
    import argparse

    from agent.updating.settings import UpdateSettings


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument(
        "action", nargs="?", default="run", choices=["run", "look", "status", "save", "check", "restore"]
    )
    parser.add_argument("--state", type=Path, metavar="DIR", help="where updates.toml and root.json are")
    parser.add_argument("--now", action="store_true", help="also while the shop is open")
    parser.add_argument("--json", action="store_true", help="print as one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """run: look and put in; look: only say what there is; status: how the last one went."""
    folder: Path = arguments.data or default_folder()
    if arguments.action in _SHOP_STEPS:
        _SHOP_STEPS[arguments.action](folder)
        return 0
    state: Path = arguments.state or default_state()
    if arguments.action == "status":
        return _status(state, folder, as_json=arguments.json)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    settings = read_update_settings(state)
    update = Update(state, folder, open_place(settings))
    if arguments.action == "run" and (left := update.under_way()):
        _say(f"going on with the update to {left.version}: {left.step}")
        update.run(left)
        return 0
    found = _find(settings, state, folder, update)
    if found is None or arguments.action == "look":
        return 0
    if not arguments.now and not settings.hours.holds(datetime.now(UTC).astimezone(VIETNAM)):
        _say(f"waits for the shop to close ({settings.hours.since:%H:%M}); at once with --now")
        return 0
    done = update.run(found)
    _say(f"updated from {done.before} to {done.version}")
    return 0


def _find(settings: UpdateSettings, state: Path, folder: Path, update: Update) -> Progress | None:
    """A newer release whose turn it is here, downloaded with the way back; None, with a word why."""
    from agent.updating.repository import Repository

    present = version("thungan")
    repository = Repository(state, settings.url)
    release = repository.latest()
    if not release.newer_than(present):
        _say(f"{present} is the newest version")
        return None
    last = update.last()
    if last and last.version == release.version and last.step != "done":
        _say(f"{release.version} has failed here before ({last.problem}): waiting for the next version")
        return None
    config = load_config(folder)
    if not release.turn_of(f"{config.seller.tax_code}/{config.register.number}"):
        _say(f"{release.version} is given out to {release.rollout} %; this register's turn comes later")
        return None
    place = open_place(settings)
    before = place.package_name(present)
    if place.needs_previous_package:
        repository.previous(before)
    repository.package(release.file)
    _say(f"{release.version} is here, {present} runs")
    return Progress(release.version, release.file, present, before if place.needs_previous_package else None)


def _save(folder: Path) -> None:
    Store(folder).close()  # proves that no daemon has it open, and takes in what a killed one left
    save_copy(folder)


def _check(folder: Path) -> None:
    """What a new version must be able to do before it may sell: read the settings, open the store (which
    brings the database up to date), know the series and the ledger."""
    load_config(folder)
    store = Store(folder)
    try:
        ledger = store.run(lambda tx: tx.ledger.frontier.size)
    finally:
        store.close()
    _say(json.dumps({"version": version("thungan"), "ledger": ledger}))


def _restore(folder: Path) -> None:
    if sold_since_copy(folder):
        raise StepFailed("there are receipts or invoices from after the update")
    put_copy_back(folder)
    Store(folder).close()


_SHOP_STEPS = {"save": _save, "check": _check, "restore": _restore}


def _status(state: Path, folder: Path, *, as_json: bool) -> int:
    try:
        settings = read_update_settings(state)
    except UpdatesNotSet as error:
        if (state / "updates.toml").exists():
            raise
        _say(json.dumps({"set": False}) if as_json else f"updates are not set up: {error.message}")
        return 0
    last = Update(state, folder, open_place(settings)).last()
    if as_json:
        _say(
            json.dumps(
                {
                    "set": True,
                    "url": settings.url,
                    "version": version("thungan"),
                    "last": {"version": last.version, "step": last.step, "problem": last.problem}
                    if last
                    else None,
                }
            )
        )
    else:
        _say(f"{version('thungan')} runs; updates come from {settings.url}")
        if last:
            _say(f"last update: {last.before} to {last.version}: {last.step} {last.problem}".rstrip())
    return 0


def default_state() -> Path:
    """The administrator's folder of updates."""
    if sys.platform == "win32":
        import os

        return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "thungan-updates"
    return Path("/var/lib/thungan-updates")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")
    sys.stdout.flush()
