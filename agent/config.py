"""The configuration: config.toml in the data folder, read strictly; ``init`` writes it with comments."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
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
from agent.sections import Sections
from agent.vat_settings import rate_word, read_rates
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
from invoice.tax_code import checked_tax_code
from outbox.numbering import Register

if TYPE_CHECKING:
    from pathlib import Path

    from authority.providers.viettel.settings import ViettelSettings
    from authority.providers.vnpt.manner import VnptManner

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
        return _read(folder.absolute(), Sections(data), data)
    except ConfigInvalid:
        raise
    except ThunganError as error:
        raise ConfigInvalid(f"{path}: {error.message}") from error


def _read(folder: Path, take: Sections, said: dict[str, Any]) -> Config:
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
        read_rates(take),
        take.text("register.unnamed_buyer", 400, UNNAMED_BUYER),
        rate_word(take.text("vat.service_charge", 11, "")),
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


def _parties(take: Sections, route: str, tax_code: str) -> Parties:
    tvan_code = take.text("authority.tvan_code", 14, "")
    if route not in {"direct", "tvan", *PROVIDERS}:
        raise ConfigInvalid(f"authority.route must be one of direct, tvan, {', '.join(PROVIDERS)}")
    if (route == "tvan") != bool(tvan_code):
        raise ConfigInvalid('authority.tvan_code belongs to authority.route = "tvan": set both or neither')
    if route != "tvan":
        return direct_parties(tax_code)
    return tvan_parties(tax_code, checked_tax_code(tvan_code))


def _time_servers(take: Sections) -> tuple[str, ...]:
    servers = take.texts("clock.ntp")
    if servers:
        from authority.network_time import time_server_address  # late: most shops name none

        for server in servers:
            time_server_address(server)
    return servers


def _sources(folder: Path, take: Sections) -> tuple[str, ...]:
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


def _printer(take: Sections) -> Printer:
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


def _page(folder: Path, take: Sections) -> PageSettings:
    return page_settings(
        on=take.switch("page.on", default=True),
        host=take.text("page.host", 45, LOOPBACK),
        port=take.whole("page.port", 0, 65_535, PORT),
        names=take.texts("page.names"),
        language=take.text("page.language", 2, "vi"),
        certificate=_path(folder, take.text("page.certificate", 500, "")),
        key=_path(folder, take.text("page.key", 500, "")),
    )


def _backup(folder: Path, take: Sections, register: str) -> BackupSettings:
    """Several registers may share a folder: each has its own below it."""
    given = take.text("backup.folder", 500, "")
    place = folder / given / register if given else None
    return BackupSettings(
        place, take.whole("backup.every", 1, 1440, 15), take.whole("backup.keep", 2, 1000, 10)
    )


def _payee(take: Sections, seller: Seller) -> Payee | None:
    bank_bin, account = take.text("transfer.bank_bin", 6, ""), take.text("transfer.account", 19, "")
    if not bank_bin and not account:
        return None
    return Payee(bank_bin, account, name=seller.name)


_FORM_KEYS = (
    *(f"office.{key}" for key in ("name", "code", "place")),
    *(f"representative.{key}" for key in ("name", "phone", "sex", "citizen_id", "passport", "nationality")),
)


def _form_values(take: Sections) -> dict[str, Any]:
    values: dict[str, Any] = {key: take.text(key, 100, "") or None for key in _FORM_KEYS}
    return {**values, "representative.born": take.day("representative.born")}


def _percent(text: str) -> int:
    """A percentage in hundredths: ``1%`` is 100."""
    match = re.fullmatch(r"([0-9]{1,2})(?:[.,]([0-9]{1,2}))?%", text)
    if not match:
        raise ConfigInvalid(f"household.direct_rate {text!r} must be a percentage such as 1%")
    return int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))


def _path(folder: Path, text: str) -> Path | None:
    return folder / text if text else None
