"""A register program's own database, read with a query of the shop's mapping, and never written.

Each look asks for what lies above a mark, less a window behind the last one: rows that were committed late,
and rows that have changed, are met there. A bill is taken when two looks find the same, so that one that is
still being written is not taken half. What was taken and is not in its window any more has vanished.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from drivers.errors import DatabaseAway
from drivers.memory import Position
from drivers.tables.cells import words_of
from drivers.tables.files import found_of
from drivers.tables.mapping import plain
from drivers.tables.record import captured

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

    from drivers.captured import Captured
    from drivers.memory import Memory
    from drivers.tables.mapping import Mapping, Query
    from drivers.uri import DatabaseAddress

MOST_ROWS = 20_000  # of one look; what is more comes with the next
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - marks of time are the database's own, without a zone
_DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "mariadb": "mariadb+pymysql",
    "sqlserver": "mssql+pymssql",
}
_LONGEST_QUERY = 30  # seconds
_CONNECT_WAITS = 5  # seconds


class DatabaseWatcher:
    """Looks into one database. ``password`` is asked when connecting and kept nowhere; ``recent``: begin a
    window before the newest, to see something at once (a test of the source)."""

    def __init__(
        self,
        address: DatabaseAddress,
        mapping: Mapping,
        memory: Memory,
        take: Callable[[Captured], object],
        password: Callable[[], str] = str,
        *,
        recent: bool = False,
    ) -> None:
        if mapping.query is None:
            raise DatabaseAway(f"the mapping {mapping.name} has no [query]: it is not for a database")
        self.every = address.every
        self._address, self._mapping, self._memory, self._take = address, mapping, memory, take
        self._query: Query = mapping.query
        self._password, self._recent = password, recent
        self._engine: Engine | None = None
        self._before: dict[str, str] = {}  # new records of the last look, by key
        self._missed: set[str] = set()
        self._ahead: int | None = None

    def look(self) -> None:
        """As ``Watcher.look``."""
        position = self._memory.position() or self._begin()
        low = max(position.floor, position.last - self._step * self._query.window)
        if (still_open := self._memory.oldest_open()) is not None:
            low = max(position.floor, min(low, still_open - 1))
        if self._ahead is not None:
            low = self._ahead
        rows = self._ask(self._query.sql, low)
        whole = len(rows) <= MOST_ROWS
        now, seen, settled = {}, set(), True
        last, settled_to = position.last, low
        for key, mark, one in self._records(rows if whole else rows[:-1], cut=not whole):
            seen.add(key)
            digest = sha256(one.data).hexdigest()
            if self._memory.digest(key) != digest:
                if self._before.get(key) != digest:
                    now[key] = digest
                    settled = False
                    continue
                self._take(one)
            if settled:
                last, settled_to = max(last, mark), mark
        self._before = now
        # More than one look takes: the next goes on where this one has settled, then the window comes again.
        done = whole and (settled or self._ahead is None)
        self._ahead = None if done else settled_to
        # Until all of a look is settled, the window stays where its first unsettled bill can be met again.
        if last != position.last:
            self._memory.reached(Position(position.floor, last))
        self._find_vanished(seen, low if whole else None)

    def close(self) -> None:
        """As ``Watcher.close``."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    @property
    def _step(self) -> int:
        return 1_000_000 if self._query.by_time else 1

    def _begin(self) -> Position:
        """Where the first look begins: what is older has its invoices."""
        if self._query.start is not None and not self._recent:
            floor = self._query.start * self._step
        elif self._query.newest:
            newest = self._ask(self._query.newest, None)
            value = next(iter(newest[0].values())) if newest else None
            floor = 0 if value is None else self._mark(value)
            if self._recent:
                floor -= self._step * self._query.window
        else:
            floor = (self._query.start or 0) * self._step
        position = Position(floor, floor)
        self._memory.reached(position)
        return position

    def _records(self, rows: list[dict[str, Any]], *, cut: bool) -> Iterator[tuple[str, int, Captured]]:
        """Rows with the same key are one bill; the last one may go on in rows that were cut off."""
        names = [column.casefold() for column in self._mapping.key]

        def key(row: dict[str, Any]) -> tuple[str, ...]:
            by_name = {plain(name): value for name, value in row.items()}
            return tuple(words_of(by_name.get(name)) for name in names)

        groups = [list(group) for _, group in itertools.groupby(rows, key)]
        for group in groups[:-1] if cut and len(groups) > 1 else groups:
            mark = self._mark_of(group[0])
            origin = f"{Path(self._address.database).name} row {words_of(group[0].get(self._query.mark))}"
            found = found_of(group, self._mapping, origin)
            one = captured(found, self._mapping, datetime.now(UTC), mark=mark)
            assert one.identity is not None  # noqa: S101 - for the type checker: captured gives each its identity
            yield one.identity.key, mark, one

    def _find_vanished(self, seen: set[str], low: int | None) -> None:
        """What was taken from the window and is not there in two looks."""
        if low is None:
            return
        missing = {key for key in self._memory.taken("", low + 1) if key not in seen}
        for key in missing & self._missed:
            self._memory.vanished(key)
        self._missed = missing

    def _mark_of(self, row: dict[str, Any]) -> int:
        if self._query.mark not in row:
            raise DatabaseAway(f"the query gives no column {self._query.mark!r} for its mark")
        return self._mark(row[self._query.mark])

    def _mark(self, value: Any) -> int:
        """A mark as a whole number; of a time the microseconds of its database's own clock."""
        try:
            if not self._query.by_time:
                return int(value)
            moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except (TypeError, ValueError) as error:
            raise DatabaseAway(f"{value!r} is no mark: is marks = in [query] right?") from error
        if moment.tzinfo is not None:
            moment = moment.astimezone(ZoneInfo(self._mapping.zone)).replace(tzinfo=None)
        return (moment - _EPOCH) // timedelta(microseconds=1)

    def _bound(self, mark: int) -> Any:
        if not self._query.by_time:
            return mark
        moment = _EPOCH + timedelta(microseconds=max(0, mark))
        return moment.isoformat(" ") if self._address.kind == "sqlite" else moment

    def _ask(self, sql: str, mark: int | None) -> list[dict[str, Any]]:
        """Rows of a query, one more than a look takes where there are as many. The transaction is over then.

        Raises:
            DatabaseAway: with what the database says.
        """
        try:
            from sqlalchemy import text
            from sqlalchemy.exc import SQLAlchemyError
        except ImportError as error:
            raise DatabaseAway("databases need SQLAlchemy: pip install thungan[database]") from error
        try:
            if self._engine is None:
                self._engine = self._open()
            with self._engine.connect() as connection:
                self._only_read(connection)
                values = {} if mark is None else {"mark": self._bound(mark)}
                result = connection.execute(text(sql), values)
                names = list(result.keys())
                rows = result.fetchmany(MOST_ROWS + 1)
                found = [dict(zip(names, row, strict=True)) for row in rows]
                result.close()
                connection.rollback()
        except SQLAlchemyError as error:
            self.close()
            said = getattr(error, "orig", None) or error
            words = str(said.args[-1] if said.args else said).splitlines() or [type(said).__name__]
            raise DatabaseAway(f"{self._address.name}: {words[0][:300]}") from None
        except (OSError, ImportError) as error:
            self.close()
            raise DatabaseAway(f"{self._address.name}: {error}") from None
        if len(set(names)) != len(names):
            raise DatabaseAway("the query gives two columns of one name: name them with AS")
        return found

    def _only_read(self, connection: Connection) -> None:
        if self._address.kind == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")

    def _open(self) -> Engine:
        from sqlalchemy import URL, create_engine
        from sqlalchemy.pool import NullPool

        address = self._address
        if address.kind == "sqlite":
            return create_engine("sqlite://", creator=self._sqlite, poolclass=NullPool)
        options: dict[str, Any] = {}
        if address.kind == "postgresql":
            reads = f"-c default_transaction_read_only=on -c statement_timeout={_LONGEST_QUERY}s"
            options = {"connect_timeout": _CONNECT_WAITS, "options": reads}
            if address.socket:
                options["host"] = address.socket
        elif address.kind == "mariadb":
            options = {
                "connect_timeout": _CONNECT_WAITS,
                "read_timeout": _LONGEST_QUERY,
                "init_command": "SET SESSION TRANSACTION READ ONLY",
                "charset": "utf8mb4",
            }
            if address.socket:
                options["unix_socket"] = address.socket
        else:
            options = {"login_timeout": _CONNECT_WAITS, "timeout": _LONGEST_QUERY}
        url = URL.create(
            _DRIVERS[address.kind],
            username=address.user or None,
            host=address.host or None,
            port=address.port,
            database=address.database,
        )

        def with_password(
            _dialect: object, _record: object, _arguments: object, named: dict[str, Any]
        ) -> None:
            # Asked anew for each connection, so that it stands in no engine, URL or error of SQLAlchemy.
            if secret := self._password():
                # PyMySQL would write a text in latin-1.
                named["password"] = secret.encode() if address.kind == "mariadb" else secret

        from sqlalchemy import event

        engine = create_engine(url, connect_args=options, poolclass=NullPool, hide_parameters=True)
        event.listen(engine, "do_connect", with_password)
        return engine

    def _sqlite(self) -> Any:
        import sqlite3

        path = Path(self._address.database)
        if not path.is_file():
            raise FileNotFoundError(f"{path} is not there")
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)
