"""Tables of many sellers, made with DuckDB's dice: what bundles are reduced to, without the bundles.

Each seller has its own size of receipts; every ``CHEAT``th one cheats in one of the ways of ``CHEATS``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from audit.fleet.tables import open_duckdb

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

CHEAT = 100  # one seller in so many
CHEATS = ("tax_share", "void_ratio", "late_turnover", "hole_ratio", "report_gap")
DAYS = 30

_SALES = """
COPY (
    SELECT '{seller}' AS bundle, '{seller}' AS seller,
        TIMESTAMP '2026-11-01 00:00:00' + to_days(day) + to_minutes(minute) AS "at",
        total, round(total * {rate} / (1 + {rate}))::BIGINT AS tax,
        'TN' || (minute // 480)::VARCHAR AS cashier, random() < 0.004 AS late
    FROM (
        SELECT (range % {days})::INT AS day, (420 + floor(random() * 840))::INT AS minute,
            (500 + 500 * round({size} / 500
                * exp(sqrt(-2 * ln(1 - random())) * cos(6.2831853 * random()))))::BIGINT AS total
        FROM range({sales})) {lost}
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)
"""
_COUNTS = """
COPY (
    SELECT '{seller}' AS bundle, '2026-12-01' AS exported, '{seller}' AS seller,
        'CỬA HÀNG {seller}' AS name, '2026-11-01' AS first, '2026-11-30' AS last,
        {sales}::BIGINT AS captured, {sales}::BIGINT AS sales, floor(0.3 * {sales})::BIGINT AS bills,
        floor({voids})::BIGINT AS voids, floor(random() * 0.01 * {sales})::BIGINT AS refunds,
        floor(random() * 0.02 * {sales})::BIGINT AS copies,
        floor(random() * 0.04 * {sales})::BIGINT AS drawers, 0::BIGINT AS training, 0::BIGINT AS dismissed,
        floor({gap})::BIGINT AS report_gap, floor({holes})::BIGINT AS missing_receipts,
        0::BIGINT AS serious, 0::BIGINT AS look, '' AS worst
) TO '{path}' (FORMAT parquet)
"""


def make_fleet(folder: Path, sellers: int, sales: int, cheat_every: int = CHEAT) -> dict[str, str]:
    """Write the tables of so many sellers with so many sales each; the cheats, and by what they cheat."""
    cheats = {}
    with open_duckdb() as connection:
        connection.execute("SET threads = 1")  # the dice fall the same way each time
        connection.execute("SELECT setseed(0.42)")
        for number in range(sellers):
            seller = f"{4_000_000_000 + number}/1"
            cheat = ""
            if number % cheat_every == cheat_every // 2:
                cheat = cheats[seller] = CHEATS[number // cheat_every % len(CHEATS)]
            _make(connection, folder, seller, number, sales, cheat)
    return cheats


def _make(
    connection: DuckDBPyConnection, folder: Path, seller: str, number: int, sales: int, cheat: str
) -> None:
    size = 30_000 * (1 + number % 23)
    path = folder / seller.replace("/", "-")
    connection.execute(
        _SALES.format(
            seller=seller,
            rate=0.05 if cheat == "tax_share" else 0.08,
            days=DAYS,
            size=size,
            sales=sales,
            # Where turnover falls, two thirds of the last days' sales are missing.
            lost=f"WHERE NOT (day >= {DAYS * 2 // 3} AND random() < 0.67)"
            if cheat == "late_turnover"
            else "",
            path=f"{path}.sales.parquet",
        )
    )
    connection.execute(
        _COUNTS.format(
            seller=seller,
            sales=sales,
            voids=f"0.12 * {sales}" if cheat == "void_ratio" else f"random() * 0.02 * {sales}",
            holes=f"0.08 * {sales}" if cheat == "hole_ratio" else f"random() * 0.002 * {sales}",
            gap=f"0.4 * {size * sales / DAYS}" if cheat == "report_gap" else "0",
            path=f"{path}.counts.parquet",
        )
    )
