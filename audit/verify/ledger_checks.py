"""Checks of the file, the ledger, its checkpoints and its times."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from audit.bundle.records import MANIFEST, SIGNATURE
from audit.errors import BundleUnreadable
from audit.verify.result import Check
from audit.verify.whole import take_faults
from audit.words import Words
from outbox.checkpoint import parse_checkpoint
from outbox.merkle import Frontier, is_consistent, leaf_hash, root_from_inclusion
from outbox.note import NoteKey, signatures_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from audit.bundle.reading import Bundle, LedgerHead
    from audit.verify.whole import Whole

BACK = 120  # seconds; small corrections by a time server are not a clock set back
_HASH = 32


def ledger_key(ledger: LedgerHead) -> NoteKey | None:
    """The key that the bundle says its checkpoints are signed with."""
    try:
        return NoteKey.parse(ledger.vkey)
    except (ValueError, TypeError):
        return None


def check_file(bundle: Bundle, whole: Whole, ledger: LedgerHead) -> Check:
    """The archive holds what the manifest lists, and the ledger's key signed the manifest."""
    check = Check("file", Words("Tệp hồ sơ nguyên vẹn", "The bundle is whole"))
    listed = {member.name for member in bundle.manifest.members} | {MANIFEST, SIGNATURE}
    for name in sorted(set(bundle.names) ^ listed):
        words = Words("không có trong bản kê", "is not in the manifest")
        if name in listed:
            words = Words("có trong bản kê mà không có trong tệp", "is in the manifest but not in the file")
        check.add(words, name)
    if len(bundle.names) != len(set(bundle.names)):
        check.add(Words("có tệp con trùng tên", "holds two members of one name"))
    for member in bundle.manifest.members:
        check.looked_at += 1
        if not member.table:
            try:
                bundle.content(member)
            except BundleUnreadable as error:
                check.add(Words(f"không đọc được: {error.message}", error.message), member.name)
    key = ledger_key(ledger)
    digest = sha256(bundle.manifest_bytes).hexdigest()
    signed = key is not None and signatures_by(bundle.signature, [key])
    if not signed or f"\n{digest}\n" not in bundle.signature:
        check.add(Words("chữ ký trên bản kê không đúng", "the manifest is not signed by the ledger's key"))
    take_faults(check, whole)
    return check


def read_leaves(bundle: Bundle, whole: Whole, check: Check) -> bytearray:
    """Take in what the leaves say; the answer is their hashes, one after the other."""
    ledger, hashes = bundle.ledger, bytearray()
    whole.first = whole.end = ledger.first
    outside = [(leaf, leaf.said) for leaf in bundle.outside_leaves()]
    for leaf, said in outside:
        check.looked_at += 1
        if leaf.seq >= ledger.first:
            continue
        whole.ledger.note(leaf, said)
    last = ""
    for leaf in bundle.leaves():
        check.looked_at += 1
        said = leaf.said
        at = str(said.get("at", ""))
        if leaf.seq != whole.end:
            gap = Words(
                f"thiếu các lá {whole.end}…{leaf.seq - 1} (hoặc bị đảo thứ tự)",
                f"leaves {whole.end}…{leaf.seq - 1} are missing or out of order",
            )
            check.add(gap, f"leaf {whole.end}", last)
            break
        if not said:
            check.add(Words("không phải một lá", "is not a leaf's body"), f"leaf {leaf.seq}", last)
        hashes += leaf_hash(leaf.body.encode("utf-8", "surrogatepass"))
        whole.ledger.note(leaf, said)
        whole.end, last = leaf.seq + 1, at
    for leaf, said in outside:
        if leaf.seq >= ledger.end:
            whole.ledger.note(leaf, said)
    for leaf, said in outside:
        path = _path(leaf.path)
        root = (
            None
            if path is None
            else root_from_inclusion(
                leaf_hash(leaf.body.encode("utf-8", "surrogatepass")), leaf.seq, ledger.size, path
            )
        )
        if root != ledger.root:
            words = Words(
                "bằng chứng không dẫn tới gốc sổ cái", "its proof does not lead to the ledger's root"
            )
            check.add(words, f"leaf {leaf.seq}", str(said.get("at", "")))
    return hashes


