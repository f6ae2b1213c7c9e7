"""Replacing, refunding, increasing, informing: tied to the original, within what the regulation allows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from outbox_samples import NOW, REGISTER, SENDER, TAX_CODE, Clock, RecordingGateway, rows, sale

from authority.package import PackageFrame
from authority.sandbox.core import Sandbox
from invoice.corrections import Correction
from invoice.errors import CorrectionRefused, InvoiceError
from invoice.reader import read_invoice
from invoice.sale import Buyer, Kind, Line, LineKind, Sale
from invoice.validation import check_document
from outbox.correcting import issue_correction, read_original
from outbox.delivery import Delivery
from outbox.errors import NotFound
from outbox.issuing import Issued, issue
from outbox.store import Store

if TYPE_CHECKING:
    from cryptography import x509

_LINE = Line("Bún chả", Decimal(1), Decimal(54_000), 54_000)
PART = Sale(Kind.REFUND, None, None, (_LINE,), 0, 54_000)
BUYER = Buyer(name="CÔNG TY MẪU", tax_code="0107001729", address="Hà Nội")
R, F, UP, N = Correction.REPLACE, Correction.REFUND, Correction.INCREASE, Correction.INFORM


def correct(
    store: Store, original: int, how: Correction, content: Sale | None = None, why: str = "sai"
) -> Issued:
    if content is None and how is not N:
        content = PART if how is not R else sale(None)
    return store.run(issue_correction(original, how, content, REGISTER, why), 30)


def document(store: Store, issued: Issued) -> bytes:
    ((found,),) = rows(store, "SELECT document FROM invoice WHERE id = ?", issued.invoice_id)
    return bytes(found)


@pytest.fixture
def original(store: Store) -> Issued:
    return store.run(issue(sale("HD1", buyer=BUYER), REGISTER), 30)


@pytest.mark.parametrize(
    ("how", "total", "relation"), [(R, 2_113_000, 1), (F, -54_000, 2), (UP, 54_000, 2), (N, 0, 2)]
)
def test_a_correction_is_a_whole_invoice_tied_to_the_original(
    store: Store, original: Issued, how: Correction, total: int, relation: int
) -> None:
    issued = correct(store, original.invoice_id, how, why="khách trả lại hàng")
    assert (issued.total, issued.number) == (total, 2)
    assert check_document(document(store, issued)) == ()
    read = read_invoice(document(store, issued)).invoice
    assert read.related is not None
    assert (int(read.related.kind), read.related.number, read.related.note) == (
        relation,
        "1",
        "khách trả lại hàng",
    )
    assert read.buyer.tax_code == "0107001729"  # the original's, where the correction names no other
    assert (read.total < 0) == read.words.startswith("Âm ")
    stored = rows(store, "SELECT corrects, relation FROM invoice WHERE id = ?", issued.invoice_id)
    assert stored == [(original.invoice_id, relation)]


def test_the_authority_takes_them_all(
    store: Store,
    clock: Clock,
    original: Issued,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
) -> None:
    other = store.run(issue(sale("HD2"), REGISTER), 30)
    correct(store, original.invoice_id, F)
    correct(store, original.invoice_id, UP)
    correct(store, original.invoice_id, N)
    second = correct(store, other.invoice_id, R)
    correct(store, second.invoice_id, R, replace(sale(None), buyer=BUYER))
    sandbox = new_sandbox()
    delivery = Delivery(
        store, RecordingGateway(sandbox, SENDER, clock), frame, SENDER, TAX_CODE, trust, clock=clock
    )
    for _ in range(5):
        delivery.run_once()
        clock.move(seconds=60)
    assert rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state") == [("accepted", 7)]


@pytest.mark.parametrize(
    ("chain", "how", "words"),
    [
        ([R], R, "replaced: correct the one"),
        ([R], F, "replaced: correct the one"),
        ([F], R, "only be adjusted further"),
    ],
)
def test_a_chain_that_is_not_allowed(
    store: Store, original: Issued, chain: list[Correction], how: Correction, words: str
) -> None:
    for step in chain:
        correct(store, original.invoice_id, step)
    before = rows(store, "SELECT COUNT(*), MAX(number) FROM invoice")
    with pytest.raises(CorrectionRefused, match=words):
        correct(store, original.invoice_id, how)
    assert rows(store, "SELECT COUNT(*), MAX(number) FROM invoice") == before  # no number was spent


def test_an_adjustment_is_not_adjusted_and_a_replacement_only_replaced(
    store: Store, original: Issued
) -> None:
    adjusting = correct(store, original.invoice_id, F)
    with pytest.raises(CorrectionRefused, match="adjust the original C26MAA-1 again"):
        correct(store, adjusting.invoice_id, F)
    assert correct(store, original.invoice_id, F).total == -54_000  # the original, further
    other = store.run(issue(sale("HD9"), REGISTER), 30)
    replacing = correct(store, other.invoice_id, R)
    with pytest.raises(CorrectionRefused, match="only be replaced again"):
        correct(store, replacing.invoice_id, F)
    assert correct(store, replacing.invoice_id, R).total > 0


def test_no_more_is_given_back_than_was_paid(store: Store, original: Issued) -> None:
    whole = replace(sale(None), kind=Kind.REFUND)
    assert correct(store, original.invoice_id, F).total == -54_000
    with pytest.raises(CorrectionRefused, match="more than what is left"):
        correct(store, original.invoice_id, F, whole)
    reader = store.reader()
    assert read_original(reader, original.invoice_id).left == 2_113_000 - 54_000
    reader.close()
    other = store.run(issue(sale("HD9"), REGISTER), 30)
    assert correct(store, other.invoice_id, F, whole).total == -2_113_000


@pytest.mark.parametrize(
    ("how", "content", "why"),
    [
        (F, PART, ""),
        (F, PART, "x" * 256),
        (N, PART, "sai tên"),
        (R, replace(PART, kind=Kind.KITCHEN), "sai"),
        (F, replace(PART, total=54_001), "sai"),
        (F, replace(PART, lines=(replace(_LINE, kind=LineKind.DISCOUNT),), total=-54_000), "sai"),
        (F, replace(PART, lines=(replace(_LINE, amount=0, unit_price=Decimal(0)),), total=0), "sai"),
        (R, replace(PART, buyer=Buyer(name="A", tax_code="0409990011")), "sai"),
    ],
)
def test_a_wrong_correction_spends_no_number(
    store: Store, original: Issued, how: Correction, content: Sale, why: str
) -> None:
    with pytest.raises(InvoiceError) as raised:
        correct(store, original.invoice_id, how, content, why)
    assert raised.value.advice_vi
    assert raised.value.advice_en
    with pytest.raises(NotFound):
        correct(store, 99, F)
    assert store.run(issue(sale("HD2", sold_at=NOW), REGISTER), 30).number == 2


def test_a_refused_original_becomes_corrected(store: Store, original: Issued) -> None:
    store.run(lambda tx: tx.execute("UPDATE invoice SET state = 'refused' WHERE id = 1"))
    correct(store, original.invoice_id, R)
    assert rows(store, "SELECT state FROM invoice ORDER BY id") == [("corrected",), ("issued",)]
