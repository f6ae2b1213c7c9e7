"""Status and look-ups with ten thousand and with a million invoices stored: milliseconds, and how they grow.

The rows are put in directly, with short documents: what is measured are the indexes. A thousand invoices wait
to be delivered.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outbox import reports
from outbox.packages import due_packages
from outbox.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (10_000, 1_000_000)
PENDING = 1_000
GOAL_MS = 5.0
ROUNDS = 15
# Spread over 300 days, of which the last is asked for: a million are 3,333 on that day.
_DAY = "date('2026-01-01', '+' || ((n - 1) * 300 / :count) || ' days')"
_FILL = """
INSERT INTO sale (id, receipt_no, total, content, recorded_at)
    SELECT n, 'HD' || n, 50000, '{}', '2026' FROM numbers;
INSERT INTO invoice (id, sale_id, form, symbol, number, code, day, total, issued_at, state, state_at, batch,
    qr, sha256, document)
    SELECT n, n, 1, 'C26MAA', n, printf('M1-26-BENCH-%011d', n), DAY, 50000, DAY || 'T01:00:00.000Z',
    CASE WHEN n > :count - :pending THEN 'issued' ELSE 'accepted' END, '2026', 100000, '', '', x'00'
    FROM numbers;
INSERT INTO capture (id, source, captured_at, ended_by, sha256, data, state, kind, sale_id)
    SELECT n, 'bench', '2026', 'cut', '', x'00', 'sale', 'sale', n FROM numbers;
INSERT INTO leaf (seq, kind, body, hash)
    SELECT n - 1, 'invoice.issued', '{}', zeroblob(32) FROM numbers;
INSERT INTO package (id, message_id, built_at, invoices, state, state_at, due_at, sha256, document)
    SELECT n, 'K' || n, '2026', 400, 'decided', '2026', '2026', '', x'00' FROM numbers
    WHERE n <= :count / 400;
INSERT INTO answer (id, kind, received_at, outcome, sha256, document)
    SELECT n, 'Notice', '2026', 'decided', 'x' || n, x'00' FROM numbers WHERE n <= :count / 200
""".replace("DAY", _DAY).split(";\n")
_NUMBERS = (
    "CREATE TEMP TABLE numbers AS WITH RECURSIVE one(n) AS"
    " (SELECT 1 UNION ALL SELECT n + 1 FROM one WHERE n < :count) SELECT n FROM one"
)


def measure() -> dict[str, Any]:
    """Medians for each size, and the growth between them."""
    found: dict[str, list[float]] = {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as name:
            for what, milliseconds in _measured(Path(name), size).items():
                found.setdefault(what, []).append(milliseconds)
    return {
        f"{what}_with_a_million": {
            "value": round(values[-1], 2),
            "unit": f"ms (goal {GOAL_MS:g}; {values[0]:.2f} ms with 10,000)",
            "ratios": {"growth_10^4_to_10^6": round(values[-1] / values[0], 2)},
        }
        for what, values in found.items()
    }


def _measured(folder: Path, size: int) -> dict[str, float]:
    Store(folder).close()
    with closing(sqlite3.connect(folder / "thungan.db")) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        connection.execute(_NUMBERS, {"count": size})
        for statement in _FILL:
            given = {"count": size, "pending": PENDING}
            connection.execute(statement, {k: v for k, v in given.items() if f":{k}" in statement})
        connection.commit()
    store = Store(folder)
    store.run(lambda tx: tx.leaf("bench", None))
    name, number = f"M1-26-BENCH-{size // 2:011d}", f"C26MAA-{size // 3}"
    try:
        with closing(store.reader()) as reader:
            (today,) = reader.execute("SELECT MAX(day) FROM invoice").fetchone()
            looks: dict[str, Callable[[], object]] = {
                "status": lambda: _status(reader, today),
                "invoice_by_code": lambda: reports.find_invoice(reader, name),
                "invoice_by_number": lambda: reports.find_invoice(reader, number),
                "paper_of_invoice": lambda: reports.paper_of(reader, size // 2),
                "pending": lambda: store.run(due_packages(10)),
            }
            return {what: _median(look) for what, look in looks.items()}
    finally:
        store.close()


def _status(reader: sqlite3.Connection, today: str) -> None:
    """What ``thungan status`` and the first page ask."""
    reports.today(reader, today)
    reports.queue(reader)
    reports.oldest_unsent(reader)
    reports.last_sync(reader)
    reports.ledger_head(reader)
    reports.alarms(reader)
    reports.latest(reader, 12)


def _median(look: Callable[[], object]) -> float:
    seconds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        look()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


if __name__ == "__main__":
    from bench.report import show

    sys.exit(show(measure()))
