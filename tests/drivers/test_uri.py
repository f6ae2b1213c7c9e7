"""Source URIs, good and wrong."""

import contextlib
import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import uri as uri_module
from drivers.errors import SourceInvalid
from drivers.ports.reconnect import FIRST_DELAY, LONGEST_DELAY, Link, Reconnector
from drivers.uri import FileAddress, SerialAddress, SourceAddress, TcpAddress, UsbAddress, parse_source


def test_the_examples() -> None:
    assert doctest.testmod(uri_module).failed == 0


S = SerialAddress


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("serial:///dev/ttyUSB0", SourceAddress(S("/dev/ttyUSB0"))),
        (
            "serial://COM3?baud=19200&bits=7&parity=E&stop=2&flow=rtscts",
            SourceAddress(S("COM3", 19_200, 7, "E", 2, "rtscts")),
        ),
        ("serial://COM3?baud=19200&printer=COM4", SourceAddress(S("COM3", 19_200), S("COM4", 19_200))),
        (
            "serial://COM3?printer=serial://COM4?baud=115200%26flow=xonxoff",
            SourceAddress(S("COM3"), S("COM4", 115_200, flow="xonxoff")),
        ),
        ("serial://usb?vid=1a86&pid=7523", SourceAddress(S("usb", usb=(0x1A86, 0x7523, None)))),
        ("serial://usb?vid=1A86&pid=7523&sn=5", SourceAddress(S("usb", usb=(0x1A86, 0x7523, "5")))),
        ("tap:///dev/ttyS0?baud=9600", SourceAddress(S("/dev/ttyS0"), silent=True)),
        (
            "tcp://0.0.0.0:9100?printer=tcp://192.168.1.50",
            SourceAddress(TcpAddress("0.0.0.0", 9100), TcpAddress("192.168.1.50", 9100)),  # noqa: S104
        ),
        ("tcp://[::1]:9101", SourceAddress(TcpAddress("::1", 9101))),
        (
            "tcp://127.0.0.1:9100?printer=usb://04b8:0202?sn=X1",
            SourceAddress(TcpAddress("127.0.0.1", 9100), UsbAddress(0x04B8, 0x0202, "X1")),
        ),
        (
            "file:///dev/usb/lp1?printer=file:///dev/usb/lp0",
            SourceAddress(FileAddress("/dev/usb/lp1"), FileAddress("/dev/usb/lp0")),
        ),
        ("stdin:?printer=/dev/ttyS0", SourceAddress(FileAddress("-"), S("/dev/ttyS0"))),
    ],
)
def test_what_is_understood(uri: str, address: SourceAddress) -> None:
    assert parse_source(uri) == address


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "no kind of source"),
        ("COM3", "no kind of source"),
        ("http://x", "no kind of source"),
        ("serial://", "names no port"),
        ("serial://COM3?baud=fast", "baud must be"),
        ("serial://COM3?baud=10", "baud must be"),
        ("serial://COM3?bits=9", "bits must be"),
        ("serial://COM3?parity=X", "parity must be"),
        ("serial://COM3?flow=maybe", "flow must be"),
        ("serial://COM3?speed=9600", "unknown words: speed"),
        ("serial://usb?vid=1a86", "pid must be"),
        ("serial://usb?vid=xyz&pid=7523", "vid must be"),
        ("serial://COM3?printer=ftp://x", "is none of"),
        ("serial://COM3?printer=usb://04b8", "usb://04b8:0202"),
        ("serial://COM3?printer=tcp://", "tcp://0.0.0.0:9100"),
        ("tap:///dev/ttyS0?printer=COM4", "no printer"),
        ("tcp://:9100", "is wanted"),
        ("tcp://host:99999", "Port out of range"),
        ("tcp://host:0", "port 0"),
        ("tcp://host/path", "is wanted"),
        ("tcp://host?baud=9600", "unknown words: baud"),
        ("file://", "names no file"),
        ("usb://04b8:0202", "is no source"),
    ],
)
def test_what_is_wrong_is_named(uri: str, words: str) -> None:
    with pytest.raises(SourceInvalid, match=words) as raised:
        parse_source(uri)
    assert raised.value.advice_vi
    assert raised.value.advice_en


@given(st.text(max_size=60) | st.from_regex(r"(serial|tcp|tap|file|usb)://[^\n]{0,40}", fullmatch=True))
def test_no_text_breaks_it(uri: str) -> None:
    with contextlib.suppress(SourceInvalid):
        assert isinstance(parse_source(uri), SourceAddress)


def test_every_step_of_reconnecting() -> None:
    reconnector = Reconnector()
    assert reconnector.link is Link.CLOSED
    delays = [reconnector.failed() for _ in range(6)]
    assert delays == [FIRST_DELAY, 0.2, 0.4, 0.8, LONGEST_DELAY, LONGEST_DELAY]
    assert reconnector.link is Link.WAITING
    reconnector.opened()
    assert reconnector.link is Link.OPEN
    assert reconnector.failed() == FIRST_DELAY
