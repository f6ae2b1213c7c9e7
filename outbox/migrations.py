"""The schema, as named migrations in order (sqlite-utils applies each once and records it).

Times are ISO 8601 UTC text; documents are the exact bytes that were signed, sent or received.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlite_utils import Migrations

from outbox.schema_steps import SET

if TYPE_CHECKING:
    from sqlite_utils.db import Database

MIGRATIONS = Migrations(SET)

_FIRST = """
CREATE TABLE capture (
    id INTEGER PRIMARY KEY, source TEXT NOT NULL, captured_at TEXT NOT NULL, ended_by TEXT NOT NULL,
    sha256 TEXT NOT NULL, data BLOB NOT NULL, state TEXT NOT NULL, kind TEXT, problems TEXT,
    sale_id INTEGER REFERENCES sale(id));
CREATE INDEX capture_state ON capture(state) WHERE state IN ('raw', 'quarantined');
CREATE TABLE sale (
    id INTEGER PRIMARY KEY, fingerprint TEXT UNIQUE, receipt_no TEXT, sold_at TEXT, total INTEGER NOT NULL,
    content TEXT NOT NULL, recorded_at TEXT NOT NULL);
CREATE TABLE invoice (
    id INTEGER PRIMARY KEY, sale_id INTEGER NOT NULL UNIQUE REFERENCES sale(id), form INTEGER NOT NULL,
    symbol TEXT NOT NULL, number INTEGER NOT NULL, code TEXT NOT NULL UNIQUE, day TEXT NOT NULL,
    total INTEGER NOT NULL, issued_at TEXT NOT NULL, state TEXT NOT NULL, state_at TEXT NOT NULL,
    reason TEXT, package_id INTEGER REFERENCES package(id), batch INTEGER NOT NULL,
    qr TEXT NOT NULL, sha256 TEXT NOT NULL, document BLOB NOT NULL, UNIQUE (form, symbol, number));
CREATE INDEX invoice_open ON invoice(state, id) WHERE state NOT IN ('accepted', 'corrected');
CREATE INDEX invoice_day ON invoice(day);
CREATE INDEX invoice_package ON invoice(package_id);
CREATE TABLE package (
    id INTEGER PRIMARY KEY, message_id TEXT NOT NULL UNIQUE, built_at TEXT NOT NULL,
    invoices INTEGER NOT NULL, state TEXT NOT NULL, state_at TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT NOT NULL,
    reason TEXT, sha256 TEXT NOT NULL, document BLOB NOT NULL);
CREATE INDEX package_open ON package(state, due_at) WHERE state <> 'decided';
CREATE TABLE answer (
    id INTEGER PRIMARY KEY, message_id TEXT, reply_to TEXT, kind TEXT NOT NULL, received_at TEXT NOT NULL,
    outcome TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, document BLOB NOT NULL);
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE leaf (
    seq INTEGER PRIMARY KEY, kind TEXT NOT NULL, subject INTEGER, body TEXT NOT NULL, hash BLOB NOT NULL);
CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, at TEXT NOT NULL, note TEXT NOT NULL);
CREATE TABLE alarm (code TEXT PRIMARY KEY, since TEXT NOT NULL, message TEXT NOT NULL) WITHOUT ROWID;
"""


@MIGRATIONS()
def m001_first_schema(db: Database) -> None:
    """Captures, sales, invoices, packages, answers, counters, the ledger and its checkpoints."""
    _run(db, _FIRST)


_SECOND = """
ALTER TABLE package ADD COLUMN doubt TEXT;
CREATE TABLE acknowledgement (
    answer_id INTEGER PRIMARY KEY REFERENCES answer(id), message_id TEXT NOT NULL UNIQUE,
    attempts INTEGER NOT NULL DEFAULT 0, sent_at TEXT, document BLOB NOT NULL);
CREATE INDEX acknowledgement_open ON acknowledgement(answer_id) WHERE sent_at IS NULL;
"""


@MIGRATIONS()
def m002_doubts_and_acknowledgements(db: Database) -> None:
    """A refusal that is asked about before it is believed, and our own 999 to each of the authority's."""
    _run(db, _SECOND)


