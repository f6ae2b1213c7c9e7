"""A USB printer without a driver of the system: class 7, bulk endpoints, through pyusb.

Tested against pyusb with a simulated backend; with a real printer on Linux through its device file
(``/dev/usb/lp0``, ``FilePort``), which is the better way where the kernel has one. On Windows pyusb needs the
WinUSB driver for the device (Zadig), after which Windows itself no longer prints to it.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from drivers.ports.port import READ_TIMEOUT

if TYPE_CHECKING:
    from drivers.uri import UsbAddress

PRINTER_CLASS = 7
_IN, _CHUNK = 0x80, 64
_WRITE_MS = 1000


class UsbPort:
    """The first printer with the vendor's and product's numbers, and the serial number if one is named."""

    def __init__(self, address: UsbAddress, backend: Any = None) -> None:
        """Raises:
        OSError: pyusb is not installed, no such printer is plugged in, or it may not be claimed.
        """
        try:
            import usb.core
            import usb.util
        except ImportError as error:
            raise OSError(errno.ENOSYS, "USB printers need pyusb: pip install thungan[usb]") from error
        self._util, self._usb_error = usb.util, usb.core.USBError
        found = [
            device
            for device in usb.core.find(
                find_all=True, idVendor=address.vendor, idProduct=address.product, backend=backend
            )
            if address.serial is None or device.serial_number == address.serial
        ]
        if not found:
            raise FileNotFoundError(
                errno.ENOENT, f"no USB printer {address.vendor:04x}:{address.product:04x} is plugged in"
            )
        self._device = found[0]
        self._interface = self._claim()

    def read(self) -> bytes:
        """As ``Port.read``: the printer's status answers."""
        if self._reading is None:
            import time

            time.sleep(READ_TIMEOUT)
            return b""
        try:
            return bytes(self._reading.read(_CHUNK, int(READ_TIMEOUT * 1000)))
        except self._usb_error as error:
            if error.errno in {errno.ETIMEDOUT, 110, 10060}:
                return b""
            raise

    def write(self, data: bytes) -> int:
        """As ``Port.write``."""
        return int(self._writing.write(data, _WRITE_MS))

    def close(self) -> None:
        """As ``Port.close``."""
        self._util.release_interface(self._device, self._interface)
        self._util.dispose_resources(self._device)

    def _claim(self) -> int:
        for interface in self._device.get_active_configuration():
            if interface.bInterfaceClass != PRINTER_CLASS:
                continue
            number = int(interface.bInterfaceNumber)
            try:
                if self._device.is_kernel_driver_active(number):
                    self._device.detach_kernel_driver(number)
            except NotImplementedError:
                pass  # no kernel drivers to detach on this system
            self._util.claim_interface(self._device, number)
            ends = list(interface)
            self._writing = next(end for end in ends if not end.bEndpointAddress & _IN)
            self._reading = next((end for end in ends if end.bEndpointAddress & _IN), None)
            return number
        raise OSError(errno.ENODEV, "the USB device is no printer (class 7)")
