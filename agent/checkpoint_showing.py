"""``thungan audit checkpoint``: the ledger's last checkpoint, to be kept by somebody else.

As text, as a QR on the screen, as a picture, or as paper from the receipt printer with the day's report.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from agent.errors import FileUnwritable
from outbox.checkpoint import parse_checkpoint
from outbox.errors import NotFound
from outbox.reports import newest_checkpoint
from outbox.store import open_reader

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from agent.config import Config

PICTURES = frozenset({".png", ".svg", ".pdf", ".eps"})
PAPER = (
    "MỐC KÝ SỔ CÁI / LEDGER CHECKPOINT",
    "{name}",
    "MST {tax_code} - máy {register}",
    "{at}",
    "{size} bản ghi / entries",
    "Giữ lại để đối chiếu khi kiểm tra",
)


def show_checkpoint(config: Config, arguments: argparse.Namespace) -> int:
    """Print the checkpoint, and its QR where asked.

    Raises:
        NotFound: the daemon has not signed any yet.
        FileUnwritable: the picture or paper cannot be written.
    """
    at, note = last_checkpoint(config)
    output: Path | None = arguments.output
    if output is not None:
        _write(output, note, at, config)
        sys.stdout.write(f"{output}\n")
    elif arguments.json:
        origin, size, root = parse_checkpoint(note)
        found = {"origin": origin, "size": size, "root": root.hex(), "at": at, "note": note}
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    elif arguments.qr:
        import segno

        segno.make_qr(note, error="l").terminal(out=sys.stdout, compact=True)
        sys.stdout.write(f"{at}\n{note}")
    else:
        sys.stdout.write(note)
    return 0


def last_checkpoint(config: Config) -> tuple[str, str]:
    """When the newest checkpoint was signed, and its note.

    Raises:
        NotFound: there is none.
    """
    connection = open_reader(config.folder / "thungan.db")
    try:
        found = newest_checkpoint(connection)
    finally:
        connection.close()
    if found is None:
        raise NotFound("no checkpoint has been signed yet: the daemon signs one every ten minutes")
    return found


def _write(output: Path, note: str, at: str, config: Config) -> None:
    """A picture by the name's ending; any other name gets what a receipt printer takes."""
    import segno

    try:
        if output.suffix.lower() in PICTURES:
            segno.make_qr(note, error="m").save(str(output), scale=6)
        else:
            output.write_bytes(checkpoint_paper(note, at, config))
    except OSError as error:
        raise FileUnwritable(f"{output} cannot be written: {error.strerror}") from error


def checkpoint_paper(note: str, at: str, config: Config) -> bytes:
    """The checkpoint as paper: a heading, and the QR of the whole note."""
    from drivers.codeblock import code_block, slip

    _, size, _ = parse_checkpoint(note)
    lines = tuple(
        line.format(
            name=config.seller.name,
            tax_code=config.seller.tax_code,
            register=config.register.number,
            at=at,
            size=f"{size:,}",
        )
        for line in PAPER
    )
    return slip(code_block(lines, note, encoding="utf-8", printer=config.printer), config.printer)
