"""Checks of papers, invoices, numbers, packages and answers against the ledger and each other."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from audit.verify.result import Check
from audit.verify.whole import take_faults
from audit.words import Words
from invoice.local_time import local_time
from invoice.sale_json import VIETNAM

if TYPE_CHECKING:
    from audit.bundle.reading import Bundle
    from audit.verify.facts import CaptureFacts, InvoiceFacts
    from audit.verify.whole import Promise, Whole

_NOT_HELD = Words("không phải là cái sổ cái đã ghi: bị sửa hoặc thay", "is not what the ledger holds")
_UNKNOWN = Words("không có trong sổ cái: bị chèn thêm", "is not in the ledger: it was inserted")
_GONE = Words(
    "có trong sổ cái mà không có trong kho: bị xóa", "is in the ledger but not in the store: it was removed"
)


def check_papers(whole: Whole) -> Check:
    """Every paper is what the ledger committed to when it came, and none is missing."""
    check = Check("papers", Words("Phiếu chụp đúng như lúc máy in ra", "Papers are as they were captured"))
    hidden = 0
    for facts in whole.captures:
        check.looked_at += 1
        promise, where = whole.ledger.captures.get(facts.id), f"paper {facts.id}"
        if promise is None:
            check.add(_UNKNOWN, where, facts.captured_at)
        elif facts.salted is not None:
            if facts.salted != promise.digest:
                check.add(_NOT_HELD, where, promise.at)
        elif facts.redacted is not None:
            if facts.redacted != whole.ledger.private.get(facts.id):
                check.add(_NOT_HELD, where, promise.at)
        else:
            hidden += 1
        if promise is not None and not _settled_as(facts, whole):
            words = Words(
                f"kho ghi trạng thái {facts.state}, sổ cái ghi {whole.ledger.settled.get(facts.id)}",
                f"the store says {facts.state}, the ledger {whole.ledger.settled.get(facts.id)}",
            )
            check.add(words, where, promise.at)
    _missing(check, whole, whole.ledger.captures, {facts.id for facts in whole.captures}, "paper")
    if hidden:
        check.notes.append(
            Words(
                f"{hidden} phiếu bị giữ lại trong hồ sơ này", f"{hidden} papers are withheld in this bundle"
            )
        )
    return check


def _missing(check: Check, whole: Whole, promises: dict[int, Promise], there: set[int], word: str) -> None:
    """What a leaf of the slice speaks of and the store has no more."""
    for number, promise in promises.items():
        if number not in there and whole.first <= promise.seq < whole.end:
            check.add(_GONE, str(promise.reference or f"{word} {number}"), promise.at)


def _settled_as(facts: CaptureFacts, whole: Whole) -> bool:
    said = whole.ledger.settled.get(facts.id)
    allowed = {"non-sale": "non-sale", "quarantined": "quarantined", "resolved": "resolved"}
    if facts.state in allowed:
        return said == allowed[facts.state]
    return said not in {"non-sale", "quarantined", "resolved"}


def check_invoices(whole: Whole) -> Check:
    """Every invoice and its sale are what the ledger committed to, and none is missing."""
    check = Check("invoices", Words("Hóa đơn đúng như lúc lập", "Invoices are as they were issued"))
    hidden = 0
    for facts in whole.invoices:
        check.looked_at += 1
        promise = whole.ledger.invoices.get(facts.id)
        if promise is None:
            check.add(_UNKNOWN, facts.name, facts.issued_at)
            continue
        if facts.shown and facts.sha256.hex() != promise.digest:
            check.add(_NOT_HELD, facts.name, promise.at)
        elif not facts.shown and facts.redacted is None:
            hidden += 1
        if facts.redacted is not None and facts.redacted.hex() != promise.redacted:
            check.add(
                Words(
                    "bản che tên không phải bản sổ cái đã ghi",
                    "its redacted form is not what the ledger holds",
                ),
                facts.name,
                promise.at,
            )
        if (facts.total, facts.code) != (promise.total, promise.code):
            check.add(
                Words("số tiền hoặc mã khác sổ cái", "total or code differ from the ledger"),
                facts.name,
                promise.at,
            )
        if facts.shown and not facts.signed and promise.signed:
            check.add(Words("mất chữ ký của người bán", "its own signature is gone"), facts.name, promise.at)
        _check_sale(check, facts, promise, whole)
    _missing(check, whole, whole.ledger.invoices, {facts.id for facts in whole.invoices}, "invoice")
    take_faults(check, whole)
    if hidden:
        check.notes.append(
            Words(
                f"{hidden} hóa đơn bị giữ lại trong hồ sơ này",
                f"{hidden} invoices are withheld in this bundle",
            )
        )
    return check


def _check_sale(check: Check, facts: InvoiceFacts, promise: Promise, whole: Whole) -> None:
    sale = whole.sales.get(facts.sale_id)
    if sale is None:
        if not facts.beyond:
            check.add(
                Words("giao dịch bán không còn trong kho", "its sale is not in the store"),
                facts.name,
                promise.at,
            )
        return
    total, digest, currency = sale
    if promise.content is not None and digest != promise.content:
        check.add(Words("giao dịch bán đã bị sửa", "its sale was changed"), facts.name, promise.at)
    if currency == "VND" and facts.corrects is None and facts.total >= 0 and total != facts.total:
        words = Words(
            f"bán {total:,} mà lập {facts.total:,}", f"sold for {total:,}, invoiced {facts.total:,}"
        )
        check.add(words, facts.name, promise.at)


def check_seller(whole: Whole) -> Check:
    """The seller's signature on each invoice."""
    check = Check("seller", Words("Chữ ký người bán trên hóa đơn", "The seller's signatures on invoices"))
    check.looked_at = sum(
        facts.signed and (facts.shown or facts.redacted is not None) for facts in whole.invoices
    )
    take_faults(check, whole)
    redacted = sum(not facts.shown for facts in whole.invoices)
    unsigned = sum(not facts.signed and not _provided(whole, facts) for facts in whole.invoices)
    if redacted:
        check.notes.append(
            Words(
                f"{redacted} hóa đơn che tên người mua: chữ ký chỉ kiểm được với hồ sơ đầy đủ",
                f"{redacted} invoices without their buyers: what is signed is checked in a full bundle",
            )
        )
    if unsigned:
        check.notes.append(
            Words(
                f"{unsigned} hóa đơn chỉ có chữ ký của gói",
                f"{unsigned} invoices have their package's signature only",
            )
        )
    return check


