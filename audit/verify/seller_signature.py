"""The seller's own signature on an invoice, and whose certificate made it."""

from __future__ import annotations

import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from audit.verify.facts import Fault
from audit.words import Words
from signing.certificates import check_owner, check_validity
from signing.errors import SigningError
from signing.verify import verify_document
from signing.written_form import check_written

if TYPE_CHECKING:
    from cryptography import x509

    from audit.bundle.records import InvoiceRow, OrderRow
    from audit.verify.facts import Found, Setting

_HDON = re.compile(
    rb'<HDon>(?P<content><DLHDon Id="(?P<id>[^"<]*)">.*</DLHDon>)<MCCQT>(?P<code>[^<]*)</MCCQT>'
    rb"<DLQRCode>[^<]*</DLQRCode><DSCKS><NBan>(?P<signature>.*)</NBan></DSCKS></HDon>",
    re.DOTALL,
)
_ORDER = re.compile(
    rb'<HDon>(?P<content><DLHDon Id="(?P<id>[^"<]*)">.*</DLHDon>)'
    rb"<DSCKS><NBan>(?P<signature>.*)</NBan></DSCKS></HDon>",
    re.DOTALL,
)


def check_seller_signature(row: InvoiceRow, document: bytes, setting: Setting, found: Found) -> bool:
    """Whether it bears a signature of its own; what is wrong with that goes to ``found``."""
    signed, problem = _looked_at(_HDON.fullmatch(document), document, setting, exact=row.shown == "exact")
    if problem is not None:
        found.faults.append(Fault("seller", _words(problem), f"{row.symbol}-{row.number}", row.issued_at))
    return signed


def check_order_signature(row: OrderRow, document: bytes, setting: Setting, found: Found) -> bool:
    """As of an invoice, of an order; what is wrong belongs to the check of orders."""
    signed, problem = _looked_at(_ORDER.fullmatch(document), document, setting, exact=row.shown == "exact")
    if problem is not None:
        found.faults.append(Fault("orders", _words(problem), row.reference, row.ordered_at))
    return signed


def _words(problem: str) -> Words:
    return Words(f"chữ ký người bán không đúng: {problem}", f"the seller's signature: {problem}")


def _looked_at(
    parts: re.Match[bytes] | None, document: bytes, setting: Setting, *, exact: bool
) -> tuple[bool, str | None]:
    """Whether there is a signature, and what is wrong with it; ``parts``: content, id and signature."""
    signature = parts["signature"] if parts else b""
    if parts is not None and not signature:
        return False, None
    written = check_written(signature, sha256(parts["content"]).digest()) if parts else None
    problem: str | None
    if written is not None and parts is not None:
        problem = written.problem
        if problem is None and exact and not written.digest_agrees:
            problem = "what is signed is not this content"
        if problem is None and written.content_id.encode() != parts["id"]:
            problem = "it signs another element"
        if problem is None:
            problem = holder_problem(written.certificate, written.signing_time.isoformat(), setting)
    elif exact:
        report = verify_document(document)
        problem = report.problem or next((s.problem or "?" for s in report.signatures if not s.valid), None)
        holders = {s.tax_code for s in report.signatures}
        if problem is None and holders != {setting.tax_code}:
            problem = "it is not the seller's"
    else:
        problem = "its redacted form is not that of an invoice of this program"
    return True, problem


@lru_cache(maxsize=256)
def holder_problem(certificate: x509.Certificate, moment: str, setting: Setting) -> str | None:
    """Why a certificate is not the seller's at that time."""
    from datetime import datetime

    try:
        check_owner(certificate, setting.tax_code)
        check_validity(certificate, datetime.fromisoformat(moment))
    except SigningError as error:
        return error.message
    if setting.issuers:
        from signing.trust import is_trusted

        if not is_trusted(certificate, (), setting.issuers, datetime.fromisoformat(moment)):
            return "its certificate was not issued by a trusted issuer"
    return None
