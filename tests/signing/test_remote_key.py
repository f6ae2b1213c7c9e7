import json
import pickle
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from signed_samples import NOW, Private, signed_invoice, signer_of
from signing_service import CLIENT_SECRET, PIN, Service, running

from signing.algorithms import DIGESTS
from signing.errors import (
    KeyAway,
    KeyRefused,
    KeySettingInvalid,
    KeyUnsupported,
    PassphraseMissing,
    PinLocked,
    PinWrong,
    PrivateKeyMissing,
    SigningError,
)
from signing.keys import Pkcs12Key, SigningKey, open_key
from signing.passphrase import Secret
from signing.remote_key import ServiceSetting
from signing.remote_protocol import read_access_token, read_activation, read_info, read_signature, refusal
from signing.verify import verify_document
from signing.xmldsig import XmlSigner

SECRET = Secret(CLIENT_SECRET)


@pytest.fixture(autouse=True)
def _pin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_PIN", PIN)


@pytest.fixture
def service(private: rsa.RSAPrivateKey, key: Pkcs12Key, tmp_path: Path) -> Iterator[Service]:
    with running(Service(private, key.certificate), tmp_path) as service:
        yield service


@pytest.fixture
def opened(service: Service, tmp_path: Path) -> Iterator[SigningKey]:
    opened = open_key(service.setting(), SECRET, folder=tmp_path)
    yield opened
    opened.close()


@pytest.mark.parametrize("digest", DIGESTS)
@pytest.mark.parametrize("kind", ["rsa", "p256"])
def test_a_service_signs_as_files_do(
    kind: str, digest: str, private: rsa.RSAPrivateKey, tmp_path: Path
) -> None:
    used: Private = private if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    certificate = signer_of(used).certificate
    with running(Service(used, certificate), tmp_path) as service:
        key = open_key(service.setting(), SECRET, folder=tmp_path, digest=digest)
        report = verify_document(signed_invoice(XmlSigner(key)), trust=[certificate], now=NOW)
        key.close()
    assert report.valid, report
    assert report.signatures[0].algorithm == f"{'rsa' if kind == 'rsa' else 'ecdsa'}-{digest}"


def test_many_threads(opened: SigningKey, key: Pkcs12Key, service: Service) -> None:
    data = [b"%d" % number for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(opened.sign, data)) == list(map(key.sign, data))
    assert service.calls.count("oauth2/token") == 1


def test_an_access_token_that_has_ended_is_renewed(service: Service, tmp_path: Path, key: Pkcs12Key) -> None:
    service.token_uses = 2
    opened = open_key(service.setting(), SECRET, folder=tmp_path)
    assert [opened.sign(b"sale") for _ in range(5)] == [key.sign(b"sale")] * 5
    assert service.calls.count("oauth2/token") > 4
    opened.close()


def test_a_token_of_ones_own(service: Service, tmp_path: Path, key: Pkcs12Key) -> None:
    service._tokens["a token"] = 100
    opened = open_key(service.setting(client=""), Secret("a token"), folder=tmp_path)
    assert opened.sign(b"sale") == key.sign(b"sale")
    opened.close()
    assert "oauth2/token" not in service.calls
    with pytest.raises(KeyRefused, match="401 'invalid_token'"):
        open_key(service.setting(client=""), Secret("other"), folder=tmp_path)


@pytest.mark.parametrize("path", ["oauth2/token", "credentials/info"])
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503])
def test_a_service_that_is_not_well_at_start(
    path: str, status: int, service: Service, tmp_path: Path
) -> None:
    service.next_time(path, (status, b"<html>"))
    with pytest.raises(KeyAway, match=f"the signing service answers {status}"):
        open_key(service.setting(), SECRET, folder=tmp_path)
    open_key(service.setting(), SECRET, folder=tmp_path).close()


@pytest.mark.parametrize("path", ["credentials/authorize", "signatures/signHash"])
def test_a_service_that_is_not_well_while_selling(path: str, service: Service, opened: SigningKey) -> None:
    service.next_time(path, (503, {}), (429, {}))
    for _ in range(2):
        with pytest.raises(KeyAway):
            opened.sign(b"sale")
    assert opened.sign(b"sale")


