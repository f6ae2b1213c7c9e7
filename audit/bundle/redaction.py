"""What a bundle shows of buyers: nothing by default (docs/decisions/004-redaction.md).

An invoice or paper that names a buyer is shown in its redacted form, to which the ledger has committed when
it was issued; where it has not (an older program wrote it), the bytes are withheld and only their hash stands
in the bundle.
"""

from __future__ import annotations

import re

EXACT, REDACTED = "exact", "redacted"
NO_COMMITMENT = "names a buyer, and the ledger holds no commitment to a redacted form"
NOT_REDACTABLE = "may name a buyer, and has no redacted form"
_BUYER = re.compile(rb"<NMua>(.*?)</NMua>", re.DOTALL)
_FIELD = re.compile(rb"<([A-Za-z]+)>(.*?)</\1>", re.DOTALL)


def names_buyer(document: bytes, unnamed: frozenset[bytes]) -> bool:
    """Whether an invoice says more of its buyer than one of the words for nobody in particular."""
    found = _BUYER.search(document)
    if found is None:
        return b"NMua" in document
    fields = _FIELD.findall(found[1])
    return not (len(fields) == 1 and fields[0][0] == b"Ten" and fields[0][1] in unnamed)
