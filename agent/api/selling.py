"""A program's sale to its invoice: stored as it was sent, issued, answered, all in one transaction."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha256
from json.decoder import JSONDecoder
from typing import TYPE_CHECKING, Any

from agent.api.errors import KeyMissing, RequestInvalid
from agent.receipt_block import block_lines, invoice_block, qr_text
from drivers.captured import Form
from outbox.api_requests import Answered, once
from outbox.captures import hide_buyer, record_capture
from outbox.issuing import issue
from outbox.sold import Issued, Ordered

if TYPE_CHECKING:
    from collections.abc import Generator

    from agent.config import Config
    from invoice.sale import Sale
    from outbox.signing_desk import ToSign
    from outbox.sold import Sold
    from outbox.store import Job, Tx

ENCODINGS = ("utf-8", "cp1258", "tcvn3", "ascii")  # of the printable block
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_BLANK = re.compile(r"[ \t\r\n]*")


def checked_key(key: str | None) -> str:
    """The Idempotency-Key of a request; quotes around it (as the draft writes it) do not belong to it.

    Raises:
        KeyMissing: there is none, or it has blanks, other letters than ASCII, or more than 200 of them.
    """
    found = (key or "").strip().removeprefix('"').removesuffix('"')
    if not _KEY.fullmatch(found):
        raise KeyMissing("Idempotency-Key must have 1 to 200 visible ASCII characters")
    return found


def checked_encoding(name: str | None) -> str:
    """The letters that the program's printer has.

    Raises:
        RequestInvalid: not one of ``ENCODINGS``.
    """
    found = (name or "utf-8").lower()
    if found not in ENCODINGS:
        raise RequestInvalid(f"encoding must be one of {', '.join(ENCODINGS)}")
    return found


def sell(config: Config, client: str, key: str, sale: Sale, body: bytes, encoding: str) -> Job[Answered]:
    """The job of ``POST /v1/sales``. Raises from the job what ``once`` and ``issue`` raise."""

    def issuing(tx: Tx) -> Generator[ToSign, bytes, Sold]:
        capture_id = record_capture(f"api:{client}", body, "api", Form.JSON)(tx)
        assert isinstance(capture_id, int)  # noqa: S101 - for the type checker: this job needs no signature
        if span := buyer_span(body):
            hide_buyer(capture_id, [span])(tx)
        outcome: Any = issue(sale, config.register, capture_id)(tx)
        sold: Sold = yield from outcome
        return sold

    asked = sha256(f"sale {encoding}\n".encode() + body).hexdigest()
    return once(client, key, asked, issuing, lambda sold: answer_of(config, sold, encoding))


def answer_of(config: Config, sold: Sold, encoding: str) -> bytes:
    """What a sale is answered with: the invoice, the QR's text, and the block for the program's own printer.

    Where a provider numbers later, ``order`` stands in the place of ``invoice``: its reference, under which
    ``GET /v1/invoices/…`` gives the number when it is there.

    Nothing in it changes later (its state does, and is asked for by ``GET /v1/invoices/…``), so that the same
    request has the same answer for ever.
    """
    return json.dumps(
        {
            **_named(sold),
            "already_issued": sold.again,
            "qr": qr_text(config, sold),
            "printable": {
                "text": list(block_lines(config, sold)),
                "encoding": encoding,
                "escpos": base64.b64encode(invoice_block(config, sold, encoding, b"")).decode(),
            },
        },
        ensure_ascii=False,
    ).encode()


def _named(sold: Sold) -> dict[str, dict[str, object]]:
    of_both = {"form": sold.form, "symbol": sold.symbol, "day": sold.day, "total": sold.total}
    if isinstance(sold, Issued):
        name = f"{sold.symbol}-{sold.number}"
        return {
            "invoice": {
                "id": sold.invoice_id,
                "name": name,
                **of_both,
                "number": sold.number,
                "code": sold.code,
            }
        }
    assert isinstance(sold, Ordered)  # noqa: S101 - for the type checker: there is no third
    return {"order": {"reference": sold.reference, "key": sold.key, **of_both, "state": sold.state}}


def buyer_span(body: bytes) -> tuple[int, int] | None:
    """Where (start, end, in bytes) the value of ``buyer`` stands in the JSON of a sale, unless it is null."""
    text = body.decode("utf-8-sig")
    lead = len(body) - len(text.encode())
    decoder, place = JSONDecoder(), _after_blanks(text, text.index("{") + 1)
    while text[place] != "}":
        name, place = decoder.raw_decode(text, place)
        start = _after_blanks(text, _after_blanks(text, place) + 1)
        value, end = decoder.raw_decode(text, start)
        if name == "buyer" and value:
            first, last = (lead + len(text[:mark].encode()) for mark in (start, end))
            return first, last
        place = _after_blanks(text, end)
        if text[place] == ",":
            place = _after_blanks(text, place + 1)
    return None


def _after_blanks(text: str, place: int) -> int:
    found = _BLANK.match(text, place)
    return found.end() if found else place
