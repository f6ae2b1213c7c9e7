"""A process that holds PINs and keys leaves no picture of its memory behind when it crashes (promise P6)."""

from __future__ import annotations

import sys
from contextlib import suppress

_PR_SET_DUMPABLE = 4  # linux/prctl.h
_NO_ERROR_BOXES = 0x0001 | 0x0002  # SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX (winbase.h)


def forbid_dumps() -> None:
    """No core file, no crash report with memory, no reading of this process by others of the same user.

    The limit alone would not do: a kernel that pipes cores into a collector does not ask for it. What a
    system does not offer is left out.
    """
    import ctypes  # late: only the daemon needs it

    if sys.platform == "win32":
        ctypes.windll.kernel32.SetErrorMode(_NO_ERROR_BOXES)
        return
    import resource

    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
