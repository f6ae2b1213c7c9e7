"""The authority's own signature, which may cover several elements at once (DLTBao and STBao)."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from authority.elements import VIETNAM
from signing.algorithms import C14N, DSIG, SHA256
from signing.xmldsig import XmlSigner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from cryptography import x509

    from signing.keys import SigningKey

_ID = re.compile(rb'<[A-Za-z]+ Id="([^"]+)">')
_OPENING = f'xmlns="{DSIG}"'


class AuthoritySigner(XmlSigner):
    """Signs one element as every ``XmlSigner`` does, or several under one signature."""

    __slots__ = ()

    def __init__(self, key: SigningKey) -> None:
        super().__init__(key)

    def sign_parts(self, parts: Sequence[bytes], name: str, signing_time: datetime) -> bytes:
        """The ``<Signature Id=name>`` over elements in canonical form, each of which begins with its Id.

        References stand as in real notices: the Object's first, then the parts', without transforms.
        """
        held = (
            f'<SignatureProperties><SignatureProperty Target="#{name}"><SigningTime>'
            f"{signing_time.astimezone(VIETNAM):%Y-%m-%dT%H:%M:%S}</SigningTime></SignatureProperty>"
            f"</SignatureProperties></Object>"
        )
        signed = f'<Object {_OPENING} Id="Obj-{name}">{held}'.encode()
        info = (
            f'<CanonicalizationMethod Algorithm="{C14N}"></CanonicalizationMethod>'
            f'<SignatureMethod Algorithm="{self._key.signature_method}"></SignatureMethod>'
            f"{''.join(_references([(f'Obj-{name}', signed), *((_id(part), part) for part in parts)]))}"
            "</SignedInfo>"
        )
        value = b64encode(self._key.sign(f"<SignedInfo {_OPENING}>{info}".encode())).decode()
        return (
            f'<Signature {_OPENING} Id="{name}"><SignedInfo>{info}<SignatureValue>{value}</SignatureValue>'
            f"<KeyInfo><X509Data><X509Certificate>{_der(self.certificate)}</X509Certificate></X509Data>"
            f'</KeyInfo><Object Id="Obj-{name}">{held}</Signature>'
        ).encode()


def _references(contents: Sequence[tuple[str, bytes]]) -> Iterator[str]:
    for name, content in contents:
        yield (
            f'<Reference URI="#{name}"><DigestMethod Algorithm="{SHA256}"></DigestMethod><DigestValue>'
            f"{b64encode(sha256(content).digest()).decode()}</DigestValue></Reference>"
        )


def _id(part: bytes) -> str:
    match = _ID.match(part)
    if match is None:
        raise ValueError("a part to be signed begins with its Id")
    return match[1].decode()


def _der(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.serialization import Encoding

    return b64encode(certificate.public_bytes(Encoding.DER)).decode()
