"""Issuing one invoice that replaces or adjusts many, with its signed list (BKe), in one transaction."""

from __future__ import annotations

from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from authority.forms.corrections import (
    Amounts,
    CorrectedInvoice,
    CorrectedLine,
    CorrectionList,
    Party,
    list_content,
    list_element,
)
from authority.forms.corrections import Correction as ListKind
from authority.package import PACKAGE_LIMIT
from invoice.compose import check_sale
from invoice.corrections import Correction, check_chain, single
from invoice.corrections_of_many import check_originals, correct_many
from invoice.errors import CorrectionRefused
from invoice.invoice import Invoice, Relation
from invoice.sale import Kind, Sale
from invoice.sale_json import sale_to_json
from outbox.clock import checked_now
from outbox.correcting import Original, mark_corrected, read_original
from outbox.errors import NotFound
from outbox.issuing import insert_sale, legal_day, sign_and_store, witness_of
from outbox.numbering import Register, next_identity
from outbox.packages import hold
from outbox.signing_desk import ToSign
from outbox.sold import Issued, MadeOf

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Generator, Mapping, Sequence

    from invoice.corrections_of_many import Share
    from outbox.store import Job, Tx

FRAME = 8_000  # bytes of a message around its invoice and list, and then some
WAITS_FOR_BUYER = "the list waits for the buyer's signature"


def issue_correction_of_many(
    rights: Mapping[int, Sale], relation: Relation, register: Register, reason: str
) -> Job[Issued]:
    """The job that issues it; ``rights`` has the right sale of every original by the original's id.

    For a buyer with a tax code it is held until the buyer's signature on the list is there
    (``attach_list``) or a person lets it go without.

    Raises from the job:
        NotFound: an original that is not there.
        CorrectionRefused, InvoiceError: they may not be corrected so; nothing is used up.
        ClockWentBack, ClockWrong: as ``issue``.
    """

    def job(tx: Tx) -> Generator[ToSign, bytes, Issued]:
        if register.by_provider:
            raise CorrectionRefused("a provider numbers this register's invoices: correct them one by one")
        originals = {one: read_original(tx.connection, one) for one in rights}
        check_together(tuple(originals.values()), tuple(rights.values()), relation, register, reason)
        now = checked_now(tx, register)
        sales = tuple(rights.values())
        lines = tuple(line for sale in sales for line in sale.lines)
        kept = Sale(Kind.SALE, None, None, lines, sum(s.discount for s in sales), sum(s.total for s in sales))
        day = legal_day(tx, kept, register, now, live=True)
        for sale in sales:
            check_sale(sale, register.terms, day)
        sale_id = insert_sale(tx, kept, None)
        identity = next_identity(tx, register, day)
        number = f"BK-{identity.symbol}-{identity.number}"
        invoices = [original.invoice for original in originals.values()]
        made = correct_many(
            invoices, sales, relation, register.terms, identity, reason, number, witness_of(tx)
        )
        name = f"{identity.symbol}-{identity.number}"
        content = list_content(correction_list(made.invoice, made.shares, reason), name)
        signature = yield ToSign(sha256(content).digest(), f"BKe-{name}", f"NBan-BKe-{name}", now)
        listed = list_element(content, signature)
        made_of = MadeOf(sale_to_json(kept), sale_id, register.terms.unnamed_buyer)
        issued = yield from sign_and_store(tx, made.invoice, made_of, now)
        _check_size(tx, issued.invoice_id, listed)
        _store_list(tx, issued.invoice_id, relation, originals, made.shares, listed)
        if made.invoice.buyer.tax_code:
            hold(issued.invoice_id, WAITS_FOR_BUYER)(tx)
        return issued

    return job


def check_together(
    originals: Sequence[Original],
    sales: Sequence[Sale],
    relation: Relation,
    register: Register,
    reason: str,
) -> None:
    """Whether these originals may be corrected together: each by its chain, all by each other.

    Raises:
        CorrectionRefused: saying which may not, and why.
    """
    check_originals([one.invoice for one in originals], sales, register.terms, reason)
    wanted = Correction.REPLACE if relation is Relation.REPLACES_MANY else Correction.INCREASE
    for original in originals:
        if Relation.ADJUSTS in map(single, original.corrections):
            named = f"{original.invoice.symbol}-{original.invoice.number}"
            raise CorrectionRefused(f"{named} has been adjusted before: adjust it by itself")
        try:
            check_chain(original.invoice, original.corrections, wanted)
        except CorrectionRefused as error:
            named = f"{original.invoice.symbol}-{original.invoice.number}"
            raise CorrectionRefused(f"{named}: {error.message}") from error


