"""A TLS server on loopback that speaks only the bytes a test gives it."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Talk = Callable[[ssl.SSLSocket, threading.Event], None]


class HostileServer:
    """Reads each request's head and body, then lets ``talk`` do what it likes with the line."""

    def __init__(self, talk: Talk, certificate: Path, key: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._talk = talk
        self._stopped = threading.Event()
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._listening.getsockname()[1]}"

    def close(self) -> None:
        self._stopped.set()
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join()

    def _serve(self) -> None:
        while not self._stopped.is_set():
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            line.settimeout(10)
            with line, contextlib.suppress(OSError), self._context.wrap_socket(line, server_side=True) as tls:
                self.requests.append(_request(tls))
                self._talk(tls, self._stopped)


def saying(data: bytes) -> Talk:
    """Says these bytes whatever it is asked."""

    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(data)

    return talk


def _request(tls: ssl.SSLSocket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(tls)
    head, _, body = data.partition(b"\r\n\r\n")
    length = next(
        (
            int(row.split(b":")[1])
            for row in head.split(b"\r\n")
            if row.lower().startswith(b"content-length:")
        ),
        0,
    )
    while len(body) < length:
        body += _received(tls)
    return head + b"\r\n\r\n" + body


def _received(tls: ssl.SSLSocket) -> bytes:
    data = tls.recv(65_536)
    if not data:
        raise ConnectionResetError
    return data


def certificate(folder: Path, *, address: str = "127.0.0.1", expired: bool = False) -> tuple[Path, Path]:
    """A self-signed TLS certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, address)])
    end = datetime.now(UTC) + timedelta(days=-1 if expired else 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=10))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "crt.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return paths
