"""What the authority itself holds, against the bundle: the check that holds even where the owner has the
ledger's key and writes its whole history anew.

Each invoice that the authority received (206 or 208 files) must be in the bundle, byte for byte, and the
ledger whose size and root were signed into it must be this one.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import TYPE_CHECKING

from audit.verify.members import day_of, witness_of
from audit.verify.result import Check
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from audit.bundle.reading import Bundle
    from audit.verify.whole import Whole

_INVOICE = re.compile(rb"<HDon>.*?</HDon>", re.DOTALL)
_CODE = re.compile(rb"<MCCQT>([^<]{1,40})</MCCQT>")


def check_received(bundle: Bundle, whole: Whole, files: Iterable[Path]) -> Check:
    """Compare the invoices in the authority's files with the bundle's."""
    title = Words("Đúng với bản cơ quan thuế đã nhận", "As the authority received it")
    check = Check("received", title)
    by_code = {facts.code: facts for facts in whole.invoices}
    first, last = bundle.manifest.first.isoformat(), bundle.manifest.last.isoformat()
    for path in files:
        try:
            content = path.read_bytes()
        except OSError as error:
            check.add(Words(f"không đọc được tệp: {error}", f"cannot be read: {error}"), path.name)
            continue
        for match in _INVOICE.finditer(content):
            check.looked_at += 1
            found = _CODE.search(match[0])
            code, day = found[1].decode("utf-8", "replace") if found else "?", day_of(match[0])
            facts = by_code.get(code)
            if facts is None:
                if first <= day <= last:
                    check.add(
                        Words("cơ quan thuế có, hồ sơ không có", "the authority has it, the bundle has not"),
                        code,
                        day,
                    )
                continue
            if facts.sha256 != sha256(match[0]).digest():
                check.add(
                    Words("khác bản cơ quan thuế đã nhận", "is another document than the authority received"),
                    code,
                    facts.issued_at,
                )
            size, root = witness_of(match[0])
            known = None if size is None else whole.roots.get(size)
            inside = size is not None and whole.first <= size <= whole.end
            if inside and known is not None and known != root:
                words = Words(
                    "được ký trên một sổ cái khác sổ cái trong hồ sơ: lịch sử đã bị viết lại",
                    "was signed over another ledger than the bundle's: its history was rewritten",
                )
                check.add(words, code, facts.issued_at)
    return check
