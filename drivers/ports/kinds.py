"""The kinds of ports: serial line, TCP connection, device file or pipe, standard input."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import serial
from serial.tools import list_ports

from drivers.ports.port import READ_TIMEOUT, PortEnded

if TYPE_CHECKING:
    from drivers.uri import SerialAddress, TcpAddress

CHUNK = 65_536
WINDOWS = sys.platform == "win32"
WRITE_WAITS = 1.0  # seconds one write waits for a printer that says stop
CONNECT_WAITS = 3.0


class SerialPort:
    """A serial line through pyserial, for itself alone."""

    def __init__(self, address: SerialAddress) -> None:
        """Raises OSError (serial.SerialException is one) where it cannot be opened."""
        self._port = serial.Serial(
            resolve(address),
            address.baud,
            address.bits,
            address.parity,
            address.stop,
            timeout=READ_TIMEOUT,
            write_timeout=WRITE_WAITS if WINDOWS else 0,
            rtscts=address.flow == "rtscts",
            dsrdtr=address.flow == "dsrdtr",
            xonxoff=address.flow == "xonxoff",
            exclusive=True,
        )

    def read(self) -> bytes:
        """As ``Port.read``."""
        try:
            return bytes(self._port.read(max(1, self._port.in_waiting)))
        except TypeError as error:  # pyserial's way of saying that it was closed in the meantime
            raise OSError(errno.EBADF, "the port was closed") from error

    def write(self, data: bytes) -> int:
        """As ``Port.write``: some bytes at a time, so that it is known how many a stopped printer took."""
        if WINDOWS:
            return int(self._port.write(data[:64]) or 0)
        _, ready, _ = select.select([], [self._port.fileno()], [], WRITE_WAITS)
        if not ready:
            raise TimeoutError("the device takes no bytes")
        try:
            return int(self._port.write(data[:CHUNK]) or 0)
        except TypeError as error:
            raise OSError(errno.EBADF, "the port was closed") from error

    def close(self) -> None:
        """As ``Port.close``. A write that a stopped line holds back is given up, or closing would wait."""
        with contextlib.suppress(OSError):
            self._port.cancel_write()
        self._port.close()


def resolve(address: SerialAddress) -> str:
    """The port's name now: as written, or that of the USB adapter with these numbers.

    Raises:
        FileNotFoundError: no such adapter is plugged in.
    """
    if address.usb is None:
        return address.port
    vendor, product, number = address.usb
    for port in list_ports.comports():
        if (port.vid, port.pid) == (vendor, product) and number in {None, port.serial_number}:
            return str(port.device)
    raise FileNotFoundError(f"no USB adapter {vendor:04x}:{product:04x} {number or ''}is plugged in".rstrip())


class SocketPort:
    """A TCP connection: a printer's port 9100, or a register's job to ours."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.settimeout(WRITE_WAITS)

    def read(self) -> bytes:
        """As ``Port.read``."""
        try:
            ready, _, _ = select.select([self._socket], [], [], READ_TIMEOUT)
        except ValueError:  # a socket that another thread has closed has no number any more
            raise OSError(errno.EBADF, "the connection was closed") from None
        if not ready:
            return b""
        data = self._socket.recv(CHUNK)
        if not data:
            raise PortEnded
        return data

    def write(self, data: bytes) -> int:
        """As ``Port.write``."""
        return self._socket.send(data)

    def close(self) -> None:
        """As ``Port.close``."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def connect(address: TcpAddress) -> SocketPort:
    """A connection to a printer on the network."""
    return SocketPort(socket.create_connection((address.host, address.port), CONNECT_WAITS))


class FilePort:
    """A device file (``/dev/usb/lp0``), a pipe, or standard input; never a file that ends and stays."""

    def __init__(self, path: str) -> None:
        """``-`` is standard input."""
        self._own = path != "-"
        if not self._own:
            self._descriptor = sys.stdin.fileno()
            return
        if stat.S_ISREG(Path(path).stat().st_mode):
            raise OSError(errno.EINVAL, "it is a plain file, not a device or pipe")
        # Both ways also for a pipe: opened for reading alone it would wait for its writer and end with it.
        self._descriptor = os.open(path, os.O_RDWR | getattr(os, "O_NOCTTY", 0))

    def read(self) -> bytes:
        """As ``Port.read``."""
        ready, _, _ = select.select([self._descriptor], [], [], READ_TIMEOUT)
        if not ready:
            return b""
        data = os.read(self._descriptor, CHUNK)
        if not data:
            raise PortEnded
        return data

    def write(self, data: bytes) -> int:
        """As ``Port.write``."""
        _, ready, _ = select.select([], [self._descriptor], [], WRITE_WAITS)
        if not ready:
            raise TimeoutError("the device takes no bytes")
        return os.write(self._descriptor, data)

    def close(self) -> None:
        """As ``Port.close``; standard input is left open."""
        if self._own:
            os.close(self._descriptor)
