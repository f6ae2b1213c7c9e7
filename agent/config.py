"""The configuration: config.toml in the data folder, read strictly; ``init`` writes it with comments."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from platformdirs import user_data_path

from agent.errors import ConfigInvalid
from errors import ThunganError
from invoice.compose import UNNAMED_BUYER, Terms
from invoice.invoice import VERSIONS, Seller
from invoice.numbers import MAX_REGISTER, Form, Symbol
from invoice.rates import Rate
from invoice.tax_code import checked_tax_code
from outbox.issuing import Register

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = """\
# thungan: cấu hình máy tính tiền / configuration of this cash register

[seller]                        # người bán, như đã đăng ký với cơ quan thuế
name = "{name}"
tax_code = "{tax_code}"
address = "{address}"

[register]
form = {form}                        # 1 = hóa đơn GTGT (VAT), 2 = hóa đơn bán hàng (sales)
letters = "AA"                  # hai chữ cuối của ký hiệu: C26M"AA"; mỗi máy một cặp chữ
number = 1                      # số thứ tự máy, 1 đến 999
taxpayer = "{taxpayer}"              # 5 ký tự cơ quan thuế cấp (thông điệp 103)

[vat]
default = "8%"                  # thuế suất khi phiếu không ghi: 0% 5% 8% 10% KCT KKKNT

[source]                        # nơi phiếu đi ra: cổng nối tiếp của máy tính tiền
uri = "{source}"

[key]                           # chữ ký số; mật khẩu không bao giờ ghi ở đây
file = "keys/seller.p12"        # hoặc pem:…, pkcs11:token=…?module-path=…, windows:thumbprint=…, csc+https://…
passphrase = "{passphrase}"     # env:TÊN, file:ĐƯỜNG_DẪN hoặc keyring:DỊCH_VỤ/NGƯỜI_DÙNG

[authority]
url = "{url}"
ca = "{ca}"                     # PEM; để trống: tin như hệ điều hành
trust = "{trust}"               # chứng thư của cơ quan thuế, để kiểm thông báo 204
version = "2.1.0"
every = 15                      # giây giữa hai lần gửi
"""


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one register; paths are absolute."""

    folder: Path
    register: Register
    source: str
    key: str  # a setting of signing.keys.open_key
    digest: str
    passphrase: str
    url: str
    ca: Path | None
    trust: Path | None
    every: float

    @property
    def seller(self) -> Seller:
        """The shop."""
        return self.register.terms.seller

    @property
    def version(self) -> str:
        """PBan of what is written."""
        return self.register.terms.version


def default_folder() -> Path:
    """The platform's place for the data of a program."""
    return user_data_path("thungan", appauthor=False)


def load_config(folder: Path) -> Config:
    """Read and check config.toml.

    Raises:
        ConfigInvalid: naming the key that is missing, unknown or wrong.
    """
    path = folder / "config.toml"
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigInvalid(f"{path} is not TOML: {error}") from error
    try:
        return _read(folder.absolute(), _Sections(data))
    except ConfigInvalid:
        raise
    except ThunganError as error:
        raise ConfigInvalid(f"{path}: {error.message}") from error


def _read(folder: Path, take: _Sections) -> Config:
    seller = Seller(
        name=take.text("seller.name", 400),
        tax_code=checked_tax_code(take.text("seller.tax_code", 14)),
        address=take.text("seller.address", 400),
        phone=take.text("seller.phone", 20, "") or None,
        email=take.text("seller.email", 50, "") or None,
        bank_account=take.text("seller.bank_account", 30, "") or None,
        bank_name=take.text("seller.bank_name", 400, "") or None,
    )
    letters = take.text("register.letters", 2)
    Symbol.of_year(letters, 2026)
    default = take.text("vat.default", 11, "")
    form = take.whole("register.form", 1, 2)
    version = take.text("authority.version", 6, VERSIONS[0])
    taxpayer = take.text("register.taxpayer", 5)
    if version not in VERSIONS:
        raise ConfigInvalid(f"authority.version must be one of {', '.join(VERSIONS)}")
    if len(taxpayer) != 5 or not taxpayer.isalnum() or not taxpayer.isascii():
        raise ConfigInvalid("register.taxpayer must be the five letters or digits given by the authority")
    terms = Terms(
        seller,
        Form(form),
        version,
        Rate.parse(default).word if default else None,
        take.text("register.unnamed_buyer", 400, UNNAMED_BUYER),
    )
    config = Config(
        folder=folder,
        register=Register(terms, letters, taxpayer, take.whole("register.number", 1, MAX_REGISTER)),
        source=take.text("source.uri", 500, ""),
        key=take.text("key.file", 500),
        digest=take.text("key.digest", 6, "sha256"),
        passphrase=take.text("key.passphrase", 500).replace("file:keys/", f"file:{folder}/keys/"),
        url=take.text("authority.url", 500, ""),
        ca=_path(folder, take.text("authority.ca", 500, "")),
        trust=_path(folder, take.text("authority.trust", 500, "")),
        every=float(take.whole("authority.every", 1, 86_400, 15)),
    )
    take.finish()
    return config


def _path(folder: Path, text: str) -> Path | None:
    return folder / text if text else None


class _Sections:
    """Takes ``section.key`` values one by one; what is left over is a spelling mistake."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._left: dict[str, Any] = {}
        for section, values in data.items():
            if not isinstance(values, dict):
                raise ConfigInvalid(f"{section} must be a section [{section}]")
            self._left.update({f"{section}.{key}": value for key, value in values.items()})

    def text(self, key: str, longest: int, default: str | None = None) -> str:
        value = self._left.pop(key, default)
        if value is None:
            raise ConfigInvalid(f"{key} is missing")
        if not isinstance(value, str) or len(value) > longest or (default is None and not value.strip()):
            raise ConfigInvalid(f"{key} must be text of 1 to {longest} characters")
        return value.strip()

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigInvalid(f"{key} must be a whole number from {least} to {most}")
        return value

    def finish(self) -> None:
        if self._left:
            raise ConfigInvalid(f"unknown keys: {', '.join(sorted(self._left))}")
