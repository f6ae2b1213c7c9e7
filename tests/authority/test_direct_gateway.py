"""The direct gateway against the sandbox's real HTTPS server on loopback."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from authority_samples import SENDER, TAX_CODE, message_id, package, sales_invoice, vat_invoice
from cryptography import x509
from form_samples import posting, registration

from authority.answers import Notice, TechnicalAnswer, parse_answer
from authority.direct import DirectGateway
from authority.errors import (
    ConnectionCut,
    CredentialsRefused,
    GatewayFailed,
    GatewaySettingInvalid,
    GatewayTimeout,
    MaybeDelivered,
    Rejected,
)
from authority.form_answers import RegistrationDecision, RegistrationReceipt, ReviewRequest
from authority.forms.message import build_registration
from authority.https_line import HttpAnswer, HttpsLine, Timeouts
from authority.notice_check import check_notice
from authority.package import PackageFrame
from authority.sandbox.faults import FaultPlan
from authority.sandbox.server import RunningSandbox
from authority.sandbox.settings import Settings
from signing.passphrase import Secret
from signing.xmldsig import XmlSigner

# The samples are of this day; the sandbox must not think that it is over or still to come.
CLOCK = datetime.fromisoformat("2026-11-23T10:00:00+07:00")
QUICK = Timeouts(connect=5, read=10, total=20)

Start = Callable[..., tuple[RunningSandbox, DirectGateway]]


@pytest.fixture
def start(sandbox_folder: Path, tmp_path: Path) -> Iterator[Start]:
    """Starts a server with the shared keys and a new store, and a gateway to it."""
    started: list[tuple[RunningSandbox, DirectGateway]] = []

    def make(
        faults: str = "",
        timeouts: Timeouts = QUICK,
        clock: Callable[[], datetime] = lambda: CLOCK,
        **settings: object,
    ) -> tuple[RunningSandbox, DirectGateway]:
        for file in sandbox_folder.iterdir():
            shutil.copy2(file, tmp_path)
        running = RunningSandbox(
            tmp_path, faults=FaultPlan.parse(faults), settings=Settings(**settings), clock=clock
        )
        gateway = DirectGateway(running.url, SENDER, ca=running.ca, timeouts=timeouts)
        started.append((running, gateway))
        return started[-1]

    yield make
    for running, gateway in started:
        gateway.close()
        running.stop()


def fetch(running: RunningSandbox, path: str) -> bytes:
    line = HttpsLine(ca=running.ca, timeouts=QUICK)
    answer = line.request("GET", running.url + path)
    line.close()
    assert answer.status == 200
    return answer.body


def post(running: RunningSandbox, path: str, asked: object) -> HttpAnswer:
    line = HttpsLine(ca=running.ca, timeouts=QUICK)
    answer = line.request("POST", running.url + path, content=json.dumps(asked).encode())
    line.close()
    return answer


def test_the_whole_way(start: Start, frame: PackageFrame) -> None:
    running, gateway = start()
    (answer,) = gateway.send(package(frame, 1, vat_invoice(), sales_invoice()), message_id(1))
    technical = parse_answer(answer)
    assert isinstance(technical, TechnicalAnswer)
    assert (technical.ok, technical.reply_to) == (True, message_id(1))

    collected = gateway.collect("")
    trust = [x509.load_pem_x509_certificate(running.trust.read_bytes())]
    notice = check_notice(
        collected.messages[0], trust, tax_code=TAX_CODE, submission_id=message_id(1), now=CLOCK
    )
    assert notice.all_accepted
    assert gateway.collect(collected.cursor).messages == ()

    assert gateway.look_up(message_id(1)).messages == (answer, *collected.messages)
    assert gateway.look_up(message_id(2)).known is False


def test_several_exchanges_over_one_connection(start: Start, frame: PackageFrame) -> None:
    running, gateway = start()
    for count in range(1, 31):
        gateway.send(package(frame, count, vat_invoice(count)), message_id(count))
    first = gateway.collect("")
    assert (len(first.messages), first.more) == (30, False)
    assert running.sandbox.statistics()["invoices"] == 30


def test_a_long_inbox_comes_in_pages(start: Start, frame: PackageFrame) -> None:
    running, gateway = start()
    for count in range(1, 104):
        running.sandbox.receive(package(frame, count, vat_invoice(count)), CLOCK)
    first = gateway.collect("")
    assert (len(first.messages), first.more) == (100, True)
    second = gateway.collect(first.cursor)
    assert (len(second.messages), second.more) == (3, False)


def test_statistics_and_registered(start: Start, frame: PackageFrame) -> None:
    running, gateway = start()
    gateway.send(package(frame, 1, vat_invoice(), sales_invoice()), message_id(1))
    statistics = json.loads(fetch(running, "/v1/statistics"))
    assert (statistics["messages"], statistics["invoices"], statistics["doubly_registered"]) == (1, 2, 0)
    assert [json.loads(row) for row in fetch(running, "/v1/registered").splitlines()] == [
        {
            "tax_code": TAX_CODE,
            "form": form,
            "symbol": symbol,
            "number": number,
            "code": code,
            "total": total,
            "message_id": message_id(1),
        }
        for form, symbol, number, code, total in (
            (1, "C26MAA", 128, "M1-26-SHNDN-00100000128", "75000"),
            (2, "C26MAB", 7, "M2-26-SHNDN-00100000007", "185000"),
        )
    ]


def test_a_registration_and_a_review_over_https(start: Start, signer: XmlSigner) -> None:
    running, gateway = start()
    (technical,) = gateway.send(build_registration(registration(signer), posting(signer)), message_id(1))
    assert technical
    asked = {
        "receiver": SENDER,
        "tax_code": TAX_CODE,
        "reason": "Sai thuế suất",
        "invoices": [{"form": 1, "symbol": "C26MAA", "number": 128, "day": "2026-11-23"}],
    }
    answer = post(running, "/v1/reviews", asked)
    assert answer.status == 200, answer.body
    read = [parse_answer(content) for content in gateway.collect("").messages]
    assert [type(one) for one in read] == [RegistrationReceipt, RegistrationDecision, ReviewRequest]


@pytest.mark.parametrize(
    "asked",
    [
        [],
        "x",
        {},
        {"receiver": SENDER, "tax_code": TAX_CODE, "reason": "x", "invoices": []},
        {"receiver": SENDER, "tax_code": TAX_CODE, "reason": "x", "invoices": [1]},
        {
            "receiver": SENDER * 2,
            "tax_code": TAX_CODE,
            "reason": "x",
            "invoices": [{"form": 1, "symbol": "C26MAA", "number": 1, "day": "2026-11-23"}],
        },
    ],
)
def test_a_review_that_cannot_be_asked(asked: object, start: Start) -> None:
    running, _ = start()
    assert post(running, "/v1/reviews", asked).status == 400


def test_answers_only_through_the_inbox(start: Start, frame: PackageFrame) -> None:
    _, gateway = start(technical_answer="inbox")
    assert gateway.send(package(frame, 1, vat_invoice()), message_id(1)) == ()
    assert [type(parse_answer(data)) for data in gateway.collect("").messages] == [TechnicalAnswer, Notice]


def test_the_token_is_asked_for(start: Start, frame: PackageFrame) -> None:
    running, _ = start(token="right")
    assert "right" not in repr(running.sandbox.settings)
    for token, accepted in (("right", True), ("wrong", False), (None, False)):
        secret = partial(Secret, token) if token else None
        gateway = DirectGateway(running.url, SENDER, ca=running.ca, token=secret, timeouts=QUICK)
        if accepted:
            assert gateway.look_up(message_id(1)).known is False
        else:
            with pytest.raises(CredentialsRefused):
                gateway.send(package(frame, 1, vat_invoice()), message_id(1))
        gateway.close()
    assert running.sandbox.statistics()["messages"] == 0


def test_fault_lose_request(start: Start, frame: PackageFrame) -> None:
    running, gateway = start("lose-request=1")
    with pytest.raises(ConnectionCut):
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert gateway.look_up(message_id(1)).known is False
    assert running.sandbox.statistics()["arrivals"] == 0


@pytest.mark.parametrize("fault", ["lose-answer", "cut-body"])
def test_fault_after_the_message_was_taken_in(fault: str, start: Start, frame: PackageFrame) -> None:
    running, gateway = start(f"{fault}=1")
    with pytest.raises(ConnectionCut):
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    found = gateway.look_up(message_id(1))
    assert (found.known, len(found.messages)) == (True, 2)
    assert running.sandbox.statistics()["invoices"] == 1


def test_fault_http_500(start: Start, frame: PackageFrame) -> None:
    running, gateway = start("http-500=1,seed=5")
    for count in range(1, 13):
        with pytest.raises(GatewayFailed, match="HTTP 500"):
            gateway.send(package(frame, count, vat_invoice(count)), message_id(count))
    assert 0 < running.sandbox.statistics()["invoices"] < 12


def test_fault_down(start: Start) -> None:
    _, gateway = start("down=1m/1m")
    with pytest.raises(GatewayFailed) as caught:
        gateway.collect("")
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 61


def test_fault_slow(start: Start, frame: PackageFrame) -> None:
    _, gateway = start("slow=1m", timeouts=Timeouts(connect=5, read=0.3, total=20))
    with pytest.raises(GatewayTimeout) as caught:
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert isinstance(caught.value, MaybeDelivered)


def test_fault_delay(start: Start, frame: PackageFrame) -> None:
    times = [CLOCK]
    _, gateway = start("delay=2s", clock=lambda: times[-1])
    gateway.send(package(frame, 1, vat_invoice()), message_id(1))
    assert gateway.collect("").messages == ()
    times.append(CLOCK + timedelta(seconds=2))
    assert len(gateway.collect("").messages) == 1


def test_what_is_lost_is_healed_by_the_same_bytes(start: Start, frame: PackageFrame) -> None:
    """Promise P3: whatever the wire does, sending the same message until it is answered registers once."""
    faults = "lose-request=0.3,lose-answer=0.3,cut-body=0.2,http-500=0.2,seed=11"
    running, gateway = start(faults)
    for count in range(1, 11):
        data = package(frame, count, vat_invoice(2 * count), vat_invoice(2 * count + 1))
        for _ in range(100):
            try:
                (answer,) = gateway.send(data, message_id(count))
            except MaybeDelivered:
                continue
            break
        assert isinstance(parse_answer(answer), TechnicalAnswer)
    statistics = running.sandbox.statistics()
    assert (statistics["invoices"], statistics["doubly_registered"], statistics["refused"]) == (20, 0, 0)


def test_a_body_above_the_servers_limit(start: Start) -> None:
    running, _ = start()
    line = HttpsLine(ca=running.ca, timeouts=QUICK)
    answer = line.request("POST", running.url + "/v1/messages", content=b"x" * 3_900_000)
    assert (answer.status, b"S001" in answer.body) == (200, True)
    try:
        refused = line.request("POST", running.url + "/v1/messages", content=b"x" * 20_000_000).status
    except ConnectionCut:
        refused = 413  # the server closed while we were still sending
    line.close()
    assert refused == 413


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "limit=1001", "limit=-1"])
def test_a_wrong_page_length(query: str, start: Start) -> None:
    running, _ = start()
    line = HttpsLine(ca=running.ca, timeouts=QUICK)
    assert line.request("GET", f"{running.url}/v1/inbox/{SENDER}?{query}").status == 400
    line.close()


def test_a_wrong_base_is_not_taken_for_an_unknown_message(start: Start) -> None:
    running, _ = start()
    gateway = DirectGateway(running.url + "/elsewhere", SENDER, ca=running.ca, timeouts=QUICK)
    with pytest.raises(Rejected):
        gateway.look_up(message_id(1))
    gateway.close()


def test_a_port_that_is_taken(start: Start, tmp_path: Path) -> None:
    running, _ = start()
    with pytest.raises(GatewaySettingInvalid, match="cannot be had"):
        RunningSandbox(tmp_path, running.address.port)


def test_a_connection_that_is_being_closed_does_not_keep_the_server_from_ending(tmp_path: Path) -> None:
    """The server has closed its side, the client does not say good-bye, and the server stops."""
    running = RunningSandbox(tmp_path / "closing")
    trust = ssl.create_default_context(cafile=str(running.ca))
    with (
        socket.create_connection(("127.0.0.1", running.address.port), 60) as line,
        trust.wrap_socket(line, server_hostname="127.0.0.1") as tls,
    ):
        tls.sendall(b"GET /v1/statistics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = b""
        while more := tls.recv(65536):
            said += more
        assert b"doubly_registered" in said
        running.stop()  # what its thread raises fails the test


def test_a_gateway_can_be_closed_unused_and_twice(start: Start) -> None:
    running, _ = start()
    gateway = DirectGateway(running.url, SENDER, ca=running.ca)
    gateway.close()
    gateway.look_up(message_id(1))
    gateway.close()
    gateway.close()


def test_the_server_as_its_own_process(tmp_path: Path, frame: PackageFrame) -> None:
    program = (
        "import sys\nfrom pathlib import Path\nfrom authority.sandbox.server import serve\n"
        "def ready(address):\n    print(address.url, address.ca, flush=True)\n"
        "serve(Path(sys.argv[1]), ready=ready)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        url, ca = process.stdout.readline().split()
        gateway = DirectGateway(url, SENDER, ca=Path(ca), timeouts=QUICK)
        gateway.send(package(frame, 1, vat_invoice()), message_id(1))
        assert gateway.look_up(message_id(1)).known
        gateway.close()
    finally:
        process.terminate()
        output, errors = process.communicate(timeout=20)
    assert (process.returncode in {0, -15}, output, errors) == (True, "", "")
    assert {file.name for file in tmp_path.iterdir()} >= {
        "tls.key.pem",
        "authority.crt.pem",
        "sandbox.sqlite",
    }
