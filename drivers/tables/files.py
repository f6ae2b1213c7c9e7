"""The sales of an exported file, one after another, however large it is: CSV, JSON, XML, Excel.

A file is gone through twice: first to see that it is whole (a file that is still being written, or broken
off, gives no sale at all), then for its sales.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, cast

from drivers.captured import Form
from drivers.errors import FileUnfit
from drivers.tables.csv_rows import csv_records
from drivers.tables.mapping import plain
from drivers.tables.objects import MAX_RECORD, canonical, object_of, read_objects, read_xml
from drivers.tables.record import MAX_ROWS, Found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BytesIO
    from pathlib import Path
    from typing import IO

    from drivers.tables.mapping import Mapping

ENDINGS = {
    "csv": (".csv", ".txt", ".tsv"),
    "json": (".json", ".jsonl", ".ndjson"),
    "xml": (".xml",),
    "excel": (".xlsx", ".xlsm"),
}
MOST_UNPACKED = 1_000_000_000  # bytes of an Excel file's parts: beyond it is no export but an attack


def records_of(path: Path, mapping: Mapping) -> Iterator[Found]:
    """The sales of a file.

    Raises:
        FileUnfit: it is not of the mapping's format, or broken off.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        yield from records_in(file, mapping, path.name)


def records_in(file: IO[bytes], mapping: Mapping, name: str) -> Iterator[Found]:
    """As ``records_of``, of an open file."""
    match mapping.format:
        case "csv":
            yield from csv_records(file, mapping, name)
        case "json":
            yield from _grouped(_json_objects(file, mapping), mapping, name, "record")
        case "xml":
            yield from _xml_records(file, mapping, name)
        case "excel":
            yield from _grouped(_excel_rows(file, mapping), mapping, name, "row")
        case _:
            raise FileUnfit(f"a mapping of a database reads no file such as {name}")


def check_whole(path: Path, mapping: Mapping) -> int:
    """How many sales a file has; the whole of it is gone through.

    Raises:
        FileUnfit, OSError: as ``records_of``.
    """
    return sum(1 for _ in records_of(path, mapping))


def _grouped(
    objects: Iterator[tuple[int, dict[str, Any]]], mapping: Mapping, name: str, word: str
) -> Iterator[Found]:
    """Flat objects with the same key are one sale; where sales are objects of their own, each is one."""
    flat = mapping.per_line and not mapping.lines

    def key(numbered: tuple[int, dict[str, Any]]) -> Any:
        number, one = numbered
        return _key(one, mapping) if flat else number

    for _, group in itertools.groupby(objects, key):
        rows = list(itertools.islice(group, MAX_ROWS + 1))
        numbers = [number for number, _ in rows]
        many = len(numbers) > 1
        origin = f"{name} {word}s {numbers[0]}-{numbers[-1]}" if many else f"{name} {word} {numbers[0]}"
        yield found_of([one for _, one in rows], mapping, origin)


def found_of(objects: list[dict[str, Any]], mapping: Mapping, origin: str) -> Found:
    """The record of objects that are one sale."""
    data = canonical(objects)
    return Found(data, Form.JSON, read_objects(data, mapping), origin)


def _key(one: dict[str, Any], mapping: Mapping) -> tuple[str, ...]:
    from drivers.tables.objects import flat

    cells = flat(one)
    return tuple(str(cells.get(plain(column))) for column in mapping.key)


