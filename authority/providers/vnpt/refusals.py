"""``ERR:n`` as ours: which refuse one order, which stop the series, which say nothing of what was done.

One table. The numbers mean other things in the two groups of calls, so there are two columns. What the manual
of the provider does not name is never taken for a refusal: nothing is known then, and the key is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from authority.errors import GatewayError, GatewayFailed
from authority.http_answers import printable
from authority.providers.errors import (
    CertificateStopped,
    DateAhead,
    DateBehind,
    OrderUnreadable,
    OriginalRefused,
    ProviderRefusal,
    SeriesExhausted,
    SeriesStopped,
    SeriesUnfit,
)
from authority.providers.vnpt.errors import (
    FieldTooLong,
    NumberingFailed,
    ServiceUserRefused,
    StaffAccountRefused,
)

_ERROR = re.compile(r"ERR:\s*([0-9]{1,4})(?![0-9])[\s:#.,-]*(.*)", re.DOTALL)

STAFF, SERVICE = 1, 7  # of the accounts: nothing was done, whatever the call
TOO_MANY, KEY_KNOWN = 10, 13
USER_UNKNOWN = 20  # of a question about codes; elsewhere 20 is about the series
# The data of one order (3, 22), too many for the call or the numbers left (10, 6), the day of one (15, 30):
# what a batch is refused for, parts of it may not be.
OF_ONE = frozenset({3, 6, TOO_MANY, 15, 22, 30})
# Of what is fetched. Should one of the first group be said of a key that is there, nothing is issued twice:
# a key is taken once only.
NOT_FOUND, NOT_READY = frozenset({2, 4, 6}), frozenset({11, 12, 13, 24})


@dataclass(frozen=True, slots=True)
class Said:
    """``ERR:n`` and the words behind it."""

    number: int
    words: str

    def __str__(self) -> str:
        return f"ERR:{self.number}" + (f" ({self.words})" if self.words else "")


def read_error(text: str) -> Said | None:
    """What a result that is an error says; None where it is none."""
    match = _ERROR.fullmatch(text.strip())
    if match is None:
        return None
    words = re.sub(r"^err:\s*", "", match[2].strip(), flags=re.IGNORECASE)
    return Said(int(match[1]), printable(words))


_Made = Callable[[Said, str], GatewayError | ProviderRefusal]


def _stops(kind: type[SeriesStopped]) -> _Made:
    return lambda _, words: kind(words, status=200)


def _refuses(kind: type[ProviderRefusal]) -> _Made:
    return lambda said, words: kind(words, said=f"ERR:{said.number}")


def _unknown(said: Said, words: str) -> GatewayError:
    del said
    return GatewayFailed(words)


# n: what it becomes, and what it means, in the manual's order.
_ISSUING: dict[int, tuple[_Made, str]] = {
    STAFF: (_stops(StaffAccountRefused), "the staff account is wrong or may not issue"),
    2: (_stops(SeriesUnfit), "form or symbol is empty"),
    3: (_refuses(OrderUnreadable), "the data of the invoice are not as they must be"),
    4: (_stops(SeriesUnfit), "the form is not registered, or the company is not known"),
    5: (_unknown, "not issued, for a reason of its own"),
    6: (_stops(SeriesExhausted), "not enough numbers left"),
    SERVICE: (_stops(ServiceUserRefused), "the service user is not known, or has no company"),
    TOO_MANY: (_unknown, "one invoice is too many for one call"),
    11: (_stops(SeriesUnfit), "form or symbol is not of the right shape"),
    15: (_stops(DateAhead), "the date is later than the provider's own"),
    20: (_stops(SeriesUnfit), "form and symbol do not belong together, or are not registered"),
    21: (_stops(NumberingFailed), "the number that it made exists already"),
    22: (_refuses(FieldTooLong), "a text is too long"),
    23: (_stops(NumberingFailed), "no authority code could be made"),
    24: (_stops(CertificateStopped), "the certificate is not the registered one"),
    26: (_stops(CertificateStopped), "the certificate has expired"),
    27: (_stops(CertificateStopped), "the certificate is not valid yet"),
    28: (_stops(CertificateStopped), "there is no certificate"),
    29: (_stops(CertificateStopped), "the certificate has expired"),
    30: (_stops(DateBehind), "the date is earlier than that of the last invoice issued"),
    35: (_stops(SeriesUnfit), "form and symbol must be given"),
}
_CORRECTING: dict[int, tuple[_Made, str]] = {
    **_ISSUING,
    2: (_refuses(OriginalRefused), "the original invoice is not there"),
    8: (_refuses(OriginalRefused), "the original has been replaced, or adjusted, before"),
    9: (_refuses(OriginalRefused), "the original's state does not allow it"),
    12: (_refuses(OriginalRefused), "the original's date is not right"),
    19: (_refuses(OriginalRefused), "the original has another form"),
    60: (_refuses(OriginalRefused), "the original is of another kind (with or without code)"),
    61: (_refuses(OriginalRefused), "the original is of another kind (VAT or sales invoice)"),
    62: (_refuses(OriginalRefused), "the original was sent in a summary"),
}
DOCUMENTED = frozenset(_CORRECTING) | {KEY_KNOWN}


def error_of(said: Said, host: str, *, correcting: bool) -> GatewayError | ProviderRefusal:
    """Our error for what a call that issues has said (not ``KEY_KNOWN``: that key is looked up first)."""
    found = (_CORRECTING if correcting else _ISSUING).get(said.number)
    if found is None:
        return GatewayFailed(f"{host} said {said}, which its manual does not name")
    made, meaning = found
    return made(said, f"{host}: {meaning}, {said}")


def fetch_error(said: Said, host: str) -> GatewayError:
    """Our error for what a call that only asks has said, where it is neither not found nor not ready."""
    if said.number in {STAFF, SERVICE}:
        # Here only the service user is shown, so both numbers are about it.
        return ServiceUserRefused(f"{host}: the service user is not accepted, {said}", status=200)
    return GatewayFailed(f"{host} said {said} where an invoice was asked for")
