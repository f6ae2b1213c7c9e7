"""Documents for the tests of signatures: written and signed here, by our signer or by hand.

``handmade`` writes a signature of any shape, with the true key where wanted: what an attacker who owns
some certificate could write, and what other software writes a little differently from ours.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from lxml import etree

from signing.keys import Pkcs12Key, subject_name
from signing.verify import verify_document
from signing.xmldsig import XmlSigner, content_digest

MESSAGES = Path(__file__).parent.parent / "data" / "messages"
NOW = datetime.fromisoformat("2026-11-23T09:15:00+07:00")
TAX_CODE = "0409990010"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
RSA_SHA1 = "http://www.w3.org/2000/09/xmldsig#rsa-sha1"
DIGESTS = {
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
}

Judge = Callable[[bytes], bool]
Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


def content(number: int = 1, *, seller: str = TAX_CODE, total: int = 75000) -> bytes:
    return (
        f'<DLHDon Id="HD{number}"><TTChung><SHDon>{number}</SHDon></TTChung><NDHDon><NBan><Ten>SÔNG HÀN</Ten>'
        f"<MST>{seller}</MST></NBan><TToan><TgTTTBSo>{total}</TgTTTBSo></TToan></NDHDon></DLHDon>"
    ).encode()


def invoice(signature: bytes = b"", number: int = 1, *, data: bytes | None = None) -> bytes:
    head = f"<MCCQT>M1-26-SHNDN-{number:011}</MCCQT><DSCKS><NBan>".encode()
    return b"<HDon>" + (data or content(number)) + head + signature + b"</NBan></DSCKS></HDon>"


def signed_invoice(signer: XmlSigner, number: int = 1, **changes: str) -> bytes:
    data = content(number, **changes)
    digest = content_digest(data)
    return invoice(signer.sign(digest, f"HD{number}", f"NBan-HD{number}", NOW), number, data=data)


def message(kind: str, data: bytes, signature: bytes | None = None, tax_code: str = TAX_CODE) -> bytes:
    header = f"<TDiep><TTChung><MLTDiep>{kind}</MLTDiep><MST>{tax_code}</MST></TTChung>".encode()
    tail = b"" if signature is None else b"<CKSNNT>" + signature + b"</CKSNNT>"
    return b"<?xml version='1.0' encoding='UTF-8'?>\n" + header + data + tail + b"</TDiep>"


def package(signer: XmlSigner, *invoices: bytes, kind: str = "206", tax_code: str = TAX_CODE) -> bytes:
    data = b'<DLieu Id="_A1">' + b"".join(invoices) + b"</DLieu>"
    signature = signer.sign(content_digest(data), "_A1", "NNT-A1", NOW)
    return message(kind, data, signature, tax_code)


def notice(signer: XmlSigner, holder: str = "CQT", *, seller: str = TAX_CODE) -> bytes:
    """A lone TBao; in a message: ``message("204", b"<DLieu>" + notice(…) + b"</DLieu>")``."""
    data = f'<DLTBao Id="TB1"><MST>{seller}</MST><LTBao>2</LTBao></DLTBao>'.encode()
    signature = signer.sign(content_digest(data), "TB1", "S-TB1", NOW)
    opening, closing = f"<DSCKS><{holder}>".encode(), f"</{holder}></DSCKS>".encode()
    return b"<TBao>" + data + opening + signature + closing + b"</TBao>"


def form(signer: XmlSigner) -> bytes:
    data = f'<DLTKhai Id="TK1"><TTChung><MST>{TAX_CODE}</MST></TTChung></DLTKhai>'.encode()
    signature = signer.sign(content_digest(data), "TK1", "S-TK1", NOW)
    return b"<TKhai>" + data + b"<DSCKS><NNT>" + signature + b"</NNT></DSCKS></TKhai>"


def in_message(kind: str, document: bytes) -> bytes:
    return message(kind, b"<DLieu>" + document + b"</DLieu>")


def signer_of(
    private: Private,
    *,
    tax_code: str | None = TAX_CODE,
    name: str = "SÔNG HÀN",
    issuer: Pkcs12Key | None = None,
    ca: bool = False,
    path_length: int | None = None,
    start: datetime = NOW - timedelta(days=30),
    end: datetime = NOW + timedelta(days=30),
) -> Pkcs12Key:
    """A key with a certificate made to measure, self-signed unless ``issuer`` is given."""
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
    if tax_code:
        attributes.append(x509.NameAttribute(NameOID.USER_ID, f"MST:{tax_code}"))
    subject = x509.Name(attributes)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=path_length), critical=True)
        .sign(issuer._key if issuer else private, SHA256())
    )
    return Pkcs12Key(private, certificate)


@dataclass
class Handmade:
    """A signature's parts, each open to change before ``write``."""

    key: Pkcs12Key
    content: bytes
    content_uri: str = "#HD1"
    signature_id: str = "S1"
    canonicalization: str = C14N
    method: str = RSA_SHA256
    digest: str = "sha256"
    transforms: tuple[str, ...] = (ENVELOPED,)
    parameters: str = ""
    references: list[str] | None = None
    moment: str = "2026-11-23T09:15:00"
    properties_namespace: str = ""
    target: str = ' Target="#S1"'
    key_info: str | None = None
    signed_info: str | None = None
    certificates: list[x509.Certificate] = field(default_factory=list)

    def holder(self) -> str:
        return (
            f'<Object Id="Obj-{self.signature_id}"><SignatureProperties{self.properties_namespace}>'
            f"<SignatureProperty{self.target}><SigningTime>{self.moment}</SigningTime></SignatureProperty>"
            "</SignatureProperties></Object>"
        )

    def reference(self, uri: str, canonical: bytes, transforms: tuple[str, ...] = ()) -> str:
        value = b64encode(hashlib.new(self.digest, canonical).digest()).decode()
        steps = "".join(f'<Transform Algorithm="{one}">{self.parameters}</Transform>' for one in transforms)
        steps = f"<Transforms>{steps}</Transforms>" if steps else ""
        method = f'<DigestMethod Algorithm="{DIGESTS[self.digest]}"></DigestMethod>'
        return f'<Reference URI="{uri}">{steps}{method}<DigestValue>{value}</DigestValue></Reference>'

    def both(self) -> list[str]:
        return [
            self.reference(self.content_uri, self.content, self.transforms),
            self.reference(f"#Obj-{self.signature_id}", inside_dsig(self.holder(), "Object")),
        ]

    def write(self) -> bytes:
        references = self.both() if self.references is None else self.references
        signed_info = self.signed_info
        if signed_info is None:
            signed_info = (
                f'<SignedInfo><CanonicalizationMethod Algorithm="{self.canonicalization}">'
                f'</CanonicalizationMethod><SignatureMethod Algorithm="{self.method}"></SignatureMethod>'
                f"{''.join(references)}</SignedInfo>"
            )
        signed = inside_dsig(signed_info, "SignedInfo", exclusive=self.canonicalization == EXC_C14N)
        private = self.key._key
        assert isinstance(private, rsa.RSAPrivateKey)
        # SHA-1 is what these tests are about.
        hashed = SHA1() if self.method == RSA_SHA1 else SHA256()  # noqa: S303
        value = private.sign(signed, PKCS1v15(), hashed)
        key_info = self.key_info
        if key_info is None:
            chain = "".join(certificate_element(one) for one in [self.key.certificate, *self.certificates])
            name = subject_name(self.key.certificate)
            key_info = f"<X509Data><X509SubjectName>{name}</X509SubjectName>{chain}</X509Data>"
        return (
            f'<Signature xmlns="{DSIG}" Id="{self.signature_id}">{signed_info}'
            f"<SignatureValue>{b64encode(value).decode()}</SignatureValue>"
            f"<KeyInfo>{key_info}</KeyInfo>{self.holder()}</Signature>"
        ).encode()


