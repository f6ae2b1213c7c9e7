import copy
import os
import pickle
import traceback
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from signing.errors import PassphraseMissing, PassphraseSourceInvalid, SecretFileExposed
from signing.passphrase import Secret, read_passphrase

PHRASE = "mật khẩu rất dài"
posix = pytest.mark.skipif(os.name != "posix", reason="rights of files are POSIX's")


class MemoryKeyring(KeyringBackend):
    """A key ring that forgets with the test; ``locked`` makes it answer as a locked one does."""

    priority = 1

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringError("locked")
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise PasswordDeleteError(username)


def private_file(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    path.chmod(0o600)
    return path


def test_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THUNGAN_TEST_PIN", PHRASE)
    assert read_passphrase("env:THUNGAN_TEST_PIN").reveal() == PHRASE
    monkeypatch.setenv("THUNGAN_TEST_PIN", "")
    with pytest.raises(PassphraseMissing, match="env:THUNGAN_TEST_PIN holds no"):
        read_passphrase("env:THUNGAN_TEST_PIN")
    monkeypatch.delenv("THUNGAN_TEST_PIN")
    with pytest.raises(PassphraseMissing):
        read_passphrase("env:THUNGAN_TEST_PIN")


@pytest.mark.parametrize(
    ("data", "phrase"),
    [
        (PHRASE.encode(), PHRASE),
        (PHRASE.encode() + b"\n", PHRASE),
        (PHRASE.encode() + b"\r\n", PHRASE),
        (b"one\n\n", "one\n"),
        (b" two ", " two "),
    ],
)
def test_from_a_file(data: bytes, phrase: str, tmp_path: Path) -> None:
    path = private_file(tmp_path / "phrase", data)
    assert read_passphrase(f"file:{path}").reveal() == phrase


def test_files_that_hold_no_phrase(tmp_path: Path) -> None:
    for name, data in (("empty", b""), ("line", b"\n"), ("binary", b"\xff\xfe"), ("large", b"x" * 5000)):
        path = private_file(tmp_path / name, data)
        with pytest.raises(PassphraseMissing, match="E-SIGN-002"):
            read_passphrase(f"file:{path}")
    for path in (tmp_path / "none", tmp_path / "none" / "none", tmp_path):
        with pytest.raises(PassphraseMissing):
            read_passphrase(f"file:{path}")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_files_of_others_too_are_refused(mode: int, tmp_path: Path) -> None:
    path = private_file(tmp_path / "phrase", PHRASE.encode())
    path.chmod(mode)
    with pytest.raises(SecretFileExposed, match="may be read by others") as caught:
        read_passphrase(f"file:{path}")
    assert PHRASE not in str(caught.value)


@posix
def test_a_pipe_does_not_stop_the_daemon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(PassphraseMissing, match="not a file"):
        read_passphrase(f"file:{tmp_path / 'pipe'}")


def test_from_the_key_ring() -> None:
    before, ring = keyring.get_keyring(), MemoryKeyring()
    keyring.set_keyring(ring)
    try:
        keyring.set_password("thungan/shop", "may1", PHRASE)
        assert read_passphrase("keyring:thungan/shop/may1").reveal() == PHRASE
        with pytest.raises(PassphraseMissing, match="holds no pass phrase"):
            read_passphrase("keyring:thungan/may2")
        ring.locked = True
        with pytest.raises(PassphraseMissing, match="does not answer"):
            read_passphrase("keyring:thungan/may1")
    finally:
        keyring.set_keyring(before)


@pytest.mark.parametrize(
    "source", ["", PHRASE, "env:", "env", "pass:" + PHRASE, "keyring:x", "keyring:/x", "keyring:x/"]
)
def test_unknown_sources_are_refused_and_not_repeated(source: str) -> None:
    with pytest.raises(PassphraseSourceInvalid, match="E-SIGN-001") as caught:
        read_passphrase(source)
    assert PHRASE not in str(caught.value)


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret(PHRASE)
    for shown in (repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", repr([secret])):
        assert PHRASE not in shown
        assert "Secret(…)" in shown
    assert bool(secret)
    assert not Secret("")
    assert secret.reveal() == PHRASE


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_secret_is_not_pickled(protocol: int) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps({"phrase": Secret(PHRASE)}, protocol)


def test_a_secret_may_be_copied_in_memory() -> None:
    secret = Secret(PHRASE)
    assert copy.copy(secret) is secret
    assert copy.deepcopy({"phrase": secret})["phrase"] is secret
    assert not hasattr(secret, "__dict__")


def test_a_traceback_with_locals_does_not_show_it() -> None:
    secret = Secret(PHRASE)
    with pytest.raises(TypeError) as caught:
        pickle.dumps(secret)
    report = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    shown = [line for frame in report.stack for line in (frame.locals or {}).values()]
    assert "Secret(…)" in shown
    assert not any(PHRASE in line for line in shown)
