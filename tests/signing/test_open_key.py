import copy
import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from signed_samples import NOW, Judge, Private, content, invoice, signed_invoice, signer_of

from signing.algorithms import DIGESTS, Digest
from signing.errors import (
    KeyFileInvalid,
    KeyFileMissing,
    KeySettingInvalid,
    KeyUnsupported,
    PassphraseWrong,
    PrivateKeyMissing,
    SecretFileExposed,
    SignatureInputInvalid,
)
from signing.keys import Pkcs12Key, open_key, throwaway_pkcs12
from signing.passphrase import Secret
from signing.signing_key import kind_of, raw_ecdsa, signature_fits
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

PHRASE = Secret("mật khẩu")


def pem_file(
    path: Path,
    private: Private,
    *parts: bytes,
    secret: Secret | None = None,
    form: PrivateFormat = PrivateFormat.PKCS8,
) -> Path:
    encryption = BestAvailableEncryption(secret.reveal().encode()) if secret else NoEncryption()
    path.write_bytes(b"".join([private.private_bytes(Encoding.PEM, form, encryption), *parts]))
    path.chmod(0o600)
    return path


def pem_of(key: Pkcs12Key) -> bytes:
    return key.certificate.public_bytes(Encoding.PEM)


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("secret", [None, PHRASE])
def test_pem_files(
    form: PrivateFormat, secret: Secret | None, private: rsa.RSAPrivateKey, key: Pkcs12Key, tmp_path: Path
) -> None:
    pem_file(tmp_path / "seller.pem", private, pem_of(key), secret=secret, form=form)
    opened = open_key("pem:seller.pem", secret or Secret(""), folder=tmp_path)
    assert opened.certificate == key.certificate
    assert opened.sign(b"sale") == key.sign(b"sale")
    opened.close()
    if secret:
        with pytest.raises(PassphraseWrong):
            open_key("pem:seller.pem", Secret("other"), folder=tmp_path)
        with pytest.raises(PassphraseWrong):
            open_key("pem:seller.pem", Secret(""), folder=tmp_path)


