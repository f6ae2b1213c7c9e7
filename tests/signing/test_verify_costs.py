"""Documents made to be slow, large or nothing at all: each is answered."""

import pytest
from lxml import etree
from signed_samples import (
    Handmade,
    changed,
    content,
    inside_dsig,
    reasons,
    signed_by_hand,
    signed_invoice,
)

from signing.keys import Pkcs12Key
from signing.verify import verify_document
from signing.xmldsig import XmlSigner


def declared(count: int) -> str:
    return " ".join(f'xmlns:n{number}="urn:{number}"' for number in range(count))


# Each of these took minutes or hours before it was bounded, or would: a test that hangs is one that fails.
COSTLY: dict[str, tuple[str, str]] = {
    "namespaces": (f"<x {declared(20_000)}>{'<y/>' * 20_000}</x>", "more than 32 namespaces"),
    "namespaces in steps": (
        "".join(f"<x xmlns:n{step}='urn:{step}'>" for step in range(40)) + "</x>" * 40,
        "more than 32 namespaces",
    ),
    "attributes": (
        "<x " + " ".join(f'a{number}=""' for number in range(200_000, 0, -1)) + "/>",
        "more than 64 attributes",
    ),
    "comments": ("<!---->" * 300_000, "comment or processing instruction"),
    "instructions": ("<?x?>" * 300_000, "comment or processing instruction"),
    "signatures": ("<Signature/>" * 300_000, "where none is allowed"),
    "elements": ("<x a='1' b='2'/>" * 200_000, "digest of /HDon/DLHDon"),
}


@pytest.mark.parametrize("name", COSTLY)
def test_documents_made_to_be_slow_are_answered(name: str, signer: XmlSigner) -> None:
    inside, reason = COSTLY[name]
    assert reason in reasons(changed(signed_invoice(signer), "<NDHDon>", inside + "<NDHDon>"))


def test_a_document_with_the_allowed_namespaces_is_answered(key: Pkcs12Key) -> None:
    data = content().replace(b"<TToan>", f"<x {declared(31)}>{'<y/>' * 30_000}</x><TToan>".encode())
    canonical = etree.tostring(etree.fromstring(data), method="c14n")
    assert verify_document(signed_by_hand(Handmade(key, canonical))).valid


@pytest.mark.parametrize(
    "data", [b"", b" ", b"nonsense", b"<a>", b"<a/>", b"\xff\xfe<\x00a\x00", b"\x00" * 99]
)
def test_garbage_has_a_reason(data: bytes) -> None:
    assert reasons(data)


def test_the_object_is_canonicalised_where_it_stands(key: Pkcs12Key) -> None:
    """The trap of lxml's C14N: the Object inherits its namespace, its parts must not lose it."""
    signature = Handmade(key, content())
    assert b'xmlns=""' not in inside_dsig(signature.holder(), "Object")
    assert verify_document(signed_by_hand(signature)).valid
