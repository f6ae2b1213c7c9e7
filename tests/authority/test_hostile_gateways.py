"""Servers that break every rule: the error must say what is known, soon, and with bounded memory."""

import itertools
import ssl
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from authority_samples import SENDER, message_id
from hostile_server import HostileServer, Talk, certificate, saying

from authority.direct import DirectGateway
from authority.errors import (
    AnswerNonsense,
    ConnectionCut,
    CredentialsRefused,
    GatewayBusy,
    GatewayError,
    GatewayFailed,
    GatewaySettingInvalid,
    GatewayTimeout,
    GatewayUnreachable,
    MaybeDelivered,
    NotDelivered,
    RedirectRefused,
    Rejected,
    TlsNotTrusted,
)
from authority.https_line import MAX_ANSWER, Timeouts
from signing.passphrase import Secret

QUICK = Timeouts(connect=5, read=5, total=20)
ANSWER = b"<TDiep><TTChung><MLTDiep>999</MLTDiep></TTChung></TDiep>"


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate(tmp_path_factory.mktemp("tls"))


class Dial:
    """Makes gateways to servers that talk as given."""

    def __init__(self, keys: tuple[Path, Path]) -> None:
        self._keys = keys
        self._made: list[tuple[HostileServer, DirectGateway]] = []

    def __call__(
        self,
        talk: Talk | bytes,
        *,
        keys: tuple[Path, Path] | None = None,
        ca: Path | None = None,
        timeouts: Timeouts = QUICK,
        token: Secret | None = None,
        pin: str | None = None,
    ) -> DirectGateway:
        server = HostileServer(saying(talk) if isinstance(talk, bytes) else talk, *(keys or self._keys))
        source = None if token is None else lambda: token
        gateway = DirectGateway(
            server.url, SENDER, ca=ca or self._keys[0], timeouts=timeouts, token=source, pin=pin
        )
        self._made.append((server, gateway))
        return gateway

    def requests(self) -> list[bytes]:
        """What the last server was asked."""
        return self._made[-1][0].requests

    def close(self) -> None:
        for server, gateway in self._made:
            gateway.close()
            server.close()


@pytest.fixture
def dial(keys: tuple[Path, Path]) -> Iterator[Dial]:
    made = Dial(keys)
    yield made
    made.close()


def response(status: str, body: bytes = b"", *headers: str) -> bytes:
    head = "".join(f"{header}\r\n" for header in (f"Content-Length: {len(body)}", *headers))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


def sending(gateway: DirectGateway) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        gateway.send(b"<TDiep/>", message_id(1))
    return caught.value


def test_a_good_answer_is_handed_over(dial: Dial) -> None:
    gateway = dial(response("200 OK", ANSWER))
    assert gateway.send(b"<TDiep/>", message_id(1)) == (ANSWER,)
    (request,) = dial.requests()
    head, _, body = request.partition(b"\r\n\r\n")
    rows = head.decode().split("\r\n")
    assert rows[0] == "POST /v1/messages HTTP/1.1"
    assert {"Content-Type: application/xml", f"Message-Id: {message_id(1)}"} <= set(rows)
    assert body == b"<TDiep/>"


def pin_of(certificate: Path) -> str:
    """As ``openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum`` has it."""
    public = subprocess.run(
        ["openssl", "x509", "-in", certificate, "-noout", "-pubkey"], check=True, capture_output=True
    ).stdout
    der = subprocess.run(
        ["openssl", "pkey", "-pubin", "-outform", "der"], check=True, capture_output=True, input=public
    ).stdout
    return sha256(der).hexdigest()


def test_a_pinned_server_is_believed_and_another_gets_nothing(dial: Dial, keys: tuple[Path, Path]) -> None:
    right = pin_of(keys[0])
    assert dial(response("200 OK", ANSWER), pin=f"sha256:{right}").send(b"<TDiep/>", message_id(1)) == (
        ANSWER,
    )
    error = sending(dial(response("200 OK", ANSWER), pin="0" * 64))
    assert isinstance(error, TlsNotTrusted)
    assert "pinned" in error.message
    assert dial.requests() == [], "not a byte of ours went out"


@pytest.mark.parametrize("pin", ["", "sha256:", "abc", "g" * 64, "0" * 63])
def test_a_pin_that_is_none(pin: str) -> None:
    with pytest.raises(GatewaySettingInvalid, match="64 hex digits"):
        DirectGateway("https://127.0.0.1:1", SENDER, pin=pin)


