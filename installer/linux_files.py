"""What the command line says of itself, as Linux wants it: the man page and the completion of the shells."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING

from agent.cli import whole_parser
from installer.programs import commit_time

if TYPE_CHECKING:
    from pathlib import Path

SHELLS = {
    "bash": "usr/share/bash-completion/completions/thungan",
    "zsh": "usr/share/zsh/vendor-completions/_thungan",
}


def write_linux_files(root: Path) -> None:
    """Write man page and completions below ``root``, as a package has them."""
    import shtab
    from argparse_manpage.manpage import Manpage

    os.environ["SOURCE_DATE_EPOCH"] = str(commit_time())  # the date in the man page's head
    parser = whole_parser()
    for shell, name in SHELLS.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(shtab.complete(parser, shell), "utf-8")
    page = str(Manpage(parser)).replace(
        ".SH NAME\nthungan\n", ".SH NAME\nthungan \\- agent of a shop's cash register\n"
    )
    write_gzip(root / "usr/share/man/man1/thungan.1.gz", page.encode())


def write_gzip(path: Path, content: bytes) -> None:
    """Compressed without date and name, so that the same content gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 9, mtime=0))
