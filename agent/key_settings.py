"""The parts of config.toml about keys: [key], [next_key] and [signing]. The key itself never stands there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from agent.errors import ConfigInvalid
from invoice.sale_json import VIETNAM
from outbox.signing_desk import EachInvoice
from signing.revocation import Policy

if TYPE_CHECKING:
    from pathlib import Path

    from agent.sections import Sections

TEMPLATE = """\
[key]                           # chữ ký số; mật khẩu không bao giờ ghi ở đây
file = "keys/seller.p12"        # hoặc pem:…, pkcs11:token=…?module-path=…, windows:thumbprint=…, csc+https://…
passphrase = "{passphrase}"     # env:TÊN, file:ĐƯỜNG_DẪN hoặc keyring:DỊCH_VỤ/NGƯỜI_DÙNG

# [next_key]                    # chứng thư số mới, tự thay khi đến giờ / the renewed key takes over by itself
# file = "keys/seller-2027.p12"
# passphrase = "file:keys/seller-2027.phrase"
# from = 2027-11-20T00:00:00    # bỏ dòng này: khi chứng thư cũ hết hạn / left out: when the old one expires

# [signing]                     # docs/keys.md
# invoices = "always"           # ký từng hóa đơn: "always"; nếu ký được: "when-there"; chỉ ký gói: "never"
# roots = "keys/roots.pem"      # chứng thư của nhà cung cấp chữ ký số (gốc, trung gian): kiểm chuỗi, thu hồi
# revocation = "lenient"        # không hỏi được thì: "lenient" vẫn ký, "strict" ngừng ký; "off": không hỏi
"""


class Role(StrEnum):
    """Which of the two configured keys."""

    CURRENT = "current"
    NEXT = "next"


@dataclass(frozen=True, slots=True)
class KeySetting:
    """One key: what ``signing.keys.open_key`` and ``read_passphrase`` take."""

    role: Role
    key: str
    passphrase: str
    digest: str


@dataclass(frozen=True, slots=True)
class KeySettings:
    """All about keys. ``since``: from when the next key signs; None: when the current one is over.

    ``revocation`` is None where nobody is asked. ``roots`` is None where no chain is checked.
    """

    current: KeySetting
    next: KeySetting | None
    since: datetime | None
    invoices: EachInvoice
    roots: Path | None
    revocation: Policy | None

    @property
    def remote(self) -> bool:
        """Whether a key is at a service in the network, which may not answer."""
        named = (self.current.key, self.next.key if self.next else "")
        return any(key.startswith("csc+") for key in named)


def read_key_settings(take: Sections, folder: Path) -> KeySettings:
    """Read the three sections; relative paths begin at ``folder``.

    Raises:
        ConfigInvalid: naming the key that is missing or wrong.
    """
    following = take.text("next_key.file", 500, "")
    since = _moment(take.value("next_key.from"))
    phrase, digest = take.text("next_key.passphrase", 500, ""), take.text("next_key.digest", 6, "")
    if not following and (since or phrase or digest):
        raise ConfigInvalid("next_key.file is missing")
    if following and not phrase:
        raise ConfigInvalid("next_key.passphrase is missing")
    current = KeySetting(
        Role.CURRENT,
        take.text("key.file", 500),
        inside(folder, take.text("key.passphrase", 500)),
        take.text("key.digest", 6, "sha256"),
    )
    roots = take.text("signing.roots", 500, "")
    return KeySettings(
        current,
        KeySetting(Role.NEXT, following, inside(folder, phrase), digest or current.digest)
        if following
        else None,
        since,
        _invoices(take.text("signing.invoices", 20, EachInvoice.ALWAYS.value)),
        folder / roots if roots else None,
        _policy(take.text("signing.revocation", 20, Policy.LENIENT.value)),
    )


def inside(folder: Path, source: str) -> str:
    """The source of a secret; a file in the keys folder is named from the data folder."""
    return source.replace("file:keys/", f"file:{folder}/keys/")


def _invoices(text: str) -> EachInvoice:
    if text not in tuple(EachInvoice):
        raise ConfigInvalid(f"signing.invoices must be one of {', '.join(EachInvoice)}")
    return EachInvoice(text)


def _policy(text: str) -> Policy | None:
    policies = {policy.value: policy for policy in Policy}
    if text != "off" and text not in policies:
        raise ConfigInvalid(f"signing.revocation must be one of {', '.join(policies)}, off")
    return policies.get(text)


def _moment(value: Any) -> datetime | None:
    """A time as TOML has it; without zone it is Vietnam's."""
    if type(value) is date:
        return datetime.combine(value, time.min, VIETNAM)
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=VIETNAM)
    if value is not None:
        raise ConfigInvalid("next_key.from must be a time such as 2027-11-20T00:00:00")
    return None
