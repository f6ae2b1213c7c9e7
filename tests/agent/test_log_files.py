"""The log: JSON lines in the data folder, rotated, and nothing lost when the disk is."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest

from agent import log_files
from agent.log_files import LOG_FILE, LOG_FOLDER, set_up_log


@pytest.fixture(autouse=True)
def _as_before() -> object:  # type: ignore[misc]
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in before:
            handler.close()
    root.handlers[:] = before
    root.setLevel(level)


def test_lines_are_objects_and_files_are_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_files, "MOST_BYTES", 2_000)
    set_up_log(tmp_path)
    log = logging.getLogger("thungan")
    for number in range(200):
        log.warning("số %d", number)
    try:
        raise ValueError("no")
    except ValueError:
        log.exception("it failed")
    files = sorted((tmp_path / LOG_FOLDER).iterdir())
    assert len(files) == 6
    assert all(path.stat().st_size <= 2_200 for path in files)
    last = json.loads((tmp_path / LOG_FOLDER / LOG_FILE).read_text("utf-8").splitlines()[-1])
    assert (last["level"], last["where"], last["what"]) == ("error", "thungan", "it failed")
    assert "ValueError: no" in last["traceback"]


def test_a_folder_that_is_not_there_costs_only_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    set_up_log(tmp_path / "file")
    logging.getLogger("thungan").warning("still said")
    assert "still said" in capsys.readouterr().err


def test_the_journal_hears_levels() -> None:
    said = subprocess.run(
        [sys.executable, "-c", SAY], env={"JOURNAL_STREAM": "8:1"}, capture_output=True, text=True, check=True
    ).stderr
    assert said == "<6>one\n<3>two\n<3>lines\n"


SAY = f"""
import sys
sys.path[:0] = {sys.path!r}
from agent.log_files import set_up_log
import logging
set_up_log(None)
logging.getLogger("thungan").info("one")
logging.getLogger("thungan").error("two\\nlines")
"""
