"""Throw-away keys for the demo, the sandbox and tests: self-signed, trusted by nobody.

They look like real ones (subject, key usage, random serial number), so that everything behind them is
tried as it will run; a shop's own key comes from a licensed provider.
"""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from signing.errors import KeyFileExists
from signing.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from signing.passphrase import Secret

AUTHORITY_NAME = "CỤC THUẾ (hộp cát)"
_BITS = 2048
_LONGEST_NAME = 64  # of a common name (X.520 ub-common-name), which the library counts in bytes of UTF-8
# Valid from a day before: the clocks of two computers on one counter are seldom the same.
_EARLIER = timedelta(days=1)


def throwaway_pkcs12(path: Path, secret: Secret, tax_code: str, name: str, now: datetime, days: int) -> None:
    """Write a new RSA-2048 key whose certificate says ``UID=MST:<tax code>,C=VN,CN=<name>``.

    ``now`` is aware; the certificate is valid from a day before it until ``days`` after. The name is cut
    at 64 bytes of UTF-8. The file is readable by its owner only and written whole or not at all.

    Raises:
        KeyFileExists: there is a file of that name already.
        OSError: the folder cannot be written.
    """
    _write_pkcs12(path, secret, _subject(name, tax_code), now, days)


def throwaway_authority(path: Path, secret: Secret, now: datetime, days: int) -> None:
    """Write a key for the sandbox authority's notices; everything else as ``throwaway_pkcs12``."""
    _write_pkcs12(path, secret, _subject(AUTHORITY_NAME), now, days)


def throwaway_tls(certificate_path: Path, key_path: Path, host: str, now: datetime, days: int) -> None:
    """Write certificate and key (PEM) of an HTTPS server on loopback; existing files are replaced.

    The certificate is good for ``host``, localhost, 127.0.0.1 and ::1, and is its own issuer: clients
    trust it by that very file.

    Raises:
        OSError: a folder cannot be written.
    """
    _write_tls(certificate_path, key_path, ec.generate_private_key(ec.SECP256R1()), (host,), now, days)


def renewed_tls(
    certificate_path: Path, key_path: Path, hosts: Sequence[str], now: datetime, days: int
) -> None:
    """As ``throwaway_tls``, for every one of ``hosts``, with the key that is there already, if there is one.

    Raises:
        OSError: a folder cannot be written, or the key not be read.
        ValueError: what is there is no key.
    """
    if key_path.exists():
        key = load_pem_private_key(key_path.read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise ValueError(f"{key_path} holds another kind of key")
    else:
        key = ec.generate_private_key(ec.SECP256R1())
    _write_tls(certificate_path, key_path, key, hosts, now, days)


def _write_tls(
    certificate_path: Path,
    key_path: Path,
    key: ec.EllipticCurvePrivateKey,
    hosts: Sequence[str],
    now: datetime,
    days: int,
) -> None:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _cut(hosts[0]))])
    certificate = (
        _builder(subject, key.public_key(), now, days)
        .add_extension(x509.SubjectAlternativeName(server_names(hosts)), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # The key first: a certificate that is there means that its key is there too.
    write_private(key_path, private)
    write_private(certificate_path, certificate.public_bytes(Encoding.PEM))


def _write_pkcs12(path: Path, secret: Secret, subject: x509.Name, now: datetime, days: int) -> None:
    if path.exists():
        raise KeyFileExists(f"there is already a file {path}")
    key = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
    certificate = _builder(subject, key.public_key(), now, days).sign(key, SHA256())
    encryption = BestAvailableEncryption(secret.reveal().encode())
    write_private(path, pkcs12.serialize_key_and_certificates(b"thungan", key, certificate, None, encryption))


def _subject(name: str, tax_code: str | None = None) -> x509.Name:
    # RFC 4514 shows a name from its end, so this order reads UID=…,C=VN,CN=… as in real signatures.
    attributes = [
        x509.NameAttribute(NameOID.COMMON_NAME, _cut(name)),
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
    ]
    if tax_code is not None:
        attributes.append(x509.NameAttribute(NameOID.USER_ID, f"MST:{tax_code}"))
    return x509.Name(attributes)


def _cut(name: str) -> str:
    return name.encode()[:_LONGEST_NAME].decode(errors="ignore") or "thungan"


def _builder(
    subject: x509.Name, key: rsa.RSAPublicKey | ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLIER)
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key), critical=False)
    )


def server_names(hosts: Iterable[str]) -> list[x509.GeneralName]:
    """Host names and addresses of a server as its certificate says them; loopback's are always among them."""
    names: dict[str, None] = {"localhost": None}
    addresses: dict[IPv4Address | IPv6Address, None] = {
        IPv4Address("127.0.0.1"): None,
        IPv6Address("::1"): None,
    }
    for host in hosts:
        try:
            addresses[ip_address(host)] = None
        except ValueError:
            names[host] = None
    return [*map(x509.DNSName, names), *map(x509.IPAddress, addresses)]
