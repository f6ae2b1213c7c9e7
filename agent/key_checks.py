"""What ``thungan keys check`` asks of a key, in order; each check says what it found.

Opening comes first (rights of the file, pass phrase, owner), then the certificate's time, a signature on
trial that our own verifier must take, and what others say of the certificate (chain, revocation).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.certificate_watch import CertificateWatch
from agent.key_choice import open_setting
from errors import ThunganError
from signing.certificates import check_validity, subject_name
from signing.errors import SigningError
from signing.expiry import days_left, expiry_alarm
from signing.verify import verify_document

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from cryptography.x509 import Certificate

    from agent.config import Config
    from agent.key_settings import KeySetting
    from signing.revocation import Fetch
    from signing.xmldsig import XmlSigner


@dataclass(frozen=True, slots=True)
class Check:
    """One check's answer; ``remark`` is why not, or what else is to be known."""

    name: str
    good: bool
    remark: str | None = None


def describe(certificate: Certificate, now: datetime) -> dict[str, Any]:
    """What people and programs want to know of a certificate; times in ISO 8601, the serial in hex."""
    alarm = expiry_alarm(days_left(certificate, now))
    return {
        "subject": subject_name(certificate),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:X}",
        "from": certificate.not_valid_before_utc.isoformat(),
        "to": certificate.not_valid_after_utc.isoformat(),
        "days_left": days_left(certificate, now),
        "alarm": alarm.text_en if alarm else None,
    }


def look_at(
    config: Config, setting: KeySetting, now: datetime, *, check: bool, fetch: Fetch | None = None
) -> dict[str, Any]:
    """One configured key: what it is and, with ``check``, whether it may sign. ``problem``: the first thing
    wrong with it, or None."""
    told: dict[str, Any] = {"key": setting.key, "role": setting.role.value}
    checks: list[Check] = []
    try:
        signer = open_setting(config, setting)
        told |= describe(signer.certificate, now)
        checks.append(Check("opens", good=True))
        try:
            checks += _checks(config, signer, now, fetch) if check else [_validity(signer.certificate, now)]
        finally:
            signer.close()
    except ThunganError as error:
        checks.append(Check("opens", good=False, remark=str(error)))
    told["problem"] = next((one.remark for one in checks if not one.good), None)
    if check:
        told["checks"] = [{"name": one.name, "good": one.good, "remark": one.remark} for one in checks]
    return told


def _checks(config: Config, signer: XmlSigner, now: datetime, fetch: Fetch | None) -> Iterator[Check]:
    yield _validity(signer.certificate, now)
    yield _trial(signer, config.seller.tax_code, now)
    verdict = CertificateWatch(config, fetch).judge(signer.certificate, now)
    if not verdict.asked:
        yield Check("chain", good=True, remark="not asked: [signing] roots is empty")
        return
    said = verdict.alarm or verdict.remark
    yield Check("chain and revocation", good=verdict.alarm is None, remark=said)


def _validity(certificate: Certificate, now: datetime) -> Check:
    try:
        check_validity(certificate, now)
    except SigningError as error:
        return Check("validity", good=False, remark=str(error))
    return Check("validity", good=True)


def _trial(signer: XmlSigner, tax_code: str, now: datetime) -> Check:
    """A signature on trial, as on an invoice, and whether it verifies."""
    content = f'<DLHDon Id="T"><NDHDon><NBan><MST>{tax_code}</MST></NBan></NDHDon></DLHDon>'.encode()
    try:
        signature = signer.sign(signer.digest(content), "T", "S", now)
    except SigningError as error:
        return Check("signs", good=False, remark=str(error))
    document = b"<HDon>" + content + b"<DSCKS><NBan>" + signature + b"</NBan></DSCKS></HDon>"
    (report,) = verify_document(document).signatures
    return Check("signs", good=report.valid, remark=report.problem)
