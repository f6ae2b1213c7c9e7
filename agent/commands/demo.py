"""``thungan demo``: everything embedded, from the bytes of a receipt to the accepted invoice.

Real parts only: the sandbox authority as its own process over HTTPS, a register and a printer on
pseudo-terminals, the daemon between them through pyserial. Exit 0 only if every sale was accepted, every
signature verifies and the ledger verifies.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.commands.init import make_folder
from agent.commands.run import line_of
from agent.config import load_config
from agent.daemon import Daemon
from agent.demo_provider import provider_options, take_provider
from agent.errors import DemoFailed
from agent.parts import ledger_key
from agent.provider_settings import PROVIDERS
from audit.ledger_check import check_ledger
from invoice.sale import Kind
from outbox import reports
from signing.verify import verify_document

if TYPE_CHECKING:
    import argparse

    from rich.progress import Progress

    from agent.till import Taken

RECEIPTS = Path(__file__).parent.parent.parent / "tests" / "data" / "receipts"
BAUD = 115_200
DELIVERY_PATIENCE = 60.0  # seconds for the authority's decision on the last invoice


@dataclass(slots=True)
class _Seen:
    """What the daemon reported, counted as it happens."""

    quiet: bool
    progress: Progress | None = None
    taken: list[Taken] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, taken: Taken) -> None:
        with self.lock:
            self.taken.append(taken)
            if self.progress is not None:
                self.progress.console.print(line_of(taken), highlight=False)
                self.progress.advance(self.progress.task_ids[0])
            elif not self.quiet:
                sys.stdout.write(line_of(taken) + "\n")
                sys.stdout.flush()


def add(parser: argparse.ArgumentParser) -> None:
    """Options."""
    parser.add_argument("--sales", type=int, metavar="N", help="how many receipts (default: each once)")
    parser.add_argument(
        "--provider", choices=PROVIDERS, help="through this provider, which gives the numbers out"
    )
    parser.add_argument("--keep", action="store_true", help="leave daemon and sandbox running at the end")
    parser.add_argument("--json", action="store_true", help="print the summary as one JSON object only")


def run(arguments: argparse.Namespace) -> int:
    """Run the demonstration."""
    if sys.platform == "win32":
        raise DemoFailed("the demo's virtual register needs pseudo-terminals, which Windows does not have")
    folder = arguments.data or Path(tempfile.mkdtemp(prefix="thungan-demo-"))
    try:
        return _run(folder, arguments)
    finally:
        if arguments.data is None:
            shutil.rmtree(folder, ignore_errors=True)


def _run(folder: Path, arguments: argparse.Namespace) -> int:
    from agent.virtual_register import VirtualPrinter, VirtualRegister

    receipts = [path.read_bytes() for path in sorted(RECEIPTS.glob("*.prn"))]
    count = arguments.sales or len(receipts)
    sandbox, url = _start_sandbox(folder, arguments.provider)
    register, printer = VirtualRegister(BAUD), VirtualPrinter()
    seen = _Seen(quiet=arguments.json)
    source = f"serial://{register.path}?baud={BAUD}&printer={printer.path}"
    try:
        make_folder(folder, demo=True, url=url, source=source, again=True)
        if arguments.provider:
            take_provider(folder, arguments.provider, url)
        daemon = Daemon(load_config(folder), seen.add)
        before = _last_invoice(daemon)
        daemon.start()
        daemon.wait_until_listening(10.0)
        try:
            with _progress(seen, count, show=not arguments.json):
                released = register.print_all(receipts, count, before + 1, printer)
            _deliver(daemon)
            daemon.checkpoint()
            summary = _summary(daemon, seen, folder, before)
            _print(summary, as_json=arguments.json)
            if arguments.keep:
                sys.stdout.write(f"kept running at {url}, data in {folder}; end with Ctrl-C\n")
                threading.Event().wait()
        finally:
            daemon.stop()
    finally:
        sandbox.terminate()
        sandbox.wait(10)
        if sandbox.stdout:
            sandbox.stdout.close()
        register.close()
        printer.close()
    whole = (
        released == summary["sales"] == summary["invoices"] == summary["accepted"] == count
        and summary["signatures_valid"]
        and summary["ledger"]["verified"]
    )
    return 0 if whole else 1


def _start_sandbox(folder: Path, provider: str | None) -> tuple[subprocess.Popen[str], str]:
    folder.mkdir(parents=True, exist_ok=True)
    options = provider_options(folder, provider) if provider else []
    # A packaged program has no interpreter to give a module to: it is the command line itself.
    command = [sys.executable] if getattr(sys, "frozen", False) else [sys.executable, "-m", "agent.cli"]
    process = subprocess.Popen(
        [*command, "sandbox", "--data", str(folder), "--port", "0", "--json", *options],
        stdout=subprocess.PIPE,
        text=True,
    )
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        process.wait(10)
        raise DemoFailed("the sandbox authority did not start")
    return process, str(json.loads(line)["url"])


def _progress(seen: _Seen, count: int, *, show: bool) -> Any:
    from contextlib import nullcontext

    if not show or not sys.stdout.isatty():
        return nullcontext()
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeElapsedColumn

    seen.progress = Progress("{task.description}", BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    seen.progress.add_task("sales", total=count)
    return seen.progress


def _deliver(daemon: Daemon) -> None:
    """Sync until nothing is on its way, or the patience is over."""
    until = time.monotonic() + DELIVERY_PATIENCE
    while time.monotonic() < until:
        daemon.sync()
        connection = daemon.store.reader()
        try:
            waiting = reports.queue(connection)
        finally:
            connection.close()
        if not any(waiting.get(state) for state in ("issued", "packed", "sent", "received", "ordered")):
            return
        time.sleep(0.2)


def _last_invoice(daemon: Daemon) -> int:
    """The last invoice of an earlier run in this folder, 0 in a new one."""
    connection = daemon.store.reader()
    try:
        return reports.last_invoice(connection)
    finally:
        connection.close()


def _summary(daemon: Daemon, seen: _Seen, folder: Path, before: int) -> dict[str, Any]:
    connection = daemon.store.reader()
    try:
        states, packages = reports.since(connection, before)
        quarantined = sum(taken.reading.kind is Kind.QUARANTINED for taken in seen.taken)
        report = check_ledger(connection, ledger_key(folder).public_key())
        valid = all(verify_document(document).valid for document in reports.documents(connection))
    finally:
        connection.close()
    times = sorted(taken.seconds * 1000 for taken in seen.taken if taken.issued) or [0.0]
    return {
        "provider": daemon.config.provider.name if daemon.config.provider else None,
        "sales": len({taken.issued.sale_id for taken in seen.taken if taken.issued}),
        "invoices": sum(states.values()),
        "packages": packages,
        "accepted": states.get("accepted", 0) + states.get("provided", 0),
        "refused": states.get("refused", 0),
        "quarantined": quarantined,
        "cut_to_durable_ms": {
            "p50": round(statistics.median(times), 2),
            "p99": round(times[min(len(times) - 1, int(len(times) * 0.99))], 2),
        },
        "signatures_valid": valid,
        "ledger": {
            "size": report.size,
            "root": report.root,
            "verified": report.verified,
            "problems": list(report.problems),
        },
    }


def _print(summary: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(summary) + "\n")
        return
    times, ledger = summary["cut_to_durable_ms"], summary["ledger"]
    went = f"{summary['invoices']} invoices in {summary['packages']} packages: {summary['accepted']} accepted"
    if summary["provider"]:
        went = f"{summary['invoices']} numbered by the provider ({summary['provider']})"
    sys.stdout.write(
        f"\n{summary['sales']} sales, {went}, {summary['refused']} refused,"
        f" {summary['quarantined']} quarantined\n"
        f"cut to durable invoice: median {times['p50']} ms, p99 {times['p99']} ms\n"
        f"signatures {'verify' if summary['signatures_valid'] else 'DO NOT VERIFY'};"
        f" ledger of {ledger['size']} leaves {'verifies' if ledger['verified'] else 'DOES NOT VERIFY'},"
        f" root {ledger['root']}\n"
    )
    for problem in ledger["problems"]:
        sys.stdout.write(f"problem: {problem}\n")
