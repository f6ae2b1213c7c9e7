"""The adapter: a ``ProviderGateway`` over S-Invoice's REST interface.

>>> from authority.providers.viettel.gateway import ViettelGateway
>>> from invoice.numbers import Form
>>> from signing.passphrase import Secret, read_passphrase
>>> def password() -> Secret:
...     return read_passphrase("env:PASSWORD")
>>> gateway = ViettelGateway("https://api-vinvoice.viettel.vn", "0409990010", Form.VAT, "user", password)
>>> gateway.name, gateway.can.numbering, gateway.can.batch
('api-vinvoice.viettel.vn', 'provider', 1)
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from authority.errors import AnswerNonsense
from authority.gateway import Capabilities
from authority.http_answers import checked_base, json_object, refusal
from authority.https_line import HttpsLine, Timeouts
from authority.providers.errors import OrderNotPossible, ProviderRefusal
from authority.providers.provider import NotSaid, Numbered, ProviderStanding, Refused, SeriesStanding
from authority.providers.viettel.answers import batch, found, single
from authority.providers.viettel.order import order_json
from authority.providers.viettel.papers import paper
from authority.providers.viettel.refusals import GENERAL, meaning, said_in
from authority.providers.viettel.session import Session
from authority.providers.viettel.settings import MOST_IN_BATCH, ViettelSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta
    from pathlib import Path
    from uuid import UUID

    from authority.https_line import HttpAnswer
    from authority.providers.provider import Order, Outcome, Paper, ProviderGateway
    from invoice.numbers import Form, Symbol
    from signing.passphrase import Secret

_API = "/services/einvoiceapplication/api"  # where the address names the host alone
_MAX_BYTES = 2_000_000  # of one order, as of the message it becomes
_JSON, _FORM = "application/json", "application/x-www-form-urlencoded"
# The provider recommends 60 to 90 seconds.
_TIMEOUTS = Timeouts(connect=10.0, read=75.0, total=90.0)
_NOT_TOLD = "numbers left: not told by the provider"


class ViettelGateway:
    """One account at S-Invoice."""

    def __init__(
        self,
        url: str,
        tax_code: str,
        form: Form,
        user: str,
        password: Callable[[], Secret],
        *,
        settings: ViettelSettings | None = None,
        ca: Path | None = None,
        timeouts: Timeouts | None = None,
        proxy: str | None = None,
        pin: str | None = None,
        session: Callable[[HttpsLine, str, str, Callable[[], Secret]], Session] = Session,
    ) -> None:
        """``url``: the host, or the address up to ``/InvoiceAPI``. ``form``: the register's, which a look-up
        does not say. ``password`` reads it from where it is kept, each time it is needed anew. The rest as
        ``DirectGateway``.

        Raises:
            GatewaySettingInvalid: the address, or another setting.
        """
        base = checked_base(url)
        parts = urlsplit(base)
        self._settings = settings or ViettelSettings()
        self._tax_code, self._form, self._user = tax_code, form, user
        api = base.removesuffix("/InvoiceAPI") if parts.path else base + _API
        self._invoices, self._utils = f"{api}/InvoiceAPI/InvoiceWS", f"{api}/InvoiceAPI/InvoiceUtilsWS"
        self._host = parts.netloc
        log_in = self._settings.log_in
        self._log_in_url = checked_base(
            log_in if "://" in log_in else f"https://{parts.netloc}/{log_in.lstrip('/')}"
        )
        self._line = HttpsLine(ca=ca, timeouts=timeouts or _TIMEOUTS, proxy=proxy, pin=pin)
        self._session = session(self._line, self._log_in_url, user, password)

    @property
    def name(self) -> str:
        """Host and port."""
        return self._host

    @property
    def can(self) -> Capabilities:
        """The provider numbers; an order's key makes it idempotent; of a batch each is taken for itself."""
        several = min(self._settings.batch, MOST_IN_BATCH)
        return Capabilities(
            "provider",
            _MAX_BYTES,
            idempotent=True,
            look_up=True,
            documents=True,
            corrections=True,
            batch=several,
            atomic=several == 1,
        )

    @property
    def clock_skew(self) -> timedelta | None:
        """By the Date header of its last answer."""
        return self._line.clock_skew

    def issue(self, orders: Sequence[Order]) -> tuple[Outcome, ...]:
        """``createInvoice``, or ``createBatchInvoice`` for several; see ``ProviderGateway.issue``."""
        outcomes: list[Outcome] = [None] * len(orders)
        sent: list[tuple[int, dict[str, Any]]] = []
        for place, order in enumerate(orders):
            try:
                sent.append((place, order_json(order, self._settings)))
            except OrderNotPossible as error:
                outcomes[place] = Refused(error)
        if len(sent) == 1:
            place, body = sent[0]
            outcomes[place] = self._issue_one(body)
        elif sent:
            told = self._issue_several([orders[place].key for place, _ in sent], [body for _, body in sent])
            for (place, _), outcome in zip(sent, told, strict=True):
                outcomes[place] = outcome
        return tuple(outcomes)

    def look_up(self, key: UUID) -> Numbered | NotSaid:
        """``searchInvoiceByTransactionUuid``; see ``ProviderGateway.look_up``."""
        asked = {"supplierTaxCode": self._tax_code, "transactionUuid": str(key)}
        url = f"{self._invoices}/searchInvoiceByTransactionUuid"
        answer = self._post(url, urlencode(asked).encode(), _FORM)
        return found(self._read(answer), key, self._form, answer.body)

    def fetch(self, issued: Numbered, key: UUID, kind: Paper) -> bytes | None:
        """``getInvoiceRepresentationFile``; see ``ProviderGateway.fetch``."""
        del key  # S-Invoice goes by the number
        asked = {
            "supplierTaxCode": self._tax_code,
            "templateCode": self._settings.template_of(int(issued.form)),
            "invoiceNo": issued.provider_id,
            "fileType": "PDF" if kind == "pdf" else "ZIP",
        }
        answer = self._post_json(f"{self._utils}/getInvoiceRepresentationFile", asked)
        given = self._read(answer)
        self._raise_if_said(given, answer.status)
        return paper(given, kind)

    def standing(self, form: Form, symbol: Symbol) -> ProviderStanding:
        """Log-in and ``getProvidesStatusUsingInvoice``; see ``ProviderGateway.standing``."""
        if not self._settings.series_status:
            self._session.drop()
            self._session.headers(_JSON)
            return ProviderStanding(self._user, None, (SeriesStanding(form, symbol),), (_NOT_TOLD,))
        asked = {
            "supplierTaxCode": self._tax_code,
            "templateCode": self._settings.template_of(int(form)),
            "serial": str(symbol),
        }
        answer = self._post_json(f"{self._utils}/getProvidesStatusUsingInvoice", asked)
        if answer.status == 404:
            return ProviderStanding(self._user, None, (SeriesStanding(form, symbol),), (_NOT_TOLD,))
        given = self._read(answer)
        self._raise_if_said(given, answer.status)
        used, numbers = given.get("numOfpublishInv"), given.get("totalInv")
        if not isinstance(used, int) or not isinstance(numbers, int):
            return ProviderStanding(self._user, None, (SeriesStanding(form, symbol),), (_NOT_TOLD,))
        left = SeriesStanding(form, symbol, left=max(numbers - used, 0), last_number=used)
        return ProviderStanding(self._user, may_issue=None, series=(left,))

    def close(self) -> None:
        """See ``ProviderGateway.close``."""
        self._line.close()

    def _issue_one(self, body: dict[str, Any]) -> Outcome:
        answer = self._post_json(f"{self._invoices}/createInvoice/{quote(self._tax_code)}", body)
        return single(self._read(answer), self._form, answer.body, answer.status)

    def _issue_several(self, keys: Sequence[UUID], bodies: list[dict[str, Any]]) -> tuple[Outcome, ...]:
        url = f"{self._invoices}/createBatchInvoice/{quote(self._tax_code)}"
        answer = self._post_json(url, {"commonInvoiceInputs": bodies})
        given = self._read(answer)
        if answer.status != 200:
            self._raise_if_said(given, answer.status)
        return batch(given, keys, self._form, answer.body)

    def _post_json(self, url: str, given: dict[str, Any]) -> HttpAnswer:
        return self._post(url, json.dumps(given, ensure_ascii=False).encode(), _JSON)

    def _post(self, url: str, content: bytes, kind: str) -> HttpAnswer:
        """Ask once; once more with a new token where the old one was refused, which takes nothing in."""
        answer = self._line.request("POST", url, content=content, headers=self._session.headers(kind))
        if answer.status not in {401, 403}:
            return answer
        self._session.drop()
        return self._line.request("POST", url, content=content, headers=self._session.headers(kind))

    def _read(self, answer: HttpAnswer) -> dict[str, Any]:
        """The answer's JSON, be it a result or a refusal in the provider's words.

        Raises:
            GatewayError: neither.
        """
        if answer.status == 200:
            return json_object(answer, self._host)
        if answer.status in {401, 403}:
            self._session.drop()
            raise refusal(answer, self._host)
        if answer.status == 400:
            try:
                given = json_object(answer, self._host)
            except AnswerNonsense:
                raise refusal(answer, self._host) from None
            if said_in(given) is not None:
                return given
        if answer.status == 500 and GENERAL.encode() in answer.body:
            self._session.drop()  # a token that is over is answered so too
        raise refusal(answer, self._host)

    def _raise_if_said(self, given: dict[str, Any], status: int) -> None:
        said = said_in(given)
        if said is None:
            return
        error = meaning(said, status)
        raise error if not isinstance(error, ProviderRefusal) else AnswerNonsense(error.message)


if TYPE_CHECKING:
    _shape: type[ProviderGateway] = ViettelGateway  # mypy holds it against the protocol
