"""The grammar as pages of documentation: ``python -m drivers.escpos.reference`` prints ``docs/escpos.md``."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from drivers.encoding.pages import VIETNAMESE
from drivers.escpos import grammar, star
from drivers.escpos.lengths import MAX_BELIEVED, shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from drivers.escpos.row import Row

_HEAD = f"""# The ESC/POS grammar

This page is printed from the tables that the parser runs on (`drivers/escpos/grammar.py` and `star.py`) by
`python -m drivers.escpos.reference > docs/escpos.md`; a test compares them. To check a command against the
maker's reference, compare its line: the parameters as printed there, and their length in bytes.

- **First byte**: where commands share their code, the first parameter (decimal) chooses this line.
- **Event**: what the parser makes of it; where the line says so, only for one value of a parameter.
- What no line has is an `Unknown` event of ESC or GS with the byte after it, or of FS, US and DLE alone;
  the text after it goes on. So is a command whose parameters cannot be right: a bar code without its end,
  a picture of more than {MAX_BELIEVED >> 20} MB.
- Real-time commands (DLE) are commands between the bytes of a line; inside another command's data they are
  its data, as its length counts them.
- Macros (GS :) are printed while they are defined, and read then; what GS ^ prints again is not read again.
- Pictures and users' character patterns are walked over as they come; nothing of them is kept.
- A stream is taken for Star's from its first ESC GS, ESC RS or ESC * r on, and for Epson's again from its
  first GS command on.
"""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join(
        (
            _HEAD,
            *_section("Control characters", grammar.SINGLE),
            *_section("ESC", grammar.ESC),
            *_section("GS", grammar.GS),
            *_section("FS", grammar.FS),
            *_section("DLE: real-time commands", grammar.REAL_TIME),
            *_section("US: customer displays on the same line", grammar.DISPLAY),
            *_section("Star line mode: groups", star.GROUPS),
            *_section("Star line mode: ESC", (*star.ESC, star.RASTER_MODE)),
            *_section("Star line mode: one byte", star.SINGLE),
            *_section("Star raster mode (between ESC * r A and ESC * r B)", star.RASTER[:-1]),
            "## Vietnamese code tables (ESC t n)\n",
            "| n | encoding |",
            "|---|---|",
            *(f"| {number} | {name} |" for number, name in VIETNAMESE.items()),
            "",
            "The bytes of the text decide before the table does: see `drivers/encoding/deciding.py`.",
            "",
        )
    )


def _section(title: str, rows: Iterable[Row]) -> list[str]:
    lines = [
        f"## {title}\n",
        "| command | parameters | length | first byte | event | meaning |",
        "|---|---|---|---|---|---|",
    ]
    return [*lines, *(_line(row) for row in sorted(rows, key=lambda row: (row.key, row.first))), ""]


def _line(row: Row) -> str:
    event = row.event.__name__
    if row.only is not None:
        event += f" when byte {row.only[0] + 1} = {row.only[1]}"
    cells = (row.code, row.parameters, row.rule.words, shown(row.first), event, row.about)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(page())
