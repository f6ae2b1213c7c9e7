"""Single values of documents exactly as this program writes them, found without parsing."""

from __future__ import annotations

import re


def value_in(document: bytes, tag: bytes) -> str:
    """The text of the first element of that name; "" where there is none."""
    _, found, rest = document.partition(b"<" + tag + b">")
    return rest.partition(b"<")[0].decode("utf-8", "replace") if found else ""


def _extra(document: bytes, name: bytes) -> str:
    rest = document.partition(b"<TTruong>" + name + b"</TTruong>")[2]
    return rest.partition(b"<DLieu>")[2].partition(b"</DLieu>")[0].decode("utf-8", "replace")


def day_of(document: bytes) -> str:
    """The legal day (NLap) that stands in an invoice."""
    return value_in(document, b"NLap")


def witness_of(document: bytes) -> tuple[int | None, bytes | None]:
    """Size and root of the ledger that stand in an invoice; None where they do not."""
    size, root = _extra(document, b"SoCaiSoLa"), _extra(document, b"SoCaiGoc")
    if not size.isascii() or not size.isdigit() or len(size) > 18 or not re.fullmatch("[0-9a-f]{64}", root):
        return None, None
    return int(size), bytes.fromhex(root)
