"""The version resource of the Windows programs: scanners and Windows itself ask who a program is."""

from __future__ import annotations

import sys
from pathlib import Path

from installer.programs import project_version

_RESOURCE = """\
VSVersionInfo(
  ffi=FixedFileInfo(filevers={numbers}, prodvers={numbers}, mask=0x3F, flags=0x0, OS=0x40004, fileType=0x1),
  kids=[
    StringFileInfo([StringTable("042A04B0", [
      StringStruct("CompanyName", "The thungan authors"),
      StringStruct("FileDescription", "thungan - hóa đơn máy tính tiền"),
      StringStruct("FileVersion", "{version}"),
      StringStruct("InternalName", "thungan"),
      StringStruct("LegalCopyright", "The thungan authors, Apache-2.0"),
      StringStruct("ProductName", "thungan"),
      StringStruct("ProductVersion", "{version}"),
    ])]),
    VarFileInfo([VarStruct("Translation", [0x042A, 1200])]),
  ],
)
"""


def version_resource(version: str) -> str:
    """PyInstaller's text form of the resource (language 042A: Vietnamese, code page 04B0: Unicode)."""
    numbers = tuple(int(part) for part in (*version.split("."), "0", "0", "0")[:4])
    return _RESOURCE.format(numbers=numbers, version=version)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(version_resource(project_version()), "utf-8")
