"""The configuration: config.toml in the data folder, read strictly; ``init`` writes it with comments."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from platformdirs import user_data_path

from agent.backup_settings import BackupSettings
from agent.buyer_later import BuyerWait, read_buyer_wait
from agent.errors import ConfigInvalid
from agent.key_settings import KeySettings, inside, read_key_settings
from agent.notices import settings as notices
from agent.peers import settings as peers
from agent.provider_settings import PROVIDERS, ProviderSettings, SoapSettings, read_account
from agent.proxy import Proxy, read_proxy
from agent.viettel_settings import read_viettel
from agent.vnpt_settings import read_vnpt
from agent.web.page_settings import LOOPBACK, PORT, PageSettings, page_settings
from agent.witness_settings import WitnessSettings, read_witness
from authority.codes import Parties, direct_parties, tvan_parties
from drivers.codeblock import BlockStyle, Printer, QrStyle
from drivers.uri import parse_source
from errors import ThunganError
from invoice.buyers import UNNAMED_BUYER
from invoice.compose import REDUCTION_NOTE, Terms
from invoice.invoice import VERSIONS, Seller
from invoice.numbers import MAX_REGISTER, Form, Symbol
from invoice.qr import Payee
from invoice.rate_table import Period, RateRule, RateTable
from invoice.rates import Rate
from invoice.tax_code import checked_tax_code
from outbox.numbering import Register

if TYPE_CHECKING:
    from pathlib import Path

    from authority.providers.viettel.settings import ViettelSettings
    from authority.providers.vnpt.manner import VnptManner

TEMPLATE = (
    """\
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

# Chỉ cần cho tờ khai (thungan register) và thông báo sai sót / only for the forms:
# [office]                      # cơ quan thuế quản lý
# name = "Thuế cơ sở 1 thành phố Đà Nẵng"
# code = "50101"
# place = "Đà Nẵng"             # nơi ký tờ khai
# [representative]              # người đại diện theo pháp luật
# name = "Nguyễn Thị An"
# phone = "0905123456"
# born = 1980-05-17
# sex = "female"                # male, female
# citizen_id = "048180001234"

[vat]
default = "8%"                  # thuế suất khi phiếu không ghi: 0% 5% 8% 10% KCT KKKNT KHAC:AB.CD%
# service_charge = "8%"         # thuế suất của phí phục vụ; để trống: như trên
# Nghị quyết 204/2025/QH15: 8% chỉ dùng trong những ngày này / days on which 8% may be used
allowed = {{ "8%" = ["2025-07-01..2026-12-31"] }}

# Mặt hàng có thuế suất riêng: theo mã, theo tên (không phân biệt dấu, hoa thường), theo ngày. Luật đầu tiên
# khớp được dùng. / Goods with a rate of their own; the first rule that fits counts.
[[vat.rules]]
rate = "10%"                    # khi hết hạn giảm thuế
from = 2027-01-01
# [[vat.rules]]
# rate = "KCT"
# names = ["rau *", "*trứng gà*"]
# codes = ["R001"]

[household]                     # hộ kinh doanh, mẫu 2: tỷ lệ % thuế GTGT, để kiểm số tiền giảm 20%
direct_rate = "1%"

# [buyer]                       # người mua cho thông tin sau khi bán / a buyer who comes after the sale
# later = "replace"             # "replace": lập ngay rồi thay thế; "wait": phiếu có chữ sau đây thì chờ
# marks = ["lấy hóa đơn", "xuất hóa đơn"]
# until = "23:30"               # đến giờ này mà chưa có thông tin thì lập như khách lẻ

[source]                        # nơi phiếu đi ra: cổng nối tiếp, mạng… (docs/sources.md; thungan ports)
uri = "{source}"
# more = ["tcp://0.0.0.0:9100?printer=tcp://192.168.1.50:9100", "folder:///C:/export?profile=csv-lines"]
# profile = "general"           # cách đọc phiếu: tên hoặc tệp .toml (thungan profile)
# hold_ms = 1500                # lệnh cắt giấy chờ hóa đơn nhiều nhất bấy nhiêu phần nghìn giây

