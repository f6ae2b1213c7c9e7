"""A remote signing service for the tests (CSC API v2), over real HTTPS on loopback.

It is as strict as the specification: access tokens end, each SAD is good for one signature of the very
hashes it was given for, a PIN is locked after three wrong ones. ``script`` says what it answers instead.
"""

import json
import secrets
import ssl
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding
from signed_samples import NOW, Private

from signing.algorithms import DIGESTS
from signing.throwaway import throwaway_tls

CLIENT, CLIENT_SECRET, PIN, CREDENTIAL = "shop-1", "client secret", "246810", "seller/1 é"
Answer = tuple[int, dict[str, Any] | bytes]


@dataclass
class Service:
    private: Private
    certificate: x509.Certificate
    info: dict[str, Any] = field(default_factory=dict)  # over the top level of credentials/info
    token_uses: int = 10_000
    wrong_pins: int = 0
    script: dict[str, deque[Answer]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    port: int = 0
    _tokens: dict[str, int] = field(default_factory=dict)
    _activations: dict[str, tuple[list[str], str]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def setting(self, **more: str) -> str:
        parts = {
            "credential": "seller%2F1%20%C3%A9",
            "client": CLIENT,
            "pin": "env:SERVICE_PIN",
            "ca": "tls.pem",
        }
        query = "&".join(f"{name}={value}" for name, value in (parts | more).items() if value)
        return f"csc+https://localhost:{self.port}/csc/v2/?{query}"

    def next_time(self, path: str, *answers: Answer) -> None:
        self.script.setdefault(path, deque()).extend(answers)

    def answer(self, path: str, token: str, body: bytes) -> Answer:
        with self._lock:
            self.calls.append(path)
            if self.script.get(path):
                return self.script[path].popleft()
            if path == "oauth2/token":
                return self._token(parse_qs(body.decode()))
            if self._tokens.get(token, 0) < 1:
                return 401, {"error": "invalid_token"}
            self._tokens[token] -= 1
            call = json.loads(body)
            if call.get("credentialID") != CREDENTIAL:
                return 400, {
                    "error": "invalid_request",
                    "error_description": "Invalid parameter credentialID",
                }
            handlers: dict[str, Callable[[dict[str, Any]], Answer]] = {
                "credentials/info": self._info,
                "credentials/authorize": self._authorize,
                "signatures/signHash": self._sign,
            }
            return handlers[path](call) if path in handlers else (404, {"error": "invalid_request"})

    def _token(self, form: dict[str, list[str]]) -> Answer:
        wanted = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT_SECRET}
        if any(form.get(name) != [value] for name, value in wanted.items()):
            return 401, {"error": "invalid_client"}
        token = secrets.token_urlsafe()
        self._tokens[token] = self.token_uses
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 600}

    def _info(self, call: dict[str, Any]) -> Answer:
        curve = isinstance(self.private, ec.EllipticCurvePrivateKey)
        algorithms = [one.ecdsa_oid if curve else one.rsa_oid for one in DIGESTS.values()]
        der = b64encode(self.certificate.public_bytes(Encoding.DER)).decode()
        return 200, {
            "key": {"status": "enabled", "algo": algorithms, "len": 256 if curve else 2048},
            "cert": {"status": "valid", "certificates": [der] if call.get("certificates") == "chain" else []},
            "auth": {"mode": "explicit", "objects": [{"type": "Password", "id": "PIN", "format": "N"}]},
            "multisign": 1,
            "SCAL": "2",
        } | self.info

    def _authorize(self, call: dict[str, Any]) -> Answer:
        if self.wrong_pins >= 3:
            return 400, {"error": "pin_locked"}
        if "auth" not in self.info and call.get("authData") != [{"id": "PIN", "value": PIN}]:
            self.wrong_pins += 1
            return 400, {"error": "invalid_pin", "error_description": "The PIN is not correct"}
        self.wrong_pins = 0
        activation = secrets.token_urlsafe()
        self._activations[activation] = (call["hashes"], call["hashAlgorithmOID"])
        return 200, {"SAD": activation, "expiresIn": 300}

    def _sign(self, call: dict[str, Any]) -> Answer:
        granted = self._activations.pop(call.get("SAD", ""), None)
        if granted != (call["hashes"], call["hashAlgorithmOID"]):
            return 400, {"error": "invalid_request", "error_description": "Invalid parameter SAD"}
        digest = next(one for one in DIGESTS.values() if one.oid == call["hashAlgorithmOID"])
        hashed = [b64decode(one) for one in call["hashes"]]
        hashing = Prehashed(digest.algorithm)
        if isinstance(self.private, rsa.RSAPrivateKey):
            if call["signAlgo"] not in (digest.rsa_oid, "1.2.840.113549.1.1.1"):
                return 400, {"error": "invalid_request", "error_description": "Invalid parameter signAlgo"}
            values = [self.private.sign(one, PKCS1v15(), hashing) for one in hashed]
        else:
            values = [self.private.sign(one, ec.ECDSA(hashing)) for one in hashed]
        return 200, {"signatures": [b64encode(one).decode() for one in values]}


@contextmanager
def running(service: Service, folder: Path) -> Iterator[Service]:
    """The service on a port of loopback; its certificate is ``tls.pem`` in the folder."""
    throwaway_tls(folder / "tls.pem", folder / "tls.key", "localhost", NOW, 3650)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            status, answer = service.answer(self.path.removeprefix("/csc/v2/"), token, body)
            data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
            """Silence: what the service hears is in ``calls``."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.pem", folder / "tls.key")

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def get_request(self) -> tuple[Any, Any]:
            connection, address = super().get_request()
            return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that breaks off a handshake is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    service.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
