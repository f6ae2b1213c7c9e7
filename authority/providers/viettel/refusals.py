"""What S-Invoice says no with, and what that means here.

Its list of error words is not public. Words are matched by what they are about; one that nothing fits is a
refusal of that order with the provider's own words. docs/viettel.md has the table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from authority.errors import GatewayFailed
from authority.providers.errors import (
    AccountStopped,
    AmountsRefused,
    BuyerRefused,
    CertificateStopped,
    DateAhead,
    DateBehind,
    DateNotToday,
    OrderUnreadable,
    OriginalRefused,
    ProviderRefusal,
    SeriesExhausted,
    SeriesStopped,
    SeriesUnfit,
)

if TYPE_CHECKING:
    from authority.errors import GatewayError

_SUCCESS = {"", "0", "00", "200", "201", "SUCCESS", "OK"}
_LONGEST = 200
NOT_FOUND = "NOT_FOUND_DATA"
GENERAL = "GENERAL"  # also what a token that is over is answered with
# The key is known: what was issued under it is looked up.
KNOWN_KEY = frozenset({"TRANSACTION_UUID_INVALID", "TRANSACTION_IS_BEING_PROCESSED"})

# (what it looks like, in its word or its sentence; what it is), the first that fits.
RULES: tuple[tuple[str, type[SeriesStopped | ProviderRefusal]], ...] = (
    (r"ISSUED?_DATE_OVER_CURRENT|SAU (NGÀY|THỜI ĐIỂM) HIỆN TẠI", DateAhead),
    (r"ISSUE_DATE_INVALID_TT78", DateNotToday),
    (r"ORIGIN|ADJUST|HÓA ĐƠN GỐC", OriginalRefused),
    (r"INVOICE_ISSUED?_DATE_INVALID", DateBehind),
    (r"OUT_OF_(INVOICE|RANGE)|NOT_ENOUGH|EXHAUST|USED_UP|MAX_INVOICE|HẾT SỐ|SỬ DỤNG HẾT", SeriesExhausted),
    (r"(SERIAL|SERIES|TEMPLATE(_CODE)?)_(NOT_FOUND|INVALID|NOT_EXIST)|KÝ HIỆU.*KHÔNG TỒN TẠI", SeriesUnfit),
    (r"CERT|SIGNATURE|SIGN_(FAIL|ERROR)|HSM|CHỨNG THƯ|CHỮ KÝ SỐ", CertificateStopped),
    (r"PERMISSION|ACCESS_DENIED|ACTION_INVALID|LOCKED|TAX_CODE_INVALID|KHÔNG CÓ QUYỀN", AccountStopped),
    (r"BUYER|NGƯỜI MUA", BuyerRefused),
    (r"JSON_PARSE|UNKNOWN_FIELD|CONTENT_TYPE|COMMON_INVOICE_INPUTS", OrderUnreadable),
    (
        r"DISCOUNT|AMOUNT|TAX_|PRICE|QUANTITY|SUMMARIZE|ITEM|INCREASE|CHIẾT KHẤU|THUẾ SUẤT|TIỀN",
        AmountsRefused,
    ),
    (r"BAD_REQUEST|VALID_INPUT|REQUIRED|MAX_?LENGTH", OrderUnreadable),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern), kind) for pattern, kind in RULES)


@dataclass(frozen=True, slots=True)
class Said:
    """The provider's word for an error and its sentence, both short and printable."""

    word: str
    sentence: str

    @property
    def words(self) -> str:
        """Both, for the log and the shop."""
        return f"{self.word}: {self.sentence}" if self.sentence else self.word


def said_in(given: dict[str, Any]) -> Said | None:
    """The error in an answer; None where it says none.

    Met: ``{code: 400, message: WORD, data: sentence}`` and ``{errorCode: WORD, description: sentence}``.
    """
    code, message = given.get("errorCode"), given.get("message")
    if _is_word(code):
        return Said(_short(code), _short(given.get("description") or message or given.get("msg")))
    if _is_word(message):
        return Said(_short(message), _short(given.get("data") or given.get("description")))
    for name in ("code", "error"):
        if _is_word(given.get(name)):
            return Said(_short(given[name]), _short(given.get("data") or message or given.get("description")))
    return None


def meaning(said: Said, status: int) -> GatewayError | ProviderRefusal:
    """What an error means for the order, or for its whole series."""
    words = f"the provider says {said.words}"
    if said.word == GENERAL:
        return GatewayFailed(words)
    looked_at = said.words.upper()
    for pattern, kind in _COMPILED:
        if pattern.search(looked_at):
            if issubclass(kind, SeriesStopped):
                return kind(words, status=status)
            return kind(words, said=said.word)
    return ProviderRefusal(words, said=said.word)


def _is_word(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return False
    return str(value).strip().upper() not in _SUCCESS


def _short(value: object) -> str:
    words = " ".join(str(value).split()) if isinstance(value, str | int) else ""
    return "".join(letter for letter in words if letter.isprintable())[:_LONGEST]