def test_the_keys_certificate_is_found_in_a_pem_file(
    private: rsa.RSAPrivateKey, key: Pkcs12Key, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    pem_file(tmp_path / "a.pem", private, pem_of(stranger), pem_of(key))
    assert open_key("pem:a.pem", Secret(""), folder=tmp_path).certificate == key.certificate
    pem_file(tmp_path / "b.pem", private, pem_of(stranger))
    with pytest.raises(PrivateKeyMissing, match="no certificate of its"):
        open_key("pem:b.pem", Secret(""), folder=tmp_path)
    pem_file(tmp_path / "c.pem", private)
    with pytest.raises(PrivateKeyMissing, match="no certificate of its"):
        open_key("pem:c.pem", Secret(""), folder=tmp_path)


def test_pem_files_that_are_none(key: Pkcs12Key, private: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    for name, data, kind, why in (
        ("binary", b"\x30\x82\0\0", KeyFileInvalid, "not a PEM file"),
        ("certificate", pem_of(key), PrivateKeyMissing, "no private key"),
        (
            "damaged",
            b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
            KeyFileInvalid,
            "damaged",
        ),
    ):
        (tmp_path / name).write_bytes(data)
        (tmp_path / name).chmod(0o600)
        with pytest.raises(kind, match=why):
            open_key(f"pem:{name}", PHRASE, folder=tmp_path)
    with pytest.raises(KeyFileMissing):
        open_key("pem:none.pem", PHRASE, folder=tmp_path)


@pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")
def test_pem_files_that_others_may_read(private: rsa.RSAPrivateKey, key: Pkcs12Key, tmp_path: Path) -> None:
    pem_file(tmp_path / "a.pem", private, pem_of(key)).chmod(0o640)
    with pytest.raises(SecretFileExposed):
        open_key("pem:a.pem", Secret(""), folder=tmp_path)


def test_pkcs12_by_setting_and_by_bare_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    throwaway_pkcs12(tmp_path / "seller.p12", PHRASE, "0409990010", "SÔNG HÀN", NOW, 30)
    monkeypatch.chdir(tmp_path)
    settings = ("file:seller.p12", "seller.p12", f"file:{tmp_path / 'seller.p12'}")
    certificates = {open_key(setting, PHRASE).certificate for setting in settings}
    assert len(certificates) == 1
    with pytest.raises(KeyFileMissing, match=r"C:\\keys"):  # a path, not a scheme
        open_key(r"C:\keys\seller.p12", PHRASE)


def test_settings_that_are_none(tmp_path: Path) -> None:
    for setting in ("vault:seller", "https://example.vn", "csc+http://example.vn?credential=1"):
        with pytest.raises(KeySettingInvalid, match="is no kind of key; known are file, pem, pkcs11"):
            open_key(setting, PHRASE, folder=tmp_path)
    for digest in ("sha1", "SHA256", "md5", ""):
        with pytest.raises(KeySettingInvalid, match="but with sha256, sha384, sha512"):
            open_key("file:a.p12", PHRASE, digest=digest)


def test_a_package_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pkcs11", None)
    monkeypatch.delitem(sys.modules, "signing.token_key", raising=False)
    monkeypatch.delitem(sys.modules, "signing.token_objects", raising=False)
    with pytest.raises(KeyUnsupported, match="needs the Python package pkcs11"):
        open_key("pkcs11:?module-path=m", PHRASE)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("kind", ["rsa3072", "p256"])
def test_kinds_and_digests_verify_everywhere(kind: str, digest: str, tmp_path: Path, xmlsec1: Judge) -> None:
    private: Private = ec.generate_private_key(ec.SECP256R1())
    if kind == "rsa3072":
        private = rsa.generate_private_key(public_exponent=65537, key_size=3072)
    pem_file(tmp_path / "a.pem", private, pem_of(signer_of(private)))
    key = open_key("pem:a.pem", Secret(""), folder=tmp_path, digest=digest)
    signer = XmlSigner(key)
    own = invoice(signer.sign(signer.digest(content()), "HD1", "S1", NOW))
    assert f'{digest}"></DigestMethod>'.encode() in own
    assert own.count(digest.encode()) == 3
    for document in (own, signed_invoice(signer)):  # the second with the content's digest in SHA-256
        report = verify_document(document, trust=[key.certificate], now=NOW)
        assert report.valid, report
        assert report.signatures[0].algorithm == f"{kind[:3] if kind[0] == 'r' else 'ecdsa'}-{digest}"
        assert not verify_document(document.replace(b">75000<", b">7500<")).valid
        assert xmlsec1(document)


def test_a_digest_of_no_hash_is_not_signed(signer: XmlSigner) -> None:
    for length in (0, 20, 28, 33, 65):
        with pytest.raises(SignatureInputInvalid, match="32, 48, 64 bytes"):
            signer.sign(bytes(length), "HD1", "S1", NOW)


@pytest.mark.parametrize("digest", DIGESTS.values(), ids=DIGESTS)
def test_digests_are_what_they_are_called(digest: Digest, private: rsa.RSAPrivateKey) -> None:
    """The names by which tokens and services are asked mean what cryptography means."""
    hashed = digest.of(b"sale")
    assert len(hashed) == digest.size == digest.algorithm.digest_size
    value = private.sign(b"sale", PKCS1v15(), digest.algorithm)
    numbers = private.public_key().public_numbers()
    padded = pow(int.from_bytes(value), numbers.e, numbers.n).to_bytes(256)
    assert padded.endswith(b"\xff\0" + digest.prefix + hashed)


def test_signatures_are_held_against_the_certificate(key: Pkcs12Key, stranger: Pkcs12Key) -> None:
    digest = DIGESTS["sha256"]
    hashed, value = digest.of(b"sale"), key.sign(b"sale")
    assert signature_fits(key.certificate, digest, hashed, value)
    assert not signature_fits(stranger.certificate, digest, hashed, value)
    assert not signature_fits(key.certificate, digest, digest.of(b"other"), value)
    curve = signer_of(ec.generate_private_key(ec.SECP256R1()))
    assert signature_fits(curve.certificate, digest, hashed, curve.sign(b"sale"))
    assert not signature_fits(curve.certificate, digest, hashed, curve.sign(b"other"))
    assert not signature_fits(curve.certificate, digest, hashed, value)


def test_kinds_that_do_not_sign() -> None:
    for key, why in (
        (ec.generate_private_key(ec.SECP384R1()), "secp384r1 is not P-256"),
        (ed25519.Ed25519PrivateKey.generate(), "neither RSA nor ECDSA"),
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "1024 bits is too short"),  # noqa: S505 - on purpose
    ):
        with pytest.raises(KeyUnsupported, match=why):
            kind_of(key)


def test_der_that_is_no_signature() -> None:
    for der in (b"", b"\x30\x06\x02\x01\x01\x02\x01", b"\x30\x26\x02\x21\x01" + bytes(32) + b"\x02\x01\x01"):
        with pytest.raises(ValueError):
            raw_ecdsa(der)


def test_keys_are_not_written_anywhere(key: Pkcs12Key) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(key)
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(XmlSigner(key))
    with pytest.raises(TypeError):
        copy.deepcopy(key)


def test_what_other_keys_need_is_loaded_only_with_them() -> None:
    """A shop with a key file pays neither the memory nor the time of a token's or service's libraries."""
    program = (
        "import sys, signing.keys, signing.xmldsig; print(*{'httpx', 'pkcs11', 'lxml'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.split() == []
