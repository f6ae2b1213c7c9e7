"""Certificates in a PEM file that the configuration or the command line names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509

from agent.errors import ConfigInvalid

if TYPE_CHECKING:
    from pathlib import Path


def read_certificates(path: Path) -> list[x509.Certificate]:
    """Every certificate of the file, in its order.

    Raises:
        ConfigInvalid: there is no such file, or no certificate in it.
    """
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError, x509.InvalidVersion) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise ConfigInvalid(f"{path} holds no PEM certificate: {why}") from error
