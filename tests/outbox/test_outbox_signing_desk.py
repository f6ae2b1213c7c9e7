"""Signing by configuration: what is issued, packed and accepted while the key is slow, away or revoked."""

import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from outbox_samples import NOW, REGISTER, SENDER, TAX_CODE, Clock, RecordingGateway, issue_many, rows, sale

from audit.ledger_check import check_ledger
from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from invoice.reader import read_invoice
from outbox.captures import record_capture
from outbox.clock import note_clock
from outbox.delivery import Delivery
from outbox.errors import NoSigningKey
from outbox.issuing import issue
from outbox.packages import draft_next, hold, store_package
from outbox.signing_desk import BUNDLE, ENOUGH, MOST_TOGETHER, QUICK, EachInvoice, SigningDesk, ToSign
from outbox.store import Store, Tx
from signing.errors import CertificateRevoked, KeyAway
from signing.verify import verify_document
from signing.xmldsig import XmlSigner


class Clockwork:
    """Seconds that pass only when the key takes them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Moody:
    """The shop's key as it may be: ``away``, ``hanging`` until ``wake`` is set, or slow by ``seconds``."""

    def __init__(self, signer: XmlSigner, clockwork: Clockwork | None = None) -> None:
        self.signer, self.certificate = signer, signer.certificate
        self.clockwork = clockwork or Clockwork()
        self.seconds = 0.0
        self.away = self.hanging = False
        self.wake = threading.Event()
        self.asked, self.until = 0, 10**9

    def sign(self, digest: bytes, content_id: str, signature_id: str, signing_time: datetime) -> bytes:
        self.asked += 1
        self.clockwork.now += self.seconds
        if self.hanging:
            self.wake.wait(60)
        if self.away or self.asked > self.until:
            raise KeyAway("the token is not there")
        return self.signer.sign(digest, content_id, signature_id, signing_time)


@pytest.fixture
def moody(signer: XmlSigner) -> Iterator[Moody]:
    key = Moody(signer)
    yield key
    key.wake.set()


NewStore = Callable[[EachInvoice], Store]


@pytest.fixture
def open_store(tmp_path: Path, moody: Moody, clock: Clock) -> Iterator[NewStore]:
    opened: list[Store] = []

    def make(rule: EachInvoice) -> Store:
        opened.append(Store(tmp_path, moody, clock, invoices=rule))
        return opened[-1]

    yield make
    for store in opened:
        store.close()


def documents(store: Store) -> list[bytes]:
    return [bytes(document) for (document,) in rows(store, "SELECT document FROM invoice ORDER BY id")]


def signed(store: Store) -> list[bool]:
    return [b"<SignatureValue>" in document for document in documents(store)]


def ledger_problems(store: Store) -> tuple[str, ...]:
    with closing(store.reader()) as reader:
        return check_ledger(reader, Ed25519PrivateKey.generate().public_key()).problems


def delivery(
    store: Store, sandbox: Sandbox, frame: PackageFrame | None, trust: list[x509.Certificate]
) -> Delivery:
    gateway = RecordingGateway(sandbox, SENDER, store._clock)
    return Delivery(store, gateway, frame, SENDER, TAX_CODE, trust, clock=store._clock)


def test_only_packages_are_signed_and_the_authority_accepts(
    open_store: NewStore,
    moody: Moody,
    frame: PackageFrame,
    trust: list[x509.Certificate],
    new_sandbox: Callable[..., Sandbox],
) -> None:
    store = open_store(EachInvoice.NEVER)
    issue_many(store, 5)
    assert moody.asked == 0
    assert signed(store) == [False] * 5
    delivery(store, new_sandbox(), frame, trust).run_once()
    assert rows(store, "SELECT DISTINCT state FROM invoice") == [("accepted",)]
    ((package,),) = rows(store, "SELECT document FROM package")
    report = verify_document(bytes(package), trust=[moody.certificate])
    assert report.valid
    assert [one.covers for one in report.signatures] == ["/TDiep/DLieu"]
    assert report.by_package == tuple(f"/TDiep/DLieu/HDon[{n}]" for n in range(1, 6))
    assert ledger_problems(store) == ()


