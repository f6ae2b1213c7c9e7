"""What can be known of Windows' files on another system: the set-up compiles, the version resource is one."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from installer.programs import ROOT
from installer.windows_version import version_resource

WINDOWS = ROOT / "installer" / "windows"


def test_the_version_resource_is_made_of_what_pyinstaller_knows() -> None:
    """PyInstaller evaluates the text with seven names; here each name keeps what it is given."""

    def keep(*parts: object, **named: object) -> object:
        return named or parts

    seven = ("VSVersionInfo", "FixedFileInfo", "StringFileInfo", "StringTable", "StringStruct")
    names = dict.fromkeys((*seven, "VarFileInfo", "VarStruct"), keep)
    resource = eval(version_resource("1.2.3"), names)  # noqa: S307 - as PyInstaller itself reads it
    assert resource["ffi"]["filevers"] == resource["ffi"]["prodvers"] == (1, 2, 3, 0)
    language, texts = resource["kids"][0][0][0]
    assert (language, dict(texts)["ProductVersion"]) == ("042A04B0", "1.2.3")


@pytest.mark.skipif(shutil.which("makensis") is None, reason="needs NSIS (make test-package installs it)")
def test_the_set_up_compiles_without_a_warning(tmp_path: Path) -> None:
    payload = tmp_path / "payload"
    payload.mkdir()
    (payload / "thungan.exe").write_bytes(b"MZ")
    done = subprocess.run(
        [
            "makensis", "-V2", "-WX", "-DVERSION=1.2.3", f"-DPAYLOAD={payload}",
            f"-DUPDATER={payload / 'thungan.exe'}",
            f"-DLICENSE={ROOT / 'LICENSE'}", f"-DOUTPUT={tmp_path / 'thungan-setup.exe'}", "thungan.nsi",
        ],
        cwd=WINDOWS,
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "thungan-setup.exe").read_bytes()[:2] == b"MZ"


def test_the_set_up_keeps_invoices_and_opens_no_door() -> None:
    script = (WINDOWS / "thungan.nsi").read_text("utf-8")
    removed = re.findall(r"^\s*(?:RMDir(?: /r)?|Delete) (.*)$", script, re.MULTILINE)
    assert removed
    assert not [line for line in removed if "${DATA}" in line or "APPDATA" in line]
    assert "netsh" not in script
    assert "advfirewall" not in script
