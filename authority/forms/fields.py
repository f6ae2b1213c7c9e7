"""Tables of form fields, and the two programs that come from them: a canonical writer and a strict reader.

>>> from dataclasses import dataclass
>>> from authority.forms.fields import Field, Group, read_form, write_form
>>> @dataclass(frozen=True)
... class Note:
...     place: str
>>> table = Group("DLTBao", (Field("MSo", "", "Mẫu số", 15, constant="04/SS"), Field("DDanh", "place",
...     "Địa danh", 50)), make=Note)
>>> write_form(table, Note("Đà Nẵng"), "_1").decode()
'<DLTBao Id="_1"><MSo>04/SS</MSo><DDanh>Đà Nẵng</DDanh></DLTBao>'
>>> from authority.elements import parse_document
>>> read_form(table, parse_document(write_form(table, Note("Đà Nẵng"), "_1")))
Note(place='Đà Nẵng')

What is written is Canonical XML from the first byte (no namespaces, start and end tag pairs), so the bytes
hashed are the bytes stored. A reader that meets anything the table does not say (an unknown tag, another
order, a missing or repeated one, a value of another type) names it by its path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from authority.elements import VIETNAM, local_name
from authority.errors import FormInvalid
from errors import ThunganError
from invoice.document import canonical_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lxml.etree import _Element

T = TypeVar("T")
Condition = Callable[[Any], bool]

_DIGITS, _DECIMALS = 21, 6
_MOST_ITEMS = 9_999  # STT has at most four digits
_WHOLE = re.compile(r"[0-9]+")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_MOMENT = "%Y-%m-%dT%H:%M:%S"


class Type(Enum):
    """How a value is written: text, whole number ≥ 0, amount, yes/no as 1/0, date, date-time (Vietnam), and
    the place of an item in its list, which belongs to no value and is read over."""

    TEXT = "text"
    WHOLE = "whole number"
    AMOUNT = "number"
    FLAG = "0 or 1"
    DAY = "date YYYY-MM-DD"
    MOMENT = "date-time YYYY-MM-DDThh:mm:ss"
    POSITION = "place in the list"


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf element. ``source`` is the attribute of the enclosing value; None there leaves the tag out.

    ``longest`` counts the characters of a text, its white space folded, or the digits of a whole number.
    ``required`` may be a question to the enclosing value. ``of`` turns a whole number into its enum.
    ``pattern``: the whole text must match it. ``constant``: always this text, no attribute. ``each``: the
    attribute is a tuple, and the element stands once for every value.
    """

    tag: str
    source: str
    name: str
    longest: int = 0
    type: Type = Type.TEXT
    required: bool | Condition = True
    of: Callable[[int], object] = int
    pattern: str = ""
    constant: str = ""
    each: bool = False


@dataclass(frozen=True, slots=True)
class Group(Generic[T]):
    """An element with children. ``source``: the attribute with its value, "" for the same value.

    ``make`` builds the value from its children when reading; a group with a ``source`` has one. ``each``:
    the attribute is a tuple, the element stands once per item. A group that is not ``required`` holds
    lists only, and is left out when they are empty. A group with the tag "" has no element of its own: its
    children stand among their neighbours.
    """

    tag: str
    children: tuple[Field | Group[Any], ...]
    source: str = ""
    make: Callable[..., T] | None = None
    each: bool = False
    required: bool = True


def write_form(table: Group[T], value: T, content_id: str) -> bytes:
    """The canonical bytes of the table's element with this Id.

    Raises:
        FormInvalid: a value that breaks the table, with the path of its field.
    """
    inside = "".join(_written(table, value, table.tag, 0))
    return f'<{table.tag} Id="{content_id}">{inside}</{table.tag}>'.encode()


def read_form(table: Group[T], element: _Element) -> T:
    """The value of an element that keeps to the table in every point.

    Raises:
        FormInvalid: the first point where it does not, with the path of its field.
    """
    if local_name(element) != table.tag or table.make is None:
        raise FormInvalid(table.tag, f"the element is {local_name(element)[:40]!r}")
    value = table.make(**_read(table, element, table.tag))
    for _ in _written(table, value, table.tag, 0):
        pass  # lengths and conditions are asked by writing it
    return value


