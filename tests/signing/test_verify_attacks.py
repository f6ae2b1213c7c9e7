"""Forged documents, each with the reason it must be refused for.

The first table changes a rightly signed package as somebody without its key can. The second writes
signatures with the right key, or another one, that other rules of the profile forbid.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from lxml import etree
from signed_samples import (
    C14N,
    DSIG,
    ENVELOPED,
    EXC_C14N,
    NOW,
    RSA_SHA1,
    Handmade,
    certificate_element,
    changed,
    content,
    cut,
    form,
    in_message,
    inside_dsig,
    invoice,
    message,
    notice,
    package,
    signed_invoice,
    signer_of,
)

from signing.keys import Pkcs12Key
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

Change = Callable[[bytes], bytes]
DATA = r"<DLieu .*</DLieu>"
SIGNATURE = r"<Signature .*?</Signature>"


def reasons(document: bytes, **asked: object) -> str:
    """Why a document is refused; fails if it is not."""
    report = verify_document(document, **asked)
    assert not report.valid, report
    found = [report.problem, *(signature.problem for signature in report.signatures)]
    assert any(found), report
    return " | ".join(reason for reason in found if reason)


@pytest.fixture(scope="module")
def good(signer: XmlSigner) -> bytes:
    document = package(signer, signed_invoice(signer, 1), signed_invoice(signer, 2))
    assert verify_document(document, trust=[signer.certificate], now=NOW).valid
    return document


def wrapped_in(parent: str, new_id: str) -> Change:
    """Signature wrapping: the signed DLieu is moved away, a forged one stands in its place."""

    def change(document: bytes) -> bytes:
        _, data = cut(document, DATA)
        forged = re.sub(SIGNATURE.encode(), b"", data, flags=re.DOTALL).replace(b"75000", b"1000")
        forged = forged.replace(b"_A1", new_id.encode()).replace(b'Id="HD', b'Id="X')
        return changed(document.replace(data, forged), f"</{parent}>", data + f"</{parent}>".encode())

    return change


def moved_signature(document: bytes) -> bytes:
    rest, signature = cut(document, SIGNATURE)  # of the first invoice
    return changed(rest, b"<TTChung><SHDon>2<", b"<TTChung>" + signature + b"<SHDon>2<")


def swapped_signatures(document: bytes) -> bytes:
    first, second, _ = re.findall(SIGNATURE.encode(), document, re.DOTALL)
    return document.replace(first, b"%1").replace(second, first).replace(b"%1", second)


def swapped_contents(document: bytes) -> bytes:
    first, second = re.findall(rb"<DLHDon .*?</DLHDon>", document, re.DOTALL)
    return document.replace(first, b"%1").replace(second, first).replace(b"%1", second)


def digest_swapped(document: bytes) -> bytes:
    forged = document.replace(b"75000", b"1000")
    _, data = cut(forged, DATA)
    last = re.findall(rb"<DigestValue>([^<]*)", document)[-2]
    return changed(forged, last, b64encode(hashlib.sha256(data).digest()))


def replaced(old: str, new: str, count: int = 1) -> Change:
    return lambda document: changed(document, old, new, count)


def without(pattern: str, *, last: bool = False) -> Change:
    def change(document: bytes) -> bytes:
        if not last:
            return cut(document, pattern)[0]
        start = document.rindex(b"<CKSNNT>")
        return document[:start] + cut(document[start:], pattern)[0]

    return change


def in_package_signature(old: str, new: str) -> Change:
    def change(document: bytes) -> bytes:
        start = document.rindex(b"<CKSNNT>")
        return document[:start] + changed(document[start:], old, new)

    return change


EXTRA = f'<Signature xmlns="{DSIG}"></Signature>'
CHANGES: dict[str, tuple[Change, str]] = {
    "total changed": (replaced(">75000<", ">7500<"), r"digest of /TDiep/DLieu does not fit \| .*DLHDon"),
    "code of an invoice changed": (replaced("M1-26", "M1-27"), r"^the content .*/TDiep/DLieu does not fit$"),
    "wrapped below a signature's Object": (wrapped_in("Object", "_EVIL"), "where none is allowed"),
    "wrapped in the header": (wrapped_in("TTChung", "_EVIL"), "a signature where none is allowed"),
    "wrapped beside": (wrapped_in("TDiep", "_EVIL"), "there are 2 elements DLieu in /TDiep"),
    "wrapped with the same Id": (wrapped_in("CKSNNT", "_A1"), "Id '_A1' is not unique"),
    "wrapped in a wrapper": (
        lambda document: changed(
            changed(wrapped_in("CKSNNT", "_EVIL")(document), '<DLieu Id="_A1"', '<Wrapper><DLieu Id="_A1"'),
            "</DLieu></CKSNNT>",
            "</DLieu></Wrapper></CKSNNT>",
        ),
        "a signature where none is allowed: /TDiep/CKSNNT/Wrapper",
    ),
    "wrapper in the envelope": (replaced("</TDiep>", "<Wrapper/></TDiep>"), "unexpected element Wrapper"),
    "two contents": (replaced("<MCCQT>", '<DLHDon Id="E"></DLHDon><MCCQT>'), "2 elements DLHDon"),
    "duplicate Id": (replaced("<SHDon>1<", '<SHDon Id="HD2">1<'), "Id 'HD2' is not unique"),
    "duplicate id, small letters": (replaced("<SHDon>1<", '<SHDon id="HD2">1<'), "'HD2' is not unique"),
    "xml:id": (replaced("<SHDon>1<", '<SHDon xml:id="x">1<'), "xml namespace"),
    "xml:space": (replaced("<DLieu ", '<DLieu xml:space="preserve" '), "xml namespace"),
    "signature moved into a content": (moved_signature, "where none is allowed"),
    "signatures of two invoices exchanged": (swapped_signatures, "no reference leads to .*HD1.*"),
    "contents of two invoices exchanged": (swapped_contents, "no reference leads to .*HD2.*"),
    "extra signature beside": (replaced("</CKSNNT>", EXTRA + "</CKSNNT>"), "2 elements Signature"),
    "extra signature elsewhere": (replaced("<SHDon>", EXTRA + "<SHDon>"), "where none is allowed"),
    "extra signature without namespace": (
        replaced("<SHDon>", "<Signature/><SHDon>"),
        "where none is allowed",
    ),
    "extra signature in an Object": (replaced("</Object>", EXTRA + "</Object>"), "where none is allowed"),
    "second holder": (replaced("</DSCKS>", "<NBan></NBan></DSCKS>"), "2 elements NBan"),
    "package signature removed": (without(SIGNATURE, last=True), "no signature in /TDiep/CKSNNT"),
    "package signature and its place removed": (
        without("<CKSNNT>.*</CKSNNT>"),
        "no signature in /TDiep/CKSNNT",
    ),
    "comment in a text": (replaced(">75000<", ">7<!-- -->5000<"), "comment or processing instruction"),
    "comment in the header": (replaced("<MST>04", "<MST>04<!---->"), "comment or processing instruction"),
    "processing instruction": (replaced(">75000<", ">75000<?x?><"), "comment or processing instruction"),
    "document type": (replaced("<TDiep>", "<!DOCTYPE TDiep><TDiep>"), "the document has a DTD"),
    "entity": (
        lambda document: changed(
            changed(document, "<TDiep>", '<!DOCTYPE TDiep [<!ENTITY x "1">]><TDiep>'), ">75000<", ">&x;<"
        ),
        "the document has a DTD",
    ),
    "undefined entity": (replaced(">75000<", ">&x;<"), "not well-formed"),
    "digest swapped": (digest_swapped, "the signature does not fit"),
    "signing time changed": (
        in_package_signature("2026-11-23T09:15:00", "2026-11-20T09:15:00"),
        "signing time has been changed",
    ),
    "signature method downgraded": (
        in_package_signature("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", RSA_SHA1),
        "SHA-1",
    ),
    "HMAC with the public key": (
        in_package_signature(
            "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2000/09/xmldsig#hmac-sha1"
        ),
        "signature method '.*hmac-sha1' is not allowed",
    ),
    "ECDSA claimed for an RSA key": (
        in_package_signature("#rsa-sha256", "#ecdsa-sha256"),
        "not an ECDSA key",
    ),
    "external reference": (
        in_package_signature('URI="#_A1"', 'URI="http://example.com/"'),
        "no reference leads",
    ),
    "file reference": (
        in_package_signature('URI="#_A1"', 'URI="file:///etc/hostname"'),
        "no reference leads",
    ),
    "reference to the whole document": (in_package_signature('URI="#_A1"', 'URI=""'), "no reference leads"),
    "reference without URI": (in_package_signature(' URI="#_A1"', ""), "no reference leads"),
    "reference by XPointer": (
        in_package_signature('"#_A1"', "\"#xpointer(id('_A1'))\""),
        "no reference leads",
    ),
    "same reference twice": (
        in_package_signature('"#Obj-NNT-A1"', '"#_A1"'),
        "no reference leads to its Object",
    ),
    "Object removed": (without("<Object .*</Object>", last=True), "the signature is not SignedInfo, .* but"),
    "second reference removed": (
        without(r'<Reference URI="#Obj.*?</Reference>', last=True),
        "no reference leads to its Object",
    ),
    "content reference removed": (
        without(r'<Reference URI="#_A1.*?</Reference>', last=True),
        "no reference leads to /TDiep/DLieu",
    ),
    "SignedInfo emptied": (
        lambda document: re.sub(rb"<SignedInfo>.*?</SignedInfo>", b"<SignedInfo></SignedInfo>", document),
        "SignedInfo is not",
    ),
    "KeyInfo emptied": (
        lambda document: re.sub(rb"<KeyInfo>.*?</KeyInfo>", b"<KeyInfo></KeyInfo>", document),
        "KeyInfo has 0 elements X509Data",
    ),
    "KeyValue instead of a certificate": (
        lambda document: re.sub(
            rb"<X509Data>.*?</X509Data>",
            b"<KeyValue><RSAKeyValue><Modulus>AQAB</Modulus></RSAKeyValue></KeyValue>",
            document,
        ),
        "KeyInfo has 0 elements X509Data",
    ),
    "certificate that is none": (
        lambda document: re.sub(rb"(<X509Certificate>)[^<]*", rb"\1AAAA", document),
        "not an X.509 certificate",
    ),
    "value that is not base64": (
        lambda document: re.sub(rb"(<SignatureValue>)[^<]*", rb"\1!!!!", document),
        "SignatureValue is not base64",
    ),
    "elements in a value": (replaced("<DigestValue>", "<DigestValue><x/>"), "elements inside DigestValue"),
    "seller of the header changed": (
        replaced("<MST>0409990010</MST></TTChung>", "<MST>0107001729</MST></TTChung>"),
        "certificate is of 0409990010, the document of 0107001729",
    ),
    "seller of the header hidden": (
        replaced("<MST>0409990010</MST></TTChung>", "<MST><x>0409990010</x></MST></TTChung>"),
        "elements inside /TDiep/TTChung/MST",
    ),
    "seller of the header removed": (
        replaced("<MST>0409990010</MST></TTChung>", "</TTChung>"),
        "the document of nobody",
    ),
    "two sellers in the header": (
        replaced("</TTChung><DLieu", "<MST>0107001729</MST></TTChung><DLieu"),
        "2 elements MST",
    ),
    "kind changed to one without signature": (replaced(">206<", ">999<"), "no signature"),
    "kind and package signature removed": (
        lambda document: cut(cut(document, "<MLTDiep>206</MLTDiep>")[0], "<CKSNNT>.*</CKSNNT>")[0],
        "type '' is none",
    ),
    "kind changed to none that is": (
        lambda document: cut(changed(document, ">206<", ">2O6<"), "<CKSNNT>.*</CKSNNT>")[0],
        "type '2O6' is none",
    ),
    "kind changed to a notice": (
        lambda document: (
            changed(document, ">206<", ">204<").replace(b"<HDon>", b"<HDom>").replace(b"</HDon>", b"</HDom>")
        ),
        "no element TBao",
    ),
    "other encoding": (replaced("encoding='UTF-8'", "encoding='UTF-7'"), "another encoding"),
    "renamed root": (lambda document: document.replace(b"TDiep>", b"TDiepX>"), "not known how a document"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_package_is_refused(name: str, good: bytes, signer: XmlSigner) -> None:
    change, reason = CHANGES[name]
    assert re.search(reason, reasons(change(good), trust=[signer.certificate], now=NOW)), reasons(
        change(good)
    )


def test_each_change_does_change_something(good: bytes) -> None:
    assert all(change(good) != good for change, _ in CHANGES.values())
    assert len(CHANGES) >= 50


@pytest.mark.parametrize("parent", ["TTChung", "Object", "CKSNNT", "KeyInfo", "DLieu"])
def test_wrapping_is_refused_where_no_inner_signature_gives_it_away(parent: str, signer: XmlSigner) -> None:
    document = wrapped_in(parent, "_EVIL")(package(signer, invoice()))
    assert "no reference leads to /TDiep/DLieu (Id '_EVIL'), but to '#_A1'" in reasons(document)


def signed_by_hand(signature: Handmade) -> bytes:
    return invoice(signature.write(), data=signature.content)


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


def test_sha1_is_taken_with_a_warning_where_asked(key: Pkcs12Key) -> None:
    for method, digest in ((RSA_SHA1, "sha1"), (RSA_SHA1, "sha256")):
        document = signed_by_hand(Handmade(key, content(), method=method, digest=digest))
        report = verify_document(document, trust=[key.certificate], allow_sha1=True)
        assert report.valid, report
        assert report.signatures[0].algorithm == "rsa-sha1"
        assert "SHA-1" in str(report.signatures[0].problem)
        assert "digest of" in reasons(changed(document, "75000", "7500"), allow_sha1=True)


def test_what_other_software_writes_is_taken(key: Pkcs12Key) -> None:
    """Each seen in real files, or allowed by the regulation (profile, section 8)."""
    differences: list[dict[str, object]] = [
        {"transforms": ()},
        {"transforms": (ENVELOPED, C14N)},
        {"transforms": (C14N,)},
        {"transforms": (EXC_C14N,)},
        {"canonicalization": EXC_C14N},
        {"properties_namespace": ' xmlns=""'},
        {"target": ' Target="signatureProperties"'},
        {"moment": "2026-11-23T02:15:00Z"},
        {"moment": "2026-11-23T09:15:00.1234567"},
        {"moment": "\n2026-11-23T09:15:00+07:00 "},
    ]
    for difference in differences:
        report = verify_document(signed_by_hand(Handmade(key, content(), **difference)), now=NOW)
        assert report.valid, (difference, report)
        moment = report.signatures[0].signing_time
        assert moment is not None
        assert moment.replace(microsecond=0) == NOW


def test_references_in_any_order(key: Pkcs12Key) -> None:
    signature = Handmade(key, content())
    signature.references = signature.both()[::-1]
    assert verify_document(signed_by_hand(signature)).valid


def test_key_value_beside_the_certificate_is_not_looked_at(key: Pkcs12Key) -> None:
    signature = Handmade(key, content())
    signature.key_info = (
        f"<KeyValue><RSAKeyValue/></KeyValue><X509Data>{certificate_element(key.certificate)}</X509Data>"
    )
    assert verify_document(signed_by_hand(signature)).valid


def test_notices_are_signed_by_whom_their_kind_says(signer: XmlSigner) -> None:
    by_seller, by_authority = notice(signer, "NNT"), notice(signer, "CQT")
    assert verify_document(in_message("303", by_seller)).valid
    assert verify_document(in_message("301", by_authority)).valid
    assert "no signature in /TDiep/DLieu/TBao/DSCKS/CQT" in reasons(in_message("204", by_seller))
    assert "no signature in /TDiep/DLieu/TBao/DSCKS/NNT" in reasons(in_message("300", by_authority))
    assert "where none is allowed" in reasons(
        in_message(
            "204", by_authority.replace(b"</CQT>", b"</CQT><CCKSKhac>" + EXTRA.encode() + b"</CCKSKhac>")
        )
    )
    assert "no signature in /TBao" in reasons(by_seller.replace(b"NNT", b"KHAC"))
    assert "no signature in /TBao" in reasons(b"<TBao><DLTBao/></TBao>")
    assert "of 0409990010, the document of 0107001729" in reasons(notice(signer, "NNT", seller="0107001729"))
    assert verify_document(notice(signer, "CQT", seller="0107001729")).valid


def test_the_authoritys_notice_number_must_be_signed_too(signer: XmlSigner, key: Pkcs12Key) -> None:
    number = b'<STBao Id="ST1"><So>12/TB</So></STBao>'
    unsigned = notice(signer).replace(b"</DLTBao>", b"</DLTBao>" + number)
    assert "no reference leads to /TBao/STBao" in reasons(unsigned)
    data = b'<DLTBao Id="HD1"><LTBao>2</LTBao></DLTBao>'
    signature = Handmade(key, data)
    signature.references = [*signature.both(), signature.reference("#ST1", number)]
    both = b"<TBao>" + data + number + b"<DSCKS><CQT>" + signature.write() + b"</CQT></DSCKS></TBao>"
    report = verify_document(both)
    assert report.valid, report
    assert report.signatures[0].covers == "/TBao/DLTBao + /TBao/STBao"
    assert "digest of /TBao/STBao" in reasons(both.replace(b"12/TB", b"13/TB"))


def test_the_head_of_the_authority_may_sign_beside(signer: XmlSigner, key: Pkcs12Key) -> None:
    document = notice(signer)
    data = document[len(b"<TBao>") : document.index(b"<DSCKS>")]
    head = Handmade(key, data, content_uri="#TB1", signature_id="S2").write()
    document = changed(document, "<DSCKS>", b"<DSCKS><TTCQT>" + head + b"</TTCQT>")
    report = verify_document(document)
    assert report.valid, report
    assert len(report.signatures) == 2
    assert not verify_document(document.replace(head, head.replace(b"09:15", b"09:16"))).valid


def test_forms_and_messages_with_invoices_of_other_kinds(signer: XmlSigner) -> None:
    assert verify_document(in_message("100", form(signer))).valid
    assert "digest of /TKhai/DLTKhai" in reasons(form(signer).replace(b"0409990010<", b"0409990011<", 1))
    data = b"<DLieu>" + signed_invoice(signer) + b"</DLieu>"
    assert verify_document(message("200", data)).valid
    assert "no signature in /TDiep/DLieu/HDon[1]" in reasons(
        message("200", b"<DLieu>" + invoice() + b"</DLieu>")
    )
    assert "no signature in /HDon/DSCKS/NBan" in reasons(invoice())
    assert verify_document(package(signer, invoice(), kind="200")).signatures == ()


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
