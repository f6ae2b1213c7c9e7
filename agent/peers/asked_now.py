"""The shop as it is at this moment, for who has no daemon at hand: every register is asked once, at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from agent.key_choice import open_signer
from agent.peers.asking import PeerLine
from agent.peers.invitation import own_name
from agent.peers.report import report_of
from agent.peers.shop_view import shop_view
from agent.peers.watch import Heard, ask_once
from errors import ThunganError
from invoice.sale_json import VIETNAM
from outbox.store import open_reader

if TYPE_CHECKING:
    from collections.abc import Sequence

    from agent.config import Config
    from agent.peers.settings import PeerSettings
    from agent.peers.shop_view import ShopView


def shop_now(config: Config) -> ShopView:
    """Ask every peer; within the seconds that one may take.

    Raises:
        DatabaseUnusable, SigningError: this register's own database or ledger's key cannot be read.
    """
    try:
        certificate = open_signer(config).certificate
    except ThunganError:
        certificate = None  # its days are not known; an alarm of the daemon says why
    connection = open_reader(config.folder / "thungan.db")
    try:
        own = report_of(connection, config, certificate, None, "")
    finally:
        connection.close()
    return shop_view(own_name(config), own, ask_all(config.peers), datetime.now(VIETNAM).date())


def ask_all(peers: Sequence[PeerSettings]) -> list[Heard]:
    """What each of the peers says now, or why it does not."""
    with ThreadPoolExecutor(max(1, len(peers))) as pool:
        return list(pool.map(_ask, peers))


def _ask(peer: PeerSettings) -> Heard:
    return Heard(peer).after(ask_once(PeerLine(peer)), datetime.now(UTC))
