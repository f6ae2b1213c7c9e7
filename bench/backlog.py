"""A backlog delivered over HTTPS to the sandbox, against a straw man's one by one; what it takes on the disk.

``python -m bench.backlog --count 100000`` for the long form; ``bench.draining`` is the daemon doing it. The
sandbox judges every invoice in a process of its own, on the same machine: what is measured is both sides
together, and the processor time of each.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from authority.codes import direct_code, new_message_id
from authority.direct import DirectGateway
from authority.package import PackageFrame, build_package
from bench.progress import Progress
from bench.shop import TAX_CODE, Shop, open_shop, sales
from outbox.captures import record_capture
from outbox.delivery import Delivery
from outbox.issuing import issue
from outbox.pace import Limits, Pace
from outbox.retention import close_month
from outbox.store import Store

if TYPE_CHECKING:
    from outbox.numbering import Register

COUNT, STRAW = 8000, 150  # some twenty packages: fewer would mostly begin and end
GOAL = 10.0
MOST_SECONDS = 900.0
RECEIPT = Path(__file__).parent.parent / "tests/data/receipts/000-sale-two-line-utf-8-32.prn"


def measure(count: int = COUNT) -> dict[str, Any]:
    """Issue ``count`` invoices with their papers, deliver them, archive them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shop = open_shop(folder)
        sandbox, address = start_sandbox(folder / "sandbox")
        store = Store(folder, shop.signer)
        try:
            issue_backlog(store, shop.register, count)
            live = _bytes(folder)
            with closing(_gateway(address, folder)) as gateway:
                plain = _one_by_one(store, shop, gateway)
                used = processor(sandbox.pid)
                rate, ours, peak = _deliver(store, shop, gateway, folder, count)
                theirs = processor(sandbox.pid) - used
            archived = _archive(store, folder)
        finally:
            store.close()
            sandbox.terminate()
            sandbox.wait()
    return {
        "backlog_over_https": {
            "value": round(rate),
            "unit": "invoices/s",
            "ratios": {"one_by_one": round(rate / plain, 1)},
            "goals": {"one_by_one": GOAL},
        },
        "one_by_one": {"value": round(plain), "unit": "invoices/s"},
        "processor_ours": {"value": round(ours / count * 1e6), "unit": "µs an invoice, delivering"},
        "processor_sandbox": {"value": round(theirs / count * 1e6), "unit": "µs an invoice, judging"},
        "load": {"value": round(os.getloadavg()[0], 1), "unit": "processes at work, both sides included"},
        "memory_while_draining": {"value": peak, "unit": "MB resident at most, with bench and issuing"},
        "disk_live": {
            "value": round(live / count),
            "unit": "bytes an invoice with its paper, in the database",
        },
        "disk_archived": {
            "value": round(archived / count),
            "unit": "bytes an invoice with paper, package and answer, in the archive",
        },
    }


def processor(pid: int) -> float:
    """Seconds of user and system time so far; 0 where the system does not say."""
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 0.0
    fields = path.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start_sandbox(folder: Path) -> tuple[subprocess.Popen[str], str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "agent.cli", "sandbox", "--port", "0", "--data", str(folder)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "https://" in line:
            return process, "https://" + line.partition("https://")[2].split()[0].rstrip(",;/")
    raise RuntimeError("the sandbox did not start")


def _gateway(address: str, folder: Path) -> DirectGateway:
    (ca,) = (folder / "sandbox").rglob("tls.crt.pem")
    return DirectGateway(address, direct_code(TAX_CODE), ca=ca)


def issue_backlog(store: Store, register: Register, count: int) -> None:
    """Invoices of a small shop, each with its paper."""
    paper = RECEIPT.read_bytes()
    progress = Progress("issued", count)
    for start in range(0, count, 500):
        progress.at(start)
        batch = list(sales(min(500, count - start), start))
        papers = [
            store.submit(record_capture("bench", paper + str(start + place).encode(), "cut"))
            for place in range(len(batch))
        ]
        jobs = [
            store.submit(issue(sale, register, one.result(), live=True))
            for sale, one in zip(batch, papers, strict=True)
        ]
        for job in jobs:
            job.result()


def _one_by_one(store: Store, shop: Shop, gateway: DirectGateway) -> float:
    """A package for each invoice, sent and waited for: as one would on a first afternoon."""
    frame = _frame(shop)
    with closing(store.reader()) as reader:
        rows = reader.execute("SELECT document FROM invoice ORDER BY id LIMIT ?", (STRAW,)).fetchall()
    began = time.perf_counter()
    for row in rows:
        message_id = new_message_id(direct_code(TAX_CODE), uuid4())
        gateway.send(build_package(frame, [bytes(row[0])], message_id, datetime.now(UTC)), message_id)
    return len(rows) / (time.perf_counter() - began)


def _deliver(
    store: Store, shop: Shop, gateway: DirectGateway, folder: Path, count: int
) -> tuple[float, float, int]:
    (trust,) = (folder / "sandbox").rglob("authority.crt.pem")
    certificates = x509.load_pem_x509_certificates(trust.read_bytes())
    pace = Pace(Limits(0))
    sender = direct_code(TAX_CODE)
    delivery = Delivery(store, gateway, _frame(shop), sender, TAX_CODE, certificates, pace=pace)
    progress = Progress("delivered", count)
    used, began = time.process_time(), time.perf_counter()
    query = "SELECT COUNT(*) FROM invoice WHERE state IN ('issued', 'packed', 'sent', 'received')"
    with closing(store.reader()) as reader:
        while (left := reader.execute(query).fetchone()[0]) and time.perf_counter() - began < MOST_SECONDS:
            progress.at(count - left)
            delivery.run_once()
    seconds, used = time.perf_counter() - began, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return (count - left) / seconds, used, peak


def _frame(shop: Shop) -> PackageFrame:
    return PackageFrame.of(shop.signer, sender=direct_code(TAX_CODE), tax_code=TAX_CODE)


def _archive(store: Store, folder: Path) -> int:
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    today = datetime.now(UTC) + timedelta(hours=7)
    closed = close_month(store, f"{today:%Y-%m}", "bench", key)
    assert closed is not None
    return (folder / "archive" / closed[0]).stat().st_size


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("thungan.db*") if path.suffix != ".db-shm")


def main() -> int:
    """Alone, with the count that is asked for."""
    from bench.report import show

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=COUNT)
    return show(measure(parser.parse_args().count))


if __name__ == "__main__":
    sys.exit(main())
