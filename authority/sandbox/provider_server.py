"""Providers of the sandbox as HTTPS servers, by name.

Blocking, as ``thungan sandbox --provider viettel`` runs it, or beside a test in a thread of its own::

    with RunningProvider("viettel", directory) as running:
        gateway = ViettelGateway(running.url, …, ca=running.ca)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from authority.errors import GatewaySettingInvalid
from authority.sandbox.faults import FaultPlan
from authority.sandbox.https_server import LOOPBACK, Address, HttpsServer, Served, ServerThread, utc_now
from authority.sandbox.provider_account import ProviderAccount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from authority.sandbox.issued_book import Issued
    from authority.sandbox.keys import SandboxKeys

PROVIDERS = ("viettel", "vnpt")


class ServedProvider(Served, Protocol):
    """A provider behind the server, as tests look at it."""

    def issued(self) -> Sequence[Issued]:
        """Everything it has issued."""

    def counters(self) -> dict[str, int]:
        """How often what happened."""


class RunningProvider(ServerThread[ServedProvider]):
    """A provider's server in a thread; a context manager."""

    def __init__(
        self,
        name: str,
        directory: Path,
        port: int = 0,
        *,
        account: ProviderAccount | None = None,
        faults: FaultPlan | None = None,
        settings: object = None,
        host: str = LOOPBACK,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        """``settings``: the provider's own switches, None for the strict ones.

        Raises:
            GatewaySettingInvalid: no such provider, or the port cannot be had.
            RuntimeError: the server ended before it was ready.
        """
        super().__init__(_server(name, directory, port, account, faults, settings, host, clock or utc_now))


def serve_provider(
    name: str,
    directory: Path,
    port: int = 0,
    *,
    account: ProviderAccount | None = None,
    faults: FaultPlan | None = None,
    host: str = LOOPBACK,
    ready: Callable[[Address], None] | None = None,
) -> None:
    """Run until SIGINT or SIGTERM; keys and what was issued live in ``directory``.

    Raises:
        GatewaySettingInvalid: no such provider, or the port cannot be had.
    """
    _server(name, directory, port, account, faults, None, host, utc_now).run(ready)


def _server(
    name: str,
    directory: Path,
    port: int,
    account: ProviderAccount | None,
    faults: FaultPlan | None,
    settings: object,
    host: str,
    clock: Callable[[], datetime],
) -> HttpsServer[ServedProvider]:
    if name not in PROVIDERS:
        raise GatewaySettingInvalid(f"{name[:20]!r} is not a provider; there are {', '.join(PROVIDERS)}")
    known, plan = account or ProviderAccount(), faults or FaultPlan()

    def make_viettel(keys: SandboxKeys) -> ServedProvider:
        from authority.sandbox.viettel.served import ServedViettel
        from authority.sandbox.viettel.settings import ViettelSettings

        switches = settings if isinstance(settings, ViettelSettings) else ViettelSettings()
        del keys  # it signs with its customers' keys
        return ServedViettel(directory, known, plan, switches, clock)

    def make_vnpt(keys: SandboxKeys) -> ServedProvider:
        from authority.sandbox.vnpt.served import ServedVnpt
        from authority.sandbox.vnpt.terms import Terms, VnptSettings

        switches = settings if isinstance(settings, VnptSettings) else VnptSettings()
        del keys
        return ServedVnpt(directory, Terms(known, switches), plan, clock)

    make = make_viettel if name == "viettel" else make_vnpt
    # The provider writes its own Date: its clock may run ahead.
    return HttpsServer(directory, port, make, host=host, now=clock(), says_date=False)
