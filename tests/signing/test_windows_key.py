import ctypes
import hashlib
import pickle
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from signed_samples import NOW, Private, signed_invoice, signer_of

from signing import windows_store
from signing.algorithms import DEFAULT_DIGEST, DIGESTS, DigestName
from signing.errors import (
    KeyAway,
    KeyRefused,
    KeySettingInvalid,
    KeyUnsupported,
    PinLocked,
    PinWrong,
    PrivateKeyMissing,
    SigningError,
)
from signing.keys import Pkcs12Key, open_key
from signing.passphrase import Secret
from signing.signing_key import raw_ecdsa
from signing.verify import verify_document
from signing.windows_key import StoreSetting, WindowsKey
from signing.windows_store import PROTOTYPES, CertContext, CngFailed, CryptBlob, Pkcs1Padding, WindowsStore
from signing.xmldsig import XmlSigner

windows = pytest.mark.skipif(sys.platform != "win32", reason="the certificate store is Windows'")
NOWHERE = "windows:thumbprint=" + "AB" * 20
NONE = Secret("")


@dataclass
class Card:
    """A certificate store with one key in it, as Windows behaves: handles, statuses, a PIN."""

    private: Private
    certificate: bytes
    pin: str | None = None
    failing: list[int] = field(default_factory=list)  # what the next signatures answer
    handles: set[int] = field(default_factory=set)
    with_pin: set[int] = field(default_factory=set)
    given: list[str] = field(default_factory=list)
    opened: int = 0

    def open(self, thumbprint: bytes, *, machine: bool) -> tuple[bytes, int]:
        if machine:
            raise CngFailed("CertFindCertificateInStore", 0x80092004)
        self.opened += 1
        self.handles.add(self.opened)
        return self.certificate, self.opened

    def set_pin(self, key: int, pin: str) -> None:
        assert key in self.handles
        self.given.append(pin)
        if pin == self.pin:
            self.with_pin.add(key)

    def sign(self, key: int, hashed: bytes, pkcs1: str | None) -> bytes:
        assert key in self.handles
        if self.failing:
            raise CngFailed("NCryptSignHash", self.failing.pop(0))
        if self.pin is not None and key not in self.with_pin:
            raise CngFailed("NCryptSignHash", 0x8010006B - (1 << 32))  # as a signed number, like Windows'
        digest = next(one for one in DIGESTS.values() if one.size == len(hashed))
        if isinstance(self.private, rsa.RSAPrivateKey):
            assert pkcs1 == digest.name.upper()
            return self.private.sign(hashed, PKCS1v15(), Prehashed(digest.algorithm))
        assert pkcs1 is None
        return raw_ecdsa(self.private.sign(hashed, ec.ECDSA(Prehashed(digest.algorithm))))

    def free(self, key: int) -> None:
        self.handles.remove(key)


def setting_of(der: bytes) -> StoreSetting:
    return StoreSetting(hashlib.sha1(der, usedforsecurity=False).digest(), machine=False)


@pytest.fixture
def card(private: rsa.RSAPrivateKey, key: Pkcs12Key) -> Card:
    return Card(private, key.certificate.public_bytes(Encoding.DER))


