"""Ten thousand crashes: ``storm.py [--crashes N] [--seed S]`` (``make storm STORM=N``).

Shop after shop is opened, sells, delivers, and is killed again and again: at named points of the program,
before, in and after single writes and syncs of its files, or at any moment; then the power goes too, or not.
After every crash all that was ever told to a customer or to the authority is held against what is stored
(verdict.py). The next life finds the files as the crash has left them. Why that is honest: docs/storms.md.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from bad_line import BadLine
from power_loss import Disk
from shop_life import SABOTAGES, TOLD, Receipt, Shop, api_sale, hear, live, tell
from verdict import Told, judge

from agent.commands.init import DEMO_PHRASE, DEMO_SELLER, make_folder
from agent.config import Config, load_config
from agent.parts import ledger_key, open_signer, package_frame
from agent.virtual_register import fresh_receipt
from authority.errors import GatewayError, Rejected
from authority.memory import MemoryGateway
from authority.package import PackageFrame
from authority.providers.memory import ProviderBook
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.settings import Settings
from authority.sandbox.store import Store as SandboxStore
from drivers.reading import read_receipt
from invoice.sale_json import VIETNAM
from outbox.captures import raw_captures
from outbox.crash_points import POINTS, PROVIDER_POINTS
from outbox.store import open_reader
from signing.keys import throwaway_pkcs12
from signing.passphrase import Secret

RECEIPTS = Path(__file__).parents[1] / "data" / "receipts"
OPENING = datetime(2026, 11, 23, 8, 0, 0, tzinfo=VIETNAM)
FAULTS = (
    "lose-answer=0.15,lose-request=0.1,http-500=0.05,cut-body=0.05,repeat=0.2,reorder=0.2,delay=30s,"
    "lose-notice=0.05,refuse=0.02"
)
ROUTES = {
    "direct": "",
    "tvan": 'route = "tvan"\ntvan_code = "0109990002"\n',
    "provider": 'route = "viettel"\nuser = "storm"\npassword = "env:NOT_ASKED_FOR"\n',
}
SMALL_MESSAGES = 30_000  # bytes: a shop that has several packages under way
CRASHES_OF_A_SHOP = 50
LAST_LIFE = [("pass", None)] * 12
LAST_LIVES = 40  # of a shop with a provider: a pass ends where the line fails, and it fails often
LONGEST_LIFE = 120.0  # seconds: a life that hangs is a finding, not a reason to wait
HOW = ("before", "in the middle of", "after")
SHOWN = {
    "lost": "sales or messages lost",
    "twice": "numbers or codes twice",
    "hole": "holes without a reason",
    "doubled": "sales invoiced twice",
    "registered": "doubly registered",
    "changed": "signed bytes changed",
    "ledger": "ledgers that do not verify",
    "stuck": "invoices never decided",
    "broke": "lives that ended in an error",
    "recorder": "writes the recorder missed",
}


@dataclass
class Counts:
    """What the storm did and found."""

    crashes: Counter[str] = field(default_factory=Counter)
    points: Counter[str] = field(default_factory=Counter)
    aftermath: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)

    def found(self, wrong: list[str], where: str) -> None:
        """Keep what is wrong."""
        for finding in wrong:
            self.wrong[finding.partition(":")[0]] += 1
            self.findings.append(f"{where}: {finding}")


@dataclass
class Setting:
    """What all shops share, made once: keys, configuration, papers."""

    config: Config
    frame: PackageFrame
    authority: SandboxKeys
    papers: list[bytes]
    sabotage: str
    tvan_code: str | None


def prepare(folder: Path, sabotage: str, route: str) -> Setting:
    """Keys and a configuration as ``thungan init --profile demo`` makes them, for that route."""
    make_folder(folder, demo=True, url="https://127.0.0.1:1")
    settings = folder / "config.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("[authority]\n", f"[authority]\n{ROUTES[route]}", 1), "utf-8")
    key = folder / "keys" / "seller.p12"
    key.unlink()
    phrase = Secret((folder / "keys" / DEMO_PHRASE).read_text())
    throwaway_pkcs12(key, phrase, DEMO_SELLER[1], DEMO_SELLER[0], OPENING, 365)
    authority = open_keys(folder / "sandbox", "127.0.0.1", OPENING)
    config = load_config(folder)
    frame = package_frame(config, open_signer(config))
    papers = [path.read_bytes() for path in sorted(RECEIPTS.glob("*.prn"))]
    tvan_code = config.parties.receiver if route == "tvan" else None
    return Setting(config, frame, authority, papers, sabotage, tvan_code)


class World:
    """One shop's surroundings: register, customers' papers, authority. They outlive every crash."""

    def __init__(self, folder: Path, setting: Setting, seed: int, counts: Counts) -> None:
        self._setting, self._counts = setting, counts
        self._dice = Random(seed)  # noqa: S311 - dice, not a secret
        self.folder = folder / "shop"
        self.folder.mkdir()
        shutil.copytree(setting.config.folder / "keys", self.folder / "keys")
        self._copy = folder / "copy"
        self._copy.mkdir()
        config = replace(setting.config, folder=self.folder)
        several = seed % 2
        self.shop = Shop(config, setting.frame, SMALL_MESSAGES, 3) if several else Shop(config, setting.frame)
        self.sandbox = Sandbox(
            SandboxStore(None),
            setting.authority.signer,
            settings=Settings(tvan_code=setting.tvan_code),
            faults=FaultPlan.parse(f"{FAULTS},seed={seed}"),
        )
        self.now = OPENING
        by_provider = config.register.by_provider
        self.provider = BadLine(ProviderBook(), seed) if by_provider else None
        self._points = PROVIDER_POINTS if by_provider else POINTS
        self._gateway = self.provider or MemoryGateway(self.sandbox, setting.frame.sender, lambda: self.now)
        self.told = Told()
        self.disk = Disk(self.folder, folder / "record")
        self._key = ledger_key(self.folder).public_key()
        self._rung: list[Receipt] = []  # printed by the register, not given to the customer yet
        self._receipts = 0
        self._ended = False  # the last life came to its end
        self._life = 0.05  # seconds a life takes, about
        self._operations = 40.0  # writes and syncs of a life, about

    def crash(self) -> None:
        """One life that ends badly, and the verdict."""
        steps = self._steps()
        kind = self._dice.choice(["point", "write", "moment"])
        point, end, how, moment = "", 0, 0, None
        if kind == "point":
            rare = min(self._counts.points[name] for name in self._points)
            seldom = [name for name in self._points if self._counts.points[name] < rare + 20]
            point = self._dice.choice(seldom)
            passage = self._dice.choice([1, 1, 1, 2, 3, 5])
            wish = f"{point}:{passage}"
        elif kind == "write":
            end, how = self._dice.randint(1, int(self._operations * 1.1)), self._dice.randrange(3)
        else:
            moment = self._dice.uniform(0, self._life * 1.1)
        self._live(steps, wish if kind == "point" else "", end, how, moment)
        if self._ended:  # what was drawn did not come about
            self._counts.crashes["at the end of its life"] += 1
        elif kind == "write":
            self._counts.crashes[f"{HOW[how]} a write or sync"] += 1
        elif kind == "point":
            self._counts.crashes["at a named point"] += 1
            self._counts.points[point] += 1
        else:
            self._counts.crashes["at any moment"] += 1
        self._check_recorder()
        if self._dice.random() < 0.5:
            lost = self.disk.lose_power(self._dice)
            self._counts.aftermath["power lost too"] += 1
            self._counts.totals["unsynced writes at a power loss"] += lost.changes
        else:
            self._counts.aftermath["process killed"] += 1
        self._judge()

    def sell_and_die(self, end: int, how: int) -> bool:
        """A sale, killed at its ``end``-th write or sync; asked for again; killed again, and the power goes.

        False where the life was over before.
        """
        shutil.copyfile(self._setting.config.folder / "thungan.db", self.folder / "thungan.db")
        self.disk = Disk(self.folder, self.disk.record)
        self._live([("sales", [self._ring_up(api=True)])], "", end, how, None)
        if self._ended:
            return False
        self._counts.crashes[f"{HOW[how]} each write and sync of a sale"] += 1
        self._check_recorder()
        self._live(self._again(), TOLD, 0, 0, None)
        self._counts.crashes["asked again, at the answer"] += 1
        self._check_recorder()
        self.disk.lose_power(_Worst())
        self._counts.aftermath["power lost too"] += 1
        self._counts.aftermath["process killed"] += 1
        self._judge()
        self.sandbox.close()
        return True

    def close(self) -> None:
        """The last lives, without a crash: everything is decided, or it is stuck."""
        for _ in range(4 if self.provider is None else LAST_LIVES):
            self._live([*self._again(), *LAST_LIFE], "", 0, 0, None)
            self.now += timedelta(minutes=10)
            if self.provider is not None and not self._waiting():
                break
        self._judge()
        if self.provider is not None:
            self._close_orders(self.provider)
            return
        with closing(open_reader(self.folder / "thungan.db")) as connection:
            invoices = dict(connection.execute("SELECT number, state FROM invoice").fetchall())
            raw = len(raw_captures(connection))
        states = Counter(invoices.values())
        accepted = {number for number, state in invoices.items() if state == "accepted"}
        wrong = [f"stuck: {count} invoices are {state}" for state, count in states.items() - _ends(states)]
        if raw or self._rung:
            wrong.append(f"stuck: {raw} captures, {len(self._rung)} receipts wait")
        if accepted != {one.number for one in self.sandbox.registered()}:
            wrong.append("registered: what we call accepted is not what the authority has registered")
        self._counts.found(wrong, str(self.folder))
        statistics = self.sandbox.statistics()
        totals = self._counts.totals
        totals["receipts rung up"] += self._receipts
        totals["receipts given out"] += len(self.told.given)
        totals["invoices"] += sum(states.values())
        totals["registered"] += int(str(statistics["invoices"]))
        totals["refused by the authority"] += states.get("refused", 0)
        totals["messages"] += int(str(statistics["messages"]))
        totals["arrivals at the authority"] += int(str(statistics["arrivals"]))
        totals["checkpoints of the database"] += self.disk.checkpoints
        self.sandbox.close()

    def _waiting(self) -> bool:
        """Whether an order waits for its number, or an invoice for its paper."""
        with closing(open_reader(self.folder / "thungan.db")) as connection:
            waiting = "SELECT 1 FROM invoice_order WHERE state <> 'invoiced' OR paper_due_at IS NOT NULL"
            return connection.execute(waiting).fetchone() is not None

    def _close_orders(self, provider: BadLine) -> None:
        """Every receipt has its number; nothing else was issued."""
        with closing(open_reader(self.folder / "thungan.db")) as connection:
            states = Counter(state for (state,) in connection.execute("SELECT state FROM invoice_order"))
            papers = connection.execute("SELECT COUNT(*) FROM provider_paper").fetchone()[0]
            raw = len(raw_captures(connection))
        wrong = [
            f"stuck: {count} orders are {state}" for state, count in states.items() if state != "invoiced"
        ]
        if raw or self._rung:
            wrong.append(f"stuck: {raw} captures, {len(self._rung)} receipts wait")
        issued = len(provider.book.issued)
        if issued != sum(states.values()) or papers != issued:
            wrong.append(
                f"registered: {issued} invoices and {papers} papers of {sum(states.values())} orders"
            )
        self._counts.found(wrong, str(self.folder))
        totals = self._counts.totals
        totals["receipts rung up"] += self._receipts
        totals["receipts given out"] += len(self.told.given)
        totals["invoices"] += sum(states.values())
        totals["registered"] += issued
        totals["checkpoints of the database"] += self.disk.checkpoints
        self.sandbox.close()

    def _steps(self) -> list[tuple[str, Any]]:
        """What was rung up and not given out is printed again; then some of a shop's day."""
        steps = self._again()
        for _ in range(self._dice.randint(1, 5)):
            what = self._dice.choices(["receipt", "sales", "pass", "checkpoint"], [5, 2, 4, 1])[0]
            if what == "receipt":
                steps.append((what, self._ring_up(api=False)))
            elif what == "sales":
                steps.append((what, [self._ring_up(api=True) for _ in range(self._dice.randint(2, 4))]))
            else:
                steps.append((what, None))
        return steps

    def _again(self) -> list[tuple[str, Any]]:
        return [("sales", [one]) if one.sale else ("receipt", one) for one in self._rung]

    def _ring_up(self, *, api: bool) -> Receipt:
        self._receipts += 1
        paper = self._dice.choice(self._setting.papers)
        number = f"{'AP' if api else 'HD'}{self._receipts:06d}"
        if api:
            sale = read_receipt(paper).sale
            assert sale is not None
            receipt = api_sale(sale, number, self.now)
        else:
            receipt = Receipt(number, fresh_receipt(paper, self._receipts, self.now))
        self._rung.append(receipt)
        return receipt

    def _live(
        self, steps: list[tuple[str, Any]], point: str, end: int, how: int, moment: float | None
    ) -> None:
        self._ended = False
        ours, theirs = socket.socketpair()
        began = time.monotonic()
        child = os.fork()
        if child == 0:
            ours.close()
            self._child(theirs, steps, point, end, how)
        theirs.close()
        with ours:
            self._serve(ours, child, None if moment is None else began + moment)
        before = self.disk.operations
        self.disk.catch_up()
        if self._ended:
            self._life += (min(time.monotonic() - began, 1.0) - self._life) / 20
            self._operations += (self.disk.operations - before - self._operations) / 20
        self._counts.totals["lives"] += 1
        self.now += timedelta(seconds=self._dice.choice([5, 60, 400]))

    def _child(
        self, line: socket.socket, steps: list[tuple[str, Any]], point: str, end: int, how: int
    ) -> None:
        try:
            recorder = ctypes.CDLL(os.environ["STORM_RECORDER"])
            recorder.recorder_start(
                os.fsencode(self.disk.record), os.fsencode(self.folder), ctypes.c_long(end), ctypes.c_int(how)
            )
            live(line, self.shop, self.now, steps, point, self._setting.sabotage)
            tell(line, ("ended",))
        except BaseException:  # noqa: BLE001 - whatever it is, the parent counts it as a finding
            tell(line, ("broke", traceback.format_exc()))
        # What is left alive at the end of its life is killed as well: no life ends without a crash.
        os.kill(os.getpid(), signal.SIGKILL)

    def _serve(self, line: socket.socket, child: int, until: float | None) -> None:
        """Be the world until the child is dead, at ``until`` by our hand."""
        last = until or time.monotonic() + LONGEST_LIFE
        while True:
            left = max(0.0, last - time.monotonic())
            if not select.select([line], [], [], left)[0]:
                if until is None:
                    self._counts.found([f"broke: a life hung for {LONGEST_LIFE:g} s"], str(self.folder))
                os.kill(child, signal.SIGKILL)
                last, until = time.monotonic() + LONGEST_LIFE, None
                continue
            try:
                self._heard(line, hear(line))
            except (EOFError, ConnectionError):
                break
        os.waitpid(child, 0)

    def _heard(self, line: socket.socket, message: tuple[Any, ...]) -> None:
        if message[0] == "given":
            _, receipt, number, code = message
            self.told.paper(receipt, number, code)
            self._rung = [one for one in self._rung if one.number != receipt]
        elif message[0] == "ask":
            _, what, values, now = message
            self.now = max(self.now, now)
            if what == "send":
                self.told.message(values[1], values[0])
            try:
                answer = (True, getattr(self._gateway, what)(*values))
            except GatewayError as error:
                options = {"retry_after": error.retry_after}
                if isinstance(error, Rejected):
                    options["status"] = error.status
                answer = (False, (type(error).__name__, ((error.message,), options)))
            tell(line, answer)
        elif message[0] == "ended":
            self._ended = True
        elif message[0] == "now":
            self.now = max(self.now, message[1])
        else:
            self._counts.found([f"broke: {message[1]}"], str(self.folder))

    def _check_recorder(self) -> None:
        wrong = [f"recorder: {name} is not what was recorded" for name in self.disk.missed()]
        self._counts.found(wrong, str(self.folder))

    def _judge(self) -> None:
        other = self.sandbox if self.provider is None else self.provider.book
        self._counts.found(judge(self.folder, self._copy, self.told, self._key, other), str(self.folder))
        self._counts.totals["verdicts"] += 1


