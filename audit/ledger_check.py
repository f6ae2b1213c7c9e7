"""The offline check of a data folder's database: ledger, documents, numbers.

An ordered list of named checks, each of which reads the database only and says what it found wrong.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from outbox.checkpoint import read_checkpoint
from outbox.merkle import Frontier, leaf_hash

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class LedgerReport:
    """Result of all checks; ``problems`` is empty where everything holds."""

    size: int
    root: str
    problems: tuple[str, ...]

    @property
    def verified(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems


def check_ledger(connection: sqlite3.Connection, key: Ed25519PublicKey) -> LedgerReport:
    """Run every check on a thungan database (a read-only connection is enough)."""
    frontier = Frontier()
    roots = {0: frontier.root().hex()}
    problems: list[str] = []
    documents: set[tuple[str, str]] = set()
    unsigned: set[str] = set()
    by_provider: set[int] = set()
    for place, row in enumerate(connection.execute("SELECT seq, body, hash FROM leaf ORDER BY seq")):
        seq, body, digest = row
        if seq != place:
            problems.append(f"leaf {place} is missing")
            break
        body = str(body)
        if leaf_hash(body.encode()) != digest:
            problems.append(f"leaf {seq} was changed")
        frontier = frontier.append(leaf_hash(body.encode()))
        roots[frontier.size] = frontier.root().hex()
        documents |= _document_of(body)
        unsigned |= _unsigned_of(body)
        by_provider |= _by_provider_of(body)
    for check in (
        _checkpoints(roots, key),
        _documents(documents),
        _numbers(by_provider),
        _witnesses(roots),
        _signatures(unsigned),
    ):
        problems.extend(check(connection))
    return LedgerReport(frontier.size, frontier.root().hex(), tuple(problems))


def _document_of(body: str) -> set[tuple[str, str]]:
    """The document that a leaf speaks of, as kind and SHA-256; a body that is no leaf's speaks of none."""
    try:
        fields = json.loads(body)
        digest = fields["salted"] if "salted" in fields else fields["sha256"]
        return {(str(fields["kind"]), str(digest))}
    except (ValueError, KeyError, TypeError):
        return set()


def _unsigned_of(body: str) -> set[str]:
    """The SHA-256 of an invoice that was issued without a signature of its own, by configuration."""
    try:
        fields = json.loads(body)
        without = fields["kind"] == "invoice.issued" and fields.get("signed") is False
        return {str(fields["sha256"])} if without else set()
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _by_provider_of(body: str) -> set[int]:
    """The id of an invoice that a provider has numbered: others may use its series too."""
    try:
        fields = json.loads(body)
        provided = fields["kind"] == "invoice.issued" and bool(fields.get("provider"))
        return {int(fields["invoice"])} if provided else set()
    except (ValueError, KeyError, TypeError, AttributeError):
        return set()


def _as_bytes(value: object) -> bytes:
    """A document column as bytes, whatever type somebody has made of it."""
    return value if isinstance(value, bytes) else str(value).encode()


def _checkpoints(
    roots: dict[int, str], key: Ed25519PublicKey
) -> Callable[[sqlite3.Connection], Iterator[str]]:
    def check(connection: sqlite3.Connection) -> Iterator[str]:
        for size, note in connection.execute("SELECT size, note FROM checkpoint ORDER BY size"):
            read = read_checkpoint(note, key)
            if read is None:
                yield f"the checkpoint at {size} is not signed by the ledger's key"
            elif roots.get(read[1]) != read[2].hex():
                yield f"the checkpoint at {read[1]} has another root: history was rewritten or cut"

    return check


_TABLES = (
    ("capture", "capture", "data"),
    ("invoice", "invoice.issued", "document"),
    ("package", "package.built", "document"),
    ("answer", "answer", "document"),
    ("form_message", "form.built", "document"),
    ("correction_list", "correction.list", "document"),
    ("invoice_order", "order.made", "document"),
    ("provider_answer", "provider.answer", "document"),
    ("provider_paper", "provider.paper", "document"),
)


def _documents(known: set[tuple[str, str]]) -> Callable[[sqlite3.Connection], Iterator[str]]:
    def check(connection: sqlite3.Connection) -> Iterator[str]:
        for table, kind, column in _TABLES:
            found = set()
            salt = "salt" if table == "capture" else "NULL"
            query = f"SELECT id, {column}, {salt} FROM {table}"  # noqa: S608
            for number, document, salted in connection.execute(query):
                before = b"" if salted is None else _as_bytes(salted)
                digest = sha256(before + _as_bytes(document)).hexdigest()
                found.add((kind, digest))
                if (kind, digest) not in known:
                    yield f"{table} {number} is not what the ledger holds"
            for _, digest in {entry for entry in known if entry[0] == kind} - found:
                yield f"a {table} with SHA-256 {digest} is in the ledger but not in the store"

    return check


