"""Opening the seller's key, wherever it lives, and the names that go with it.

>>> from signing.keys import open_key
>>> from signing.passphrase import read_passphrase
>>> key = open_key("file:keys/seller.p12", read_passphrase("env:THUNGAN_PIN"))  # doctest: +SKIP

==================================================  ==================================================
setting                                             key
==================================================  ==================================================
``file:keys/seller.p12``                            PKCS#12 file; a bare path means the same
``pem:keys/seller.pem``                             PEM file with private key and certificate
``pkcs11:token=CA2;object=seller?module-path=…``    USB token or HSM (RFC 7512); the secret is the PIN
``windows:thumbprint=A1B2…``                        Windows certificate store of this user
``csc+https://sign.example.vn/csc/v2?credential=…`` remote signing service (CSC API v2)
==================================================  ==================================================
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from signing.algorithms import DIGESTS, Digest
from signing.certificates import check_owner, check_validity, subject_name, tax_code_of
from signing.errors import KeySettingInvalid, KeyUnsupported
from signing.file_keys import FileKey, PemKey, Pkcs12Key
from signing.signing_key import MIN_RSA_BITS, SigningKey
from signing.throwaway import throwaway_authority, throwaway_pkcs12, throwaway_tls

if TYPE_CHECKING:
    from collections.abc import Callable

    from signing.passphrase import Secret

    Opener = Callable[[str, Secret, Path, Digest], SigningKey]

__all__ = [
    "MIN_RSA_BITS",
    "FileKey",
    "PemKey",
    "Pkcs12Key",
    "SigningKey",
    "check_owner",
    "check_validity",
    "open_key",
    "subject_name",
    "tax_code_of",
    "throwaway_authority",
    "throwaway_pkcs12",
    "throwaway_tls",
]


def open_key(
    setting: str, secret: Secret, *, folder: Path | None = None, digest: str = "sha256"
) -> SigningKey:
    """The key that a setting names, ready to sign.

    Relative paths in the setting begin at ``folder`` (default: where the process runs), where a token's
    count of wrong PINs is kept too. ``secret`` is the pass phrase, PIN or client secret, as the source
    asks. ``digest`` is sha256, sha384 or sha512.

    Raises:
        KeySettingInvalid: no such kind of key, or a part of the setting that is missing or not known.
        KeyAway: the token or service cannot be reached now: try again.
        KeyRefused: it is there and will not sign until a person has done something (wrong PIN, locked).
        SigningError: of the files, as in ``Pkcs12Key.open``.
    """
    hashed = next((one for one in DIGESTS.values() if one.name == digest), None)
    if hashed is None:
        raise KeySettingInvalid(
            f"signatures are not made with {digest[:20]!r}, but with {', '.join(DIGESTS)}"
        )
    scheme = setting.partition(":")[0].lower()
    # A drive letter is no scheme: C:\keys\seller.p12 is a path.
    opener = _OPENERS.get(scheme) if len(scheme) > 1 and ":" in setting else _file
    if opener is None:
        raise KeySettingInvalid(f"{scheme[:20]!r} is no kind of key; known are {', '.join(_OPENERS)}")
    return opener(setting, secret, folder or Path(), hashed)


def _file(setting: str, secret: Secret, folder: Path, digest: Digest) -> SigningKey:
    return Pkcs12Key.open(folder / setting.removeprefix("file:"), secret, digest)


def _pem(setting: str, secret: Secret, folder: Path, digest: Digest) -> SigningKey:
    return PemKey.open(folder / setting.removeprefix("pem:"), secret, digest)


def _late(module: str) -> Opener:
    """``open_setting`` of a module that is loaded only where such a key is used."""

    def opener(setting: str, secret: Secret, folder: Path, digest: Digest) -> SigningKey:
        try:
            opening: Opener = import_module(module).open_setting
        except ModuleNotFoundError as error:
            raise KeyUnsupported(f"such a key needs the Python package {error.name}") from None
        return opening(setting, secret, folder, digest)

    return opener


_OPENERS: dict[str, Opener] = {
    "file": _file,
    "pem": _pem,
    "pkcs11": _late("signing.token_key"),
    "windows": _late("signing.windows_key"),
    "csc+https": _late("signing.remote_key"),
}
