"""Reading an evidence bundle: typed rows, one after the other, without unpacking it and without a database.

>>> from pathlib import Path
>>> from audit.bundle.reading import Bundle
>>> def turnover(path: Path) -> int:
...     with Bundle(path) as bundle:
...         return sum(invoice.total for invoice in bundle.invoices() if not invoice.beyond)

Memory is that of one member (a thousand rows). Imports nothing of the store, so ``thungan-verify`` stays
small.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from datetime import date
from functools import lru_cache, partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Self, TypeVar

from audit.bundle.records import (
    FORMAT,
    LEDGER,
    MANIFEST,
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
    R,
    SaleRow,
    StandingAlarm,
    row_from_json,
)
from audit.errors import BundleNewer, BundleUnreadable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

MOST_MEMBER = 256 * 1024 * 1024  # bytes of one member unpacked: a bomb is refused
MOST_MANIFEST = 64 * 1024 * 1024
Numbered = TypeVar("Numbered", InvoiceRow, SaleRow)
_DAMAGED = (KeyError, ValueError, OSError, zipfile.BadZipFile, zlib.error, RuntimeError, EOFError)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the archive as the manifest lists it; ``table`` is "" for what is no table.

    ``first`` and ``last`` are the ids of its rows, where they have some.
    """

    name: str
    size: int
    sha256: str
    table: str
    rows: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What the bundle says of itself."""

    program: str
    made_at: str
    seller: str
    tax_code: str
    register: int
    first: date
    last: date
    full: bool
    withheld: int
    size: int
    root: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class LedgerHead:
    """The slice of the ledger, ``first`` ≤ seq < ``end``, its left edge, and the head it belongs to."""

    origin: str
    vkey: str
    first: int
    end: int
    peaks: tuple[bytes, ...]
    size: int
    root: bytes
    consistency: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person said of a quarantined paper; ``late``: the day it was captured, where decided later."""

    capture_id: int
    at: str
    resolved_as: str
    reason: str
    invoice_id: int | None
    late: str | None


@dataclass(frozen=True, slots=True)
class AlarmSpan:
    """An alarm from ``since`` to ``until``; None where it stood when the period ended."""

    code: str
    since: str
    until: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Configuration:
    """How the register was set up from a moment on (no secrets in it), and by which program."""

    at: str
    program: str
    content: dict[str, Any]
    profiles: dict[str, str]


