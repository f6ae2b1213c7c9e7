"""What must hold of a shop after every crash, whatever it was: P1, P2, P3 and P5 as one list of checks.

Looks at a copy of the database: opening the true one would mend it, and the next life is to meet it as it is.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from audit.ledger_check import check_ledger
from authority.providers.memory import ProviderBook
from outbox.errors import DatabaseUnusable
from outbox.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from authority.sandbox.core import Sandbox


@dataclass
class Told:
    """What the world outside the program knows, which no crash can take back."""

    given: dict[str, tuple[int, str]] = field(default_factory=dict)  # receipt -> number and code on the paper
    ordered: dict[str, str] = field(
        default_factory=dict
    )  # receipt -> the code by which its number is asked for
    sent: dict[str, bytes] = field(default_factory=dict)  # MTDiep -> SHA-256 of the bytes that left
    documents: dict[int, bytes] = field(default_factory=dict)  # number given -> SHA-256 of its invoice
    contradictions: list[str] = field(default_factory=list)  # noticed at the moment they were told

    def paper(self, receipt: str, number: int, code: str) -> None:
        """A customer was given a receipt with this number and code."""
        if not number:
            reference = self.ordered.setdefault(receipt, code)
            if reference != code:
                self.contradictions.append(f"doubled: receipt {receipt} was given {reference}, then {code}")
            self.given.setdefault(receipt, (0, code))
            return
        before = self.given.get(receipt, (0, ""))
        if not before[0]:
            before = self.given[receipt] = (number, code)
        if before != (number, code):
            self.contradictions.append(
                f"doubled: receipt {receipt} was given {before}, then {(number, code)}"
            )

    def message(self, message_id: str, content: bytes) -> None:
        """The authority's door has seen these bytes."""
        digest = sha256(content).digest()
        if self.sent.setdefault(message_id, digest) != digest:
            self.contradictions.append(f"changed: {message_id} left with other bytes than before")


def judge(
    folder: Path, copy: Path, told: Told, key: Ed25519PublicKey, other: Sandbox | ProviderBook
) -> list[str]:
    """Everything that is wrong, each as ``kind: words``; the kinds are those that the storm counts.

    ``other``: what the authority has, or the provider that numbers.
    """
    wrong, told.contradictions = told.contradictions, []
    for name in ("thungan.db", "thungan.db-wal"):
        (copy / name).unlink(missing_ok=True)
        if (folder / name).exists():
            shutil.copyfile(folder / name, copy / name)
    (copy / "thungan.db-shm").unlink(missing_ok=True)
    try:
        connection = open_reader(copy / "thungan.db")
    except DatabaseUnusable as error:
        # Before the first life has made the schema there is nothing that could be lost.
        return [*wrong, f"lost: {error}"] if told.given or told.sent else wrong
    try:
        state = connection.execute("PRAGMA quick_check").fetchone()[0]
        if state != "ok":
            wrong.append(f"ledger: the database is damaged: {state}")
        wrong += [f"{_kind(problem)}: {problem}" for problem in check_ledger(connection, key).problems]
        wrong += _against_the_papers(connection, told)
        if isinstance(other, ProviderBook):
            wrong += _against_the_provider(connection, told, other)
        else:
            wrong += _against_the_authority(connection, told, other)
    except sqlite3.OperationalError as error:
        # Killed in its first life, between two migrations: the next life makes the rest.
        if told.given or told.sent or "no such " not in str(error):
            wrong.append(f"lost: {error}")
    finally:
        connection.close()
    return wrong


def _kind(problem: str) -> str:
    return "hole" if problem.endswith("a hole") else "ledger"


def _against_the_papers(connection: sqlite3.Connection, told: Told) -> Iterator[str]:
    rows = connection.execute(
        "SELECT receipt_no, number, code, invoice.document FROM invoice JOIN sale ON sale.id = sale_id"
    ).fetchall()
    known = {row["receipt_no"]: row for row in rows}
    for receipt, count in Counter(row["receipt_no"] for row in rows).items():
        if count > 1:
            yield f"doubled: receipt {receipt} has {count} invoices"
    for column in ("number", "code"):
        for value, count in Counter(row[column] for row in rows).items():
            if count > 1:
                yield f"twice: {column} {value} is on {count} invoices"
    for receipt, (number, code) in told.given.items():
        if not number:
            continue  # its order is held against what it was given below
        row = known.get(receipt)
        if row is None:
            yield f"lost: receipt {receipt}, given out as number {number}, has no invoice"
            continue
        if (row["number"], row["code"]) != (number, code):
            yield f"twice: receipt {receipt} was given out as {number}, the store says {row['number']}"
        digest = sha256(row["document"]).digest()
        if told.documents.setdefault(number, digest) != digest:
            yield f"changed: invoice {number} has other bytes than before"


def _against_the_provider(connection: sqlite3.Connection, told: Told, book: ProviderBook) -> Iterator[str]:
    orders = {
        row["receipt_no"]: row
        for row in connection.execute(
            "SELECT receipt_no, reference, key FROM invoice_order JOIN sale ON sale.id = sale_id"
        )
    }
    for receipt, reference in told.ordered.items():
        row = orders.get(receipt)
        if row is None or row["reference"] != reference:
            yield f"lost: receipt {receipt}, given out as order {reference}, is not in the store"
    invoices = {
        row["key"]: (row["number"], row["code"], row["total"])
        for row in connection.execute(
            "SELECT key, invoice_order.number, code, invoice.total FROM invoice_order"
            " LEFT JOIN invoice ON invoice.id = invoice_id"
        )
    }
    for key, invoice in book.issued.items():
        ours = invoices.get(str(key))
        if ours is None:
            yield f"lost: the provider has {invoice.number} of an order that the store does not know"
        elif ours[0] is not None and ours != (invoice.number, str(invoice.code), invoice.dong):
            yield f"twice: the store has {ours}, the provider {invoice.number} {invoice.code}"
    if book.dates_back:
        yield f"registered: {book.dates_back} orders were before the last day of the series"


def _against_the_authority(connection: sqlite3.Connection, told: Told, sandbox: Sandbox) -> Iterator[str]:
    stored = {
        row["message_id"]: row["sha256"]
        for table in ("package", "form_message")
        for row in connection.execute(f"SELECT message_id, sha256 FROM {table} WHERE state <> 'built'")  # noqa: S608
    }
    for message_id, document in connection.execute("SELECT message_id, document FROM acknowledgement"):
        stored[message_id] = sha256(document).hexdigest()
    for message_id, digest in told.sent.items():
        if stored.get(message_id) != digest.hex():
            yield f"lost: message {message_id} has left and is not in the store as it left"
    ours = dict(connection.execute("SELECT number, code FROM invoice").fetchall())
    for one in sandbox.registered():
        ours_is = ours.get(one.number)
        if ours_is != one.code:
            yield f"lost: invoice {one.number} is registered as {one.code}, the store has {ours_is}"
    statistics = sandbox.statistics()
    for name in ("doubly_registered", "refused_as_duplicate"):
        if statistics[name]:
            yield f"registered: the authority counts {statistics[name]} {name.replace('_', ' ')}"
