"""The file of a closed month: one zip that any program opens in ten years, its content proven by a signature.

``manifest.json`` says what is in it, ``manifest.note`` is the signed note over that (``outbox.note``, by the
ledger's key), ``blocks/00001.tar.xz`` and on hold the documents: ``invoice/123``, ``package/7``… by their id
in the database, some hundred in a block, so that one of them is read without the others.
"""

from __future__ import annotations

import io
import json
import lzma
import os
import tarfile
import zipfile
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from outbox.archived import ARCHIVED_COLUMNS
from outbox.database import sync_folder
from outbox.errors import ArchiveDamaged
from outbox.note import NoteKey, signed_note, signers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KINDS = tuple(ARCHIVED_COLUMNS)
BLOCK = 200  # documents: 10 ms to read one of them, and certificates that repeat cost nothing
BLOCK_BYTES = 4_000_000  # bounds the memory where documents are packages of 2 MB each
_XZ = 2  # preset: a month's evening must do on an old PC; higher ones win little on signatures


@dataclass(frozen=True, slots=True)
class Entry:
    """One document: its table, id and exact bytes."""

    kind: str
    row_id: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a file holds: where each document stands. ``said``: the JSON as it is signed."""

    month: str
    blocks: dict[tuple[str, int], int]
    digests: list[str]  # SHA-256 of each block
    said: str


def write_archive(
    path: Path, month: str, entries: Iterable[Entry], origin: str, key: Ed25519PrivateKey
) -> str:
    """Write, read back and put in place; the file's SHA-256. An earlier file of that name is replaced.

    Raises:
        OSError: the disk.
        ArchiveDamaged: what was written does not read back.
    """
    part = path.with_name(f"{path.name}.part")
    places: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
    digests: list[str] = []
    with part.open("w+b") as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            for number, block in enumerate(_blocks(entries)):
                data = _packed(block)
                archive.writestr(_block_name(number), data)
                digests.append(sha256(data).hexdigest())
                for entry in block:
                    places[entry.kind][str(entry.row_id)] = number
            said = json.dumps({"month": month, "origin": origin, "blocks": digests, "documents": places})
            note = signed_note(f"{origin}\n{month}\n{sha256(said.encode()).hexdigest()}\n", origin, key)
            archive.writestr("manifest.json", said, zipfile.ZIP_DEFLATED)
            archive.writestr("manifest.note", note)
        file.flush()
        os.fsync(file.fileno())
    check_archive(part, origin, key.public_key())
    digest = file_digest(part)
    part.replace(path)
    sync_folder(path.parent)
    return digest


def check_archive(path: Path, origin: str, key: Ed25519PublicKey) -> int:
    """Read the whole file: signature, every block; how many documents.

    Raises:
        ArchiveDamaged: it is not what was signed.
    """
    manifest = read_manifest(path)
    with _opened(path) as archive:
        try:
            note = archive.read("manifest.note").decode()
        except (KeyError, ValueError) as error:
            raise ArchiveDamaged(f"{path.name} has no signed note") from error
        line = sha256(manifest.said.encode()).hexdigest()
        if not note.startswith(f"{origin}\n{manifest.month}\n{line}\n\n"):
            raise ArchiveDamaged(f"{path.name}: the signed note speaks of another content")
        if not signers(note, [NoteKey(origin, key)]):
            raise ArchiveDamaged(f"{path.name} is not signed by the ledger's key")
        for number, digest in enumerate(manifest.digests):
            if sha256(archive.read(_block_name(number))).hexdigest() != digest:
                raise ArchiveDamaged(f"{path.name}: block {number + 1} was changed")
    return len(manifest.blocks)


def read_manifest(path: Path) -> Manifest:
    """What the file holds.

    Raises:
        ArchiveDamaged: it is not there, or no archive.
    """
    with _opened(path) as archive:
        try:
            said = archive.read("manifest.json").decode()
            fields: dict[str, Any] = json.loads(said)
            blocks = {
                (kind, int(row_id)): int(number)
                for kind, places in fields["documents"].items()
                for row_id, number in places.items()
            }
            return Manifest(str(fields["month"]), blocks, [str(one) for one in fields["blocks"]], said)
        except (KeyError, ValueError, TypeError, AttributeError, zipfile.BadZipFile) as error:
            raise ArchiveDamaged(f"{path.name} cannot be read: {error!r}") from error


def read_document(path: Path, number: int, kind: str, row_id: int) -> bytes:
    """One document out of its block.

    Raises:
        ArchiveDamaged: it is not there.
    """
    found = _block(path, path.stat().st_mtime_ns if path.exists() else 0, number).get(f"{kind}/{row_id}")
    if found is None:
        raise ArchiveDamaged(f"{path.name} holds no {kind} {row_id}")
    return found


def file_digest(path: Path) -> str:
    """SHA-256 in hex."""
    digest = sha256()
    with path.open("rb") as file:
        while part := file.read(1 << 20):
            digest.update(part)
    return digest.hexdigest()


@lru_cache(maxsize=4)
def _block(path: Path, changed: int, number: int) -> dict[str, bytes]:
    del changed  # part of the memory's key: another file of that name is read anew
    with _opened(path) as archive:
        try:
            data = lzma.decompress(archive.read(_block_name(number)))
            with tarfile.open(fileobj=io.BytesIO(data)) as block:
                return {one.name: _content(block, one) for one in block}
        except (KeyError, lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile) as error:
            raise ArchiveDamaged(f"{path.name}: block {number + 1} cannot be read: {error!r}") from error


def _content(block: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = block.extractfile(member)
    return file.read() if file else b""


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise ArchiveDamaged(f"{path.name} cannot be opened: {error}") from error


def _block_name(number: int) -> str:
    return f"blocks/{number + 1:05}.tar.xz"


def _blocks(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    block: list[Entry] = []
    size = 0
    for entry in entries:
        if block and (len(block) == BLOCK or size + len(entry.content) > BLOCK_BYTES):
            yield block
            block, size = [], 0
        block.append(entry)
        size += len(entry.content)
    if block:
        yield block


def _packed(block: list[Entry]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for entry in block:
            member = tarfile.TarInfo(f"{entry.kind}/{entry.row_id}")
            member.size = len(entry.content)
            tar.addfile(member, io.BytesIO(entry.content))
    return lzma.compress(out.getvalue(), preset=_XZ)
