"""What other software writes and is taken, and who signs which kind of document."""

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
    form,
    in_message,
    invoice,
    message,
    notice,
    package,
    reasons,
    signed_by_hand,
    signed_invoice,
)

from signing.keys import Pkcs12Key
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

EXTRA = f'<Signature xmlns="{DSIG}"></Signature>'


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
