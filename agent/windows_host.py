"""Windows' side of the service, by pywin32: the program ``thungan-service.exe`` (installer/thungan.spec).

Type-checked on any system, run on Windows only: installer/windows/README.md says what was run where.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.log_files import set_up_log
from agent.windows_service import run_service

if sys.platform == "win32" or TYPE_CHECKING:
    import servicemanager
    import win32event
    import win32service
    import win32serviceutil

    class ThunganService(win32serviceutil.ServiceFramework):
        """The service ``thungan`` of one register."""

        _svc_name_ = "thungan"
        _svc_display_name_ = "thungan - hóa đơn máy tính tiền"
        _svc_description_ = "Lập, ký, lưu và gửi hóa đơn điện tử từ máy tính tiền."

        def __init__(self, arguments: Any) -> None:
            super().__init__(arguments)
            self._stop = win32event.CreateEvent(None, 1, 0, None)  # stays set

        def SvcStop(self) -> None:  # noqa: N802 - pywin32's name
            """Windows asks for the end."""
            self.ReportServiceStatus(win32service.SERVICE_STOP_PENDING)
            win32event.SetEvent(self._stop)

        def SvcShutdown(self) -> None:  # noqa: N802 - pywin32's name
            """The computer is switched off."""
            self.SvcStop()

        def SvcDoRun(self) -> None:  # noqa: N802 - pywin32's name
            """The service's life."""
            folder = data_folder()
            set_up_log(folder if folder.is_dir() else None)
            code = run_service(self, folder)
            if code:
                # Only a process that ends without having said «stopped» sets off the recovery actions.
                os._exit(code)

        def running(self) -> None:
            """See ``ServiceHost``."""
            self.ReportServiceStatus(win32service.SERVICE_RUNNING)

        def stop_asked(self) -> bool:
            """See ``ServiceHost``."""
            asked = win32event.WaitForSingleObject(self._stop, 0)
            return bool(asked == win32event.WAIT_OBJECT_0)

        def event(self, words: str, *, error: bool) -> None:
            """See ``ServiceHost``."""
            say = servicemanager.LogErrorMsg if error else servicemanager.LogInfoMsg
            say(words)


def data_folder() -> Path:
    """One data folder for the computer: the service's account has no desktop and no profile of its own."""
    return Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData")) / "thungan"


def main() -> int:
    """Called by Windows without words, by a person with ``install``, ``remove``, ``start`` or ``stop``."""
    if sys.platform != "win32":
        sys.stderr.write("E-AGT-011: Windows services exist on Windows only. On Linux use systemd.\n")
        return 2
    if len(sys.argv) == 1:
        servicemanager.Initialize()
        servicemanager.PrepareToHostSingle(ThunganService)
        servicemanager.StartServiceCtrlDispatcher()
        return 0
    return int(win32serviceutil.HandleCommandLine(ThunganService) or 0)