def check_ledger(
    bundle: Bundle, whole: Whole, hashes: bytearray, check: Check, asked: Iterable[int | None]
) -> Check:
    """The slice hashes to the head; every wanted root is reckoned on the way, ``asked`` sizes too."""
    ledger = bundle.ledger
    wanted = set(asked) | {facts.witness_size for facts in whole.invoices}
    wanted |= {row.size for row in bundle.checkpoints()}
    edge = Frontier(ledger.first, ledger.peaks)
    if ledger.first.bit_count() != len(ledger.peaks):
        check.add(Words("mép trái của đoạn sổ cái không đúng", "the slice's left edge is malformed"))
        return check
    whole.roots[edge.size] = edge.root()
    for place in range(0, len(hashes), _HASH):
        edge = edge.append(bytes(hashes[place : place + _HASH]))
        if edge.size in wanted:
            whole.roots[edge.size] = edge.root()
    whole.roots[edge.size] = edge.root()
    if edge.size != ledger.end:
        words = Words(
            f"đoạn sổ cái bị cắt ở lá {edge.size}, đúng ra tới {ledger.end}",
            f"the slice is cut at {edge.size}, it should reach {ledger.end}",
        )
        check.add(words, f"leaf {edge.size}")
    elif not is_consistent(edge.size, edge.root(), ledger.size, ledger.root, ledger.consistency):
        words = Words(
            "các lá không cho ra gốc sổ cái: có lá bị sửa, thêm, bớt hoặc đảo thứ tự",
            "the leaves do not make the ledger's root: one was changed, added, removed or moved",
        )
        check.add(words, f"leaves {ledger.first}…{ledger.end - 1}")
    if (bundle.manifest.size, bundle.manifest.root) != (ledger.size, ledger.root.hex()):
        check.add(Words("bản kê nêu gốc sổ cái khác", "the manifest names another head"))
    return check


def size_of(note: str) -> int | None:
    """The size that a checkpoint speaks of; None where it is none."""
    try:
        return parse_checkpoint(note)[1]
    except (ValueError, TypeError):
        return None


def check_checkpoints(
    bundle: Bundle, whole: Whole, others: Sequence[str], witnesses: Sequence[NoteKey]
) -> Check:
    """Signed checkpoints fit the ledger: the bundle's, and those that ``others`` have kept."""
    title = Words("Các mốc ký của sổ cái khớp với sổ cái", "The ledger's signed checkpoints fit it")
    check, ledger = Check("checkpoints", title), bundle.ledger
    key, newest = ledger_key(ledger), (0, "")
    seen_by: dict[str, int] = {}
    for row in bundle.checkpoints():
        check.looked_at += 1
        where = f"checkpoint {row.size}"
        try:
            origin, size, root = parse_checkpoint(row.note)
        except ValueError:
            check.add(Words("không phải một mốc ký", "is not a checkpoint"), where, row.at)
            continue
        if key is None or origin != key.name or not signatures_by(row.note, [key]):
            check.add(Words("chữ ký không đúng", "is not signed by the ledger's key"), where, row.at)
            continue
        for name, _ in signatures_by(row.note, list(witnesses)):
            seen_by[name] = max(seen_by.get(name, 0), size)
        path = _path(row.proof or ())
        if row.proof is not None and path is not None:
            good = is_consistent(size, root, ledger.size, ledger.root, path)
        else:
            good = whole.roots.get(size) == root
        if size != row.size or not good:
            words = Words(
                "sổ cái lúc đó có gốc khác: lịch sử đã bị viết lại hoặc cắt bớt sau mốc này",
                "the ledger had another root then: history before it was rewritten or cut",
            )
            check.add(words, where, newest[1] or row.at)
        newest = (size, row.at)
    if newest[0] > ledger.size:
        check.add(
            Words(
                "lớn hơn sổ cái: phần cuối bị cắt",
                "beyond the ledger: its tail is cut",
            ),
            f"checkpoint {newest[0]}",
            newest[1],
        )
    for note in others:
        _compare(check, whole, bundle, note)
    for witness in witnesses:
        if witness.name not in seen_by:
            words = Words("chưa ký mốc nào trong hồ sơ", "has signed no checkpoint of this bundle")
            check.add(words, f"witness {witness.name}", bad=False)
    for name, size in seen_by.items():
        check.notes.append(
            Words(f"nhân chứng {name} đã ký tới {size} lá", f"witness {name} signed up to {size}")
        )
    return check


