"""Everybody's signatures, judged by everybody: the same invoice signed by six writers, read by four readers.

Writers: ours, the program xmlsec1, python-xmlsec, signxml, and by hand in the forms of Java's and .NET's
libraries (SignatureProperties in no namespace, base64 broken into lines). Readers: the first four.
"""

import re
import shutil
import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from lxml import etree
from signed_samples import (
    C14N,
    DSIG,
    NOW,
    Handmade,
    certificate_element,
    changed,
    content,
    invoice,
    signer_of,
)

from signing.algorithms import DIGESTS, Digest, DigestName
from signing.file_keys import FileKey
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

signxml = pytest.importorskip("signxml")

IDS = ["--id-attr:Id", "DLHDon", "--id-attr:Id", f"{DSIG}:Object"]
OBJECT = (
    f'<Object xmlns="{DSIG}" Id="Obj-S1"><SignatureProperties><SignatureProperty Target="#S1">'
    "<SigningTime>2026-11-23T09:15:00</SigningTime></SignatureProperty></SignatureProperties></Object>"
)
Writer = Callable[[FileKey, Digest, Path], bytes]
Reader = Callable[[bytes, FileKey, Path], bool]


def private_pem(key: FileKey) -> bytes:
    return key._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def template(key: FileKey, digest: Digest) -> str:
    method = f'<DigestMethod Algorithm="{digest.uri}"/><DigestValue/>'
    return (
        f'<Signature xmlns="{DSIG}" Id="S1"><SignedInfo><CanonicalizationMethod Algorithm="{C14N}"/>'
        f'<SignatureMethod Algorithm="{key.signature_method}"/><Reference URI="#HD1"><Transforms>'
        f'<Transform Algorithm="{DSIG}enveloped-signature"/></Transforms>{method}</Reference>'
        f'<Reference URI="#Obj-S1">{method}</Reference></SignedInfo><SignatureValue/>'
        f"<KeyInfo><X509Data>{certificate_element(key.certificate)}</X509Data></KeyInfo>{OBJECT}</Signature>"
    )


def by_us(key: FileKey, digest: Digest, folder: Path) -> bytes:
    signer = XmlSigner(key)
    return invoice(signer.sign(signer.digest(content()), "HD1", "S1", NOW))


def by_xmlsec1(key: FileKey, digest: Digest, folder: Path) -> bytes:
    (folder / "key.pem").write_bytes(private_pem(key))
    (folder / "template.xml").write_bytes(invoice(template(key, digest).encode()))
    command = [
        "xmlsec1",
        "--sign",
        "--privkey-pem",
        "key.pem",
        *IDS,
        "--output",
        "signed.xml",
        "template.xml",
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=60)
    return (folder / "signed.xml").read_bytes()


def by_python_xmlsec(key: FileKey, digest: Digest, folder: Path) -> bytes:
    root = etree.fromstring(invoice(template(key, digest).encode()))
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private_pem(key), xmlsec.KeyFormat.PEM)
    context.sign(root.find(f".//{{{DSIG}}}Signature"))
    return etree.tostring(root, encoding="utf-8")


def by_signxml(key: FileKey, digest: Digest, folder: Path) -> bytes:
    """It writes no Object of its own: one stands beside the content while it signs, and is put in after."""
    kind = "rsa" if isinstance(key._key, rsa.RSAPrivateKey) else "ecdsa"
    signer = signxml.XMLSigner(
        method=signxml.methods.detached,
        signature_algorithm=f"{kind}-{digest.name}",
        digest_algorithm=digest.name,
        c14n_algorithm=C14N,
    )
    signer.namespaces = {None: DSIG}
    root = etree.fromstring(invoice(OBJECT.encode()))
    signature = signer.sign(root, key=key._key, cert=[key.certificate], reference_uri=["#HD1", "#Obj-S1"])
    text = etree.tostring(signature, encoding="utf-8")
    return invoice(changed(text, b"</Signature>", OBJECT.encode() + b"</Signature>"))


def by_hand(properties: str, end_of_line: str) -> Writer:
    def write(key: FileKey, digest: Digest, folder: Path) -> bytes:
        signature = Handmade(key, content(), digest=digest.name, properties_namespace=properties).write()
        broken = re.sub(
            rb"(?<=<SignatureValue>)[^<]+|(?<=<X509Certificate>)[^<]+",
            lambda found: end_of_line.join(textwrap.wrap(found[0].decode(), 76)).encode(),
            signature,
        )
        return invoice(broken)

    return write


def read_by_us(document: bytes, key: FileKey, folder: Path) -> bool:
    return verify_document(document, trust=[key.certificate], now=NOW).valid


def read_by_xmlsec1(document: bytes, key: FileKey, folder: Path) -> bool:
    (folder / "signed.xml").write_bytes(document)
    command = ["xmlsec1", "--verify", "--insecure", *IDS, "signed.xml"]
    return not subprocess.run(command, cwd=folder, check=False, capture_output=True, timeout=60).returncode


def read_by_python_xmlsec(document: bytes, key: FileKey, folder: Path) -> bool:
    root = etree.fromstring(document)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    der = key.certificate.public_bytes(Encoding.DER)
    context.key = xmlsec.Key.from_memory(der, xmlsec.KeyFormat.CERT_DER)
    try:
        context.verify(root.find(f".//{{{DSIG}}}Signature"))
    except xmlsec.Error:
        return False
    return True


def read_by_signxml(document: bytes, key: FileKey, folder: Path) -> bool:
    expected = signxml.SignatureConfiguration(
        expect_references=2,
        verification_time=NOW,
        default_reference_c14n_method=signxml.CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    verifier = signxml.XMLVerifier()
    # Its own switch for lxml's wrong xmlns="" below an element that inherits a default namespace.
    verifier.excise_empty_xmlns_declarations = True
    try:
        # The schema wants SigningTime in another namespace than the regulation has it.
        verifier.verify(document, x509_cert=key.certificate, expect_config=expected, validate_schema=False)
    except signxml.exceptions.InvalidSignature:
        return False
    return True


WRITERS: dict[str, Writer] = {
    "ours": by_us,
    "xmlsec1": by_xmlsec1,
    "python-xmlsec": by_python_xmlsec,
    "signxml": by_signxml,
    "java": by_hand(' xmlns=""', "&#13;\n"),
    "dotnet": by_hand(' xmlns=""', ""),
}
READERS: dict[str, Reader] = {
    "ours": read_by_us,
    "xmlsec1": read_by_xmlsec1,
    "python-xmlsec": read_by_python_xmlsec,
    "signxml": read_by_signxml,
}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize(("kind", "digest"), [("rsa", "sha256"), ("rsa", "sha512"), ("ecdsa", "sha256")])
def test_everybody_reads_everybody(
    kind: str, digest: DigestName, writer: str, reader: str, private: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    if "xmlsec1" in (writer, reader) and shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")
    if writer in ("java", "dotnet") and (kind, digest) != ("rsa", "sha256"):
        pytest.skip("the form matters, not the algorithm")
    if writer in ("java", "dotnet") and reader == "signxml":
        pytest.skip("signxml cannot canonicalise an element without namespace inside one that has a default")
    used = private if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    key = FileKey(used, signer_of(used).certificate, DIGESTS[digest])
    document = WRITERS[writer](key, DIGESTS[digest], tmp_path)
    judge = READERS[reader]
    assert judge(document, key, tmp_path)
    assert not judge(document.replace(b">75000<", b">75001<"), key, tmp_path)
    assert not judge(document.replace(b"T09:15:00<", b"T09:16:00<"), key, tmp_path)