@pytest.mark.parametrize(
    ("date", "hours"),
    [
        ("Date: {:%a, %d %b %Y %H:%M:%S} GMT", 0),
        ("Date: {:%a, %d %b %Y %H:%M:%S} GMT", 49),
        ("Date: yesterday", None),
        ("X-Nothing: 1", None),
    ],
)
def test_the_servers_clock_is_compared_with_ours(dial: Dial, date: str, hours: int | None) -> None:
    theirs = datetime.now(UTC) + timedelta(hours=hours or 0)
    gateway = dial(response("200 OK", ANSWER, date.format(theirs)))
    assert gateway.clock_skew is None
    gateway.send(b"<TDiep/>", message_id(1))
    skew = gateway.clock_skew
    if hours is None:
        assert skew is None
    else:
        assert skew is not None
        assert abs(skew - timedelta(hours=hours)) < timedelta(minutes=1)


def test_the_servers_clock_is_forgotten_when_it_is_no_longer_heard(dial: Dial) -> None:
    """What was said of our clock an hour ago may have been mended since."""
    answers = [response("200 OK", ANSWER, "Date: Wed, 25 Nov 2020 03:00:00 GMT"), b""]

    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(answers.pop(0))

    gateway = dial(talk)
    gateway.send(b"<TDiep/>", message_id(1))
    assert gateway.clock_skew is not None
    assert isinstance(sending(gateway), ConnectionCut)
    assert gateway.clock_skew is None


def test_no_answer_by_return(dial: Dial) -> None:
    assert dial(response("202 Accepted")).send(b"<TDiep/>", message_id(1)) == ()


def test_cut_before_an_answer(dial: Dial) -> None:
    assert isinstance(sending(dial(b"")), ConnectionCut)


def test_cut_in_the_head(dial: Dial) -> None:
    assert isinstance(sending(dial(b"HTTP/1.1 200 O")), ConnectionCut)


def test_cut_in_the_body(dial: Dial) -> None:
    error = sending(dial(response("200 OK", ANSWER)[:-10]))
    assert isinstance(error, ConnectionCut)
    assert isinstance(error, MaybeDelivered)


def test_cut_in_a_body_of_unknown_length(dial: Dial) -> None:
    assert isinstance(sending(dial(b"HTTP/1.1 200 OK\r\n\r\n" + ANSWER[:-10])), AnswerNonsense)


def test_endless_body(dial: Dial) -> None:
    sent = 0

    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        nonlocal sent
        tls.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not stopped.is_set():
            tls.sendall(b"<x>" * 20_000)
            sent += 60_000

    error = sending(dial(talk))
    assert isinstance(error, AnswerNonsense)
    assert str(MAX_ANSWER) in error.message
    assert sent < 3 * MAX_ANSWER, "the line is cut, not read to no end"


def test_endless_error_page(dial: Dial) -> None:
    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(b"HTTP/1.1 500 No\r\n\r\n")
        while not stopped.is_set():
            tls.sendall(b"sorry " * 20_000)

    assert isinstance(sending(dial(talk)), GatewayFailed)


def test_endless_head(dial: Dial) -> None:
    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(b"HTTP/1.1 200 OK\r\n")
        while not stopped.is_set():
            tls.sendall(b"X-More: " + b"x" * 1_000 + b"\r\n")

    assert isinstance(sending(dial(talk)), MaybeDelivered)


