"""What the authority itself holds, against the bundle: the check that holds even where the owner has the
ledger's key and writes its whole history anew.

Each invoice that the authority received (206 or 208 files) must be in the bundle, byte for byte, and the
ledger whose size and root were signed into it must be this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from audit.errors import BundleUnreadable
from audit.verify.documents import day_of, witness_of
from audit.verify.result import Check
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from audit.bundle.reading import Bundle
    from audit.verify.whole import Whole

_INVOICE = re.compile(rb"<HDon>.*?</HDon>", re.DOTALL)
_CODE = re.compile(rb"<MCCQT>([^<]{1,40})</MCCQT>")


@dataclass(frozen=True, slots=True)
class ReceivedInvoice:
    """An invoice in a file of the authority's."""

    code: str
    day: str
    sha256: bytes
    size: int | None  # of the ledger, as it was signed
    root: bytes | None


def read_received(files: Iterable[Path]) -> Iterator[ReceivedInvoice]:
    """The invoices in the authority's files.

    Raises:
        BundleUnreadable: a file that cannot be read.
    """
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise BundleUnreadable(f"{path} cannot be read: {error.strerror}") from error
        for match in _INVOICE.finditer(content):
            found = _CODE.search(match[0])
            code = found[1].decode("utf-8", "replace") if found else "?"
            digest = sha256(match[0]).digest()
            yield ReceivedInvoice(code, day_of(match[0]), digest, *witness_of(match[0]))


def check_received(bundle: Bundle, whole: Whole, received: Iterable[ReceivedInvoice]) -> Check:
    """Compare the invoices that the authority holds with the bundle's."""
    title = Words("Đúng với bản cơ quan thuế đã nhận", "As the authority received it")
    check = Check("received", title)
    by_code = {facts.code: facts for facts in whole.invoices}
    first, last = bundle.manifest.first.isoformat(), bundle.manifest.last.isoformat()
    for one in received:
        check.looked_at += 1
        facts = by_code.get(one.code)
        if facts is None:
            if first <= one.day <= last:
                words = Words("cơ quan thuế có, hồ sơ không có", "the authority has it, the bundle has not")
                check.add(words, one.code, one.day)
            continue
        if facts.sha256 != one.sha256:
            words = Words("khác bản cơ quan thuế đã nhận", "is another document than the authority received")
            check.add(words, one.code, facts.issued_at)
        known = None if one.size is None else whole.roots.get(one.size)
        if known is not None and known != one.root:
            words = Words(
                "được ký trên một sổ cái khác sổ cái trong hồ sơ: lịch sử đã bị viết lại",
                "was signed over another ledger than the bundle's: its history was rewritten",
            )
            check.add(words, one.code, facts.issued_at)
    return check