def check_numbers(bundle: Bundle, whole: Whole) -> Check:
    """No number and no code twice, no hole, in the order of issue."""
    check = Check("numbers", Words("Số hóa đơn liên tục, không trùng", "Numbers without holes or repetition"))
    series: dict[tuple[int, str], list[InvoiceFacts]] = defaultdict(list)
    for facts in whole.invoices:
        check.looked_at += 1
        series[facts.form, facts.symbol].append(facts)
    for (form, symbol), everything in series.items():
        # A provider may give one series to many: holes in it, and a later sale's smaller number, are its own.
        found = [facts for facts in everything if not _provided(whole, facts)]
        _twice(check, symbol, everything)
        if len(found) < len(everything):
            count = len(everything) - len(found)
            check.notes.append(
                Words(
                    f"{symbol}: {count} số do tổ chức cung cấp cấp",
                    f"{symbol}: {count} numbers by a provider",
                )
            )
        if not found:
            continue
        inside = sorted({facts.number for facts in found if not facts.beyond})
        left_out = whole.ledger.left_out.get((form, symbol), [])
        _holes(check, symbol, inside, found, left_out)
        ordered = [facts for facts in found if not facts.beyond]
        for before, after in pairwise(ordered):
            if after.number < before.number:
                words = Words(f"lập sau số {before.number}", f"was issued after number {before.number}")
                check.add(words, after.name, after.issued_at)
        begin = whole.ledger.taken_over.get((form, symbol), 0) + 1
        begin = next((span.stop for span in left_out if begin in span), begin)
        if inside and bundle.ledger.first == 0 and inside[0] != begin:
            words = Words(
                f"dãy bắt đầu từ {inside[0]}, không từ {begin}", f"begins with {inside[0]}, not {begin}"
            )
            check.add(words, f"{symbol}", min(facts.issued_at for facts in found))
        elif inside and inside[0] != begin:
            check.notes.append(
                Words(f"{symbol}: hồ sơ bắt đầu từ số {inside[0]}", f"{symbol}: from number {inside[0]}")
            )
    for code, count in Counter(facts.code for facts in whole.invoices).items():
        if count > 1:
            check.add(Words(f"mã dùng {count} lần", f"the code was used {count} times"), code)
    return check


