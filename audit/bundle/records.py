"""The typed rows of an evidence bundle, one class for each table; how they look as JSON Lines.

Times are the store's own text: ISO 8601 UTC with milliseconds; ``day`` is a legal day (YYYY-MM-DD, Vietnam).
Amounts are whole dong. A document is the exact bytes that were captured, signed, sent or received.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar, get_args

from audit.errors import BundleUnreadable

FORMAT = "thungan evidence bundle"
VERSION = 1
MANIFEST, SIGNATURE, README, LEDGER = "manifest.json", "manifest.sig", "README.txt", "ledger/ledger.json"


@dataclass(frozen=True, slots=True)
class Capture:
    """A piece of paper as it came from the register.

    ``form`` is what the bytes are (``escpos``, or a record as ``csv``, ``json``, ``xml``, ``isl``),
    ``origin`` where in its source they stood. ``shown``: ``exact`` bytes or ``redacted`` ones; ``data`` is
    None where they are withheld (``withheld`` says why). ``salt`` is the hex salt of the ledger's commitment,
    "" where there is none or it is not shown.
    """

    table: ClassVar[str] = "captures"
    id: int
    source: str
    captured_at: str
    ended_by: str
    state: str
    kind: str | None
    problems: tuple[str, ...]
    sale_id: int | None
    form: str
    origin: str | None
    data: bytes | None
    shown: str
    salt: str
    withheld: str | None


@dataclass(frozen=True, slots=True)
class SaleRow:
    """A sale as understood: ``content`` is its JSON (docs/sale-json.md), without the buyer if redacted."""

    table: ClassVar[str] = "sales"
    id: int
    receipt_no: str | None
    sold_at: str | None
    total: int
    recorded_at: str
    content: dict[str, Any]


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice: the signed document and how it stands.

    ``sha256`` is that of the exact document, also where the bundle has it ``shown`` as ``redacted``.
    ``beyond``: not of the period; here only because a package of the period holds it too.
    """

    table: ClassVar[str] = "invoices"
    id: int
    sale_id: int
    form_number: int
    symbol: str
    number: int
    code: str
    day: str
    total: int
    issued_at: str
    state: str
    state_at: str
    reason: str | None
    package_id: int | None
    corrects: int | None
    relation: int | None
    sha256: str
    document: bytes | None
    shown: str
    withheld: str | None
    beyond: bool


@dataclass(frozen=True, slots=True)
class PackageRow:
    """A message 206 or 208: ``head``, the documents of ``invoices`` in this order, ``tail`` are its bytes."""

    table: ClassVar[str] = "packages"
    id: int
    message_id: str
    built_at: str
    state: str
    state_at: str
    attempts: int
    reason: str | None
    sha256: str
    invoices: tuple[int, ...]
    head: bytes | None
    tail: bytes | None
    withheld: str | None


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """A message of the authority, and what it did (``outcome``)."""

    table: ClassVar[str] = "answers"
    id: int
    message_id: str | None
    reply_to: str | None
    kind: str
    received_at: str
    outcome: str
    sha256: str
    document: bytes


@dataclass(frozen=True, slots=True)
class AcknowledgementRow:
    """Our own 999 to an answer."""

    table: ClassVar[str] = "acknowledgements"
    answer_id: int
    message_id: str
    attempts: int
    sent_at: str | None
    document: bytes


@dataclass(frozen=True, slots=True)
class FormRow:
    """A registration (100) or notice of wrong invoices (300, 303); ``review``: the 302 it answers."""

    table: ClassVar[str] = "forms"
    id: int
    kind: str
    message_id: str
    built_at: str
    state: str
    state_at: str
    attempts: int
    reason: str | None
    review: str | None
    sha256: str
    document: bytes


@dataclass(frozen=True, slots=True)
class ListRow:
    """The signed list (BKe) of an invoice that corrects many."""

    table: ClassVar[str] = "lists"
    id: int
    invoice_id: int
    sha256: str
    document: bytes | None
    withheld: str | None


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An invoice that waited, or waits, for a provider's number: the document that the seller signed.

    ``reference`` is what the customer was given; ``invoice_id`` the invoice it has become, ``answer_id`` the
    provider's answer about it. ``shown`` and ``sha256`` as of an invoice.
    """

    table: ClassVar[str] = "orders"
    id: int
    key: str
    reference: str
    sale_id: int
    form_number: int
    symbol: str
    day: str
    sold_at: str
    total: int
    ordered_at: str
    state: str
    state_at: str
    reason: str | None
    provider: str | None
    number: int | None
    invoice_id: int | None
    answer_id: int | None
    corrects: int | None
    relation: int | None
    sha256: str
    document: bytes | None
    shown: str
    withheld: str | None


@dataclass(frozen=True, slots=True)
class ProviderAnswerRow:
    """An answer of the provider as it came; withheld where its sale names a buyer."""

    table: ClassVar[str] = "provider_answers"
    id: int
    received_at: str
    sha256: str
    document: bytes | None
    withheld: str | None


@dataclass(frozen=True, slots=True)
class ProviderPaperRow:
    """The provider's own ``xml`` or ``pdf`` of an invoice; withheld where its sale names a buyer."""

    table: ClassVar[str] = "provider_papers"
    id: int
    order_id: int
    kind: str
    fetched_at: str
    sha256: str
    document: bytes | None
    withheld: str | None


