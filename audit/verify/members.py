"""The work that is shared out to processes: what one member of a bundle (a thousand rows) says and proves.

Each task reads its own member and gives back a few bytes for each row (``…Facts``) and what it found wrong;
the checks of the whole are made from these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from audit.bundle.reading import Bundle
from audit.bundle.records import AnswerRow, Capture, InvoiceRow, PackageRow, SaleRow
from audit.errors import BundleUnreadable
from audit.verify.documents import value_in, witness_of
from audit.verify.facts import AnswerFacts, CaptureFacts, Fault, Found, InvoiceFacts, PackageFacts, Setting
from audit.verify.orders import goods_of, read_orders, read_provider_answers, read_provider_papers
from audit.verify.paper_total import Reading, read_total
from audit.verify.seller_signature import check_seller_signature, holder_problem
from audit.words import Words
from invoice.redactable import redacted_form
from invoice.sale_json import public_digest
from outbox.commitments import salted_digest
from signing.verify import verify_document
from signing.written_form import check_written

if TYPE_CHECKING:
    from collections.abc import Sequence


_PACKAGE_END = re.compile(rb"(?P<more>.*)</DLieu><CKSNNT>(?P<signature>.*)</CKSNNT></TDiep>", re.DOTALL)
_PACKAGE_HEAD = re.compile(rb'.*(?P<opening><DLieu Id="(?P<id>[^"<]*)">)', re.DOTALL)
_HEX = re.compile("(?:[0-9a-f]{2})*")


@dataclass(frozen=True, slots=True)
class Task:
    """One share of the work: a member, or some of a member's rows."""

    kind: str
    name: str
    first: int = 0
    count: int = 1 << 30


_AT_WORK: dict[str, tuple[Setting, Bundle]] = {}


def begin(path: str, tax_code: str, trust: Sequence[bytes], issuers: Sequence[bytes]) -> None:
    """What a process does first: open the bundle. Certificates are DER."""
    from cryptography.x509 import load_der_x509_certificate

    certificates = [tuple(load_der_x509_certificate(one) for one in many) for many in (trust, issuers)]
    setting = Setting(path, tax_code, certificates[0], certificates[1])
    _AT_WORK["now"] = (setting, Bundle(Path(path)))


def end() -> None:
    """Close what ``begin`` has opened in this process."""
    _, bundle = _AT_WORK.pop("now")
    bundle.close()


def work(task: Task) -> Found:
    """Do one share. A member that cannot be read is itself a finding of the check ``file``."""
    setting, bundle = _AT_WORK["now"]
    found = Found()
    try:
        _DO[task.kind](task, setting, bundle, found)
    except BundleUnreadable as error:
        words = Words(f"không đọc được: {error.message}", f"cannot be read: {error.message}")
        found.faults.append(Fault("file", words, task.name, ""))
    return found


