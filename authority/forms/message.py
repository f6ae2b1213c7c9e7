"""A form as a signed message: envelope, form, and the taxpayer's signature on its content.

``TDiep/DLieu/TKhai`` holds a registration, ``TDiep/DLieu/TBao`` a notice of wrong invoices; the signature
stands in ``DSCKS/NNT`` of either and covers its content element (profile, section 8). The signer's
certificate must carry the taxpayer's code, as ``signing.verify`` will ask.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from authority.codes import AUTHORITY, checked_message_id
from authority.elements import child
from authority.envelope import DECLARATION, REGISTRATION_MESSAGE, Header, read_envelope, write_header
from authority.errors import CodeInvalid, FormInvalid, MessageTooLarge
from authority.forms.error_notice import ERROR_NOTICE, ErrorNotice
from authority.forms.fields import read_form, shown, write_form
from authority.forms.registration import VERSION, Registration
from authority.forms.registration_table import REGISTRATION
from authority.package import PACKAGE_LIMIT

if TYPE_CHECKING:
    from datetime import datetime

    from signing.xmldsig import XmlSigner

NoticeKind = Literal["300", "303"]
_HEX = 32


@dataclass(frozen=True, slots=True)
class Posting:
    """How a form travels: who signs and sends it, under which MTDiep, when (aware), to whom.

    ``sender`` is the seller's own code (``codes.direct_code``) or the transmission provider's.
    """

    signer: XmlSigner
    sender: str
    message_id: str
    signing_time: datetime
    receiver: str = AUTHORITY


def build_registration(form: Registration, posting: Posting) -> bytes:
    """The exact bytes of a 100.

    Raises:
        FormInvalid: a value that breaks the form's table, with the path of its field.
        CodeInvalid: the message id is not one, or not the sender's.
        MessageTooLarge: above the regulation's 2 MB.
        SigningError: the key cannot be used.
    """
    name = _name(posting)
    content = write_form(REGISTRATION, form, f"_{name}")
    return _message(REGISTRATION_MESSAGE, "TKhai", content, form.tax_code, posting)


def build_error_notice(notice: ErrorNotice, posting: Posting, kind: NoticeKind = "303") -> bytes:
    """The exact bytes of a 303 (cash-register invoices), or of a 300 where the authority wants that.

    Raises:
        FormInvalid, CodeInvalid, MessageTooLarge, SigningError: as ``build_registration``.
    """
    name = _name(posting)
    content = write_form(ERROR_NOTICE, notice, f"_{name}")
    return _message(kind, "TBao", content, notice.tax_code, posting)


def read_sent_form(message: bytes) -> Registration | ErrorNotice:
    """The form in a message of ours, read strictly; signatures are ``signing.verify``'s to check.

    Raises:
        MessageUnreadable: not a message.
        FormInvalid: no form, or one that breaks its table.
    """
    envelope = read_envelope(message)
    registration = child(envelope.content, "TKhai", "DLTKhai")
    if registration is not None:
        return read_form(REGISTRATION, registration)
    notice = child(envelope.content, "TBao", "DLTBao")
    if notice is None:
        raise FormInvalid("DLieu", f"there is no form in a message {envelope.header.kind[:10]}")
    return read_form(ERROR_NOTICE, notice)


def form_lines(form: Registration | ErrorNotice) -> list[tuple[str, str]]:
    """The form for a person to check before it is signed: (Vietnamese name, value) in the form's order."""
    if isinstance(form, Registration):
        return list(shown(REGISTRATION, form))
    return list(shown(ERROR_NOTICE, form))


def _name(posting: Posting) -> str:
    if checked_message_id(posting.message_id)[:-_HEX] != posting.sender:
        raise CodeInvalid(
            f"the message id {posting.message_id} does not begin with the sender {posting.sender}"
        )
    return posting.message_id[-_HEX:]


def _message(kind: str, root: str, content: bytes, tax_code: str, posting: Posting) -> bytes:
    name = _name(posting)
    header = Header(
        version=VERSION,
        sender=posting.sender,
        receiver=posting.receiver,
        kind=kind,
        message_id=posting.message_id,
        tax_code=tax_code,
        count=1,
    )
    digest = hashlib.sha256(content).digest()
    signature = posting.signer.sign(digest, f"_{name}", f"NNT-{name}", posting.signing_time)
    message = b"".join(
        (
            DECLARATION,
            b"<TDiep>",
            write_header(header),
            f"<DLieu><{root}>".encode(),
            content,
            b"<DSCKS><NNT>",
            signature,
            f"</NNT></DSCKS></{root}></DLieu></TDiep>".encode(),
        )
    )
    if len(message) > PACKAGE_LIMIT:
        raise MessageTooLarge(f"the form makes {len(message)} bytes, a message holds {PACKAGE_LIMIT}")
    return message
