"""Canonical XML of one element within its document, for verifying.

lxml's own C14N of a sub-element is wrong where the element inherits a default namespace (it writes
``xmlns=""`` below; measured with lxml 5.4, 6.0 and 6.1). So the element is written out with the
namespaces it inherits, read again as a document of its own, and canonicalised as that. Attributes in the
xml namespace, which Canonical XML 1.0 inherits too, are refused before (``document_checks``).
"""

from __future__ import annotations

from lxml import etree

from signing.errors import SignatureRefused
from signing.safe_xml import MAX_PARTS, parse

# Room for escapes, which writing may add to what was read: "&" in a CDATA section becomes "&amp;".
_LARGEST = 64 * 1024 * 1024


def canonical(element: etree._Element, *, exclusive: bool = False) -> bytes:
    """The canonical bytes, without comments.

    Raises:
        SignatureRefused: it has no canonical form (a relative namespace name).
    """
    alone = parse(
        etree.tostring(element, encoding="utf-8", with_tail=False),
        max_bytes=_LARGEST,
        max_parts=4 * MAX_PARTS,
    )
    try:
        return etree.tostring(alone, method="c14n", exclusive=exclusive, with_comments=False)
    except (etree.C14NError, ValueError) as error:
        raise SignatureRefused(f"the element {alone.tag} has no canonical form") from error
