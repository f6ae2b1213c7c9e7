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


_I, _P, _C, _F = InvoiceState, PackageState, CaptureState, FormState

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
