"""What is fuzzed: every parser of bytes from outside. A target may refuse its input only by our own errors.

Each target also checks what must hold of whatever it reads, so that a wrong answer is found as a crash is.
"""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch
from uuid import UUID

from authority.answers import parse_answer
from authority.http_answers import json_object
from authority.https_line import HttpAnswer
from authority.providers.viettel.answers import batch, found, single
from authority.providers.viettel.papers import paper as provider_paper
from authority.providers.vnpt.answers import read_issued
from authority.providers.vnpt.issued_xml import read_issued_xml
from authority.providers.vnpt.refusals import read_error
from authority.providers.vnpt.soap import read_result
from drivers.captured import Form
from drivers.encoding import decide_runs, decode, run_encoding
from drivers.escpos.parser import EscPosParser
from drivers.frames.conversation import Conversation
from drivers.frames.frame_profile import parse_frame_profile
from drivers.frames.isl_frame import FrameReader, Signal
from drivers.frames.transcript import said_in
from drivers.framing import CaptureSplitter
from drivers.hearing import heard_at
from drivers.jobs import form_of, unfinished
from drivers.jobs.pdf import pages_of_pdf
from drivers.paper import lay_out
from drivers.raster import is_picture
from drivers.raster.graphics import LONGEST
from drivers.raster.ink import lines_of, softened
from drivers.raster.reader import Seen, reading_of
from drivers.raster.rebuilding import rebuilt
from drivers.reading import Reading, load_profile, read_receipt, reading_to_json
from drivers.reading.profile import parse_profile, shipped_profiles
from drivers.tables.files import records_in
from drivers.tables.mapping import Mapping, parse_mapping
from drivers.tables.record import captured
from drivers.understanding import load_any, understand
from drivers.uri import parse_source
from errors import ThunganError
from invoice.numbers import Form as InvoiceForm
from invoice.reader import read_invoice
from invoice.sale import Kind
from invoice.sale_json import sale_from_json, sale_to_json
from invoice.validation import check_document
from signing.verify import verify_document

Target = Callable[[bytes], None]
DATA = Path(__file__).parent.parent / "data"
NOW = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
LARGEST = 20_000  # bytes of one input


def escpos(data: bytes) -> None:
    """Any split gives the same events, and they cover the stream in order."""
    whole = EscPosParser()
    events = whole.feed(data) + whole.close()
    parts, cut = EscPosParser(), len(data) // 3
    split = parts.feed(data[:cut]) + parts.feed(data[cut : cut + 1]) + parts.feed(data[cut + 1 :])
    assert split + parts.close() == events
    at = 0
    for event in events:
        assert at <= event.start <= event.end <= len(data)
        at = event.start


def splitter(data: bytes) -> None:
    """What is passed on is what came, byte for byte, however it is split."""
    pieces_of = []
    for step in (len(data) or 1, 7):
        cutter = CaptureSplitter()
        pieces = []
        for at in range(0, len(data), step):
            pieces += cutter.feed(data[at : at + step])
        pieces += cutter.finish("idle")
        assert b"".join(piece.before + piece.cut for piece in pieces) == data
        pieces_of.append([piece.captured for piece in pieces if piece.captured])
    assert pieces_of[0] == pieces_of[1]


def paper(data: bytes) -> None:
    """Lines lie in the capture, in order."""
    laid = lay_out(data)
    at = 0
    for line in laid.lines:
        assert at <= line.start <= line.end <= len(data)
        at = line.start


def encodings(data: bytes) -> None:
    """Whatever is decided can be decoded with."""
    for table in (None, 0, 27, 30, 255):
        decided = decide_runs([(data, table)])
        assert isinstance(decode(data, run_encoding(decided, table, data)), str)


def reading(data: bytes) -> None:
    """Exact or quarantined: a sale's sums agree, and it survives its own JSON; with every profile."""
    for name in shipped_profiles():
        read = read_receipt(data, profile=load_profile(name))
        json.dumps(reading_to_json(read))
        read_exactly(read)


def profile(data: bytes) -> None:
    """A profile's TOML."""
    parse_profile(data.decode("utf-8", "replace"))


def hearing(data: bytes) -> None:
    """What was heard on a line."""
    assert 0 <= heard_at(9600, data).score <= 1


def invoice(data: bytes) -> None:
    """An invoice's XML, leniently and strictly."""
    read_invoice(data)
    check_document(data)


def answers(data: bytes) -> None:
    """A message of the authority."""
    parse_answer(data)


def viettel(data: bytes) -> None:
    """An answer of S-Invoice, whatever it was asked: an outcome, or an error of ours."""
    given = json_object(HttpAnswer(200, data, None, ""), "provider")
    key = UUID(int=1, version=4)
    for read in (
        lambda: single(given, InvoiceForm.VAT, data, 200),
        lambda: batch(given, [key, UUID(int=2, version=4)], InvoiceForm.VAT, data),
        lambda: found(given, key, InvoiceForm.VAT, data),
        lambda: provider_paper(given, "xml"),
    ):
        with contextlib.suppress(ThunganError):
            read()


def vnpt(data: bytes) -> None:
    """An answer of VNPT, whatever it was asked: what it says is read strictly, or an error of ours."""
    for operation in ("ImportAndPublishInvMTT", "downloadInvFkeyNoPay"):
        with contextlib.suppress(ThunganError):
            said = read_result(data, operation, "provider")
            if read_error(said) is None and said.startswith("OK"):
                assert all(one.number > 0 for one in read_issued(said, "provider"))
            elif read_error(said) is None:
                read_issued_xml(said.encode(), "provider")


def signatures(data: bytes) -> None:
    """The verifier never raises, and is never pleased with what it has no signature for."""
    report = verify_document(data)
    assert report.valid == (report.problem is None and all(one.valid for one in report.signatures))
    assert not report.valid or report.signatures