# [printer]                     # máy in phiếu
# qr = "native"                 # native, raster, columns (máy cũ), star, none
# paper = 80                    # mm: 58 hoặc 80
# block = "auto"                # auto, text, picture: mã in bằng chữ hay bằng hình / letters or drawn
# late_slip = true              # phiếu bằng hình đọc xong trễ: in mã thành phiếu riêng / a slip of its own

# [transfer]                    # in kèm mã QR chuyển khoản (VietQR) trên phiếu / payment QR on the receipt
# bank_bin = "970436"           # mã ngân hàng (BIN)
# account = "0041000123456"

{keys}
[authority]
url = "{url}"
ca = "{ca}"                     # PEM; để trống: tin như hệ điều hành
trust = "{trust}"               # chứng thư của cơ quan thuế, để kiểm thông báo 204
version = "2.1.0"
# route = "tvan"                # "direct": nối thẳng; "tvan": qua tổ chức truyền nhận (docs/routes.md)
#   "viettel", "vnpt": nhà cung cấp cấp số; thêm user="…" và password="keyring:thungan/viettel"
# tvan_code = "0109990002"      # mã số thuế của tổ chức truyền nhận / the T-VAN's tax code
# transport = "https"           # https, soap (SOAP 1.2, WS-Security: thêm/with user="…", password="…")
# token = "file:keys/token"     # nơi giữ mã truy cập: env:, file:, keyring: / where the access token is kept
every = 15                      # giây giữa hai lần gửi
# proxy = "http://192.168.1.1:3128"   # có mật khẩu: "http://TÊN@…" và dòng proxy_password="file:keys/proxy"
# per_minute = 60               # số gói nhiều nhất mỗi phút; 0: không giới hạn / most messages a minute
# at_once = 2                   # số gói được gửi cùng lúc / packages under way at the same time
# pin = "sha256:…"              # chỉ tin máy chủ có khóa này / trust only the server with this key

# [viettel]                     # route = "viettel" (docs/viettel.md); để trống đều được / all may be left out
# template = "1/001"            # mẫu số ở nhà cung cấp / template code
# batch = 1                     # số hóa đơn mỗi lần gọi, đến 50 / orders in one call

# [vnpt]                        # route = "vnpt" (docs/vnpt.md), với account và account_password ở trên
# pattern = "1/001"             # mẫu số ở nhà cung cấp / pattern
# batch = 50                    # số hóa đơn mỗi lần gọi / orders in one call

[backup]                        # bản sao lưu ở nơi thứ hai: thư mục, ổ USB, ổ mạng (docs/backup.md)
folder = ""                     # ví dụ "D:/sao-luu", "/media/usb/thungan"; để trống: không sao lưu / none
# every = 15                    # phút, chỉ khi có gì mới / minutes, where there is anything new
# keep = 10                     # số bản mới nhất và số ngày được giữ / newest copies and days that are kept
# [retention]
# live_months = 2               # tháng trọn vẹn giữ trong tệp dữ liệu; tháng cũ hơn được nén lại

# [clock]                       # đồng hồ vẫn luôn được so với giờ của cơ quan thuế
# ntp = ["vn.pool.ntp.org"]     # hỏi thêm khi không gặp được cơ quan thuế / asked where the authority is away

# [witness]                     # ai khác giữ mốc ký của sổ cái / who else keeps checkpoints (docs/witness.md)
# url = "https://witness.example.vn"
# key = "witness.example.vn+589718b4+BBm7QYwoYgXeoVCQVVttVRimBBhKYPhYcEqQUDkQabyl"   # thungan witness --key
# every = 60                    # phút

