"""Ports: what is wrong with one is explained; a USB printer through pyusb with a simulated backend."""

from __future__ import annotations

import array
import errno
import json
import socket
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest
import serial
import usb.backend
import usb.core
from lines import PATIENCE, Pty
from serial.tools import list_ports

from agent.cli import main
from drivers import hearing
from drivers.errors import PortBusy, PortForbidden, PortMissing, PortUnusable
from drivers.hearing import heard_at
from drivers.ports import kinds
from drivers.ports.kinds import connect, resolve
from drivers.ports.port import port_error
from drivers.ports.usb import UsbPort
from drivers.uri import SerialAddress, TcpAddress, UsbAddress

RECEIPT = (
    "\x1b@QUÁN CÀ PHÊ\nSố HĐ: HD00001\nNgày: 24/11/2026 11:43\n"
    "Cà phê sữa      2 x 25.000     50.000\nTổng cộng                      50.000\n"
).encode() + b"\x1dV\x00"


@pytest.mark.parametrize(
    ("error", "kind", "advice"),
    [
        (OSError(errno.ENOENT, "No such file"), PortMissing, "Plug the cable"),
        (OSError(errno.EACCES, "Permission denied"), PortForbidden, "dialout"),
        (OSError(errno.EBUSY, "Device or resource busy"), PortBusy, "other program"),
        (serial.SerialException("could not open port 'COM3': FileNotFoundError(2)"), PortMissing, "Plug"),
        (
            serial.SerialException("could not open port 'COM3': PermissionError(13, 'Access is denied.')"),
            PortBusy,
            "other program",
        ),
        (OSError(errno.EIO, "Input/output error"), PortUnusable, "cable"),
    ],
)
def test_a_port_that_cannot_be_opened_is_explained(
    error: Exception, kind: type[PortUnusable], advice: str
) -> None:
    explained = port_error("COM3", error)
    assert type(explained) is kind
    assert advice in explained.advice_en
    assert explained.advice_vi


def test_a_connection_closed_by_another_thread_is_an_error_of_the_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = connect(TcpAddress(*server.getsockname()))
        port.close()
        with pytest.raises(OSError, match="closed"):
            port.read()


def test_a_port_that_another_program_has() -> None:
    pty = Pty()
    with serial.Serial(pty.path, exclusive=True), pytest.raises(OSError) as raised:
        kinds.SerialPort(SerialAddress(pty.path))
    assert isinstance(port_error(pty.path, raised.value), PortBusy)
    pty.close()


