"""The page's own certificate: every name of the configuration, one key for ever."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509

from agent.peers.asking import PeerLine
from agent.peers.errors import PeerStranger
from agent.peers.settings import PeerSettings
from agent.web.page_settings import PageSettings
from agent.web.tls_files import key_pin, page_certificate

if TYPE_CHECKING:
    from peer_shop import Register

PAGE = PageSettings(host="192.168.1.20", names=("thungan.local", "10.0.0.5"))


def names_in(path: Path) -> tuple[set[str], set[str]]:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    said = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    addresses = {str(address) for address in said.get_values_for_type(x509.IPAddress)}
    return set(said.get_values_for_type(x509.DNSName)), addresses


def test_it_names_every_host_and_address(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    certificate, key = page_certificate(tmp_path, PAGE)
    assert names_in(certificate) == (
        {"localhost", "thungan.local"},
        {"127.0.0.1", "::1", "192.168.1.20", "10.0.0.5"},
    )
    assert key.stat().st_mode & 0o077 == 0


def test_it_is_made_anew_only_where_a_name_is_new_and_keeps_its_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    certificate, _ = page_certificate(tmp_path, PAGE)
    first, pin = certificate.read_bytes(), key_pin(certificate)
    page_certificate(tmp_path, PAGE)
    page_certificate(tmp_path, replace(PAGE, names=("10.0.0.5",)))
    assert certificate.read_bytes() == first
    page_certificate(tmp_path, replace(PAGE, host="::", names=("192.168.7.7",)))
    assert certificate.read_bytes() != first
    assert key_pin(certificate) == pin
    assert "192.168.7.7" in names_in(certificate)[1]
    certificate.write_bytes(b"broken")
    page_certificate(tmp_path, PAGE)
    assert key_pin(certificate) == pin


def test_an_issuer_instead_of_a_pin(register: Callable[..., Register], tmp_path: Path) -> None:
    """``ca`` instead of a pin: the file of that very certificate, or of who issued it."""
    one = register(tls=True).start()
    token = tmp_path / "token"
    token.write_text(one.invitation().token.reveal())
    token.chmod(0o600)
    peer = PeerSettings("x", f"https://127.0.0.1:{one.port}", f"file:{token}", None, one.folder / "own.crt")
    assert PeerLine(peer).ask().register == 1
    with pytest.raises(PeerStranger):
        PeerLine(replace(peer, ca=None)).ask()
    with pytest.raises(PeerStranger):
        PeerLine(replace(peer, ca=tmp_path / "gone.pem")).ask()
