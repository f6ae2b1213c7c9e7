"""A seller's two tables: every sale in seven columns, and one row of counts. DuckDB writes them as Parquet.

Sales: ``seller`` (tax code and register), ``at`` (Vietnam time), ``total``, ``tax`` (dong), ``cashier``,
``late``. Counts: what the analysis of the bundle counted, and how many findings of each weight it made. Both
name the ``bundle`` they are from: of two that overlap, the one exported later counts.
"""

from __future__ import annotations

import csv
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from audit.dossier import VIETNAM, Fate
from audit.errors import FleetUnavailable
from audit.findings import Weight

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from duckdb import DuckDBPyConnection

    from audit.analysis import Analysis
    from audit.dossier import Dossier

MEMORY = "1GB"  # what DuckDB may use; what needs more goes to disk
SALES_COLUMNS = {
    "bundle": "VARCHAR",
    "seller": "VARCHAR",
    "at": "TIMESTAMP",
    "total": "BIGINT",
    "tax": "BIGINT",
    "cashier": "VARCHAR",
    "late": "BOOLEAN",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """One row for each bundle; a seller's are added up, and ratios made of them, later."""

    bundle: str
    exported: str
    seller: str
    name: str
    first: str
    last: str
    captured: int
    sales: int
    bills: int
    voids: int
    refunds: int
    copies: int
    drawers: int
    training: int
    dismissed: int
    report_gap: int  # dong that reports show more than was captured
    missing_receipts: int
    serious: int
    look: int
    worst: str  # names of the serious findings, with commas


def seller_of(dossier: Dossier) -> str:
    """Tax code and register, which name a seller's table."""
    return f"{dossier.tax_code}/{dossier.register}"


def count_up(dossier: Dossier, analysis: Analysis, bundle: str) -> Counts:
    """The seller's row."""
    serious = sorted({finding.name for finding in analysis.serious})
    return Counts(
        bundle=bundle,
        exported=dossier.exported_at.isoformat(),
        seller=seller_of(dossier),
        name=dossier.seller,
        first=dossier.since.isoformat(),
        last=dossier.until.isoformat(),
        captured=len(dossier.papers),
        sales=len(dossier.sales),
        bills=analysis.provisional.shown,
        voids=len(analysis.provisional.unpaid),
        refunds=len(analysis.papers.refunds),
        copies=len(analysis.papers.copies),
        drawers=len(analysis.papers.drawers_alone),
        training=len(analysis.papers.training),
        dismissed=sum(paper.fate is Fate.RESOLVED_NOTHING for paper in dossier.papers),
        report_gap=max((max(0, one.difference) for one in analysis.day_reports), default=0),
        missing_receipts=sum(hole.size for hole in analysis.numbers.receipts),
        serious=len(analysis.serious),
        look=sum(finding.weight is Weight.LOOK for finding in analysis.findings),
        worst=",".join(serious),
    )


def write_tables(dossier: Dossier, analysis: Analysis, folder: Path, name: str) -> None:
    """Write ``NAME.sales.parquet`` and ``NAME.counts.parquet``; they are whole or not there."""
    seller = seller_of(dossier)
    sales = (
        (
            name,
            seller,
            f"{invoice.issued_at.astimezone(VIETNAM):%Y-%m-%d %H:%M:%S}",
            invoice.total,
            invoice.tax,
            invoice.cashier or "",
            invoice.reached_at is None
            or invoice.reached_at.astimezone(VIETNAM).date()
            > max(invoice.day, invoice.issued_at.astimezone(VIETNAM).date()),
        )
        for invoice in dossier.sales
    )
    counts = count_up(dossier, analysis, name)
    columns = {one.name: "BIGINT" if one.type in {"int", int} else "VARCHAR" for one in fields(Counts)}
    with open_duckdb() as connection:
        _write(connection, SALES_COLUMNS, sales, folder / f"{name}.sales.parquet")
        _write(connection, columns, [tuple(asdict(counts).values())], folder / f"{name}.counts.parquet")


@contextmanager
def open_duckdb(spill: Path | None = None) -> Iterator[DuckDBPyConnection]:
    """DuckDB in memory, held to ``MEMORY``; ``spill``: where it may put what does not fit.

    Raises:
        FleetUnavailable: DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise FleetUnavailable("DuckDB is not installed") from error
    connection = duckdb.connect(":memory:")
    try:
        connection.execute(f"SET memory_limit = '{MEMORY}'")
        connection.execute("SET preserve_insertion_order = false")
        if spill is not None:
            connection.execute("SET temp_directory = ?", [str(spill)])
        yield connection
    finally:
        connection.close()


def _write(
    connection: DuckDBPyConnection,
    columns: dict[str, str],
    rows: Iterable[tuple[object, ...]],
    path: Path,
) -> None:
    """Rows to Parquet, by way of a CSV file: DuckDB reads that faster than it takes rows one by one."""
    with TemporaryDirectory() as folder:
        text = Path(folder) / "rows.csv"
        with text.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(rows)
        part = path.with_name(path.name + ".part")
        connection.read_csv(
            str(text), header=False, columns=columns, delimiter=",", quotechar='"'
        ).write_parquet(str(part), compression="zstd")
        part.replace(path)
