"""The outbox against a plain model of itself, driven by hypothesis with an authority that does what it likes.

``THUNGAN_EXAMPLES`` is how many lives are tried (25; ``make storm`` tries more), each of up to 40 steps. The
model is what a person would keep on paper: which sales were made and which numbers they were given. All else
is said as an invariant: no state that the table does not allow, no byte that changes, no invoice under a
second MTDiep while the first may still be decided. At the end the authority behaves, and everything must be
decided.
"""

import os
import shutil
import ssl
import tempfile
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hostile_authority import LATE, LIES, TRICKS, HostileGateway
from hostile_server import HostileServer, Talk, certificate
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
)
from lives import IN_MEMORY, LATER, drive, reachable
from outbox_samples import NOW, REGISTER, TAX_CODE, Clock, sale

from audit.ledger_check import check_ledger
from authority.answers import ALL_VALID, PACKAGE_REFUSED
from authority.codes import Parties, direct_parties, tvan_parties
from authority.direct import DirectGateway
from authority.https_line import Timeouts
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from authority.sandbox.faults import FaultPlan
from authority.sandbox.keys import SandboxKeys, open_keys
from authority.sandbox.settings import Settings
from authority.sandbox.store import Store as SandboxStore
from outbox import delivery as delivery_module
from outbox.delivery import Delivery
from outbox.issuing import issue
from outbox.packages import go_again, move_package, release_held
from outbox.states import InvoiceState, PackageState
from outbox.store import Job, Store, Tx
from signing.xmldsig import XmlSigner

WAYS = (direct_parties(TAX_CODE), tvan_parties(TAX_CODE, "0109990002"))
EXAMPLES = int(os.environ.get("THUNGAN_EXAMPLES", "25"))
PASSES = 300
WAITS = st.sampled_from([0.0, 1.0, 15.0, 130.0, LATER, 4000.0])


