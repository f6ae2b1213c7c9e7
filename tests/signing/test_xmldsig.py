from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signed_samples import (
    MESSAGES,
    NOW,
    Handmade,
    Judge,
    content,
    form,
    in_message,
    notice,
    package,
    signed_invoice,
    signer_of,
)

from signing.errors import SignatureInputInvalid
from signing.keys import Pkcs12Key
from signing.verify import verify_document
from signing.xmldsig import XmlSigner, content_digest

DIGEST = content_digest(b"<a></a>")


def canonical(document: bytes) -> bytes:
    return etree.tostring(etree.fromstring(document), method="c14n")


def documents(signer: XmlSigner) -> list[bytes]:
    return [
        package(signer, signed_invoice(signer, 1), signed_invoice(signer, 2)),
        signed_invoice(signer),
        notice(signer, "NNT"),
        in_message("303", notice(signer, "NNT")),
        in_message("204", notice(signer)),
        in_message("100", form(signer)),
        form(signer),
    ]


@pytest.mark.parametrize("which", range(7))
def test_everybody_accepts_our_signatures(
    which: int, signer: XmlSigner, xmlsec1: Judge, python_xmlsec: Judge
) -> None:
    document = documents(signer)[which]
    assert verify_document(document, trust=[signer.certificate], now=NOW).valid
    assert xmlsec1(document)
    assert python_xmlsec(document)


def test_the_judges_refuse_what_is_changed(signer: XmlSigner, xmlsec1: Judge, python_xmlsec: Judge) -> None:
    document = signed_invoice(signer).replace(b">75000<", b">7500<")
    assert not xmlsec1(document)
    assert not python_xmlsec(document)


def test_ecdsa_signatures_are_accepted(xmlsec1: Judge) -> None:
    key = signer_of(ec.generate_private_key(ec.SECP256R1()))
    document = signed_invoice(XmlSigner(key))
    report = verify_document(document, trust=[key.certificate], now=NOW)
    assert report.valid, report
    assert report.signatures[0].algorithm == "ecdsa-sha256"
    assert xmlsec1(document)
    assert not verify_document(document.replace(b">75000<", b">7500<")).valid


def test_ecdsa_signatures_have_one_length(private: rsa.RSAPrivateKey) -> None:
    key = signer_of(ec.generate_private_key(ec.SECP256R1()))
    assert {len(key.sign(bytes([count]))) for count in range(64)} == {64}


def test_the_signature_has_the_samples_shape(signer: XmlSigner) -> None:
    """Everything but names, values and times is as in the sample, in canonical form."""
    sample = etree.parse(MESSAGES / "206-package-signature-only.xml").find(".//{*}Signature")
    assert sample is not None
    ours = etree.fromstring(signer.sign(DIGEST, "_F6CA05C0FAD546FCA237A8E930E7CB49", "CKSNNT-1", NOW))
    for one in (sample, ours):
        one.tail = None
        for element in one.iter("{*}DigestValue", "{*}SignatureValue", "{*}X509SubjectName"):
            element.text = "…"
        for element in one.iter("{*}X509Certificate", "{*}SigningTime"):
            element.text = "…"
    assert canonical(etree.tostring(ours)) == canonical(etree.tostring(sample))


def test_signing_time_is_vietnams_without_suffix(signer: XmlSigner) -> None:
    moment = datetime(2026, 11, 23, 17, 30, 59, 999_999, tzinfo=UTC)
    assert b"<SigningTime>2026-11-24T00:30:59</SigningTime>" in signer.sign(DIGEST, "A", "B", moment)


names = st.from_regex(r"\A[A-Za-z_][A-Za-z0-9_.-]{0,40}\Z")
moments = st.integers(0, 7_000_000_000).map(lambda second: datetime.fromtimestamp(second, UTC))


@given(names, names, moments, st.binary(min_size=32, max_size=32))
def test_signatures_are_canonical(
    signer: XmlSigner, content_id: str, signature_id: str, moment: datetime, digest: bytes
) -> None:
    signature = signer.sign(digest, content_id, signature_id, moment)
    assert canonical(signature) == signature
    value = etree.fromstring(signature).findtext(".//{*}DigestValue")
    assert value is not None
    assert b64decode(value) == digest


@given(
    st.text(
        st.characters(min_codepoint=32, exclude_categories=("Cs", "Cn", "Co", "Cc")), min_size=1, max_size=30
    )
)
def test_any_name_in_the_certificate(private: rsa.RSAPrivateKey, name: str) -> None:
    name = name.encode()[:64].decode(errors="ignore")  # as much as a certificate takes
    key = signer_of(private, name=name)
    document = signed_invoice(XmlSigner(key))
    assert canonical(document) == document
    report = verify_document(document, trust=[key.certificate])
    assert report.valid, report


def test_a_name_full_of_marks(private: rsa.RSAPrivateKey, xmlsec1: Judge) -> None:
    document = signed_invoice(XmlSigner(signer_of(private, name='A&B <"C">, D+E\r\n=F; #\\')))
    assert canonical(document) == document
    assert xmlsec1(document)


@pytest.mark.parametrize("name", ["", "1A", "a b", 'a"', "a&b", "Đ", "a\n", "a" * 256])
def test_ids_that_are_no_names_are_refused(name: str, signer: XmlSigner) -> None:
    with pytest.raises(SignatureInputInvalid, match="E-SIGN-012"):
        signer.sign(DIGEST, name, "B", NOW)
    with pytest.raises(SignatureInputInvalid):
        signer.sign(DIGEST, "A", name, NOW)


def test_digests_and_times_are_checked(signer: XmlSigner) -> None:
    with pytest.raises(SignatureInputInvalid, match="not 20"):
        signer.sign(b"x" * 20, "A", "B", NOW)
    with pytest.raises(SignatureInputInvalid, match="time zone"):
        signer.sign(DIGEST, "A", "B", NOW.replace(tzinfo=None))


def test_many_threads_may_sign(signer: XmlSigner) -> None:
    def one(number: int) -> bytes:
        return signed_invoice(signer, number)

    with ThreadPoolExecutor(4) as pool:
        invoices = list(pool.map(one, range(1, 101)))
    report = verify_document(package(signer, *invoices), trust=[signer.certificate], now=NOW)
    assert report.valid
    assert len(report.signatures) == 101


def test_by_hand_and_by_template_are_the_same(signer: XmlSigner, key: Pkcs12Key) -> None:
    """RSA PKCS#1 v1.5 has no randomness: the tests' own writer must arrive at the very same bytes."""
    by_hand = Handmade(key, content()).write()
    later = Handmade(key, content(), moment=(NOW + timedelta(hours=1)).isoformat()[:19]).write()
    assert signer.sign(content_digest(content()), "HD1", "S1", NOW) == by_hand
    assert later != by_hand
