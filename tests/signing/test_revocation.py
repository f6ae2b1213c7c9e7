import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from hypothesis import given
from hypothesis import strategies as st
from issuing_house import CRL_URL, DAY, OCSP_URL, House, name
from signed_samples import NOW

from signing.crl import crl_urls, read_crl
from signing.errors import CertificateRevoked, RevocationUnknown, RevocationUnreadable
from signing.http_fetch import HttpFetch
from signing.ocsp import ocsp_request, ocsp_urls, read_ocsp
from signing.revocation import Policy, RevocationChecker
from signing.revocation_answer import Standing, check_signed
from signing.trust import chain_of

HOUSE = House()
SELLER = HOUSE.seller()
CHAIN = (SELLER, HOUSE.certificate)


@pytest.fixture
def house() -> House:
    return House(key=HOUSE.key)


def test_the_certificate_says_where_to_ask() -> None:
    assert ocsp_urls(SELLER) == [OCSP_URL]
    assert crl_urls(SELLER) == [CRL_URL]
    bare = x509.load_der_x509_certificate(HOUSE.issue(name("x"), HOUSE.key).public_bytes(Encoding.DER))
    assert ocsp_urls(bare) == [OCSP_URL]


def test_good_and_revoked_by_both_ways(house: House) -> None:
    for read, answer in ((read_ocsp, house.ocsp_answer), (read_crl, lambda _: house.crl())):
        house.revoked.clear()
        good = read(answer(SELLER), SELLER, house.certificate, NOW)
        assert (good.standing, good.at, good.until) == (Standing.GOOD, NOW, NOW + DAY)
        house.revoke(SELLER, reason=x509.ReasonFlags.key_compromise)
        bad = read(answer(SELLER), SELLER, house.certificate, NOW)
        assert (bad.standing, bad.revoked_at, bad.reason) == (Standing.REVOKED, NOW - DAY, "keyCompromise")
    assert read_crl(house.crl(Encoding.PEM), SELLER, house.certificate, NOW).standing is Standing.REVOKED


def test_the_question_is_asked_with_sha256() -> None:
    request = ocsp.load_der_ocsp_request(ocsp_request(SELLER, HOUSE.certificate))
    assert request.serial_number == SELLER.serial_number
    assert request.hash_algorithm.name == "sha256"


def test_answers_of_a_responder_that_the_issuer_lets_answer(house: House) -> None:
    house.let_answer()
    assert read_ocsp(house.ocsp_answer(SELLER), SELLER, house.certificate, NOW).standing is Standing.GOOD
    with pytest.raises(RevocationUnreadable, match="not by the issuer"):
        read_ocsp(house.ocsp_answer(SELLER), SELLER, house.certificate, NOW + 400 * DAY)
    house.let_answer(usage=False)
    with pytest.raises(RevocationUnreadable, match="not by the issuer"):
        read_ocsp(house.ocsp_answer(SELLER), SELLER, house.certificate, NOW)
    house.let_answer(by=House("CA"))
    with pytest.raises(RevocationUnreadable, match="not by the issuer"):
        read_ocsp(house.ocsp_answer(SELLER), SELLER, house.certificate, NOW)


def test_answers_that_prove_nothing(house: House) -> None:
    other = House("CA")  # the same name, another key
    unknown = ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER)
    good = house.ocsp_answer(SELLER)
    late, early = NOW + 2 * DAY, NOW - DAY
    for data, at, why in (
        (other.ocsp_answer(SELLER), NOW, "not by the issuer|about other|not signed"),
        (house.ocsp_answer(house.seller()), NOW, "about other certificates"),
        (unknown.public_bytes(Encoding.DER), NOW, "says try_later"),
        (b"", NOW, "not an OCSP answer"),
        (b"<html>", NOW, "not an OCSP answer"),
        (good[:-9] + bytes(9), NOW, "not signed by|not an OCSP"),
        (good, late, "was good until 2026-11-24"),
        (good, early, "in the future"),
    ):
        with pytest.raises(RevocationUnreadable, match=why):
            read_ocsp(data, SELLER, house.certificate, at)
    for hashed in (hashes.SHA1(), hashes.MD5(), None):  # noqa: S303 - on purpose
        with pytest.raises(RevocationUnreadable, match="a hash that can be forged"):
            check_signed("answer", house.certificate, hashed, b"value", b"data")


def test_lists_that_prove_nothing(house: House) -> None:
    good = house.crl()
    for data, at, why in (
        (House("CA").crl(), NOW, "not signed by the certificate's issuer"),
        (House("Other").crl(), NOW, "of another issuer"),
        (b"", NOW, "not a revocation list"),
        (b"-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", NOW, "not a revocation list"),
        (good, NOW + 2 * DAY, "was good until"),
        (good, NOW - DAY, "in the future"),
    ):
        with pytest.raises(RevocationUnreadable, match=why):
            read_crl(data, SELLER, house.certificate, at)


