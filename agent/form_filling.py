"""The forms a shop sends, filled from its configuration, its certificate and its invoices."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from agent.errors import ConfigInvalid
from agent.key_choice import open_setting, open_signer
from authority.codes import new_message_id
from authority.forms.error_notice import WrongInvoice, fill_error_notice
from authority.forms.message import Posting, build_error_notice, build_registration
from authority.forms.registration import (
    CertificateUse,
    Purpose,
    RegisteredCertificate,
    Representative,
    Sex,
    TaxOffice,
    fill_registration,
)
from invoice.sale_json import VIETNAM
from outbox import reports
from outbox.forms import post_form

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from agent.config import Config
    from authority.form_answers import ReviewRequest
    from authority.forms.error_notice import ErrorNotice
    from authority.forms.message import NoticeKind
    from authority.forms.registration import Registration
    from outbox.store import Job

_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE}


def registration_of(config: Config, *, change: bool) -> Registration:
    """The registration of this shop (message 100).

    Raises:
        ConfigInvalid: a value of [office] or [representative] is missing.
        SigningError: the certificate that is to be registered cannot be opened.
    """
    sex = _SEXES.get(_needed(config, "representative.sex"))
    born = config.forms["representative.born"]
    if sex is None or born is None:
        raise ConfigInvalid("representative.sex must be male or female, representative.born a day")
    representative = Representative(
        name=_needed(config, "representative.name"),
        phone=_needed(config, "representative.phone"),
        born=born,
        sex=sex,
        citizen_id=config.forms["representative.citizen_id"],
        passport=config.forms["representative.passport"],
        nationality=config.forms["representative.nationality"],
    )
    return fill_registration(
        config.seller,
        _office(config),
        representative,
        _certificates(config, change=change),
        form=config.register.terms.form,
        place=_needed(config, "office.place"),
        day=_today(),
        purpose=Purpose.CHANGE if change else Purpose.NEW,
    )


def _certificates(config: Config, *, change: bool) -> list[RegisteredCertificate]:
    """The certificates that the form names: a change names the renewed one, where one is configured.

    The current one stays registered until it is over: a change says what is added to it (HThuc of each).
    A renewed certificate of the same key and issuer is a prolonged one.
    """
    signing = open_signer(config).certificate
    if not change or config.keys.next is None:
        return [RegisteredCertificate.of(signing)]
    following = open_setting(config, config.keys.next)
    renewed = following.certificate
    following.close()
    same = renewed.issuer == signing.issuer and renewed.public_key() == signing.public_key()
    use = CertificateUse.PROLONGED if same and renewed != signing else CertificateUse.ADDED
    return [RegisteredCertificate.of(renewed, use)]


def wrong_invoices(connection: sqlite3.Connection, names: Sequence[str], reason: str) -> list[WrongInvoice]:
    """The lines of a notice: each invoice by its id, authority code or SYMBOL-NUMBER, with what is wrong.

    Raises:
        NotFound: an invoice that is not there.
    """
    rows = [reports.find_invoice(connection, name)[0] for name in names]
    return [
        WrongInvoice(
            form=row["form"],
            symbol=row["symbol"],
            number=row["number"],
            day=date.fromisoformat(row["day"]),
            code=row["code"],
            why=reason.strip(),
        )
        for row in rows
    ]


def error_notice_of(
    config: Config, wrong: Sequence[WrongInvoice], review: ReviewRequest | None = None
) -> ErrorNotice:
    """The notice of wrong invoices (message 303 or 300); with a ``review``, the answer to that 302.

    Raises:
        ConfigInvalid: a value of [office] is missing.
    """
    return fill_error_notice(
        config.seller,
        _office(config),
        wrong,
        place=_needed(config, "office.place"),
        day=_today(),
        review=review,
    )


def registration_job(config: Config, form: Registration) -> Job[int]:
    """The job that signs and stores the registration."""
    signer, sender = open_signer(config), config.parties.sender

    def build(message_id: str, now: datetime) -> bytes:
        return build_registration(form, Posting(signer, sender, message_id, now, config.parties.receiver))

    return post_form("100", new_message_id(sender, uuid4()), build)


def error_notice_job(config: Config, notice: ErrorNotice, kind: NoticeKind) -> Job[int]:
    """The job that signs and stores the notice."""
    signer, sender = open_signer(config), config.parties.sender

    def build(message_id: str, now: datetime) -> bytes:
        return build_error_notice(
            notice, Posting(signer, sender, message_id, now, config.parties.receiver), kind
        )

    return post_form(kind, new_message_id(sender, uuid4()), build, review=notice.review_number)


def _office(config: Config) -> TaxOffice:
    return TaxOffice(_needed(config, "office.name"), _needed(config, "office.code"))


def _needed(config: Config, key: str) -> str:
    value = config.forms[key]
    if not isinstance(value, str):
        raise ConfigInvalid(f"{key} is missing: the form needs it")
    return value


def _today() -> date:
    return datetime.now(UTC).astimezone(VIETNAM).date()