@pytest.mark.parametrize("head", [b"", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_slowloris_meets_the_total_deadline(head: bytes, dial: Dial) -> None:
    """Every drip resets a per-read time-out; only a deadline over the whole exchange ends it."""

    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        tls.sendall(head)
        for letter in itertools.cycle(b"X-Drip: "):
            if stopped.wait(0.02):
                return
            tls.sendall(bytes([letter]))

    error = sending(dial(talk, timeouts=Timeouts(connect=5, read=5, total=0.5)))
    assert isinstance(error, GatewayTimeout)
    assert "0.5 seconds" in error.message


def test_silence(dial: Dial) -> None:
    def talk(tls: ssl.SSLSocket, stopped: threading.Event) -> None:
        stopped.wait()

    error = sending(dial(talk, timeouts=Timeouts(connect=5, read=0.2, total=20)))
    assert isinstance(error, GatewayTimeout)
    assert "0.2 seconds" in error.message


@pytest.mark.parametrize(
    "body", [b"", b"<html><body>Login</body></html>", b"\x00\xff" * 50, b"<TDiep>", b"<TDiep/>", b"{}"]
)
def test_wrong_xml(body: bytes, dial: Dial) -> None:
    assert isinstance(sending(dial(response("200 OK", body))), AnswerNonsense)


def test_no_http_at_all(dial: Dial) -> None:
    assert isinstance(sending(dial(b"220 mail.example ESMTP\r\n")), ConnectionCut)


def test_a_compressed_answer_is_not_unpacked(dial: Dial) -> None:
    assert isinstance(sending(dial(response("200 OK", ANSWER, "Content-Encoding: gzip"))), AnswerNonsense)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect(status: str, dial: Dial) -> None:
    error = sending(dial(response(status, b"", "Location: https://evil.example/")))
    assert isinstance(error, RedirectRefused)
    assert "https://evil.example/" in error.message
    assert len(dial.requests()) == 1


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_with_retry_after(status: int, dial: Dial) -> None:
    error = sending(dial(response(f"{status} No", b"<h1>over \x1b[31mloaded</h1>", "Retry-After: 120")))
    assert isinstance(error, GatewayFailed)
    assert error.retry_after == 120
    assert error.message.endswith(f"has failed (HTTP {status}): over [31mloaded")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("Mon, 23 Nov 2026 10:00:30 GMT", 30),
        ("Mon, 23 Nov 2026 09:00:00 GMT", 0),
        ("99999999999999", 86_400),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_in_all_forms(value: str, seconds: float | None, dial: Dial) -> None:
    head = (f"Retry-After: {value}", "Date: Mon, 23 Nov 2026 10:00:00 GMT")
    assert sending(dial(response("503 No", b"", *head))).retry_after == seconds


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, Rejected),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, Rejected),
        (413, Rejected),
        (429, GatewayBusy),
        (204, AnswerNonsense),
    ],
)
def test_refusals(status: int, error: type[GatewayError], dial: Dial) -> None:
    body = b"" if status == 204 else b"the reason"
    caught = sending(dial(response(f"{status} No", body, "Retry-After: 3")))
    assert type(caught) is error
    if isinstance(caught, Rejected):
        assert caught.status == status
        assert "the reason" in caught.message
    if isinstance(caught, GatewayBusy):
        assert caught.retry_after == 3


def test_expired_certificate(dial: Dial, tmp_path: Path) -> None:
    old = certificate(tmp_path, expired=True)
    error = sending(dial(response("200 OK", ANSWER), keys=old, ca=old[0]))
    assert isinstance(error, TlsNotTrusted)
    assert "expired" in error.message
    assert isinstance(error, NotDelivered)


def test_wrong_host(dial: Dial, tmp_path: Path) -> None:
    other = certificate(tmp_path, address="127.0.0.2")
    error = sending(dial(response("200 OK", ANSWER), keys=other, ca=other[0]))
    assert isinstance(error, TlsNotTrusted)
    assert "for another" in error.message


def test_unknown_issuer(dial: Dial, tmp_path: Path) -> None:
    error = sending(dial(response("200 OK", ANSWER), keys=certificate(tmp_path)))
    assert isinstance(error, TlsNotTrusted)
    assert dial.requests() == [], "not a byte of the message has left"


def test_a_server_without_tls(keys: tuple[Path, Path]) -> None:
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def plain() -> None:
        line, _ = listening.accept()
        with line:
            line.recv(10)
            line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    thread = threading.Thread(target=plain)
    thread.start()
    port = listening.getsockname()[1]
    gateway = DirectGateway(f"https://127.0.0.1:{port}", SENDER, ca=keys[0], timeouts=QUICK)
    try:
        assert isinstance(sending(gateway), TlsNotTrusted)
    finally:
        gateway.close()
        thread.join()
        listening.close()


