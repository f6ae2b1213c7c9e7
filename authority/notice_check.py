"""Proving a notice: only what the authority has provably signed may change a state.

An ordered list of checks, as a verifier should be read: signature, signer, place, submission, taxpayer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.answers import Notice, parse_answer
from authority.errors import NoticeNotProven
from authority.form_answers import FormAnswer
from signing.verify import verify_document

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography import x509

SIGNED_PART = "DLTBao"
_NAME_SUBMISSIONS = {"102", "104", "301"}


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
    _check_signature(data, trust, named, now)
    if not answer.submission_id:
        raise NoticeNotProven(f"{named} does not name the submission (MGDDTu) in its signed part")
    _check_addressee(answer, named, tax_code, submission_id)
    return answer


def check_form_answer(
    data: bytes,
    trust: Sequence[x509.Certificate],
    *,
    tax_code: str,
    submission_id: str | None = None,
    now: datetime | None = None,
) -> FormAnswer:
    """The answer to a form (102, 103, 104, 301), or a review asked for (302), once it is proven.

    A 103 and a 302 do not name a submission in their signed part: there ``submission_id`` proves nothing
    and is not asked; whoever waits for a 103 should compare its ``registered_on`` with the form's day.

    Raises:
        MessageUnreadable, NoticeNotProven: as ``check_notice``.
    """
    answer = parse_answer(data)
    if not isinstance(answer, FormAnswer):
        raise NoticeNotProven(f"the message {answer.message_id} (type {answer.kind}) answers no form")
    named = f"the message {answer.message_id} (type {answer.kind})"
    _check_signature(data, trust, named, now)
    names_ours = answer.kind in _NAME_SUBMISSIONS
    if names_ours and not answer.submission_id:
        raise NoticeNotProven(f"{named} does not name the submission (MGDDTu) in its signed part")
    _check_addressee(answer, named, tax_code, submission_id if names_ours else None)
    return answer


def _check_signature(
    data: bytes, trust: Sequence[x509.Certificate], named: str, now: datetime | None
) -> None:
    if not trust:
        raise NoticeNotProven(f"{named} cannot be checked: no certificate of the authority is configured")
    report = verify_document(data, trust=trust, now=now)
    if not report.valid:
        reasons = [report.problem, *(signature.problem for signature in report.signatures)]
        why = "; ".join(dict.fromkeys(reason for reason in reasons if reason)) or "its signature is not valid"
        raise NoticeNotProven(f"{named} is not proven: {why}")
    if not any(signature.valid and SIGNED_PART in signature.covers for signature in report.signatures):
        raise NoticeNotProven(f"{named} is not proven: nobody has signed its content ({SIGNED_PART})")


def _check_addressee(
    answer: Notice | FormAnswer, named: str, tax_code: str, submission_id: str | None
) -> None:
    if submission_id is not None and answer.submission_id != submission_id:
        raise NoticeNotProven(f"{named} is about {answer.submission_id}, not about {submission_id}")
    if answer.tax_code.replace("-", "") != tax_code.replace("-", ""):
        raise NoticeNotProven(f"{named} is about the taxpayer {answer.tax_code}, not {tax_code}")
