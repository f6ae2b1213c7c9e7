"""Signatures written with the right key, or with another one, that a rule of the profile forbids."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from signed_samples import (
    C14N,
    ENVELOPED,
    NOW,
    RSA_SHA1,
    Handmade,
    certificate_element,
    content,
    inside_dsig,
    package,
    reasons,
    signed_by_hand,
    signed_invoice,
    signer_of,
)

from signing.keys import Pkcs12Key
from signing.verify import verify_document
from signing.xmldsig import XmlSigner


def test_what_handmade_writes_is_right_unless_changed(key: Pkcs12Key) -> None:
    assert verify_document(signed_by_hand(Handmade(key, content())), trust=[key.certificate], now=NOW).valid


TRUNCATED = '<HMACOutputLength xmlns="http://www.w3.org/2000/09/xmldsig#">8</HMACOutputLength>'
SHAPES: dict[str, tuple[Callable[[Handmade], None], str]] = {}


def shape(reason: str) -> Callable[[Callable[[Handmade], None]], Callable[[Handmade], None]]:
    def add(change: Callable[[Handmade], None]) -> Callable[[Handmade], None]:
        SHAPES[change.__name__] = change, reason
        return change

    return add


@shape("has 3 references instead of 2")
def three_references(one: Handmade) -> None:
    one.references = [*one.both(), one.both()[0]]


@shape("no reference leads to its Object")
def one_reference(one: Handmade) -> None:
    one.references = one.both()[:1]


@shape("the transforms .*enveloped-signature are not allowed")
def enveloped_transform_on_the_object(one: Handmade) -> None:
    """Taken by the word, nothing of the Object is left to be signed, and xmlsec1 refuses it."""
    target = one.reference(f"#Obj-{one.signature_id}", inside_dsig(one.holder(), "Object"), (ENVELOPED,))
    one.references = [one.both()[0], target]


@shape("is not CanonicalizationMethod, SignatureMethod and References")
def no_reference(one: Handmade) -> None:
    one.references = []


@shape("the signature has 9 references")
def nine_references(one: Handmade) -> None:
    one.references = one.both()[:1] * 9


@shape("transforms .*xpath.* are not allowed")
def xpath_transform(one: Handmade) -> None:
    one.transforms = ("http://www.w3.org/TR/1999/REC-xpath-19991116",)


@shape("transforms .*xslt.* are not allowed")
def xslt_transform(one: Handmade) -> None:
    one.transforms = (ENVELOPED, "http://www.w3.org/TR/1999/REC-xslt-19991116")


@shape("transforms .* are not allowed")
def enveloped_after_canonicalisation(one: Handmade) -> None:
    one.transforms = (C14N, ENVELOPED)


@shape("transforms .* are not allowed")
def enveloped_twice(one: Handmade) -> None:
    one.transforms = (ENVELOPED, ENVELOPED)


@shape("an algorithm has parameters")
def transform_with_parameters(one: Handmade) -> None:
    one.parameters = "<XPath>1</XPath>"


@shape("canonicalisation '.*WithComments' is not allowed")
def with_comments(one: Handmade) -> None:
    one.canonicalization = C14N + "#WithComments"


@shape("signed with SHA-1")
def sha1_signature(one: Handmade) -> None:
    one.method = RSA_SHA1


@shape("signed with SHA-1")
def sha1_digests(one: Handmade) -> None:
    one.digest = "sha1"


@shape("SignatureProperty has no Target")
def no_target(one: Handmade) -> None:
    one.target = ""


@shape("SigningTime '' is not a time")
def no_signing_time(one: Handmade) -> None:
    one.moment = ""


@shape("SigningTime '2026-02-30T00:00:00' is not a time")
def impossible_signing_time(one: Handmade) -> None:
    one.moment = "2026-02-30T00:00:00"


@shape("SigningTime '2026-11-23' is not a time")
def day_without_time(one: Handmade) -> None:
    one.moment = "2026-11-23"


@shape("2 elements SigningTime instead of one")
def two_signing_times(one: Handmade) -> None:
    one.moment += "</SigningTime><SigningTime>2026-11-20T00:00:00"


@shape("certificate was not valid at 2027-11-23")
def expired(one: Handmade) -> None:
    one.moment = "2027-11-23T09:15:00"


@shape("certificate was not valid at 2025-11-23")
def not_valid_yet(one: Handmade) -> None:
    one.moment = "2025-11-23T09:15:00"


@shape("lies in the future")
def signed_tomorrow(one: Handmade) -> None:
    one.moment = "2026-11-25T09:15:00"


@shape("X509Data has 6 certificates")
def too_many_certificates(one: Handmade) -> None:
    one.certificates = [one.key.certificate] * 5


@shape("KeyInfo has 2 elements X509Data")
def two_key_infos(one: Handmade) -> None:
    element = f"<X509Data>{certificate_element(one.key.certificate)}</X509Data>"
    one.key_info = element * 2


@shape("KeyInfo has 0 elements X509Data")
def only_a_name(one: Handmade) -> None:
    one.key_info = "<KeyName>the shop</KeyName>"


@shape("X509Data has 0 certificates")
def only_a_subject(one: Handmade) -> None:
    one.key_info = "<X509Data><X509SubjectName>the shop</X509SubjectName></X509Data>"


@shape("HD1.*has no Id|has no Id")
def content_without_id(one: Handmade) -> None:
    one.content = content().replace(b' Id="HD1"', b"")


@shape("the document of 0107001729")
def invoice_of_another_seller(one: Handmade) -> None:
    one.content = content(seller="0107001729")


@pytest.mark.parametrize("name", SHAPES)
def test_a_forbidden_shape_is_refused_though_signed(name: str, key: Pkcs12Key) -> None:
    change, reason = SHAPES[name]
    signature = Handmade(key, content())
    change(signature)
    found = reasons(signed_by_hand(signature), trust=[key.certificate], now=NOW)
    assert re.search(reason, found), found


def test_another_key_with_the_sellers_certificate(key: Pkcs12Key, stranger: Pkcs12Key) -> None:
    signature = Handmade(stranger, content(total=1))
    signature.key_info = f"<X509Data>{certificate_element(key.certificate)}</X509Data>"
    assert "not signed by this certificate's key" in reasons(signed_by_hand(signature))


def test_another_certificate_on_the_sellers_signature(key: Pkcs12Key, stranger: Pkcs12Key) -> None:
    signature = Handmade(key, content())
    signature.key_info = f"<X509Data>{certificate_element(stranger.certificate)}</X509Data>"
    assert "not signed by this certificate's key" in reasons(signed_by_hand(signature))


def test_a_foreign_certificate_that_says_the_same(key: Pkcs12Key, stranger: Pkcs12Key) -> None:
    document = signed_by_hand(Handmade(stranger, content(total=1)))
    assert verify_document(document).valid, "without trust nobody can know"
    assert "not among those trusted" in reasons(document, trust=[key.certificate])


def test_a_seller_cannot_lend_his_certificate_to_an_issuer(key: Pkcs12Key, stranger: Pkcs12Key) -> None:
    signature = Handmade(stranger, content())
    signature.certificates = [key.certificate]
    assert "not among those trusted" in reasons(signed_by_hand(signature), trust=[key.certificate])


def test_certificates_of_other_taxpayers(private: rsa.RSAPrivateKey) -> None:
    for code, reason in (("0107001729", "certificate is of 0107001729"), (None, "carries no tax code")):
        other = signer_of(private, tax_code=code)
        assert reason in reasons(signed_by_hand(Handmade(other, content())), trust=[other.certificate])


def test_the_seller_of_an_invoice_counts_not_that_of_the_header(private: rsa.RSAPrivateKey) -> None:
    other = XmlSigner(signer_of(private, tax_code="0107001729"))
    document = package(other, signed_invoice(other), tax_code="0107001729")
    report = verify_document(document)
    assert [signature.valid for signature in report.signatures] == [True, False]
    assert not report.valid


def test_certificates_for_other_ends_are_refused(private: rsa.RSAPrivateKey) -> None:
    for digital_signature, content_commitment, taken in (
        (False, False, False),
        (True, False, True),
        (False, True, True),
    ):
        usage = x509.KeyUsage(
            digital_signature=digital_signature,
            content_commitment=content_commitment,
            key_encipherment=True,
            data_encipherment=False,
            key_agreement=False,
            key_cert_sign=False,
            crl_sign=False,
            encipher_only=False,
            decipher_only=False,
        )
        plain = signer_of(private).certificate
        certificate = (
            x509.CertificateBuilder()
            .subject_name(plain.subject)
            .issuer_name(plain.subject)
            .public_key(private.public_key())
            .serial_number(7)
            .not_valid_before(plain.not_valid_before_utc)
            .not_valid_after(plain.not_valid_after_utc)
            .add_extension(usage, critical=True)
            .sign(private, SHA256())
        )
        document = signed_invoice(XmlSigner(Pkcs12Key(private, certificate)))
        if taken:
            assert verify_document(document).valid
        else:
            assert "key usage does not allow" in reasons(document)


def test_weak_keys_are_refused(key: Pkcs12Key) -> None:
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point
    other = signer_of(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    certificate = signer_of(ec.generate_private_key(ec.SECP256R1())).certificate
    signature = Handmade(other, content())
    signature.key_info = f"<X509Data>{certificate_element(certificate)}</X509Data>"
    assert "not an RSA key" in reasons(signed_by_hand(signature))
    small = (
        x509.CertificateBuilder()
        .subject_name(key.certificate.subject)
        .issuer_name(key.certificate.subject)
        .public_key(weak.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=1))
        .not_valid_after(NOW + timedelta(days=1))
        .sign(weak, SHA256())
    )
    signature.key_info = f"<X509Data>{certificate_element(small)}</X509Data>"
    assert "has 1024 bits" in reasons(signed_by_hand(signature))
