"""Real tokens for the tests: SoftHSM, behind a library by which a token can be pulled out.

``SoftToken.make`` initialises a token with a label and PIN; ``store`` puts a key and certificate on it.
"""

import atexit
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pkcs11
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, CertificateType, ObjectClass
from pkcs11.util.ec import decode_ec_private_key
from pkcs11.util.rsa import decode_rsa_private_key
from signed_samples import Private

PIN = "planted-pin-246810"
SOFTHSM = next(
    (
        path
        for path in (
            "/usr/lib/softhsm/libsofthsm2.so",
            "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so",
            "/usr/lib64/pkcs11/libsofthsm2.so",
        )
        if Path(path).exists()
    ),
    None,
)
COMPILER = shutil.which("cc")
SOURCE = Path(__file__).with_name("pulled_token.c")


@cache
def library_in_front() -> str:
    """The library in front of SoftHSM with a place for its tokens, once for this process: its path.

    A PKCS#11 library reads its surroundings when it is first initialised, so all tests share them.
    """
    folder = Path(tempfile.mkdtemp(prefix="softhsm-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    os.environ["PULLED_TOKEN"] = str(folder / "switch")
    return build_library(folder)


def build_library(folder: Path) -> str:
    """The library in front of SoftHSM; its path."""
    library = folder / "pulled_token.so"
    assert COMPILER is not None
    options = ["-shared", "-fPIC", f'-DSOFTHSM="{SOFTHSM}"', "-o", str(library), str(SOURCE), "-ldl"]
    subprocess.run([COMPILER, *options], check=True, timeout=120)
    return str(library)


@dataclass(frozen=True)
class SoftToken:
    """A token that is there; ``is_`` pulls it out and puts it back."""

    module: str
    label: str
    switch: Path

    @staticmethod
    def make(module: str, label: str) -> "SoftToken":
        subprocess.run(
            ["softhsm2-util", "--init-token", "--free", "--label", label, "--so-pin", "0000", "--pin", PIN],
            check=True,
            capture_output=True,
            timeout=60,
        )
        return SoftToken(module, label, Path(os.environ["PULLED_TOKEN"]))

    def is_(self, state: str) -> None:
        """away, slow, final, locked, or "" for there and well."""
        self.switch.write_text(state)

    @property
    def logins(self) -> int:
        """How often anybody has logged in."""
        return self._count("logins")

    @property
    def signs(self) -> int:
        """How many signatures have been asked for."""
        return self._count("signs")

    def _count(self, what: str) -> int:
        file = self.switch.with_name(f"{self.switch.name}.{what}")
        return len(file.read_bytes()) if file.exists() else 0

    def uri(self, **more: str) -> str:
        parts = "".join(f";{name}={value}" for name, value in more.items())
        return f"pkcs11:token={self.label}{parts}?module-path={self.module}"

    def session(self) -> pkcs11.Session:
        library = pkcs11.lib(self.module)
        library.reinitialize()
        return library.get_token(token_label=self.label).open(rw=True, user_pin=PIN)

    def store(
        self,
        label: str,
        private: Private | None,
        certificate: x509.Certificate | None,
        identity: bytes = b"\1",
    ) -> None:
        with self.session() as session:
            if private is not None:
                session.create_object(
                    {
                        **key_attributes(private),
                        Attribute.LABEL: label,
                        Attribute.ID: identity,
                        Attribute.TOKEN: True,
                        Attribute.SIGN: True,
                    }
                )
            if certificate is not None:
                session.create_object(
                    {
                        Attribute.CLASS: ObjectClass.CERTIFICATE,
                        Attribute.CERTIFICATE_TYPE: CertificateType.X_509,
                        Attribute.VALUE: certificate.public_bytes(Encoding.DER),
                        Attribute.SUBJECT: certificate.subject.public_bytes(),
                        Attribute.LABEL: label,
                        Attribute.ID: identity,
                        Attribute.TOKEN: True,
                    }
                )


def key_attributes(private: Private) -> dict[Attribute, object]:
    der = private.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    if isinstance(private, rsa.RSAPrivateKey):
        return decode_rsa_private_key(der)
    return decode_ec_private_key(der)
