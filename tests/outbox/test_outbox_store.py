"""The store: shared commits, a bad job alone, one writer, and what it refuses to open."""

import sqlite3
import threading
from concurrent.futures import Future
from functools import reduce
from pathlib import Path

import pytest
from outbox_samples import REGISTER, Clock, issue_many, rows, sale

from errors import ThunganError
from invoice.errors import SaleInvalid
from outbox.captures import raw_captures, record_capture, settle_capture
from outbox.errors import (
    DatabaseNewer,
    DatabaseUnusable,
    DataFolderBusy,
    NoSigningKey,
    TransitionRefused,
    WriterStopped,
)
from outbox.issuing import issue
from outbox.ledger import load_frontier
from outbox.merkle import Frontier
from outbox.reports import ledger_head
from outbox.settings import drop_setting, read_setting, write_setting
from outbox.states import CaptureState
from outbox.store import Store, Tx, open_reader
from signing.xmldsig import XmlSigner


class _Gate:
    """A job that keeps the writer busy, so that what is handed over meanwhile becomes one group."""

    def __init__(self, store: Store) -> None:
        self._reached, self._open = threading.Event(), threading.Event()
        self._future = store.submit(self._job)
        assert self._reached.wait(30)

    def _job(self, tx: Tx) -> None:
        self._reached.set()
        assert self._open.wait(30)

    def open(self) -> None:
        self._open.set()
        self._future.result(30)


def _set(name: str) -> object:
    def job(tx: Tx) -> int:
        tx.execute("INSERT INTO setting (name, value) VALUES (?, 'x')", (name,))
        return id(tx)

    return job


def _refuse(tx: Tx) -> None:
    tx.execute("INSERT INTO setting (name, value) VALUES ('refused', 'x')")
    tx.leaf("refused", None)
    raise ValueError("not this one")


def test_jobs_that_wait_together_are_one_transaction(store: Store) -> None:
    gate = _Gate(store)
    futures = [store.submit(_set(f"s{n}")) for n in range(20)]
    gate.open()
    assert len({future.result(30) for future in futures}) == 1
    assert rows(store, "SELECT COUNT(*) FROM setting WHERE name LIKE 's%'") == [(20,)]


def test_a_failing_job_leaves_the_others_committed(store: Store) -> None:
    gate = _Gate(store)
    before = [store.submit(_set(f"b{n}")) for n in range(3)]
    bad = store.submit(_refuse)
    after = [store.submit(_set(f"a{n}")) for n in range(3)]
    gate.open()
    with pytest.raises(ValueError, match="not this one"):
        bad.result(30)
    for future in before + after:
        future.result(30)
    names = [name for (name,) in rows(store, "SELECT name FROM setting ORDER BY name")]
    assert names == ["a0", "a1", "a2", "b0", "b1", "b2"]
    assert rows(store, "SELECT COUNT(*) FROM leaf") == [(0,)]


def test_a_failing_sale_in_a_group_uses_no_number(store: Store) -> None:
    gate = _Gate(store)
    good = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(4)]
    bad = store.submit(issue(sale("HD-bad", total=1), REGISTER))
    more = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(4, 8)]
    gate.open()
    with pytest.raises(SaleInvalid):
        bad.result(30)
    assert sorted(future.result(30).number for future in good + more) == list(range(1, 9))
    assert rows(store, "SELECT COUNT(*) FROM sale") == [(8,)]


def test_the_same_sale_twice_in_one_group_is_one(store: Store) -> None:
    gate = _Gate(store)
    futures = [store.submit(issue(sale(), REGISTER)) for _ in range(2)]
    gate.open()
    first, second = (future.result(30) for future in futures)
    assert (first.again, second.again) == (False, True)
    assert first.number == second.number == 1
    assert issue_many(store, 1, first=2)[0].number == 2


def test_a_job_given_up_while_waiting_does_not_stop_the_writer(store: Store) -> None:
    gate = _Gate(store)
    given_up = store.submit(_set("given-up"))
    kept = store.submit(_set("kept"))
    assert given_up.cancel()
    gate.open()
    kept.result(30)
    store.submit(_set("later")).result(30)
    names = {name for (name,) in rows(store, "SELECT name FROM setting")}
    assert names == {"kept", "later"}


def test_an_error_of_any_shape_reaches_its_waiter_and_the_writer_goes_on(store: Store) -> None:
    class Odd(ThunganError):
        def __init__(self, field: str, value: int) -> None:
            super().__init__(f"{field} is {value}")
            self.field = field

    def job(tx: Tx) -> None:
        raise Odd("size", 3)

    with pytest.raises(Odd, match="size is 3") as raised:
        store.run(job, 30)
    assert raised.value.field == "size"
    store.run(lambda _tx: None, 30)
    assert store.alive


def test_an_error_of_the_database_says_so(store: Store) -> None:
    with pytest.raises(DatabaseUnusable, match="no such table"):
        store.run(lambda tx: tx.execute("SELECT 1 FROM absent_table"), 30)


def test_the_ledger_in_memory_is_the_ledger_on_disk(store: Store) -> None:
    issue_many(store, 5)
    with pytest.raises(ValueError, match="not this one"):
        store.run(_refuse, 30)
    issue_many(store, 3, first=6)
    edge: Frontier = store.run(lambda tx: tx.ledger.frontier, 30)
    connection = store.reader()
    assert load_frontier(connection) == edge
    assert ledger_head(connection) == {"size": 8, "root": edge.root().hex()}
    hashes = connection.execute("SELECT hash FROM leaf ORDER BY seq").fetchall()
    assert reduce(Frontier.append, (row[0] for row in hashes), Frontier()) == edge
    connection.close()