def shown(table: Group[T], value: T) -> Iterator[tuple[str, str]]:
    """What the form says, for a person: the fields' Vietnamese names with their values as written."""
    yield from _shown(table, value)


# Writing


def _written(group: Group[Any], value: object, path: str, position: int) -> Iterator[str]:
    for part in group.children:
        if isinstance(part, Field):
            yield from _written_field(part, value, f"{path}/{part.tag}", position)
        elif not part.tag:
            yield from _written(part, getattr(value, part.source), path, position)
        else:
            yield from _written_group(part, value, f"{path}/{part.tag}", position)


def _written_group(group: Group[Any], owner: object, path: str, position: int) -> Iterator[str]:
    inner: Any = getattr(owner, group.source) if group.source else owner
    if not group.each:
        inside = "".join(_written(group, inner, path, position))
        if inside or group.required:
            yield f"<{group.tag}>{inside}</{group.tag}>"
        return
    if group.required and not inner:
        raise FormInvalid(path, "at least one is needed")
    if len(inner) > _MOST_ITEMS:
        raise FormInvalid(path, f"{len(inner)} items, at most {_MOST_ITEMS}")
    for number, item in enumerate(inner, start=1):
        inside = "".join(_written(group, item, f"{path}[{number}]", number))
        yield f"<{group.tag}>{inside}</{group.tag}>"


def _written_field(field: Field, owner: object, path: str, position: int) -> Iterator[str]:
    if field.type is Type.POSITION:
        yield f"<{field.tag}>{position}</{field.tag}>"
        return
    held: Any = field.constant or getattr(owner, field.source)
    written = False
    for value in held if field.each else (held,):
        if words := "" if value is None else _words(field, value, path):
            written = True
            yield f"<{field.tag}>{words}</{field.tag}>"
    needed = field.required(owner) if callable(field.required) else field.required
    if needed and not written:
        raise FormInvalid(path, f"it is missing ({field.name})")


def _words(field: Field, value: Any, path: str) -> str:
    match field.type:
        case Type.WHOLE:
            words = str(int(value))
            if not _WHOLE.fullmatch(words) or len(words) > field.longest:
                raise FormInvalid(
                    path, f"{words[:40]} is not a whole number of at most {field.longest} digits"
                )
        case Type.AMOUNT:
            words = _amount(value, path)
        case Type.FLAG:
            words = "1" if value else "0"
        case Type.DAY:
            words = value.isoformat()
        case Type.MOMENT:
            words = value.astimezone(VIETNAM).strftime(_MOMENT)
        case _:
            words = _text(field, " ".join(value.split()), path)
    return words


def _text(field: Field, words: str, path: str) -> str:
    if len(words) > field.longest:
        raise FormInvalid(path, f"{len(words)} characters, at most {field.longest} ({field.name})")
    if words and field.pattern and not re.fullmatch(field.pattern, words, re.ASCII):
        raise FormInvalid(path, f"{words[:60]!r} is not of the form of {field.name}")
    try:
        return canonical_text(words)
    except ThunganError as error:
        raise FormInvalid(path, error.message) from error


def _amount(value: Decimal, path: str) -> str:
    if not value.is_finite():
        raise FormInvalid(path, f"{value} is not a number")
    short = value.normalize() + 0  # + 0: no minus before zero
    if short != value:
        raise FormInvalid(path, "it has more digits than any amount")
    words = format(short, "f")
    whole, _, fraction = words.lstrip("-").partition(".")
    if len(fraction) > _DECIMALS or len(whole) + len(fraction) > _DIGITS:
        raise FormInvalid(path, f"{words[:40]} has more than {_DIGITS} digits or {_DECIMALS} decimals")
    return words


# Reading


def _read(group: Group[Any], element: _Element, path: str) -> dict[str, Any]:
    """The attributes of the enclosing value; tags must stand in the table's order."""
    found = [part for part in element if isinstance(part.tag, str)]
    if (element.text or "").strip() or any((part.tail or "").strip() for part in element):
        raise FormInvalid(path, "there is text between its elements")
    known = set(_tags(group))
    for part in found:
        if (name := local_name(part)) not in known:
            raise FormInvalid(f"{path}/{name[:40]}", "the table does not know it")
    values, place = _read_children(group, found, 0, path)
    if place < len(found):
        raise FormInvalid(f"{path}/{local_name(found[place])}", "it is repeated or out of order")
    return values


