"""Verifying a bundle: the ordered list of checks, over facts that several processes gather."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audit.bundle.reading import Bundle
from audit.verify import ledger_checks, members, record_checks
from audit.verify.orders import check_orders
from audit.verify.received import check_received, read_received
from audit.verify.result import Check, Verdict
from audit.verify.whole import Whole
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cryptography import x509

    from audit.verify.facts import Found
    from outbox.note import NoteKey

PACKAGES_A_SHARE = 12  # of 2 MB each
SMALL = 4000  # rows: below, other processes take longer to start than to help


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be verified, against what.

    ``received``: 206 files as the authority holds them; ``checkpoints``: notes that others have kept;
    ``witnesses``: keys whose cosignatures count.
    """

    path: Path
    trust: tuple[x509.Certificate, ...] = ()
    issuers: tuple[x509.Certificate, ...] = ()
    received: tuple[Path, ...] = ()
    checkpoints: tuple[str, ...] = ()
    witnesses: tuple[NoteKey, ...] = ()
    processes: int = 0  # 0: as many as there are cores


@dataclass(frozen=True, slots=True)
class Answer:
    """The checks in order, and whose bundle it was."""

    seller: str
    tax_code: str
    register: int
    first: str
    last: str
    full: bool
    program: str
    checks: tuple[Check, ...]

    @property
    def verdict(self) -> Verdict:
        """Bad where one check is."""
        found = {check.verdict for check in self.checks}
        return next((one for one in (Verdict.BAD, Verdict.ATTENTION) if one in found), Verdict.GOOD)

    def to_json(self) -> dict[str, Any]:
        """The JSON form of ``thungan-verify --json``."""
        return {
            "verdict": self.verdict.value,
            "seller": {"name": self.seller, "tax_code": self.tax_code},
            "register": self.register,
            "period": {"from": self.first, "to": self.last},
            "full": self.full,
            "program": self.program,
            "checks": [check.to_json() for check in self.checks],
        }


def verify_bundle(question: Question, tell: Callable[[int, int], None] | None = None) -> Answer:
    """Run every check.

    Raises:
        BundleUnreadable, BundleNewer: it is not a bundle at all; what is wrong inside of one is a finding.
    """
    with Bundle(question.path) as bundle:
        whole = Whole()
        title = Words("Sổ cái liền mạch, dẫn tới gốc đã ký", "The ledger is whole and leads to its head")
        ledger = Check("ledger", title)
        hashes = _gather(question, bundle, whole, ledger, tell or (lambda _done, _total: None))
        whole.sort()
        checks = tuple(_checks(question, bundle, whole, ledger, hashes))
        manifest = bundle.manifest
        return Answer(
            manifest.seller,
            manifest.tax_code,
            manifest.register,
            manifest.first.isoformat(),
            manifest.last.isoformat(),
            manifest.full,
            manifest.program,
            checks,
        )


def _checks(
    question: Question, bundle: Bundle, whole: Whole, ledger: Check, hashes: bytearray
) -> Iterator[Check]:
    """The list, in the order in which one rests on the other."""
    head, received = bundle.ledger, list(read_received(question.received))
    asked = [*(one.size for one in received), *map(ledger_checks.size_of, question.checkpoints)]
    ledger_checks.check_ledger(bundle, whole, hashes, ledger, asked)
    yield ledger_checks.check_file(bundle, whole, head)
    yield ledger
    yield ledger_checks.check_checkpoints(bundle, whole, question.checkpoints, question.witnesses)
    yield ledger_checks.check_witnesses(whole, head)
    yield ledger_checks.check_times(bundle)
    yield record_checks.check_papers(whole)
    yield record_checks.check_explained(whole)
    yield record_checks.check_invoices(whole)
    if whole.orders or whole.ledger.orders:
        yield check_orders(whole)
    yield record_checks.check_numbers(bundle, whole)
    yield record_checks.check_totals(whole)
    yield record_checks.check_sums(whole)
    yield record_checks.check_seller(whole)
    yield record_checks.check_packages(whole)
    yield record_checks.check_authority(whole, trusted=bool(question.trust))
    yield record_checks.check_states(whole)
    yield record_checks.check_deadlines(bundle, whole)
    if question.received:
        yield check_received(bundle, whole, received)


def _gather(
    question: Question, bundle: Bundle, whole: Whole, ledger: Check, tell: Callable[[int, int], None]
) -> bytearray:
    """All facts, and the hashes of the leaves; this process reads the ledger while others do the rest."""
    tasks = list(_tasks(bundle))
    rows, done = sum(member.rows for member in bundle.manifest.members if member.table in _SHARED), 0

    def take(found: Found) -> None:
        nonlocal done
        whole.take(found)
        done += found.rows
        tell(done, rows)

    begin = (
        str(question.path),
        bundle.manifest.tax_code,
        [_der(one) for one in question.trust],
        [_der(one) for one in question.issuers],
    )
    processes = question.processes or os.cpu_count() or 1
    if processes == 1 or rows < SMALL:
        members.begin(*begin)
        try:
            for task in tasks:
                take(members.work(task))
        finally:
            members.end()
        return ledger_checks.read_leaves(bundle, whole, ledger)
    from multiprocessing import get_context

    # Started anew, not forked: the same on every system, and no thread is torn in two.
    with get_context("spawn").Pool(processes, members.begin, begin) as pool:
        waiting = pool.imap_unordered(members.work, tasks)
        hashes = ledger_checks.read_leaves(bundle, whole, ledger)
        for found in waiting:
            take(found)
    return hashes


_BY_MEMBER = ("invoices", "orders", "captures", "sales", "answers", "provider_answers", "provider_papers")
_SHARED = frozenset({"packages", *_BY_MEMBER})


def _tasks(bundle: Bundle) -> Iterator[members.Task]:
    """The shares of work, heaviest first."""
    for member in bundle.members_of("packages"):
        for first in range(0, member.rows, PACKAGES_A_SHARE):
            yield members.Task("packages", member.name, first, PACKAGES_A_SHARE)
    for table in _BY_MEMBER:
        for member in bundle.members_of(table):
            yield members.Task(table, member.name)


def _der(certificate: x509.Certificate) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.DER)
