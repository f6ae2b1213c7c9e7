"""Figures for Prometheus (text format 0.0.4): how the register stands, nothing of its sales' content."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from invoice.sale_json import VIETNAM
from outbox import reports
from signing.expiry import days_left

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

    from cryptography.x509 import Certificate

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def metrics_text(connection: sqlite3.Connection, folder: Path, certificate: Certificate | None) -> str:
    """Every figure with its help, as a scraper reads it."""
    now = datetime.now(UTC)
    today = reports.today(connection, now.astimezone(VIETNAM).date().isoformat())
    oldest, last = reports.oldest_unsent(connection), reports.last_sync(connection)
    figures: list[tuple[str, str, dict[str, str], float]] = [
        ("thungan_info", "the program", {"version": version("thungan")}, 1),
        ("thungan_sales_today", "invoices of this day in Viet Nam", {}, today["sales"]),
        ("thungan_total_today_dong", "their total in dong", {}, today["total"]),
        ("thungan_ledger_entries", "entries of the ledger", {}, reports.ledger_head(connection)["size"]),
        ("thungan_quarantined", "receipts that wait for a person", {}, reports.count_quarantined(connection)),
        ("thungan_disk_free_bytes", "room on the data folder's disk", {}, shutil.disk_usage(folder).free),
    ]
    figures += [
        ("thungan_invoices", "invoices that are not at their end, by state", {"state": state}, count)
        for state, count in reports.queue(connection).items()
    ]
    figures += [
        ("thungan_alarm", "alarms that stand", {"code": alarm["code"].partition(" ")[0]}, 1)
        for alarm in reports.standing(connection)
    ]
    if oldest:
        age = (now - datetime.fromisoformat(oldest)).total_seconds()
        figures.append(
            ("thungan_oldest_unsent_seconds", "age of the oldest invoice that has not left", {}, age)
        )
    if last:
        age = (now - datetime.fromisoformat(last)).total_seconds()
        figures.append(("thungan_last_answer_seconds", "since the authority's last answer", {}, age))
    if certificate is not None:
        left = days_left(certificate, now)
        figures.append(("thungan_certificate_days_left", "until the certificate expires", {}, left))
    return _text(figures)


def _text(figures: list[tuple[str, str, dict[str, str], float]]) -> str:
    lines: list[str] = []
    said: set[str] = set()
    for name, what, labels, value in figures:
        if name not in said:
            said.add(name)
            lines += [f"# HELP {name} {what}", f"# TYPE {name} gauge"]
        inside = ",".join(f'{key}="{_escaped(label)}"' for key, label in labels.items())
        lines.append(f"{name}{{{inside}}} {value:.10g}" if inside else f"{name} {value:.10g}")
    return "\n".join(lines) + "\n"


def _escaped(label: str) -> str:
    return label.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
