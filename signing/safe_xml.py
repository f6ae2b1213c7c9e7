"""Reading XML that somebody else has written.

>>> from signing.safe_xml import parse
>>> parse(b"<TDiep><DLieu/></TDiep>").tag
'TDiep'
>>> parse(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>')
Traceback (most recent call last):
    ...
signing.errors.XmlForbidden: E-SIGN-023: the document has a DTD. Keep the file and send it to your ...

Nothing is fetched, nothing expands, and what a document may cost in memory is known before it is parsed.
Comments and processing instructions are kept as nodes and never acted on; the verifier refuses them.
"""

from __future__ import annotations

import re

from lxml import etree

from signing.errors import XmlForbidden, XmlMalformed, XmlTooLarge

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 64  # the regulation's deepest message has about 15 levels
# An element or attribute costs the parser some 120 bytes, however few the document spends on it.
MAX_PARTS = 1_000_000

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_DECLARED = re.compile(rb"<\?xml\s[^>]*?encoding\s*=\s*[\"']([^\"'>]*)")
_UTF8 = {b"UTF-8", b"UTF8", b"US-ASCII", b"ASCII"}
_CONTROL = re.compile(r"[^\x20-\x7e]+")


def parse(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, max_parts: int = MAX_PARTS
) -> etree._Element:
    """The root element of a UTF-8 document.

    Raises:
        XmlTooLarge: more than ``max_bytes``, than ``max_parts`` tags and attributes, or than
            ``max_depth`` levels.
        XmlForbidden: a DTD, or another encoding than UTF-8.
        XmlMalformed: not well-formed, also not with respect to namespaces.
    """
    if len(data) > max_bytes:
        raise XmlTooLarge(f"the document has {len(data)} bytes, more than {max_bytes}")
    if data.count(b"<") + data.count(b"=") > max_parts:
        raise XmlTooLarge(f"the document has more than {max_parts} tags and attributes")
    _only_utf8(data)
    # In UTF-8 these bytes are a DTD or stand in a comment or CDATA section, where no message has them.
    # Looked for before parsing: entities are read, and may grow, while the parser runs.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise XmlForbidden("the document has a DTD")
    root = _parse(data)
    if root.getroottree().docinfo.internalDTD is not None:
        raise XmlForbidden("the document has a DTD")
    if _deeper_than(max_depth)(root):
        raise XmlTooLarge(f"the document is nested deeper than {max_depth} levels")
    return root


def read_again(element: etree._Element) -> etree._Element:
    """An element of a parsed document as the root of one of its own, with the namespaces it inherits.

    What ``parse`` has let in needs no second look; writing it out makes it at most a few times longer.

    Raises:
        XmlMalformed: it is larger than the parser takes.
    """
    return _parse(etree.tostring(element, encoding="utf-8", with_tail=False))


def _only_utf8(data: bytes) -> None:
    """Refuse every encoding in which the checks on bytes would look at something else than the parser."""
    start = data.removeprefix(_BYTE_ORDER_MARK)
    if start.startswith(_BYTE_ORDER_MARK):
        raise XmlMalformed("the document begins with two byte order marks")
    if b"\x00" in data or (start[:1] and start[:1] not in b"< \t\r\n"):
        raise XmlForbidden("the document is not XML in UTF-8")
    declared = _DECLARED.match(start)
    if declared and declared[1].upper() not in _UTF8:
        raise XmlForbidden("the document declares another encoding than UTF-8")


def _parse(data: bytes) -> etree._Element:
    # A new parser each time: lxml gives one parser to one thread at a time.
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        attribute_defaults=False,
        huge_tree=False,
        recover=False,
        remove_comments=False,
        remove_pis=False,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        why = _CONTROL.sub("?", str(error))[:200]
        raise XmlMalformed(f"the document is not well-formed XML: {why}") from None
    # A parser may answer None for a document of nothing but white space.
    if root is None:
        raise XmlMalformed("the document is empty")
    return root


_DEEPER: dict[int, etree.XPath] = {}


def _deeper_than(depth: int) -> etree.XPath:
    """An XPath that walks down level by level in C: linear, where walking in Python would be felt."""
    if depth not in _DEEPER:
        _DEEPER[depth] = etree.XPath("boolean(" + "/*" * (depth + 1) + ")")
    return _DEEPER[depth]
