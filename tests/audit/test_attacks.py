"""What an owner with every right on the computer may do to the store, and that the verifier finds it.

Each attack edits a copy of an honest shop's database by SQL and covers its traces as far as the attacker can:
without the ledger's key the leaves are hashed again; with it the checkpoints are signed again too. What then
still contradicts are the invoices' own witnesses, what the authority holds, and checkpoints that others keep.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from agent.cli import main
from agent.config import load_config
from agent.parts import ledger_key, ledger_origin, open_signer, sign_checkpoint
from audit.verify.program import _certificates
from audit.verify.result import Check, Verdict
from audit.verify.run import Answer, Question, verify_bundle
from drivers.reading import read_receipt
from invoice.sale_json import VIETNAM
from outbox.captures import record_capture, settle_capture
from outbox.checkpoint import write_checkpoint
from outbox.clock import record_clock_jump
from outbox.issuing import issue
from outbox.merkle import Frontier, leaf_hash
from outbox.retention import close_month
from outbox.states import CaptureState
from outbox.store import Store

DATA = Path(__file__).parent.parent / "data" / "receipts"
TODAY = datetime.now(UTC).astimezone(VIETNAM).date()
SQL = str


@dataclass(frozen=True)
class Shop:
    """An honest shop after two days' work, and what others hold of it."""

    folder: Path
    earlier: Path  # a backup of its database, made in between
    received: Path  # the authority's own 206 files
    checkpoint: Path  # its last checkpoint, as a witness keeps it


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    folder = tmp_path_factory.mktemp("attacked")
    assert main(["demo", "--data", str(folder), "--sales", "6", "--json"]) == 0
    earlier = folder / "earlier.db"
    copy_database(folder / "thungan.db", earlier)
    assert main(["demo", "--data", str(folder), "--sales", "6", "--json"]) == 0
    received = folder / "received"
    received.mkdir()
    store = sqlite3.connect(folder / "thungan.db")
    for number, document in store.execute("SELECT id, document FROM package"):
        (received / f"{number}.xml").write_bytes(document)
    note = store.execute("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1").fetchone()[0]
    store.close()
    checkpoint = folder / "kept.note"
    checkpoint.write_text(note, "utf-8")
    return Shop(folder, earlier, received, checkpoint)


def copy_database(source: Path, target: Path) -> None:
    before, after = sqlite3.connect(source), sqlite3.connect(target)
    before.backup(after)
    before.close()
    after.close()


def attacked(shop: Shop, into: Path, *statements: SQL) -> Path:
    """A copy of the shop whose database has been edited."""
    folder = into / "shop"
    shutil.copytree(shop.folder, folder, ignore=shutil.ignore_patterns("thungan.db*", "received", "*.zip"))
    copy_database(shop.folder / "thungan.db", folder / "thungan.db")
    edit(folder, *statements)
    return folder


def edit(folder: Path, *statements: SQL) -> None:
    database = sqlite3.connect(folder / "thungan.db")
    for statement in statements:
        assert database.execute(statement).rowcount != 0, statement
    database.commit()
    database.close()


def hash_again(folder: Path, *, sign: bool = False) -> None:
    """Number and hash all leaves anew; ``sign``: and the checkpoints, with the ledger's own key."""
    database = sqlite3.connect(folder / "thungan.db")
    rows = database.execute("SELECT seq, kind, subject, body FROM leaf ORDER BY seq").fetchall()
    database.execute("DELETE FROM leaf")
    edge, roots = Frontier(), {}
    for place, (_, kind, subject, body) in enumerate(rows):
        digest = leaf_hash(body.encode())
        values = (place, kind, subject, body, digest)
        database.execute("INSERT INTO leaf (seq, kind, subject, body, hash) VALUES (?,?,?,?,?)", values)
        edge = edge.append(digest)
        roots[edge.size] = edge.root()
    config = load_config(folder)
    if sign:
        for (size,) in database.execute("SELECT size FROM checkpoint").fetchall():
            now = min(size, edge.size)
            note = write_checkpoint(ledger_origin(config), now, roots[now], ledger_key(folder))
            database.execute("DELETE FROM checkpoint WHERE size = ?", (size,))
            values = (now, "2026-01-01T00:00:00.000Z", note)
            database.execute("INSERT OR REPLACE INTO checkpoint (size, at, note) VALUES (?,?,?)", values)
    database.commit()
    database.close()


