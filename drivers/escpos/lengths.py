"""How long each ESC/POS command is: the Epson command reference as a table and the few variable forms.

``command_length`` answers for the bytes at hand: a length, None (more bytes are needed), or 0 (unknown).
"""

_ESC = {
    **dict.fromkeys(b"@2<LSimu\x0c", 0),
    **dict.fromkeys(b" !-%3=?EGJKMRTUVadert{ijfs", 1),
    **dict.fromkeys(b"$\\cQ", 2),
    **dict.fromkeys(b"p", 3),
    **dict.fromkeys(b"W", 8),
}
_ESC.update(dict.fromkeys(b"im", 0))
_GS = {
    **dict.fromkeys(b":c\x0c", 0),
    **dict.fromkeys(b"!#/BEHITabfhjrw", 1),
    **dict.fromkeys(b"$LPW\\", 2),
    **dict.fromkeys(b"^", 3),
}
_FS = {
    **dict.fromkeys(b"&.", 0),
    **dict.fromkeys(b"!-CW", 1),
    **dict.fromkeys(b"Sp?", 2),
    **dict.fromkeys(b"g", 2),
}
_DLE = {0x04: 1, 0x05: 1, 0x14: 3}
_CUT_WITH_FEED = frozenset(b"ABCDabcdefgh")
MAX_CODE = 255


def command_length(data: bytes, at: int) -> int | None:
    """Length of the command that begins at ``data[at]`` with ESC, GS, FS or DLE."""
    if at + 1 >= len(data):
        return None
    lead, op = data[at], data[at + 1]
    if lead == 0x10:
        if op == 0x04 and data[at + 2 : at + 3] in {b"\x07", b"\x08"}:
            return 4
        if op == 0x14 and data[at + 2 : at + 3] == b"\x08":
            return 10
        return 2 + _DLE[op] if op in _DLE else 0
    if op == 0x28:  # ( fn pL pH: the extensible commands of all three families
        return _counted(data, at, 3, 2, 1)
    if lead == 0x1B:
        if op == 0x2A:  # ESC * m nL nH: bit image, one or three bytes a column
            wide = 3 if data[at + 2 : at + 3] >= b"\x20" else 1
            return _counted(data, at, 3, 2, wide)
        if op == 0x44:  # ESC D: tab stops up to NUL, 32 at the most
            end = data.find(b"\0", at + 2, at + 35)
            if end >= 0:
                return end + 1 - at
            return None if len(data) < at + 35 else 2
        if op == 0x26:
            return _characters(data, at)
        return 2 + _ESC[op] if op in _ESC else 0
    if lead == 0x1D:
        return _gs_length(data, at, op)
    if op == 0x71:
        return _nv_images(data, at)
    return 2 + _FS[op] if op in _FS else 0


def _gs_length(data: bytes, at: int, op: int) -> int | None:
    if op == 0x56:  # GS V m [n]
        if at + 2 >= len(data):
            return None
        return 4 if data[at + 2] in _CUT_WITH_FEED else 3
    if op == 0x6B:  # GS k m d… NUL, or m ≥ 65: n d…
        if at + 2 >= len(data):
            return None
        if data[at + 2] >= 65:
            return _counted(data, at, 3, 1, 1)
        end = data.find(b"\0", at + 3, at + 3 + MAX_CODE + 1)
        if end >= 0:
            return end + 1 - at
        return None if len(data) < at + 3 + MAX_CODE + 1 else 3
    if op == 0x76:  # GS v 0 m xL xH yL yH: raster
        if len(data) < at + 8:
            return None
        return 8 + (data[at + 4] + 256 * data[at + 5]) * (data[at + 6] + 256 * data[at + 7])
    if op == 0x38:  # GS 8 L p1 p2 p3 p4
        return _counted(data, at, 3, 4, 1)
    if op == 0x2A:  # GS * x y: downloaded bit image
        if len(data) < at + 4:
            return None
        return 4 + data[at + 2] * data[at + 3] * 8
    if op == 0x43:  # GS C 0|1|2
        if at + 2 >= len(data):
            return None
        return {0x30: 5, 0x31: 9, 0x32: 5}.get(data[at + 2], 3)
    if op == 0x67:
        return 6
    return 2 + _GS[op] if op in _GS else 0


def _counted(data: bytes, at: int, head: int, size: int, unit: int) -> int | None:
    if len(data) < at + head + size:
        return None
    return head + size + int.from_bytes(data[at + head : at + head + size], "little") * unit


def _characters(data: bytes, at: int) -> int | None:
    """ESC & y c1 c2 [x d…]…: user-defined characters."""
    if len(data) < at + 5:
        return None
    height, first, last = data[at + 2 : at + 5]
    place = at + 5
    for _ in range(max(0, last - first + 1)):
        if place >= len(data):
            return None
        place += 1 + data[place] * height
    return place - at


def _nv_images(data: bytes, at: int) -> int | None:
    """FS q n [xL xH yL yH d…]…: pictures for the printer's memory."""
    if at + 2 >= len(data):
        return None
    place = at + 3
    for _ in range(data[at + 2]):
        if len(data) < place + 4:
            return None
        size = (data[place] + 256 * data[place + 1]) * (data[place + 2] + 256 * data[place + 3]) * 8
        place += 4 + size
    return place - at
