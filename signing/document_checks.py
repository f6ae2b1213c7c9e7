"""What must hold for a document as a whole before any of its signatures means something.

Two ordered lists of named checks, before and after the places of signatures are known; each check raises
``SignatureRefused`` with its own reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from lxml import etree

from signing.errors import SignatureRefused
from signing.places import local_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lxml.etree import _Element

    from signing.places import Place

# Real files have up to four in scope, and up to three attributes. libxml2's canonicalisation takes cubic
# time in the namespaces in scope (20 s for 2,000) and quadratic time in the attributes of an element.
_MOST_NAMESPACES = 32
_MOST_ATTRIBUTES = 64

_MANY_ATTRIBUTES = etree.XPath(f"boolean(descendant-or-self::*/@*[{_MOST_ATTRIBUTES + 1}])")
_XML_ATTRIBUTES = etree.XPath("boolean(descendant-or-self::*/@xml:*)")
_IDS = etree.XPath(
    "descendant-or-self::*/@*[translate(local-name(), 'ID', 'id') = 'id']", smart_strings=False
)


def check_document(root: _Element, data: bytes) -> None:
    """What can be said without knowing the kind of the document, which was read from ``data``.

    Raises:
        SignatureRefused: the first check that fails.
    """
    namespaces_are_few(root, data)
    attributes_are_few(root)
    no_comments_or_instructions(root)
    no_xml_attributes(root)
    ids_are_unique(root)


def check_places(root: _Element, places: Sequence[Place]) -> None:
    """What can be said once it is known where signatures belong.

    Raises:
        SignatureRefused: the first check that fails.
    """
    signatures_are_in_their_places(root, places)


def namespaces_are_few(root: _Element, data: bytes) -> None:
    """A bound on work, not on meaning."""
    if data.count(b"xmlns") <= _MOST_NAMESPACES:
        return  # more are in scope nowhere than are declared in all
    in_scope = 0
    for event, _ in etree.iterwalk(root, events=("start-ns", "end-ns")):
        in_scope += 1 if event == "start-ns" else -1
        if in_scope > _MOST_NAMESPACES:
            raise SignatureRefused(f"there are more than {_MOST_NAMESPACES} namespaces in scope")


def attributes_are_few(root: _Element) -> None:
    """A bound on work, not on meaning."""
    if _MANY_ATTRIBUTES(root):
        raise SignatureRefused(f"an element has more than {_MOST_ATTRIBUTES} attributes")


def no_comments_or_instructions(root: _Element) -> None:
    """No signature covers them, but a reader of text may stop at them or show them."""
    # Not by XPath: its union of the two kinds takes quadratic time (half a minute for 100,000 comments).
    if next(root.iter(etree.Comment, etree.ProcessingInstruction, etree.Entity), None) is not None:
        raise SignatureRefused("there is a comment or processing instruction inside the document")


def no_xml_attributes(root: _Element) -> None:
    """xml:id would be a second kind of Id; the others are inherited into what is signed."""
    if _XML_ATTRIBUTES(root):
        raise SignatureRefused("there is an attribute of the xml namespace (xml:…)")


def ids_are_unique(root: _Element) -> None:
    """Any attribute that some reader may take for an Id counts, however it is capitalised."""
    seen: set[str] = set()
    for name in cast("list[str]", _IDS(root)):
        if name in seen:
            raise SignatureRefused(f"the Id {name!r} is not unique")
        seen.add(name)


def signatures_are_in_their_places(root: _Element, places: Sequence[Place]) -> None:
    """A signature elsewhere would be taken by other software for one that counts."""
    allowed = {place.signature for place in places}
    for signature in root.iter("{*}Signature"):
        if signature not in allowed:
            above = [local_name(element) for element in signature.iterancestors()]
            path = "/".join(("", *reversed(above)))
            raise SignatureRefused(f"there is a signature where none is allowed: {path}")
