"""Words to the service manager: ready, alive, stopping (systemd's sd_notify protocol).

Without a service manager (``NOTIFY_SOCKET`` is not set) nothing is said. Windows' service has its own way
(installer/windows/service.py).
"""

from __future__ import annotations

import os
import socket


def tell_service_manager(words: str) -> bool:
    """Send ``words``, such as ``READY=1`` or ``WATCHDOG=1``; whether somebody was there to hear them."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address or not hasattr(socket, "AF_UNIX"):
        return False
    if address.startswith("@"):  # Linux's abstract sockets are written so
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        try:
            line.sendto(words.encode(), address)
        except OSError:
            return False  # the manager is gone: selling goes on without it
    return True
