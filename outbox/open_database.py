"""The database while it is open for writing: transactions, the ledger's edge, the witness, its own file.

One thread uses it. Whatever fails in it leaves the file as it was before the transaction, or (a commit that
failed half-way) as SQLite finds it when it is opened again.
"""

from __future__ import annotations

import logging
import sqlite3
from typing import TYPE_CHECKING

from outbox.archived import find_whole_documents
from outbox.database import FileMark, last_leaf, open_writing, put_back, still_holds
from outbox.disk import database_error
from outbox.errors import DatabaseSwapped
from outbox.ledger import LedgerWriter
from outbox.witness import Seen, Witness

if TYPE_CHECKING:
    from pathlib import Path

    from outbox.settings import GroupValues

log = logging.getLogger("thungan.store")
# After these nobody knows what SQLite has of the file in memory: it is opened anew. A full disk and another
# program's lock leave it as it was.
TO_REOPEN = {
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_NOTADB,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}


class OpenDatabase:
    """Open on creation.

    Raises:
        DatabaseUnusable, DatabaseNewer: as ``open_writing``.
    """

    def __init__(self, path: Path, *, believed: bool = False) -> None:
        self._path = path
        self._open(believed=believed)

    def _open(self, *, believed: bool = False) -> None:
        self.connection = open_writing(self._path, believed=believed)
        try:
            find_whole_documents(self.connection, self._path.parent)
            self.ledger = LedgerWriter(self.connection)
            rows = self.connection.execute("SELECT name, value FROM counter").fetchall()
            self._counters = {str(name): int(value) for name, value in rows}
            self._mark = FileMark.of(self._path)
            self._witness = Witness(self._path.parent)
        except (sqlite3.Error, OSError) as error:
            self.connection.close()
            raise database_error(error, self._path) from error
        self._edge = self.ledger.frontier

    def close(self) -> None:
        """Let go of the files."""
        self._witness.close()
        try:
            self.connection.close()
        except sqlite3.Error as error:
            log.warning("%s: %s", self._path, error)

    def check_file(self, now: str) -> str | None:
        """Before anything is committed: the name still is our file's; if it is not, it is made so again.

        Gives in words what had happened, for the ledger and the shop.

        Raises:
            DatabaseSwapped: the file was written over in place.
            DatabaseUnusable: the disk does not say, or does not take the file back.
        """
        try:
            mark = FileMark.of(self._path)
        except OSError as error:
            raise database_error(error, self._path) from error
        if mark == self._mark or self._mark is None:
            return None
        if not self._mark.same_file(mark):
            return self._put_back(now)
        if not still_holds(self._path, self._edge.size, last_leaf(self.connection, self._edge.size)):
            raise DatabaseSwapped(f"{self._path} was written over by another program")
        self._mark = mark
        return None

    def begin(self) -> None:
        """Begin to write; waits a while for another program's lock."""
        self._edge = self.ledger.frontier
        self.connection.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make it durable."""
        self.connection.execute("COMMIT")
        self._edge = self.ledger.frontier

    def roll_back(self, error: BaseException) -> bool:
        """Undo what was begun; False where the file is to be opened anew, and this is closed."""
        self.ledger.rewind(self._edge)
        broken = getattr(error, "sqlite_errorcode", 0) & 0xFF in TO_REOPEN
        try:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
        except sqlite3.Error as second:
            log.warning("%s: %s", self._path, second)
            broken = True
        if broken:
            self.close()
        return not broken

    def remember(self, counters: GroupValues) -> None:
        """After a commit: tell the witness, and look at what the commit has made of the file."""
        self._counters.update(counters.written)
        self._write_witness()
        try:
            self._mark = FileMark.of(self._path) or self._mark
        except OSError as error:
            log.warning("%s: %s", self._path, error)

    def _write_witness(self) -> None:
        size = self._edge.size
        try:
            leaf = self.ledger.last.hex() if self.ledger.last else last_leaf(self.connection, size)
            self._witness.write(Seen(size, leaf, self._counters))
        except (sqlite3.Error, OSError) as error:
            log.warning("the witness of %s could not be written: %s", self._path, error)

    def _put_back(self, now: str) -> str:
        aside = put_back(self.connection, self._path, now.replace(":", ""))
        self._witness.close()
        self._open()
        what = f"was swapped (what stood there is now {aside.name})" if aside else "was deleted"
        log.error("%s %s; it was put back from memory", self._path, what)
        return f"the database {what} while it was in use; it was put back from memory"