[page]                          # trang xem trên máy này: http://127.0.0.1:8380/ (docs/page.md)
on = true
port = 8380
# host = "192.168.1.20"         # cho điện thoại trong tiệm xem, luôn qua HTTPS; 127.0.0.1: chỉ máy này
# names = ["thungan.local"]     # tên máy dùng để gọi trang / host names by which it is asked for
# language = "vi"               # vi hoặc en
# certificate = "keys/shop.crt.pem"   # để trống: tự tạo / its own if empty
# key = "keys/shop.key.pem"
"""
    + notices.TEMPLATE
    + peers.TEMPLATE
)


PAPERS = {58: 384, 80: 576}  # mm -> dots across


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration of one register; paths are absolute."""

    folder: Path
    register: Register
    sources: tuple[str, ...]
    hold_limit: float  # seconds a cut waits for its invoice (promise P8)
    keys: KeySettings
    url: str
    route: str  # direct, tvan, or the provider that numbers
    parties: Parties  # who sends messages to whom
    provider: ProviderSettings | None  # on a route where a provider numbers
    soap: SoapSettings | None  # who calls a T-VAN over SOAP; None: plain HTTPS
    viettel: ViettelSettings
    vnpt: VnptManner
    token: str | None  # source of the access token
    ca: Path | None
    trust: Path | None
    every: float
    proxy: Proxy | None
    pin: str | None
    per_minute: int
    at_once: int
    witness: WitnessSettings | None
    payee: Payee | None
    buyer_wait: BuyerWait | None
    printer: Printer
    late_slip: bool  # the code on a slip of its own where a picture was read after its paper went
    profile: str  # receipt profile: a shipped one's name or a file; "" is the general one
    said: dict[str, Any]  # config.toml as it is, for the ledger's history of set-ups
    forms: dict[str, Any]  # [office] and [representative], as agent.form_filling reads them
    page: PageSettings
    notices: notices.NoticeSettings
    peers: tuple[peers.PeerSettings, ...]  # the shop's other registers
    backup: BackupSettings
    live_months: int  # whole months that stay in the database; older ones are packed into archives
    time_servers: tuple[str, ...]  # asked for the time where the authority is not heard

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
        text = path.read_text("utf-8")
    except OSError as error:
        raise ConfigInvalid(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigInvalid(f"{path} is not TOML: {error}") from error
    return parse_config(folder, text)


def parse_config(folder: Path, text: str) -> Config:
    """Read and check the text of a config.toml; paths in it begin at ``folder``.

    Raises:
        ConfigInvalid: as ``load_config``.
    """
    path = folder / "config.toml"
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid(f"{path} is not TOML: {error}") from error
    try:
        return _read(folder.absolute(), _Sections(data), data)
    except ConfigInvalid:
        raise
    except ThunganError as error:
        raise ConfigInvalid(f"{path}: {error.message}") from error


def _read(folder: Path, take: _Sections, said: dict[str, Any]) -> Config:
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
        _rates(take),
        take.text("register.unnamed_buyer", 400, UNNAMED_BUYER),
        _rate_word(take.text("vat.service_charge", 11, "")),
        _percent(take.text("household.direct_rate", 6, "1%")),
        take.text("household.note", 400, REDUCTION_NOTE),
    )
    number = take.whole("register.number", 1, MAX_REGISTER)
    route = take.text("authority.route", 10, "direct")
    provider, soap = read_account(take.text, folder, route)
    config = Config(
        folder=folder,
        register=Register(terms, letters, taxpayer, number, by_provider=route in PROVIDERS),
        sources=_sources(folder, take),
        hold_limit=take.whole("source.hold_ms", 100, 10_000, 1_500) / 1000,
        keys=read_key_settings(take, folder),
        url=take.text("authority.url", 500, ""),
        route=route,
        parties=_parties(take, route, seller.tax_code),
        provider=provider,
        soap=soap,
        viettel=read_viettel(take),
        vnpt=read_vnpt(take),
        token=inside(folder, take.text("authority.token", 500, "")) or None,
        ca=_path(folder, take.text("authority.ca", 500, "")),
        trust=_path(folder, take.text("authority.trust", 500, "")),
        every=float(take.whole("authority.every", 1, 86_400, 15)),
        printer=_printer(take),
        late_slip=take.switch("printer.late_slip", default=True),
        profile=_profile(folder, take.text("source.profile", 300, "")),
        proxy=read_proxy(take, folder),
        pin=take.text("authority.pin", 110, "") or None,
        per_minute=take.whole("authority.per_minute", 0, 100_000, 0),
        at_once=take.whole("authority.at_once", 1, 4, 2),
        witness=read_witness(take, folder),
        payee=_payee(take, seller),
        buyer_wait=read_buyer_wait(
            take.text("buyer.later", 10, "replace"),
            take.texts("buyer.marks"),
            take.text("buyer.until", 5, "23:30"),
        ),
        said=said,
        forms=_form_values(take),
        page=_page(folder, take),
        notices=notices.read_notices(take, folder),
        peers=peers.read_peers(take, folder),
        backup=_backup(folder, take, f"{seller.tax_code}-{number}"),
        live_months=take.whole("retention.live_months", 1, 120, 2),
        time_servers=_time_servers(take),
    )
    take.finish()
    return config