def _run(db: Database, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            db.execute(statement)


_THIRD = """
ALTER TABLE invoice ADD COLUMN corrects INTEGER REFERENCES invoice(id);
ALTER TABLE invoice ADD COLUMN relation INTEGER;
CREATE INDEX invoice_corrects ON invoice(corrects) WHERE corrects IS NOT NULL;
"""


@MIGRATIONS()
def m003_corrections(db: Database) -> None:
    """Which invoice replaces or adjusts which."""
    _run(db, _THIRD)


_FOURTH = """
CREATE TABLE form_message (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, message_id TEXT NOT NULL UNIQUE, built_at TEXT NOT NULL,
    state TEXT NOT NULL, state_at TEXT NOT NULL, attempts INTEGER NOT NULL DEFAULT 0, due_at TEXT NOT NULL,
    reason TEXT, sha256 TEXT NOT NULL, document BLOB NOT NULL);
CREATE INDEX form_message_open ON form_message(due_at) WHERE state IN ('built', 'sent');
"""


@MIGRATIONS()
def m004_forms(db: Database) -> None:
    """Forms on their way to the authority: registrations and notices of wrong invoices."""
    _run(db, _FOURTH)


_FIFTH = """
CREATE TABLE waiting (
    sale_id INTEGER PRIMARY KEY REFERENCES sale(id), capture_id INTEGER REFERENCES capture(id),
    day TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL);
"""


@MIGRATIONS()
def m005_waiting_for_buyers(db: Database) -> None:
    """Sales that are not invoiced before their buyer is known, or a time of the day has come."""
    _run(db, _FIFTH)


_SIXTH = """
ALTER TABLE form_message ADD COLUMN review TEXT;
"""


@MIGRATIONS()
def m006_reviews(db: Database) -> None:
    """Which request for a review (302) a notice answers."""
    _run(db, _SIXTH)


_SEVENTH = """
ALTER TABLE package ADD COLUMN day TEXT NOT NULL DEFAULT '';
CREATE INDEX invoice_queue ON invoice(batch, day, id) WHERE state = 'issued';
"""


@MIGRATIONS()
def m007_order_of_delivery(db: Database) -> None:
    """A package's newest day; what waits to be packed, in the order of packing."""
    _run(db, _SEVENTH)


_EIGHTH = """
CREATE TABLE correction_list (
    id INTEGER PRIMARY KEY, invoice_id INTEGER NOT NULL REFERENCES invoice(id), sha256 TEXT NOT NULL,
    document BLOB NOT NULL);
CREATE INDEX correction_list_of ON correction_list(invoice_id, id);
CREATE TABLE corrected (
    original_id INTEGER NOT NULL REFERENCES invoice(id), invoice_id INTEGER NOT NULL REFERENCES invoice(id),
    difference INTEGER NOT NULL, PRIMARY KEY (original_id, invoice_id)) WITHOUT ROWID;
CREATE INDEX corrected_by ON corrected(invoice_id);
"""


@MIGRATIONS()
def m008_one_for_many(db: Database) -> None:
    """Invoices that correct many, with their signed lists (BKe)."""
    _run(db, _EIGHTH)


_NINTH = """
CREATE TABLE ledger_edge (only_row INTEGER PRIMARY KEY CHECK (only_row = 0), size INTEGER NOT NULL,
    peaks BLOB NOT NULL);
"""


@MIGRATIONS()
def m009_edge_of_the_ledger(db: Database) -> None:
    """The ledger's right edge, stored with every commit: opening and status need not read every leaf."""
    _run(db, _NINTH)


_TENTH = """
ALTER TABLE package ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE package ADD COLUMN blamed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE package ADD COLUMN failed_at TEXT;
"""


@MIGRATIONS()
def m010_failures_of_packages(db: Database) -> None:
    """How often the gateway has failed on a package, and on it alone."""
    _run(db, _TENTH)


_ELEVENTH = """
ALTER TABLE capture ADD COLUMN form TEXT NOT NULL DEFAULT 'escpos';
ALTER TABLE capture ADD COLUMN origin TEXT;
CREATE TABLE record (
    source TEXT NOT NULL, key TEXT NOT NULL, part TEXT NOT NULL, mark INTEGER NOT NULL,
    sha256 TEXT NOT NULL, capture_id INTEGER NOT NULL REFERENCES capture(id), gone_at TEXT,
    PRIMARY KEY (source, key)) WITHOUT ROWID;
CREATE INDEX record_mark ON record(source, part, mark);
CREATE TABLE record_change (
    capture_id INTEGER PRIMARY KEY REFERENCES capture(id), source TEXT NOT NULL, key TEXT NOT NULL,
    first INTEGER REFERENCES capture(id));
CREATE INDEX record_change_of ON record_change(source, key);
CREATE TABLE imported (
    source TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL,
    sha256 TEXT NOT NULL, PRIMARY KEY (source, name)) WITHOUT ROWID;
"""


@MIGRATIONS()
def m011_records(db: Database) -> None:
    """What captured bytes are and where they stood; records of files and databases, and their changes."""
    _run(db, _ELEVENTH)


_TWELFTH = """
ALTER TABLE capture ADD COLUMN salt BLOB;
ALTER TABLE capture ADD COLUMN private TEXT;
"""


@MIGRATIONS()
def m012_papers_without_buyers(db: Database) -> None:
    """The salt of a paper's commitment; which of its bytes name a buyer."""
    _run(db, _TWELFTH)


_THIRTEENTH = """
ALTER TABLE capture ADD COLUMN key TEXT;
CREATE UNIQUE INDEX capture_key ON capture(key) WHERE key IS NOT NULL;
"""


@MIGRATIONS()
def m013_keys_of_captures(db: Database) -> None:
    """A capture's own key: what was kept in the reserve file while the disk failed is taken in once."""
    _run(db, _THIRTEENTH)


_FOURTEENTH = """
CREATE TABLE api_request (
    client TEXT NOT NULL, key TEXT NOT NULL, at TEXT NOT NULL, asked TEXT NOT NULL, answer BLOB NOT NULL,
    UNIQUE (client, key));
CREATE INDEX api_request_at ON api_request(at);
"""


@MIGRATIONS()
def m014_api_requests(db: Database) -> None:
    """Requests of programs that must count once, with the answers they were given."""
    _run(db, _FOURTEENTH)


_FIFTEENTH = """
INSERT OR IGNORE INTO setting (name, value)
    SELECT 'last_issued_at:' || form || ':' || substr(symbol, 5, 2), MAX(issued_at) FROM invoice
    GROUP BY form, substr(symbol, 5, 2);
DELETE FROM setting WHERE name IN ('last_issued_at', 'clock_skew');
"""


@MIGRATIONS()
def m015_clock_of_each_series(db: Database) -> None:
    """When each series issued last: new letters begin anew after a clock that was ahead."""
    _run(db, _FIFTEENTH)


_SIXTEENTH = """
CREATE TABLE archive (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, month TEXT NOT NULL, sha256 TEXT NOT NULL,
    made_at TEXT NOT NULL, moved_at TEXT);
CREATE TABLE archived (
    kind TEXT NOT NULL, row_id INTEGER NOT NULL, archive_id INTEGER NOT NULL REFERENCES archive(id),
    block INTEGER NOT NULL, PRIMARY KEY (kind, row_id)) WITHOUT ROWID;
"""


@MIGRATIONS()
def m016_archives(db: Database) -> None:
    """Closed months: the files their documents went to, and where in them each is."""
    _run(db, _SIXTEENTH)


_SEVENTEENTH = """
CREATE TABLE notice (
    way TEXT NOT NULL, code TEXT NOT NULL, at TEXT NOT NULL, urgent INTEGER NOT NULL,
    PRIMARY KEY (way, code)) WITHOUT ROWID;
"""


@MIGRATIONS()
def m017_notices(db: Database) -> None:
    """Which alarm was told by which way."""
    _run(db, _SEVENTEENTH)


_EIGHTEENTH = """
CREATE INDEX capture_sale ON capture(sale_id) WHERE sale_id IS NOT NULL;
"""


@MIGRATIONS()
def m018_papers_of_sales(db: Database) -> None:
    """The papers of a sale are found without reading all."""
    _run(db, _EIGHTEENTH)


_NINETEENTH = """
CREATE TABLE invoice_order (
    id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, reference TEXT NOT NULL UNIQUE,
    sale_id INTEGER NOT NULL UNIQUE REFERENCES sale(id), form INTEGER NOT NULL, symbol TEXT NOT NULL,
    day TEXT NOT NULL, sold_at TEXT NOT NULL, total INTEGER NOT NULL, ordered_at TEXT NOT NULL,
    state TEXT NOT NULL, state_at TEXT NOT NULL, reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0, failures INTEGER NOT NULL DEFAULT 0,
    blamed INTEGER NOT NULL DEFAULT 0, failed_at TEXT, due_at TEXT NOT NULL, asked_day TEXT,
    provider TEXT, number INTEGER, provider_id TEXT, invoice_id INTEGER UNIQUE REFERENCES invoice(id),
    answer_id INTEGER REFERENCES provider_answer(id), paper_due_at TEXT,
    paper_attempts INTEGER NOT NULL DEFAULT 0,
    corrects INTEGER REFERENCES invoice(id), relation INTEGER,
    sha256 TEXT NOT NULL, document BLOB NOT NULL);
CREATE INDEX invoice_order_queue ON invoice_order(form, symbol, day, sold_at, id)
    WHERE state IN ('ordered', 'asked');
CREATE INDEX invoice_order_open ON invoice_order(state, id)
    WHERE state NOT IN ('invoiced', 'corrected', 'dropped');
CREATE INDEX invoice_order_paper ON invoice_order(paper_due_at) WHERE paper_due_at IS NOT NULL;
CREATE INDEX invoice_order_corrects ON invoice_order(corrects) WHERE corrects IS NOT NULL;
CREATE TABLE provider_answer (
    id INTEGER PRIMARY KEY, received_at TEXT NOT NULL, sha256 TEXT NOT NULL UNIQUE, document BLOB NOT NULL);
CREATE TABLE provider_paper (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES invoice_order(id), kind TEXT NOT NULL,
    fetched_at TEXT NOT NULL, problem TEXT, sha256 TEXT NOT NULL, document BLOB NOT NULL,
    UNIQUE (order_id, kind, sha256));
CREATE INDEX provider_paper_problem ON provider_paper(id) WHERE problem IS NOT NULL;
DROP INDEX invoice_open;
CREATE INDEX invoice_open ON invoice(state, id) WHERE state NOT IN ('accepted', 'corrected', 'provided');
"""


@MIGRATIONS()
def m019_orders(db: Database) -> None:
    """Invoices that wait for a provider's number, the provider's answers, and its papers."""
    _run(db, _NINETEENTH)
