"""Which goods a shop is known to sell: the names on its own sales."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3

MOST_SALES = 5000  # the newest are looked at


def goods_sold(connection: sqlite3.Connection) -> frozenset[str]:
    """The names of goods on the newest sales, as they were read from letters or written by a person."""
    rows = connection.execute(
        "SELECT DISTINCT json_extract(line.value, '$.name') FROM"
        " (SELECT content FROM sale WHERE json_valid(content) ORDER BY id DESC LIMIT ?) AS newest,"
        " json_each(newest.content, '$.lines') AS line",
        (MOST_SALES,),
    )
    return frozenset(str(row[0]) for row in rows if row[0])