def _numbers(by_provider: set[int]) -> Callable[[sqlite3.Connection], Iterator[str]]:
    """No holes but those that the ledger gives a reason for; a series begins with 1, or where the ledger says
    another program ended. A provider's numbers are its own: they begin and go on as it likes."""

    def check(connection: sqlite3.Connection) -> Iterator[str]:
        ordered = {
            int(row[0])
            for row in connection.execute("SELECT invoice_id FROM invoice_order WHERE invoice_id IS NOT NULL")
        }
        for invoice_id in sorted(ordered ^ by_provider):
            yield f"invoice {invoice_id}: the ledger and the store disagree about who numbered it"
        yield from _own_numbers(connection)

    return check


def _own_numbers(connection: sqlite3.Connection) -> Iterator[str]:
    """The numbers that the register gave itself."""
    begins: dict[tuple[int, str], int] = {}
    for (body,) in connection.execute("SELECT body FROM leaf WHERE kind = 'numbers.taken-over' ORDER BY seq"):
        try:
            fields = json.loads(body)
            begins[int(fields["form"]), str(fields["symbol"])] = int(fields["last_number"]) + 1
        except (ValueError, KeyError, TypeError):
            yield "a leaf about numbers taken over cannot be read"
    jumped: list[tuple[int, str, int, int]] = []
    for (body,) in connection.execute("SELECT body FROM leaf WHERE kind = 'numbers.jumped' ORDER BY seq"):
        try:
            fields = json.loads(body)
            series = int(fields["form"]), str(fields["symbol"])
            jumped.append((*series, int(fields["first"]), int(fields["last"])))
        except (ValueError, KeyError, TypeError):
            yield "a leaf about numbers that were left out cannot be read"
    rows = connection.execute(
        "SELECT form, symbol, COUNT(*), MIN(number), MAX(number) FROM invoice"
        " WHERE id NOT IN (SELECT invoice_id FROM invoice_order WHERE invoice_id IS NOT NULL)"
        " GROUP BY form, symbol"
    )
    for form, symbol, count, first, last in rows:
        begin = begins.get((form, symbol), 1)
        left_out = set[int]()
        for of_form, of_symbol, low, high in jumped:
            if (of_form, of_symbol) == (form, symbol):
                left_out.update(range(max(low, begin), min(high, last) + 1))
                for (number,) in connection.execute(
                    "SELECT number FROM invoice WHERE form = ? AND symbol = ? AND number BETWEEN ? AND ?",
                    (form, symbol, low, high),
                ):
                    yield f"form {form} symbol {symbol}: number {number} was left out by the ledger, yet used"
        if last - begin + 1 - len(left_out) != count or (first != begin and begin not in left_out):
            yield f"form {form} symbol {symbol}: {count} invoices, numbers {first} to {last}: a hole"


def _witnesses(roots: dict[int, str]) -> Callable[[sqlite3.Connection], Iterator[str]]:
    def check(connection: sqlite3.Connection) -> Iterator[str]:
        for number, stored in connection.execute("SELECT id, document FROM invoice"):
            document = _as_bytes(stored)
            size = _extra(document, b"SoCaiSoLa") or b""
            root = (_extra(document, b"SoCaiGoc") or b"").decode()
            if not size.isdigit() or roots.get(int(size)) != root:
                yield f"invoice {number} witnesses another history of the ledger"

    return check


def _signatures(unsigned: set[str]) -> Callable[[sqlite3.Connection], Iterator[str]]:
    """An invoice has its own signature, or the ledger says that it was issued without; never half of each."""

    def check(connection: sqlite3.Connection) -> Iterator[str]:
        for number, stored in connection.execute("SELECT id, document FROM invoice"):
            document = _as_bytes(stored)
            issued_without = sha256(document).hexdigest() in unsigned
            if issued_without != document.endswith(_NO_SIGNATURE):
                yield f"invoice {number} is not signed as the ledger says"

    return check


_NO_SIGNATURE = b"<DSCKS><NBan></NBan></DSCKS></HDon>"


def _extra(document: bytes, name: bytes) -> bytes | None:
    _, found, rest = document.partition(b"<TTruong>" + name + b"</TTruong>")
    if not found:
        return None
    return rest.partition(b"<DLieu>")[2].partition(b"</DLieu>")[0]
