"""Rightly signed packages, changed as somebody without the key can: each has its reason to be refused."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable

import pytest
from signed_samples import (
    DSIG,
    NOW,
    RSA_SHA1,
    changed,
    cut,
    invoice,
    package,
    reasons,
    signed_invoice,
)

from signing.verify import verify_document
from signing.xmldsig import XmlSigner

Change = Callable[[bytes], bytes]
DATA = r"<DLieu .*</DLieu>"
SIGNATURE = r"<Signature .*?</Signature>"


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