def sale(data: bytes) -> None:
    """A sale in JSON reads back as itself."""
    read = sale_from_json(data)
    assert sale_from_json(json.dumps(sale_to_json(read))) == read


def source(data: bytes) -> None:
    """A source URI."""
    parse_source(data.decode("utf-8", "replace"))


def tables(data: bytes) -> None:
    """An exported file by every mapping: each of its sales is exact or quarantined."""
    for name in ("csv-lines", "csv-sales", "json-sales"):
        by = load_any(name)
        assert isinstance(by, Mapping)
        for form in ("csv", "json", "excel", "xml"):
            mapping = replace(by, format=form, records="sale" if form == "xml" else by.records)
            try:
                for found in records_in(io.BytesIO(data), mapping, "export"):
                    one = captured(found, mapping, NOW)
                    assert one.identity is not None
                    assert one.identity.key
                    read_exactly(understand(found.form, found.data, mapping))
            except ThunganError:
                continue


def records(data: bytes) -> None:
    """The bytes of one record, whatever they are."""
    for name in ("csv-lines", "json-sales", "sql-bills"):
        for form in (Form.CSV, Form.JSON, Form.XML):
            read_exactly(understand(form, data, load_any(name)))


def frames(data: bytes) -> None:
    """Frames of both sides: what is heard is what was said, and a receipt is exact or quarantined."""
    reader = FrameReader()
    heard = reader.feed(data) + reader.close()
    assert b"".join(bytes((one.value,)) if isinstance(one, Signal) else one.raw for one in heard) == data
    conversation = Conversation()
    done = conversation.feed("P", data[::2]) + conversation.feed("D", data[1::2])
    done += [one for side, raw in said_in(data) for one in conversation.feed(side, raw)]
    for one in done + conversation.finish("closed"):
        read_exactly(understand(one.form, one.data, None))
    read_exactly(understand(Form.ISL, data, None))


def jobs(data: bytes) -> None:
    """A print job of any kind: rows or our own error, and a sale is exact."""
    unfinished(data)
    with patch("drivers.jobs.apart.pages_of_pdf", pages_of_pdf):  # its process could tell nothing but its end
        _jobs(data)


def _jobs(data: bytes) -> None:
    for form in (form_of(data), Form.PDF, Form.XPS, Form.EMF):
        read_exactly(understand(form, data, None))


def pictures(data: bytes) -> None:
    """A picture of any kind, and whatever a reader may take it for: bounded, and a sale is exact."""
    is_picture(data)
    sheet = rebuilt(data)
    shown = sheet.picture()
    assert shown.height <= LONGEST
    soft = softened(shown)
    lines = lines_of(soft)
    words = data.decode("utf-8", "replace").split() or ["?"]
    for number, slot in enumerate(slot for line in lines for slot in line.slots):
        slot.read = [words[number % len(words)][:40], words[-1 - number % len(words)][:40]]
        slot.sureness = [50.0, 50.0]
    read_exactly(reading_of(Seen(shown, soft, lines, sheet.letters, len(data)), None, ()))


def mapping(data: bytes) -> None:
    """A mapping's TOML, and a device's."""
    text = data.decode("utf-8", "replace")
    for parse in (parse_mapping, parse_frame_profile):
        try:
            parse(text)
        except ThunganError:
            continue


def read_exactly(read: Reading) -> None:
    """A sale's sums agree and it survives its own JSON; what is for a person says why."""
    if read.kind is Kind.SALE:
        assert read.sale is not None
        assert read.sale.problems() == ()
        assert not read.problems
        assert sale_from_json(json.dumps(sale_to_json(read.sale))) == read.sale
    elif read.kind is Kind.QUARANTINED:
        assert read.problems


_RECEIPTS = ("receipts/*.prn", "receipts_other/*.prn")
TARGETS: dict[str, tuple[Target, tuple[str, ...]]] = {
    "escpos": (escpos, _RECEIPTS),
    "splitter": (splitter, _RECEIPTS),
    "paper": (paper, _RECEIPTS),
    "encodings": (encodings, _RECEIPTS),
    "reading": (reading, _RECEIPTS),
    "hearing": (hearing, _RECEIPTS),
    "tables": (tables, ("exports/*.*",)),
    "records": (records, ("exports/*.*",)),
    "frames": (frames, ("frames/*.*",)),
    "jobs": (jobs, ("jobs/*.pdf", "jobs/*.emf", "jobs/*.xps")),
    "pictures": (pictures, ("pictures/*.prn",)),
    "mapping": (mapping, ("../../drivers/mappings/*.toml",)),
    "profile": (profile, ("../../drivers/profiles/*.toml",)),
    "invoice": (invoice, ("messages/*.xml",)),
    "answers": (answers, ("messages/*.xml",)),
    "viettel": (viettel, ("providers/viettel-*.json",)),
    "vnpt": (vnpt, ("providers/vnpt-*.xml",)),
    "signatures": (signatures, ("messages/*.xml",)),
    "sale": (sale, ("receipts/*.json",)),
    "source": (source, ("../../docs/sources.md",)),
}


def seeds(name: str) -> list[bytes]:
    """What a target's inputs are grown from."""
    found = [path.read_bytes() for pattern in TARGETS[name][1] for path in sorted(DATA.glob(pattern))]
    if name == "invoice":
        found = [
            b"<HDon>" + one.partition(b"<HDon>")[2].partition(b"</HDon>")[0] + b"</HDon>" for one in found
        ]
    return [one[:LARGEST] for one in found]


def run(name: str, data: bytes) -> None:
    """One input; our own errors are answers."""
    try:
        TARGETS[name][0](data)
    except ThunganError:
        return
