"""The log's files, browsed and sent: older ones too, nothing secret, nothing outside of the folder."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from agent.log_files import LOG_FILE, LOG_FOLDER
from agent.log_reading import PER_PAGE, lines_to_send, log_files, log_page
from agent.support_bundle import support_bundle
from outbox.errors import NotFound


def line(number: int, level: str = "info", what: str = "", **more: str) -> str:
    at = f"2026-11-{1 + number // 1440:02}T{number // 60 % 24:02}:{number % 60:02}:00.000+00:00"
    return json.dumps(
        {"at": at, "level": level, "where": "thungan", "what": what or f"dòng {number}", **more}
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / LOG_FOLDER).mkdir()
    write(tmp_path, LOG_FILE, *(line(number) for number in range(450, 500)))
    write(
        tmp_path,
        f"{LOG_FILE}.1",
        *(line(number, "warning" if number % 10 == 0 else "info") for number in range(450)),
    )
    return tmp_path


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / LOG_FOLDER / name).write_text("\n".join(lines) + "\n", "utf-8")


def test_files_newest_first_with_their_beginning(folder: Path) -> None:
    files = log_files(folder)
    assert [file.name for file in files] == [LOG_FILE, f"{LOG_FILE}.1"]
    assert files[0].since == "2026-11-01T07:30:00.000+00:00"
    assert log_files(folder / "nowhere") == []


def test_every_line_is_on_one_page(folder: Path) -> None:
    seen, before = [], 0
    while True:
        page = log_page(folder, f"{LOG_FILE}.1", before)
        assert len(page.entries) <= PER_PAGE
        seen += [entry.what for entry in page.entries]
        if page.older is None:
            break
        before = page.older
    assert seen == [f"dòng {number}" for number in reversed(range(450))]
    warnings = log_page(folder, f"{LOG_FILE}.1", warnings=True)
    assert len(warnings.entries) == 45
    assert log_page(folder, f"{LOG_FILE}.1", 10_000).entries == ()


@pytest.mark.parametrize(
    "name", ["../config.toml", "/etc/passwd", "thungan.jsonl.99", "", "thungan.jsonl\0", "..%2fconfig.toml"]
)
def test_nothing_else_is_read(folder: Path, name: str) -> None:
    (folder / "config.toml").write_text("secret")
    with pytest.raises(NotFound):
        log_page(folder, name)


def test_a_link_is_not_followed(folder: Path) -> None:
    (folder / "private").write_text("secret")
    (folder / LOG_FOLDER / f"{LOG_FILE}.2").symlink_to(folder / "private")
    assert f"{LOG_FILE}.2" not in [file.name for file in log_files(folder)]
    with pytest.raises(NotFound):
        list(lines_to_send(folder, f"{LOG_FILE}.2"))


def test_broken_lines_are_shown_and_nothing_secret(folder: Path) -> None:
    path = folder / LOG_FOLDER / LOG_FILE
    secrets = ("hunter2", "thg_0123456789abcdef", "048180001234", "an@example.vn")
    said = "sent to https://me:hunter2@host with thg_0123456789abcdef for 048180001234, an@example.vn"
    path.write_bytes(
        b"\xff\x00 torn " + said.encode() + b'\n{"at": "2026-11-25T0\n[1]\n"text"\n'
        + line(1, "error", said, traceback=f"Traceback\n  {said}").encode() + b"\n" + b"[" * 100_000
    )  # fmt: skip
    page = log_page(folder, LOG_FILE)
    assert len(page.entries) == 6
    assert page.entries[1].traceback.startswith("Traceback")
    bundle = zipfile.ZipFile(io.BytesIO(support_bundle(folder, [])))
    assert {f"log/{LOG_FILE}", f"log/{LOG_FILE}.1"} <= set(bundle.namelist())
    sent = bundle.read(f"log/{LOG_FILE}").decode()
    shown = repr(page)
    for secret in secrets:
        assert secret not in sent, secret
        assert secret not in shown, secret
    assert "https://" in sent
    last = bundle.read(f"log/{LOG_FILE}.1").decode().splitlines()
    assert [json.loads(one)["what"] for one in last] == [f"dòng {number}" for number in range(450)]
