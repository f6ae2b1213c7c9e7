"""A form as it comes to its desk: its fields held against the table, its signature verified."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from authority.elements import child
from authority.sandbox.form_schema import check_form
from authority.sandbox.settings import SIGNATURE, Finding, bad_format, broken
from signing.verify import verify_document

if TYPE_CHECKING:
    from datetime import datetime

    from cryptography import x509
    from lxml.etree import _Element

    from authority.envelope import Envelope
    from authority.sandbox.form_schema import Node

MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class SignedForm:
    """A form before the store is asked about it. ``certificate`` is None where no signature is valid; there
    are findings then."""

    content: _Element
    findings: tuple[Finding, ...]
    certificate: x509.Certificate | None


def open_form(
    data: bytes, envelope: Envelope, root: str, tag: str, table: tuple[Node, ...], now: datetime
) -> SignedForm:
    """The form ``DLieu/<root>`` with its content ``<tag>``: fields and signature, not yet its meaning."""
    content = child(envelope.content, root, tag)
    if content is None:
        empty = envelope.content if envelope.content is not None else envelope.root
        return SignedForm(empty, (bad_format(f"{root}/{tag}", "thiếu thẻ bắt buộc"),), None)
    findings = list(islice(check_form(content, table, f"{root}/{tag}"), MOST_FINDINGS))
    report = verify_document(data, now=now)
    if report.valid:
        return SignedForm(content, tuple(findings), report.signatures[0].certificate)
    problems = [report.problem, *(one.problem for one in report.signatures)]
    why = next((problem for problem in problems if problem), "không có chữ ký")
    findings.append(broken(SIGNATURE, f"{root}/DSCKS/NNT/Signature", f"không hợp lệ: {why}"))
    return SignedForm(content, tuple(findings), None)