def _json_objects(file: IO[bytes], mapping: Mapping) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a list, at ``records`` where it is not the whole file; or one object a line."""
    import ijson

    start = file.read(3)
    file.seek(3 if start == b"\xef\xbb\xbf" else 0)
    prefix = mapping.records
    if not prefix:
        first = file.read(1)
        while first.isspace():
            first = file.read(1)
        file.seek(3 if start == b"\xef\xbb\xbf" else 0)
        prefix = "item" if first == b"[" else ""
    elif not prefix.endswith("item"):
        prefix = f"{prefix}.item"
    try:
        for number, one in enumerate(ijson.items(file, prefix, multiple_values=not prefix), 1):
            if not isinstance(one, dict):
                raise FileUnfit(f"record {number} is no object")
            yield number, one
    except (ijson.JSONError, UnicodeDecodeError, ArithmeticError, RecursionError) as error:
        raise FileUnfit(f"this is no whole JSON: {str(error).splitlines()[0][:200]}") from error


def _xml_records(file: IO[bytes], mapping: Mapping, name: str) -> Iterator[Found]:
    from lxml import etree

    flat = mapping.per_line and not mapping.lines
    group: list[bytes] = []
    key: Any = None
    first = number = 0

    def found(last: int) -> Found:
        data = b"<records>" + b"".join(group) + b"</records>"
        origin = f"{name} record {first}" + (f"-{last}" if last > first else "")
        return Found(data, Form.XML, read_xml(data, mapping), origin)

    try:
        events = etree.iterparse(
            file, events=("end",), tag=f"{{*}}{mapping.records}", resolve_entities=False, no_network=True
        )
        for _, element in events:
            number += 1
            own = _key(object_of(element), mapping) if flat else number
            if group and (own != key or len(group) >= MAX_ROWS):
                yield found(number - 1)
                group = []
            if not group:
                first, key = number, own
            data = etree.tostring(element, encoding="utf-8", with_tail=False, xml_declaration=False)
            if len(data) > MAX_RECORD:
                raise FileUnfit(f"record {number} is longer than {MAX_RECORD} bytes")
            group.append(data)
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise FileUnfit(f"this is no whole XML: {error.msg}") from error
    if group:
        yield found(number)


def _excel_rows(file: IO[bytes], mapping: Mapping) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows of a sheet below its heading; a cell with an error (#N/A) is text and so no number."""
    import warnings
    import zipfile

    try:
        with zipfile.ZipFile(file) as parts:
            if sum(part.file_size for part in parts.infolist()) > MOST_UNPACKED:
                raise FileUnfit("the Excel file unpacks to more than 1 GB")
        file.seek(0)
        from openpyxl import load_workbook

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl's remarks on styles and validations
            book = load_workbook(cast("BytesIO", file), read_only=True, data_only=True, keep_links=False)
            try:
                yield from _sheet(book, mapping)
            finally:
                book.close()
    except FileUnfit:
        raise
    except ImportError as error:
        raise FileUnfit("Excel files need openpyxl: pip install thungan[files]") from error
    except GeneratorExit:
        raise
    except Exception as error:
        # openpyxl lets errors of zip, XML and its own reading through; all say the same of the file.
        raise FileUnfit(f"this is no whole Excel file: {type(error).__name__}") from error


def _sheet(book: Any, mapping: Mapping) -> Iterator[tuple[int, dict[str, Any]]]:
    if mapping.sheet and mapping.sheet not in book.sheetnames:
        raise FileUnfit(f"there is no sheet {mapping.sheet!r}, but {', '.join(book.sheetnames)}")
    sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
    sheet.reset_dimensions()
    names: list[str] = []
    for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if number <= mapping.skip or not any(cell is not None and str(cell).strip() for cell in row):
            continue
        if not names:
            names = [f"#{place}" for place in range(1, len(row) + 1)]
            if mapping.header:
                names = [
                    str(cell).strip() if cell is not None and str(cell).strip() else names[place]
                    for place, cell in enumerate(row)
                ]
                if len({plain(name) for name in names}) != len(names):
                    raise FileUnfit("the heading has a column twice")
                continue
        cells = {f"#{place}": cell for place, cell in enumerate(row, 1) if cell is not None}
        if mapping.header:
            named = {name: row[place] if place < len(row) else None for place, name in enumerate(names)}
            # A note beside the table is kept under its column's number, as are all where the mapping counts.
            columns = (*mapping.columns_of_sale, *mapping.line.values())
            counted = any(column.startswith("#") for column in columns)
            beside = {name: cell for name, cell in cells.items() if counted or int(name[1:]) > len(names)}
            cells = {**beside, **named}
        yield number, cells