def test_an_unsigned_invoice_reads_back_and_is_proven_by_its_package_only(open_store: NewStore) -> None:
    store = open_store(EachInvoice.NEVER)
    (issued,) = issue_many(store, 1)
    (document,) = documents(store)
    assert read_invoice(document).invoice.number == issued.number
    report = verify_document(document)
    assert not report.valid
    assert "only the package (206)" in (report.problem or "")


def test_the_ledger_says_who_was_issued_without_signature(open_store: NewStore, moody: Moody) -> None:
    store = open_store(EachInvoice.WHEN_THERE)
    issue_many(store, 1)
    moody.away = True
    issue_many(store, 1, first=2)
    leaves = [body for (body,) in rows(store, "SELECT body FROM leaf WHERE kind = 'invoice.issued'")]
    assert ['"signed":false' in body for body in leaves] == [False, True]
    assert ledger_problems(store) == ()
    # A signature taken off later is found, not taken for an invoice that never had one.
    (document, _) = documents(store)
    head, _, rest = document.partition(b"<DSCKS>")
    bare = head + b"<DSCKS><NBan></NBan></DSCKS></HDon>"
    assert rest
    store.run(lambda tx: tx.execute("UPDATE invoice SET document = ? WHERE id = 1", (bare,)))
    assert "invoice 1 is not signed as the ledger says" in ledger_problems(store)


def test_with_the_key_away_invoices_wait_where_each_must_be_signed(
    open_store: NewStore, moody: Moody
) -> None:
    store = open_store(EachInvoice.ALWAYS)
    moody.away = True
    with pytest.raises(KeyAway):
        store.run(issue(sale("HD1"), REGISTER))
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(0,)]
    moody.away = False
    assert store.run(issue(sale("HD1"), REGISTER)).number == 1
    assert signed(store) == [True]


@pytest.mark.parametrize("how", ["away", "hanging", "none", "expired", "revoked"])
def test_where_the_key_is_not_there_invoices_go_without_and_later_ones_with_it(
    how: str, open_store: NewStore, moody: Moody, clock: Clock
) -> None:
    store = open_store(EachInvoice.WHEN_THERE)
    issue_many(store, 1)
    if how == "none":
        store.use_signer(None)
    elif how == "revoked":
        store.desk.refuse(CertificateRevoked("the certificate is revoked"))
    elif how == "expired":
        clock.move(days=801)
        store.run(note_clock(timedelta()))  # the year is confirmed
    else:
        setattr(moody, how, True)
    issue_many(store, 2, first=2)
    assert signed(store) == [True, False, False]
    assert store.desk.problem is not None
    moody.away = moody.hanging = False
    moody.wake.set()
    store.desk.refuse(None)
    store.use_signer(moody)
    if how == "expired":
        return
    issue_many(store, 1, first=4)
    assert signed(store) == [True, False, False, True]
    assert store.desk.problem is None
    assert ledger_problems(store) == ()


def test_a_key_that_hangs_is_not_asked_again_at_once(open_store: NewStore, moody: Moody) -> None:
    store = open_store(EachInvoice.WHEN_THERE)
    moody.hanging = True
    issue_many(store, 1)
    asked = moody.asked
    issue_many(store, 3, first=2)
    moody.wake.set()
    assert moody.asked == asked
    assert signed(store) == [False] * 4


def test_a_key_that_is_back_need_not_rest_to_the_end(signer: XmlSigner) -> None:
    clockwork = Clockwork()
    moody = Moody(signer, clockwork)
    moody.seconds, moody.away = 5.0, True
    desk = SigningDesk(moody, monotonic=clockwork)
    wanted = ToSign(bytes(32), "HD1", "S1", NOW)
    for _ in range(2):  # the second is told what the first was
        with pytest.raises(KeyAway):
            desk.end(desk.begin(wanted))
    assert moody.asked == 1
    moody.away = False
    desk.try_again(NOW)
    assert desk.problem is None
    assert desk.end(desk.begin(wanted))
    desk.close()