def test_an_adapter_is_found_by_its_numbers_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    ports = [
        SimpleNamespace(device="/dev/ttyUSB0", vid=0x1A86, pid=0x7523, serial_number="1"),
        SimpleNamespace(device="/dev/ttyUSB7", vid=0x1A86, pid=0x7523, serial_number="2"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: ports)
    assert resolve(SerialAddress("usb", usb=(0x1A86, 0x7523, "2"))) == "/dev/ttyUSB7"
    assert resolve(SerialAddress("usb", usb=(0x1A86, 0x7523, None))) == "/dev/ttyUSB0"
    assert resolve(SerialAddress("COM3")) == "COM3"
    with pytest.raises(FileNotFoundError, match="1a86:7524"):
        resolve(SerialAddress("usb", usb=(0x1A86, 0x7524, None)))


class _Printer(usb.backend.IBackend):
    """pyusb's backend with one printer on the bus: what is written comes out in ``paper``."""

    def __init__(self, device_class: int = 7, *, with_status: bool = True) -> None:
        self.paper = bytearray()
        self.status = [b"\x12"]
        self.claimed: list[int] = []
        self._class, self._ends = device_class, [0x02, 0x81] if with_status else [0x02]

    def enumerate_devices(self) -> Any:
        yield "printer"

    def get_device_descriptor(self, dev: Any) -> Any:
        return SimpleNamespace(
            bLength=18, bDescriptorType=1, bcdUSB=0x200, bDeviceClass=0, bDeviceSubClass=0,
            bDeviceProtocol=0, bMaxPacketSize0=64, idVendor=0x04B8, idProduct=0x0202, bcdDevice=1,
            iManufacturer=0, iProduct=0, iSerialNumber=0, bNumConfigurations=1, address=1, bus=1,
            port_number=1, port_numbers=(1,), speed=3,
        )  # fmt: skip

    def get_configuration_descriptor(self, dev: Any, config: int) -> Any:
        return SimpleNamespace(
            bLength=9, bDescriptorType=2, wTotalLength=32, bNumInterfaces=1, bConfigurationValue=1,
            iConfiguration=0, bmAttributes=0xC0, bMaxPower=1, extra_descriptors=[],
        )  # fmt: skip

    def get_interface_descriptor(self, dev: Any, intf: int, alt: int, config: int) -> Any:
        if intf or alt:
            raise IndexError
        return SimpleNamespace(
            bLength=9, bDescriptorType=4, bInterfaceNumber=0, bAlternateSetting=0,
            bNumEndpoints=len(self._ends), bInterfaceClass=self._class, bInterfaceSubClass=1,
            bInterfaceProtocol=2, iInterface=0, extra_descriptors=[],
        )  # fmt: skip

    def get_endpoint_descriptor(self, dev: Any, ep: int, intf: int, alt: int, config: int) -> Any:
        return SimpleNamespace(
            bLength=7, bDescriptorType=5, bEndpointAddress=self._ends[ep], bmAttributes=2,
            wMaxPacketSize=64, bInterval=0, bRefresh=0, bSynchAddress=0, extra_descriptors=[],
        )  # fmt: skip

    def open_device(self, dev: Any) -> Any:
        return dev

    def close_device(self, handle: Any) -> None:
        self.paper += b"<closed>"

    def get_configuration(self, handle: Any) -> int:
        return 1

    def is_kernel_driver_active(self, handle: Any, intf: int) -> bool:
        return True

    def detach_kernel_driver(self, handle: Any, intf: int) -> None:
        self.claimed.append(-1)

    def claim_interface(self, handle: Any, intf: int) -> None:
        self.claimed.append(intf)

    def release_interface(self, handle: Any, intf: int) -> None:
        self.paper += b"<released>"

    def bulk_write(self, handle: Any, ep: int, intf: int, data: Any, timeout: int) -> int:
        part = bytes(data)[:8]
        self.paper += part
        return len(part)

    def bulk_read(self, handle: Any, ep: int, intf: int, buff: Any, timeout: int) -> int:
        if not self.status:
            raise usb.core.USBTimeoutError("no answer", errno=errno.ETIMEDOUT)
        answer = self.status.pop()
        buff[: len(answer)] = array.array("B", answer)
        return len(answer)


EPSON = UsbAddress(0x04B8, 0x0202)


def test_a_usb_printer_is_claimed_written_and_asked() -> None:
    printer = _Printer()
    port = UsbPort(EPSON, printer)
    assert printer.claimed == [-1, 0]
    assert port.write(b"a receipt") == 8
    assert (port.read(), port.read()) == (b"\x12", b"")
    port.close()
    assert bytes(printer.paper).startswith(b"a receip<released>")


def test_a_usb_printer_that_says_nothing() -> None:
    assert UsbPort(EPSON, _Printer(with_status=False)).read() == b""


def test_a_usb_printer_that_is_none() -> None:
    with pytest.raises(FileNotFoundError, match="04b8:0203"):
        UsbPort(UsbAddress(0x04B8, 0x0203), _Printer())
    with pytest.raises(OSError, match="class 7"):
        UsbPort(EPSON, _Printer(device_class=3))


# Hearing


def at_wrong_speed(data: bytes, factor: int) -> bytes:
    """What a receiver ``factor`` times too slow makes of the bits: start, eight data bits, stop."""
    bits = [1] * factor
    for byte in data:
        bits += [0, *((byte >> place) & 1 for place in range(8)), 1]
    out, at = bytearray(), 0
    samples = bits[factor // 2 :: factor]
    while at + 10 <= len(samples):
        if samples[at]:
            at += 1
            continue
        out.append(sum(bit << place for place, bit in enumerate(samples[at + 1 : at + 9])))
        at += 10
    return bytes(out)


def test_a_receipt_is_heard_and_a_wrong_speed_is_noise() -> None:
    right = heard_at(9600, RECEIPT)
    assert (right.receipt, right.in_words, right.baud) == (True, "a receipt", 9600)
    assert "Tổng cộng" in right.text
    for factor in (2, 3, 4):
        noise = at_wrong_speed(RECEIPT * 4, factor)
        assert len(noise) > hearing.LEAST
        assert heard_at(4800, noise).in_words == "noise: another speed"
    assert heard_at(9600, b"").in_words == "silence"
    assert heard_at(9600, b"ABC thu may in\nmot hai ba bon nam\n").in_words == "text"


def test_the_command_listens_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    pty, ended = Pty(), threading.Event()

    def print_again_and_again() -> None:
        until = time.monotonic() + PATIENCE
        while not ended.is_set() and time.monotonic() < until:
            pty.write(RECEIPT)
            ended.wait(0.2)

    printing = threading.Thread(target=print_again_and_again)
    printing.start()
    try:
        assert main(["ports", pty.path, "--listen", "1", "--json"]) == 0
    finally:
        ended.set()
        printing.join()
        pty.close()
    said = json.loads(capsys.readouterr().out)
    assert (said["uri"], said["receipt"]) == (f"serial://{pty.path}?baud=9600", True)


def test_the_command_lists_and_explains(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pty = Pty()
    listed = [
        SimpleNamespace(device=pty.path, vid=0x1A86, pid=0x7523, serial_number=None, description="CH340"),
        SimpleNamespace(device="/dev/ttyS99", vid=None, pid=None, serial_number=None, description="n/a"),
    ]
    monkeypatch.setattr(list_ports, "comports", lambda: listed)
    assert main(["ports", "--json"]) == 0
    good, missing = json.loads(capsys.readouterr().out)
    assert good["uri"] == "serial://usb?vid=1a86&pid=7523&baud=9600"
    assert good["problem"] is None
    assert missing["problem"].startswith("E-DRV-003")
    assert main(["ports"]) == 0
    assert "E-DRV-003" in capsys.readouterr().out
    assert main(["ports", "--listen", "1"]) == 2
    assert main(["ports", "/dev/ttyS99", "--listen", "1"]) == 3
    monkeypatch.setattr(list_ports, "comports", list)
    assert main(["ports"]) == 1
    pty.close()
