"""Every pair of states of every machine, against the pairs written out here."""

from enum import StrEnum
from itertools import product

import pytest

from outbox.errors import TransitionRefused
from outbox.states import CaptureState, InvoiceState, OrderState, PackageState, check_transition

_ALLOWED = {
    InvoiceState: {
        "issued packed",
        "issued held",
        "held issued",
        "packed sent",
        "sent received",
        "sent accepted",
        "sent refused",
        "sent issued",
        "received accepted",
        "received refused",
        "received issued",
        "refused corrected",
    },
    OrderState: {
        "ordered asked",
        "ordered held",
        "ordered corrected",
        "ordered dropped",
        "asked ordered",
        "asked numbered",
        "asked invoiced",
        "asked refused",
        "asked held",
        "asked dropped",
        "numbered invoiced",
        "numbered held",
        "numbered dropped",
        "refused ordered",
        "refused corrected",
        "refused dropped",
        "held ordered",
        "held asked",
        "held corrected",
        "held dropped",
    },
    PackageState: {
        "built sent",
        "sent received",
        "sent decided",
        "received decided",
    },
    CaptureState: {
        "raw sale",
        "raw non-sale",
        "raw quarantined",
        "raw waiting",
        "waiting sale",
        "quarantined resolved",
    },
}
_PAIRS = [pair for machine in _ALLOWED for pair in product(machine, machine)]


def _name(state: StrEnum) -> str:
    return f"{type(state).__name__}.{state}"


@pytest.mark.parametrize(("before", "after"), _PAIRS, ids=_name)
def test_every_pair(before: StrEnum, after: StrEnum) -> None:
    if f"{before} {after}" in _ALLOWED[type(before)]:
        check_transition(before, after)
    else:
        with pytest.raises(TransitionRefused, match=f"{before} cannot become {after}"):
            check_transition(before, after)


def test_the_machines_have_these_states() -> None:
    assert [len(machine) for machine in _ALLOWED] == [9, 8, 4, 6]
    assert len(_PAIRS) == 81 + 64 + 16 + 36


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (InvoiceState.PACKED, PackageState.SENT),
        (PackageState.BUILT, InvoiceState.SENT),
        (CaptureState.RAW, InvoiceState.ISSUED),
    ],
)
def test_a_state_of_another_machine_is_refused(before: StrEnum, after: StrEnum) -> None:
    with pytest.raises(TransitionRefused):
        check_transition(before, after)