class _Worst(Random):
    """Dice by which everything that was not synced is lost."""

    def choice(self, seq: Any) -> Any:
        """The first."""
        return seq[0]


def _ends(states: dict[str, int]) -> set[tuple[str, int]]:
    return {(state, count) for state, count in states.items() if state in {"accepted", "refused"}}


def build_recorder(folder: Path) -> Path:
    """Compile the recorder."""
    library = folder / "recorder.so"
    source = Path(__file__).with_name("recorder.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(source), "-ldl"], check=True)
    return library


def storm(
    crashes: int, seed: int, ways: int, sabotage: str, folder: Path, *, route: str, quiet: bool
) -> Counts:
    """So many crashes, after those at each write and sync of a sale in so many ``ways`` (of HOW).

    Stops early at the first shop with a finding, and leaves its folder.
    """
    counts = Counts()
    setting = prepare(folder / "setting", sabotage, route)
    gc.collect()
    gc.freeze()  # the children share what is warm by now
    began, shops = time.monotonic(), 0
    for how in range(ways):
        swept = _sweep(folder, setting, how, counts)
        if not quiet:
            sys.stderr.write(f"each of the {swept} writes and syncs of a sale, killed {HOW[how]} it\n")
    while sum(counts.crashes.values()) < crashes and not counts.findings:
        shops += 1
        place = folder / f"shop-{shops}"
        place.mkdir()
        world = World(place, setting, seed * 100_003 + shops, counts)
        for _ in range(min(CRASHES_OF_A_SHOP, crashes - sum(counts.crashes.values()))):
            world.crash()
            if counts.findings:
                break
        else:
            world.close()
        if not counts.findings:
            shutil.rmtree(place)
        if not quiet:
            _progress(counts, crashes, time.monotonic() - began)
    counts.totals["shops"] = shops
    counts.totals["seconds"] = round(time.monotonic() - began)
    return counts


def _sweep(folder: Path, setting: Setting, how: int, counts: Counts) -> int:
    """Kill at every write and sync of one sale in turn; how many there are."""
    end, alive = 0, True
    while alive and not counts.findings:
        end += 1
        place = folder / f"sale-{how}-{end}"
        place.mkdir()
        alive = World(place, setting, end, counts).sell_and_die(end, how)
        if not counts.findings:
            shutil.rmtree(place)
    return end - 1


def _progress(counts: Counts, of: int, seconds: float) -> None:
    done, wrong = sum(counts.crashes.values()), sum(counts.wrong.values())
    left = seconds / done * max(0, of - done)
    end = "\r" if sys.stderr.isatty() and done < of else "\n"
    words = f"{done:6d} of {of} crashes, {wrong} findings, {seconds:.0f} s, about {left:.0f} s to go"
    sys.stderr.write(f"{words:70}{end}")
    sys.stderr.flush()


def show(counts: Counts) -> None:
    """The counts for a person."""
    out = [f"{sum(counts.crashes.values()):,} crashes"]
    for title, counter in (
        ("by place", counts.crashes),
        ("then", counts.aftermath),
        ("in all", counts.totals),
    ):
        out += ["", f"{title}:", *(f"  {count:9,}  {name}" for name, count in sorted(counter.items()))]
    out += ["", "named points:"]
    named = POINTS | PROVIDER_POINTS
    out += [f"  {count:9,}  {name}: {named[name]}" for name, count in sorted(counts.points.items())]
    out += ["", "found:", *(f"  {counts.wrong[kind]:9,}  {words}" for kind, words in SHOWN.items())]
    sys.stdout.write("\n".join(out) + "\n")
    for finding in counts.findings[:20]:
        sys.stdout.write(f"FOUND {finding}\n")


def main() -> int:
    """Run with the recorder in front of the C library."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--crashes", type=int, default=10_000, metavar="N")
    parser.add_argument("--seed", type=int, default=2026, metavar="S")
    parser.add_argument(
        "--sweep",
        type=int,
        choices=range(4),
        default=3,
        metavar="WAYS",
        help="of HOW, for each write of a sale",
    )
    parser.add_argument("--route", choices=ROUTES, default="direct", help="the way to the authority")
    parser.add_argument("--json", action="store_true", help="the counts as JSON")
    parser.add_argument(
        "--sabotage",
        default="",
        choices=["", *SABOTAGES],
        help="break the program on purpose: the storm must notice",
    )
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="storm-"))
    if "STORM_RECORDER" not in os.environ:
        library = str(build_recorder(folder))
        environment = {**os.environ, "LD_PRELOAD": library, "STORM_RECORDER": library}
        done = subprocess.run([sys.executable, *sys.argv], env=environment, check=False)
        shutil.rmtree(folder)
        return done.returncode
    counts = storm(
        arguments.crashes,
        arguments.seed,
        arguments.sweep,
        arguments.sabotage,
        folder,
        route=arguments.route,
        quiet=arguments.json,
    )
    if arguments.json:
        json.dump({name: getattr(counts, name) for name in _COUNTED}, sys.stdout, ensure_ascii=False)
    else:
        show(counts)
    if counts.findings and not arguments.sabotage:
        sys.stderr.write(f"the shop's files are kept in {folder}\n")
        return 1
    shutil.rmtree(folder)
    return 1 if counts.findings else 0


_COUNTED = ("crashes", "points", "aftermath", "totals", "wrong", "findings")

if __name__ == "__main__":
    sys.exit(main())
