"""Setting a shop up from answers: the same for the terminal, the browser and a file of fifty shops.

Everything is made in a folder of its own first and looked at as the daemon would; only what is right as a
whole goes into the data folder, config.toml last. A folder that is in use is never touched.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.config import Config, parse_config
from agent.config_template import TEMPLATE
from agent.config_writing import Value, with_values, write_config
from agent.errors import AlreadyThere
from agent.key_choice import open_signer
from agent.key_settings import TEMPLATE as KEYS
from agent.parts import ledger_key, read_trust
from outbox.store import Store
from signing.keys import check_owner, open_key
from signing.passphrase import read_passphrase
from signing.private_file import write_private

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.x509 import Certificate

    from signing.passphrase import Secret

KEY, PASSPHRASE = "keys/seller.p12", "keys/passphrase"
TRUST, CA, PROFILE = "authority/trust.pem", "authority/ca.pem", "shop.toml"
SANDBOX_URL = "https://127.0.0.1:8443"
SANDBOX: Mapping[str, Value] = {
    "authority.url": SANDBOX_URL,
    "authority.ca": "sandbox/tls.crt.pem",
    "authority.trust": "sandbox/authority.crt.pem",
}
_THROWAWAY_DAYS = 365


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person, or a file, has answered.

    ``values`` are keys of config.toml (``seller.tax_code``). ``key_file`` is a PKCS#12 file to be copied in,
    ``throwaway`` makes a key for trying instead; ``passphrase`` is then kept beside it, for the owner only.
    ``trust``, ``ca`` (PEM) and ``profile`` (TOML) are files to be copied in. ``sandbox``: deliver to the
    sandbox authority on this computer.
    """

    values: Mapping[str, Value] = field(default_factory=dict)
    key_file: bytes | None = None
    passphrase: Secret | None = None
    throwaway: bool = False
    trust: bytes | None = None
    ca: bytes | None = None
    profile: str | None = None
    sandbox: bool = False

    def also(self, values: Mapping[str, Value]) -> Answers:
        """With further values."""
        return replace(self, values={**self.values, **values})


def set_up(folder: Path, answers: Answers) -> Config:
    """Make a shop's data folder. What is in the folder already, such as the page's PIN, stays.

    Raises:
        AlreadyThere: the folder has a config.toml.
        ConfigInvalid, SigningError, DriverError: an answer that cannot be; nothing is left behind.
    """
    if (folder / "config.toml").exists():
        raise AlreadyThere(f"{folder / 'config.toml'} exists already")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".set-up-", dir=folder) as name:
        stage = Path(name)
        _write_files(stage, answers)
        text = config_text(answers)
        config = parse_config(stage, text)
        open_signer(config).close()
        if answers.sandbox:
            from authority.sandbox.keys import open_keys

            open_keys(stage / "sandbox", "127.0.0.1", datetime.now(UTC))
        if config.trust is not None:
            read_trust(config.trust)
        for made in sorted(part for part in stage.rglob("*") if part.is_file()):
            target = folder / made.relative_to(stage)
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(made, target)
    ledger_key(folder)
    Store(folder).close()
    write_config(folder, text)
    return parse_config(folder, text)


def certificate_of(answers: Answers) -> Certificate:
    """The certificate of the answered key, which has been opened and belongs to the answered tax code.

    Raises:
        SigningError: what is wrong with it.
    """
    with tempfile.TemporaryDirectory(prefix="thungan-key-") as name:
        stage = Path(name)
        _write_files(stage, answers)
        setting = (
            KEY if answers.key_file is not None or answers.throwaway else str(answers.values["key.file"])
        )
        secret = read_passphrase(f"file:{stage / PASSPHRASE}")
        certificate = open_key(setting, secret, folder=stage).certificate
        check_owner(certificate, str(answers.values["seller.tax_code"]))
        return certificate


def config_text(answers: Answers) -> str:
    """The commented config.toml with these answers.

    Raises:
        ConfigInvalid: an answer that has no place in it.
    """
    texts = ("name", "tax_code", "address", "taxpayer", "source", "url", "ca", "trust")
    blank = TEMPLATE.format(form=1, keys=KEYS.format(passphrase=""), **dict.fromkeys(texts, ""))
    own: dict[str, Value] = {}
    if answers.key_file is not None or answers.throwaway:
        own["key.file"] = KEY
    if answers.passphrase is not None or answers.throwaway:
        own["key.passphrase"] = f"file:{PASSPHRASE}"
    if answers.sandbox:
        own |= SANDBOX
    if answers.trust is not None:
        own["authority.trust"] = TRUST
    if answers.ca is not None:
        own["authority.ca"] = CA
    if answers.profile is not None:
        own["source.profile"] = PROFILE
    return with_values(blank, {**answers.values, **own})


def _write_files(stage: Path, answers: Answers) -> None:
    (stage / "keys").mkdir(mode=0o700)
    if answers.throwaway:
        _throwaway(stage, answers)
    else:
        if answers.key_file is not None:
            write_private(stage / KEY, answers.key_file)
        if answers.passphrase is not None:
            write_private(stage / PASSPHRASE, answers.passphrase.reveal().encode())
    for name, content in ((TRUST, answers.trust), (CA, answers.ca)):
        if content is not None:
            (stage / name).parent.mkdir(exist_ok=True)
            (stage / name).write_bytes(content)
    if answers.profile is not None:
        (stage / PROFILE).write_text(answers.profile, "utf-8")


def _throwaway(stage: Path, answers: Answers) -> None:
    """A key for trying: no authority knows it, the sandbox takes it."""
    import secrets

    from signing.keys import throwaway_pkcs12
    from signing.passphrase import Secret

    words = secrets.token_urlsafe(18)
    write_private(stage / PASSPHRASE, words.encode())
    seller = str(answers.values.get("seller.tax_code", "")), str(answers.values.get("seller.name", ""))
    throwaway_pkcs12(stage / KEY, Secret(words), *seller, datetime.now(UTC), _THROWAWAY_DAYS)
