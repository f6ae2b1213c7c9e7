"""The tests of the settings page: the register's port, the printer, the key, the way to the authority."""

from __future__ import annotations

import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.asking import ask_route
from agent.key_checks import look_at
from drivers.codeblock import code_block, slip
from drivers.uri import SerialAddress, TcpAddress, parse_source
from errors import ThunganError
from invoice.sale_json import VIETNAM
from outbox.alarms import standing_alarms

if TYPE_CHECKING:
    from agent.config import Config
    from agent.daemon import Daemon

PRINTER_PATIENCE = 8.0  # seconds


@dataclass(frozen=True, slots=True)
class Tested:
    """One test's outcome in both languages; ``detail`` is technical."""

    good: bool
    vi: str
    en: str
    detail: str = ""


def check_source(daemon: Daemon, uri: str) -> Tested:
    """Whether receipts can come from there: as it runs now, or as it would."""
    if not uri:
        return Tested(good=False, vi="Chưa ghi nguồn phiếu", en="No source is given")
    try:
        address = parse_source(uri)
    except ThunganError as error:
        return Tested(good=False, vi=error.advice_vi, en=error.advice_en, detail=str(error))
    problem: str | None = None
    if uri in daemon.config.sources:
        connection = daemon.store.reader()
        try:
            away = standing_alarms(connection, (f"source-away {uri}",))
        finally:
            connection.close()
        problem = "away" if away or not daemon.alive() else None
    else:
        register = getattr(address, "register", None)
        if isinstance(register, SerialAddress):
            from agent.listening import port_problem

            problem = port_problem(register.port)
        elif isinstance(register, TcpAddress):
            problem = _bind_problem(register)
    if problem:
        return Tested(
            good=False, vi="Cổng này chưa dùng được", en="This port cannot be used now", detail=problem
        )
    return Tested(good=True, vi="Cổng dùng được", en="The port can be used", detail=uri)


def check_printer(daemon: Daemon) -> list[Tested]:
    """Print a few lines on every printer behind a source."""
    at = f"{datetime.now(VIETNAM):%d/%m/%Y %H:%M:%S}"
    lines = ("thungan", "IN THU - KHONG PHAI HOA DON", at)
    printer = daemon.config.printer
    ticket = slip(code_block(lines, "thungan", printer=printer), printer)
    printed = daemon.print_ticket(ticket, PRINTER_PATIENCE)
    if not printed:
        return [Tested(good=False, vi="Không có máy in phía sau", en="There is no printer behind a source")]
    return [
        Tested(good=True, vi="Đã in phiếu thử", en="A test ticket was printed", detail=name)
        if why is None
        else Tested(good=False, vi="Máy in không nhận", en="The printer does not print", detail=why)
        for name, why in printed
    ]


def check_key(config: Config) -> list[Tested]:
    """Open the configured key, sign on trial, verify."""
    names = {
        "opens": ("Mở được khóa", "The key opens"),
        "validity": ("Chứng thư còn hạn", "The certificate is valid"),
        "signs": ("Ký thử và kiểm chữ ký", "It signs, and the signature verifies"),
    }
    told = look_at(config, config.keys.current, datetime.now(UTC), check=True)
    found = []
    for check in told["checks"]:
        vi, en = names.get(check["name"], ("Chuỗi chứng thư, thu hồi", "Chain and revocation"))
        found.append(Tested(check["good"], vi, en, check["remark"] or ""))
    return found


def check_authority(config: Config) -> Tested:
    """Ask the other side of the route, sending nothing: name, TLS, log-in, way and answer in one."""
    began = time.perf_counter()
    try:
        problem = ask_route(config).problem
    except ThunganError as error:
        problem = error
    if problem is not None:
        return Tested(good=False, vi=problem.advice_vi, en=problem.advice_en, detail=str(problem))
    took = f"{(time.perf_counter() - began) * 1000:.0f} ms"
    if config.provider is not None:
        return Tested(good=True, vi="Nhà cung cấp trả lời", en="The provider answers", detail=took)
    return Tested(good=True, vi="Cơ quan thuế trả lời", en="The authority answers", detail=took)


def _bind_problem(address: TcpAddress) -> str | None:
    try:
        with socket.create_server((address.host, address.port)):
            return None
    except OSError as error:
        return error.strerror or str(error)