@dataclass(frozen=True, slots=True)
class StandingAlarm:
    """An alarm that stood when the bundle was made; what came and went is in the ledger."""

    table: ClassVar[str] = "alarms"
    code: str
    since: str
    message: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf of the ledger: ``body`` is the exact text that is hashed. ``path``: inclusion proof (hex) up to
    the bundle's head, for leaves outside the slice; empty inside of it."""

    table: ClassVar[str] = "leaves"
    seq: int
    body: str
    path: tuple[str, ...] = ()

    @property
    def said(self) -> dict[str, Any]:
        """The body as an object; empty where somebody has made it something else."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def kind(self) -> str:
        """What happened: ``invoice.issued``, ``clock.jumped``… (docs/evidence-bundle.md lists them)."""
        return str(self.said.get("kind", ""))

    @property
    def at(self) -> str:
        """When, by the register's clock."""
        return str(self.said.get("at", ""))


@dataclass(frozen=True, slots=True)
class CheckpointRow:
    """A signed checkpoint (C2SP signed note), with a consistency proof (hex) to the bundle's head where it
    lies outside the slice; ``None`` inside of it."""

    table: ClassVar[str] = "checkpoints"
    size: int
    at: str
    note: str
    proof: tuple[str, ...] | None


Row = (
    Capture
    | SaleRow
    | InvoiceRow
    | PackageRow
    | AnswerRow
    | AcknowledgementRow
    | FormRow
    | ListRow
    | OrderRow
    | ProviderAnswerRow
    | ProviderPaperRow
    | StandingAlarm
    | Leaf
    | CheckpointRow
)
R = TypeVar("R", bound=Row)
_BASE64 = {"data"}
_DOCUMENTS = {"document", "head", "tail"}


def row_to_json(row: Row) -> str:
    """One line of JSON. Documents are text where they are UTF-8, else (``…_base64``) Base64."""
    out: dict[str, Any] = {}
    for field in fields(row):
        value = getattr(row, field.name)
        if isinstance(value, bytes):
            name, value = _as_text(field.name, value)
            out[name] = value
        else:
            out[field.name] = value
    return json.dumps(out, ensure_ascii=False, separators=(",", ":"))


def row_from_json(kind: type[R], line: str | bytes) -> R:
    """Read a line back.

    Raises:
        BundleUnreadable: not JSON, or not of that table.
    """
    try:
        data = json.loads(line)
        for name in (*_BASE64, *_DOCUMENTS):
            if (coded := data.pop(f"{name}_base64", None)) is not None:
                data[name] = b64decode(coded, validate=True)
            elif name in _DOCUMENTS and isinstance(data.get(name), str):
                data[name] = data[name].encode()
        for name in _LISTS:
            if isinstance(data.get(name), list):
                data[name] = tuple(data[name])
        for name, allowed in _TYPES[kind.table]:
            if not isinstance(data[name], allowed):
                raise TypeError(f"{name} is {type(data[name]).__name__}")
        return kind(**data)
    except KeyError as error:
        raise BundleUnreadable(f"a line of {kind.table} has no {error}") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise BundleUnreadable(f"a line of {kind.table} is not as it must be: {error}") from error


def _types(kind: type[Row]) -> tuple[tuple[str, tuple[type, ...]], ...]:
    """What each column may be, as it is annotated."""
    known = {"int": int, "str": str, "bool": bool, "bytes": bytes, "None": type(None)}
    return tuple(
        (
            field.name,
            tuple(
                known.get(word, tuple if word.startswith("tuple") else dict)
                for word in str(field.type).split(" | ")
            ),
        )
        for field in fields(kind)
    )


_TYPES = {kind.table: _types(kind) for kind in get_args(Row)}
_LISTS = ("problems", "invoices", "path", "proof")


def _as_text(name: str, value: bytes) -> tuple[str, str]:
    if name in _DOCUMENTS:
        try:
            return name, value.decode()
        except UnicodeDecodeError:
            pass
    return f"{name}_base64", b64encode(value).decode()
