"""One update as a table of steps, each written down before the next begins: a power cut costs nothing.

What a step needs stands in ``progress.json``; whoever comes next (the timer, the next start of the computer)
goes on from there. Going back is such a way too. An update that failed is not tried again.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from agent.updating.errors import NeedsPerson, StepFailed
from outbox.crash_points import crash_point

if TYPE_CHECKING:
    from pathlib import Path

    from agent.updating.places import Place

log = logging.getLogger("thungan.update")


class Step(StrEnum):
    """What has been done. ``failed`` means that the way back has begun."""

    DOWNLOADED = "downloaded"
    SAVED = "saved"
    INSTALLED = "installed"
    CHECKED = "checked"
    FAILED = "failed"
    DONE = "done"
    PUT_BACK = "put back"
    STUCK = "stuck"


_S = Step
NEXT: dict[Step, tuple[Step, ...]] = {
    _S.DOWNLOADED: (_S.SAVED, _S.PUT_BACK),  # where not even the copy can be made, nothing has changed
    _S.SAVED: (_S.INSTALLED, _S.FAILED),
    _S.INSTALLED: (_S.CHECKED, _S.FAILED),
    _S.CHECKED: (_S.DONE, _S.FAILED),
    _S.FAILED: (_S.PUT_BACK, _S.STUCK),
}
ENDS = (_S.DONE, _S.PUT_BACK, _S.STUCK)


@dataclass(frozen=True, slots=True)
class Progress:
    """An update under way: from which version to which, by which packages, and how far it is."""

    version: str
    package: str
    before: str
    package_before: str | None
    step: Step = Step.DOWNLOADED
    problem: str = ""


class Update:
    """The updates of one machine. ``data`` is the shop's data folder, ``state`` the administrator's own."""

    def __init__(self, state: Path, data: Path, place: Place) -> None:
        self._path = state / "progress.json"
        self._data = data
        self._place = place

    def under_way(self) -> Progress | None:
        """What a power cut has left half done."""
        progress = self.last()
        return progress if progress and progress.step not in ENDS else None

    def last(self) -> Progress | None:
        """The last update, whatever became of it."""
        try:
            said = json.loads(self._path.read_text("utf-8"))
            return Progress(**{**said, "step": Step(said["step"])})
        except (OSError, ValueError, KeyError, TypeError):
            return None  # never begun; a file is replaced whole, so that it cannot be half

    def run(self, progress: Progress) -> Progress:
        """Go on to an end.

        Raises:
            StepFailed: it failed and the version before is back in place.
            NeedsPerson: it failed and cannot go back.
        """
        self._write(progress)
        while progress.step not in ENDS:
            after, problem = self._step(progress)
            if after not in NEXT[progress.step]:
                raise AssertionError(f"an update does not go from {progress.step} to {after}")
            progress = replace(progress, step=after, problem=problem or progress.problem)
            self._write(progress)
            log.info("update to %s: %s %s", progress.version, progress.step, problem)
        if progress.step is Step.PUT_BACK:
            raise StepFailed(f"the update to {progress.version} was taken back: {progress.problem}")
        if progress.step is Step.STUCK:
            raise NeedsPerson(f"the update to {progress.version} failed: {progress.problem}")
        return progress

    def _step(self, progress: Progress) -> tuple[Step, str]:
        """Do the next step; the one that is reached, and the problem if there was one."""
        try:
            match progress.step:
                case Step.DOWNLOADED:
                    return self._save()
                case Step.SAVED:
                    self._place.install(self._file(progress.package), progress.version)
                    crash_point("update.installed")
                    return Step.INSTALLED, ""
                case Step.INSTALLED:
                    self._shop("check")
                    crash_point("update.checked")
                    return Step.CHECKED, ""
                case Step.CHECKED:
                    self._place.start()
                    crash_point("update.started")
                    return Step.DONE, ""
                case _:
                    return self._go_back(progress)
        except StepFailed as error:
            return (Step.STUCK if progress.step is Step.FAILED else Step.FAILED), error.message

    def _save(self) -> tuple[Step, str]:
        self._place.stop()
        try:
            self._shop("save")
        except StepFailed as error:
            self._place.start()
            return Step.PUT_BACK, error.message
        crash_point("update.saved")
        return Step.SAVED, ""

    def _go_back(self, progress: Progress) -> tuple[Step, str]:
        """The program of before, and the database of before where nothing was sold with the new one."""
        self._place.stop()
        package = self._file(progress.package_before) if progress.package_before else None
        self._place.put_back(progress.before, package)
        crash_point("update.program-back")
        try:
            self._shop("restore")
        except StepFailed as error:
            # The old program cannot read what the new one has sold with: the new one goes on instead.
            self._place.install(self._file(progress.package), progress.version)
            self._place.start()
            return Step.STUCK, f"{progress.problem}; {error.message}"
        crash_point("update.data-back")
        self._place.start()
        return Step.PUT_BACK, ""

    def _shop(self, step: str) -> None:
        self._place.as_shop("update", step, "--data", str(self._data))

    def _file(self, name: str) -> Path:
        return self._path.parent / "downloads" / name

    def _write(self, progress: Progress) -> None:
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            json.dump(asdict(progress), file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        crash_point(f"update.{progress.step}")