def _provided(whole: Whole, facts: InvoiceFacts) -> bool:
    promise = whole.ledger.invoices.get(facts.id)
    return promise is not None and promise.provided


def _twice(check: Check, symbol: str, found: list[InvoiceFacts]) -> None:
    for number, count in Counter(facts.number for facts in found).items():
        if count > 1:
            since = min(facts.issued_at for facts in found if facts.number == number)
            check.add(
                Words(f"số này dùng {count} lần", f"was used {count} times"), f"{symbol}-{number}", since
            )


def _holes(
    check: Check, symbol: str, inside: list[int], found: list[InvoiceFacts], left_out: list[range]
) -> None:
    """``left_out``: numbers that the ledger gives a reason for; one that is used all the same is a lie."""
    there = {facts.number for facts in found}
    for gap in left_out:
        words = Words(
            f"sổ cái bỏ trống các số {gap.start}…{gap.stop - 1}, có lý do",
            f"the ledger leaves out the numbers {gap.start}…{gap.stop - 1}, with its reason",
        )
        check.notes.append(words)
        for number in sorted(number for number in there if number in gap):
            check.add(Words("dùng số đã bỏ trống", "was left out, yet used"), f"{symbol}-{number}", "")
    for before, after in pairwise(inside):
        missing = [
            number
            for number in range(before + 1, min(after, before + 1001))
            if number not in there and not any(number in span for span in left_out)
        ]
        if missing:
            since = next((facts.issued_at for facts in found if facts.number == before), "")
            span = f"{missing[0]}" if len(missing) == 1 else f"{missing[0]}…{missing[-1]}"
            check.add(Words(f"thiếu số {span}", f"number {span} is missing"), f"{symbol}-{missing[0]}", since)


def check_totals(whole: Whole) -> Check:
    """The totals, read from the papers a second time by a reader that shares no code with the first."""
    title = Words(
        "Tổng tiền trên phiếu, đọc lại độc lập, đúng với giao dịch",
        "Totals on paper, read again independently",
    )
    check, counts = Check("totals", title), whole.readings
    check.looked_at = sum(count for name, count in counts.items() if name != "adds-up")
    take_faults(check, whole)
    check.notes.append(
        Words(
            f"đọc thấy tổng tiền: {counts.get('total', 0)};"
            f" hàng hóa cộng lại đúng: {counts.get('adds-up', 0)};"
            f" số tiền có trên phiếu nhưng không cạnh chữ tổng: {counts.get('present', 0)};"
            f" không đọc được: {counts.get('unreadable', 0)}",
            f"found beside a word for the total: {counts.get('total', 0)}; the goods add up to it:"
            f" {counts.get('adds-up', 0)}; on the paper, but beside no such word: {counts.get('present', 0)};"
            f" not readable: {counts.get('unreadable', 0)}",
        )
    )
    papers = {facts.sale_id for facts in whole.captures if facts.sale_id is not None}
    without = sum(not facts.beyond and facts.sale_id not in papers for facts in whole.invoices)
    if without:
        check.notes.append(
            Words(f"{without} hóa đơn không lập từ phiếu", f"{without} invoices were not made from a paper")
        )
    return check


def check_sums(whole: Whole) -> Check:
    """Every invoice's own sums, made again."""
    check = Check("sums", Words("Các tổng trong hóa đơn cộng đúng", "The sums in invoices add up"))
    check.looked_at = sum(facts.shown or facts.redacted is not None for facts in whole.invoices)
    take_faults(check, whole)
    return check


