"""The names of the schema's steps, apart from the steps: who only asks whether all were taken needs no more.

A database that knows others was made by a newer program; one that lacks some is brought up to date by
``outbox.migrations``, whose loading (sqlite-utils) a daemon that starts with today's schema does without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

SET = "thungan"
DEFINED = frozenset(
    {
        "m001_first_schema",
        "m002_doubts_and_acknowledgements",
        "m003_corrections",
        "m004_forms",
        "m005_waiting_for_buyers",
        "m006_reviews",
        "m007_order_of_delivery",
        "m008_one_for_many",
        "m009_edge_of_the_ledger",
        "m010_failures_of_packages",
        "m011_records",
        "m012_papers_without_buyers",
        "m013_keys_of_captures",
        "m014_api_requests",
        "m015_clock_of_each_series",
        "m016_archives",
        "m017_notices",
        "m018_papers_of_sales",
        "m019_orders",
    }
)


def applied_steps(connection: sqlite3.Connection) -> frozenset[str]:
    """The steps that the database has taken, where sqlite-utils notes them."""
    noted = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = '_sqlite_migrations'").fetchone()
    if not noted:
        return frozenset()
    rows = connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = ?", (SET,))
    return frozenset(name for (name,) in rows)
