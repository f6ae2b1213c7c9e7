"""One invoice that replaces or adjusts many, and what its list (BKe) says of each (version 2.1.0).

For every original the right sale is given: what it should have been. Replacing, the new invoice carries all
the right sales; adjusting, the differences. Amounts are reckoned per rate over all of them, as on any
invoice, then shared out over the originals, so that the list adds up to the invoice to the dong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from invoice.compose import Identity, Terms, compose, effective_lines, in_words, rate_of_line
from invoice.corrections import NOTE_LENGTH
from invoice.errors import CorrectionRefused
from invoice.invoice import (
    Amount,
    Invoice,
    InvoiceLine,
    LedgerWitness,
    Nature,
    RateTotal,
    RelatedInvoice,
    Relation,
)
from invoice.numbers import Form
from invoice.rates import Rate, contained_vat
from invoice.sale import Kind, LineKind, Sale
from invoice.spread import spread

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from invoice.sale import Line

MOST_ORIGINALS = 500  # of one list; its message may not be longer than 2 MB
_NO_RATE = ""  # form 2 has none
TOO_MANY = "the rounding of so many invoices adds up to more than a dong: correct fewer of them together"


@dataclass(frozen=True, slots=True)
class Share:
    """What one original is at one rate, before and after, in dong; ``rate`` is None on form 2."""

    original: Invoice
    rate: str | None
    net_before: int
    tax_before: int
    net_after: int
    tax_after: int


@dataclass(frozen=True, slots=True)
class CorrectedMany:
    """The correcting invoice and the lines of its list."""

    invoice: Invoice
    shares: tuple[Share, ...]


def check_originals(originals: Sequence[Invoice], sales: Sequence[Sale], terms: Terms, reason: str) -> None:
    """What can be wrong about correcting these together, whatever each of them is by itself.

    Raises:
        CorrectionRefused: saying which, and that they may be corrected one by one.
    """
    if not reason.strip() or len(reason) > NOTE_LENGTH:
        raise CorrectionRefused(f"a correction needs a reason of at most {NOTE_LENGTH} characters")
    if not 2 <= len(originals) <= MOST_ORIGINALS:
        raise CorrectionRefused(f"a list corrects 2 to {MOST_ORIGINALS} invoices, not {len(originals)}")
    if terms.version < "2.1.0":
        raise CorrectionRefused(f"version {terms.version} has no list: correct them one by one")
    if len({original.reference for original in originals}) < len(originals):
        raise CorrectionRefused("an invoice is named twice")
    if any(original.buyer != originals[0].buyer for original in originals):
        raise CorrectionRefused("the invoices have different buyers: a list is for one buyer")
    for original, sale in zip(originals, sales, strict=True):
        name = f"{original.symbol}-{original.number}"
        if original.form is not terms.form:
            raise CorrectionRefused(f"{name} is of another form than this register's")
        if original.currency != "VND" or sale.currency != "VND":
            raise CorrectionRefused(f"{name} is in a foreign currency: correct it by itself")
        if original.fees or sale.fees or original.trade_discount or sale.reduction:
            raise CorrectionRefused(f"{name} has fees or a reduction: correct it by itself")
        if not sale.prices_include_vat:
            raise CorrectionRefused(f"{name}: its right sale has prices without VAT: correct it by itself")
        if sale.kind is not Kind.SALE:
            raise CorrectionRefused(f"{name}: a {sale.kind.value} corrects nothing")


def correct_many(
    originals: Sequence[Invoice],
    sales: Sequence[Sale],
    relation: Relation,
    terms: Terms,
    identity: Identity,
    reason: str,
    statement_no: str,
    witness: LedgerWitness | None = None,
) -> CorrectedMany:
    """The invoice that replaces (REPLACES_MANY) or adjusts (ADJUSTS_MANY) the ``originals``.

    ``sales`` are the right ones, in the same order. TTHDLQuan names the first original; all stand in the list
    ``statement_no`` (SBKe).

    Raises:
        CorrectionRefused: as ``check_originals``, or nothing would change.
        InvoiceError: as ``compose.check_sale``, for a right sale.
    """
    check_originals(originals, sales, terms, reason)
    first = originals[0]
    related = RelatedInvoice(
        relation, str(int(first.form)), str(first.symbol), str(first.number), first.day, reason
    )
    lines = [effective_lines(sale, terms) for sale in sales]
    together = Sale(
        Kind.SALE, None, None, tuple(line for some in lines for line in some), 0, sum(s.total for s in sales)
    )
    whole = compose(together, terms, identity, witness, related)
    after = [_gross(some, terms, identity.day) for some in lines]
    before = [_before(original) for original in originals]
    if relation is Relation.REPLACES_MANY:
        nets = {total.rate: int(total.net) for total in whole.rate_totals} or {_NO_RATE: int(whole.total)}
        made = whole
        shares = _shares(originals, before, after, nets)
    else:
        shares = _shares(originals, before, after, _adjusted_nets(before, after))
        made = _differences(whole, shares)
    made = replace(
        made, buyer=first.buyer, payment=first.payment, statement_no=statement_no, statement_day=identity.day
    )
    made = in_words(made)
    if any(abs(_excess(total)) > 1 for total in made.rate_totals):
        raise CorrectionRefused(TOO_MANY)
    return CorrectedMany(made, shares)


def _excess(total: RateTotal) -> Decimal:
    """By how much the VAT is off the rate, in dong."""
    return Decimal(total.net) * Rate.parse(total.rate).basis_points / 10_000 - Decimal(total.tax)


_Amounts = dict[str, tuple[int, int]]  # rate -> net, tax
_NOTHING = (0, 0)


def _before(original: Invoice) -> _Amounts:
    """Amounts by rate of an invoice as it stands."""
    if original.form is Form.VAT:
        return {total.rate: (int(total.net), int(total.tax)) for total in original.rate_totals}
    return {_NO_RATE: (int(original.total), 0)}


def _gross(lines: Sequence[Line], terms: Terms, day: date) -> dict[str, int]:
    """Amounts with VAT by rate of a right sale."""
    gross: dict[str, int] = defaultdict(int)
    for line in lines:
        if line.kind is not LineKind.NOTE:
            gross[rate_of_line(line, terms, day) or _NO_RATE] += line.counted
    return dict(gross)


def _adjusted_nets(before: Sequence[_Amounts], after: Sequence[dict[str, int]]) -> dict[str, int]:
    """Net after, over all originals: the net before and the net of the difference, rounded once."""
    nets: dict[str, int] = {}
    for rate in sorted(
        {rate for some in before for rate in some} | {rate for some in after for rate in some}
    ):
        net_before = sum(some.get(rate, _NOTHING)[0] for some in before)
        gross_before = sum(sum(some.get(rate, _NOTHING)) for some in before)
        gross_after = sum(some.get(rate, 0) for some in after)
        if not gross_after:
            nets[rate] = 0
            continue
        difference = gross_after - gross_before
        if rate == _NO_RATE:
            net = difference
        else:
            net = contained_vat(abs(difference), Rate.parse(rate))[0] * (1 if difference >= 0 else -1)
        nets[rate] = net_before + net
    return nets


def _shares(
    originals: Sequence[Invoice],
    before: Sequence[_Amounts],
    after: Sequence[dict[str, int]],
    nets: dict[str, int],
) -> tuple[Share, ...]:
    """Share the net of each rate out over the originals by what they are with VAT."""
    shares = []
    for rate in sorted(
        {rate for some in before for rate in some} | {rate for some in after for rate in some}
    ):
        grosses = [some.get(rate, 0) for some in after]
        net_after = spread(nets.get(rate, 0), grosses, [(str(o.symbol), o.number) for o in originals])
        for place, original in enumerate(originals):
            net, tax = before[place].get(rate, _NOTHING)
            if not (net or tax or grosses[place]):
                continue
            tax_after = grosses[place] - net_after[place]
            shares.append(Share(original, rate or None, net, tax, net_after[place], tax_after))
    return tuple(sorted(shares, key=lambda share: originals.index(share.original)))


def _differences(whole: Invoice, shares: Sequence[Share]) -> Invoice:
    """The adjusting invoice: a line per original and rate with what changes."""
    lines: list[InvoiceLine] = []
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for share in shares:
        net, tax = share.net_after - share.net_before, share.tax_after - share.tax_before
        if not (net or tax):
            continue
        totals[share.rate or _NO_RATE][0] += net
        totals[share.rate or _NO_RATE][1] += tax
        lines.append(_difference_line(len(lines) + 1, share, net))
    if not lines:
        raise CorrectionRefused("the right sales are what the invoices say already: nothing would change")
    nets, taxes = sum(net for net, _ in totals.values()), sum(tax for _, tax in totals.values())
    by_rate = tuple(RateTotal(rate, net, tax) for rate, (net, tax) in sorted(totals.items()) if rate)
    total: Amount = nets + taxes
    return replace(
        whole,
        lines=tuple(lines),
        rate_totals=by_rate,
        net=nets if by_rate else 0,
        tax=taxes,
        total=total,
    )


def _difference_line(position: int, share: Share, net: int) -> InvoiceLine:
    original = share.original
    return InvoiceLine(
        nature=Nature.GOODS,
        position=position,
        name=f"Điều chỉnh hóa đơn {original.symbol}-{original.number} ngày {original.day:%d/%m/%Y}",
        quantity=Decimal(1 if net >= 0 else -1),
        unit_price=Decimal(abs(net)),
        amount=net,
        rate=share.rate,
    )
