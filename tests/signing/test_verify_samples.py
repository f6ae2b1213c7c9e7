from datetime import datetime

import pytest
from cryptography import x509
from signed_samples import MESSAGES, TAX_CODE

from signing.verify import Report, report_to_json, verify_document


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate((MESSAGES / f"{name}.crt.pem").read_bytes())


def verified(name: str, signer: str) -> Report:
    return verify_document((MESSAGES / name).read_bytes(), trust=[certificate(signer)])


def test_package_with_two_signed_invoices() -> None:
    report = verified("206-two-invoices.xml", "seller")
    assert report.valid, report
    assert report.root == "TDiep"
    assert [signature.covers for signature in report.signatures] == [
        "/TDiep/DLieu",
        "/TDiep/DLieu/HDon[1]/DLHDon",
        "/TDiep/DLieu/HDon[2]/DLHDon",
    ]
    package = report.signatures[0]
    assert package.subject == "UID=MST:0409990010,C=VN,CN=CỬA HÀNG TẠP HÓA SÔNG HÀN"
    assert package.signing_time == datetime.fromisoformat("2026-11-23T09:15:01+07:00")
    assert package.tax_code == TAX_CODE
    assert package.certificate == certificate("seller")


def test_package_with_unsigned_invoices() -> None:
    report = verified("206-package-signature-only.xml", "seller")
    assert report.valid
    assert [signature.covers for signature in report.signatures] == ["/TDiep/DLieu"]


@pytest.mark.parametrize("name", ["204-all-valid.xml", "204-one-refused.xml", "204-package-invalid.xml"])
def test_notices_of_the_authority(name: str) -> None:
    report = verified(name, "authority")
    assert report.valid
    assert [signature.covers for signature in report.signatures] == ["/TDiep/DLieu/TBao/DLTBao"]


def test_a_changed_total_is_named() -> None:
    report = verified("206-tampered-total.xml", "seller")
    assert not report.valid
    assert report.problem is None
    assert [signature.valid for signature in report.signatures] == [False, False, True]
    assert report.signatures[1].problem == (
        "the content has been changed: the digest of /TDiep/DLieu/HDon[1]/DLHDon does not fit"
    )


def test_a_wrapped_package_is_refused_as_a_whole() -> None:
    report = verified("206-wrapped.xml", "seller")
    assert not report.valid
    assert report.signatures == ()
    assert report.problem == "the Id 'HD1' is not unique"


def test_a_forged_notice_is_named() -> None:
    report = verified("204-forged.xml", "authority")
    assert not report.valid
    assert report.signatures[0].problem == (
        "the content has been changed: the digest of /TDiep/DLieu/TBao/DLTBao does not fit"
    )


@pytest.mark.parametrize("name", ["999-ok.xml", "999-error.xml"])
def test_a_technical_answer_has_no_signature(name: str) -> None:
    report = verified(name, "authority")
    assert (report.valid, report.problem, report.signatures) == (False, "no signature", ())


def test_a_notice_is_not_the_sellers_to_sign() -> None:
    report = verified("204-all-valid.xml", "seller")
    assert report.signatures[0].problem == (
        "the certificate is not among those trusted, nor issued by one of them"
    )


def test_json_is_the_contract() -> None:
    data = report_to_json(verified("204-all-valid.xml", "authority"))
    assert data == {
        "valid": True,
        "signatures": [
            {
                "covers": "/TDiep/DLieu/TBao/DLTBao",
                "subject": "C=VN,CN=CỤC THUẾ (mẫu thử)",
                "signing_time": "2026-11-23T09:15:09+07:00",
                "algorithm": "rsa-sha256",
                "valid": True,
                "problem": None,
            }
        ],
        "problem": None,
    }
