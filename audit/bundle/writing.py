"""Writing an evidence bundle: row by row into a ZIP, in memory of one row, whatever the period's length.

Tables are cut into members of at most ``CHUNK`` rows, so that a reader can take them apart and several
processes can check them side by side. The manifest comes last, with the SHA-256 of every member; a signed
note over the manifest is made with the ledger's own key.
"""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field, fields
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any

from audit.bundle.records import (
    FORMAT,
    LEDGER,
    MANIFEST,
    README,
    SIGNATURE,
    VERSION,
    AcknowledgementRow,
    AnswerRow,
    Capture,
    CheckpointRow,
    FormRow,
    InvoiceRow,
    Leaf,
    ListRow,
    OrderRow,
    PackageRow,
    ProviderAnswerRow,
    ProviderPaperRow,
    R,
    Row,
    SaleRow,
    StandingAlarm,
    row_to_json,
)
from audit.bundle.redaction import EXACT, NO_COMMITMENT, NOT_REDACTABLE, REDACTED, names_buyer
from invoice.redactable import redacted_form
from outbox.commitments import redacted_capture
from outbox.merkle import consistency_path, inclusion_path, wanted_nodes
from outbox.note import NoteKey, signed_note

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from outbox.evidence import Evidence, LedgerSlice

CHUNK = 1000  # rows of a member
MOST_PAPER = 1 << 40  # bytes
LEVEL = 1  # of deflate: four times as fast as the usual 6, for a file a tenth larger
_INVOICE = re.compile(rb"<HDon>.*?</HDon>", re.DOTALL)
_CODE = re.compile(rb"<MCCQT>([^<]{1,40})</MCCQT>")
_README = """\
Hồ sơ chứng cứ thungan / thungan evidence bundle

Kiểm tra / to check:  thungan-verify TỆP.zip
Mở bằng tay / by hand: unzip -p TỆP.zip 'invoices/*' | jq .
Định dạng / format:   docs/evidence-bundle.md
"""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose bundle it is, and what is needed to write it.

    ``origin`` names the ledger. ``unnamed``: the words that stand on invoices for no buyer in particular.
    """

    seller: str
    tax_code: str
    register: int
    origin: str
    program: str
    made_at: str
    key: Ed25519PrivateKey
    unnamed: frozenset[str]


@dataclass(slots=True)
class Progress:
    """How far the writing is: rows done of rows in all, told to ``tell``."""

    total: int
    tell: Callable[[int, int], None]
    done: int = 0

    def step(self) -> None:
        """One row more."""
        self.done += 1
        if self.done % 256 == 0 or self.done == self.total:
            self.tell(self.done, self.total)


@dataclass(slots=True)
class _Members:
    """Members written so far."""

    archive: zipfile.ZipFile
    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, name: str, content: bytes) -> None:
        with self.archive.open(name, "w") as member:
            member.write(content)
        self.listed.append({"name": name, "bytes": len(content), "sha256": sha256(content).hexdigest()})

    def table(self, table: str, folder: str, rows: Iterator[Row]) -> None:
        for place, chunk in enumerate(_chunks(rows)):
            lines = b"".join(row_to_json(row).encode() + b"\n" for row in chunk)
            self.add(f"{folder}/{place:06}.jsonl", lines)
            ids = [row.id for row in chunk if isinstance(row, InvoiceRow | SaleRow)]
            where = {"first": min(ids), "last": max(ids)} if ids else {}
            self.listed[-1].update(table=table, rows=len(chunk), **where)


def _chunks(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk


def write_bundle(
    evidence: Evidence,
    subject: Subject,
    path: Path,
    *,
    full: bool = False,
    tell: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """Write the bundle of a period and give its manifest; ``full`` shows buyers' data.

    The file is complete or not there: it is written beside ``path`` and renamed.
    """
    part = path.with_name(path.name + ".part")
    try:
        with zipfile.ZipFile(
            part, "w", zipfile.ZIP_DEFLATED, allowZip64=True, compresslevel=LEVEL
        ) as archive:
            manifest = _write(evidence, subject, _Members(archive), full=full, tell=tell)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return manifest


_TABLES = (
    "packages",
    "invoices",
    "sales",
    "captures",
    "answers",
    "acknowledgements",
    "forms",
    "lists",
    "orders",
    "provider_answers",
    "provider_papers",
    "alarms",
)


def _write(
    evidence: Evidence,
    subject: Subject,
    members: _Members,
    *,
    full: bool,
    tell: Callable[[int, int], None] | None,
) -> dict[str, Any]:
    ledger = evidence.ledger_slice()
    counted = sum(evidence.count(table) for table in _TABLES) + ledger.end - ledger.first
    progress = Progress(counted, tell or (lambda _done, _total: None))
    shown = _Shown(evidence, subject, full=full)
    members.add(README, _README.encode())
    for table in _TABLES:  # packages first: they may bring in invoices of other days
        make = getattr(shown, table)
        members.table(table, table, _counted(map(make, evidence.rows(table)), progress))
    members.table("leaves", "ledger/leaves", _counted(_leaves(evidence, ledger), progress))
    _write_proofs(evidence, subject, ledger, members)
    manifest = {
        "format": FORMAT,
        "version": VERSION,
        "program": subject.program,
        "made_at": subject.made_at,
        "seller": {"name": subject.seller, "tax_code": subject.tax_code},
        "register": subject.register,
        "period": {"from": evidence.period.first.isoformat(), "to": evidence.period.last.isoformat()},
        "full": full,
        "redacted": shown.redacted,
        "withheld": shown.withheld,
        "ledger": {"size": ledger.head.size, "root": ledger.head.root().hex()},
        "members": members.listed,
    }
    content = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    note = signed_note(
        f"{FORMAT}\n{sha256(content).hexdigest()}\n",
        subject.origin,
        subject.key,
    )
    members.add(MANIFEST, content)
    members.add(SIGNATURE, note.encode())
    return manifest


def _counted(rows: Iterator[Row], progress: Progress) -> Iterator[Row]:
    for row in rows:
        yield row
        progress.step()


def _leaves(evidence: Evidence, ledger: LedgerSlice) -> Iterator[Row]:
    for seq, body in evidence.leaves(ledger.first, ledger.end):
        yield Leaf(seq, str(body))


def _write_proofs(evidence: Evidence, subject: Subject, ledger: LedgerSlice, members: _Members) -> None:
    """Leaves and checkpoints outside of the slice with their proofs, and the slice's way to the head."""
    size = ledger.head.size
    outside = [seq for seq, _ in evidence.leaves_outside(ledger.first, ledger.end) if seq < size]
    checkpoints = list(evidence.checkpoints(ledger.first, ledger.end))
    proven = {
        int(row["size"])
        for row in checkpoints
        if not ledger.first <= row["size"] <= ledger.end and row["size"] <= size
    }
    wanted: set[tuple[int, int]] = set()
    for seq in outside:
        wanted |= wanted_nodes(lambda node, seq=seq: inclusion_path(seq, size, node))  # type: ignore[misc]
    for old in proven | {ledger.end}:
        wanted |= wanted_nodes(lambda node, old=old: consistency_path(old, size, node))  # type: ignore[misc]
    nodes = evidence.nodes(wanted)

    def node(begin: int, end: int) -> bytes:
        return nodes[begin, end]

    def extra() -> Iterator[Row]:
        for seq, body in evidence.leaves_outside(ledger.first, ledger.end):
            path = inclusion_path(seq, size, node) if seq < size else []
            yield Leaf(seq, str(body), tuple(step.hex() for step in path))

    def listed() -> Iterator[Row]:
        for row in checkpoints:
            proof = None
            if row["size"] in proven:
                proof = tuple(step.hex() for step in consistency_path(row["size"], size, node))
            yield CheckpointRow(row["size"], row["at"], row["note"], proof)

    members.table("outside", "ledger/outside", extra())
    members.table("checkpoints", "ledger/checkpoints", listed())
    content = {
        "origin": subject.origin,
        "vkey": str(NoteKey(subject.origin, subject.key.public_key())),
        "first": ledger.first,
        "end": ledger.end,
        "peaks": [peak.hex() for peak in ledger.before.peaks],
        "size": size,
        "root": ledger.head.root().hex(),
        "consistency": [step.hex() for step in consistency_path(ledger.end, size, node)],
    }
    members.add(LEDGER, json.dumps(content, indent=1).encode())


