"""The support bundle: what a support call asks for, in one file that may be sent away.

No secrets (pass phrases, PINs, keys, tokens), no receipts, no goods, no buyers: configuration with what could
be secret taken out, the state of things in figures, the log with its older files.
"""

from __future__ import annotations

import io
import json
import platform
import shutil
import sqlite3
import sys
import tomllib
import zipfile
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from agent.log_reading import lines_to_send, log_files
from agent.redaction import SECRET, TAKEN_OUT, without_secrets
from outbox import reports
from outbox.errors import NotFound
from outbox.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_PERSONAL = frozenset({"representative", "transfer"})  # sections about people and their accounts
_PACKAGES = ("thungan", "cryptography", "httpx", "lxml", "pyserial", "starlette", "uvicorn")


def support_bundle(folder: Path, log: Iterable[str], ports: Iterable[dict[str, Any]] = ()) -> bytes:
    """A ZIP of small text files about a data folder, of a shop that may be broken in any way."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in (
            ("about.json", _json(about())),
            ("config.json", _json(shown_config(folder))),
            ("state.json", _json(_state(folder))),
            ("ports.json", _json(list(ports))),
            ("log.txt", "".join(f"{without_secrets(line)}\n" for line in log)),
        ):
            bundle.writestr(name, content)
        for file in log_files(folder):
            with suppress(NotFound), bundle.open(f"log/{file.name}", "w") as member:
                for line in lines_to_send(folder, file.name):
                    member.write(f"{line}\n".encode())
    return out.getvalue()


def about() -> dict[str, Any]:
    """The program and its computer."""
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": sys.version.partition("\n")[0],
        "platform": platform.platform(),
        "machine": platform.machine(),
        "packages": {name: _version(name) for name in _PACKAGES},
    }


def shown_config(folder: Path) -> dict[str, Any]:
    """config.toml without its comments and without what could be secret or personal."""
    try:
        data = tomllib.loads((folder / "config.toml").read_text("utf-8"))
    except (OSError, ValueError) as error:
        return {"problem": without_secrets(str(error))}
    return {
        section: TAKEN_OUT if section in _PERSONAL else _shown(values) for section, values in data.items()
    }


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: TAKEN_OUT if SECRET.search(key) else _shown(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shown(part) for part in value]
    return without_secrets(value) if isinstance(value, str) else value


def _state(folder: Path) -> dict[str, Any]:
    database = folder / "thungan.db"
    disk = shutil.disk_usage(folder)
    state: dict[str, Any] = {
        "disk": {"free": disk.free, "total": disk.total},
        "database": {part.name: part.stat().st_size for part in sorted(folder.glob("thungan.db*"))},
    }
    try:
        connection = open_reader(database)
    except Exception as error:  # noqa: BLE001 - a bundle of a broken shop is worth most
        return {**state, "problem": without_secrets(str(error))}
    try:
        state |= {
            "queue": reports.queue(connection),
            "counters": reports.counters(connection),
            "oldest_unsent": reports.oldest_unsent(connection),
            "last_sync": reports.last_sync(connection),
            "quarantined": reports.count_quarantined(connection),
            "ledger": reports.ledger_head(connection),
            "alarms": [
                {**alarm, "message": without_secrets(alarm["message"])}
                for alarm in reports.standing(connection)
            ],
        }
    except sqlite3.Error as error:
        state["problem"] = str(error)
    finally:
        connection.close()
    return state


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, default=str) + "\n"
