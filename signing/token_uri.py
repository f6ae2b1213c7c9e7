"""PKCS#11 URIs (RFC 7512): which key on which token, by which module.

>>> uri = TokenUri.parse("pkcs11:token=CA2%20Token;object=seller?module-path=/usr/lib/token.so")
>>> uri.token, uri.object, uri.module
('CA2 Token', 'seller', '/usr/lib/token.so')
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from signing.errors import KeySettingInvalid

_LONGEST = 2048  # characters
_PATH = {"token", "serial", "manufacturer", "model", "object", "id", "slot-id", "type"}


@dataclass(frozen=True, slots=True)
class TokenUri:
    """What must fit; None is not asked for. ``module`` is the path of the maker's library."""

    module: str
    token: str | None = None  # the label that was given to the token
    serial: str | None = None
    manufacturer: str | None = None
    model: str | None = None
    object: str | None = None  # the label of the key, or of its certificate
    id: bytes | None = None
    slot: int | None = None

    @staticmethod
    def parse(text: str) -> TokenUri:
        """Read a setting.

        Raises:
            KeySettingInvalid: not such a URI, a part that is there twice or not known, or a PIN in it.
        """
        # The text is not repeated in messages: somebody may have written the PIN into it.
        if len(text) > _LONGEST:
            raise KeySettingInvalid(f"a pkcs11: setting has at most {_LONGEST} characters")
        path, _, query = text.removeprefix("pkcs11:").partition("?")
        parts = _attributes(path, ";") | _attributes(query, "&")
        if "pin-value" in parts or "pin-source" in parts:
            raise KeySettingInvalid("a PIN has no place in a pkcs11: setting, its source stands beside it")
        unknown = parts.keys() - _PATH - {"module-path"}
        if unknown:
            raise KeySettingInvalid(f"a pkcs11: setting has no part {min(unknown)[:40]!r}")
        if parts.get("type", b"private") != b"private":
            raise KeySettingInvalid("a pkcs11: setting names a key of type=private")
        texts = {name: _text(name, value) for name, value in parts.items() if name not in ("id", "type")}
        module = texts.pop("module-path", "")
        if not module:
            raise KeySettingInvalid("a pkcs11: setting needs ?module-path=, the library of the token's maker")
        slot = texts.pop("slot-id", None)
        if slot is not None and not (slot.isascii() and slot.isdigit() and len(slot) < 20):
            raise KeySettingInvalid("slot-id in a pkcs11: setting is a number")
        return TokenUri(module=module, id=parts.get("id"), slot=None if slot is None else int(slot), **texts)

    def __str__(self) -> str:
        """For messages: the parts that tell tokens and keys apart."""
        shown = (
            ("token", self.token),
            ("serial", self.serial),
            ("slot-id", self.slot),
            ("object", self.object),
        )
        return ", ".join(f"{name} {value!r}" for name, value in shown if value is not None) or "any token"


def _attributes(text: str, separator: str) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for part in filter(None, text.split(separator)):
        name, equals, value = part.partition("=")
        if not equals or name in found:
            raise KeySettingInvalid("a pkcs11: setting has parts name=value, each name once")
        found[name] = unquote_to_bytes(value)
    return found


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise KeySettingInvalid(f"{name} in a pkcs11: setting is not UTF-8") from None
