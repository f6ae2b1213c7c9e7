"""The register's side: sources and printers, key and certificate, the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.doctor.findings import Finding, Level
from agent.doctor.machine import holders_of
from agent.key_checks import look_at
from drivers.errors import PictureReaderMissing, PortHangs
from drivers.ports.port import port_error
from drivers.source import open_port
from drivers.uri import FileAddress, FolderAddress, SerialAddress, TcpAddress, UsbAddress, parse_source
from errors import ThunganError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.config import Config
    from drivers.uri import Address


def check_sources(config: Config, alarms: dict[str, str], *, running: bool) -> Iterator[Finding]:
    """Each source and its printer: as the daemon says where it runs, else by opening the port."""
    if not config.sources:
        yield Finding(
            "source",
            Level.FAIL,
            "[source] uri is empty",
            "Ghi cổng của máy tính tiền; tìm bằng: thungan ports.",
            "Write down the register's port; find it with: thungan ports.",
        )
    for uri in config.sources:
        if running:
            yield _as_told("source", uri, alarms.get(f"source-away {uri}"))
            if "printer=" in uri:
                yield _as_told("printer", uri, alarms.get(f"printer-away {uri}"))
            continue
        address = parse_source(uri)
        register = getattr(address, "register", None)
        if register is None:
            place = getattr(address, "place", None)
            if isinstance(place, FolderAddress):
                yield _folder(place)
            else:
                yield Finding.fine("source", f"{uri} (opened by the daemon)")
            continue
        yield _port("source", register)
        if (printer := getattr(address, "printer", None)) is not None:
            yield _port("printer", printer)


def check_picture_reader(alarms: dict[str, str]) -> Iterator[Finding]:
    """Whether receipts that are pictures can be read; without such receipts nobody needs it."""
    from drivers.raster import picture_reader

    try:
        yield Finding.fine("pictures", f"read by {picture_reader()}")
    except PictureReaderMissing as error:
        if error.code in alarms:
            yield Finding.of("pictures", error)
        else:
            yield Finding.fine("pictures", f"{error.message}; only receipts that are pictures need it")


def _as_told(name: str, uri: str, alarm: str | None) -> Finding:
    if alarm is None:
        return Finding.fine(name, f"{uri}: open")
    return Finding(
        name,
        Level.FAIL,
        f"{uri}: {alarm}",
        "Xem dây, nguồn điện và cổng; máy tự nối lại khi cắm vào.",
        "Look at cable, power and port; it connects by itself when it is plugged in.",
    )


def _folder(place: FolderAddress) -> Finding:
    if Path(place.path).is_dir():
        return Finding.fine("source", f"{place.path} is there")
    return Finding(
        "source",
        Level.FAIL,
        f"{place.path} is no folder",
        "Tạo thư mục này, hoặc sửa [source] uri.",
        "Make that folder, or correct [source] uri.",
    )


def _port(name: str, address: Address) -> Finding:
    if isinstance(address, TcpAddress) and name == "source":
        return Finding.fine(name, f"listens on {address.host}:{address.port} when the daemon runs")
    shown = _shown(address)
    try:
        open_port(address).close()
    except (OSError, PortHangs) as error:
        told = port_error(shown, error)
        device = getattr(address, "port", "") if isinstance(address, SerialAddress) else shown
        holders = holders_of(device) if device.startswith("/") else []
        said = f"{told.message}{'; held by ' + ', '.join(holders) if holders else ''}"
        return Finding(name, Level.FAIL, said, told.advice("vi"), told.advice("en"))
    return Finding.fine(name, f"{shown}: can be opened")


def _shown(address: Address) -> str:
    match address:
        case SerialAddress(port=port):
            return str(port)
        case TcpAddress(host=host, port=port):
            return f"{host}:{port}"
        case FileAddress(path=path):
            return str(path)
        case UsbAddress(vendor=vendor, product=product):
            return f"USB {vendor:04x}:{product:04x}"


def check_key(config: Config) -> Iterator[Finding]:
    """The key opens and signs; its certificate is the seller's, lasts, and is not revoked."""
    told = look_at(config, config.keys.current, datetime.now(UTC), check=True)
    for check in told["checks"]:
        name = f"key-{check['name']}"
        if check["good"]:
            yield Finding.fine(name, check["remark"] or "yes")
            continue
        yield Finding(
            name,
            Level.FAIL,
            check["remark"] or "no",
            "Xem: thungan keys check. Phiếu vẫn in và được giữ để lập hóa đơn sau.",
            "See: thungan keys check. Receipts still print and are kept for their invoices.",
        )
    if "days_left" not in told:
        return
    said = f"{told['days_left']} days left"
    if told["alarm"] is None:
        yield Finding.fine("key-expiry", said)
    else:
        yield Finding(
            "key-expiry",
            Level.WARN if told["days_left"] > 0 else Level.FAIL,
            said,
            "Gia hạn chữ ký số và khai báo chứng thư mới (thungan register --change).",
            "Renew the certificate and declare it (thungan register --change).",
        )


def check_page(config: Config, *, running: bool) -> Finding:
    """Whether the shop's page answers."""
    from urllib.request import urlopen

    page = config.page
    if not page.on:
        return Finding.fine("page", "switched off")
    if not running or page.tls or page.port == 0:
        return Finding.fine("page", f"port {page.port} (not asked)")
    url = f"http://{page.host}:{page.port}/health"
    try:
        with urlopen(url, timeout=5) as answer:
            json.load(answer)
    except (OSError, ValueError) as error:
        return Finding(
            "page",
            Level.WARN,
            f"{url}: {error}",
            "Đổi [page] port nếu chương trình khác giữ cổng này. Bán hàng không bị ảnh hưởng.",
            "Change [page] port if another program has it. Selling is not affected.",
        )
    return Finding.fine("page", url)


def checked(name: str, work: Iterator[Finding]) -> Iterator[Finding]:
    """The findings of a check, and what went wrong with it itself."""
    try:
        yield from work
    except ThunganError as error:
        yield Finding.of(name, error)
