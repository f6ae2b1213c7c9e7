"""What each row of a bundle says, in a few bytes, and what was found wrong with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

    from audit.words import Words


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with one row. ``check`` names the check it belongs to."""

    check: str
    what: Words
    where: str
    since: str
    bad: bool = True


@dataclass(frozen=True, slots=True)
class InvoiceFacts:
    """What one invoice says: of the row, and of its document where that is there."""

    id: int
    sale_id: int
    form: int
    symbol: str
    number: int
    code: str
    day: str
    total: int
    issued_at: str
    state: str
    package_id: int | None
    sha256: bytes
    redacted: bytes | None  # of the redacted form
    shown: bool  # the exact document is there
    beyond: bool
    signed: bool
    witness_size: int | None
    witness_root: bytes | None
    corrects: int | None
    goods: bytes | None = None  # as an order's; only where a provider numbered it

    @property
    def name(self) -> str:
        """Symbol and number."""
        return f"{self.symbol}-{self.number}"


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """What one paper says, and its hash as the ledger has it."""

    id: int
    sale_id: int | None
    state: str
    kind: str | None
    captured_at: str
    salted: str | None
    redacted: str | None
    data_length: int | None


@dataclass(frozen=True, slots=True)
class PackageFacts:
    """What one package says. ``proven``: its bytes were there to be checked."""

    id: int
    message_id: str
    built_at: str
    state: str
    sha256: str
    invoices: tuple[int, ...]
    proven: bool


@dataclass(frozen=True, slots=True)
class AnswerFacts:
    """What one message of the authority says. ``signed``: None where it bears no signature (a 999)."""

    id: int
    kind: str
    received_at: str
    reply_to: str | None
    sha256: str
    signed: bool | None
    accepts: bool | None
    refused: tuple[str, ...]  # form;symbol;number


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What one order says. ``goods``: SHA-256 of what its invoice must say too, None where it is withheld."""

    id: int
    reference: str
    sale_id: int
    invoice_id: int | None
    answer_id: int | None
    state: str
    day: str
    total: int
    ordered_at: str
    sha256: bytes
    redacted: bytes | None
    shown: bool
    signed: bool
    goods: bytes | None


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """An ``answer`` or ``paper`` of a provider; ``sha256`` of its bytes, None where they are withheld."""

    id: int
    kind: str
    at: str
    sha256: str | None


@dataclass(slots=True)
class Found:
    """What a task gives back."""

    rows: int = 0
    invoices: list[InvoiceFacts] = field(default_factory=list)
    captures: list[CaptureFacts] = field(default_factory=list)
    packages: list[PackageFacts] = field(default_factory=list)
    answers: list[AnswerFacts] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)
    provider: list[ProviderFacts] = field(default_factory=list)
    sales: dict[int, tuple[int, str, str]] = field(default_factory=dict)  # total, digest, currency
    readings: dict[int, dict[str, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Setting:
    """What every task needs. ``trust``: the authority's certificates; ``issuers``: those of sellers' CAs."""

    path: str
    tax_code: str
    trust: tuple[x509.Certificate, ...]
    issuers: tuple[x509.Certificate, ...]
