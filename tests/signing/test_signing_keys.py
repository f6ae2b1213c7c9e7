import os
import ssl
import stat
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from cryptography.x509.oid import NameOID
from signed_samples import MESSAGES, NOW, TAX_CODE, signed_invoice, signer_of

from signing.certificates import Credential, check_owner, check_validity
from signing.errors import (
    CertificateExpired,
    CertificateForeign,
    CertificateNotYetValid,
    CertificateUnreadable,
    KeyFileExists,
    KeyFileInvalid,
    KeyFileMissing,
    KeyUnsupported,
    PassphraseWrong,
    PrivateKeyMissing,
    SecretFileExposed,
    SigningError,
)
from signing.keys import (
    Pkcs12Key,
    subject_name,
    tax_code_of,
    throwaway_authority,
    throwaway_pkcs12,
    throwaway_tls,
)
from signing.passphrase import Secret
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

PHRASE = Secret("đúng mật khẩu")
posix = pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "shop.p12"
    throwaway_pkcs12(path, PHRASE, TAX_CODE, "CỬA HÀNG TẠP HÓA SÔNG HÀN", NOW, 30)
    return path


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def packed(key: pkcs12.PKCS12PrivateKeyTypes | None, *certificates: x509.Certificate | None) -> bytes:
    first, *rest = certificates
    others = [one for one in rest if one]
    encryption = BestAvailableEncryption(PHRASE.reveal().encode())
    return pkcs12.serialize_key_and_certificates(None, key, first, others, encryption)


def test_a_throwaway_key_looks_like_a_real_one(store: Path) -> None:
    key = Pkcs12Key.open(store, PHRASE)
    certificate = key.certificate
    assert subject_name(certificate) == "UID=MST:0409990010,C=VN,CN=CỬA HÀNG TẠP HÓA SÔNG HÀN"
    assert tax_code_of(certificate) == TAX_CODE
    assert certificate.not_valid_after_utc == NOW + timedelta(days=30)
    assert certificate.not_valid_before_utc < NOW
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical
    assert usage.value.digital_signature
    assert usage.value.content_commitment
    assert not usage.value.key_cert_sign
    assert not certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    certificate.verify_directly_issued_by(certificate)
    report = verify_document(signed_invoice(XmlSigner(key)), trust=[certificate], now=NOW)
    assert report.valid


def test_a_key_signs_with_its_certificate(store: Path) -> None:
    key = Pkcs12Key.open(store, PHRASE)
    public = key.certificate.public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    public.verify(key.sign(b"data"), b"data", PKCS1v15(), SHA256())
    assert "0409990010" in repr(key)


@posix
def test_the_file_is_its_owners_only_and_nothing_is_left_beside(store: Path) -> None:
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert [one.name for one in store.parent.iterdir()] == ["shop.p12"]


def test_serial_numbers_are_random_and_no_key_is_written_over(store: Path, tmp_path: Path) -> None:
    throwaway_pkcs12(tmp_path / "b.p12", PHRASE, TAX_CODE, "x" * 100, NOW, 1)
    other = Pkcs12Key.open(tmp_path / "b.p12", PHRASE).certificate
    assert other.serial_number != Pkcs12Key.open(store, PHRASE).certificate.serial_number
    assert subject_name(other).endswith("CN=" + "x" * 64)
    throwaway_pkcs12(tmp_path / "c.p12", PHRASE, TAX_CODE, "Đ" * 40, NOW, 1)
    assert subject_name(Pkcs12Key.open(tmp_path / "c.p12", PHRASE).certificate).endswith("CN=" + "Đ" * 32)
    before = store.read_bytes()
    with pytest.raises(KeyFileExists):
        throwaway_pkcs12(store, PHRASE, TAX_CODE, "again", NOW, 1)
    assert store.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="none"):
        throwaway_pkcs12(tmp_path / "none" / "a.p12", PHRASE, TAX_CODE, "x", NOW, 1)