def correction_list(invoice: Invoice, shares: Sequence[Share], reason: str) -> CorrectionList:
    """The list of a correcting invoice: a line for each original and rate."""
    replaces = invoice.related is not None and invoice.related.kind is Relation.REPLACES_MANY
    buyer = invoice.buyer
    return CorrectionList(
        number=invoice.statement_no or "",
        day=invoice.day,
        correction=ListKind.REPLACES if replaces else ListKind.ADJUSTS,
        seller=Party(invoice.seller.name, invoice.seller.tax_code, invoice.seller.address),
        buyer=Party(buyer.name or buyer.contact or "-", buyer.tax_code, buyer.address),
        reasons=(reason,),
        lines=tuple(_line(share) for share in shares),
    )


def read_list(connection: sqlite3.Connection, invoice_id: int) -> bytes:
    """The exact bytes of an invoice's list.

    Raises:
        NotFound: it has none.
    """
    row = connection.execute(
        "SELECT document FROM correction_list WHERE invoice_id = ? ORDER BY id DESC LIMIT 1", (invoice_id,)
    ).fetchone()
    if row is None:
        raise NotFound(f"the invoice {invoice_id} has no list of corrected invoices")
    return bytes(row[0])


def attach_list(invoice_id: int, document: bytes) -> Job[None]:
    """The job that lets the list with the buyer's signature go; the one without stays stored.

    ``document`` must have been verified, and hold the same NDBKe (``agent.correction_many`` does both). It is
    no change of what was signed: both signatures stand on the same bytes.
    """

    def job(tx: Tx) -> None:
        read_list(tx.connection, invoice_id)
        row = tx.execute("SELECT state FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
        if row[0] not in {"held", "issued"}:
            raise CorrectionRefused("the invoice and its list are on their way already")
        _keep(tx, invoice_id, document, {"countersigned": True})

    return job


def _line(share: Share) -> CorrectedLine:
    original = share.original
    name = f"Hóa đơn {original.symbol}-{original.number} ngày {original.day:%d/%m/%Y}"

    def amounts(net: int, tax: int) -> Amounts:
        vat = None if share.rate is None else Decimal(tax)
        return Amounts(Decimal(net), Decimal(net + tax), name, rate=share.rate, tax=vat)

    return CorrectedLine.of(
        CorrectedInvoice(int(original.form), str(original.symbol), original.number),
        amounts(share.net_before, share.tax_before),
        amounts(share.net_after, share.tax_after),
    )


def _check_size(tx: Tx, invoice_id: int, listed: bytes) -> None:
    (size,) = tx.execute("SELECT length(document) FROM invoice WHERE id = ?", (invoice_id,)).fetchone()
    if size + len(listed) + FRAME > PACKAGE_LIMIT:
        raise CorrectionRefused("invoice and list are longer than a message may be: correct fewer together")


def _store_list(
    tx: Tx,
    invoice_id: int,
    relation: Relation,
    originals: Mapping[int, Original],
    shares: Sequence[Share],
    listed: bytes,
) -> None:
    # Alone in its message: a batch of one.
    tx.execute("UPDATE invoice SET relation = ?, batch = 1 WHERE id = ?", (relation, invoice_id))
    for original_id, original in originals.items():
        own = [share for share in shares if share.original == original.invoice]
        difference = sum(s.net_after + s.tax_after - s.net_before - s.tax_before for s in own)
        tx.execute(
            "INSERT INTO corrected (original_id, invoice_id, difference) VALUES (?, ?, ?)",
            (original_id, invoice_id, difference),
        )
        mark_corrected(tx, original_id, original.state)
    _keep(tx, invoice_id, listed, {"relation": int(relation), "corrects": list(originals)})


def _keep(tx: Tx, invoice_id: int, document: bytes, more: dict[str, Any]) -> None:
    digest = sha256(document).hexdigest()
    tx.execute(
        "INSERT INTO correction_list (invoice_id, sha256, document) VALUES (?, ?, ?)",
        (invoice_id, digest, document),
    )
    tx.leaf("correction.list", invoice_id, invoice=invoice_id, sha256=digest, **more)