def _parties(take: _Sections, route: str, tax_code: str) -> Parties:
    tvan_code = take.text("authority.tvan_code", 14, "")
    if route not in {"direct", "tvan", *PROVIDERS}:
        raise ConfigInvalid(f"authority.route must be one of direct, tvan, {', '.join(PROVIDERS)}")
    if (route == "tvan") != bool(tvan_code):
        raise ConfigInvalid('authority.tvan_code belongs to authority.route = "tvan": set both or neither')
    if route != "tvan":
        return direct_parties(tax_code)
    return tvan_parties(tax_code, checked_tax_code(tvan_code))


def _time_servers(take: _Sections) -> tuple[str, ...]:
    servers = take.texts("clock.ntp")
    if servers:
        from authority.network_time import time_server_address  # late: most shops name none

        for server in servers:
            time_server_address(server)
    return servers


def _sources(folder: Path, take: _Sections) -> tuple[str, ...]:
    """``uri`` and ``more``, each understood with its profile now rather than when the shop opens."""
    from agent.opening_sources import check_fits  # late: most shops have no profiles of sources
    from agent.source_profiles import source_profile

    first = take.text("source.uri", 500, "")
    sources = ((first,) if first else ()) + take.texts("source.more")
    for source in sources:
        address = parse_source(source)
        if address.profile:
            check_fits(address, source_profile(folder, source, ""))
    return sources


def _printer(take: _Sections) -> Printer:
    style = take.text("printer.qr", 10, QrStyle.NATIVE.value)
    block = take.text("printer.block", 10, BlockStyle.AUTO.value)
    paper = take.whole("printer.paper", 58, 80, 80)
    if style not in tuple(QrStyle):
        raise ConfigInvalid(f"printer.qr must be one of {', '.join(QrStyle)}")
    if block not in tuple(BlockStyle):
        raise ConfigInvalid(f"printer.block must be one of {', '.join(BlockStyle)}")
    if paper not in PAPERS:
        raise ConfigInvalid("printer.paper must be 58 or 80 (mm)")
    return Printer(QrStyle(style), PAPERS[paper], BlockStyle(block))


def _profile(folder: Path, name: str) -> str:
    """A file beside config.toml, or a shipped profile; looked at now rather than at the first receipt."""
    from drivers.reading.profile import load_profile  # late: most shops have none

    path = folder / name
    found = str(path) if name and path.is_file() else name
    if found:
        load_profile(found)
    return found


def _page(folder: Path, take: _Sections) -> PageSettings:
    return page_settings(
        on=take.switch("page.on", default=True),
        host=take.text("page.host", 45, LOOPBACK),
        port=take.whole("page.port", 0, 65_535, PORT),
        names=take.texts("page.names"),
        language=take.text("page.language", 2, "vi"),
        certificate=_path(folder, take.text("page.certificate", 500, "")),
        key=_path(folder, take.text("page.key", 500, "")),
    )


def _backup(folder: Path, take: _Sections, register: str) -> BackupSettings:
    """Several registers may share a folder: each has its own below it."""
    given = take.text("backup.folder", 500, "")
    place = folder / given / register if given else None
    return BackupSettings(
        place, take.whole("backup.every", 1, 1440, 15), take.whole("backup.keep", 2, 1000, 10)
    )


def _payee(take: _Sections, seller: Seller) -> Payee | None:
    bank_bin, account = take.text("transfer.bank_bin", 6, ""), take.text("transfer.account", 19, "")
    if not bank_bin and not account:
        return None
    return Payee(bank_bin, account, name=seller.name)