def _invoices(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    for row in bundle.rows_of(bundle.member(task.name), InvoiceRow):
        found.rows += 1
        found.invoices.append(_invoice(row, setting, found))


def _invoice(row: InvoiceRow, setting: Setting, found: Found) -> InvoiceFacts:
    document = row.document
    exact = document is not None and row.shown == "exact"
    where = f"{row.symbol}-{row.number}"
    size, root, signed, redacted, goods = None, None, True, None, None
    digest = bytes.fromhex(row.sha256) if re.fullmatch("[0-9a-f]{64}", row.sha256) else b""
    if document is not None:
        if exact:
            real = sha256(document).digest()
            if real != digest:
                words = Words("cột sha256 không đúng với tài liệu", "its column sha256 is not its document's")
                found.faults.append(Fault("invoices", words, where, row.issued_at))
            digest = real
            form = redacted_form(document)
        else:
            form = document
        redacted = None if form is None else sha256(form).digest()
        for problem in _contradictions(row, document):
            found.faults.append(Fault("invoices", problem, where, row.issued_at))
        for problem in _sums(row, document):
            found.faults.append(Fault("sums", problem, where, row.issued_at))
        signed = check_seller_signature(row, document, setting, found)
        size, root = witness_of(document)
        goods = goods_of(document) if row.state == "provided" else None
    return InvoiceFacts(
        row.id,
        row.sale_id,
        row.form_number,
        row.symbol,
        row.number,
        row.code,
        row.day,
        row.total,
        row.issued_at,
        row.state,
        row.package_id,
        digest,
        redacted,
        exact,
        row.beyond,
        signed,
        size,
        root,
        row.corrects,
        goods,
    )


def _contradictions(row: InvoiceRow, document: bytes) -> list[Words]:
    """Columns that say something else than the signed document."""
    pairs = {
        "form": (str(row.form_number), value_in(document, b"KHMSHDon")),
        "symbol": (row.symbol, value_in(document, b"KHHDon")),
        "number": (str(row.number), value_in(document, b"SHDon")),
        "code": (row.code, value_in(document, b"MCCQT")),
        "day": (row.day, value_in(document, b"NLap")),
    }
    if not value_in(document, b"TGia"):
        pairs["total"] = (str(row.total), value_in(document, b"TgTTTBSo"))
    return [
        Words(
            f"kho ghi {name} là {stored}, hóa đơn ghi {written}",
            f"the store has {name} {stored}, the invoice has {written}",
        )
        for name, (stored, written) in pairs.items()
        if stored != written
    ]


_RATE = re.compile(rb"<LTSuat>(.*?)</LTSuat>", re.DOTALL)
_LINE = re.compile(rb"<HHDVu>(.*?)</HHDVu>", re.DOTALL)
_FEE = re.compile(rb"<TPhi>([^<]*)</TPhi>")


def _sums(row: InvoiceRow, document: bytes) -> list[Words]:
    """The invoice's own sums, made again: lines, rates, total (profile, section 4)."""
    try:
        total = Decimal(value_in(document, b"TgTTTBSo"))
        fees = sum(Decimal(fee.decode()) for fee in _FEE.findall(document))
        discount = Decimal(value_in(document, b"TTCKTMai") or 0)
        lines = sum((_counted(line) for line in _LINE.findall(document)), Decimal(0))
        made = [(lines + fees - discount, total, "lines")]
        if row.form_number == 1:
            net, tax = Decimal(value_in(document, b"TgTCThue")), Decimal(value_in(document, b"TgTThue"))
            rates = _RATE.findall(document)
            of_rates = [
                sum((Decimal(value_in(rate, tag) or 0) for rate in rates), Decimal(0))
                for tag in (b"ThTien", b"TThue")
            ]
            made = [
                (of_rates[0], net, "net by rates"),
                (of_rates[1], tax, "VAT by rates"),
                (lines, net, "lines"),
                (net + tax + fees - discount, total, "total"),
            ]
    except (InvalidOperation, ValueError):
        return [Words("có số tiền không đọc được", "an amount cannot be read")]
    return [
        Words(f"tổng cộng lại là {ours}, hóa đơn ghi {theirs} ({name})", f"{name}: {ours}, it says {theirs}")
        for ours, theirs, name in made
        if ours != theirs
    ]


def _counted(line: bytes) -> Decimal:
    nature, amount = value_in(line, b"TChat"), Decimal(value_in(line, b"ThTien") or 0)
    if nature in {"2", "4"}:
        return Decimal(0)
    return -amount if nature == "3" else amount


def _captures(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    del setting
    for row in bundle.rows_of(bundle.member(task.name), Capture):
        found.rows += 1
        salted = redacted = None
        if row.data is not None and row.shown == "exact":
            salt = bytes.fromhex(row.salt) if _HEX.fullmatch(row.salt) else b""
            salted = salted_digest(salt, row.data)
        elif row.data is not None:
            redacted = sha256(row.data).hexdigest()
        found.captures.append(
            CaptureFacts(
                row.id,
                row.sale_id,
                row.state,
                row.kind,
                row.captured_at,
                salted,
                redacted,
                None if row.data is None else len(row.data),
            )
        )
        if row.sale_id is not None and row.data is not None and row.kind == "sale":
            sale = bundle.sale(row.sale_id)
            if sale is not None and sale.content.get("currency", "VND") == "VND":
                _second_reading(row, sale.total, found)


def _second_reading(row: Capture, total: int, found: Found) -> None:
    reading, adds_up = read_total(row.data or b"", abs(total))
    counts = found.readings.setdefault(0, {})
    counts[reading.value] = counts.get(reading.value, 0) + 1
    if adds_up:
        counts["adds-up"] = counts.get("adds-up", 0) + 1
    if reading is Reading.OTHER:
        decided = row.state == "resolved"
        words = Words(
            f"trên phiếu có tổng tiền khác, không phải {total:,} đồng"
            + (" (do người quyết định)" if decided else ""),
            f"the paper shows totals, and none is {total:,}" + (" (a person decided)" if decided else ""),
        )
        found.faults.append(Fault("totals", words, f"paper {row.id}", row.captured_at, bad=not decided))


def _sales(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    del setting
    for row in bundle.rows_of(bundle.member(task.name), SaleRow):
        found.rows += 1
        currency = str(row.content.get("currency", "VND"))
        found.sales[row.id] = (row.total, public_digest(row.content), currency)


def _packages(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    rows = list(bundle.rows_of(bundle.member(task.name), PackageRow))
    for row in rows[task.first : task.first + task.count]:
        found.rows += 1
        found.packages.append(_package(row, setting, bundle, found))


def _package(row: PackageRow, setting: Setting, bundle: Bundle, found: Found) -> PackageFacts:
    document = bundle.package_document(row)
    facts = (row.id, row.message_id, row.built_at, row.state)
    if document is None:
        return PackageFacts(*facts, row.sha256, row.invoices, proven=False)
    real, where = sha256(document).hexdigest(), f"package {row.id}"
    problem: str | None = "it is not in the form of this program"
    head, tail = _PACKAGE_HEAD.fullmatch(row.head or b""), _PACKAGE_END.fullmatch(row.tail or b"")
    written = None
    if head and tail:
        content = document[len(row.head or b"") - len(head["opening"]) : -len(row.tail or b"")]
        digest = sha256(content + tail["more"] + b"</DLieu>").digest()
        written = check_written(tail["signature"], digest)
    if written is not None and head is not None:
        problem = written.problem or (None if written.digest_agrees else "what is signed is not this content")
        if problem is None and written.content_id.encode() != head["id"]:
            problem = "it signs another element"
        problem = problem or holder_problem(written.certificate, written.signing_time.isoformat(), setting)
    else:
        report = verify_document(document)
        problem = report.problem or next((s.problem or "?" for s in report.signatures if not s.valid), None)
    if problem is not None:
        words = Words(f"chữ ký gói không đúng: {problem}", f"the package's signature: {problem}")
        found.faults.append(Fault("packages", words, where, row.built_at))
    return PackageFacts(*facts, real, row.invoices, proven=True)


def _answers(task: Task, setting: Setting, bundle: Bundle, found: Found) -> None:
    from authority.answers import Notice, TechnicalAnswer, parse_answer
    from authority.errors import AuthorityError

    for row in bundle.rows_of(bundle.member(task.name), AnswerRow):
        found.rows += 1
        where, digest = f"answer {row.id}", sha256(row.document).hexdigest()
        try:
            answer = parse_answer(row.document)
        except AuthorityError:
            found.answers.append(
                AnswerFacts(row.id, "unreadable", row.received_at, row.reply_to, digest, None, None, ())
            )
            continue
        if isinstance(answer, TechnicalAnswer):
            facts = (row.id, "999", row.received_at, answer.reply_to, digest, None)
            found.answers.append(AnswerFacts(*facts, None if answer.ok else False, ()))
            continue
        report = verify_document(row.document, trust=setting.trust)
        problem = report.problem or next((s.problem or "?" for s in report.signatures if not s.valid), None)
        accepts, reply_to = None, row.reply_to
        refused: tuple[str, ...] = ()
        if isinstance(answer, Notice):
            accepts, reply_to = not answer.package_refused, answer.submission_id
            refused = tuple(str(one) for one in answer.refused())
        if problem is not None and not row.outcome.startswith("unproven"):
            words = Words(f"chữ ký cơ quan thuế: {problem}", f"the authority's signature: {problem}")
            found.faults.append(Fault("authority", words, where, row.received_at))
        found.answers.append(
            AnswerFacts(
                row.id,
                type(answer).__name__,
                row.received_at,
                reply_to,
                digest,
                problem is None,
                accepts,
                refused,
            )
        )


_DO = {
    "invoices": _invoices,
    "captures": _captures,
    "sales": _sales,
    "packages": _packages,
    "answers": _answers,
    "orders": read_orders,
    "provider_answers": read_provider_answers,
    "provider_papers": read_provider_papers,
}
