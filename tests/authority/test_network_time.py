"""Time servers, real ones on loopback: what they say, and what is not believed."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from time_server import TimeServer, answer

from authority.errors import TimeNotTold
from authority.network_time import ask_time_server, ask_time_servers, time_server_address

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
Serve = Callable[[Callable[[bytes], bytes | None]], TimeServer]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts time servers."""
    made: list[TimeServer] = []

    def start(say: Callable[[bytes], bytes | None]) -> TimeServer:
        made.append(TimeServer(say))
        return made[-1]

    yield start
    for server in made:
        server.close()


@pytest.mark.parametrize("hours", [0, -1, 49, -24 * 365 * 26])
def test_its_clock_is_compared_with_ours(serve: Serve, hours: int) -> None:
    server = serve(lambda question: answer(question, datetime.now(UTC) + timedelta(hours=hours)))
    skew = ask_time_server(server.name)
    assert abs(skew - timedelta(hours=hours)) < timedelta(minutes=1)
    (question,) = server.questions
    assert len(question) == 48
    assert question[0] == 0x23, "version 4, client"


@pytest.mark.parametrize(
    "theirs",
    [datetime(2026, 11, 25, tzinfo=UTC), datetime(2036, 2, 8, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)],
)
def test_the_era_that_begins_in_2036(serve: Serve, theirs: datetime) -> None:
    """Also a clock that says 2000 is told the right year."""
    server = serve(lambda question: answer(question, theirs))
    ours = datetime(2000, 1, 1, tzinfo=UTC)
    assert abs(ask_time_server(server.name, wall=lambda: ours) - (theirs - ours)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("say", "why"),
    [
        (lambda q: answer(q, NOW, stratum=0, reference=b"RATE"), "does not want to be asked \\(RATE\\)"),
        (lambda q: answer(q, NOW, stratum=0, reference=b"\xff\xfe\xfd\xfc"), "does not want to be asked"),
        (lambda q: answer(q, NOW, stratum=16), "does not know the time"),
        (lambda q: answer(q, NOW, leap=3), "does not know the time"),
        (lambda q: answer(q, NOW, mode=3), "another question"),
        (lambda q: answer(q, NOW, mode=5), "another question"),
        (lambda q: answer(q, NOW, origin=bytes(8)), "another question"),
        (lambda q: q, "another question"),
        (lambda q: answer(q, NOW)[:47], "47 bytes"),
        (lambda q: answer(q, NOW)[:40] + bytes(8), "does not know the time"),
        (lambda _: None, "does not tell the time"),
    ],
    ids=[
        "kiss",
        "kiss of bytes",
        "stratum",
        "leap",
        "client",
        "broadcast",
        "forged",
        "echo",
        "short",
        "none",
        "dumb",
    ],
)
def test_what_is_not_believed(serve: Serve, say: Callable[[bytes], bytes | None], why: str) -> None:
    with pytest.raises(TimeNotTold, match=why):
        ask_time_server(serve(say).name, timeout=0.3)


def test_a_long_answer_is_read_by_its_head(serve: Serve) -> None:
    server = serve(lambda question: answer(question, datetime.now(UTC)) + bytes(900))
    assert abs(ask_time_server(server.name)) < timedelta(minutes=1)


def test_several_servers(serve: Serve) -> None:
    right = [serve(lambda question: answer(question, datetime.now(UTC))).name for _ in range(2)]
    wrong = serve(lambda question: answer(question, datetime.now(UTC) + timedelta(days=1))).name
    dumb = serve(lambda _: None).name
    assert abs(ask_time_servers([dumb, *right], timeout=0.5)) < timedelta(minutes=1)
    with pytest.raises(TimeNotTold, match="seconds apart"):
        ask_time_servers([*right, wrong])
    with pytest.raises(TimeNotTold, match="does not tell the time"):
        ask_time_servers([dumb], timeout=0.2)
    with pytest.raises(TimeNotTold, match="no time server is named"):
        ask_time_servers([])


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("vn.pool.ntp.org", ("vn.pool.ntp.org", 123)),
        ("192.168.1.1:1123", ("192.168.1.1", 1123)),
        ("fd00::1", ("fd00::1", 123)),
        ("[fd00::1]:1123", ("fd00::1", 1123)),
        ("[fd00::1]", ("fd00::1", 123)),
    ],
)
def test_names(name: str, address: tuple[str, int]) -> None:
    assert time_server_address(name) == address


@pytest.mark.parametrize("name", ["", ":123", "a:b", "a:0", "a:70000", "a b", "a:-1", "[]:1"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(TimeNotTold, match="not the name"):
        time_server_address(name)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(garbage=st.binary(max_size=120))
def test_garbage_is_an_error(serve: Serve, garbage: bytes) -> None:
    server = serve(lambda _: garbage or b"x")
    with pytest.raises(TimeNotTold):
        ask_time_server(server.name)
