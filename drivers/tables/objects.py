"""Records as objects: canonical JSON of files, sheets and databases, and the elements of XML files.

>>> from drivers.tables.objects import canonical
>>> canonical([{"ten": "Cà phê", "gia": Decimal("25000.00")}])
b'[{"gia":25000.00,"ten":"C\\xc3\\xa0 ph\\xc3\\xaa"}]'

Canonical: sorted keys, no blanks, UTF-8, numbers with the digits they had; the same record is the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping as Table
from datetime import date, datetime, time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from drivers.tables.mapping import plain
from drivers.tables.record import Record, record_of_rows

if TYPE_CHECKING:
    from drivers.tables.mapping import Mapping
    from drivers.tables.record import Cell

MAX_RECORD = 1_000_000  # bytes
MAX_DEPTH = 20
MAX_LISTED = 200  # elements of a list that are columns of their own: payments.0.amount


def canonical(value: Any) -> bytes:
    """The one way to write a record; what is no value of a sale is text, so that its column says so."""
    return _written(value, 0).encode()


def read_objects(data: bytes, mapping: Mapping) -> Record:
    """The record of canonical JSON: a list of one object, or of the flat rows of one sale."""
    try:
        objects = json.loads(data, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, ArithmeticError):
        return Record({}, (), ("the record cannot be read as JSON",))
    if not isinstance(objects, list) or not objects or not all(isinstance(one, dict) for one in objects):
        return Record({}, (), ("the record is no object",))
    return record_of_objects(objects, mapping)


def read_xml(data: bytes, mapping: Mapping) -> Record:
    """The record of elements inside ``<records>``."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Record({}, (), ("the record cannot be read as XML",))
    return record_of_objects([object_of(element) for element in root], mapping)


def record_of_objects(objects: list[dict[str, Any]], mapping: Mapping) -> Record:
    """One object with its lines inside, or flat objects that are the lines of one sale."""
    if not mapping.lines:
        return record_of_rows([flat(one) for one in objects], mapping)
    head = flat(objects[0])
    inside: Any = objects[0]
    for step in mapping.lines.split("."):
        inside = inside.get(step) if isinstance(inside, dict) else None
    if isinstance(inside, dict):
        inside = [inside]  # XML does not tell a list of one from one
    if not isinstance(inside, list) or not all(isinstance(one, dict) for one in inside):
        return Record(head, (), (f"there are no lines under {mapping.lines}",))
    problems = ("more than one object",) if len(objects) > 1 else ()
    return Record(head, tuple(flat(one) for one in inside), problems)


def flat(value: Any) -> dict[str, Cell]:
    """An object's cells by their paths: ``{"a": {"b": 1}}`` is ``{"a.b": 1}``."""
    cells: dict[str, Cell] = {}
    _flatten(value, "", cells, 0)
    return cells


def object_of(element: Any) -> dict[str, Any]:
    """An XML element as an object: attributes ``@name``, children by name; repeated ones are a list."""
    return _object_of(element, 0)


def _object_of(element: Any, depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {f"@{_local(name)}": str(value) for name, value in element.attrib.items()}
    for child in element:
        if not isinstance(child.tag, str):
            continue
        name = _local(child.tag)
        leaf = not len(child) and not child.attrib
        value: Any = (
            (child.text or "").strip() if leaf or depth >= MAX_DEPTH else _object_of(child, depth + 1)
        )
        if name in made:
            before = made[name]
            made[name] = [*before, value] if isinstance(before, list) else [before, value]
        else:
            made[name] = value
    text = (element.text or "").strip()
    if text:
        made["#text"] = text
    return made


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _flatten(value: Any, path: str, cells: dict[str, Cell], depth: int) -> None:
    if isinstance(value, dict) and depth < MAX_DEPTH:
        for name, inner in value.items():
            _flatten(inner, f"{path}.{name}" if path else str(name), cells, depth + 1)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        for place, inner in enumerate(value[:MAX_LISTED]):
            _flatten(inner, f"{path}.{place}", cells, depth + 1)
    elif not isinstance(value, dict | list):
        cells[plain(path)] = value


def _written(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        return '"…"'
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Table):
        inner = sorted((str(name), one) for name, one in value.items())
        return "{" + ",".join(f"{_written(name, 0)}:{_written(one, depth + 1)}" for name, one in inner) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_written(one, depth + 1) for one in value) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        value = Decimal(f"{value:.15g}")  # what a sheet shows of it: 0.3, not 0.30000000000000004
        value = (
            value.quantize(Decimal(1))
            if value == value.to_integral_value() and abs(value) < 10**18
            else value
        )
    if isinstance(value, Decimal):
        if not value.is_finite():
            return json.dumps(str(value))
        return format(value, "f") if abs(value.adjusted()) < 40 else json.dumps(str(value))
    if isinstance(value, datetime | date | time):
        return json.dumps(value.isoformat())
    if isinstance(value, bytes | bytearray | memoryview):
        return json.dumps(bytes(value).decode("latin-1"), ensure_ascii=False)
    return json.dumps(str(value), ensure_ascii=False)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of a record")
