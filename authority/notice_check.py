"""Proving a notice: only what the authority has provably signed may change a state.

An ordered list of checks, as a verifier should be read: signature, signer, place, submission, taxpayer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.answers import Notice, parse_answer
from authority.errors import NoticeNotProven
from signing.verify import verify_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

SIGNED_PART = "DLTBao"


def check_notice(
    data: bytes,
    trust: Sequence[x509.Certificate],
    *,
    tax_code: str,
    submission_id: str | None = None,
    now: datetime | None = None,
) -> Notice:
    """The notice, once it is proven; ``trust`` are the authority's own certificates.

    Not those of a public issuer: it issues sellers' certificates too, and any of them would then do.

    ``submission_id`` is the message expected to be answered, None where any of ours will do: then look at
    the notice's own ``submission_id``, never at ``reply_to``, which nobody has signed.

    Raises:
        MessageUnreadable: not a message at all.
        NoticeNotProven: not a notice, not signed by one in ``trust``, about another submission or seller.
    """
    answer = parse_answer(data)
    if not isinstance(answer, Notice):
        raise NoticeNotProven(f"the message {answer.message_id} (type {answer.kind}) is not a result notice")
    named = f"the notice {answer.message_id}"
    if not trust:
        raise NoticeNotProven(f"{named} cannot be checked: no certificate of the authority is configured")
    report = verify_document(data, trust=trust, now=now)
    if not report.valid:
        reasons = [report.problem, *(signature.problem for signature in report.signatures)]
        why = "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or "its signature is not valid"
        raise NoticeNotProven(f"{named} is not proven: {why}")
    if not any(signature.valid and SIGNED_PART in signature.covers for signature in report.signatures):
        raise NoticeNotProven(f"{named} is not proven: nobody has signed its content ({SIGNED_PART})")
    if not answer.submission_id:
        raise NoticeNotProven(f"{named} does not name the submission (MGDDTu) in its signed part")
    if submission_id is not None and answer.submission_id != submission_id:
        raise NoticeNotProven(f"{named} is about {answer.submission_id}, not about {submission_id}")
    if answer.tax_code.replace("-", "") != tax_code.replace("-", ""):
        raise NoticeNotProven(f"{named} is about the taxpayer {answer.tax_code}, not {tax_code}")
    return answer
