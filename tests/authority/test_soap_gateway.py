"""SOAP 1.2 with WS-Security and gzip against the sandbox's real HTTPS server; zeep calls it too."""

from __future__ import annotations

import gzip
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from authority_samples import SENDER, TAX_CODE, message_id, package, vat_invoice
from hostile_server import HostileServer, certificate, saying
from lxml import etree

from authority.answers import Notice, TechnicalAnswer, parse_answer
from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    CredentialsRefused,
    GatewayFailed,
    MaybeDelivered,
    Rejected,
)
from authority.https_line import HttpsLine, Timeouts
from authority.package import PackageFrame
from authority.sandbox.faults import FaultPlan
from authority.sandbox.server import RunningSandbox
from authority.sandbox.settings import Settings
from authority.soap import envelope, security
from authority.soap.envelope import headers_of, write_envelope, write_fault
from authority.soap.gateway import SoapGateway
from authority.soap.security import Account, digest_of, security_header
from signing.errors import SigningError
from signing.passphrase import Secret

CLOCK = datetime.fromisoformat("2026-11-23T10:00:00+07:00")
QUICK = Timeouts(connect=10, read=30, total=60)
PASSWORD = "mật khẩu & <bí mật>"

Start = Callable[..., tuple[RunningSandbox, SoapGateway]]


@pytest.fixture
def start(sandbox_folder: Path, tmp_path: Path) -> Iterator[Start]:
    started: list[tuple[RunningSandbox, SoapGateway]] = []

    def make(faults: str = "", **settings: Any) -> tuple[RunningSandbox, SoapGateway]:
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, tmp_path)
        running = RunningSandbox(
            tmp_path,
            faults=FaultPlan.parse(faults),
            settings=Settings(soap_account=("quan1", PASSWORD), **settings),
            clock=lambda: CLOCK,
        )
        started.append((running, dial(running)))
        return started[-1]

    yield make
    for running, gateway in started:
        gateway.close()
        running.stop()


def dial(
    running: RunningSandbox, user: str = "quan1", password: str = PASSWORD, at: datetime = CLOCK
) -> SoapGateway:
    account = Account(user, Secret(password))
    return SoapGateway(
        f"{running.url}/soap",
        SENDER,
        lambda: account,
        ca=running.ca,
        timeouts=QUICK,
        clock=lambda: at.astimezone(UTC),
    )


def test_the_profiles_own_example() -> None:
    """The digest is checked against the one that zeep makes."""
    from zeep.wsse.username import UsernameToken

    made = etree.fromstring(
        b'<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body/></e:Envelope>'
    )
    token = UsernameToken(
        "quan1", "abc", use_digest=True, nonce="0123456789", created=CLOCK.replace(tzinfo=None)
    )
    token.apply(made, {})
    names = {"wsse": security.WSSE, "wsu": security.WSU}
    created = made.findtext(".//wsu:Created", "", names)
    assert made.findtext(".//wsse:Password", "", names) == digest_of(b"0123456789", created, "abc")


def test_a_message_goes_and_its_answers_are_picked_up(start: Start, frame: PackageFrame) -> None:
    running, gateway = start()
    assert gateway.look_up(message_id(1)).known is False
    sent = package(frame, 1, vat_invoice())
    (answer,) = gateway.send(sent, message_id(1))
    assert isinstance(parse_answer(answer), TechnicalAnswer)
    found = gateway.look_up(message_id(1))
    assert found.known
    assert answer in found.messages
    page = gateway.collect("")
    assert [type(parse_answer(data)) for data in page.messages] == [Notice]
    assert page.more is False
    assert gateway.collect(page.cursor).messages == ()
    known = gateway.numbers_known(TAX_CODE, 1, "C26MAA", 0)
    assert (known.last_number, known.numbers) == (128, {128})
    assert gateway.numbers_known(TAX_CODE, 1, "C26MZZ", 0).last_code is None
    assert len(list(running.sandbox.registered())) == 1


