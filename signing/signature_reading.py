"""Reading a ``<Signature>`` element strictly: the profile's shape, and nothing else.

What is read here is not proven yet; ``profile_checks`` does that.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from signing.algorithms import DSIG
from signing.certificates import Credential
from signing.errors import CertificateUnreadable, SignatureRefused

if TYPE_CHECKING:
    from lxml.etree import _Element

_VIETNAM = timezone(timedelta(hours=7))
_PREFIX = f"{{{DSIG}}}"
_MOST_CERTIFICATES = 5
_MOST_REFERENCES = 8
_LONGEST_VALUE = 32 * 1024  # characters of one base64 value; a certificate has some 2,500
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?", re.ASCII)
_BLANK = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """One ``<Reference>``: where it points, how the target is transformed, and the digest it claims."""

    uri: str | None
    transforms: tuple[str, ...]
    digest_method: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class XmlSignature:
    """A signature as it stands. ``holder`` is its ``Object``; ``signing_time`` is aware.

    ``credential`` is the first certificate, with which the signature is to be checked; ``others`` are
    those that came along, perhaps its issuers.
    """

    signed_info: _Element
    canonicalization: str
    method: str
    references: tuple[Reference, ...]
    value: bytes
    credential: Credential
    others: tuple[Credential, ...]
    holder: _Element
    signing_time: datetime


def read_signature(signature: _Element) -> XmlSignature:
    """The parts of a signature.

    Raises:
        SignatureRefused: it has not the profile's shape.
    """
    if not _is(signature, "Signature"):
        raise SignatureRefused("the element Signature is not in the namespace of XML Signature")
    signed_info, value, key_info, holder = _exactly(
        signature, "SignedInfo", "SignatureValue", "KeyInfo", "Object"
    )
    canonicalization, method, references = _signed_info(signed_info)
    if len(references) > _MOST_REFERENCES:
        raise SignatureRefused(f"the signature has {len(references)} references")
    credential, *others = _certificates(key_info)
    return XmlSignature(
        signed_info=signed_info,
        canonicalization=_algorithm(canonicalization),
        method=_algorithm(method),
        references=tuple(_reference(reference) for reference in references),
        value=_bytes(value),
        credential=credential,
        others=tuple(others),
        holder=holder,
        signing_time=_signing_time(holder),
    )


def _certificates(key_info: _Element) -> list[Credential]:
    # KeyValue and the like may stand beside: a key that no certificate vouches for is never used.
    data = [child for child in key_info if _is(child, "X509Data")]
    if len(data) != 1:
        raise SignatureRefused(f"KeyInfo has {len(data)} elements X509Data instead of one")
    texts = [_text(child) for child in data[0] if _is(child, "X509Certificate")]
    if not 0 < len(texts) <= _MOST_CERTIFICATES:
        raise SignatureRefused(f"X509Data has {len(texts)} certificates, not 1 to {_MOST_CERTIFICATES}")
    return [_credential(text) for text in texts]


# Most signatures that one computer sees carry the same few certificates.
@lru_cache(maxsize=256)
def _credential(text: str) -> Credential:
    try:
        return Credential.from_der(_decoded(text, "X509Certificate"))
    except CertificateUnreadable as error:
        raise SignatureRefused(error.message) from None


def _signed_info(element: _Element) -> tuple[_Element, _Element, list[_Element]]:
    parts = list(element)
    if len(parts) < 3 or not _is(parts[0], "CanonicalizationMethod") or not _is(parts[1], "SignatureMethod"):
        raise SignatureRefused("SignedInfo is not CanonicalizationMethod, SignatureMethod and References")
    return parts[0], parts[1], parts[2:]


def _reference(element: _Element) -> Reference:
    if not _is(element, "Reference"):
        raise SignatureRefused("SignedInfo has something else than References")
    parts = list(element)
    transforms: tuple[str, ...] = ()
    if parts and _is(parts[0], "Transforms"):
        steps = list(parts.pop(0))
        if not all(_is(step, "Transform") for step in steps):
            raise SignatureRefused("Transforms has something else than Transform")
        transforms = tuple(_algorithm(step) for step in steps)
    if len(parts) != 2 or not _is(parts[0], "DigestMethod") or not _is(parts[1], "DigestValue"):
        raise SignatureRefused("a Reference is not Transforms, DigestMethod and DigestValue")
    return Reference(element.get("URI"), transforms, _algorithm(parts[0]), _bytes(parts[1]))


def _signing_time(holder: _Element) -> datetime:
    """SigningTime at its path below Object, each step in the namespace of XML Signature or in none."""
    found = [holder]
    for name in ("SignatureProperties", "SignatureProperty", "SigningTime"):
        allowed = (f"{_PREFIX}{name}", name)
        found = [child for parent in found for child in parent if child.tag in allowed]
        if len(found) != 1:
            raise SignatureRefused(f"the signature's Object has {len(found)} elements {name} instead of one")
        if name == "SignatureProperty" and not found[0].get("Target"):
            raise SignatureRefused("SignatureProperty has no Target")
    text = _text(found[0]).strip()
    try:
        if not _TIME.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise SignatureRefused(f"SigningTime {text[:40]!r} is not a time") from None
    # Legal times are Vietnam's and written without suffix (profile, section 2).
    return moment if moment.tzinfo else moment.replace(tzinfo=_VIETNAM)


def _exactly(parent: _Element, *names: str) -> list[_Element]:
    children = list(parent)
    if len(children) != len(names) or not all(map(_is, children, names)):
        found = ", ".join(str(child.tag).rpartition("}")[2] for child in children[:8])
        raise SignatureRefused(f"the signature is not {', '.join(names)} but {found or 'empty'}")
    return children


def _is(element: _Element, name: str) -> bool:
    return element.tag == f"{_PREFIX}{name}"


def _algorithm(element: _Element) -> str:
    if len(element):
        # Parameters (an XPath, a prefix list, a truncation length) change what an algorithm does.
        raise SignatureRefused("an algorithm has parameters")
    return element.get("Algorithm") or ""


def _bytes(element: _Element) -> bytes:
    return _decoded(_text(element), str(element.tag).rpartition("}")[2])


def _text(element: _Element) -> str:
    if len(element):
        raise SignatureRefused(f"there are elements inside {str(element.tag).rpartition('}')[2]}")
    return element.text or ""


def _decoded(text: str, name: str) -> bytes:
    compact = _BLANK.sub("", text) if any(blank in text for blank in " \t\r\n") else text
    if len(compact) > _LONGEST_VALUE:
        raise SignatureRefused(f"{name} is too long")
    try:
        data = b64decode(compact, validate=True)
    except ValueError:
        raise SignatureRefused(f"{name} is not base64") from None
    # Python takes left-over bits of the last character: one value must have one spelling only.
    if not data or b64encode(data).decode() != compact:
        raise SignatureRefused(f"{name} is not base64")
    return data