_FORM_KEYS = (
    *(f"office.{key}" for key in ("name", "code", "place")),
    *(f"representative.{key}" for key in ("name", "phone", "sex", "citizen_id", "passport", "nationality")),
)


def _form_values(take: _Sections) -> dict[str, Any]:
    values: dict[str, Any] = {key: take.text(key, 100, "") or None for key in _FORM_KEYS}
    return {**values, "representative.born": take.day("representative.born")}


def _rates(take: _Sections) -> RateTable:
    rules = []
    for place, table in enumerate(take.tables("vat.rules")):
        inner = _Sections({f"vat.rules[{place}]": table})
        name = f"vat.rules[{place}]"
        rules.append(
            RateRule(
                Rate.parse(inner.text(f"{name}.rate", 11)).word,
                frozenset(inner.texts(f"{name}.codes")),
                inner.texts(f"{name}.names"),
                Period(inner.day(f"{name}.from"), inner.day(f"{name}.until")),
            )
        )
        inner.finish()
    allowed = take.table("vat.allowed")
    return RateTable(
        tuple(rules),
        _rate_word(take.text("vat.default", 11, "")),
        tuple((Rate.parse(word).word, _periods(word, spans)) for word, spans in allowed.items()),
    )


def _rate_word(text: str) -> str | None:
    return Rate.parse(text).word if text else None


def _periods(word: str, spans: Any) -> tuple[Period, ...]:
    """``["2025-07-01..2026-12-31"]``; a side left out is open."""
    wrong = ConfigInvalid(f'vat.allowed."{word}" must be a list of spans such as "2025-07-01..2026-12-31"')
    if not isinstance(spans, list):
        raise wrong
    periods = []
    for span in spans:
        since, dots, until = str(span).partition("..")
        try:
            period = Period(*(date.fromisoformat(side) if side else None for side in (since, until)))
        except ValueError:
            raise wrong from None
        if not dots or (period.since and period.until and period.since > period.until):
            raise wrong
        periods.append(period)
    return tuple(periods)


def _percent(text: str) -> int:
    """A percentage in hundredths: ``1%`` is 100."""
    match = re.fullmatch(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?%", text)
    if not match:
        raise ConfigInvalid(f"household.direct_rate {text!r} must be a percentage such as 1%")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _path(folder: Path, text: str) -> Path | None:
    return folder / text if text else None


_LISTS = {"peers"}  # what is a list of tables [[…]] rather than a section


class _Sections:
    """Takes ``section.key`` values one by one; what is left over is a spelling mistake."""

    def __init__(self, data: dict[str, Any]) -> None:
        self._left: dict[str, Any] = {}
        for section, values in data.items():
            if section in _LISTS:
                self._left[section] = values
                continue
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

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
            raise ConfigInvalid(f"{key} must be a list of texts")
        return tuple(value)

    def tables(self, key: str) -> list[dict[str, Any]]:
        value = self._left.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            raise ConfigInvalid(f"{key} must be tables [[{key}]]")
        return value

    def table(self, key: str) -> dict[str, Any]:
        value = self._left.pop(key, {})
        if not isinstance(value, dict):
            raise ConfigInvalid(f"{key} must be a table")
        return value

    def value(self, key: str) -> Any:
        return self._left.pop(key, None)

    def day(self, key: str) -> date | None:
        value = self._left.pop(key, None)
        if value is not None and type(value) is not date:
            raise ConfigInvalid(f"{key} must be a day such as 2027-01-01")
        return value

    def whole(self, key: str, least: int, most: int, default: int | None = None) -> int:
        value = self._left.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ConfigInvalid(f"{key} must be a whole number from {least} to {most}")
        return value

    def switch(self, key: str, *, default: bool) -> bool:
        value = self._left.pop(key, default)
        if not isinstance(value, bool):
            raise ConfigInvalid(f"{key} must be true or false")
        return value

    def finish(self) -> None:
        if self._left:
            raise ConfigInvalid(f"unknown keys: {', '.join(sorted(self._left))}")
