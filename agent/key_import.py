"""Taking a key in: a file is copied into the keys folder and opened on trial; config.toml is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config_writing import change_config
from agent.errors import AlreadyThere, FileUnreadable
from agent.key_choice import choose, open_setting
from agent.key_settings import KeySetting, Role
from errors import ThunganError
from signing.errors import KeyFileMissing, SigningError
from signing.private_file import write_private

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

    from agent.config import Config
    from agent.config_writing import Value

ASK = "ask"  # as --passphrase: asked for on the terminal and kept beside the key, readable by its owner only
_ELSEWHERE = ("pkcs11:", "windows:", "csc+https:")
_PEM = (b"-----BEGIN",)


@dataclass(frozen=True, slots=True)
class Imported:
    """A key that has opened. ``role`` is its place in config.toml, None where that was not changed."""

    setting: str
    passphrase: str
    certificate: Certificate
    role: Role | None
    copied: Path | None


def import_key(
    config: Config, name: str, passphrase: str, *, role: Role | None = None, since: datetime | None = None
) -> Imported:
    """Take in a key file, or a key's setting (``pkcs11:…``); nothing is left behind where it does not open.

    Without ``role`` it becomes the current key only where there is none yet. ``passphrase`` is a source as
    in config.toml, or ``ask``. A next key that has taken over already becomes the current one first.

    Raises:
        FileUnreadable, AlreadyThere: of the file.
        SigningError: it does not open, or is another taxpayer's.
    """
    if name.startswith(_ELSEWHERE):
        setting, copied = name, None
    else:
        copied = _copy(config, Path(name))
        kind = "pem:" if copied.read_bytes().lstrip().startswith(_PEM) else ""
        setting = f"{kind}keys/{copied.name}"
    made = [copied] if copied else []
    try:
        source, phrase_file = _phrase(config, passphrase, copied)
        made += [phrase_file] if phrase_file else []
        opened = KeySetting(role or Role.CURRENT, setting, source, config.keys.current.digest)
        signer = open_setting(config, opened)
        certificate = signer.certificate
        signer.close()
        role = role or (Role.CURRENT if _has_none(config) else None)
        if role is not None:
            _tell(config, role, setting, _as_written(config, source), since)
    except (ThunganError, OSError):
        for path in made:
            path.unlink(missing_ok=True)
        raise
    return Imported(setting, _as_written(config, source), certificate, role, copied)


def _copy(config: Config, source: Path) -> Path:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise FileUnreadable(f"{source}: {error.strerror}") from error
    target = config.folder / "keys" / source.name
    if target.exists():
        raise AlreadyThere(f"{target} exists already")
    target.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(target, content)
    return target


def _phrase(config: Config, passphrase: str, copied: Path | None) -> tuple[str, Path | None]:
    """The source of the pass phrase, and the file that was made for it."""
    if passphrase != ASK:
        return passphrase.replace("file:keys/", f"file:{config.folder}/keys/"), None
    path = config.folder / "keys" / f"{copied.stem if copied else 'token'}.phrase"
    if path.exists():
        raise AlreadyThere(f"{path} exists already")
    path.parent.mkdir(mode=0o700, exist_ok=True)
    write_private(path, getpass("Mật khẩu hoặc PIN / pass phrase or PIN: ").encode())
    return f"file:{path}", path


def _as_written(config: Config, source: str) -> str:
    return source.replace(f"file:{config.folder}/keys/", "file:keys/")


def _has_none(config: Config) -> bool:
    """Whether config.toml names a key file that is not there: the state that ``init`` leaves."""
    try:
        open_setting(config, config.keys.current).close()
    except KeyFileMissing:
        return True
    except SigningError:
        return False
    return False


def _tell(config: Config, role: Role, setting: str, source: str, since: datetime | None) -> None:
    changes: dict[str, Value] = {}
    section = "key"
    if role is Role.NEXT:
        section = "next_key"
        changes |= {"next_key.from": since, "next_key.digest": None}
        if config.keys.next is not None:
            if choose(config, datetime.now(UTC)).role is not Role.NEXT:
                raise AlreadyThere("[next_key] is in config.toml and has not taken over yet")
            changes |= _promoted(config, config.keys.next)
    change_config(config.folder, changes | {f"{section}.file": setting, f"{section}.passphrase": source})


def _promoted(config: Config, following: KeySetting) -> dict[str, Value]:
    """[next_key] becomes [key]."""
    return {
        "key.file": following.key,
        "key.passphrase": _as_written(config, following.passphrase),
        "key.digest": following.digest,
    }