def _bytes(value: object) -> bytes:
    """A document column as bytes, whatever type somebody has made of it."""
    return value if isinstance(value, bytes) else str(value).encode()


class _Shown:
    """From the store's rows to the bundle's, with what is private withheld."""

    def __init__(self, evidence: Evidence, subject: Subject, *, full: bool) -> None:
        self._evidence = evidence
        self._full = full
        self._unnamed = frozenset(word.encode() for word in subject.unnamed)
        self._buyers = evidence.sales_with_buyers()
        self.withheld = self.redacted = 0

    def packages(self, row: dict[str, Any]) -> PackageRow:
        head, ids, tail, withheld = self._cut(_bytes(row["document"]))
        return _row(PackageRow, row, invoices=ids, head=head, tail=tail, withheld=withheld)

    def _cut(self, document: bytes) -> tuple[bytes | None, tuple[int, ...], bytes | None, str | None]:
        """A package as what stands around its invoices and their numbers, each by its authority code."""
        found: list[int] = []
        place, start = None, 0
        for match in _INVOICE.finditer(document):
            code = _CODE.search(match[0])
            known = self._evidence.invoice_of_code(code[1].decode("utf-8", "replace")) if code else None
            if (
                known is None
                or known[1] != sha256(match[0]).hexdigest()
                or place not in {None, match.start()}
            ):
                if self._full:
                    return document, (), b"", None
                self.withheld += 1
                return None, (), None, "holds an invoice that is not in the store as it stands here"
            start, place = start if found else match.start(), match.end()
            found.append(known[0])
        return document[:start], tuple(found), document[place or 0 :], None

    def invoices(self, row: dict[str, Any]) -> InvoiceRow:
        shown = self._written(row)
        return _row(InvoiceRow, row, form_number=row["form"], beyond=bool(row["beyond"]), **shown)

    def orders(self, row: dict[str, Any]) -> OrderRow:
        return _row(OrderRow, row, form_number=row["form"], **self._written(row))

    def _written(self, row: dict[str, Any]) -> dict[str, Any]:
        """An invoice's or order's own document, without the buyer where the bundle is not full."""
        exact = _bytes(row["document"])
        document: bytes | None = exact
        form, withheld = EXACT, None
        if not self._full and (redacted := redacted_form(exact)) is not None:
            document, form = redacted, REDACTED
            self.redacted += 1
        elif not self._full and names_buyer(exact, self._unnamed):
            document, withheld = None, NO_COMMITMENT
            self.withheld += 1
        return {"document": document, "shown": form, "withheld": withheld}

    def provider_answers(self, row: dict[str, Any]) -> ProviderAnswerRow:
        return _row(ProviderAnswerRow, row, **self._of_provider(row))

    def provider_papers(self, row: dict[str, Any]) -> ProviderPaperRow:
        return _row(ProviderPaperRow, row, **self._of_provider(row))

    def _of_provider(self, row: dict[str, Any]) -> dict[str, Any]:
        """A provider's words: nobody can say what in them names a buyer, if there is one."""
        if self._full or row["sale_id"] not in self._buyers:
            return {"document": _bytes(row["document"]), "withheld": None}
        self.withheld += 1
        return {"document": None, "withheld": NOT_REDACTABLE}

    def sales(self, row: dict[str, Any]) -> SaleRow:
        try:
            content = json.loads(row["content"])
        except ValueError:
            content = {"unreadable": True}
        if not self._full and isinstance(content, dict) and content.get("buyer"):
            content["buyer"] = {"redacted": True}
        return _row(SaleRow, row, content=content)

    def captures(self, row: dict[str, Any]) -> Capture:
        exact, salt = _bytes(row["data"]), row["salt"] and _bytes(row["salt"])
        data: bytes | None = exact
        form, shown_salt, withheld = EXACT, salt.hex() if salt else "", None
        if not self._full and row["private"] and salt:
            # Without the salt: with it, what is hidden could be guessed from the commitment to the whole.
            data, form, shown_salt = redacted_capture(exact, salt, _spans(row["private"])), REDACTED, ""
            self.redacted += 1
        elif not self._full and row["sale_id"] in self._buyers and not _read_by_program(row):
            data, shown_salt, withheld = None, "", NO_COMMITMENT
            self.withheld += 1
        problems = json.loads(row["problems"]) if row["problems"] else []
        shown = {"data": data, "shown": form, "salt": shown_salt, "withheld": withheld}
        return _row(Capture, row, problems=tuple(str(problem) for problem in problems), **shown)

    def answers(self, row: dict[str, Any]) -> AnswerRow:
        return _row(AnswerRow, row, document=_bytes(row["document"]))

    def acknowledgements(self, row: dict[str, Any]) -> AcknowledgementRow:
        return _row(AcknowledgementRow, row, document=_bytes(row["document"]))

    def forms(self, row: dict[str, Any]) -> FormRow:
        return _row(FormRow, row, document=_bytes(row["document"]))

    def lists(self, row: dict[str, Any]) -> ListRow:
        if self._full:
            return _row(ListRow, row, document=_bytes(row["document"]), withheld=None)
        self.withheld += 1
        return _row(ListRow, row, document=None, withheld=NOT_REDACTABLE)

    def alarms(self, row: dict[str, Any]) -> StandingAlarm:
        return _row(StandingAlarm, row)


def _spans(private: str) -> list[tuple[int, int]]:
    """The hidden bytes of a paper, as the store wrote them; everything where that is no longer readable."""
    try:
        return [(int(start), int(end)) for start, end in json.loads(private)]
    except (ValueError, TypeError):
        return [(0, MOST_PAPER)]


def _read_by_program(row: dict[str, Any]) -> bool:
    """Whether the program itself read the sale from this paper: then it has hidden what names a buyer."""
    return row["salt"] is not None and row["state"] in {"sale", "waiting", "non-sale"}


def _row(kind: type[R], row: dict[str, Any], **shown: Any) -> R:
    """A row of the bundle from the store's columns of the same names, and what is shown otherwise."""
    names = [one.name for one in fields(kind)]
    return kind(**{name: shown[name] if name in shown else row[name] for name in names})
