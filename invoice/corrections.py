"""Invoices that correct another: replacing, adjusting down by a refund, adjusting information.

Decree 70/2025 ended cancelling: an invoice with an error is replaced or adjusted, and a refund is an
adjusting invoice with negative amounts (profile, section 11). How a chain may go on: what was replaced is
corrected through the invoice that replaced it; what was adjusted is adjusted further, against the original.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from invoice.compose import Identity, Terms, check_amounts, compose_content, in_words
from invoice.errors import CorrectionRefused
from invoice.invoice import (
    Amount,
    Invoice,
    InvoiceContent,
    InvoiceLine,
    LedgerWitness,
    Nature,
    RelatedInvoice,
    Relation,
    identified,
)
from invoice.sale import Kind, LineKind, Sale

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from invoice.numbers import Symbol

NOTE_LENGTH = 255


class Correction(StrEnum):
    """What is done to an invoice."""

    REPLACE = "replace"
    REFUND = "refund"  # goods given back: an adjustment downwards
    INCREASE = "increase"  # an adjustment upwards
    INFORM = "inform"  # an adjustment of words only


def relation_of(correction: Correction) -> Relation:
    """TCHDon of the correcting invoice."""
    return Relation.REPLACES if correction is Correction.REPLACE else Relation.ADJUSTS


def single(relation: Relation) -> Relation:
    """What a relation is to one of the invoices it corrects."""
    many = {Relation.REPLACES_MANY: Relation.REPLACES, Relation.ADJUSTS_MANY: Relation.ADJUSTS}
    return many.get(relation, relation)


def check_chain(original: Invoice, earlier: Iterable[Relation], correction: Correction) -> None:
    """Whether the original may be corrected so; ``earlier`` is how it has been corrected before.

    Raises:
        CorrectionRefused: saying which invoice to correct instead, and how.
    """
    before = set(earlier)
    wanted = relation_of(correction)
    before = {single(relation) for relation in before}
    if Relation.REPLACES in before:
        raise CorrectionRefused("the invoice has been replaced: correct the one that replaced it")
    if original.related is not None and single(original.related.kind) is Relation.ADJUSTS:
        named = original.related
        raise CorrectionRefused(
            f"the invoice is itself an adjustment: adjust the original {named.symbol}-{named.number} again"
        )
    if Relation.ADJUSTS in before and wanted is Relation.REPLACES:
        raise CorrectionRefused("the invoice has been adjusted: it can only be adjusted further")
    if original.related is not None and wanted is Relation.ADJUSTS:
        raise CorrectionRefused("the invoice replaced another: it can only be replaced again")


def check_correction(correction: Correction, sale: Sale | None, reason: str) -> None:
    """What can be wrong about a correction whatever it corrects.

    Raises:
        CorrectionRefused: no reason, or a content that does not go with the correction.
    """
    if not reason.strip() or len(reason) > NOTE_LENGTH:
        raise CorrectionRefused(f"a correction needs a reason of at most {NOTE_LENGTH} characters")
    if (sale is None) != (correction is Correction.INFORM):
        raise CorrectionRefused("a correction of words has no amounts; every other has a sale")
    if sale is None:
        return
    if sale.kind not in {Kind.SALE, Kind.REFUND}:
        raise CorrectionRefused(f"a {sale.kind.value} corrects nothing")
    if correction is Correction.REFUND:
        if any(line.kind is LineKind.DISCOUNT for line in sale.lines):
            raise CorrectionRefused("a refund has no discount lines: take them off the amounts")
        if sale.total == 0:
            raise CorrectionRefused("a refund of nothing")


def correct(
    original: Invoice,
    correction: Correction,
    sale: Sale | None,
    terms: Terms,
    identity: Identity,
    reason: str,
    witness: LedgerWitness | None = None,
) -> Invoice:
    """The correcting invoice. A refund's ``sale`` has the positive amounts of what is given back.

    Raises:
        CorrectionRefused: as ``check_correction``.
        InvoiceError: as ``compose.check_sale``.
    """
    made = correct_content(original, correction, sale, terms, identity.symbol, identity.day, reason, witness)
    return identified(made, identity.number, identity.code)


def correct_content(
    original: Invoice,
    correction: Correction,
    sale: Sale | None,
    terms: Terms,
    symbol: Symbol,
    day: date,
    reason: str,
    witness: LedgerWitness | None = None,
) -> InvoiceContent:
    """What the correcting invoice says, without number and code. Raises what ``correct`` raises."""
    check_correction(correction, sale, reason)
    related = RelatedInvoice(
        kind=relation_of(correction),
        form=str(int(original.form)),
        symbol=str(original.symbol),
        number=str(original.number),
        day=original.day,
        note=reason,
    )
    if sale is None:
        made = compose_content(Sale(Kind.SALE, None, None, (), 0, 0), terms, symbol, day, witness, related)
        return _of_words(original, made, reason)
    check_amounts(replace(sale, kind=Kind.SALE), terms, day)
    made = compose_content(replace(sale, kind=Kind.SALE), terms, symbol, day, witness, related)
    if sale.buyer is None:
        made = replace(made, buyer=original.buyer)
    return in_words(_negative(made)) if correction is Correction.REFUND else made


def _of_words(original: Invoice, empty: InvoiceContent, reason: str) -> InvoiceContent:
    """An adjustment of information: a note line, and sums of nothing."""
    return replace(
        empty,
        lines=(InvoiceLine(Nature.NOTE, None, reason),),
        buyer=original.buyer,
        currency=original.currency,
        exchange_rate=original.exchange_rate,
    )


def _negative(invoice: InvoiceContent) -> InvoiceContent:
    """Signs turned: quantity and every amount; prices stay, so that each line still multiplies out."""

    def less(amount: Amount | None) -> Amount | None:
        return None if amount is None else -amount

    return replace(
        invoice,
        lines=tuple(
            replace(
                line,
                quantity=None if line.quantity is None else -line.quantity,
                amount=less(line.amount),
                discount=less(line.discount),
            )
            for line in invoice.lines
        ),
        rate_totals=tuple(replace(total, net=-total.net, tax=-total.tax) for total in invoice.rate_totals),
        net=-invoice.net,
        tax=-invoice.tax,
        total=-invoice.total,
        fees=tuple(replace(fee, amount=-fee.amount) for fee in invoice.fees),
        trade_discount=less(invoice.trade_discount),
    )
