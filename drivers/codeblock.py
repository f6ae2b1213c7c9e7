"""The seller's code block, printed before the cut: authority code, symbol, number and the look-up QR."""

from collections.abc import Sequence

from drivers.encoding import encode

_CENTRE, _LEFT = b"\x1ba\x01", b"\x1ba\x00"


def code_block(lines: Sequence[str], qr_text: str, *, encoding: str = "ascii") -> bytes:
    """ESC/POS bytes of the block in the receipt's own encoding; a QR is the printer's own (GS ( k)."""
    text = b"".join(encode(line, encoding) + b"\n" for line in lines)
    if not qr_text:
        return b"\n" + _CENTRE + text + _LEFT + b"\n\n\n"
    payload = qr_text.encode()
    store = len(payload) + 3
    qr = b"".join(
        (
            b"\x1d(k\x04\x001A2\x00",  # model 2
            b"\x1d(k\x03\x001C\x05",  # module of five dots
            b"\x1d(k\x03\x001E1",  # error correction M
            b"\x1d(k" + store.to_bytes(2, "little") + b"1P0" + payload,
            b"\x1d(k\x03\x001Q0",
        )
    )
    return b"\n" + _CENTRE + text + qr + _LEFT + b"\n\n\n"