def test_the_sandbox_authority(tmp_path: Path) -> None:
    throwaway_authority(tmp_path / "a.p12", PHRASE, NOW, 30)
    certificate = Pkcs12Key.open(tmp_path / "a.p12", PHRASE).certificate
    assert subject_name(certificate) == "C=VN,CN=CỤC THUẾ (hộp cát)"
    assert tax_code_of(certificate) is None


def test_wrong_pass_phrases(store: Path) -> None:
    for phrase in ("", "x", "đúng mật khẩu "):
        with pytest.raises(PassphraseWrong, match="E-SIGN-003") as caught:
            Pkcs12Key.open(store, Secret(phrase))
        assert caught.value.exit_code == 3


def test_files_that_are_no_keys(store: Path, tmp_path: Path) -> None:
    with pytest.raises(KeyFileMissing):
        Pkcs12Key.open(tmp_path / "none.p12", PHRASE)
    with pytest.raises(KeyFileInvalid, match="not a file"):
        Pkcs12Key.open(tmp_path, PHRASE)
    pem = (MESSAGES / "seller.crt.pem").read_bytes()
    for data in (b"", b"0", pem, b"\x30\x82" * 9, b"\x30" + b"\xff" * 9, b"x" * 2_000_000):
        with pytest.raises(KeyFileInvalid, match="E-SIGN-005"):
            Pkcs12Key.open(written(tmp_path / "a.p12", data), PHRASE)
    data = store.read_bytes()
    for cut in (20, 100, len(data) // 2, len(data) - 1):
        with pytest.raises(SigningError):
            Pkcs12Key.open(written(tmp_path / "a.p12", data[:cut]), PHRASE)


@posix
@pytest.mark.parametrize("mode", [0o640, 0o644, 0o660])
def test_a_key_file_of_others_too_is_refused(mode: int, store: Path, tmp_path: Path) -> None:
    path = written(tmp_path / "a.p12", store.read_bytes())
    path.chmod(mode)
    with pytest.raises(SecretFileExposed, match="E-SIGN-006"):
        Pkcs12Key.open(path, PHRASE)


def test_stores_without_key_or_certificate(
    private: rsa.RSAPrivateKey, key: Pkcs12Key, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    cases = ((None, key.certificate), (private, None), (private, None, stranger.certificate))
    for case in cases:
        with pytest.raises(PrivateKeyMissing, match="E-SIGN-007"):
            Pkcs12Key.open(written(tmp_path / "a.p12", packed(*case)), PHRASE)


def test_the_keys_own_certificate_is_found_among_others(
    private: rsa.RSAPrivateKey, key: Pkcs12Key, stranger: Pkcs12Key, tmp_path: Path
) -> None:
    path = written(tmp_path / "a.p12", packed(private, None, stranger.certificate, key.certificate))
    assert Pkcs12Key.open(path, PHRASE).certificate == key.certificate


def test_kinds_of_keys(private: rsa.RSAPrivateKey, tmp_path: Path) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    for unsupported in (small, ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(KeyUnsupported, match="E-SIGN-008"):
            signer_of(unsupported)
    edwards = ed25519.Ed25519PrivateKey.generate()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    certificate = x509.CertificateBuilder(
        name, name, edwards.public_key(), 1, NOW, NOW + timedelta(days=1)
    ).sign(edwards, None)
    with pytest.raises(KeyUnsupported, match="Ed25519"):
        Pkcs12Key.open(written(tmp_path / "a.p12", packed(edwards, certificate)), PHRASE)
    curve = ec.generate_private_key(ec.SECP256R1())
    path = written(tmp_path / "b.p12", packed(curve, signer_of(curve).certificate))
    assert Pkcs12Key.open(path, PHRASE).signature_method.endswith("#ecdsa-sha256")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("MST:0409990010", "0409990010"),
        ("mst: 0409990010 ", "0409990010"),
        ("MST=0409990010-001", "0409990010-001"),
        ("MST:0409990010001", "0409990010001"),
        ("MST:012345678901", "012345678901"),
        ("0409990010", None),
        ("MST:04099900", None),
        ("MST:0409990010x", None),
        ("CMND:0409990010", None),
        ("MST:０４０９９９００１０", None),
    ],
)
def test_tax_codes_of_certificates(text: str, code: str | None) -> None:
    assert tax_code_of(named(x509.NameAttribute(NameOID.USER_ID, text))) == code


def test_a_tax_code_counts_only_where_it_belongs_and_if_it_is_one() -> None:
    first, second = (x509.NameAttribute(NameOID.USER_ID, f"MST:040999001{digit}") for digit in (0, 1))
    assert tax_code_of(named(first, second)) is None
    assert tax_code_of(named(first, first)) == "0409990010"
    assert tax_code_of(named(x509.NameAttribute(NameOID.COMMON_NAME, "MST:0409990010"))) is None
    assert tax_code_of(named(x509.NameAttribute(NameOID.SERIAL_NUMBER, "MST:0409990010"))) == "0409990010"


def named(*attributes: x509.NameAttribute) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    # Attributes of one kind stand in one name only as sets of their own.
    name = x509.Name([x509.RelativeDistinguishedName([one]) for one in attributes])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
    return builder.sign(key, SHA256())


def test_the_samples_subject_is_as_they_write_it() -> None:
    certificate = x509.load_pem_x509_certificate((MESSAGES / "seller.crt.pem").read_bytes())
    assert subject_name(certificate) == "UID=MST:0409990010,C=VN,CN=CỬA HÀNG TẠP HÓA SÔNG HÀN"


def test_validity(key: Pkcs12Key) -> None:
    certificate = key.certificate
    check_validity(certificate, certificate.not_valid_before_utc)
    check_validity(certificate, certificate.not_valid_after_utc)
    with pytest.raises(CertificateExpired, match="expired on 2026-12-23"):
        check_validity(certificate, certificate.not_valid_after_utc + timedelta(seconds=1))
    with pytest.raises(CertificateNotYetValid, match="only from 2026-10-24"):
        check_validity(certificate, certificate.not_valid_before_utc - timedelta(seconds=1))


def test_whose_certificate_it_is(private: rsa.RSAPrivateKey, key: Pkcs12Key) -> None:
    check_owner(key.certificate, "0409990010")
    with pytest.raises(CertificateForeign, match="is of 0409990010, the seller is 0107001729"):
        check_owner(key.certificate, "0107001729")
    with pytest.raises(CertificateForeign, match="carries no tax code"):
        check_owner(signer_of(private, tax_code=None).certificate, "0409990010")
    branch = signer_of(private, tax_code="0409990010-001").certificate
    check_owner(branch, "0409990010001")
    with pytest.raises(CertificateForeign):
        check_owner(branch, "0409990010")


def test_bytes_that_are_no_certificate() -> None:
    for data in (b"", b"x", b"\x30\x00", b"\x30\x82\x01\x00" + b"\x00" * 256):
        with pytest.raises(CertificateUnreadable):
            Credential.from_der(data)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "may-tinh-tien.local", "192.168.1.7"])
def test_https_on_loopback(host: str, tmp_path: Path) -> None:
    """A real TLS handshake; the client checks as strictly as OpenSSL can."""
    paths = tmp_path / "crt.pem", tmp_path / "key.pem"
    throwaway_tls(*paths, host, datetime.now(UTC), 2)
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(*paths)
    client_context = ssl.create_default_context(cafile=str(paths[0]))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT
    for name in (host, "localhost", "127.0.0.1", "::1"):
        assert handshake(server_context, client_context, name) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server_context, client_context, "example.com")
    if os.name == "posix":
        assert stat.S_IMODE(paths[1].stat().st_mode) == 0o600


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    """TLS in memory: both sides' bytes are carried over until both are done."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _ in range(10):
        waiting = []
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting.append(end)
        if not waiting:
            break
    return ends[0].version()


def test_opening_from_several_threads(store: Path) -> None:
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda: found.append(repr(Pkcs12Key.open(store, PHRASE)))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