class Bundle:
    """An open bundle. Use it as a context manager, or close it.

    Raises on opening:
        BundleUnreadable, BundleNewer: saying what it is instead.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._archive = zipfile.ZipFile(path)
        except _DAMAGED as error:
            raise BundleUnreadable(f"{path} is not an evidence bundle: {error}") from error
        try:
            self.manifest_bytes = self._content(MANIFEST, MOST_MANIFEST)
            self.manifest = _manifest(self.manifest_bytes)
            self._members = {member.name: member for member in self.manifest.members}
            self._ranges: dict[str, list[tuple[int, int]]] = {}
        except BaseException:
            self._archive.close()
            raise
        self._invoice_chunk = lru_cache(maxsize=6)(partial(self._chunk, InvoiceRow))
        self._sale_chunk = lru_cache(maxsize=6)(partial(self._chunk, SaleRow))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._archive.close()

    @property
    def names(self) -> list[str]:
        """What the archive really holds."""
        return self._archive.namelist()

    @property
    def signature(self) -> str:
        """The signed note over the manifest; "" where there is none."""
        if SIGNATURE not in self._archive.NameToInfo:
            return ""
        return self._content(SIGNATURE, 100_000).decode("utf-8", "replace")

    @property
    def ledger(self) -> LedgerHead:
        """The ledger's slice and head."""
        try:
            data = json.loads(self._content(LEDGER, MOST_MANIFEST))
            return LedgerHead(
                origin=str(data["origin"]),
                vkey=str(data["vkey"]),
                first=int(data["first"]),
                end=int(data["end"]),
                peaks=tuple(bytes.fromhex(peak) for peak in data["peaks"]),
                size=int(data["size"]),
                root=bytes.fromhex(data["root"]),
                consistency=tuple(bytes.fromhex(step) for step in data["consistency"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BundleUnreadable(f"{LEDGER} is not as it must be: {error!r}") from error

    def captures(self) -> Iterator[Capture]:
        """Every piece of paper, oldest first."""
        return self._rows(Capture)

    def sales(self) -> Iterator[SaleRow]:
        """Every sale that was understood."""
        return self._rows(SaleRow)

    def invoices(self) -> Iterator[InvoiceRow]:
        """Every invoice by its id; those ``beyond`` the period are there for their packages' sake."""
        return self._rows(InvoiceRow)

    def packages(self) -> Iterator[PackageRow]:
        """Every message 206 and 208."""
        return self._rows(PackageRow)

    def answers(self) -> Iterator[AnswerRow]:
        """Every message of the authority."""
        return self._rows(AnswerRow)

    def acknowledgements(self) -> Iterator[AcknowledgementRow]:
        """Our own 999s."""
        return self._rows(AcknowledgementRow)

    def forms(self) -> Iterator[FormRow]:
        """Registrations and notices of wrong invoices."""
        return self._rows(FormRow)

    def lists(self) -> Iterator[ListRow]:
        """Signed lists of invoices that correct many."""
        return self._rows(ListRow)

    def orders(self) -> Iterator[OrderRow]:
        """Invoices that waited, or wait, for a provider's number."""
        yield from self._rows(OrderRow)

    def standing_alarms(self) -> Iterator[StandingAlarm]:
        """Alarms that stood when the bundle was made."""
        return self._rows(StandingAlarm)

    def leaves(self) -> Iterator[Leaf]:
        """The ledger's slice, without a gap if it is honest."""
        return self._rows(Leaf)

    def outside_leaves(self) -> Iterator[Leaf]:
        """Leaves before and after the slice that speak of its records, each with its proof."""
        return self._rows(Leaf, "outside")

    def checkpoints(self) -> Iterator[CheckpointRow]:
        """Signed checkpoints, smallest first."""
        return self._rows(CheckpointRow)

    def all_leaves(self) -> Iterator[Leaf]:
        """Slice and outside leaves in the ledger's order."""
        outside = self.outside_leaves()
        later = next(outside, None)
        for leaf in self.leaves():
            while later is not None and later.seq < leaf.seq:
                yield later
                later = next(outside, None)
            yield leaf
        if later is not None:
            yield later
            yield from outside

    def decisions(self) -> Iterator[Decision]:
        """Persons' decisions about quarantined papers."""
        for leaf in self.all_leaves():
            if leaf.kind == "capture.resolved":
                said = leaf.said
                yield Decision(
                    said.get("capture", 0),
                    leaf.at,
                    str(said.get("resolved_as", "")),
                    str(said.get("reason", "")),
                    said.get("invoice"),
                    said.get("late"),
                )

    def alarms(self) -> list[AlarmSpan]:
        """Every alarm of the period, raised and cleared."""
        spans: list[AlarmSpan] = []
        open_since: dict[str, Leaf] = {}
        for leaf in self.leaves():
            if leaf.kind == "alarm.raised":
                open_since[str(leaf.said.get("code"))] = leaf
            elif leaf.kind == "alarm.cleared":
                code = str(leaf.said.get("code"))
                raised = open_since.pop(code, None)
                since, words = (raised.at, str(raised.said.get("message", ""))) if raised else ("", "")
                spans.append(AlarmSpan(code, since, leaf.at, words))
        spans.extend(
            AlarmSpan(code, leaf.at, None, str(leaf.said.get("message", "")))
            for code, leaf in open_since.items()
        )
        return spans

    def configurations(self) -> Iterator[Configuration]:
        """Every set-up of the register that the ledger knows, oldest first, also those before the period."""
        for leaf in self.all_leaves():
            if leaf.kind == "configuration":
                said = leaf.said
                content, profiles = said.get("content"), said.get("profiles")
                yield Configuration(
                    leaf.at,
                    str(said.get("program", "")),
                    content if isinstance(content, dict) else {},
                    profiles if isinstance(profiles, dict) else {},
                )

    def package_document(self, package: PackageRow) -> bytes | None:
        """The exact bytes of a package; None where an invoice in it is shown redacted or withheld."""
        if package.head is None or package.tail is None:
            return None
        parts = [package.head]
        for number in package.invoices:
            invoice = self.invoice(number)
            if invoice is None or invoice.document is None or invoice.shown != "exact":
                return None
            parts.append(invoice.document)
        return b"".join((*parts, package.tail))

    def invoice(self, number: int) -> InvoiceRow | None:
        """One invoice by its id."""
        place = self._place("invoices", number)
        return None if place is None else self._invoice_chunk(place).get(number)

    def sale(self, number: int) -> SaleRow | None:
        """One sale by its id."""
        place = self._place("sales", number)
        return None if place is None else self._sale_chunk(place).get(number)

    def member(self, name: str) -> Member:
        """A member by its name.

        Raises:
            BundleUnreadable: there is none.
        """
        found = self._members.get(name)
        if found is None:
            raise BundleUnreadable(f"the bundle has no member {name}")
        return found

    def members_of(self, table: str) -> list[Member]:
        """The members that a table is cut into, in order."""
        return [member for member in self.manifest.members if member.table == table]

    def rows_of(self, member: Member, kind: type[R]) -> Iterator[R]:
        """The rows of one member."""
        content = self.content(member)
        for line in content.splitlines():
            yield row_from_json(kind, line)

    def content(self, member: Member) -> bytes:
        """The bytes of one member; they are what the manifest says.

        Raises:
            BundleUnreadable: they are not.
        """
        content = self._content(member.name, MOST_MEMBER)
        if sha256(content).hexdigest() != member.sha256:
            raise BundleUnreadable(f"{member.name} is not what the manifest says")
        return content

    def _rows(self, kind: type[R], table: str | None = None) -> Iterator[R]:
        for member in self.members_of(table or kind.table):
            yield from self.rows_of(member, kind)

    def _content(self, name: str, most: int) -> bytes:
        try:
            info = self._archive.getinfo(name)
            if info.file_size > most:
                raise BundleUnreadable(f"{name} is larger than {most} bytes")
            return self._archive.read(info)
        except _DAMAGED as error:
            raise BundleUnreadable(f"{self.path}: {name} cannot be read: {error}") from error

    def _place(self, table: str, number: int) -> int | None:
        ranges = self._ranges.setdefault(
            table, [(member.first, member.last) for member in self.members_of(table)]
        )
        return next((n for n, (first, last) in enumerate(ranges) if first <= number <= last), None)

    def _chunk(self, kind: type[Numbered], place: int) -> dict[int, Numbered]:
        member = self.members_of(kind.table)[place]
        return {row.id: row for row in self.rows_of(member, kind)}


def _manifest(content: bytes) -> Manifest:
    try:
        data = json.loads(content)
        if data["format"] != FORMAT:
            raise BundleUnreadable(f"the manifest is of {data['format']!r}, not of a {FORMAT}")
        if int(data["version"]) > VERSION:
            raise BundleNewer(f"the bundle has version {data['version']}, this program reads {VERSION}")
        return Manifest(
            program=str(data["program"]),
            made_at=str(data["made_at"]),
            seller=str(data["seller"]["name"]),
            tax_code=str(data["seller"]["tax_code"]),
            register=int(data["register"]),
            first=date.fromisoformat(data["period"]["from"]),
            last=date.fromisoformat(data["period"]["to"]),
            full=bool(data["full"]),
            withheld=int(data["withheld"]),
            size=int(data["ledger"]["size"]),
            root=str(data["ledger"]["root"]),
            members=tuple(
                Member(
                    str(member["name"]),
                    int(member["bytes"]),
                    str(member["sha256"]),
                    str(member.get("table", "")),
                    int(member.get("rows", 0)),
                    int(member.get("first", 0)),
                    int(member.get("last", 0)),
                )
                for member in data["members"]
            ),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BundleUnreadable(f"the manifest is not as it must be: {error!r}") from error
