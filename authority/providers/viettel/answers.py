"""What S-Invoice answers, as outcomes; everything it says is taken as foreign text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from authority.elements import VIETNAM
from authority.errors import AnswerNonsense, GatewayError
from authority.providers.errors import ProviderRefusal, SeriesStopped
from authority.providers.provider import NotSaid, Numbered, Refused
from authority.providers.viettel.refusals import KNOWN_KEY, NOT_FOUND, meaning, said_in
from invoice.errors import InvoiceError
from invoice.numbers import Form, Symbol, checked_number

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from authority.providers.provider import Outcome

_NAME = re.compile(r"([A-Z0-9]{6})0{0,8}([0-9]{1,8})")
_CODE = re.compile(r"[A-Za-z0-9-]{5,50}")
_LATEST = 32_503_680_000_000  # ms: the year 3000


def single(given: dict[str, Any], form: Form, raw: bytes, status: int) -> Outcome:
    """The outcome of createInvoice; None where the answer does not say.

    Raises:
        SeriesStopped, GatewayError: it is about more than this order.
        AnswerNonsense: a number that cannot be one.
    """
    said = said_in(given)
    if said is not None:
        if said.word in KNOWN_KEY:
            return None
        error = meaning(said, status)
        if isinstance(error, ProviderRefusal):
            return Refused(error, raw)
        raise error
    return _numbered(_result(given), form, raw)


def batch(given: dict[str, Any], keys: Sequence[UUID], form: Form, raw: bytes) -> tuple[Outcome, ...]:
    """The outcomes of createBatchInvoice, by their keys whatever their order; None for those left out.

    An error of form is told without the key: where one order alone is missing it is that order's.

    Raises:
        SeriesStopped: nothing was issued, and nothing is until a person has acted.
        AnswerNonsense: not of the known form.
    """
    rows, beside = given.get("createInvoiceOutputs"), given.get("lstMapError") or []
    if not isinstance(rows, list) or not isinstance(beside, list):
        said = said_in(given)
        if said is not None:
            error = meaning(said, 200)
            raise error if not isinstance(error, ProviderRefusal) else AnswerNonsense(error.message)
        raise AnswerNonsense("the answer to a batch is not of the known form")
    told = {str(row.get("transactionUuid")): row for row in rows if isinstance(row, dict)}
    outcomes: list[Outcome] = []
    stopped: SeriesStopped | None = None
    for key in keys:
        row = told.get(str(key))
        outcome: Outcome = None
        if row is not None:
            try:
                outcome = single(row, form, raw, 200)
            except SeriesStopped as error:
                stopped = stopped or error
            except GatewayError:
                outcome = None  # it is looked up
        outcomes.append(outcome)
    missing = [place for place, key in enumerate(keys) if str(key) not in told]
    if len(missing) == 1 and len(beside) == 1 and isinstance(beside[0], dict):
        said = said_in(beside[0])
        meant = meaning(said, 200) if said is not None else None
        if isinstance(meant, ProviderRefusal):
            outcomes[missing[0]] = Refused(meant, raw)
        elif isinstance(meant, SeriesStopped):
            stopped = stopped or meant
    if stopped is not None and not any(outcomes):
        raise stopped
    return tuple(outcomes)


def found(given: dict[str, Any], key: UUID, form: Form, raw: bytes) -> Numbered | NotSaid:
    """What a look-up says of a key.

    Raises:
        GatewayError: an error that is not "no such data".
        AnswerNonsense: several invoices, or not of the known form.
    """
    said = said_in(given)
    if said is not None:
        if said.word == NOT_FOUND:
            return NotSaid.UNKNOWN
        error = meaning(said, 400)
        raise error if not isinstance(error, ProviderRefusal) else AnswerNonsense(error.message)
    rows = given.get("result")
    if rows is None or rows == []:
        return NotSaid.UNKNOWN
    if isinstance(rows, dict):
        rows = [rows]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise AnswerNonsense("the look-up's answer is not of the known form")
    names = {str(row.get("invoiceNo")) for row in rows}
    if len(names) > 1:
        raise AnswerNonsense(f"the provider has {len(names)} invoices under the key {key}")
    return _numbered(rows[0], form, raw) or NotSaid.CANNOT_SAY


def _result(given: dict[str, Any]) -> dict[str, Any]:
    """The result, which stands in ``result`` or beside the error fields."""
    result = given.get("result")
    return result if isinstance(result, dict) else given


def _numbered(result: dict[str, Any], form: Form, raw: bytes) -> Numbered | None:
    name, code = result.get("invoiceNo"), result.get("codeOfTax")
    if name is None or name == "":
        return None
    match = _NAME.fullmatch(name) if isinstance(name, str) else None
    try:
        if match is None:
            raise AnswerNonsense(f"the provider's invoice number {str(name)[:40]!r} cannot be read")
        symbol, number = Symbol.parse(match[1]), checked_number(int(match[2]))
    except InvoiceError as error:
        raise AnswerNonsense(f"the provider's invoice number {str(name)[:40]!r}: {error.message}") from None
    readable = isinstance(code, str) and _CODE.fullmatch(code) is not None
    return Numbered(
        form=form,
        symbol=symbol,
        number=number,
        code=code if readable else None,
        provider_id=str(name),
        raw=raw,
        day=_day(result.get("issueDate")),
    )


def _day(moment: object) -> date | None:
    """The day in Viet Nam of a time in ms."""
    if not isinstance(moment, int) or isinstance(moment, bool) or not 0 < moment < _LATEST:
        return None
    return datetime.fromtimestamp(moment / 1000, UTC).astimezone(VIETNAM).date()
