"""Which encoding is a receipt in? Its own bytes say, and the printer's table where they leave it open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from drivers.encoding.coding import decode
from drivers.encoding.pages import VIETNAMESE, page_encoding
from drivers.encoding.syllable import looks_vietnamese

if TYPE_CHECKING:
    from collections.abc import Sequence

BY_TABLE = "by-table"
_CANDIDATES = ("cp1258", "tcvn3", "vni", "viscii")
_SURE = 0.3  # of ``looks_vietnamese``: names of foreign goods are among the words
_SAMPLE = 65_536  # bytes: far more than a receipt has
_UTF8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_HIGH = re.compile(rb"[\x80-\xff]")


def decide(data: bytes, table: int | None) -> str:
    """The encoding of a receipt's text bytes, printed with ``table`` (n of ESC t, None: none chosen).

    ``ascii``, ``utf-8``, ``cp1258``, ``tcvn3``, ``tcvn3-capitals``, ``vni``, ``viscii``; or, where the
    bytes are no Vietnamese, the codec of the table.
    """
    name = decide_runs([(data, table)])
    return run_encoding(name, table, data)


def decide_runs(runs: Sequence[tuple[bytes, int | None]]) -> str:
    """The one encoding of a receipt's runs of text (bytes, table); ``by-table``: each is in its table's."""
    data = b"\n".join(run for run, _ in runs)
    if data.isascii():
        return "ascii"
    if _is_utf8(data):
        return "utf-8"
    hints = [VIETNAMESE[table] for _, table in runs if table in VIETNAMESE]
    order = [*(hint.removesuffix("-capitals") for hint in hints[:1]), *_CANDIDATES]
    scores = {name: looks_vietnamese(decode(data[:_SAMPLE], name)) for name in dict.fromkeys(order)}
    best = max(scores, key=lambda name: scores[name])  # of equals the first: the table's, then the commonest
    if scores[best] >= _SURE:
        capitals = best == "tcvn3" and set(hints) == {"tcvn3-capitals"} and len(runs) == 1
        return "tcvn3-capitals" if capitals else best
    return BY_TABLE if any(table is not None for _, table in runs) else "cp1258"


def run_encoding(encoding: str, table: int | None, data: bytes = b"") -> str:
    """The encoding of one run (``data``, its table) of a receipt that is in ``encoding`` as a whole."""
    if encoding == BY_TABLE:
        return page_encoding(table or 0, data) or "cp1258"
    if encoding == "tcvn3" and VIETNAMESE.get(table or 0) == "tcvn3-capitals":
        return "tcvn3-capitals"
    return encoding


def _is_utf8(data: bytes) -> bool:
    """Nearly all bytes beyond ASCII are in UTF-8 sequences: a register may cut names amid a letter."""
    broken = len(_HIGH.findall(_UTF8.sub(b"", data)))
    return broken * 10 <= len(_HIGH.findall(data)) - broken