def verified(
    shop: Shop, folder: Path, *, kept: bool = False, received: bool = False, full: bool = True
) -> Answer:
    """Export the folder's evidence and verify it, with what others hold where asked."""
    path = folder / "all.zip"
    days = ["--from", str(TODAY - timedelta(days=1)), "--to", str(TODAY + timedelta(days=1))]
    words = ["audit", "export", "--data", str(folder), *days, "-o", str(path)]
    assert main([*words, "--full"] if full else words) == 0
    return verify_bundle(
        Question(
            path,
            trust=_certificates(sorted((shop.folder / "sandbox").glob("authority.crt.pem"))),
            received=tuple(sorted(shop.received.glob("*.xml"))) if received else (),
            checkpoints=(shop.checkpoint.read_text("utf-8"),) if kept else (),
        )
    )


def check(answer: Answer, name: str) -> Check:
    return next(one for one in answer.checks if one.name == name)


def red(answer: Answer) -> set[str]:
    return {one.name for one in answer.checks if one.verdict is Verdict.BAD}


def said(answer: Answer) -> str:
    return "\n".join(finding.line("en") for one in answer.checks for finding in one.findings if finding.bad)


def test_an_honest_shop_holds(shop: Shop, tmp_path: Path) -> None:
    answer = verified(shop, attacked(shop, tmp_path), kept=True, received=True)
    assert red(answer) == set(), said(answer)
    assert check(answer, "received").looked_at == 12
    assert check(answer, "witnesses").looked_at == 12
    assert check(answer, "totals").looked_at == 12


def test_a_month_that_has_gone_into_an_archive_holds_as_before(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path)
    config = load_config(folder)
    store = Store(folder)
    gone = close_month(store, f"{datetime.now(UTC):%Y-%m}", ledger_origin(config), ledger_key(folder))
    store.close()
    assert gone is not None
    assert gone[1] >= 12
    database = sqlite3.connect(folder / "thungan.db")
    assert database.execute("SELECT COUNT(*) FROM invoice WHERE length(document) = 0").fetchone()[0] > 0
    database.close()
    answer = verified(shop, folder, kept=True, received=True)
    assert red(answer) == set(), said(answer)
    assert check(answer, "seller").looked_at == 12


