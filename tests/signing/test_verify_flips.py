"""Whatever is done to the bytes: an answer "valid" means that what was signed is still what is read.

Outside of what the signatures cover lie only the XML declaration, the envelope's header (its tax code is
compared with the certificate, its kind decides who must sign), the package signature's own Id, and
X509SubjectName, which nobody reads.
"""

import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from signed_samples import NOW, TAX_CODE, package, signed_invoice

from signing.canonical import canonical
from signing.certificates import Credential
from signing.errors import CertificateUnreadable
from signing.safe_xml import parse
from signing.verify import Report, verify_document
from signing.xmldsig import XmlSigner

OPEN = (
    rb"^<\?xml.*?\?>\n",
    rb"<TTChung><MLTDiep>.*?</TTChung>(?=<DLieu)",
    rb'(?<=<Signature xmlns="http://www.w3.org/2000/09/xmldsig#") Id="NNT-A1"',
)
# A damaged certificate may have a serial number that the library warns of before we compare it with trust.
pytestmark = pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
BLANK = b" \t\r\n"


@pytest.fixture(scope="module")
def document(signer: XmlSigner) -> bytes:
    return package(signer, signed_invoice(signer))


@pytest.fixture(scope="module")
def open_bytes(document: bytes) -> set[int]:
    """Positions of bytes that no signature covers."""
    found = [match for pattern in OPEN for match in re.finditer(pattern, document, re.DOTALL)]
    assert len(found) == len(OPEN)
    found.append(list(re.finditer(rb"(?<=<X509SubjectName>)[^<]*", document))[-1])  # the package signature's
    return {position for match in found for position in range(match.start(), match.end())}


def judged(data: bytes, signer: XmlSigner) -> Report:
    return verify_document(data, trust=[signer.certificate], now=NOW)


def assert_same_meaning(data: bytes, document: bytes, signer: XmlSigner) -> None:
    """If ``data`` is called valid, everything signed in it is as it was in ``document``."""
    report = judged(data, signer)
    if not report.valid:
        return
    root, before = parse(data), parse(document)
    assert canonical(root.find("DLieu")) == canonical(before.find("DLieu"))
    assert etree.tostring(root.find("CKSNNT").find(".//{*}Object"), method="c14n") == etree.tostring(
        before.find("CKSNNT").find(".//{*}Object"), method="c14n"
    )
    assert root.findtext("TTChung/MST").strip() == TAX_CODE
    good = judged(document, signer)
    assert [one.covers for one in report.signatures] == [one.covers for one in good.signatures]
    assert [one.signing_time for one in report.signatures] == [one.signing_time for one in good.signatures]
    assert {one.certificate for one in report.signatures} == {signer.certificate}


def test_every_single_byte(document: bytes, open_bytes: set[int], signer: XmlSigner) -> None:
    """The lowest bit of each byte in turn: outside of the open bytes the answer is no, without exception."""
    assert judged(document, signer).valid
    data = bytearray(document)
    for position in range(len(data)):
        data[position] ^= 1
        if position in open_bytes:
            assert_same_meaning(bytes(data), document, signer)
        else:
            assert not judged(bytes(data), signer).valid, (position, data[position - 20 : position + 20])
        data[position] ^= 1


@settings(max_examples=600)
@given(st.integers(0, 10**6), st.integers(0, 255))
def test_any_byte_anywhere(
    document: bytes, open_bytes: set[int], signer: XmlSigner, place: int, byte: int
) -> None:
    position = place % len(document)
    data = document[:position] + bytes([byte]) + document[position + 1 :]
    assert_same_meaning(data, document, signer)
    same = byte == document[position]
    # Between the parts of a tag one white space is as good as another: canonical XML knows only one.
    both_blank = byte in BLANK and document[position] in BLANK
    if not same and not both_blank and position not in open_bytes:
        assert not judged(data, signer).valid


spans = st.tuples(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))


@settings(max_examples=300)
@given(
    spans,
    st.sampled_from(["delete", "repeat", "move", "insert"]),
    st.text("<>&\"'=/ \n[]-!?aIdx#", max_size=12),
)
def test_any_span_anywhere(
    document: bytes, signer: XmlSigner, span: tuple[int, int, int], deed: str, text: str
) -> None:
    start, end = sorted(number % len(document) for number in span[:2])
    target = span[2] % len(document)
    part = document[start:end]
    rest = document[:start] + document[end:]
    data = {
        "delete": rest,
        "repeat": document[:end] + part + document[end:],
        "move": rest[:target] + part + rest[target:],
        "insert": document[:target] + text.encode() + document[target:],
    }[deed]
    assert_same_meaning(data, document, signer)


elements = st.tuples(st.integers(0, 200), st.integers(0, 200), st.integers(0, 3))


@settings(max_examples=300)
@given(st.lists(elements, min_size=1, max_size=3))
def test_any_elements_moved_copied_or_dropped(
    document: bytes, signer: XmlSigner, deeds: list[tuple[int, int, int]]
) -> None:
    """Well-formed rearrangements, which random bytes seldom are."""
    root = etree.fromstring(document)
    for source, target, deed in deeds:
        nodes = list(root.iter())
        one, other = nodes[source % len(nodes)], nodes[target % len(nodes)]
        parent = one.getparent()
        if parent is None or one in (other, *other.iterancestors()):
            continue
        if deed == 0:
            other.append(one)
        elif deed == 1:
            other.insert(0, etree.fromstring(etree.tostring(one)))
        elif deed == 2:
            parent.remove(one)
        else:
            other.attrib.update({"Id": one.get("Id", "x")})
    assert_same_meaning(etree.tostring(root), document, signer)


def test_a_certificate_of_an_unknown_version_is_unreadable(signer: XmlSigner) -> None:
    """Its version byte changed: cryptography raises an exception of its own for that."""
    der = bytearray(signer.certificate.public_bytes(Encoding.DER))
    place = der.index(b"\xa0\x03\x02\x01\x02") + 4
    der[place] = 9
    with pytest.raises(CertificateUnreadable):
        Credential.from_der(bytes(der))
