import shutil
import subprocess
from pathlib import Path

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from signed_samples import Judge, signer_of

from signing.keys import Pkcs12Key
from signing.xmldsig import XmlSigner


def _private() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="session")
def private() -> rsa.RSAPrivateKey:
    """The seller's private key."""
    return _private()


@pytest.fixture(scope="session")
def other_private() -> rsa.RSAPrivateKey:
    """A private key of somebody else."""
    return _private()


@pytest.fixture(scope="session")
def issuer_private() -> rsa.RSAPrivateKey:
    return _private()


@pytest.fixture(scope="session")
def key(private: rsa.RSAPrivateKey) -> Pkcs12Key:
    """The seller's key with its certificate."""
    return signer_of(private)


@pytest.fixture(scope="session")
def signer(key: Pkcs12Key) -> XmlSigner:
    return XmlSigner(key)


@pytest.fixture(scope="session")
def stranger(other_private: rsa.RSAPrivateKey) -> Pkcs12Key:
    """A key whose certificate says the same as the seller's: only trust can tell them apart."""
    return signer_of(other_private)


@pytest.fixture
def xmlsec1(tmp_path: Path) -> Judge:
    """Whether the program xmlsec1 takes the last signature of a document (the certificate is taken as is)."""
    if shutil.which("xmlsec1") is None:
        pytest.skip("xmlsec1 is not installed")

    def accepts(document: bytes) -> bool:
        file = tmp_path / "document.xml"
        file.write_bytes(document)
        command = ["xmlsec1", "--verify", "--insecure"]
        for element in ("DLieu", "DLHDon", "DLTBao", "DLTKhai", "STBao"):
            command += ["--id-attr:Id", element]
        command += ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"]
        command += ["--node-xpath", "(//*[local-name()='Signature'])[last()]", str(file)]
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == 0

    return accepts


@pytest.fixture
def python_xmlsec(key: Pkcs12Key) -> Judge:
    """Whether python-xmlsec takes every signature of a document as made by the seller's certificate."""
    der = key.certificate.public_bytes(Encoding.DER)

    def accepts(document: bytes) -> bool:
        root = etree.fromstring(document)
        xmlsec.tree.add_ids(root, ["Id"])
        signatures = root.xpath("//*[local-name()='Signature']")
        assert signatures
        for signature in signatures:
            context = xmlsec.SignatureContext()
            context.key = xmlsec.Key.from_memory(der, xmlsec.KeyFormat.CERT_DER)
            try:
                context.verify(signature)
            except xmlsec.Error:
                return False
        return True

    return accepts
