"""Named places where a storm test may kill the process (promise P1).

``THUNGAN_CRASH_AT=issue.before-commit:3`` kills with SIGKILL at the third passage. Unset (always, in a
shop) a passage costs one comparison.
"""

import os
import signal
import sys

_WANTED, _, _COUNT = os.environ.get("THUNGAN_CRASH_AT", "").partition(":")
_left = [int(_COUNT or "1")]


def crash_point(name: str) -> None:
    """Die here, as by a power cut, if the environment asks for it."""
    if not _WANTED or name != _WANTED:
        return
    _left[0] -= 1
    if _left[0] <= 0:
        if sys.platform == "win32":
            os._exit(137)
        os.kill(os.getpid(), signal.SIGKILL)