def _tags(group: Group[Any]) -> Iterator[str]:
    for part in group.children:
        if part.tag:
            yield part.tag
        elif isinstance(part, Group):
            yield from _tags(part)


def _read_children(
    group: Group[Any], found: list[_Element], place: int, path: str
) -> tuple[dict[str, Any], int]:
    """What the group's children take from the elements found, and how many are used up then."""
    values: dict[str, Any] = {}
    for part in group.children:
        if isinstance(part, Group) and not part.tag:
            inner, place = _read_children(part, found, place, path)
            values[part.source] = _made(part, inner)
            continue
        here: list[_Element] = []
        while place < len(found) and local_name(found[place]) == part.tag:
            here.append(found[place])
            place += 1
        values.update(_read_part(part, here, f"{path}/{part.tag}"))
    return values, place


def _read_part(part: Field | Group[Any], here: list[_Element], path: str) -> dict[str, Any]:
    if len(here) > 1 and not part.each:
        raise FormInvalid(path, f"it stands {len(here)} times")
    if isinstance(part, Field):
        return _read_field(part, here, path)
    if part.each:
        if len(here) > _MOST_ITEMS:
            raise FormInvalid(path, f"{len(here)} items, at most {_MOST_ITEMS}")
        items = (_read(part, item, f"{path}[{number}]") for number, item in enumerate(here, start=1))
        return {part.source: tuple(_made(part, item) for item in items)}
    if here:
        inside = _read(part, here[0], path)
        return {part.source: _made(part, inside)} if part.source else inside
    if part.required:
        raise FormInvalid(path, "it is missing")
    return {inner.source: () for inner in part.children if isinstance(inner, Group)}


def _made(group: Group[Any], values: dict[str, Any]) -> object:
    if group.make is None:
        raise TypeError(f"the table does not say what {group.source} is made as")
    return group.make(**values)


def _read_field(field: Field, here: list[_Element], path: str) -> dict[str, Any]:
    if not here:
        if field.type is not Type.POSITION and field.required is True:
            raise FormInvalid(path, f"it is missing ({field.name})")
        return {field.source: None} if field.source else {}
    if field.each:
        return {field.source: tuple(_value(field, _leaf(one, path), path) for one in here)}
    words = _leaf(here[0], path)
    if field.constant:
        if words != field.constant:
            raise FormInvalid(path, f"it is {words[:40]!r}, not {field.constant!r}")
        return {}
    if field.type is Type.POSITION:
        return {}
    return {field.source: _value(field, words, path) if words else None}


def _leaf(element: _Element, path: str) -> str:
    if len(element):
        raise FormInvalid(path, "there are elements inside it")
    return element.text or ""


def _value(field: Field, words: str, path: str) -> object:
    try:
        match field.type:
            case Type.WHOLE if _WHOLE.fullmatch(words) and len(words) <= field.longest:
                return field.of(int(words))
            case Type.AMOUNT if _NUMBER.fullmatch(words) and len(words) <= _DIGITS + 2:
                return Decimal(words)
            case Type.FLAG if words in {"0", "1"}:
                return words == "1"
            case Type.DAY if len(words) == len("2026-01-01"):
                return date.fromisoformat(words)
            case Type.MOMENT:
                return datetime.strptime(words, _MOMENT).replace(tzinfo=VIETNAM)
            case Type.TEXT if words == " ".join(words.split()):
                return words
            case Type.TEXT:
                raise FormInvalid(path, f"white space that the writer never writes ({field.name})")
    except ValueError:
        pass  # told below, like every other wrong value
    raise FormInvalid(path, f"{words[:40]!r} is not a {field.type.value} ({field.name})")


# Showing


def _shown(group: Group[Any], value: Any) -> Iterator[tuple[str, str]]:
    for part in group.children:
        if isinstance(part, Field):
            held = part.constant or (getattr(value, part.source) if part.source else None)
            for one in held or () if part.each else (held,):
                if one is not None and one != "":
                    yield part.name, one if isinstance(one, str) else _words(part, one, part.tag)
            continue
        inner = getattr(value, part.source) if part.source else value
        for item in inner if part.each else (inner,):
            yield from _shown(part, item)