def test_connection_refused(keys: tuple[Path, Path]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gateway = DirectGateway(f"https://127.0.0.1:{port}", SENDER, ca=keys[0], timeouts=QUICK)
    error = sending(gateway)
    gateway.close()
    assert isinstance(error, GatewayUnreachable)
    assert isinstance(error, NotDelivered)


def test_no_such_host(keys: tuple[Path, Path]) -> None:
    gateway = DirectGateway("https://gateway.invalid", SENDER, ca=keys[0], timeouts=QUICK)
    error = sending(gateway)
    gateway.close()
    assert isinstance(error, GatewayUnreachable)


def test_a_proxy_that_is_not_there(keys: tuple[Path, Path]) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gateway = DirectGateway(
        "https://gateway.invalid", SENDER, ca=keys[0], timeouts=QUICK, proxy=f"http://127.0.0.1:{port}"
    )
    error = sending(gateway)
    gateway.close()
    assert isinstance(error, NotDelivered)


def test_a_proxy_that_cuts_the_line_has_not_delivered_anything(keys: tuple[Path, Path]) -> None:
    import socket

    listening = socket.create_server(("127.0.0.1", 0))

    def cutting() -> None:
        line, _ = listening.accept()
        with line:
            line.recv(10_000)

    thread = threading.Thread(target=cutting)
    thread.start()
    proxy = f"http://127.0.0.1:{listening.getsockname()[1]}"
    gateway = DirectGateway("https://gateway.invalid", SENDER, ca=keys[0], timeouts=QUICK, proxy=proxy)
    try:
        assert isinstance(sending(gateway), NotDelivered)
    finally:
        gateway.close()
        thread.join()
        listening.close()


INBOXES = [
    b"",
    b"not json",
    b"[]",
    b"{}",
    b'{"messages":{}}',
    b'{"messages":[1]}',
    b'{"messages":[{"xml":"<a/>"}]}',
    b'{"messages":[{"cursor":5,"xml":"<a/>"}]}',
    b'{"messages":[{"cursor":"","xml":"<a/>"}]}',
    b'{"messages":[{"cursor":"1","xml":5}]}',
    b'{"messages":[{"cursor":"1","xml":"\\ud800"}]}',
    b'{"messages":[],"more":"yes"}',
    b"[" * 100_000,
]


@pytest.mark.parametrize("body", INBOXES)
def test_an_inbox_of_another_form(body: bytes, dial: Dial) -> None:
    with pytest.raises(AnswerNonsense):
        dial(response("200 OK", body)).collect("")


def test_an_inbox_that_promises_more_for_ever_is_not_believed(dial: Dial) -> None:
    assert dial(response("200 OK", b'{"messages":[],"more":true}')).collect("7").more is False
    same = b'{"messages":[{"cursor":"7","xml":"<a/>"}],"more":true}'
    collected = dial(response("200 OK", same)).collect("7")
    assert (collected.messages, collected.cursor, collected.more) == ((b"<a/>",), "7", False)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        ("404 No", b"not found", Rejected),
        ("404 No", b'{"known":true}', AnswerNonsense),
        ("404 No", b'{"error":"no such page"}', AnswerNonsense),
        ("200 OK", b'{"known":false}', AnswerNonsense),
        ("200 OK", b'{"known":1,"messages":[]}', AnswerNonsense),
        ("200 OK", b"", AnswerNonsense),
        ("500 No", b'{"known":false}', GatewayFailed),
    ],
)
def test_only_the_documented_word_means_not_known(
    status: str, body: bytes, error: type[GatewayError], dial: Dial
) -> None:
    with pytest.raises(error):
        dial(response(status, body)).look_up(message_id(1))


def test_not_known(dial: Dial) -> None:
    assert dial(response("404 No", b'{"known":false}')).look_up(message_id(1)).known is False


def test_the_token_goes_in_the_header_and_nowhere_else(dial: Dial) -> None:
    gateway = dial(response("401 No", b"who?"), token=Secret("s3cret-token"))
    error = sending(gateway)
    assert b"Authorization: Bearer s3cret-token" in dial.requests()[0]
    assert "s3cret" not in str(error) + repr(error) + repr(gateway)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "đồng"])
def test_a_token_that_cannot_be_sent_is_not_shown(token: str, dial: Dial) -> None:
    gateway = dial(response("200 OK", ANSWER), token=Secret(token))
    with pytest.raises(GatewaySettingInvalid) as caught:
        gateway.send(b"<TDiep/>", message_id(1))
    assert not token or token not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example",
        "gateway.example",
        "https://",
        "https://user:pass@gateway.example",
        "https://gateway.example/?a=b",
        "https://gateway.example:99999",
        "https://gateway.example:0",
        "ftp://gateway.example",
    ],
)
def test_addresses_that_are_not_taken(url: str) -> None:
    with pytest.raises(GatewaySettingInvalid) as caught:
        DirectGateway(url, SENDER)
    assert "pass" not in caught.value.message.replace("password", "")


def test_other_settings_that_are_not_taken(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(GatewaySettingInvalid, match="ca file"):
        DirectGateway("https://gateway.example", SENDER, ca=tmp_path / "none.pem")
    with pytest.raises(GatewaySettingInvalid, match="ca file"):
        DirectGateway("https://gateway.example", SENDER, ca=tmp_path / "empty.pem")
    with pytest.raises(GatewaySettingInvalid, match="time-outs"):
        DirectGateway("https://gateway.example", SENDER, timeouts=Timeouts(total=0))
    with pytest.raises(GatewaySettingInvalid, match="party code"):
        DirectGateway("https://gateway.example", "../inbox")
    with pytest.raises(GatewaySettingInvalid, match="proxy"):
        DirectGateway("https://gateway.example", SENDER, proxy="socks9://x").collect("")
