"""Invoices that a provider numbers: what the seller signed, what became of it, on what word of the provider.

The seller signs the order. The invoice is the same content under a number that the provider gives; so it must
say everything that the order says, and name an answer that the bundle holds.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from audit.bundle.records import OrderRow, ProviderAnswerRow, ProviderPaperRow
from audit.verify.facts import Fault, OrderFacts, ProviderFacts
from audit.verify.result import Check
from audit.verify.seller_signature import check_order_signature
from audit.verify.whole import take_faults
from audit.words import Words
from invoice.redactable import redacted_form

if TYPE_CHECKING:
    from audit.bundle.reading import Bundle
    from audit.verify.facts import Found, Setting
    from audit.verify.members import Task
    from audit.verify.whole import Promise, Whole

_CONTENT = re.compile(rb"<DLHDon Id=[^>]*>(.*)</DLHDon>", re.DOTALL)
# What an invoice says and its order does not, or may say otherwise: the number, and the day that its series
# had come to.
_ITS_OWN = re.compile(rb"<SHDon>[^<]*</SHDon>|<NLap>[^<]*</NLap>")
_HEX = re.compile("[0-9a-f]{64}")
_WAITING = frozenset({"ordered", "asked", "numbered"})
_NOT_HELD = Words("không phải là cái sổ cái đã ghi: bị sửa hoặc thay", "is not what the ledger holds")
_UNKNOWN = Words("không có trong sổ cái: bị chèn thêm", "is not in the ledger: it was inserted")
_GONE = Words(
    "có trong sổ cái mà không có trong kho: bị xóa", "is in the ledger but not in the store: it was removed"
)


class _Proof(NamedTuple):
    """Hashes of a document: as it is, of its redacted form, of what order and invoice have in common."""

    digest: bytes
    redacted: bytes | None
    goods: bytes | None


def goods_of(document: bytes) -> bytes | None:
    """SHA-256 of what an order and its invoice say alike, of the exact or of the redacted document."""
    found = _CONTENT.search(redacted_form(document) or document)
    return sha256(_ITS_OWN.sub(b"", found[1])).digest() if found else None


def read_orders(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    """One member of orders: their facts, and what is wrong with each by itself."""
    for row in bundle.rows_of(bundle.member(task.name), OrderRow):
        found.rows += 1
        proof, signed = _proof(row, found), True
        if row.document is not None:
            signed = check_order_signature(row, row.document, setting, found)
        found.orders.append(
            OrderFacts(
                row.id,
                row.reference,
                row.sale_id,
                row.invoice_id,
                row.answer_id,
                row.state,
                row.day,
                row.total,
                row.ordered_at,
                proof.digest,
                proof.redacted,
                row.document is not None and row.shown == "exact",
                signed,
                proof.goods,
            )
        )


def _proof(row: OrderRow, found: Found) -> _Proof:
    digest = bytes.fromhex(row.sha256) if _HEX.fullmatch(row.sha256) else b""
    if row.document is None:
        return _Proof(digest, None, None)
    if row.shown != "exact":
        return _Proof(digest, sha256(row.document).digest(), goods_of(row.document))
    real = sha256(row.document).digest()
    if real != digest:
        words = Words("cột sha256 không đúng với tài liệu", "its column sha256 is not its document's")
        found.faults.append(Fault("orders", words, row.reference, row.ordered_at))
    form = redacted_form(row.document)
    return _Proof(real, None if form is None else sha256(form).digest(), goods_of(row.document))


def read_provider_answers(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    """One member of a provider's answers."""
    del setting
    for row in bundle.rows_of(bundle.member(task.name), ProviderAnswerRow):
        found.rows += 1
        digest = None if row.document is None else sha256(row.document).hexdigest()
        found.provider.append(ProviderFacts(row.id, "answer", row.received_at, digest))