def _compare(check: Check, whole: Whole, bundle: Bundle, note: str) -> None:
    """A checkpoint that somebody else has kept: of this ledger, it must fit it."""
    check.looked_at += 1
    ledger = bundle.ledger
    try:
        origin, size, root = parse_checkpoint(note)
    except ValueError:
        check.add(Words("mốc ký đưa vào không đọc được", "a given checkpoint cannot be read"))
        return
    where = f"{origin} {size}"
    if origin != ledger.origin:
        check.add(Words(f"của sổ cái khác ({origin})", f"is of another ledger ({origin})"), where, bad=False)
    elif size > ledger.size:
        words = Words(
            f"sổ cái chỉ còn {ledger.size} lá: phần cuối bị cắt hoặc cơ sở dữ liệu bị thay",
            f"the ledger has {ledger.size} leaves only: its tail is cut, or the database swapped",
        )
        check.add(words, where)
    elif size == ledger.size or size in whole.roots:
        if root != (ledger.root if size == ledger.size else whole.roots[size]):
            words = Words(
                "sổ cái này có gốc khác: có hai lịch sử song song",
                "this ledger has another root there: there are two histories",
            )
            check.add(words, where)
    else:
        check.add(
            Words("nằm ngoài đoạn sổ cái của hồ sơ", "lies outside the bundle's slice: not compared"),
            where,
            bad=False,
        )


def check_witnesses(whole: Whole, ledger: LedgerHead) -> Check:
    """Every invoice was signed over the ledger as it was: size and root stand in it."""
    title = Words("Hóa đơn làm chứng cho sổ cái", "Invoices witness the ledger")
    check, outside = Check("witnesses", title), 0
    for facts in whole.invoices:
        if facts.witness_size is None:
            continue
        check.looked_at += 1
        root = whole.roots.get(facts.witness_size)
        if root is None and ledger.first <= facts.witness_size <= ledger.end:
            root = b""
        if root is None:
            outside += 1
        elif root != facts.witness_root:
            words = Words(
                "được ký trên một sổ cái khác: lịch sử trước hóa đơn này đã bị viết lại",
                "was signed over another ledger: the history before it was rewritten",
            )
            check.add(words, facts.name, facts.issued_at)
    if outside:
        check.notes.append(
            Words(f"{outside} hóa đơn ngoài đoạn sổ cái", f"{outside} invoices lie outside the slice")
        )
    return check


def check_times(bundle: Bundle) -> Check:
    """Time goes forward in the ledger; where the clock was set back, it says so."""
    check = Check("times", Words("Thời gian trong sổ cái không lùi", "Time does not run back in the ledger"))
    last, explained = "", False
    for leaf in bundle.leaves():
        check.looked_at += 1
        said = leaf.said
        at, kind = str(said.get("at", "")), said.get("kind")
        if kind == "clock.jumped":
            explained = True
            seconds = said.get("seconds")
            words = Words(f"đồng hồ bị chỉnh {seconds} giây", f"the clock was set by {seconds} seconds")
            check.add(words, f"leaf {leaf.seq}", at, bad=False)
        if last and at < last and (back := _seconds(at, last)) > BACK:
            words = Words(
                f"đồng hồ lùi {back:,.0f} giây so với bản ghi trước",
                f"the clock stands {back:,.0f} seconds before the entry above it",
            )
            check.add(words, f"leaf {leaf.seq}", at, bad=not explained and kind != "clock.jumped")
        last = at
    return check


def _seconds(earlier: str, later: str) -> float:
    try:
        return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
    except (ValueError, TypeError):
        return float("inf")


def _path(steps: Sequence[str]) -> list[bytes] | None:
    try:
        return [bytes.fromhex(step) for step in steps]
    except (ValueError, TypeError):
        return None
