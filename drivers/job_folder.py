"""A folder that finished print jobs come into: of a CUPS backend, a port that writes files, a spooler.

A job is taken when nobody has written to it for a while and its end is there; one whose end does not come is
taken as broken. Its bytes are kept in the store first; then the file is moved into ``processed`` or deleted.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

from drivers.captured import Captured, Identity
from drivers.errors import FileUnfit
from drivers.jobs import form_of, unfinished
from drivers.jobs.job import MAX_JOB

if TYPE_CHECKING:
    from collections.abc import Callable

    from drivers.memory import Memory
    from drivers.uri import JobsAddress

PROCESSED = "processed"
ENDINGS = (".pdf", ".xps", ".oxps", ".emf", ".spl", ".ps", ".prn")
PATIENCE = 60.0  # seconds for the end of a job to come
OLD = 2 * 86_400  # seconds: a job of days ago may have its invoice already
_UNDONE = ("~$*", ".*", "*.tmp", "*.part", "*.lock", "*.shd")


@dataclass(slots=True)
class _Job:
    """A file that waits. ``since``: since when it has been as it is."""

    size: int
    modified: int
    since: float
    done: bool = False


class JobWatcher:
    """Looks into one folder. ``take`` gets each job; ``touch``: files may be moved."""

    def __init__(
        self,
        address: JobsAddress,
        memory: Memory,
        take: Callable[[Captured], object],
        *,
        touch: bool = True,
    ) -> None:
        self.every = address.every
        self._address, self._memory, self._take, self._touch = address, memory, take, touch
        self._folder = Path(address.path)
        self._waiting: dict[str, _Job] = {}

    def look(self) -> None:
        """Take the jobs that are done, oldest first; as ``Watcher.look``."""
        self._see()
        problems = []
        for name, job in sorted(self._waiting.items(), key=lambda one: (one[1].modified, one[0])):
            if job.done or time.monotonic() - job.since < self._address.settle:
                continue
            try:
                self._import(name, job)
            except FileNotFoundError:
                continue  # the spooler has taken it away again
            except (FileUnfit, OSError) as error:
                problems.append(error.message if isinstance(error, FileUnfit) else f"{name}: {error}")
        if problems:
            raise FileUnfit("; ".join(problems[:5]))

    def close(self) -> None:
        """Nothing stays open between looks."""

    def _see(self) -> None:
        now, there = time.monotonic(), {}
        with os.scandir(self._folder) as entries:
            for entry in entries:
                folded = entry.name.lower()
                if not folded.endswith(ENDINGS) or any(fnmatch(folded, one) for one in _UNDONE):
                    continue
                if not entry.is_file(follow_symlinks=False):
                    continue
                status = entry.stat(follow_symlinks=False)
                before = self._waiting.get(entry.name)
                same = before and (before.size, before.modified) == (status.st_size, status.st_mtime_ns)
                there[entry.name] = (
                    before if before and same else _Job(status.st_size, status.st_mtime_ns, now)
                )
        self._waiting = there

    def _import(self, name: str, job: _Job) -> None:
        path = self._folder / name
        if job.size > MAX_JOB:
            raise FileUnfit(f"{name}: more than {MAX_JOB >> 20} MB, far more than a receipt")
        data = path.read_bytes()
        status = path.stat()
        if (len(data), status.st_size, status.st_mtime_ns) != (job.size, job.size, job.modified):
            return  # written to while it was read
        if why := unfinished(data):
            if time.monotonic() - job.since < PATIENCE:
                raise FileUnfit(f"{name}: {why}")
            ended_by = "broken"
        else:
            ended_by = "old" if time.time() - status.st_mtime > OLD else "job"
        digest = hashlib.sha256(data).hexdigest()
        # The same file after a crash is known by its time; the same bytes in a later file are printed again.
        key = f"{digest[:32]} {job.modified}"
        if ended_by == "job" and any(known != key for known in self._memory.taken(digest, 0)):
            ended_by = "again"
        mark = job.modified // 1_000_000_000
        self._take(Captured(data, ended_by, form_of(data), name, Identity(key, digest, mark)))
        if self._memory.digest(key) is None and self._touch:
            raise FileUnfit(f"{name}: it could not be kept; it stays where it is")
        self._put_away(path)
        job.done = True

    def _put_away(self, path: Path) -> None:
        if not self._touch:
            return
        if self._address.delete:
            path.unlink()
            return
        target = self._folder / PROCESSED / path.name
        target.parent.mkdir(exist_ok=True)
        number = 1
        while target.exists():  # nothing is ever overwritten
            number += 1
            target = target.with_name(f"{path.stem} ({number}){path.suffix}")
        path.rename(target)