def test_a_service_that_is_away(private: rsa.RSAPrivateKey, key: Pkcs12Key, tmp_path: Path) -> None:
    with running(Service(private, key.certificate), tmp_path) as service:
        opened = open_key(service.setting(), SECRET, folder=tmp_path)
    with pytest.raises(KeyAway, match="the signing service localhost does not answer: "):
        open_key(service.setting(), SECRET, folder=tmp_path)
    opened.close()


def test_a_service_with_a_foreign_certificate(service: Service, tmp_path: Path) -> None:
    with pytest.raises(KeyAway, match="does not answer: ConnectError"):
        open_key(service.setting(ca=""), SECRET, folder=tmp_path)
    assert service.calls == []
    with pytest.raises(KeySettingInvalid, match="is not a PEM file of certificates"):
        open_key(service.setting(ca="none.pem"), SECRET, folder=tmp_path)


def test_a_wrong_client_secret(service: Service, tmp_path: Path) -> None:
    with pytest.raises(KeyRefused, match="401 'invalid_client'") as caught:
        open_key(service.setting(), Secret("hunter2"), folder=tmp_path)
    assert "hunter2" not in str(caught.value)


def test_a_wrong_pin_is_tried_once_and_counted(
    service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERVICE_PIN", "99999")
    for _ in range(2):
        opened = open_key(service.setting(), SECRET, folder=tmp_path)
        with ThreadPoolExecutor(4) as pool:
            for tried in [pool.submit(opened.sign, b"sale") for _ in range(8)]:
                assert isinstance(tried.exception(), PinWrong)
        opened.close()
    assert service.wrong_pins == 2
    monkeypatch.setenv("SERVICE_PIN", PIN)
    opened = open_key(service.setting(), SECRET, folder=tmp_path)
    with pytest.raises(PinLocked, match="2 wrong PINs are counted"):
        opened.sign(b"sale")
    (counted,) = tmp_path.glob(".pin-tries-*")
    counted.unlink()
    assert opened.sign(b"sale")
    assert not list(tmp_path.glob(".pin-tries-*"))
    opened.close()


def test_a_pin_changed_while_selling(service: Service, opened: SigningKey) -> None:
    assert opened.sign(b"sale")
    service.next_time("credentials/authorize", (400, {"error": "invalid_pin"}))
    for _ in range(4):
        with pytest.raises(PinWrong):
            opened.sign(b"sale")
    assert service.calls.count("credentials/authorize") == 2


def test_a_pin_locked_at_the_service(service: Service, opened: SigningKey) -> None:
    service.wrong_pins = 3
    with pytest.raises(PinLocked):
        opened.sign(b"sale")


def test_where_the_pin_is(service: Service, tmp_path: Path) -> None:
    with pytest.raises(PassphraseMissing):
        open_key(service.setting(pin="env:NO_SUCH_VARIABLE"), SECRET, folder=tmp_path)
    with pytest.raises(KeySettingInvalid, match="wants a PIN"):
        open_key(service.setting(pin=""), SECRET, folder=tmp_path)
    service.info["auth"] = {"mode": "implicit"}
    opened = open_key(service.setting(pin=""), SECRET, folder=tmp_path)
    assert opened.sign(b"sale")
    opened.close()


@pytest.mark.parametrize(
    ("info", "kind", "why"),
    [
        ({"auth": {"mode": "oauth2code"}}, KeyUnsupported, "wants a person .*oauth2code"),
        (
            {"auth": {"mode": "explicit", "objects": [{"type": "ChallengeResponse", "id": "OTP"}]}},
            KeyUnsupported,
            "one-time code",
        ),
        ({"key": {"status": "disabled", "algo": []}}, KeyRefused, "the key is 'disabled'"),
        ({"key": {"algo": ["1.2.3"]}}, KeyUnsupported, "does not sign with rsa and sha256"),
        ({"key": None}, KeyUnsupported, "does not sign with rsa and sha256"),
        ({"cert": {"status": "revoked", "certificates": []}}, KeyRefused, "the certificate is 'revoked'"),
        ({"cert": {"certificates": []}}, PrivateKeyMissing, "no certificate"),
        ({"cert": {"certificates": ["AAAA"]}}, PrivateKeyMissing, "no certificate"),
        ({"cert": {"certificates": {"a": 1}}}, PrivateKeyMissing, "no certificate"),
    ],
)
def test_credentials_that_do_not_serve(
    info: dict[str, Any], kind: type[SigningError], why: str, service: Service, tmp_path: Path
) -> None:
    service.info.update(info)
    with pytest.raises(kind, match=why):
        open_key(service.setting(), SECRET, folder=tmp_path)


def test_plain_rsa_is_asked_for_with_the_hash_beside(service: Service, tmp_path: Path) -> None:
    service.info["key"] = {"algo": ["1.2.840.113549.1.1.1"]}
    opened = open_key(service.setting(), SECRET, folder=tmp_path, digest="sha512")
    assert opened.sign(b"sale")
    opened.close()


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", {}, {"signatures": []}, {"signatures": "AAAA"}, {"signatures": ["AAAA"]}],
)
def test_signatures_that_are_none(answer: bytes, service: Service, opened: SigningKey) -> None:
    service.next_time("signatures/signHash", (200, answer))
    with pytest.raises(KeyRefused):
        opened.sign(b"sale")