ROWS: dict[str, tuple[tuple[SQL, ...], str, str]] = {
    "an invoice's document is changed": (
        ("UPDATE invoice SET document = replace(document, '<TgTTTBSo>', '<TgTTTBSo>1') WHERE id = 3",),
        "invoices",
        "C26MAA-3: is not what the ledger holds",
    ),
    "an invoice's total is changed in its column": (
        ("UPDATE invoice SET total = total - 1000 WHERE id = 4",),
        "invoices",
        "C26MAA-4: total or code differ from the ledger",
    ),
    "an invoice is removed": (
        ("DELETE FROM invoice WHERE id = 5",),
        "invoices",
        "1;C26MAA;5: is in the ledger but not in the store: it was removed",
    ),
    "an invoice is removed and leaves a hole": (
        ("DELETE FROM invoice WHERE id = 5",),
        "numbers",
        "number 5 is missing",
    ),
    "an invoice is inserted": (
        (
            """INSERT INTO sale (id, total, content, recorded_at)
            SELECT 900, total, content, recorded_at FROM sale WHERE id = 2""",
            """INSERT INTO invoice (sale_id, form, symbol, number, code, day, total, issued_at, state,
            state_at, batch, qr, sha256, document)
            SELECT 900, form, symbol, 99, code || 'X', day, total, issued_at, state, state_at, batch, qr,
            sha256, document FROM invoice WHERE id = 2""",
        ),
        "invoices",
        "C26MAA-99: is not in the ledger: it was inserted",
    ),
    "an invoice's state is changed by hand": (
        ("UPDATE invoice SET state = 'issued' WHERE id = 6",),
        "states",
        "C26MAA-6: the store says issued, the ledger leads to accepted",
    ),
    "a sale is changed": (
        ("UPDATE sale SET content = replace(content, '\"quantity\": ', '\"quantity\": 1') WHERE id = 3",),
        "invoices",
        "C26MAA-3: its sale was changed",
    ),
    "a paper is changed": (
        ("UPDATE capture SET data = replace(data, x'30', x'31') WHERE id = 4",),
        "papers",
        "paper 4: is not what the ledger holds",
    ),
    "a paper is removed": (
        ("DELETE FROM capture WHERE id = 4",),
        "papers",
        "paper 4: is in the ledger but not in the store: it was removed",
    ),
    "a paper is called no sale": (
        ("UPDATE capture SET state = 'non-sale', kind = 'training', sale_id = NULL WHERE id = 2",),
        "papers",
        "paper 2: the store says non-sale, the ledger sale",
    ),
    "a package is changed": (
        ("UPDATE package SET document = replace(document, '<SLuong>', '<SLuong>1') WHERE id = 1",),
        "packages",
        "package 1: is not what the ledger holds",
    ),
    "an answer is changed": (
        ("UPDATE answer SET document = replace(document, '<LTBao>2', '<LTBao>9') WHERE kind = 'Notice'",),
        "authority",
        "is not what the ledger holds",
    ),
    "an answer is removed": (
        ("DELETE FROM answer WHERE kind = 'Notice'",),
        "authority",
        "no notice of the authority accepts it",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_an_edited_row_is_found(shop: Shop, tmp_path: Path, name: str) -> None:
    statements, where, finding = ROWS[name]
    answer = verified(shop, attacked(shop, tmp_path, *statements))
    assert where in red(answer)
    found = [one for one in check(answer, where).findings if finding in one.line("en")]
    assert found, said(answer)
    assert all(one.line("vi") != one.line("en") for one in found)


BODY = "replace(body, '\"total\":', '\"total\":1')"
SWAP = (
    "UPDATE leaf SET seq = -1 WHERE seq = 6",
    "UPDATE leaf SET seq = 6 WHERE seq = 7",
    "UPDATE leaf SET seq = 7 WHERE seq = -1",
)
LEAVES: dict[str, tuple[SQL, ...]] = {
    "changed": (f"UPDATE leaf SET body = {BODY} WHERE kind = 'invoice.issued' AND subject = 2",),  # noqa: S608
    "removed": ("DELETE FROM leaf WHERE seq = 6",),
    "inserted": (
        "UPDATE leaf SET seq = -seq - 1 WHERE seq > 6",
        "UPDATE leaf SET seq = -seq WHERE seq < 0",
        "INSERT INTO leaf SELECT 7, kind, subject, body, hash FROM leaf WHERE seq = 6",
    ),
    "moved": SWAP,
}


@pytest.mark.parametrize("name", LEAVES)
def test_an_edited_ledger_is_found_without_and_with_hashes_made_again(
    shop: Shop, tmp_path: Path, name: str
) -> None:
    """Hashed again, it contradicts every checkpoint and invoice since; the first of them says since when."""
    plain = attacked(shop, tmp_path / "plain", *LEAVES[name])
    assert red(verified(shop, plain)) & {"ledger", "checkpoints", "witnesses"}
    again = attacked(shop, tmp_path / "again", *LEAVES[name])
    hash_again(again)
    answer = verified(shop, again)
    assert {"checkpoints", "witnesses"} <= red(answer)
    assert "history before it was rewritten or cut" in said(answer)
    first = check(answer, "witnesses").findings[0]
    assert first.where.startswith("C26MAA-")
    assert first.since.startswith(str(datetime.now(UTC).year))


def remove_sale(number: int) -> tuple[SQL, ...]:
    """Everything that speaks of one sale, in rows and leaves."""
    leaves = ("kind = 'invoice.issued'", "kind = 'capture'")
    return (
        *(f"DELETE FROM leaf WHERE {kind} AND subject = {number}" for kind in leaves),  # noqa: S608
        *(f"DELETE FROM {table} WHERE id = {number}" for table in ("invoice", "capture", "sale")),  # noqa: S608
    )


def test_history_written_anew_with_the_ledgers_key_is_found(shop: Shop, tmp_path: Path) -> None:
    """Checkpoints fit again; what the seller signed into later invoices, and what others hold, do not."""
    folder = attacked(shop, tmp_path, *remove_sale(3))
    hash_again(folder, sign=True)
    answer = verified(shop, folder, kept=True, received=True)
    assert {"witnesses", "numbers", "received", "checkpoints"} <= red(answer)
    assert "its tail is cut, or the database swapped" in said(answer)
    assert "the authority has it, the bundle has not" in said(answer)
    witness = check(answer, "witnesses")
    assert witness.findings[0].where == "C26MAA-4"


def test_a_truncated_tail_is_found(shop: Shop, tmp_path: Path) -> None:
    """The last sale taken back with all that came after it: the last checkpoint stands beyond the ledger."""
    last = "(SELECT MIN(seq) FROM leaf WHERE kind = 'capture' AND subject = 12)"
    tail = (
        f"DELETE FROM leaf WHERE seq >= {last}",  # noqa: S608
        "DELETE FROM invoice WHERE id = 12",
        "DELETE FROM capture WHERE id = 12",
        "DELETE FROM sale WHERE id = 12",
    )
    folder = attacked(shop, tmp_path / "a", *tail)
    answer = verified(shop, folder)
    assert "beyond the ledger: its tail is cut" in said(answer)
    assert check(answer, "checkpoints").since
    beyond = "DELETE FROM checkpoint WHERE size > (SELECT COUNT(*) FROM leaf)"
    wiped = attacked(shop, tmp_path / "b", *tail, beyond)
    answer = verified(shop, wiped, kept=True, received=True)
    assert {"checkpoints", "received"} <= red(answer)
    assert "its tail is cut, or the database swapped" in said(answer)


def test_a_swapped_database_is_found_by_what_others_hold(shop: Shop, tmp_path: Path) -> None:
    """An old backup is honest in itself; it lacks what the authority and a witness have seen since."""
    folder = attacked(shop, tmp_path)
    copy_database(shop.earlier, folder / "thungan.db")
    assert not red(verified(shop, folder)) & {"ledger", "checkpoints", "witnesses", "papers", "numbers"}
    answer = verified(shop, folder, kept=True, received=True)
    assert {"checkpoints", "received"} <= red(answer)
    assert "the database swapped" in said(answer)
    missing = [
        one for one in check(answer, "received").findings if "has it, the bundle has not" in one.what.en
    ]
    assert len(missing) == 6


def test_a_second_parallel_history_is_found_by_what_others_hold(shop: Shop, tmp_path: Path) -> None:
    """The owner has every key, and shows the books of a second store: perfect but for what others hold."""
    folder = tmp_path / "second"
    folder.mkdir()
    shutil.copy(shop.folder / "config.toml", folder)
    shutil.copytree(shop.folder / "keys", folder / "keys")
    config = load_config(folder)
    store = Store(folder, open_signer(config))
    for place, path in enumerate(3 * sorted(DATA.glob("*.prn"))):
        reading = read_receipt(path.read_bytes())
        if reading.sale is not None and not reading.problems:
            capture = store.run(record_capture("till", path.read_bytes(), "cut"))
            store.run(issue(replace(reading.sale, receipt_no=f"S{place}"), config.register, capture))
    sign_checkpoint(config, store)
    store.close()
    alone = verified(shop, folder)
    assert red(alone) == set(), said(alone)
    answer = verified(shop, folder, kept=True, received=True)
    assert {"checkpoints", "received"} <= red(answer)
    assert "is another document than the authority received" in said(answer)
    assert "there are two histories" in said(answer)


def test_a_clock_rolled_back_is_found(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path / "a")
    past = datetime.now(UTC) - timedelta(hours=9)
    store = Store(folder, clock=lambda: past)
    paper = store.run(record_capture("till", b"\x1bp\x00\x19\xfa", "drawer"))
    store.run(settle_capture(paper, CaptureState.NON_SALE, "drawer"))
    store.close()
    times = check(verified(shop, folder), "times")
    assert times.verdict is Verdict.BAD
    assert "seconds before the entry above it" in times.findings[0].what.en
    assert times.findings[0].since == past.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    explained = attacked(shop, tmp_path / "b")
    store = Store(explained, clock=lambda: past)
    store.run(record_clock_jump(timedelta(hours=-9)))
    store.close()
    times = check(verified(shop, explained), "times")
    assert times.verdict is Verdict.ATTENTION
    assert any("-32400 seconds" in finding.what.en for finding in times.findings)


def test_a_sale_read_lower_than_printed_is_found(shop: Shop, tmp_path: Path) -> None:
    """A swapped program writes a perfect ledger of wrong sales: the second reading contradicts it."""
    folder = attacked(shop, tmp_path)
    config = load_config(folder)
    store = Store(folder, open_signer(config))
    paper = (DATA / "000-sale-two-line-utf-8-32.prn").read_bytes()
    sale = read_receipt(paper).sale
    assert sale is not None
    one = sale.lines[0]
    less = replace(sale, lines=(one,), total=one.amount, payments=(), receipt_no="LESS")
    store.run(issue(less, config.register, store.run(record_capture("till", paper, "cut"))))
    store.close()
    answer = verified(shop, folder)
    assert red(answer) == {"totals"}, said(answer)
    assert f"none is {one.amount:,}" in said(answer)


def test_an_invented_notice_is_found(shop: Shop, tmp_path: Path) -> None:
    """Written into the ledger like a real one, but nobody signed it."""
    folder = attacked(shop, tmp_path)
    database = sqlite3.connect(folder / "thungan.db")
    document = database.execute("SELECT document FROM answer WHERE kind = 'Notice'").fetchone()[0]
    database.close()
    forged = document.replace(b"<SLuong>6", b"<SLuong>7")
    assert forged != document
    store = Store(folder)
    digest = sha256(forged).hexdigest()
    store.run(
        lambda tx: (
            tx.execute(
                "INSERT INTO answer (message_id, reply_to, kind, received_at, outcome, sha256, document)"
                " SELECT 'X', reply_to, kind, received_at, outcome, ?, ? FROM answer"
                " WHERE kind = 'Notice' LIMIT 1",
                (digest, forged),
            ),
            tx.leaf("answer", 99, reply_to=None, answer="Notice", outcome="decided", sha256=digest),
        )
    )
    store.close()
    answer = verified(shop, folder)
    assert red(answer) == {"authority"}
    assert "the authority's signature" in said(answer)


def rezipped(path: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    """Change one member of a bundle and close it again."""
    with zipfile.ZipFile(path) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)


def test_an_edited_bundle_is_found(shop: Shop, tmp_path: Path) -> None:
    folder = attacked(shop, tmp_path)
    assert red(verified(shop, folder)) == set()
    path = folder / "all.zip"
    shutil.copy(path, tmp_path / "kept.zip")
    rezipped(path, "invoices/000000.jsonl", lambda content: content.replace(b'"total":', b'"total":1', 1))
    answer = verify_bundle(Question(path))
    assert "file" in red(answer)
    shutil.copy(tmp_path / "kept.zip", path)
    manifest = json.loads(zipfile.ZipFile(path).read("manifest.json"))
    manifest["seller"]["name"] = "ANOTHER"
    rezipped(path, "manifest.json", lambda _: json.dumps(manifest).encode())
    assert "is not signed by the ledger's key" in said(verify_bundle(Question(path)))


HOSTILE = {
    "captures/000000.jsonl": (b'"salt":"', b'"salt":"zz'),
    "ledger/leaves/000000.jsonl": (b'{"seq":0,"body":"', b'{"seq":0,"body":"\\ud800'),
    "ledger/checkpoints/000000.jsonl": (b'"proof":null', b'"proof":[null]'),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nonsense_in_a_bundle_is_a_finding_and_no_crash(shop: Shop, tmp_path: Path, name: str) -> None:
    """The manifest is made to fit, as who writes a bundle by hand would."""
    folder = attacked(shop, tmp_path)
    verified(shop, folder)
    path = folder / "all.zip"
    before, after = HOSTILE[name]
    changed: list[bytes] = []

    def change(content: bytes) -> bytes:
        assert before in content
        changed.append(content.replace(before, after, 1))
        return changed[0]

    rezipped(path, name, change)
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
    for member in manifest["members"]:
        if member["name"] == name:
            member.update(bytes=len(changed[0]), sha256=sha256(changed[0]).hexdigest())
    rezipped(path, "manifest.json", lambda _: json.dumps(manifest).encode())
    answer = verify_bundle(Question(path))
    assert "file" in red(answer)
    json.dumps(answer.to_json())
