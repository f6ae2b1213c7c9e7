"""The sandbox's rules read an element as who checks a signature does: over comments, never into parts."""

from __future__ import annotations

import pytest
from lxml import etree

from authority.elements import children, own_text
from authority.sandbox.part import Part

WRITTEN = (
    "<a> one<!-- x --> two <b/>three<?pi x?>four</a>",
    "<a><b>1</b><b>2</b><c>  3<!-- y -->4  </c></a>",
    '<a xmlns="urn:x"><b> </b>tail<!-- z --> more</a>',
    "<a/>",
)


@pytest.mark.parametrize("written", WRITTEN)
def test_text_and_parts_are_those_of_the_elements(written: str) -> None:
    element = etree.fromstring(written)
    part = Part("a", element)
    assert part.text == own_text(element)
    for name in ("b", "c"):
        assert [one.text for one in part.all(name)] == [own_text(one) for one in children(element, name)]
        first = next(children(element, name), None)
        assert part.text_at(name) == ("" if first is None else own_text(first))


def test_a_signature_is_not_read() -> None:
    part = Part("a", etree.fromstring("<a><DSCKS><NBan>x</NBan></DSCKS></a>"))
    assert part.at("DSCKS") is not None
    assert part.at("DSCKS", "NBan") is None
