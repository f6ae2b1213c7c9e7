"""The package (206): many cash-register invoices in one message, signed once.

Invoices are stored as canonical bytes (``invoice.document``), so ``DLieu`` is canonical by construction:
its digest is computed over the stored bytes as they are, no XML library stands between, and what the
authority verifies is what the shop printed.

A package holds at most ``PACKAGE_LIMIT`` bytes. ``PackageFrame`` knows to the byte what stands around the
invoices, so the outbox can fill packages greedily.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from authority.codes import AUTHORITY, LONGEST_PARTY, checked_message_id
from authority.envelope import CORRECTION_OF_MANY, DECLARATION, PACKAGE, Header, write_header
from authority.errors import CodeInvalid, MessageTooLarge

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from signing.xmldsig import XmlSigner

# The regulation says "2 MB" and not which: the smaller reading is right under both.
PACKAGE_LIMIT = 2_000_000
_MOST = 9_999_999  # SLuong has seven digits
_HEX = 32


@dataclass(frozen=True, slots=True)
class PackageFrame:
    """What stands around the invoices of one sender's packages; made by ``PackageFrame.of``."""

    version: str
    sender: str
    receiver: str
    tax_code: str
    signer: XmlSigner
    fixed: int  # bytes of everything but the invoices and the digits of their count

    @staticmethod
    def of(
        signer: XmlSigner, *, sender: str, tax_code: str, version: str = "2.1.0", receiver: str = AUTHORITY
    ) -> PackageFrame:
        """Measure the frame; it signs once, because only the key knows how long its signature is.

        Raises:
            CodeInvalid: a field longer than its table allows.
        """
        unmeasured = PackageFrame(version, sender, receiver, tax_code, signer, 0)
        empty = b"".join(_parts(unmeasured, (), _checked_sender(sender) + "0" * _HEX, _ANY_TIME))
        return PackageFrame(version, sender, receiver, tax_code, signer, len(empty) - len("0"))

    def size(self, sizes: Sequence[int]) -> int:
        """The exact size in bytes of a package with invoices of these sizes."""
        return self.fixed + len(str(len(sizes))) + sum(sizes)

    def fits(self, sizes: Sequence[int], limit: int = PACKAGE_LIMIT) -> bool:
        """Whether invoices of these sizes make one package."""
        return len(sizes) <= _MOST and self.size(sizes) <= limit

    def how_many(self, sizes: Iterable[int], limit: int = PACKAGE_LIMIT) -> int:
        """How many invoices from the front fit into one package: 0 when the first alone is too large."""
        total, count = self.fixed, 0
        for size in sizes:
            total += size
            if count == _MOST or total + len(str(count + 1)) > limit:
                break
            count += 1
        return count


def build_package(
    frame: PackageFrame,
    invoices: Sequence[bytes],
    message_id: str,
    signing_time: datetime,
    limit: int = PACKAGE_LIMIT,
    *,
    correction_list: bytes | None = None,
) -> bytes:
    """The exact bytes of a 206, signed at ``signing_time`` (aware; written in Vietnam time).

    ``invoices`` are HDon as ``invoice.document.write_invoice`` gives them. The content's Id is ``_`` and
    the 32 hex digits of the message id, the signature's ``NNT-`` and the same.

    With a ``correction_list`` (a BKe without XML declaration) it is a 208: an invoice that corrects many and,
    after it, its list. How a 208 carries them stands in no paper we have; this is the one place that decides
    it (docs/decisions/003-one-for-many.md).

    Raises:
        CodeInvalid: the message id is not one, or not the sender's, or there are no invoices.
        MessageTooLarge: more than ``limit`` bytes.
    """
    if not invoices:
        raise CodeInvalid("a package needs at least one invoice")
    if checked_message_id(message_id)[:-_HEX] != frame.sender:
        raise CodeInvalid(f"the message id {message_id} does not begin with the sender {frame.sender}")
    if correction_list is not None and len(invoices) != 1:
        raise CodeInvalid("a message 208 carries one invoice")
    size = frame.size([len(invoice) for invoice in invoices]) + len(correction_list or b"")
    if size > limit:
        raise MessageTooLarge(f"{len(invoices)} invoices make {size} bytes, a package holds {limit}")
    return b"".join(_parts(frame, invoices, message_id, signing_time, correction_list))


_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def _parts(
    frame: PackageFrame,
    invoices: Sequence[bytes],
    message_id: str,
    signing_time: datetime,
    correction_list: bytes | None = None,
) -> list[bytes]:
    name = message_id[-_HEX:]
    header = Header(
        version=frame.version,
        sender=frame.sender,
        receiver=frame.receiver,
        kind=PACKAGE if correction_list is None else CORRECTION_OF_MANY,
        message_id=message_id,
        tax_code=frame.tax_code,
        count=len(invoices),
    )
    opening, closing = f'<DLieu Id="_{name}">'.encode(), b"</DLieu>"
    content = [*invoices, correction_list or b""]
    digest = hashlib.sha256(opening)
    for part in content:
        digest.update(part)
    digest.update(closing)
    signature = frame.signer.sign(digest.digest(), f"_{name}", f"NNT-{name}", signing_time)
    return [
        DECLARATION,
        b"<TDiep>",
        write_header(header),
        opening,
        *content,
        closing,
        b"<CKSNNT>",
        signature,
        b"</CKSNNT></TDiep>",
    ]


def _checked_sender(sender: str) -> str:
    if not 3 <= len(sender) <= LONGEST_PARTY:
        raise CodeInvalid(f"{sender!r} is not a party code such as K0409990010")
    return sender
