"""Pass phrases: where they come from, and a wrapper that does not give them away.

>>> import os
>>> from signing.passphrase import read_passphrase
>>> os.environ["THUNGAN_EXAMPLE"] = "correct horse"
>>> phrase = read_passphrase("env:THUNGAN_EXAMPLE")
>>> phrase
Secret(…)
>>> phrase.reveal()
'correct horse'

The configuration names a source, never the phrase itself, and the command line names neither (promise
P6: process lists are public):

``env:NAME``              an environment variable
``file:PATH``             the content of a file only its owner may read, less one trailing newline
``keyring:SERVICE/USER``  the system's own store (Windows Credential Manager, Secret Service, Keychain)
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NoReturn

from signing.errors import KeyFileInvalid, KeyFileMissing, PassphraseMissing, PassphraseSourceInvalid
from signing.private_file import read_private

_LONGEST = 4096  # bytes


class Secret:
    """A text that is shown only to who calls ``reveal``: not in logs, reports, pickles or tracebacks."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The text itself. Keep it in no variable longer than its use needs."""
        return self.__value

    def __repr__(self) -> str:
        return "Secret(…)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self.__value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a secret is not written anywhere: it cannot be pickled")


class Unshown(dict[str, Any]):
    """What is sent with secrets in it: a crash report that shows variables shows nothing of it."""

    def __repr__(self) -> str:
        return "{…}"


def read_passphrase(source: str) -> Secret:
    """The pass phrase that ``source`` names.

    Raises:
        PassphraseSourceInvalid: not of the three forms above.
        PassphraseMissing: the variable, file or entry is not there or empty.
        SecretFileExposed: the file may be read by others (POSIX).
    """
    kind, separator, name = source.partition(":")
    if not separator or not name:
        # What stands there instead may be the phrase itself: it is not repeated in the message.
        raise PassphraseSourceInvalid("the pass phrase source has not the form kind:name")
    if kind == "env":
        phrase = os.environ.get(name, "")
    elif kind == "file":
        phrase = _from_file(Path(name))
    elif kind == "keyring":
        phrase = _from_keyring(name)
    else:
        raise PassphraseSourceInvalid("the pass phrase source is not env:, file: or keyring:")
    if not phrase:
        raise PassphraseMissing(f"{kind}:{name} holds no pass phrase")
    return Secret(phrase)


def _from_file(path: Path) -> str:
    try:
        text = read_private(path, _LONGEST).decode()
    except KeyFileMissing as error:
        raise PassphraseMissing(error.message) from None
    except KeyFileInvalid as error:
        raise PassphraseMissing(f"no pass phrase: {error.message}") from None
    except UnicodeDecodeError:
        # The decoder's own message would quote a byte of the phrase.
        raise PassphraseMissing(f"{path} is not UTF-8 text") from None
    return text.removesuffix("\n").removesuffix("\r")


def _from_keyring(name: str) -> str:
    service, separator, user = name.rpartition("/")
    if not separator or not service or not user:
        raise PassphraseSourceInvalid(f"keyring:{name} has not the form keyring:SERVICE/USER")
    # Late: it looks for all the desktop's stores at import, which start-up need not pay for.
    import keyring
    from keyring.errors import KeyringError

    try:
        return keyring.get_password(service, user) or ""
    except (KeyringError, RuntimeError, OSError) as error:
        raise PassphraseMissing(f"the system's key ring does not answer: {type(error).__name__}") from None