@pytest.mark.parametrize("stored", [0, 5, None], ids=["empty", "behind", "none"])
def test_an_edge_that_lags_behind_is_made_good_from_the_leaves(store: Store, stored: int | None) -> None:
    issue_many(store, 8)
    edge: Frontier = store.run(lambda tx: tx.ledger.frontier, 30)
    connection = store.reader()
    hashes = [row[0] for row in connection.execute("SELECT hash FROM leaf ORDER BY seq")]
    connection.close()
    old = reduce(Frontier.append, hashes[: stored or 0], Frontier())

    def set_back(tx: Tx) -> None:
        tx.execute("DELETE FROM ledger_edge")
        if stored is not None:
            tx.execute("INSERT INTO ledger_edge VALUES (0, ?, ?)", (old.size, b"".join(old.peaks)))

    store.run(set_back, 30)
    connection = store.reader()
    assert load_frontier(connection) == edge
    connection.close()


def test_a_value_is_read_changed_and_dropped_within_one_group(store: Store) -> None:
    store.run(lambda tx: write_setting(tx, "name", "before"), 30)

    def change(tx: Tx) -> tuple[str | None, str | None]:
        seen = read_setting(tx, "name")
        write_setting(tx, "name", "after")
        changed = read_setting(tx, "name")
        drop_setting(tx, "name")
        assert read_setting(tx, "name") is None
        write_setting(tx, "other", "stays")
        return seen, changed

    assert store.run(change, 30) == ("before", "after")
    assert rows(store, "SELECT name, value FROM setting") == [("other", "stays")]


def test_a_second_store_on_the_folder_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(DataFolderBusy):
        Store(tmp_path)
    store.run(_set("still-writing"), 30)
    store.close()
    again = Store(tmp_path)
    assert rows(again, "SELECT name FROM setting") == [("still-writing",)]
    again.close()


def test_a_reader_sees_what_is_committed_and_cannot_write(store: Store) -> None:
    connection = store.reader()
    assert connection.execute("SELECT COUNT(*) FROM setting").fetchone()[0] == 0
    store.run(_set("seen"), 30)
    assert connection.execute("SELECT name FROM setting").fetchone()["name"] == "seen"
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM setting")
    connection.close()


def test_closing_finishes_what_was_handed_over(store: Store, tmp_path: Path) -> None:
    gate = _Gate(store)
    futures: list[Future[object]] = [store.submit(_set(f"s{n}")) for n in range(300)]
    closing = threading.Thread(target=store.close)
    closing.start()
    gate.open()
    closing.join(30)
    assert not closing.is_alive()
    assert all(future.done() and future.exception() is None for future in futures)
    connection = open_reader(tmp_path / "thungan.db")
    assert connection.execute("SELECT COUNT(*) FROM setting").fetchone()[0] == 300
    connection.close()


def test_a_closed_store_takes_nothing(store: Store) -> None:
    store.close()
    store.close()
    with pytest.raises(WriterStopped):
        store.run(_set("late"), 30)


def test_without_a_key_nothing_is_issued(tmp_path: Path, signer: XmlSigner, clock: Clock) -> None:
    keyless = Store(tmp_path, None, clock)
    with pytest.raises(NoSigningKey):
        keyless.run(issue(sale(), REGISTER), 30)
    keyless.close()
    opened = Store(tmp_path, signer, clock)
    assert opened.run(issue(sale(), REGISTER), 30).number == 1
    opened.close()


def test_a_database_from_the_future_is_refused(tmp_path: Path) -> None:
    Store(tmp_path).close()
    connection = sqlite3.connect(tmp_path / "thungan.db")
    connection.execute(
        "INSERT INTO _sqlite_migrations (migration_set, name, applied_at)"
        " VALUES ('thungan', 'm999_from_the_future', '2030-01-01')"
    )
    connection.commit()
    connection.close()
    for _ in range(2):  # the second time shows that the lock was let go
        with pytest.raises(DatabaseNewer, match="m999_from_the_future"):
            Store(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thungan.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(DatabaseUnusable):
        Store(tmp_path)
    with pytest.raises(DatabaseUnusable):
        open_reader(tmp_path / "thungan.db")
    with pytest.raises(DatabaseUnusable):
        open_reader(tmp_path / "nothing.db")


def test_captures_are_settled_once(store: Store) -> None:
    first = store.run(record_capture("tcp://:9100", b"\x1b@one", "cut"), 30)
    second = store.run(record_capture("tcp://:9100", b"\x1b@two", "cut"), 30)
    store.run(settle_capture(first, CaptureState.QUARANTINED, "quarantined", ("no total",)), 30)
    with pytest.raises(TransitionRefused):
        store.run(settle_capture(first, CaptureState.NON_SALE, "report"), 30)
    connection = store.reader()
    assert [(c.capture_id, c.data) for c in raw_captures(connection)] == [(second, b"\x1b@two")]
    connection.close()
    issued = store.run(issue(sale(), REGISTER, second), 30)
    assert rows(store, "SELECT state, sale_id FROM capture ORDER BY id") == [
        ("quarantined", None),
        ("sale", issued.sale_id),
    ]
    assert rows(store, "SELECT MIN(recorded_at) FROM sale") == [("2026-11-23T02:15:05.000Z",)]
