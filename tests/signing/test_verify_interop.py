"""Signatures made by python-xmlsec (libxml2's own node-set C14N) in documents of other software's habits.

These are where canonicalisation of an element within its document goes wrong: inherited default
namespaces, prefixes declared far above, white space, attributes to be escaped.
"""

from itertools import product

import pytest
import xmlsec
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signed_samples import DSIG, NOW, Judge, certificate_element

from signing.canonical import canonical
from signing.keys import Pkcs12Key
from signing.verify import verify_document

METHOD = "http://www.w3.org/2001/04/xmlenc#sha256"


def template(key: Pkcs12Key, canonicalization: str, transforms: str, properties: str) -> str:
    return f"""<Signature xmlns="{DSIG}" Id="S1">
      <SignedInfo>
        <CanonicalizationMethod Algorithm="{canonicalization}"/>
        <SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
        <Reference URI="#HD1">{transforms}<DigestMethod Algorithm="{METHOD}"/><DigestValue/></Reference>
        <Reference URI="#Obj-S1"><DigestMethod Algorithm="{METHOD}"/><DigestValue/></Reference>
      </SignedInfo><SignatureValue/>
      <KeyInfo><X509Data>{certificate_element(key.certificate)}</X509Data></KeyInfo>
      <Object Id="Obj-S1"><SignatureProperties{properties}><SignatureProperty Target="#S1">
        <SigningTime>2026-11-23T09:15:00</SigningTime></SignatureProperty></SignatureProperties></Object>
    </Signature>"""


def signed_by_xmlsec(key: Pkcs12Key, document: str) -> bytes:
    root = etree.fromstring(document.encode())
    xmlsec.tree.add_ids(root, ["Id"])
    private = key._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(private, xmlsec.KeyFormat.PEM)
    context.sign(root.find(f".//{{{DSIG}}}Signature"))
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


ENVELOPED = f'<Transforms><Transform Algorithm="{DSIG}enveloped-signature"/></Transforms>'
EXCLUSIVE = '<Transforms><Transform Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"/></Transforms>'
ROOTS = [
    "",
    ' xmlns="urn:invoice"',
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema"',
    f' xmlns:ds="{DSIG}"',
]
INNER = ["", ' xmlns=""', ' xmlns:a="urn:a" xmlns:b="urn:b" b:x="1" a:y="2"']


@pytest.mark.parametrize(("root", "inner"), list(product(ROOTS, INNER)))
def test_signatures_of_python_xmlsec_verify(root: str, inner: str, key: Pkcs12Key, xmlsec1: Judge) -> None:
    content = (
        f'<DLHDon Id="HD1"{inner}>\n  <NDHDon z="2" a="1 &#10;&#9;&quot;&lt;" >'
        "<NBan><MST>0409990010</MST></NBan>"
        "<x><![CDATA[<&>]]>&#13;\r\n]]&gt; Đà Nẵng\U0001f6d2</x><y/></NDHDon>\n</DLHDon>"
    )
    for canonicalization, transforms, properties in product(
        ("http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2001/10/xml-exc-c14n#"),
        ("", ENVELOPED, EXCLUSIVE),
        ("", ' xmlns=""'),
    ):
        signature = template(key, canonicalization, transforms, properties)
        document = f"<HDon{root}>{content}<DSCKS><NBan>{signature}</NBan></DSCKS></HDon>"
        signed = signed_by_xmlsec(key, document)
        report = verify_document(signed, trust=[key.certificate], now=NOW)
        assert report.valid, (root, inner, canonicalization, transforms, properties, report)
        changed = signed.replace("Đà Nẵng".encode(), "Đà Nắng".encode())
        assert not verify_document(changed, trust=[key.certificate], now=NOW).valid
    assert xmlsec1(signed)


words = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=("Cs", "Cc", "Cn")),
    max_size=12,
)


@given(words, words, st.sampled_from(ROOTS), st.sampled_from(INNER))
def test_any_text_and_attribute(key: Pkcs12Key, text: str, attribute: str, root: str, inner: str) -> None:
    built = etree.fromstring(f'<HDon{root}><DLHDon Id="HD1"{inner}/></HDon>')
    built[0].set("a", attribute)
    built[0].append(etree.fromstring("<NDHDon><NBan><MST>0409990010</MST></NBan><t/></NDHDon>"))
    built[0][0][1].text = text
    start = etree.tostring(built, encoding="unicode").removesuffix("</HDon>")
    signature = template(key, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", ENVELOPED, "")
    signed = signed_by_xmlsec(key, f"{start}<DSCKS><NBan>{signature}</NBan></DSCKS></HDon>")
    report = verify_document(signed, trust=[key.certificate], now=NOW)
    assert report.valid, report


def test_the_canonical_form_of_an_element_that_inherits_a_namespace() -> None:
    root = etree.fromstring(
        '<a xmlns="urn:1" xmlns:p="urn:2"><b z="1" y="2"><c/>\n<d xmlns=""/></b> tail</a>'
    )
    assert canonical(root[0]) == (
        b'<b xmlns="urn:1" xmlns:p="urn:2" y="2" z="1"><c></c>\n<d xmlns=""></d></b>'
    )
    assert canonical(root[0], exclusive=True) == (
        b'<b xmlns="urn:1" y="2" z="1"><c></c>\n<d xmlns=""></d></b>'
    )


def test_the_private_key_is_not_in_what_is_signed(private: rsa.RSAPrivateKey, key: Pkcs12Key) -> None:
    """The template's writer above gives python-xmlsec the private key; nothing of it may come out."""
    signature = template(key, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "", "")
    content = '<DLHDon Id="HD1"><NDHDon><NBan><MST>0409990010</MST></NBan></NDHDon></DLHDon>'
    signed = signed_by_xmlsec(key, f"<HDon>{content}<DSCKS><NBan>{signature}</NBan></DSCKS></HDon>")
    assert b"RSAKeyValue" not in signed
    assert verify_document(signed).valid
