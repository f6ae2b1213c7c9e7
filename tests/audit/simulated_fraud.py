"""A shop over weeks of simulated time: honest, or with known manipulations; the agent in it is the real one.

Real are configuration, capture, reading, store, issuing, ledger, checkpoints, delivery and the sandbox
authority (in memory); simulated are the customers, the register and the clock.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any

from cryptography import x509
from simulated_register import (
    Day,
    Order,
    Print,
    Register,
    bill,
    day_report,
    drawer,
    receipt,
    refund_of,
    smudged,
    training,
)

from agent.commands.init import DEMO_PHRASE, DEMO_SELLER, make_folder
from agent.config import load_config
from agent.parts import open_signer, sign_checkpoint
from agent.software import record_start
from agent.till import Till
from authority.codes import direct_code
from authority.errors import GatewayUnreachable
from authority.memory import MemoryGateway
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import open_keys
from authority.sandbox.store import Store as SandboxStore
from drivers.framing import Captured
from errors import ThunganError
from invoice.sale_json import VIETNAM
from outbox.captures import RawCapture, settle_capture
from outbox.chronicle import note_configuration, program_stopped
from outbox.deadlines import watch_deadline
from outbox.delivery import Delivery
from outbox.resolving import resolve_as_nothing
from outbox.states import CaptureState
from outbox.store import Store
from signing.keys import throwaway_pkcs12
from signing.passphrase import Secret

FIRST = date(2026, 11, 2)
SOURCE = "serial:///dev/ttyUSB0"


@dataclass(frozen=True)
class Plan:
    """What is done wrong, by the number of the day (0 is the first); everything else is honest."""

    cable_out: dict[int, tuple[int, int]] = field(default_factory=dict)  # day: hours from, to
    voids: tuple[int, ...] = ()  # bills of the evening cashier, paid in cash, then voided
    reused: tuple[int, ...] = ()  # one bill shown to several tables
    in_training: tuple[int, ...] = ()  # lunch rung up in training mode
    drawers: tuple[int, ...] = ()  # sales without any paper: the drawer only
    refunds: tuple[int, ...] = ()  # invented returns of one cashier
    dismissed: tuple[int, ...] = ()  # good receipts made unreadable, and declared to be no sale
    lower_rate: int | None = None  # from this day on, everything at 5%
    swapped: int | None = None  # from this day on, a program that invoices no large sale
    clock_back: int | None = None  # on this day, the clock goes back 26 hours for the evening
    quiet_days: tuple[int, ...] = ()  # two thirds of the sales never reach any printer


HONEST = Plan()


class SwappedTill(Till):
    """A program that somebody has changed: it calls large sales kitchen tickets."""

    def _understand(self, capture: RawCapture, *more: Any) -> bytes:
        text = capture.data.decode(errors="replace")
        if "HÓA ĐƠN BÁN HÀNG\n" in text and "Lẩu thái" in text:
            self._store.run(settle_capture(capture.capture_id, CaptureState.NON_SALE, "kitchen"))
            return b""
        return super()._understand(capture, *more)


class Shop:
    """One shop with its agent; ``live`` runs it for a number of days.

    ``begin``: go on from this day in a folder that has lived until then.
    """

    def __init__(
        self, folder: Path, plan: Plan = HONEST, *, seed: int = 7, busy: float = 1.0, begin: int = 0
    ) -> None:
        self.folder = folder
        self.plan = plan
        self.begin = begin
        self.now = _morning_of(begin)
        self.register = Register(seed, busy)
        for number in range(begin):
            self.register.day(FIRST + timedelta(days=number))  # the same customers, seen before
        self.dice = Random(seed)  # noqa: S311 - dice for a test
        self.taken_in_cash = 0  # what the till took and no invoice shows: the truth of the fraud
        if begin == 0:
            self._make_folder()
        self.config = load_config(folder)
        self.store = Store(folder, open_signer(self.config), lambda: self.now)
        record_start(self.config, self.store)
        self.till = Till(self.config, self.store)
        self._open_authority()
        self._counted: list[Order] = []  # what the register has rung up today
        self._next = self.now  # when the agent delivers next

    def live(self, days: int) -> None:
        """Open every morning, close every night."""
        for number in range(self.begin, self.begin + days):
            self._morning(number)
            for paper in self._papers(number, self.register.day(FIRST + timedelta(days=number))):
                self._wait_until(paper.at)
                self._print(number, paper)
            self._night()

    def close(self) -> None:
        """Deliver what is left, sign the ledger, let go of the folder."""
        self._deliver()
        self.store.run(program_stopped())
        sign_checkpoint(self.config, self.store)
        self.store.close()
        self.sandbox.close()

    def _make_folder(self) -> None:
        make_folder(self.folder, demo=True)
        key = self.folder / "keys" / "seller.p12"
        key.unlink()
        phrase = Secret((self.folder / "keys" / DEMO_PHRASE).read_text())
        throwaway_pkcs12(key, phrase, DEMO_SELLER[1], DEMO_SELLER[0], self.now, 400)

    def _open_authority(self) -> None:
        keys = open_keys(self.folder / "sandbox", "127.0.0.1", self.now)
        self.sandbox = Sandbox(SandboxStore(self.folder / "sandbox.db"), keys.signer, faults=FaultPlan())
        sender = direct_code(self.config.seller.tax_code)
        self._gateway = _Line(self, sender)
        frame = PackageFrame.of(open_signer(self.config), sender=sender, tax_code=self.config.seller.tax_code)
        trust = [x509.load_pem_x509_certificate(keys.trust.read_bytes())]
        self._delivery = Delivery(
            self.store,
            self._gateway,
            frame,
            sender,
            self.config.seller.tax_code,
            trust,
            clock=lambda: self.now,
        )

    def _morning(self, number: int) -> None:
        """What changes overnight: the configuration, the program."""
        self._counted = []
        if number == self.plan.lower_rate:
            path = self.folder / "config.toml"
            path.write_text(path.read_text("utf-8").replace('default = "8%"', 'default = "5%"'), "utf-8")
            self.config = load_config(self.folder)
            record_start(self.config, self.store)
            self.till = Till(self.config, self.store)
        if number == self.plan.swapped:
            self._swap_program()

    def _swap_program(self) -> None:
        """Another program under the same name: its hash is another, whatever it says of its version."""
        connection = self.store.reader()
        (body,) = connection.execute(
            "SELECT body FROM leaf WHERE kind = 'configuration' ORDER BY seq DESC LIMIT 1"
        ).fetchone()
        connection.close()
        said = json.loads(body)
        content, profiles, key = said["content"], said["profiles"], said["ledger_key"]
        code = sha256(b"a changed program").hexdigest()
        self.store.run(note_configuration(content, profiles, said["program"], code, key))
        self.till = SwappedTill(self.config, self.store)

    def _papers(self, number: int, day: Day) -> list[Print]:
        """What the register prints on one day, in order of time, honest papers and others."""
        plan = self.plan
        papers = list(day.extra)
        reused: Order | None = None
        for order in day.orders:
            evening = order.paid_at.hour >= 18
            if number in plan.quiet_days and self.dice.random() < 0.67:
                self.taken_in_cash += order.total
                continue
            if order.table:
                if number in plan.reused and evening and reused is not None and self.dice.random() < 0.6:
                    # The guests see the bill of an earlier table; theirs is never rung up.
                    papers.append(bill(reused, order.billed_at))
                    self.taken_in_cash += reused.total
                    continue
                papers.append(bill(order))
                if number in plan.voids and evening and order.cashier == "Hùng":
                    self.taken_in_cash += order.total
                    continue
                reused = order
            if number in plan.drawers and order.table is None and self.dice.random() < 0.3:
                papers.append(drawer(order.paid_at))
                self.taken_in_cash += order.total
                continue
            if number in plan.in_training and order.paid_at.hour == 12:
                papers.append(training(order))
                self.taken_in_cash += order.total
                continue
            if number in plan.dismissed and order.total > 250_000 and self.dice.random() < 0.3:
                papers.append(smudged(order))
                self.taken_in_cash += order.total
                continue
            papers.append(receipt(order))
            if number in plan.refunds and order.cashier == "Mai" and self.dice.random() < 0.25:
                papers.append(refund_of(order, order.paid_at + timedelta(minutes=25), "Mai"))
        if number in {5, 12} and not plan.dismissed:  # an honest shop has torn paper too
            papers.append(replace(smudged(day.orders[3]), order=None))
        papers.sort(key=lambda paper: paper.at)
        return self._with_reports(papers)

    def _with_reports(self, papers: list[Print]) -> list[Print]:
        """The register's own reports: at the change of shifts, and at the end of the day."""
        day = papers[0].at
        rung = [paper for paper in papers if paper.kind == "sale" and paper.order is not None]
        out = list(papers)
        for hour, title in ((15, "BÁO CÁO CA"), (23, "BÁO CÁO CUỐI NGÀY")):
            at = day.replace(hour=hour, minute=0, second=0)
            sold = [paper.order for paper in rung if paper.at <= at and paper.order is not None]
            out.append(day_report(at, title, sold))
        return sorted(out, key=lambda paper: paper.at)

    def _print(self, number: int, paper: Print) -> None:
        """One paper leaves the register, and the agent hears it unless the cable is out."""
        begun, ended = self.plan.cable_out.get(number, (0, 0))
        if begun <= paper.at.hour < ended:
            if paper.kind == "sale" and paper.order is not None:
                self.taken_in_cash += paper.order.total
            return
        back = timedelta(0)
        if number == self.plan.clock_back and paper.at.hour >= 20:
            back = timedelta(hours=26)
        self.now = paper.at - back
        with suppress(ThunganError):  # the alarm stands, the paper is kept: selling goes on
            self.till.take(SOURCE, Captured(paper.data, "drawer" if paper.kind == "drawer" else "cut"))
        if paper.kind == "quarantined":
            self._decide(number, paper)
        self.now = paper.at

    def _decide(self, number: int, paper: Print) -> None:
        """A person looks at the capture that could not be read: the fraud says it was nothing."""
        connection = self.store.reader()
        capture_id = connection.execute("SELECT MAX(id) FROM capture").fetchone()[0]
        connection.close()
        if number in self.plan.dismissed:
            self.store.run(resolve_as_nothing(capture_id, "in thử", "hung"))
        elif paper.order is None:
            self.store.run(resolve_as_nothing(capture_id, "giấy kẹt, đã in lại phiếu khác", "lan"))

    def _wait_until(self, at: datetime) -> None:
        """Time passes: every two hours the agent delivers and looks after itself."""
        while self._next <= at:
            self.now = max(self.now, self._next)
            self._next += timedelta(hours=2)
            self._deliver()
        self.now = at

    def _deliver(self) -> None:
        self.till.take_left_over()
        self._delivery.run_once()
        self.store.run(watch_deadline())

    @property
    def line_is_down(self) -> bool:
        """One honest outage, over night."""
        begun = _morning_of(8) + timedelta(hours=10)
        return begun <= self.now < begun + timedelta(hours=20)

    def _night(self) -> None:
        self._wait_until(self.now.replace(hour=23, minute=40))
        sign_checkpoint(self.config, self.store)
        self._wait_until((self.now + timedelta(days=1)).replace(hour=6, minute=0))


class _Line(MemoryGateway):
    """The way to the sandbox in memory, which is away when the shop's line is."""

    def __init__(self, shop: Shop, sender: str) -> None:
        super().__init__(shop.sandbox, sender, lambda: shop.now)
        self._shop = shop

    def _reached(self) -> datetime:
        if self._shop.line_is_down:
            raise GatewayUnreachable("no route to host")
        return super()._reached()


def _morning_of(number: int) -> datetime:
    return datetime(FIRST.year, FIRST.month, FIRST.day, 6, tzinfo=VIETNAM) + timedelta(days=number)


def run_shop(
    folder: Path, plan: Plan = HONEST, *, days: int, seed: int = 7, busy: float = 1.0, begin: int = 0
) -> Shop:
    """A shop's days, closed and ready to be exported."""
    shop = Shop(folder, plan, seed=seed, busy=busy, begin=begin)
    try:
        shop.live(days)
    finally:
        shop.close()
    return shop