@pytest.mark.parametrize("rule", [EachInvoice.ALWAYS, EachInvoice.NEVER])
def test_a_quick_keys_signatures_come_each_to_whom_it_belongs(signer: XmlSigner, rule: EachInvoice) -> None:
    """In bundles, some by the threads and some by the one who asks, in whatever order they are fetched."""
    desk = SigningDesk(signer, rule)
    desk.end(desk.begin(ToSign(bytes(32), "first", "S", NOW)))
    desk._seconds = QUICK / 10
    many = range(BUNDLE * (ENOUGH + 4) + 1)
    asked = [desk.begin(ToSign(bytes(32), f"HD{n}", f"S{n}", NOW, spare=True)) for n in many]
    for number, pending in reversed(list(enumerate(asked))):
        made = desk.end(pending)
        assert (f'URI="#HD{number}"'.encode() in made) == (rule is not EachInvoice.NEVER)
    desk.close()


def test_a_key_that_goes_away_amid_a_bundle_fails_those_it_has_not_signed(signer: XmlSigner) -> None:
    moody = Moody(signer)
    desk = SigningDesk(moody)
    desk.end(desk.begin(ToSign(bytes(32), "first", "S", NOW)))
    desk._seconds = QUICK / 10
    moody.asked, moody.until = 0, 2
    asked = [desk.begin(ToSign(bytes(32), f"HD{n}", f"S{n}", NOW)) for n in range(BUNDLE)]
    assert all(desk.end(pending) for pending in asked[:2])
    for pending in asked[2:]:
        with pytest.raises(KeyAway):
            desk.end(pending)
    assert moody.asked == 3  # the last was not even asked: the key rests
    desk.close()


def test_nobody_waits_behind_a_quick_key_that_hangs(signer: XmlSigner) -> None:
    """Both threads hang in the key; the first who waits finds it out, and the others are told at once."""
    moody = Moody(signer)
    desk = SigningDesk(moody, EachInvoice.WHEN_THERE)
    desk.end(desk.begin(ToSign(bytes(32), "first", "S", NOW, spare=True)))
    desk._seconds = QUICK / 10
    moody.hanging = True
    many = [desk.begin(ToSign(bytes(32), f"HD{n}", f"S{n}", NOW, spare=True)) for n in range(2 * BUNDLE)]
    assert desk.end(many[0]) == b""
    asked = moody.asked
    later = [desk.begin(ToSign(bytes(32), f"L{n}", f"SL{n}", NOW, spare=True)) for n in range(BUNDLE)]
    assert all(pending.ready for pending in later)
    assert [desk.end(pending) for pending in (*many[1:], *later)] == [b""] * (3 * BUNDLE - 1)
    assert moody.asked == asked
    moody.wake.set()
    desk.close()


def test_what_a_broken_group_asked_for_is_not_signed(open_store: NewStore, moody: Moody) -> None:
    store = open_store(EachInvoice.ALWAYS)
    issue_many(store, 1)
    store.desk._seconds = QUICK / 10
    moody.asked = 0

    def broken(tx: Tx) -> Generator[ToSign, bytes, None]:
        yield ToSign(bytes(32), "never", "S-never", NOW)
        raise RuntimeError("a mistake")

    def wrong(tx: Tx) -> None:
        raise RuntimeError("another")

    held = threading.Event()
    store.submit(lambda _: held.wait(60))
    futures = [store.submit(job) for job in (broken, wrong)]
    good = store.submit(issue(sale("HD2"), REGISTER))
    held.set()
    assert [type(future.exception(60)) for future in futures] == [RuntimeError, RuntimeError]
    assert good.result(60).number == 2
    assert moody.asked == 2  # by the broken job alone, and the good one


@pytest.mark.parametrize(("seconds", "most"), [(0.0001, MOST_TOGETHER), (0.2, 5), (3.0, 1)])
def test_groups_are_as_large_as_the_key_is_fast(signer: XmlSigner, seconds: float, most: int) -> None:
    clockwork = Clockwork()
    moody = Moody(signer, clockwork)
    moody.seconds = seconds
    desk = SigningDesk(moody, monotonic=clockwork)
    for number in range(30):
        desk.end(desk.begin(ToSign(bytes(32), f"HD{number}", f"S{number}", NOW)))
    desk.close()
    assert desk.most_together() == most