def check_packages(whole: Whole) -> Check:
    """Packages are what the ledger holds, signed by the seller, and hold what it says."""
    check, hidden = Check("packages", Words("Các gói đã gửi", "Packages")), 0
    for facts in whole.packages:
        check.looked_at += 1
        promise, where = whole.ledger.packages.get(facts.id), f"package {facts.id}"
        if promise is None:
            check.add(_UNKNOWN, where, facts.built_at)
            continue
        if not facts.proven:
            hidden += 1
        elif facts.sha256 != promise.digest:
            check.add(_NOT_HELD, where, promise.at)
        if facts.proven and facts.invoices and facts.invoices != whole.ledger.packed.get(facts.id):
            check.add(
                Words("chứa các hóa đơn khác sổ cái", "holds other invoices than the ledger says"),
                where,
                promise.at,
            )
    _missing(check, whole, whole.ledger.packages, {facts.id for facts in whole.packages}, "package")
    take_faults(check, whole)
    if hidden:
        check.notes.append(
            Words(
                f"{hidden} gói có hóa đơn che tên: chữ ký gói chỉ kiểm được với hồ sơ đầy đủ",
                f"{hidden} packages hold a redacted invoice: their signatures are checked in a full bundle",
            )
        )
    return check


def check_authority(whole: Whole, *, trusted: bool) -> Check:
    """The authority's messages are unchanged and signed by it; what it accepted is what the store says."""
    check = Check("authority", Words("Trả lời của cơ quan thuế", "The authority's answers"))
    accepted: dict[str, set[str]] = {}
    for facts in whole.answers:
        check.looked_at += 1
        promise = whole.ledger.answers.get(facts.sha256)
        if promise is None:
            check.add(_NOT_HELD, f"answer {facts.id}", facts.received_at)
        elif facts.accepts and facts.signed and facts.reply_to:
            accepted.setdefault(facts.reply_to, set()).update(facts.refused)
    there = {facts.sha256 for facts in whole.answers}
    for digest, promise in whole.ledger.answers.items():
        if digest not in there and whole.first <= promise.seq < whole.end:
            check.add(_GONE, f"answer {digest[:16]}", promise.at)
    messages = {facts.id: facts.message_id for facts in whole.packages}
    for invoice in whole.invoices:
        if invoice.state != "accepted" or invoice.package_id is None:
            continue
        message = messages.get(invoice.package_id)
        refused = accepted.get(message or "")
        if refused is None or f"{invoice.form};{invoice.symbol};{invoice.number}" in refused:
            words = Words("không có thông báo chấp nhận", "no notice of the authority accepts it")
            check.add(words, invoice.name, invoice.issued_at)
    take_faults(check, whole)
    if not trusted:
        check.notes.append(
            Words(
                "chưa kiểm chứng thư của cơ quan thuế là thật (dùng --trust)",
                "whose certificates these are was not checked (--trust)",
            )
        )
    return check


def check_states(whole: Whole) -> Check:
    """How each invoice stands follows from the ledger's moves, not only from a column."""
    check = Check(
        "states", Words("Trạng thái hóa đơn đúng với sổ cái", "Invoices stand as the ledger moved them")
    )
    states, packed = _replay(whole)
    for facts in whole.invoices:
        if facts.beyond or facts.id not in whole.ledger.invoices:
            continue
        check.looked_at += 1
        begun = "provided" if _provided(whole, facts) else "issued"
        expected, package = states.get(facts.id, begun), packed.get(facts.id)
        if facts.state != expected or (package is not None and facts.package_id != package):
            words = Words(
                f"kho ghi {facts.state}, sổ cái dẫn tới {expected}",
                f"the store says {facts.state}, the ledger leads to {expected}",
            )
            check.add(words, facts.name, whole.ledger.invoices[facts.id].at)
    return check


