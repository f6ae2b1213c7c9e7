"""What happens around the sales, as leaves: the program starts and stops, is another, is set up anew; the
line to the authority goes down and comes back.

Each is written once: what has not changed since the last leaf of its kind is not said again.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from outbox.settings import drop_setting, read_setting, write_setting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from outbox.store import Job, Tx

_RUNNING, _LINE = "running", "line_down"


def program_started(program: str, platform: str) -> Job[None]:
    """The job that writes down a start, and whether the run before had ended in good order."""

    def job(tx: Tx) -> None:
        clean = read_setting(tx, _RUNNING) is None
        write_setting(tx, _RUNNING, program)
        tx.leaf("program.started", None, program=program, platform=platform, after_clean_stop=clean)

    return job


def program_stopped() -> Job[None]:
    """The job that writes down that the program ends in good order."""

    def job(tx: Tx) -> None:
        drop_setting(tx, _RUNNING)
        tx.leaf("program.stopped", None)

    return job


def note_configuration(
    content: Mapping[str, Any], profiles: Mapping[str, str], program: str, code: str, ledger_key: str
) -> Job[bool]:
    """The job that writes down how the register is set up, where that is new; whether it was.

    ``content`` holds no secrets; ``profiles`` are receipt profiles with their SHA-256; ``code`` is that
    of the program itself, ``ledger_key`` the verifier key of the checkpoints.
    """
    fields = {
        "content": dict(content),
        "profiles": dict(profiles),
        "program": program,
        "code": code,
        "ledger_key": ledger_key,
    }
    return _when_new("configuration", fields)


def note_line(problem: str | None) -> Job[bool]:
    """The job that writes down that the line to the authority went down (why), or is back (None)."""

    def job(tx: Tx) -> bool:
        down = read_setting(tx, _LINE) is not None
        if down == (problem is not None):
            return False
        if problem is None:
            drop_setting(tx, _LINE)
            tx.leaf("line.up", None)
        else:
            write_setting(tx, _LINE, problem)
            tx.leaf("line.down", None, why=problem)
        return True

    return job


def _when_new(kind: str, fields: Mapping[str, Any]) -> Job[bool]:
    digest = sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()

    def job(tx: Tx) -> bool:
        if read_setting(tx, kind) == digest:
            return False
        write_setting(tx, kind, digest)
        tx.leaf(kind, None, **fields)
        return True

    return job
