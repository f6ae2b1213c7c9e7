"""Receipts as a printer gets them: in any encoding under any table, with styles amid words, pictures."""

from __future__ import annotations

from random import Random

import pytest
from told_receipts import money, told_receipts

from drivers.encoding import encode
from drivers.reading import read_receipt

READ = [told for told in told_receipts() if told.kind != "quarantined"]
TABLES = {"cp1258": (94, 27, 52, 0), "tcvn3": (30, 0), "vni": (0, 16), "viscii": (0, 2), "utf-8": (0, 255)}
STYLES = (b"\x1bE\x01", b"\x1bE\x00", b"\x1ba\x01", b"\x1ba\x00", b"\x1d!\x11", b"\x1d!\x00", b"\x1b!\x08",
          b"\x1b-\x01", b"\x1b-\x00", b"\x1bM\x01", b"\x1bM\x00", b"\x1dB\x00", b"\x1b3\x20", b"\x1b2",
          b"\x10\x04\x01", b"\x1dL\x00\x00", b"\x1b{\x00", b"\x1bG\x00", b"\x1c.", b"\x1bR\x00")  # fmt: skip
LOGO = b"\x1dv0\x00\x08\x00\x10\x00" + b"\n\x1dVA1\x00.000" * 8 + bytes(128 - 80)
QR = b"\x1d(k\x04\x00\x31A2\x00\x1d(k\x03\x00\x31C\x06\x1d(k\x0c\x00\x31P0HD 25.000\x1d(k\x03\x00\x31Q0"
BARCODE = b"\x1dH\x02\x1dh\x50\x1dk\x49\x0a{B25.000.0"


def dressed(text: str, encoding: str, dice: Random) -> bytes:
    """The stream of a receipt: the rows' bytes with styles between any two words."""
    stream = [b"\x1b@", b"\x1bt", bytes((dice.choice(TABLES[encoding]),)), b"\x1ba\x01", LOGO, b"\x1ba\x00"]
    for row in text.rstrip("\n").split("\n"):
        for place, word in enumerate(row.split(" ")):
            if dice.random() < 0.3:
                stream.append(dice.choice(STYLES))
            stream.append((b" " if place else b"") + encode(word, encoding))
        stream.append(dice.choice((b"\n", b"\r\n", b"\n", b"\x1bd\x01")))
    stream += [
        QR,
        BARCODE,
        b"\x1bp\x00\x19\xfa",
        b"\x1bd\x04",
        dice.choice((b"\x1dV\x00", b"\x1dVB\x10", b"\x1bi")),
    ]
    return b"".join(stream)


@pytest.mark.parametrize("encoding", TABLES)
def test_says_the_same_whatever_it_wears(encoding: str) -> None:
    dice = Random(encoding)  # noqa: S311 (test data)
    for told in READ:
        reading = read_receipt(dressed(told.text, encoding, dice))
        assert money(reading) == money(read_receipt(told.text.encode())), reading.text