def _say(data: bytes, *, endless: bool = False) -> Talk:
    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(data)
        while endless and not stopped.is_set():
            tls.sendall(b"x" * 4096)

    return talk


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"
WIRES: dict[str, Talk] = {
    "redirect": _say(b"HTTP/1.1 302 Found\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
    "cut body": _say(HEAD % 5000 + b"<TDiep>"),
    "endless body": _say(b"HTTP/1.1 200 OK\r\n\r\n", endless=True),
    "endless head": _say(b"HTTP/1.1 200 OK\r\nA: ", endless=True),
    "wrong XML": _say(HEAD % 8 + b"<TDiep/>"),
    "no HTTP": _say(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "404 page": _say(b"HTTP/1.1 404 Not Found\r\nContent-Length: 5\r\n\r\n<htm>"),
    "429": _say(b"HTTP/1.1 429 Slow\r\nRetry-After: 60\r\nContent-Length: 0\r\n\r\n"),
    "500": _say(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"),
}


class Wires:
    """Real HTTPS servers on loopback that break every rule, one of each kind."""

    def __init__(self, folder: Path) -> None:
        places = [folder / name for name in ("good", "expired", "wrong-host")]
        for place in places:
            place.mkdir()
        good = certificate(places[0])
        expired = certificate(places[1], expired=True)
        other = certificate(places[2], address="127.0.0.2")
        served = {name: (talk, good) for name, talk in WIRES.items()}
        served["expired TLS"], served["wrong host"] = (WIRES["500"], expired), (WIRES["500"], other)
        served["unknown issuer"] = (WIRES["500"], good)
        self._servers = {name: HostileServer(talk, *keys) for name, (talk, keys) in served.items()}
        self._authorities = {name: keys[0] for name, (_, keys) in served.items()}
        self._authorities["unknown issuer"] = other[0]
        self.names = tuple(served)

    def gateway(self, name: str, sender: str) -> DirectGateway:
        timeouts = Timeouts(connect=2, read=0.3, total=2)
        return DirectGateway(self._servers[name].url, sender, ca=self._authorities[name], timeouts=timeouts)

    def close(self) -> None:
        for server in self._servers.values():
            server.close()


class Outbox(RuleBasedStateMachine):
    """The machine; what the class holds is made once for all examples."""

    way: ClassVar[Parties]
    frame: ClassVar[PackageFrame]
    trust: ClassVar[list[x509.Certificate]]
    keys: ClassVar[SandboxKeys]
    forger: ClassVar[SandboxKeys]
    wires: ClassVar[Wires]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine-", dir=IN_MEMORY))
        self.clock = Clock()
        # What chance does hangs on the names of messages: so these are the same in every run.
        ids = (UUID(bytes=sha256(b"%d" % place).digest()[:16], version=4) for place in count())
        self.new_id = ids.__next__
        plan = FaultPlan.parse("delay=2m,reorder=0.3,repeat=0.3")
        self.sandbox = Sandbox(
            SandboxStore(None), self.keys.signer, settings=self._strict(), faults=plan, new_id=self.new_id
        )
        self.gateway = HostileGateway(self.sandbox, self.way.sender, self.clock, self.new_id)
        self.sales: dict[str, int] = {}  # the model: receipt -> number
        self.before: dict[int, str] = {}
        self.packages_before: dict[str, str] = {}
        self.hashes: dict[int, str] = {}
        self._open()

    def _open(self) -> None:
        self.store = Store(self.folder, self.frame.signer, self.clock)
        self.delivery = self._delivery(self.gateway)

    def _delivery(self, gateway: Any) -> Delivery:
        return Delivery(
            self.store,
            gateway,
            self.frame,
            self.way.sender,
            TAX_CODE,
            self.trust,
            receiver=self.way.receiver,
            clock=self.clock,
            new_id=self.new_id,
        )

    def _strict(self, **habits: Any) -> Settings:
        by_tvan = self.way != direct_parties(TAX_CODE)
        return Settings(tvan_code=self.way.receiver if by_tvan else None, **habits)

    def _rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        connection = self.store.reader()
        try:
            return [tuple(row) for row in connection.execute(query, values)]
        finally:
            connection.close()

    @rule(many=st.integers(1, 4))
    def sell(self, many: int) -> None:
        """Sales handed over together get the next numbers, in order."""
        receipts = [f"HD{len(self.sales) + place}" for place in range(1, many + 1)]
        waiting = [(one, self.store.submit(issue(sale(one), REGISTER))) for one in receipts]
        for receipt, future in waiting:
            issued = future.result(60)
            assert issued.number == len(self.sales) + 1
            assert not issued.again
            self.sales[receipt] = issued.number

    @precondition(lambda self: self.sales)
    @rule(data=st.data())
    def sell_again(self, data: st.DataObject) -> None:
        """The same receipt after a time-out is the same invoice."""
        receipt = data.draw(st.sampled_from(sorted(self.sales)))
        issued = self.store.run(issue(sale(receipt), REGISTER))
        assert (issued.number, issued.again) == (self.sales[receipt], True)

    @rule(waits=st.lists(WAITS, min_size=1, max_size=3))
    def deliver(self, waits: list[float]) -> None:
        """Some passes."""
        self._deliver(*waits)

    def _deliver(self, *waits: float) -> None:
        for wait in waits:
            self.clock.move(seconds=wait)
            self.delivery.run_once()

    @rule()
    def restart(self) -> None:
        """The program ends and begins again."""
        self.store.close()
        self._open()

    @rule(call=st.sampled_from(sorted(TRICKS)), data=st.data(), wait=WAITS)
    def deliver_badly(self, call: str, data: st.DataObject, wait: float) -> None:
        """The next calls of a kind go wrong."""
        names = [one for one in TRICKS[call] if one not in LIES]
        self.gateway.tricks[call].extend(data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=3)))
        self._deliver(wait)

    @rule(late=st.sampled_from(LATE), many=st.integers(1, 3))
    def sell_and_lose_the_answer(self, late: str, many: int) -> None:
        """The commonest trouble: taken, the answer lost, and the next look-up too."""
        self.sell(many)
        self.gateway.tricks["send"].append(f"taken, then {late}")
        self.gateway.tricks["look_up"].append("cannot say")
        self._deliver(LATER, LATER)

    @rule(trick=st.sampled_from(LIES))
    def lie(self, trick: str) -> None:
        """The authority says no to what it has taken."""
        self.gateway.tricks["send" if "taken" in trick else "look_up"].append(trick)
        self._deliver(LATER)

    @rule(copies=st.sampled_from(["same-answer", "refuse"]), answer=st.sampled_from(["by-return", "inbox"]))
    def change_habits(self, copies: Any, answer: Any) -> None:
        """What the authority does with copies, and where its 999 comes, is not known: both."""
        self.sandbox.settings = self._strict(duplicate_message=copies, technical_answer=answer)

    @precondition(lambda self: self.gateway.packages)
    @rule(kind=st.sampled_from([ALL_VALID, PACKAGE_REFUSED]), data=st.data())
    def forge(self, kind: int, data: st.DataObject) -> None:
        """A 204 that the authority has not signed."""
        message_id = data.draw(st.sampled_from(sorted(self.gateway.packages)))
        self.gateway.notice(message_id, kind, self.forger.signer, TAX_CODE)
        self._deliver(0.0)

    @rule(kind=st.sampled_from([ALL_VALID, PACKAGE_REFUSED]), many=st.integers(1, 3))
    def sell_and_forge(self, kind: int, many: int) -> None:
        """The forged 204 comes while the package is undecided."""
        self.sell(many)
        self.gateway.tricks["send"].clear()
        self._deliver(LATER)
        if self.gateway.packages:
            self.gateway.notice(list(self.gateway.packages)[-1], kind, self.forger.signer, TAX_CODE)
        self._deliver(0.0)

    @precondition(lambda self: self.gateway.packages)
    @rule(kind=st.sampled_from([ALL_VALID, PACKAGE_REFUSED]), data=st.data())
    def contradict(self, kind: int, data: st.DataObject) -> None:
        """A 204 that the authority has signed, and that says anything."""
        message_id = data.draw(st.sampled_from(sorted(self.gateway.packages)))
        self.gateway.notice(message_id, kind, self.keys.signer, TAX_CODE)
        self.gateway.lied_about |= self.gateway.packages[message_id]
        self._deliver(0.0)

    @rule(data=st.data())
    def pass_over_a_bad_wire(self, data: st.DataObject) -> None:
        """One pass through the real HTTPS gateway, to a server that is not the authority."""
        gateway = self.wires.gateway(data.draw(st.sampled_from(self.wires.names)), self.way.sender)
        waiting = self._rows("SELECT COUNT(*) FROM package WHERE state <> 'decided'")
        answers = self._rows("SELECT COUNT(*) FROM answer")
        delivery = self._delivery(gateway)
        done = delivery.run_once()
        delivery.close()
        assert done.problem is not None
        assert self._rows("SELECT COUNT(*) FROM answer") == answers
        # Nothing was decided there; what was packed may have been sent into the void.
        assert self._rows("SELECT COUNT(*) FROM package WHERE state <> 'decided'") >= waiting

    @invariant()
    def numbers_are_those_on_paper(self) -> None:
        """P1, P2: every sale once, numbered without a hole."""
        found = self._rows(
            "SELECT receipt_no, number, code FROM invoice JOIN sale ON sale.id = sale_id ORDER BY number"
        )
        assert {receipt: number for receipt, number, _ in found} == self.sales
        assert [number for _, number, _ in found] == list(range(1, len(self.sales) + 1))
        assert len({code for _, _, code in found}) == len(found)

    @invariant()
    def states_move_as_the_table_says(self) -> None:
        """No state but by allowed transitions; no document changes (P5)."""
        for number, state, digest in self._rows("SELECT number, state, sha256 FROM invoice"):
            assert state in reachable(self.before.get(number, "issued"), InvoiceState)
            assert self.hashes.setdefault(number, digest) == digest
            self.before[number] = state
        for message_id, state in self._rows("SELECT message_id, state FROM package"):
            assert state in reachable(self.packages_before.get(message_id, "built"), PackageState)
            self.packages_before[message_id] = state

    @invariant()
    def nothing_leaves_twice_but_itself(self) -> None:
        """P3, as it was told: the same bytes under one MTDiep, a second MTDiep only after a no."""
        assert self.gateway.broken_promises == []
        stored = dict(self._rows("SELECT message_id, document FROM package"))
        stored |= dict(self._rows("SELECT message_id, document FROM acknowledgement"))
        for message_id, messages in self.gateway.sent.items():
            assert set(messages) == {stored[message_id]}

    @invariant()
    def the_authority_registers_once(self) -> None:
        """P3, in truth."""
        statistics = self.sandbox.statistics()
        assert statistics["doubly_registered"] == 0
        if not self.gateway.lied_about:
            assert statistics["refused_as_duplicate"] == 0

    @invariant()
    def what_is_accepted_is_registered(self) -> None:
        """A forged notice moves nothing."""
        accepted = {n for (n,) in self._rows("SELECT number FROM invoice WHERE state = 'accepted'")}
        registered = {one.number for one in self.sandbox.registered()}
        assert accepted - registered <= self.gateway.lied_about

    def teardown(self) -> None:
        """The authority behaves: everything is decided, and the ledger verifies."""
        try:
            self._end_well()
        finally:
            self.store.close()
            self.sandbox.close()
            shutil.rmtree(self.folder)

    def _end_well(self) -> None:
        self.gateway.tricks.clear()
        for _ in range(PASSES):
            self.delivery.run_once()
            self.clock.move(seconds=LATER)
            for (held,) in self._rows("SELECT id FROM invoice WHERE state = 'held'"):
                self.store.run(release_held(held))
            if not {state for (state,) in self._rows("SELECT state FROM invoice")} - {"accepted", "refused"}:
                break
        self.numbers_are_those_on_paper()
        self.states_move_as_the_table_says()
        self.nothing_leaves_twice_but_itself()
        self.the_authority_registers_once()
        states = dict(self._rows("SELECT number, state FROM invoice"))
        stuck = {number: state for number, state in states.items() if state not in {"accepted", "refused"}}
        assert stuck == {}
        registered = {one.number for one in self.sandbox.registered()}
        refused = {number for number, state in states.items() if state == "refused"}
        assert refused <= self.gateway.lied_about
        assert registered ^ (set(states) - refused) <= self.gateway.lied_about
        connection = self.store.reader()
        report = check_ledger(connection, Ed25519PrivateKey.generate().public_key())
        connection.close()
        assert report.problems == ()


@pytest.fixture(scope="module")
def wires(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wires]:
    made = Wires(tmp_path_factory.mktemp("wires"))
    yield made
    made.close()


@pytest.fixture(params=WAYS, ids=["direct", "tvan"])
def machine(
    request: pytest.FixtureRequest,
    signer: XmlSigner,
    trust: list[x509.Certificate],
    sandbox_keys: SandboxKeys,
    wires: Wires,
    tmp_path: Path,
) -> Callable[[], Outbox]:
    forger = open_keys(tmp_path, "127.0.0.1", NOW)
    way: Parties = request.param
    frame = PackageFrame.of(signer, sender=way.sender, receiver=way.receiver, tax_code=TAX_CODE)
    world = {
        "way": way,
        "frame": frame,
        "trust": trust,
        "keys": sandbox_keys,
        "forger": forger,
        "wires": wires,
    }
    return type("ThisOutbox", (Outbox,), world)


def test_no_authority_and_no_line_can_break_the_outbox(machine: Callable[[], Outbox]) -> None:
    drive(machine, EXAMPLES, Phase.generate, Phase.shrink)


def test_the_machine_notices_a_resend_under_a_new_id(
    machine: Callable[[], Outbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The commonest mistake: after a time-out the invoices are packed anew, without a question."""

    def pack_anew(package_id: int, until: datetime, reason: str) -> Job[None]:
        def job(tx: Tx) -> None:
            ((size,),) = tx.execute("SELECT invoices FROM package WHERE id = ?", (package_id,)).fetchall()
            move_package(tx, package_id, PackageState.DECIDED, reason)
            go_again(tx, package_id, size, reason)

        return job

    monkeypatch.setattr(delivery_module, "count_failure", pack_anew)
    with pytest.raises(AssertionError, match="may still be decided"):
        drive(machine, 100, Phase.generate)
