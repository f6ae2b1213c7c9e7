"""The states of captures, invoices and packages: one table each, and the only way to change one.

What the table does not allow is an error (``TransitionRefused``), never a silent change.
"""

from __future__ import annotations

from enum import StrEnum

from outbox.errors import TransitionRefused


class InvoiceState(StrEnum):
    """Where an invoice stands on its way to the authority."""

    ISSUED = "issued"
    PACKED = "packed"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    HELD = "held"
    CORRECTED = "corrected"
    PROVIDED = "provided"  # numbered by a provider, who passes it on to the authority


class OrderState(StrEnum):
    """Where an order stands: an invoice that a provider is to number."""

    ORDERED = "ordered"  # durable and signed; the provider has it certainly not
    ASKED = "asked"  # the provider may have it: it is looked up before it is sent again
    NUMBERED = "numbered"  # it has its number; the authority code is still to come
    INVOICED = "invoiced"  # it has become an invoice
    REFUSED = "refused"  # the provider does not take it as it is
    HELD = "held"  # set aside, by a person or because an answer does not fit
    CORRECTED = "corrected"  # another order stands in its place
    DROPPED = "dropped"  # a person has settled it elsewhere, with a reason


class PackageState(StrEnum):
    """Where a package (message 206) stands."""

    BUILT = "built"
    SENT = "sent"
    RECEIVED = "received"
    DECIDED = "decided"


class CaptureState(StrEnum):
    """What became of captured bytes."""

    RAW = "raw"
    WAITING = "waiting"  # a sale whose buyer is to come, by configuration
    SALE = "sale"
    NON_SALE = "non-sale"
    QUARANTINED = "quarantined"
    RESOLVED = "resolved"


class FormState(StrEnum):
    """Where a form (message 100, 300 or 303) stands: the authority's word on it is its end."""

    BUILT = "built"
    SENT = "sent"
    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"


_I, _P, _C, _F, _O = InvoiceState, PackageState, CaptureState, FormState, OrderState

# From a state to the states it may become. The 204 may overtake the 999, so sent may be decided at once;
# a package refused as a message gives its invoices back to issued, to go under a new MTDiep.
TRANSITIONS: dict[type[StrEnum], dict[StrEnum, tuple[StrEnum, ...]]] = {
    InvoiceState: {
        _I.ISSUED: (_I.PACKED, _I.HELD),
        _I.HELD: (_I.ISSUED,),
        _I.PACKED: (_I.SENT,),
        _I.SENT: (_I.RECEIVED, _I.ACCEPTED, _I.REFUSED, _I.ISSUED),
        _I.RECEIVED: (_I.ACCEPTED, _I.REFUSED, _I.ISSUED),
        _I.REFUSED: (_I.CORRECTED,),
    },
    # An order that was asked for goes back to ordered only on the word that the provider does not have it;
    # one that was held after it was asked for is looked up again first.
    OrderState: {
        _O.ORDERED: (_O.ASKED, _O.HELD, _O.CORRECTED, _O.DROPPED),
        _O.ASKED: (_O.ORDERED, _O.NUMBERED, _O.INVOICED, _O.REFUSED, _O.HELD, _O.DROPPED),
        _O.NUMBERED: (_O.INVOICED, _O.HELD, _O.DROPPED),
        _O.REFUSED: (_O.ORDERED, _O.CORRECTED, _O.DROPPED),
        _O.HELD: (_O.ORDERED, _O.ASKED, _O.CORRECTED, _O.DROPPED),
    },
    PackageState: {
        _P.BUILT: (_P.SENT,),
        _P.SENT: (_P.RECEIVED, _P.DECIDED),
        _P.RECEIVED: (_P.DECIDED,),
    },
    FormState: {
        _F.BUILT: (_F.SENT,),
        _F.SENT: (_F.RECEIVED, _F.ACCEPTED, _F.REFUSED),
        _F.RECEIVED: (_F.ACCEPTED, _F.REFUSED),
    },
    CaptureState: {
        _C.RAW: (_C.SALE, _C.NON_SALE, _C.QUARANTINED, _C.WAITING),
        _C.WAITING: (_C.SALE,),
        _C.QUARANTINED: (_C.RESOLVED,),
    },
}


def check_transition(before: StrEnum, after: StrEnum) -> None:
    """Raises TransitionRefused where the table does not allow the change."""
    if type(before) is not type(after) or after not in TRANSITIONS[type(before)].get(before, ()):
        raise TransitionRefused(f"{type(before).__name__} {before} cannot become {after}")
