"""The goods that a shop sells, by which names on pictures are held: its price list, and what it has sold.

``goods.txt`` beside config.toml may hold the price list, a name on each line, as receipts show it. A name
that is on neither is for a person; what a person has set right is known from then on.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from unicodedata import normalize

from outbox.goods import goods_sold

if TYPE_CHECKING:
    import sqlite3
    from pathlib import Path

GOODS_FILE = "goods.txt"
MOST_BYTES = 4_000_000
log = logging.getLogger("thungan")


def known_goods(folder: Path, connection: sqlite3.Connection) -> frozenset[str]:
    """Names from the data folder's ``goods.txt``, if it is there, and from the newest sales."""
    return goods_in(folder / GOODS_FILE) | goods_sold(connection)


def goods_in(path: Path) -> frozenset[str]:
    """The names in a price list, UTF-8; a list that cannot be read names none, and the log says why."""
    try:
        if not path.is_file():
            return frozenset()
        text = path.read_bytes()[:MOST_BYTES].decode("utf-8-sig", "replace")
    except OSError as error:
        log.warning("%s: %s", path, error.strerror or error)
        return frozenset()
    return frozenset(name for line in normalize("NFC", text).splitlines() if (name := " ".join(line.split())))