def test_a_signature_by_another_key_is_found_out(
    service: Service, opened: SigningKey, other_private: rsa.RSAPrivateKey
) -> None:
    service.private = other_private
    with pytest.raises(KeyRefused, match="not a signature by its own certificate"):
        opened.sign(b"sale")


def test_an_answer_without_end(service: Service, opened: SigningKey) -> None:
    service.next_time("signatures/signHash", (200, bytes(300_000)))
    with pytest.raises(KeyRefused, match="answers more than 262144 bytes"):
        opened.sign(b"sale")


def test_no_secret_is_shown_or_written(service: Service, opened: SigningKey) -> None:
    with pytest.raises(TypeError, match="cannot be pickled"):
        pickle.dumps(opened)
    assert PIN not in repr(opened)
    assert CLIENT_SECRET not in repr(opened)
    opened.close()
    with pytest.raises(KeyRefused, match="closed"):
        opened.sign(b"sale")


@pytest.mark.parametrize(
    "setting",
    [
        "csc+https://host",
        "csc+https://host/csc?client=a",
        "csc+https://host?credential=",
        "csc+https://host?credential=a&credential=b",
        "csc+https://host?credential=a&password=b",
        "csc+https://user:secret@host?credential=a",
        "csc+https://host?credential=a#b",
        "csc+https://?credential=a",
        "csc+https://[?credential=a",
        "csc+https://host:x?credential=a",
        "csc+http://host?credential=a",
    ],
)
def test_settings_that_are_none(setting: str) -> None:
    with pytest.raises(KeySettingInvalid) as caught:
        ServiceSetting.parse(setting)
    assert "secret" not in str(caught.value)


def test_a_setting() -> None:
    parsed = ServiceSetting.parse("csc+https://host:8443/csc/v2/?credential=a%2Fb&pin=file:/run/pin")
    assert parsed == ServiceSetting("https://host:8443/csc/v2", "a/b", None, "file:/run/pin", None)


@pytest.mark.parametrize(
    ("status", "data", "kind"),
    [
        (400, {"error": "invalid_pin"}, PinWrong),
        (400, {"error": "pin_locked"}, PinLocked),
        (400, {"error": "invalid_request"}, KeyRefused),
        (403, {"error": ["x"]}, KeyRefused),
        (302, {}, KeyRefused),
        (503, {"error": "invalid_pin"}, KeyAway),
    ],
)
def test_refusals(status: int, data: dict[str, Any], kind: type[SigningError]) -> None:
    assert type(refusal(status, json.dumps(data).encode())) is kind


PARTS = ["key", "cert", "auth", "algo", "status", "mode", "objects", "certificates", "id", "error"]
NAMES = st.sampled_from([*PARTS, "signatures", "SAD", "access_token"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=12,
)


@given(st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode()))
def test_any_answer_is_read_or_refused(key: Pkcs12Key, data: bytes) -> None:
    digest = DIGESTS["sha256"]
    for read in (
        lambda: read_info(data, digest),
        lambda: read_signature(data, key.certificate, bytes(32), digest),
    ):
        with pytest.raises(SigningError):
            read()
    for text in (read_activation, read_access_token):
        try:
            assert text(data).isprintable()
        except KeyRefused:
            continue
    assert isinstance(refusal(400, data), SigningError)