def point(url: str | None = None, **flags: bool) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[x509.UniformResourceIdentifier(url)] if url else None,
        relative_name=None,
        only_contains_user_certs=flags.get("user", False),
        only_contains_ca_certs=flags.get("ca", False),
        only_some_reasons=frozenset([x509.ReasonFlags.superseded]) if flags.get("reasons") else None,
        indirect_crl=flags.get("indirect", False),
        only_contains_attribute_certs=flags.get("attribute", False),
    )


@pytest.mark.parametrize(
    ("extension", "covers"),
    [
        (point(user=True), True),
        (point(CRL_URL), True),
        (point("http://crl.example.vn/other-part.crl"), False),
        (point(ca=True), False),
        (point(CRL_URL, reasons=True), False),
        (point(CRL_URL, indirect=True), False),
        (point(attribute=True), False),
        (x509.DeltaCRLIndicator(1), False),
    ],
)
def test_what_a_list_covers(extension: x509.ExtensionType, *, covers: bool, house: House) -> None:
    house.list_extensions = [(extension, True), (x509.CRLNumber(7), False)]
    if covers:
        assert read_crl(house.crl(), SELLER, house.certificate, NOW).standing is Standing.GOOD
    else:
        with pytest.raises(RevocationUnreadable, match="does not cover"):
            read_crl(house.crl(), SELLER, house.certificate, NOW)


def test_answers_without_end_hold_a_day(house: House) -> None:
    house.lasts = None
    assert read_ocsp(house.ocsp_answer(SELLER), SELLER, house.certificate, NOW).until == NOW + DAY


@given(st.binary(max_size=200))
def test_garbage_is_an_answer_that_proves_nothing(data: bytes) -> None:
    for read in (read_ocsp, read_crl):
        with pytest.raises(RevocationUnreadable):
            read(data, SELLER, HOUSE.certificate, NOW)


def test_an_answer_is_remembered_while_it_holds(house: House) -> None:
    network = house.fetch_for(SELLER)
    checker = RevocationChecker(network)
    for hours in (0, 1, 23):
        outcome = checker.check(CHAIN, NOW + timedelta(hours=hours))
        assert outcome.warning is None
    assert network.asked == [OCSP_URL]
    house.clock = NOW + 2 * DAY
    assert checker.check(CHAIN, NOW + 2 * DAY).warning is None
    assert network.asked == [OCSP_URL] * 2


def test_the_list_is_asked_where_the_responder_is_away(house: House) -> None:
    network = house.fetch_for(SELLER)
    network.away.add(OCSP_URL)
    (answer,) = RevocationChecker(network).check(CHAIN, NOW).answers
    assert answer is not None
    assert answer.source == "revocation list"
    house.revoke(SELLER)
    with pytest.raises(CertificateRevoked, match=r"is revoked since 2026-11-22 \(superseded\)"):
        RevocationChecker(network).check(CHAIN, NOW)


def test_nobody_to_reach(house: House) -> None:
    network = house.fetch_for(SELLER)
    lenient, strict = RevocationChecker(network), RevocationChecker(network, Policy.STRICT)
    network.away.update((OCSP_URL, CRL_URL))
    outcome = lenient.check(CHAIN, NOW)
    assert outcome.answers == (None,)
    assert outcome.warning is not None
    assert "does not answer" in outcome.warning
    with pytest.raises(RevocationUnknown, match="does not answer"):
        strict.check(CHAIN, NOW)
    network.asked.clear()
    lenient.check(CHAIN, NOW + timedelta(minutes=9))
    assert network.asked == []  # not at every sale
    lenient.check(CHAIN, NOW + timedelta(minutes=11))
    assert network.asked == [OCSP_URL, CRL_URL]


def test_the_last_proof_holds_for_the_grace(house: House) -> None:
    network = house.fetch_for(SELLER)
    for policy in Policy:
        network.away.clear()
        checker = RevocationChecker(network, policy, grace=7 * DAY)
        checker.check(CHAIN, NOW)
        network.away.update((OCSP_URL, CRL_URL))
        outcome = checker.check(CHAIN, NOW + 5 * DAY)
        assert outcome.warning is not None
        assert outcome.warning.endswith("was last proven on 2026-11-23")
        if policy is Policy.STRICT:
            with pytest.raises(RevocationUnknown):
                checker.check(CHAIN, NOW + 9 * DAY)
        else:
            assert "nobody can say" in (checker.check(CHAIN, NOW + 9 * DAY).warning or "")


def test_once_revoked_always_revoked(house: House) -> None:
    network = house.fetch_for(SELLER)
    house.revoke(SELLER)
    checker = RevocationChecker(network)
    for days in (0, 3, 30):
        with pytest.raises(CertificateRevoked):
            checker.check(CHAIN, NOW + days * DAY)
        network.away.update((OCSP_URL, CRL_URL))


