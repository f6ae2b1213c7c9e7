"""The store: its database, ledger, numbers, what waits and what alarms."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.alarm_words import alarm_words
from agent.doctor.findings import Finding, Level
from agent.parts import ledger_key
from audit.ledger_check import check_ledger
from errors import ThunganError
from invoice.numbers import MAX_NUMBER
from outbox import reports
from outbox.database import lock_folder, open_reader
from outbox.errors import DataFolderBusy
from outbox.numbering import LEFT_AT_ALARM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ON_ITS_WAY, LATE = timedelta(minutes=5), timedelta(hours=12)
QUICK_LEAVES = 100_000  # of the ledger that are checked unless all are asked for
_NEEDS_NO_LINE = ("source-away", "printer-away")  # the sources have lines of their own


def daemon_runs(folder: Path) -> bool:
    """Whether a daemon has the data folder."""
    try:
        lock_folder(folder).close()
    except DataFolderBusy:
        return True
    return False


def check_daemon(*, running: bool) -> Finding:
    """Whether receipts are taken at all."""
    if running:
        return Finding.fine("daemon", "runs")
    return Finding(
        "daemon",
        Level.WARN,
        "does not run",
        "Khởi động dịch vụ thungan (Windows: Services; Linux: systemctl start thungan).",
        "Start the service thungan (Windows: Services; Linux: systemctl start thungan).",
    )


def standing_alarms(folder: Path) -> dict[str, str]:
    """The alarms that stand, with their words; none where the database cannot be read."""
    try:
        connection = open_reader(folder / "thungan.db")
    except ThunganError:
        return {}
    try:
        return {alarm["code"]: alarm["message"] for alarm in reports.standing(connection)}
    finally:
        connection.close()


def check_store(folder: Path, *, full: bool) -> Iterator[Finding]:
    """Database, ledger, queue, quarantine, numbers."""
    try:
        connection = open_reader(folder / "thungan.db")
    except ThunganError as error:
        yield Finding.of("database", error)
        return
    try:
        yield _database(connection, full=full)
        yield _ledger(connection, folder, full=full)
        yield _queue(connection)
        yield _quarantine(connection)
        yield from _numbers(connection)
    except sqlite3.Error as error:
        yield Finding(
            "database",
            Level.FAIL,
            str(error),
            "Ngừng dùng máy này để bán, gọi người cài đặt: khôi phục từ bản sao lưu (thungan restore).",
            "Stop selling on this computer and call your installer: restore a backup (thungan restore).",
        )
    finally:
        connection.close()


def _database(connection: sqlite3.Connection, *, full: bool) -> Finding:
    invoices = reports.last_invoice(connection)
    if not full:
        return Finding.fine("database", f"{invoices:,} invoices (every page: --full)")
    wrong = reports.damage(connection)
    if wrong is None:
        return Finding.fine("database", f"{invoices:,} invoices, every page whole")
    return Finding(
        "database",
        Level.FAIL,
        wrong,
        "Khôi phục từ bản sao lưu (thungan restore).",
        "Restore a backup (thungan restore).",
    )


def _ledger(connection: sqlite3.Connection, folder: Path, *, full: bool) -> Finding:
    head = reports.ledger_head(connection)
    if head["size"] > QUICK_LEAVES and not full:
        return Finding.fine("ledger", f"{head['size']:,} entries (checked whole with --full)")
    report = check_ledger(connection, ledger_key(folder).public_key())
    if report.verified:
        return Finding.fine("ledger", f"{report.size:,} entries, all verify")
    return Finding(
        "ledger",
        Level.FAIL,
        f"{len(report.problems)} problems: {report.problems[0]}",
        "Không sửa gì trong thư mục dữ liệu. Gọi người cài đặt.",
        "Change nothing in the data folder. Call your installer.",
    )


def _queue(connection: sqlite3.Connection) -> Finding:
    waiting = {name: count for name, count in reports.queue(connection).items() if count}
    oldest = reports.oldest_unsent(connection)
    said = ", ".join(f"{count} {name}" for name, count in waiting.items()) or "nothing waits"
    if waiting.get("refused") or waiting.get("held"):
        return Finding(
            "queue",
            Level.FAIL,
            said,
            "Xem hóa đơn bị từ chối hoặc tạm giữ: thungan invoice list --state refused (held).",
            "Look at what was refused or held: thungan invoice list --state refused (held).",
        )
    age = datetime.now(UTC) - datetime.fromisoformat(oldest) if oldest else timedelta()
    if age <= ON_ITS_WAY:
        return Finding.fine("queue", said)
    return Finding(
        "queue",
        Level.FAIL if age > LATE else Level.WARN,
        f"{said}, the oldest for {_words(age)}",
        "Hóa đơn phải đến cơ quan thuế trong ngày: xem các dòng về mạng bên dưới.",
        "Invoices have to reach the authority on their day: see the lines about the network.",
    )


def _words(age: timedelta) -> str:
    hours = age.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours > 48 else f"{hours:.0f} hours" if hours >= 1 else "minutes"


def _quarantine(connection: sqlite3.Connection) -> Finding:
    count = reports.count_quarantined(connection)
    if not count:
        return Finding.fine("quarantine", "nothing waits for a person")
    return Finding(
        "quarantine",
        Level.WARN,
        f"{count} receipts wait for a person",
        "Xem và quyết định: trang của cửa hàng, hoặc thungan quarantine list.",
        "Look and decide: the shop's page, or thungan quarantine list.",
    )


def _numbers(connection: sqlite3.Connection) -> Iterator[Finding]:
    for name, value in reports.counters(connection).items():
        kind, _, series = name.partition(":")
        if kind != "number":
            continue
        left = MAX_NUMBER - value
        if left >= LEFT_AT_ALARM:
            yield Finding.fine("numbers", f"{series}: {value:,} used")
        else:
            yield Finding(
                "numbers",
                Level.WARN,
                f"{series}: {left:,} left",
                "Đăng ký hai chữ khác cho ký hiệu và sửa [register] letters.",
                "Register other letters for the symbol and change [register] letters.",
            )


def check_alarms(alarms: dict[str, str]) -> Iterator[Finding]:
    """Each alarm that stands, with what to do about it."""
    shown = {code: words for code, words in alarms.items() if not code.startswith(_NEEDS_NO_LINE)}
    if not shown:
        yield Finding.fine("alarms", "none")
    for code, message in shown.items():
        vi, en = (alarm_words(code, message, language) for language in ("vi", "en"))
        yield Finding(
            "alarm", Level.FAIL if en.needs_you else Level.WARN, f"{code}: {message}", vi.to_do, en.to_do
        )
