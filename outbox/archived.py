"""Documents that have gone to archives, found by every reader in their old places.

A connection learns ``whole(bytes, kind, id)``: the bytes, or, where they are empty, those in the archive. On
connections that only read, views of the same names stand before the tables, so no query has to know.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from outbox.errors import ArchiveDamaged

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

ARCHIVES = "archive"  # the folder of closed months, in the data folder and in the backup place
ARCHIVED_COLUMNS = {
    "invoice": "document",
    "package": "document",
    "answer": "document",
    "capture": "data",
    "invoice_order": "document",
    "provider_answer": "document",
    "provider_paper": "document",
}
log = logging.getLogger("thungan.archive")


def find_whole_documents(connection: sqlite3.Connection, folder: Path) -> None:
    """Teach the connection ``whole``; ``folder``: the data folder."""

    def whole(content: bytes | None, kind: str, row_id: int) -> bytes | None:
        if content is None or len(content) > 0:
            return content
        row = connection.execute(
            "SELECT name, block FROM archived JOIN archive ON archive.id = archive_id"
            " WHERE kind = ? AND row_id = ?",
            (kind, row_id),
        ).fetchone()
        if row is None:
            return content
        from outbox.archive_file import read_document  # late: it is seldom wanted

        try:
            return read_document(folder / ARCHIVES / row[0], row[1], kind, row_id)
        except (ArchiveDamaged, OSError) as error:
            log.warning("%s", error)  # and the audit says that the document is not what the ledger holds
            return content

    connection.create_function("whole", 3, whole)


def look_into_archives(connection: sqlite3.Connection, folder: Path) -> None:
    """The same for a connection that only reads, with views where months have gone."""
    find_whole_documents(connection, folder)
    if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'archived'").fetchone():
        return
    if not connection.execute("SELECT 1 FROM archived LIMIT 1").fetchone():
        return
    for table, column in ARCHIVED_COLUMNS.items():
        names = [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]
        if not names:
            continue  # a database that an earlier version has made
        columns = ", ".join(
            f"whole({column}, '{table}', id) AS {column}" if name == column else name for name in names
        )
        connection.execute(f"CREATE TEMP VIEW {table} AS SELECT {columns} FROM main.{table}")  # noqa: S608