def test_the_wire_is_packed_and_the_password_is_not_on_it(
    start: Start, frame: PackageFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, gateway = start()
    seen: list[bytes] = []
    exchange = HttpsLine._exchange

    async def watched(self: HttpsLine, method: str, url: str, content: bytes, headers: dict[str, str]) -> Any:
        seen.append(content)
        assert headers["Content-Encoding"] == "gzip"
        return await exchange(self, method, url, content, headers)

    monkeypatch.setattr(HttpsLine, "_exchange", watched)
    sent = package(frame, 1, vat_invoice())
    gateway.send(sent, message_id(1))
    unpacked = gzip.decompress(seen[0])
    assert b64encode(sent) in unpacked
    assert PASSWORD.encode() not in unpacked
    assert len(seen[0]) < len(unpacked)


@pytest.mark.parametrize(
    ("user", "password", "at"),
    [
        ("quan1", "sai khẩu lệnh", CLOCK),
        ("quan2", PASSWORD, CLOCK),
        ("quan1", PASSWORD, CLOCK - timedelta(minutes=20)),
        ("quan1", PASSWORD, CLOCK + timedelta(minutes=20)),
    ],
)
def test_who_is_not_known_is_refused(
    start: Start, frame: PackageFrame, user: str, password: str, at: datetime
) -> None:
    running, _ = start()
    with closing(dial(running, user, password, at)) as gateway, pytest.raises(CredentialsRefused) as refused:
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert password not in str(refused.value)
    assert len(list(running.sandbox.registered())) == 0


def test_a_header_counts_once(start: Start) -> None:
    running, gateway = start()
    header = security_header(Account("quan1", Secret(PASSWORD)), CLOCK.astimezone(UTC))
    call = write_envelope("TraThongDiep", (("MTDiep", message_id(1)),), header)
    line = HttpsLine(ca=running.ca, timeouts=QUICK)
    answers = [
        line.request("POST", f"{running.url}/soap", content=call, headers=headers_of("TraThongDiep"))
        for _ in range(2)
    ]
    line.close()
    assert [answer.status for answer in answers] == [200, 400]
    assert b"used before" in answers[1].body
    assert gateway.look_up(message_id(1)).known is False


def test_a_new_password_counts_without_a_new_start(start: Start) -> None:
    running, _ = start()
    kept = [Secret("old")]

    def account() -> Account:
        if not kept:
            raise SigningError("the source holds no secret")
        return Account("quan1", kept[0])

    gateway = SoapGateway(
        f"{running.url}/soap",
        SENDER,
        account,
        ca=running.ca,
        timeouts=QUICK,
        clock=lambda: CLOCK.astimezone(UTC),
    )
    with pytest.raises(CredentialsRefused):
        gateway.look_up(message_id(1))
    held = kept.pop()
    with pytest.raises(CredentialsRefused):  # a source that has none just now is no other trouble
        gateway.look_up(message_id(1))
    assert held.reveal() == "old"
    kept.append(Secret(PASSWORD))
    assert gateway.look_up(message_id(1)).known is False
    gateway.close()


def test_faults_of_the_line_are_told_apart(start: Start, frame: PackageFrame) -> None:
    running, gateway = start("lose-answer=1,seed=1")
    with pytest.raises(ConnectionCut):
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert gateway.look_up(message_id(1)).known
    assert len(list(running.sandbox.registered())) == 1


def test_zeep_calls_the_sandbox_by_its_description(start: Start, frame: PackageFrame) -> None:
    import requests
    from zeep import Client
    from zeep.transports import Transport
    from zeep.wsse.username import UsernameToken
    from zeep.wsse.utils import WSU

    running, _ = start()
    session = requests.Session()
    session.verify, session.trust_env = str(running.ca), False
    at = CLOCK.astimezone(UTC)
    times = [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (at, at + timedelta(minutes=5))]
    stamp = WSU.Timestamp(WSU.Created(times[0]), WSU.Expires(times[1]))
    token = UsernameToken(
        "quan1",
        PASSWORD,
        use_digest=True,
        timestamp_token=stamp,
        created=at.replace(tzinfo=None),
        zulu_timestamp=True,
    )
    client = Client(f"{running.url}/soap?wsdl", transport=Transport(session=session), wsse=token)
    sent = package(frame, 1, vat_invoice())
    answer = client.service.GuiThongDiep(MTDiep=message_id(1), thongDiep=sent)
    assert isinstance(parse_answer(answer), TechnicalAnswer)
    assert len(list(running.sandbox.registered())) == 1
    session.close()


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("hostile"))


def http(status: str, body: bytes, *headers: str, kind: str = envelope.MEDIA_TYPE) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


FAILED = envelope.FAILED_AUTHENTICATION
_EMPTY = write_envelope("TraThongDiepResponse", (("biet", "false"),))


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("200 OK", b"<html/>"), AnswerNonsense),
        (http("200 OK", b"not xml"), AnswerNonsense),
        (http("200 OK", write_envelope("GuiThongDiepResponse")), AnswerNonsense),
        (http("200 OK", write_envelope("TraThongDiepResponse")), AnswerNonsense),
        (http("200 OK", write_envelope("TraThongDiepResponse", (("biet", "maybe"),))), AnswerNonsense),
        (
            http("200 OK", write_envelope("TraThongDiepResponse", (("biet", "false"), ("thongDiep", b"x")))),
            AnswerNonsense,
        ),
        (http("200 OK", _EMPTY.replace(b"<biet>", b"<thongDiep>!</thongDiep><biet>")), AnswerNonsense),
        (http("200 OK", gzip.compress(b"\0" * 50_000_000), "Content-Encoding: gzip"), AnswerNonsense),
        (http("200 OK", gzip.compress(_EMPTY)[:-9], "Content-Encoding: gzip"), AnswerNonsense),
        (http("200 OK", b"no gzip", "Content-Encoding: gzip"), AnswerNonsense),
        (http("200 OK", _EMPTY, "Content-Encoding: br"), AnswerNonsense),
        (http("404 Not Found", b"<html>", kind="text/html"), Rejected),
        (http("500 Oh", b"<html>", kind="text/html"), GatewayFailed),
        (http("500 Oh", write_fault(sender=False, reason="disk full")), GatewayFailed),
        (http("400 No", write_fault(sender=True, reason="what?")), Rejected),
        (http("400 No", write_fault(sender=True, reason="x", subcode=FAILED)), CredentialsRefused),
        (http("200 OK", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), AnswerNonsense),
    ],
)  # fmt: skip
def test_what_a_hostile_service_answers(
    keys: tuple[Path, Path], answer: bytes, error: type[Exception]
) -> None:
    server = HostileServer(saying(answer), *keys)
    gateway = SoapGateway(
        server.url, SENDER, lambda: Account("quan1", Secret("x")), ca=keys[0], timeouts=QUICK
    )
    with pytest.raises(error) as raised:
        gateway.look_up(message_id(1))
    assert isinstance(raised.value, MaybeDelivered | Rejected)
    assert len(str(raised.value)) < 1000
    gateway.close()
    server.close()


def test_a_compressed_answer_is_taken(keys: tuple[Path, Path]) -> None:
    server = HostileServer(saying(http("200 OK", gzip.compress(_EMPTY), "Content-Encoding: gzip")), *keys)
    gateway = SoapGateway(
        server.url, SENDER, lambda: Account("quan1", Secret("x")), ca=keys[0], timeouts=QUICK
    )
    assert gateway.look_up(message_id(1)).known is False
    gateway.close()
    server.close()