def test_bytes_are_stored_between_the_signatures_of_a_slow_key(open_store: NewStore, moody: Moody) -> None:
    """A capture that comes after twenty sales is durable before the last of them."""
    store = open_store(EachInvoice.ALWAYS)
    store.desk._seconds = 10.0
    moody.hanging = True  # the first group waits here until all others are queued
    futures = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(20)]
    capture = store.submit(record_capture("test", b"receipt", "cut"))
    moody.hanging = False
    moody.wake.set()
    assert capture.result(60) == 1
    assert [future.result(60).number for future in futures] == list(range(1, 21))
    # More than one transaction: each invoice witnesses the ledger as it was before its own.
    sizes = {document.partition(b"SoCaiSoLa")[2][:80] for document in documents(store)}
    assert len(sizes) > 1


def test_packages_wait_for_the_key_and_everything_else_goes_on(
    open_store: NewStore,
    moody: Moody,
    frame: PackageFrame,
    trust: list[x509.Certificate],
    new_sandbox: Callable[..., Sandbox],
) -> None:
    store = open_store(EachInvoice.NEVER)
    line = delivery(store, new_sandbox(), None, trust)
    assert line.run_once().key_problem is None  # nothing to sign
    issue_many(store, 2)
    done = line.run_once()
    assert done.key_problem is not None
    assert NoSigningKey.code in done.key_problem
    assert rows(store, "SELECT state FROM invoice") == [("issued",)] * 2
    moody.away = True
    away = PackageFrame(frame.version, frame.sender, frame.receiver, TAX_CODE, moody, frame.fixed)
    line.use_frame(away)
    assert "E-SIGN-015" in (line.run_once().key_problem or "")
    moody.away = False
    assert line.run_once().key_problem is None
    assert rows(store, "SELECT state FROM invoice") == [("accepted",)] * 2


def test_no_package_is_signed_with_an_expired_certificate(
    open_store: NewStore,
    clock: Clock,
    frame: PackageFrame,
    trust: list[x509.Certificate],
    new_sandbox: Callable[..., Sandbox],
) -> None:
    store = open_store(EachInvoice.NEVER)
    issue_many(store, 1)
    clock.now += timedelta(days=801)
    assert "E-SIGN-009" in (delivery(store, new_sandbox(), frame, trust).run_once().key_problem or "")
    assert rows(store, "SELECT COUNT(*) FROM package") == [(0,)]


def test_what_is_held_while_a_package_is_signed_is_not_in_it(
    open_store: NewStore, frame: PackageFrame, clock: Clock
) -> None:
    from uuid import uuid4

    store = open_store(EachInvoice.NEVER)
    issue_many(store, 2)
    draft = store.run(draft_next(frame, SENDER, uuid4()))
    assert draft is not None
    document = draft.signed(frame)
    store.run(hold(1, "a person looks at it"))
    assert store.run(store_package(draft, document)) is None
    assert rows(store, "SELECT id, state FROM invoice") == [(1, "held"), (2, "issued")]
    again = store.run(draft_next(frame, SENDER, uuid4()))
    assert again is not None
    assert again.ids == (2,)
    assert store.run(store_package(again, again.signed(frame))) == 1


def test_invoices_without_signatures_share_one_transaction(tmp_path: Path) -> None:
    """No key is waited for, so a group is as large as what waits."""
    store = Store(tmp_path, None, Clock(), invoices=EachInvoice.NEVER)
    gate = threading.Event()
    held = store.submit(lambda _: gate.wait(60))
    witnesses = [store.submit(issue(sale(f"HD{n}"), REGISTER)) for n in range(40)]
    gate.set()
    held.result(60)
    for one in witnesses:
        one.result(60)
    sizes = {
        row[0].partition(b"SoCaiSoLa</TTruong>")[2][:80]
        for row in rows(store, "SELECT document FROM invoice")
    }
    store.close()
    assert len(sizes) == 1  # all were issued on the same ledger