def test_what_was_signed_before_it_was_revoked(house: House) -> None:
    network = house.fetch_for(SELLER)
    house.revoke(SELLER, NOW - DAY)
    checker = RevocationChecker(network)
    assert checker.check(CHAIN, NOW, signed_at=NOW - 2 * DAY).warning is None
    with pytest.raises(CertificateRevoked):
        checker.check(CHAIN, NOW, signed_at=NOW)
    house.revoke(SELLER, NOW - DAY, x509.ReasonFlags.key_compromise)
    with pytest.raises(CertificateRevoked):
        RevocationChecker(network).check(CHAIN, NOW, signed_at=NOW - 2 * DAY)


def test_every_certificate_of_the_chain_but_the_root_is_asked_about(house: House) -> None:
    middle = House("Middle CA", parent=house)
    seller = middle.seller()
    chain = chain_of(seller, [middle.certificate], [house.certificate], NOW)
    assert chain == (seller, middle.certificate, house.certificate)
    network = house.fetch_for(middle.certificate)
    network.houses.update(middle.fetch_for(seller).houses)
    checker = RevocationChecker(network)
    assert len(checker.check(chain, NOW).answers) == 2
    house.revoke(middle.certificate)
    with pytest.raises(CertificateRevoked, match="Middle CA"):
        RevocationChecker(network).check(chain, NOW)


def test_a_certificate_that_names_nobody_to_ask(key: object, house: House) -> None:
    bare = (
        x509.CertificateBuilder()
        .subject_name(name("bare"))
        .issuer_name(name("CA"))
        .public_key(house.key.public_key())
        .serial_number(7)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
        .sign(house.key, hashes.SHA256())
    )
    outcome = RevocationChecker(house.fetch_for()).check((bare, house.certificate), NOW)
    assert outcome.warning == "nobody can say whether CN=bare is revoked: it names nobody to ask"


def test_memory_is_bounded(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signing.revocation._MOST_REMEMBERED", 3)
    sellers = [house.seller() for _ in range(6)]
    network = house.fetch_for(*sellers)
    checker = RevocationChecker(network)
    for seller in sellers:
        checker.check((seller, house.certificate), NOW)
    assert len(checker._known) == 3


def test_issuing_with_sha1_is_no_chain(house: House, tmp_path: Path) -> None:
    """OpenSSL's program still issues so; the library that the tests use otherwise does not."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    for file, data in (
        ("ca.key", house.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())),
        ("ca.crt", house.certificate.public_bytes(Encoding.PEM)),
    ):
        (tmp_path / file).write_bytes(data)
    (tmp_path / "own.csr").write_bytes(
        x509.CertificateSigningRequestBuilder()
        .subject_name(name("weak"))
        .sign(house.key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    found = {}
    for digest in ("sha1", "sha256"):
        command = f"openssl x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -{digest}"
        done = subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=True, timeout=60)
        found[digest] = x509.load_pem_x509_certificate(done.stdout)
    weak, strong = found["sha1"], found["sha256"]
    assert chain_of(weak, (), [house.certificate], NOW) is None
    assert chain_of(weak, (), [weak], NOW) == (weak,)  # who trusts the very certificate needs no issuer
    assert chain_of(strong, (), [house.certificate], NOW) == (strong, house.certificate)


def answering(status: int = 200, data: bytes = b"answer") -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        if request.url.host == "away.example.vn":
            raise httpx.ConnectError("refused", request=request)
        kind = request.headers.get("Content-Type", "")
        content = data or f"{request.method} {kind} ".encode() + request.content
        return httpx.Response(status, stream=httpx.ByteStream(content))

    return httpx.MockTransport(handle)


def test_fetching() -> None:
    echo = HttpFetch(transport=answering(data=b""))
    assert echo(OCSP_URL, b"body") == b"POST application/ocsp-request body"
    assert echo(CRL_URL, None) == b"GET  "


@pytest.mark.parametrize(
    ("url", "transport", "why"),
    [
        ("http://away.example.vn/", answering(), "away.example.vn does not answer: ConnectError"),
        (OCSP_URL, answering(503), "ocsp.example.vn answers 503"),
        (OCSP_URL, answering(302), "ocsp.example.vn answers 302"),
        (OCSP_URL, answering(data=bytes(17 << 20)), "more than 16777216 bytes"),
        ("ldap://x/", answering(), "not an address to ask"),
        ("file:///etc/passwd", answering(), "not an address to ask"),
        ("http://[", answering(), "not an address to ask|does not answer"),
    ],
)
def test_what_is_not_fetched(url: str, transport: httpx.MockTransport, why: str) -> None:
    with pytest.raises(RevocationUnreadable, match=why):
        HttpFetch(transport=transport)(url, None)
