"""An element as the rules of invoices read it: its text and its parts by local name.

A rule asks for the same few fields again and again; here each is fetched from the XML library once. What is
read is what ``authority.elements`` reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from lxml.etree import _Element

_NONE: Mapping[str, Part] = {}
_UNREAD = {"DSCKS"}  # signatures are the verifier's; no rule of an invoice reads them


class Part:
    """One element: its local ``name`` and what is directly inside it.

    ``text`` is read as by ``elements.own_text``; ``parts`` are the elements, without comments and processing
    instructions; ``first`` is by name the first of the parts that have it.
    """

    __slots__ = ("first", "name", "parts", "text")

    def __init__(self, name: str, element: _Element) -> None:
        self.name = name
        self.parts: Sequence[Part] = ()
        self.first: Mapping[str, Part] = _NONE
        if not len(element):
            self.text = (element.text or "").strip()
            return
        words, parts = element.text or "", []
        for inside in element:  # once: each look at a child makes it anew
            tag = inside.tag
            if not isinstance(tag, str):
                words += inside.tail or ""
            elif name not in _UNREAD:
                parts.append(Part(tag.rpartition("}")[2], inside))
        self.text = words.strip()
        self.parts = parts
        self.first = {part.name: part for part in reversed(self.parts)}

    def at(self, *path: str) -> Part | None:
        """The first part down a path of local names, or None."""
        part = self
        for name in path:
            found = part.first.get(name)
            if found is None:
                return None
            part = found
        return part

    def all(self, name: str) -> list[Part]:
        """The direct parts of that name."""
        return [part for part in self.parts if part.name == name]

    def text_at(self, *path: str) -> str:
        """The text of the first part down a path; "" where there is none."""
        part = self
        for name in path:
            found = part.first.get(name)
            if found is None:
                return ""
            part = found
        return part.text
