"""Whether a package and its invoices are rightly signed, by ``signing.verify``'s strict verifier.

The package's signature is mandatory and its certificate must carry the seller's tax code; an invoice's is
checked where it is present (profile, section 8; Decree 123/2020 article 10.14).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from authority.elements import child, children
from authority.sandbox.settings import SIGNATURE, Finding
from signing.verify import verify_read

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509

    from authority.envelope import Envelope
    from signing.verify import SignatureReport

_HANDLING = "Kiểm tra lại chữ ký số và chứng thư số"


@dataclass(frozen=True, slots=True)
class SignatureOpinion:
    """Findings about the package, and about single invoices by their place in it (from 0); the package's
    certificate where its signature is valid."""

    package: tuple[Finding, ...]
    invoices: dict[int, Finding]
    certificate: x509.Certificate | None = None


def check_signatures(data: bytes, envelope: Envelope, now: datetime) -> SignatureOpinion:
    """Verify all signatures of a 206 or 208."""
    report = verify_read(envelope.root, data, now=now)
    on_package = [signature for signature in report.signatures if _covers_package(signature)]
    if report.valid:
        return SignatureOpinion((), {}, on_package[0].certificate)
    on_invoices = [signature for signature in report.signatures if "/HDon" in signature.covers]
    on_list = [signature for signature in report.signatures if "/BKe" in signature.covers]
    if len(on_package) != 1 or not on_package[0].valid:
        problem = on_package[0].problem if len(on_package) == 1 else report.problem
        return SignatureOpinion((_finding(problem),), {})
    if bad_list := next((signature for signature in on_list if not signature.valid), None):
        return SignatureOpinion((_finding(bad_list.problem),), {})
    signed = _signed_invoices(envelope)
    if report.problem is not None or len(signed) != len(on_invoices):
        return SignatureOpinion((_finding(report.problem),), {})
    bad = {
        place: _finding(signature.problem)
        for place, signature in zip(signed, on_invoices, strict=True)
        if not signature.valid
    }
    return SignatureOpinion((), bad, on_package[0].certificate)


def _covers_package(signature: SignatureReport) -> bool:
    return signature.covers.rpartition("/")[2].startswith("DLieu")


def _signed_invoices(envelope: Envelope) -> list[int]:
    """The places of the invoices that carry a signature, in document order as the verifier reports them."""
    if envelope.content is None:
        return []
    invoices = children(envelope.content, "HDon")
    return [
        place
        for place, invoice in enumerate(invoices)
        if child(invoice, "DSCKS", "NBan", "Signature") is not None
    ]


def _finding(problem: str | None) -> Finding:
    return Finding(SIGNATURE, f"Chữ ký số không hợp lệ: {problem or 'không có chữ ký'}", _HANDLING)
