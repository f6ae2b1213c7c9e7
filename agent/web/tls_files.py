"""The page's certificate: the configured one, or its own, good for every name that config.toml gives it.

Its own is made anew before it ends and when the names change, always for the same key: whoever has pinned
the key (another register of the shop, ``agent.peers``) goes on trusting it.
"""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from signing.throwaway import renewed_tls, server_names

if TYPE_CHECKING:
    from pathlib import Path

    from agent.web.page_settings import PageSettings

CERTIFICATE, KEY = "keys/page.crt.pem", "keys/page.key.pem"
_OWN_DAYS = 397  # as long as browsers accept
_RENEW = timedelta(days=30)


def page_certificate(folder: Path, page: PageSettings) -> tuple[Path, Path]:
    """Certificate and key (PEM files); made where there are none that last.

    Raises:
        OSError: they cannot be written.
        ValueError: the key that is there is none.
    """
    if page.certificate is not None and page.key is not None:
        return page.certificate, page.key
    certificate, key = folder / CERTIFICATE, folder / KEY
    hosts = page_hosts(page)
    if not key.exists() or not _serves(certificate, hosts):
        renewed_tls(certificate, key, hosts, datetime.now(UTC), _OWN_DAYS)
    return certificate, key


def page_hosts(page: PageSettings) -> tuple[str, ...]:
    """Every name and address by which the page is asked for, the first one first."""
    wild = page.host in {"0.0.0.0", "::"}  # noqa: S104 - compared with, not listened on
    own = (socket.gethostname().lower(),) if wild else (page.host,)
    return tuple(dict.fromkeys((*page.names, *own)))


def key_pin(certificate: Path) -> str:
    """``sha256:`` and the SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4) in hex."""
    key = x509.load_pem_x509_certificate(certificate.read_bytes()).public_key()
    return f"sha256:{sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()}"


def _serves(path: Path, hosts: tuple[str, ...]) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    lasts = certificate.not_valid_after_utc - datetime.now(UTC) > _RENEW
    return lasts and set(server_names(hosts)) <= set(names)