def certificate_element(certificate: x509.Certificate) -> str:
    der = b64encode(certificate.public_bytes(Encoding.DER)).decode()
    return f"<X509Certificate>{der}</X509Certificate>"


def inside_dsig(text: str, tag: str, *, exclusive: bool = False) -> bytes:
    """The canonical form of an element as it stands inside ``Signature``."""
    declared = text.replace(f"<{tag}", f'<{tag} xmlns="{DSIG}"', 1).encode()
    return etree.tostring(etree.fromstring(declared), method="c14n", exclusive=exclusive)


def changed(document: bytes, old: str | bytes, new: str | bytes, count: int = 1) -> bytes:
    """The document with ``old`` replaced; it must be there."""
    old, new = (part.encode() if isinstance(part, str) else part for part in (old, new))
    assert old in document, old
    return document.replace(old, new, count)


def cut(document: bytes, pattern: str) -> tuple[bytes, bytes]:
    """The document without the first match, and the match."""
    match = re.search(pattern.encode(), document, re.DOTALL)
    assert match, pattern
    return document[: match.start()] + document[match.end() :], match[0]


def reasons(document: bytes, **asked: object) -> str:
    """Why a document is refused; fails if it is not."""
    report = verify_document(document, **asked)
    assert not report.valid, report
    found = [report.problem, *(signature.problem for signature in report.signatures)]
    assert any(found), report
    return " | ".join(reason for reason in found if reason)


def signed_by_hand(signature: Handmade) -> bytes:
    return invoice(signature.write(), data=signature.content)