def _replay(whole: Whole) -> tuple[dict[int, str], dict[int, int]]:
    states: dict[int, str] = {}
    packed: dict[int, int] = {}
    names = {f"{one.form};{one.symbol};{one.number}": one.id for one in whole.invoices}
    for move in whole.ledger.moves:
        kind, package = str(move.get("kind")), move.get("package")
        ids = whole.ledger.packed.get(package, ()) if isinstance(package, int) else ()
        mine = [number for number in ids if packed.get(number, package) == package]
        if kind == "package.built":
            for number in ids:
                states[number], packed[number] = "packed", package if isinstance(package, int) else -1
        elif kind == "package.sending":
            states.update({number: "sent" for number in mine if states.get(number) == "packed"})
        elif kind == "invoices.named-refused":
            references = move.get("references")
            for reference in references if isinstance(references, list) else ():
                named = names.get(str(reference))
                if named is not None and named in mine:
                    states[named] = "refused"
        elif kind.startswith("invoices."):
            after = kind.partition(".")[2]
            states.update({n: after for n in mine if states.get(n) not in {"refused", "accepted"}})
        elif isinstance(only := move.get("invoice"), int):
            states[only] = {"held": "held", "released": "issued", "corrected": "corrected"}[
                kind.partition(".")[2]
            ]
    return states, packed


def check_deadlines(bundle: Bundle, whole: Whole) -> Check:
    """Data reaches the authority on the day of the sale (Decree 123, art. 22 as amended); what did not?"""
    title = Words("Gửi trong ngày bán", "Sent on the day of the sale")
    check = Check("deadlines", title)
    late: Counter[str] = Counter()
    unsent: Counter[str] = Counter()
    made = _day(bundle.manifest.made_at)
    sent_at: dict[int, str] = {}
    for package, ids in whole.ledger.packed.items():
        if (at := whole.ledger.sent.get(package)) is not None:
            for number in ids:
                sent_at[number] = min(at, sent_at.get(number, at))
    for facts in whole.invoices:
        if facts.beyond:
            continue
        check.looked_at += 1
        promise = whole.ledger.invoices.get(facts.id)
        sent = promise.at if promise and promise.provided else sent_at.get(facts.id)
        if sent is None:
            if made is not None and facts.day < made.isoformat():
                unsent[facts.day] += 1
        elif (moment := _day(sent)) is not None and moment.isoformat() > facts.day:
            late[facts.day] += 1
    for order in whole.orders:
        if order.invoice_id is None and made is not None and order.day < made.isoformat():
            unsent[order.day] += order.state not in {"corrected", "dropped"}
    for day, count in sorted(late.items()):
        why = _outage_of(whole, day)
        words = Words(
            f"{count} hóa đơn gửi sau ngày bán" + (f"; mất đường truyền {why}" if why else ""),
            f"{count} invoices were sent after the day" + (f"; the line was down {why}" if why else ""),
        )
        check.add(words, day, day, bad=False)
    for day, count in sorted(unsent.items()):
        check.add(Words(f"{count} hóa đơn chưa gửi", f"{count} invoices were not sent"), day, day, bad=False)
    return check


def _outage_of(whole: Whole, day: str) -> str:
    for since, until in whole.ledger.outages:
        begins, ends = _day(since), _day(until) if until else None
        if begins and begins.isoformat() <= day and (ends is None or day <= ends.isoformat()):
            return f"{local_time(since)} – {local_time(until) if until else '…'}"
    return ""


def check_explained(whole: Whole) -> Check:
    """Every paper became an invoice, is no sale, or waits for somebody."""
    check = Check("explained", Words("Mỗi phiếu đều có kết cục", "Every paper is accounted for"))
    # An order is looked at by a check of its own; one that another stands for has that one's invoice.
    invoiced = {facts.sale_id for facts in whole.invoices} | {facts.sale_id for facts in whole.orders}
    for facts in whole.captures:
        check.looked_at += 1
        where = f"paper {facts.id}"
        if facts.state in {"raw", "quarantined"}:
            words = Words(f"còn {facts.state}: chưa ai xử lý", f"is still {facts.state}: nobody has decided")
            check.add(words, where, facts.captured_at, bad=False)
        elif facts.state == "waiting":
            check.add(
                Words("chờ thông tin người mua", "waits for its buyer"), where, facts.captured_at, bad=False
            )
        elif facts.kind == "sale" and facts.sale_id not in invoiced:
            check.add(
                Words("là bán hàng mà không có hóa đơn", "is a sale without an invoice"),
                where,
                facts.captured_at,
            )
    return check


def _day(moment: str) -> date | None:
    try:
        return datetime.fromisoformat(moment).astimezone(VIETNAM).date()
    except (ValueError, TypeError):
        return None
