"""Reading the authority's XML leniently: by local name, white space aside.

Real messages differ in small things (white space, namespace prefixes, order); what a message means does
not depend on them. Everything here works on bytes that ``signing.safe_xml`` has let through: no DTD, no
entities, bounded size and depth.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from authority.errors import MessageUnreadable
from errors import ThunganError
from signing.safe_xml import parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def parse_document(data: bytes) -> _Element:
    """The root element of untrusted XML.

    Raises:
        MessageUnreadable: not XML, too large, too deep, or with a DTD.
    """
    try:
        return parse(data)
    except ThunganError as error:
        raise MessageUnreadable(error.message) from error


def local_name(element: _Element) -> str:
    """The tag without namespace; "" for comments and processing instructions."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: _Element, name: str) -> Iterator[_Element]:
    """The direct children of that local name."""
    return (child for child in element if local_name(child) == name)


def child(element: _Element | None, *path: str) -> _Element | None:
    """The first element down a path of local names, or None."""
    for name in path:
        if element is None:
            return None
        element = next(children(element, name), None)
    return element


def text(element: _Element | None, *path: str) -> str:
    """The text of an element down a path, without surrounding white space; "" where there is none."""
    found = child(element, *path)
    return "" if found is None else own_text(found)


def own_text(element: _Element) -> str:
    """The text directly inside an element, without surrounding white space.

    Comments and processing instructions are read over, as canonicalisation does: a signature does not
    cover them, so they must not be able to cut a signed text short.
    """
    words = element.text or ""
    if len(element):
        words += "".join(part.tail or "" for part in element if not isinstance(part.tag, str))
    return words.strip()


def all_text(element: _Element) -> str:
    """All text inside an element, white space folded."""
    return " ".join("".join(part for part in element.itertext() if isinstance(part, str)).split())


def whole_number(words: str) -> int | None:
    """A whole number ≥ 0 of at most 15 digits, or None."""
    return int(words) if words.isascii() and words.isdigit() and len(words) <= 15 else None


def day(words: str) -> date | None:
    """A date ``YYYY-MM-DD`` (a time after it is ignored), or None."""
    try:
        return date.fromisoformat(words[:10])
    except ValueError:
        return None


def moment(words: str) -> datetime | None:
    """A date-time; Vietnam time where it carries no zone (profile, section 2). None if unreadable."""
    try:
        read = datetime.fromisoformat(words)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=VIETNAM)
