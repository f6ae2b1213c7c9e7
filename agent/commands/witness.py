"""``thungan witness``: keep and sign checkpoints of shops' ledgers, for a tax office or an association."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agent.errors import ConfigInvalid
from audit.witness import MOST_REQUEST, Witness
from outbox.note import NoteKey
from signing.private_file import read_private, write_private

if TYPE_CHECKING:
    import argparse

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--name", default="witness.localhost", help="the witness's name, such as its domain")
    parser.add_argument("--logs", type=Path, metavar="FILE", help="verifier keys of the ledgers, one a line")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8444)
    parser.add_argument("--tls", nargs=2, type=Path, metavar=("CERT", "KEY"), help="PEM files of the server")
    parser.add_argument("--key", action="store_true", help="print the witness's verifier key and end")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    import uvicorn

    witness = open_witness(arguments.data or Path("witness"), arguments.name, arguments.logs)
    sys.stdout.write(f"{witness.vkey}\n")
    sys.stdout.flush()
    if arguments.key:
        return 0
    certificate, key = arguments.tls or (None, None)
    uvicorn.run(
        witness_app(witness),
        host=arguments.host,
        port=arguments.port,
        ssl_certfile=certificate,
        ssl_keyfile=None if key is None else str(key),
        log_level="warning",
    )
    return 0


def open_witness(folder: Path, name: str, logs: Path | None) -> Witness:
    """A witness with its key, which is made on first use.

    Raises:
        ConfigInvalid: a line of ``logs`` that is no verifier key.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / "witness.key"
    if not path.exists():
        write_private(path, os.urandom(32))
    try:
        lines = [] if logs is None else logs.read_text("utf-8").splitlines()
        known = [NoteKey.parse(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise ConfigInvalid(f"{logs}: {error}") from error
    return Witness(folder, name, Ed25519PrivateKey.from_private_bytes(read_private(path, 64)), known)


def witness_app(witness: Witness) -> Starlette:
    """The witness as an ASGI application: ``POST /add-checkpoint``."""
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    busy = asyncio.Lock()

    async def add_checkpoint(request: Request) -> Response:
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MOST_REQUEST:
                return PlainTextResponse("the request is too long\n", 413)
        async with busy:
            reply = witness.add_checkpoint(body, int(time.time()))
        return PlainTextResponse(reply.text, reply.status, media_type=reply.kind)

    return Starlette(routes=[Route("/add-checkpoint", add_checkpoint, methods=["POST"])])