def opened(card: Card, folder: Path, pin: str = "", digest: DigestName = "sha256") -> WindowsKey:
    return WindowsKey(setting_of(card.certificate), Secret(pin), folder, DIGESTS[digest], card)


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_store_signs_as_files_do(
    kind: str, digest: DigestName, private: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    used: Private = private if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    certificate = signer_of(used).certificate
    key = opened(Card(used, certificate.public_bytes(Encoding.DER)), tmp_path, digest=digest)
    assert key.certificate == certificate
    assert verify_document(signed_invoice(XmlSigner(key)), trust=[certificate], now=NOW).valid


@pytest.mark.parametrize("status", [0x80100069, 0x8010000C, 0x80090030, 0x80090020, 0x80090026])
def test_a_card_pulled_out_and_put_back(status: int, card: Card, key: Pkcs12Key, tmp_path: Path) -> None:
    card.pin = "246810"
    selling = opened(card, tmp_path, card.pin)
    assert selling.sign(b"sale") == key.sign(b"sale")
    card.failing = [status]
    assert selling.sign(b"sale") == key.sign(b"sale")  # a new handle was enough
    card.failing = [status, status]
    with pytest.raises(KeyAway, match=f"NCryptSignHash: 0x{status:08X}"):
        selling.sign(b"sale")
    assert selling.sign(b"sale") == key.sign(b"sale")
    assert len(card.handles) == 1


def test_a_wrong_pin_is_tried_once_and_counted(card: Card, tmp_path: Path) -> None:
    card.pin = "246810"
    for _ in range(2):
        selling = opened(card, tmp_path, "1111")
        for _ in range(3):
            with pytest.raises(PinWrong, match="0x8010006B"):
                selling.sign(b"sale")
    assert card.given == ["1111"] * 2
    with pytest.raises(PinLocked, match="2 wrong PINs are counted"):
        opened(card, tmp_path, "246810").sign(b"sale")
    assert card.handles == set()
    for counted in tmp_path.glob(".pin-tries-*"):
        counted.unlink()
    assert opened(card, tmp_path, "246810").sign(b"sale")
    assert not list(tmp_path.glob(".pin-tries-*"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [(0x8010006C, PinLocked), (0x80090022, KeyRefused), (0x80090010, KeyRefused), (0x8009000D, KeyAway)],
)
def test_what_windows_means(status: int, kind: type[SigningError], card: Card, tmp_path: Path) -> None:
    selling = opened(card, tmp_path)
    card.failing = [status, status]
    with pytest.raises(kind) as caught:
        selling.sign(b"sale")
    assert type(caught.value) is kind


def test_refusing_again_and_again_costs_no_memory(card: Card, tmp_path: Path) -> None:
    selling = opened(card, tmp_path)
    card.failing = [0x8010006C]
    depths = set()
    for _ in range(20):
        with pytest.raises(PinLocked) as caught:
            selling.sign(b"sale")
        depths.add(len(caught.traceback))
    assert max(depths) < 8


def test_certificates_that_are_not_there(card: Card, stranger: Pkcs12Key, tmp_path: Path) -> None:
    with pytest.raises(PrivateKeyMissing, match="0x80092004"):
        WindowsKey(StoreSetting(bytes(20), machine=True), NONE, tmp_path, DEFAULT_DIGEST, card)
    with pytest.raises(PrivateKeyMissing, match="another certificate"):
        WindowsKey(StoreSetting(bytes(20), machine=False), NONE, tmp_path, DEFAULT_DIGEST, card)
    assert card.handles == set()
    card.private = stranger._key
    with pytest.raises(KeyRefused, match="not a signature by the certificate's key"):
        opened(card, tmp_path).sign(b"sale")


def test_a_closed_key_and_its_secrets(card: Card, tmp_path: Path) -> None:
    selling = opened(card, tmp_path, "246810")
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(selling)
    assert "246810" not in repr(selling)
    selling.close()
    assert card.handles == set()
    with pytest.raises(KeyRefused, match="closed"):
        selling.sign(b"sale")


def test_settings() -> None:
    for text in (
        "windows:thumbprint=" + "ab" * 20,
        "windows:thumbprint=\u200e" + "AB " * 20,
        "windows:thumbprint=" + ":".join(["AB"] * 20) + ";store=user",
    ):
        assert StoreSetting.parse(text) == StoreSetting(b"\xab" * 20, machine=False)
    assert StoreSetting.parse(NOWHERE + ";store=machine").machine
    for text in (
        "windows:",
        "windows:thumbprint=AB",
        NOWHERE + ";store=all",
        NOWHERE + ";pin=1",
        NOWHERE * 2,
    ):
        with pytest.raises(KeySettingInvalid):
            StoreSetting.parse(text)


@pytest.mark.skipif(sys.platform == "win32", reason="there it is")
def test_elsewhere_than_on_windows(tmp_path: Path) -> None:
    with pytest.raises(KeyUnsupported, match="on Windows only"):
        open_key(NOWHERE, NONE, folder=tmp_path)


@windows
def test_the_store_of_this_computer_has_no_such_certificate(tmp_path: Path) -> None:
    with pytest.raises(PrivateKeyMissing, match="CertFindCertificateInStore: 0x80092004"):
        open_key(NOWHERE, NONE, folder=tmp_path)


@windows
@pytest.mark.parametrize("kind", ["RSA", "ECDSA_nistP256"])
def test_a_certificate_made_by_windows(kind: str, tmp_path: Path) -> None:
    """Made, used and removed again in this user's store."""
    make = (
        "(New-SelfSignedCertificate -Subject 'CN=thungan test' -CertStoreLocation Cert:\\CurrentUser\\My "
        f"-KeyAlgorithm {kind} -KeyExportPolicy NonExportable).Thumbprint"
    )
    command = ["powershell", "-NoProfile", "-Command"]
    done = subprocess.run([*command, make], check=True, capture_output=True, text=True, timeout=120)
    thumbprint = done.stdout.strip()
    try:
        for digest in DIGESTS:
            key = open_key(f"windows:thumbprint={thumbprint}", NONE, folder=tmp_path, digest=digest)
            assert key.sign(b"sale")
            key.close()
    finally:
        remove = f"Remove-Item -DeleteKey Cert:\\CurrentUser\\My\\{thumbprint}"
        subprocess.run([*command, remove], check=True, timeout=120)


@windows
def test_the_functions_are_there() -> None:
    assert WindowsStore()._call.keys() == PROTOTYPES.keys()


def test_numbers_and_structures_are_those_of_the_headers(tmp_path: Path) -> None:
    """Held against Windows' own headers by a compiler that makes programs for it."""
    compiler = shutil.which("x86_64-w64-mingw32-gcc")
    if compiler is None or ctypes.sizeof(ctypes.c_void_p) != 8:
        pytest.skip("a compiler for 64-bit Windows is missing")
    numbers = {
        name: value
        for name, value in vars(windows_store).items()
        if name.startswith(("CERT_", "X509_", "CRYPT_", "NCRYPT_", "BCRYPT_")) and isinstance(value, int)
    }
    assert len(numbers) == 13
    layouts = {
        "CRYPT_INTEGER_BLOB": (CryptBlob, ["cbData", "pbData"]),
        "CERT_CONTEXT": (
            CertContext,
            ["dwCertEncodingType", "pbCertEncoded", "cbCertEncoded", "pCertInfo", "hCertStore"],
        ),
        "BCRYPT_PKCS1_PADDING_INFO": (Pkcs1Padding, ["pszAlgId"]),
    }
    claims = [f"(unsigned long)(ULONG_PTR){name} == {value}ul" for name, value in numbers.items()]
    for name, (structure, members) in layouts.items():
        claims.append(f"sizeof({name}) == {ctypes.sizeof(structure)}")
        for member, (ours, *_) in zip(members, structure._fields_, strict=True):
            claims.append(f"__builtin_offsetof({name}, {member}) == {getattr(structure, ours).offset}")
    for name, (_, _, arguments) in PROTOTYPES.items():
        # A call with as many arguments, of which the compiler never asks more than their number.
        claims.append(f"sizeof({name}({', '.join(['0'] * len(arguments))})) > 0")
    program = "#include <windows.h>\n#include <wincrypt.h>\n#include <bcrypt.h>\n#include <ncrypt.h>\n"
    program += "".join(f'_Static_assert({claim}, "");\n' for claim in claims)
    (tmp_path / "claims.c").write_text(program)
    command = [compiler, "-w", "-fsyntax-only", "claims.c"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
