"""The log of a running daemon: lines for people on standard error, JSON lines in the data folder.

Under systemd each line begins with its level (``<4>``, sd-daemon), so that the journal knows it. The file is
one JSON object a line, of 2 MB, and the five before it; whoever may read the data folder may read it. Neither
holds secrets, goods or buyers: what is logged are numbers, states and errors.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LOG_FOLDER, LOG_FILE = "log", "thungan.jsonl"
MOST_BYTES, OLDER = 2_000_000, 5
_JOURNAL = {logging.DEBUG: 7, logging.INFO: 6, logging.WARNING: 4, logging.ERROR: 3, logging.CRITICAL: 2}


def set_up_log(folder: Path | None) -> None:
    """Log to standard error and, where there is a ``folder`` that can be written, into its files."""
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    journal = "JOURNAL_STREAM" in os.environ
    handlers[0].setFormatter(_ForJournal() if journal else logging.Formatter(_FOR_PEOPLE))
    if folder is not None:
        try:
            (folder / LOG_FOLDER).mkdir(mode=0o700, exist_ok=True)
            path = folder / LOG_FOLDER / LOG_FILE
            files = _Quiet(path, maxBytes=MOST_BYTES, backupCount=OLDER, encoding="utf-8", delay=True)
            files.setFormatter(_AsJson())
            handlers.append(files)
        except OSError as error:
            sys.stderr.write(f"no log file in {folder}: {error}\n")
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    for noisy in ("apscheduler", "httpx"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


_FOR_PEOPLE = "%(asctime)s %(levelname)s %(message)s"


class _Quiet(RotatingFileHandler):
    """A full or lost disk costs log lines, never a receipt, and fills no other log with tracebacks."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """The line is lost."""


class _ForJournal(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """The journal has the time already."""
        level = _JOURNAL.get(record.levelno, 5)
        return "\n".join(f"<{level}>{line}" for line in super().format(record).splitlines())


class _AsJson(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One object: time (UTC), level, where, what; the traceback where there is one."""
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "where": record.name,
            "what": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            entry["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(entry, ensure_ascii=False)
