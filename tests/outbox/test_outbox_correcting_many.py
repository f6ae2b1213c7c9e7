"""One invoice for many: issued with its list, sent as a 208, judged by the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from outbox_samples import NOW, REGISTER, SENDER, TAX_CODE, Clock, RecordingGateway, rows, sale

from authority.answers import Notice, parse_answer
from authority.codes import new_message_id
from authority.forms.corrections import CorrectionList, build_correction_list
from authority.package import PackageFrame, build_package
from authority.sandbox.core import Sandbox
from invoice.compose import Identity
from invoice.corrections import Correction
from invoice.corrections_of_many import correct_many
from invoice.document import content_id, write_content, write_invoice
from invoice.errors import CorrectionRefused, RateUnknown, SaleInvalid
from invoice.invoice import Invoice, Relation
from invoice.reader import read_invoice
from invoice.sale import Buyer, Sale
from invoice.validation import check_document
from outbox.correcting import issue_correction, read_original
from outbox.correcting_many import correction_list, issue_correction_of_many
from outbox.delivery import Delivery
from outbox.errors import NotFound
from outbox.issuing import Issued, issue
from outbox.store import Store
from signing.verify import verify_document
from signing.xmldsig import XmlSigner, content_digest

if TYPE_CHECKING:
    from cryptography import x509

RIGHT = sale(None, lines=(replace(sale().lines[0], vat_rate="10%"), *sale().lines[1:]))
COMPANY = Buyer(name="CÔNG TY MẪU", tax_code="0107001729", address="Hà Nội")
REPLACES, ADJUSTS = Relation.REPLACES_MANY, Relation.ADJUSTS_MANY


@pytest.fixture
def originals(store: Store) -> list[int]:
    return [store.run(issue(sale(f"HD{n}"), REGISTER)).invoice_id for n in range(3)]


def correct(store: Store, ids: list[int], relation: Relation, right: Sale = RIGHT) -> Issued:
    rights = dict.fromkeys(ids, right)
    return store.run(issue_correction_of_many(rights, relation, REGISTER, "sai thuế suất"), 30)


@pytest.fixture
def deliver(
    store: Store,
    clock: Clock,
    new_sandbox: Callable[..., Sandbox],
    frame: PackageFrame,
    trust: list[x509.Certificate],
) -> Callable[[], RecordingGateway]:
    gateway = RecordingGateway(new_sandbox(), SENDER, clock)
    delivery = Delivery(store, gateway, frame, SENDER, TAX_CODE, trust, clock=clock)

    def passes() -> RecordingGateway:
        for _ in range(4):
            delivery.run_once()
            clock.move(seconds=60)
        return gateway

    return passes


@pytest.mark.parametrize("relation", [REPLACES, ADJUSTS])
def test_it_goes_as_one_208_and_is_accepted(
    store: Store, originals: list[int], deliver: Callable[[], RecordingGateway], relation: Relation
) -> None:
    deliver()
    issued = correct(store, originals, relation)
    ((document,),) = rows(store, "SELECT document FROM invoice WHERE id = ?", issued.invoice_id)
    assert check_document(document) == ()
    invoice = read_invoice(document).invoice
    assert invoice.related is not None
    assert (invoice.related.kind, invoice.statement_no) == (relation, f"BK-C26MAA-{issued.number}")
    gateway = deliver()
    assert rows(store, "SELECT state, COUNT(*) FROM invoice GROUP BY state") == [("accepted", 4)]
    sent = next(message for _, message in gateway.sent if b"<MLTDiep>208<" in message)
    report = verify_document(sent, now=NOW)
    assert report.valid, report.problem
    assert [one.covers for one in report.signatures] == [
        "/TDiep/DLieu",
        "/TDiep/DLieu/HDon[1]/DLHDon",
        "/TDiep/DLieu/BKe/NDBKe",
    ]
    tampered = sent.replace(b"<TgTSTTDoi>", b"<TgTSTTDoi>1")
    assert not verify_document(tampered, now=NOW).valid


def test_what_was_corrected_together_is_corrected(store: Store, originals: list[int]) -> None:
    correct(store, originals[:2], ADJUSTS)
    for relation in (REPLACES, ADJUSTS):
        with pytest.raises(CorrectionRefused, match="C26MAA-1 has been adjusted before"):
            correct(store, originals, relation)
    replaced = [store.run(issue(sale(f"N{n}"), REGISTER)).invoice_id for n in range(2)]
    correct(store, replaced, REPLACES)
    for how, content in ((Correction.REPLACE, RIGHT), (Correction.INFORM, None)):
        with pytest.raises(CorrectionRefused, match="has been replaced"):
            store.run(issue_correction(replaced[0], how, content, REGISTER, "sai"))


def test_what_is_left_for_refunds_counts_the_differences(store: Store, originals: list[int]) -> None:
    whole = sale().total
    half = replace(
        sale(None).lines[0], amount=1_000, unit_price=Decimal(1_000), quantity=Decimal(1), discount=0
    )
    correct(store, originals, ADJUSTS, sale(None, lines=(half,), total=1_000, discount=0, payments=()))
    connection = store.reader()
    try:
        assert read_original(connection, originals[0]).left == 1_000 < whole
    finally:
        connection.close()


def test_a_refused_original_is_corrected(store: Store, originals: list[int]) -> None:
    store.run(lambda tx: tx.execute("UPDATE invoice SET state = 'refused' WHERE id = ?", (originals[0],)))
    correct(store, originals, REPLACES)
    assert rows(store, "SELECT state FROM invoice WHERE id = ?", originals[0]) == [("corrected",)]


def test_for_a_company_it_waits_for_the_second_signature(store: Store) -> None:
    ids = [store.run(issue(sale(f"C{n}", buyer=COMPANY), REGISTER)).invoice_id for n in range(2)]
    issued = correct(store, ids, ADJUSTS)
    ((state, reason),) = rows(store, "SELECT state, reason FROM invoice WHERE id = ?", issued.invoice_id)
    assert state == "held"
    assert "buyer's signature" in reason


@pytest.mark.parametrize(
    ("ids", "right", "error"),
    [
        ([1, 2, 99], RIGHT, NotFound),
        ([1], RIGHT, CorrectionRefused),
        ([1, 2], sale(None, total=1), SaleInvalid),
        ([1, 2], sale(None, lines=(replace(sale().lines[0], vat_rate="7%"), *sale().lines[1:])), RateUnknown),
        ([1, 2], sale(None), CorrectionRefused),
    ],
)
def test_what_is_wrong_uses_nothing_up(
    store: Store, originals: list[int], ids: list[int], right: Sale, error: type[Exception]
) -> None:
    before = rows(store, "SELECT * FROM counter")
    with pytest.raises(error):
        correct(store, ids, ADJUSTS, right)
    assert rows(store, "SELECT * FROM counter") == before
    assert rows(store, "SELECT COUNT(*) FROM invoice") == [(3,)]


def message_208(
    store: Store,
    frame: PackageFrame,
    signer: XmlSigner,
    change_list: Callable[[CorrectionList], CorrectionList],
    change_invoice: Callable[[Invoice], Invoice] = lambda invoice: invoice,
) -> tuple[bytes, str]:
    """A 208 whose list, or invoice, says something else than it should, rightly signed."""
    connection = store.reader()
    try:
        known = [read_original(connection, one).invoice for one in (1, 2)]
    finally:
        connection.close()
    code = replace(known[0].code, counter=known[0].code.counter + 500)
    identity = Identity(known[0].symbol, 77, code, known[0].day)
    made = correct_many(known, [RIGHT, RIGHT], ADJUSTS, REGISTER.terms, identity, "sai thuế suất", "BK-77")
    invoice = change_invoice(made.invoice)
    content = write_content(invoice)
    name = content_id(invoice)
    document = write_invoice(
        invoice, content, signer.sign(content_digest(content), name, f"NBan-{name}", NOW)
    )
    listed = build_correction_list(
        change_list(correction_list(made.invoice, made.shares, "sai thuế suất")), signer, "77", NOW
    )
    message_id = new_message_id(SENDER, UUID(int=77, version=4))
    without = listed.partition(b"?>")[2]
    return build_package(frame, [document], message_id, NOW, correction_list=without), message_id


def first_line(**changes: Any) -> Callable[[CorrectionList], CorrectionList]:
    def change(listed: CorrectionList) -> CorrectionList:
        line = listed.lines[0]
        return replace(
            listed, lines=(replace(line, **{k: f(line) for k, f in changes.items()}), *listed.lines[1:])
        )

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda listed: listed, ""),
        (lambda listed: replace(listed, number="BK-78"), "SBKe"),
        (lambda listed: replace(listed, correction=type(listed.correction)(1)), "TCHDon"),
        (lambda listed: replace(listed, seller=replace(listed.seller, tax_code="0107001729")), ""),
        (lambda listed: replace(listed, lines=listed.lines[:1]), "ít nhất hai"),
        (lambda listed: replace(listed, lines=listed.lines[2:]), "TTHDLQuan"),
        (
            first_line(difference=lambda line: replace(line.difference, total=line.difference.total + 1)),
            "TgTTTCLech",
        ),
        (first_line(after=lambda line: replace(line.after, net=line.after.net + 1)), "tính lại"),
        (first_line(invoice=lambda line: replace(line.invoice, number=88)), "chưa được tiếp nhận"),
    ],
)
def test_the_sandbox_reads_the_list_strictly(
    store: Store,
    originals: list[int],
    frame: PackageFrame,
    signer: XmlSigner,
    deliver: Callable[[], RecordingGateway],
    change: Callable[[CorrectionList], CorrectionList],
    words: str,
) -> None:
    sandbox = deliver()._sandbox
    message, message_id = message_208(store, frame, signer, change)
    sandbox.receive(message, NOW)
    answers = [parse_answer(answer) for answer in sandbox.look_up(message_id, NOW).messages]
    notice = next(answer for answer in answers if isinstance(answer, Notice))
    said = "; ".join(reason.description for reason in notice.reasons)
    accepted = not notice.reasons
    is_unchanged = words == "" and b"0107001729" not in message
    assert accepted == is_unchanged, said
    assert words in said


def test_a_correction_of_many_has_no_place_in_a_206(
    store: Store,
    originals: list[int],
    frame: PackageFrame,
    signer: XmlSigner,
    deliver: Callable[[], RecordingGateway],
) -> None:
    sandbox = deliver()._sandbox
    message, _ = message_208(store, frame, signer, lambda listed: listed)
    document = b"<HDon>" + message.partition(b"<HDon>")[2].partition(b"</HDon>")[0] + b"</HDon>"
    message_id = new_message_id(SENDER, UUID(int=78, version=4))
    sandbox.receive(build_package(frame, [document], message_id, NOW), NOW)
    answers = [parse_answer(answer) for answer in sandbox.look_up(message_id, NOW).messages]
    notice = next(answer for answer in answers if isinstance(answer, Notice))
    assert "không đi với thông điệp 206" in notice.reasons[0].description
