"""The publisher's side of updates: a TUF repository as plain files, for any web server.

    python -m installer.update_repository init REPO KEYS
    python -m installer.update_repository publish REPO KEYS thungan_0.2.0_amd64.deb --version 0.2.0 \\
        --platform linux-x86_64 --rollout 10
    python -m installer.update_repository rollout REPO KEYS --platform linux-x86_64 --rollout 100
    python -m installer.update_repository refresh REPO KEYS

``root`` and ``targets`` keys are for a computer without network; ``snapshot`` and ``timestamp`` keys sign
every day (``refresh``), so that a shop notices a server that is kept from giving it news. Keys are PKCS#8 in
PEM, with the pass phrase of THUNGAN_UPDATE_PASSPHRASE. TUF 1.0: consistent snapshots, Ed25519.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives import serialization
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp

from signing.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Sequence

ROLES = ("root", "targets", "snapshot", "timestamp")
LIVES = {
    "root": timedelta(days=365),
    "targets": timedelta(days=365),
    "snapshot": timedelta(days=7),
    "timestamp": timedelta(days=2),
}


class Publisher:
    """One repository and the keys that sign it."""

    def __init__(self, repository: Path, keys: Path, now: datetime | None = None) -> None:
        self.metadata, self.targets = repository / "metadata", repository / "targets"
        self._keys = keys
        self._now = now or datetime.now(UTC)

    def init(self, passphrase: bytes) -> None:
        """Make keys and an empty repository; ``root.json`` is what installers bring to the shops."""
        for folder in (self.metadata, self.targets, self._keys):
            folder.mkdir(parents=True, exist_ok=True)
        root = Root(consistent_snapshot=True, roles={role: Role([], 1) for role in ROLES})
        for role in ROLES:
            signer = CryptoSigner.generate_ed25519()
            write_private(self._keys / f"{role}.pem", _sealed(signer, passphrase))
            root.add_key(signer.public_key, role)
        self._write("root", Metadata(root), passphrase, "1.root.json")
        self._write("targets", Metadata(Targets()), passphrase, "1.targets.json")
        self._write("snapshot", Metadata(Snapshot()), passphrase, "1.snapshot.json")
        self._write("timestamp", Metadata(Timestamp()), passphrase, "timestamp.json")

    def publish(self, file: Path, version: str, platform: str, rollout: int, passphrase: bytes) -> None:
        """Sign a package and make it the newest of its platform; older ones stay: they are the way back."""
        self._publish_index(
            platform, {"version": version, "file": file.name, "rollout": rollout}, passphrase, file
        )

    def set_rollout(self, platform: str, rollout: int, passphrase: bytes) -> None:
        """Give the newest version of a platform to so many per cent."""
        name = f"{platform}.json"
        info = self._latest("targets").signed.targets[name]
        path = self.targets / f"{info.hashes['sha256']}.{name}"
        self._publish_index(platform, {**json.loads(path.read_text()), "rollout": rollout}, passphrase)

    def refresh(self, passphrase: bytes) -> None:
        """Sign anew what must not grow old: snapshot and timestamp."""
        snapshot = self._latest("snapshot")
        targets = self._latest("targets").signed.version
        snapshot.signed.meta["targets.json"] = MetaFile(targets)
        snapshot.signed.version += 1
        self._write("snapshot", snapshot, passphrase, f"{snapshot.signed.version}.snapshot.json")
        timestamp = Metadata[Timestamp].from_file(str(self.metadata / "timestamp.json"))
        timestamp.signed.snapshot_meta = MetaFile(snapshot.signed.version)
        timestamp.signed.version += 1
        self._write("timestamp", timestamp, passphrase, "timestamp.json")

    def _publish_index(
        self, platform: str, index: dict[str, Any], passphrase: bytes, file: Path | None = None
    ) -> None:
        targets = self._latest("targets")
        path = self.targets / f"{platform}.json.new"
        path.write_text(json.dumps(index), "utf-8")
        found = [(f"{platform}.json", path)] + ([(file.name, file)] if file else [])
        for name, source in found:
            info = TargetFile.from_file(name, str(source), ["sha256"])
            shutil.copyfile(source, self.targets / f"{info.hashes['sha256']}.{name}")
            targets.signed.targets[name] = info
        path.unlink()
        targets.signed.version += 1
        self._write("targets", targets, passphrase, f"{targets.signed.version}.targets.json")
        self.refresh(passphrase)

    def _latest(self, role: str) -> Metadata[Any]:
        files = self.metadata.glob(f"*.{role}.json")
        newest = max(files, key=lambda path: int(path.name.partition(".")[0]))
        return Metadata.from_file(str(newest))

    def _write(self, role: str, metadata: Metadata[Any], passphrase: bytes, name: str) -> None:
        metadata.signed.expires = (self._now + LIVES[role]).replace(microsecond=0)
        metadata.sign(_opened(self._keys / f"{role}.pem", passphrase))
        part = self.metadata / f"{name}.part"
        metadata.to_file(str(part))
        part.replace(self.metadata / name)


def _sealed(signer: CryptoSigner, passphrase: bytes) -> bytes:
    key = serialization.load_pem_private_key(signer.private_bytes, None)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(passphrase),
    )


def _opened(path: Path, passphrase: bytes) -> CryptoSigner:
    key: Any = serialization.load_pem_private_key(path.read_bytes(), passphrase)
    return CryptoSigner(key)


def main(words: Sequence[str] | None = None) -> int:
    """The command line of publishing."""
    parser = argparse.ArgumentParser(prog="python -m installer.update_repository", description=__doc__)
    parser.add_argument("action", choices=["init", "publish", "rollout", "refresh"])
    parser.add_argument("repository", type=Path)
    parser.add_argument("keys", type=Path)
    parser.add_argument("file", type=Path, nargs="?")
    parser.add_argument("--version")
    parser.add_argument("--platform", default="linux-x86_64")
    parser.add_argument("--rollout", type=int, default=10, metavar="PER_CENT")
    arguments = parser.parse_args(words)
    passphrase = os.environ.get("THUNGAN_UPDATE_PASSPHRASE", "").encode()
    if not passphrase:
        parser.error("THUNGAN_UPDATE_PASSPHRASE is not set: the pass phrase of the keys")
    publisher = Publisher(arguments.repository, arguments.keys)
    match arguments.action:
        case "init":
            if arguments.keys.is_dir() and any(arguments.keys.iterdir()):
                parser.error(f"{arguments.keys} holds keys already: they are not overwritten")
            publisher.init(passphrase)
        case "publish":
            if arguments.file is None or not arguments.version:
                parser.error("publish needs the package's file and --version")
            publisher.publish(
                arguments.file, arguments.version, arguments.platform, arguments.rollout, passphrase
            )
        case "rollout":
            publisher.set_rollout(arguments.platform, arguments.rollout, passphrase)
        case _:
            publisher.refresh(passphrase)
    return 0


if __name__ == "__main__":
    sys.exit(main())
