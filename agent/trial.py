"""A test invoice against the sandbox authority: the shop's own data and key, and nothing of it counts.

Store, numbers and authority live in a folder that is thrown away; the shop's own numbers are not touched.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from agent.key_choice import open_signer
from agent.parts import open_delivery
from invoice.sale import Kind, Line, Sale
from outbox import reports
from outbox.issuing import issue
from outbox.sold import Issued
from outbox.store import Store

if TYPE_CHECKING:
    from agent.config import Config

PATIENCE = 30.0  # seconds until the sandbox must have decided
_ON_THE_WAY = frozenset({"issued", "packed", "sent", "received"})


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the test invoice. ``state`` is accepted where all is well."""

    symbol: str
    number: int
    code: str
    total: int
    state: str
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Whether the shop could deliver like this."""
        return self.state == "accepted"


def try_invoice(config: Config, sale: Sale | None = None) -> Trial:
    """Issue one invoice of ``sale`` (or of a glass of tea) and deliver it to a sandbox of its own.

    Raises:
        SigningError: the key cannot be used.
        InvoiceError, OutboxError: the sale cannot be invoiced with these settings.
    """
    from authority.sandbox.server import RunningSandbox

    signer = open_signer(config)
    with tempfile.TemporaryDirectory(prefix="thungan-trial-") as name:
        folder = Path(name)
        with RunningSandbox(folder / "sandbox") as sandbox:
            trial = replace(
                config,
                folder=folder,
                url=sandbox.url,
                ca=sandbox.ca,
                trust=sandbox.trust,
                proxy=None,
                pin=None,
                route="direct",
                provider=None,
                register=replace(config.register, by_provider=False),
            )
            store = Store(folder, signer, invoices=config.keys.invoices)
            try:
                issued = store.run(issue(sale or _tea(), trial.register))
                assert isinstance(issued, Issued)  # noqa: S101 - for the type checker: nobody else numbers here
                delivery = open_delivery(trial, store, signer)
                until = time.monotonic() + PATIENCE
                try:
                    while True:
                        problem = delivery.run_once().problem
                        row = _row(store, issued.invoice_id)
                        if row["state"] not in _ON_THE_WAY or time.monotonic() > until:
                            break
                        time.sleep(0.1)
                finally:
                    delivery.close()
            finally:
                store.close()
                signer.close()
    reason = row["reason"] or problem
    return Trial(issued.symbol, issued.number, issued.code, issued.total, row["state"], reason)


def _row(store: Store, invoice_id: int) -> dict[str, str]:
    connection = store.reader()
    try:
        return reports.find_invoice(connection, str(invoice_id))[0]
    finally:
        connection.close()


def _tea() -> Sale:
    from decimal import Decimal

    line = Line("Trà đá (hóa đơn thử)", Decimal(1), Decimal(5_000), 5_000, unit="Ly")
    return Sale(Kind.SALE, "THU-1", datetime.now(UTC), (line,), 0, 5_000)
