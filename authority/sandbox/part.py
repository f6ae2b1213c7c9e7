"""An element as the rules of invoices read it: its text and its parts by local name.

A rule asks for the same few fields again and again; each is fetched from the XML library once, and what no
rule asks for (signatures) not at all. What is read is what ``authority.elements`` reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from authority.elements import local_name, own_text

if TYPE_CHECKING:
    from lxml.etree import _Element


class Part:
    """One element. ``name`` is its local name."""

    __slots__ = ("_element", "_first", "_parts", "_text", "name")

    def __init__(self, name: str, element: _Element) -> None:
        self.name = name
        self._element = element
        self._text: str | None = None
        self._parts: list[Part] | None = None
        self._first: dict[str, Part] | None = None

    @staticmethod
    def of(element: _Element) -> Part:
        """That element and all below it."""
        return Part(local_name(element), element)

    @property
    def text(self) -> str:
        """The text directly inside, as ``elements.own_text``."""
        if self._text is None:
            self._text = own_text(self._element)
        return self._text

    @property
    def parts(self) -> list[Part]:
        """The elements directly inside; comments and processing instructions are none."""
        if self._parts is None:
            self._parts = [
                Part(tag.rpartition("}")[2], element)
                for element in self._element
                if isinstance(tag := element.tag, str)
            ]
        return self._parts

    @property
    def first(self) -> dict[str, Part]:
        """By local name the first of the parts that have it."""
        if self._first is None:
            self._first = {part.name: part for part in reversed(self.parts)}
        return self._first

    def at(self, *path: str) -> Part | None:
        """The first part down a path of local names, or None."""
        found: Part | None = self
        for name in path:
            if found is None:
                return None
            found = found.first.get(name)
        return found

    def all(self, name: str) -> list[Part]:
        """The direct parts of that name."""
        return [part for part in self.parts if part.name == name]

    def text_at(self, *path: str) -> str:
        """The text of the first part down a path; "" where there is none."""
        found = self.at(*path)
        return "" if found is None else found.text