def read_provider_papers(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    """One member of a provider's papers."""
    del setting
    for row in bundle.rows_of(bundle.member(task.name), ProviderPaperRow):
        found.rows += 1
        digest = None if row.document is None else sha256(row.document).hexdigest()
        found.provider.append(ProviderFacts(row.id, "paper", row.fetched_at, digest))


def check_orders(whole: Whole) -> Check:
    """Orders and the provider's words are what the ledger holds; each invoice says what its order says."""
    title = Words(
        "Hóa đơn chờ cấp số, và số do tổ chức cung cấp cấp", "Orders, and the numbers that a provider gave"
    )
    check = Check("orders", title)
    for facts in whole.orders:
        check.looked_at += 1
        promise = whole.ledger.orders.get(facts.id)
        if promise is None:
            check.add(_UNKNOWN, facts.reference, facts.ordered_at)
        else:
            _check_order(check, facts, promise, whole)
    _gone(check, whole, whole.ledger.orders, {facts.id for facts in whole.orders}, "order")
    _check_provider(check, whole)
    _check_invoices(check, whole)
    take_faults(check, whole)
    return check


def _check_order(check: Check, facts: OrderFacts, promise: Promise, whole: Whole) -> None:
    if facts.shown and facts.sha256.hex() != promise.digest:
        check.add(_NOT_HELD, facts.reference, promise.at)
    if facts.redacted is not None and facts.redacted.hex() != promise.redacted:
        words = Words("bản che tên không phải bản sổ cái đã ghi", "its redacted form is not the ledger's")
        check.add(words, facts.reference, promise.at)
    if (facts.total, facts.reference) != (promise.total, promise.reference):
        words = Words("số tiền hoặc mã tra cứu khác sổ cái", "total or reference differ from the ledger")
        check.add(words, facts.reference, promise.at)
    if facts.shown and promise.signed and not facts.signed:
        check.add(Words("mất chữ ký của người bán", "its own signature is gone"), facts.reference, promise.at)
    said = whole.ledger.ordered.get(facts.id, "")
    allowed = {"ordered", "asked"} if said == "released" else {said}
    if facts.state not in allowed:
        words = Words(
            f"kho ghi trạng thái {facts.state}, sổ cái ghi {said}",
            f"the store says {facts.state}, the ledger {said}",
        )
        check.add(words, facts.reference, promise.at)
    if facts.state in _WAITING:
        words = Words("còn chờ tổ chức cung cấp cấp số", "still waits for its number")
        check.add(words, facts.reference, facts.ordered_at, bad=False)
    elif facts.state in {"refused", "held"}:
        words = Words(f"còn {facts.state}: chưa ai xử lý", f"is still {facts.state}: nobody has decided")
        check.add(words, facts.reference, facts.ordered_at, bad=False)
    elif facts.state == "dropped":
        words = Words("đã được người bán lập ở nơi khác", "the seller has settled it elsewhere")
        check.add(words, facts.reference, facts.ordered_at, bad=False)


def _check_provider(check: Check, whole: Whole) -> None:
    hidden = 0
    for facts in whole.provider:
        promise = whole.ledger.provider[facts.kind].get(facts.id)
        where = f"provider's {facts.kind} {facts.id}"
        if promise is None:
            check.add(_UNKNOWN, where, facts.at)
        elif facts.sha256 is None:
            hidden += 1
        elif facts.sha256 != promise.digest:
            check.add(_NOT_HELD, where, promise.at)
    for kind, promises in whole.ledger.provider.items():
        there = {facts.id for facts in whole.provider if facts.kind == kind}
        _gone(check, whole, promises, there, f"provider's {kind}")
    if hidden:
        check.notes.append(
            Words(
                f"{hidden} tài liệu của tổ chức cung cấp bị giữ lại trong hồ sơ này",
                f"{hidden} of the provider's papers are withheld in this bundle",
            )
        )


def _check_invoices(check: Check, whole: Whole) -> None:
    """Each invoice that the ledger says a provider numbered, against its order and the provider's answer."""
    orders = {facts.id: facts for facts in whole.orders}
    answers = {promise.digest for promise in whole.ledger.provider["answer"].values()}
    taken: set[int] = set()
    for invoice in whole.invoices:
        promise = whole.ledger.invoices.get(invoice.id)
        if promise is None or promise.order is None:
            continue
        order = orders.get(promise.order)
        if order is None:
            words = Words("không có đơn chờ cấp số của nó", "its order is not in the store")
            check.add(words, invoice.name, promise.at)
            continue
        if order.invoice_id != invoice.id or order.id in taken or order.sale_id != invoice.sale_id:
            words = Words("không phải hóa đơn của đơn chờ cấp số này", "is not the invoice of this order")
            check.add(words, f"{invoice.name} {order.reference}", promise.at)
        taken.add(order.id)
        if order.goods is not None and invoice.goods is not None and order.goods != invoice.goods:
            words = Words("nội dung khác với đơn người bán đã ký", "says other than the seller signed")
            check.add(words, invoice.name, promise.at)
        if promise.answer not in answers:
            words = Words("không có trả lời cấp số", "the provider's answer is not in the ledger")
            check.add(words, invoice.name, promise.at)


def _gone(check: Check, whole: Whole, promises: dict[int, Promise], there: set[int], word: str) -> None:
    for number, promise in promises.items():
        if number not in there and whole.first <= promise.seq < whole.end:
            check.add(_GONE, str(promise.reference or f"{word} {number}"), promise.at)
