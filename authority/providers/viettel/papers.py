"""The papers S-Invoice gives back: base64, the XML in a ZIP in a ZIP; bounded whatever they claim."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from base64 import b64decode
from typing import Any

from authority.errors import AnswerNonsense

_LARGEST = 8_000_000  # bytes of one unpacked file
_DEEPEST = 3
_MOST_MEMBERS = 50
# All that the library has for damaged or encrypted archives.
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    ValueError,
)


def paper(given: dict[str, Any], kind: str) -> bytes | None:
    """The PDF or XML in the answer; None while it is empty.

    Raises:
        AnswerNonsense: it holds something else.
    """
    content = given.get("fileToBytes")
    if content is None or content == "":
        return None
    try:
        data = b64decode(content, validate=True)
    except (TypeError, ValueError):
        raise AnswerNonsense("the file is not base64") from None
    if kind == "pdf":
        if not data.startswith(b"%PDF"):
            raise AnswerNonsense("the file is not a PDF")
        return data
    found = _xml_in(data, _DEEPEST)
    if found is None:
        raise AnswerNonsense("there is no XML in the archive")
    return found


def _xml_in(data: bytes, deep: int) -> bytes | None:
    if data.lstrip()[:1] == b"<":
        return data
    if deep == 0:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as bundle:
            members = [entry for entry in bundle.infolist() if _may_hold_xml(entry.filename)]
            for entry in members[:_MOST_MEMBERS]:
                if (found := _xml_in(_read(bundle, entry), deep - 1)) is not None:
                    return found
    except _UNREADABLE:
        raise AnswerNonsense("the archive cannot be read") from None
    return None


def _may_hold_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".zip"))


def _read(bundle: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    with bundle.open(entry) as member:
        data = member.read(_LARGEST + 1)
    if len(data) > _LARGEST:
        raise AnswerNonsense(f"a file in the archive has more than {_LARGEST} bytes")
    return data
