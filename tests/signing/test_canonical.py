"""Canonical forms, held against C14N of whole documents, which lxml gets right."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signed_samples import DSIG

from signing.canonical import canonical
from signing.errors import SignatureRefused
from signing.safe_xml import parse

NAMESPACES = [
    "",
    ' xmlns=""',
    f' xmlns="{DSIG}"',
    ' xmlns="urn:a"',
    ' xmlns:p="urn:b"',
    ' xmlns:p="urn:c" p:x="1"',
]
texts = st.sampled_from(["", " ", "a", "\n  ", "&amp;&lt;", "<![CDATA[<&]]>", "&#13;\r\n", "Đà Nẵng"])
elements = st.recursive(
    st.builds("<a{0}>{1}</a>".format, st.sampled_from(NAMESPACES), texts),
    lambda inner: st.builds(
        '<{0} z="1" y="2"{1}>{2}{3}{4}</{0}>'.format,
        st.sampled_from("bc"),
        st.sampled_from(NAMESPACES),
        texts,
        st.lists(inner | texts, max_size=4).map("".join),
        texts,
    ),
    max_leaves=8,
)


def alone(element: etree._Element) -> bytes:
    """The element as a document: its canonical form is that of the whole."""
    return etree.tostring(element, encoding="utf-8", with_tail=False)


@given(elements, st.sampled_from(NAMESPACES), st.booleans())
def test_any_element_anywhere(text: str, above: str, exclusive: bool) -> None:  # noqa: FBT001 - drawn
    root = parse(f"<r{above}>\n{text} tail<after/></r>".encode())
    for element in root.iter("*"):
        whole = etree.fromstring(alone(element))
        wanted = etree.tostring(whole, method="c14n", exclusive=exclusive, with_comments=False)
        assert canonical(element, exclusive=exclusive) == wanted


def test_relative_namespaces_have_no_canonical_form() -> None:
    for text in (b'<r><a xmlns="relative"/></r>', b'<r><a><b xmlns:p="../up"/></a></r>'):
        with pytest.raises(SignatureRefused, match="no canonical form"):
            canonical(parse(text)[0])
