"""Correcting single fields of a sale by their paths: ``total=125000``, ``lines.0.name=Cà phê``.

>>> set_fields({"total": 1, "lines": [{"name": "Ca"}]}, ["total=2", "lines.0.name=Cà phê"])
{'total': 2, 'lines': [{'name': 'Cà phê'}]}
"""

from __future__ import annotations

import copy
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from invoice.errors import SaleUnreadable

if TYPE_CHECKING:
    from collections.abc import Sequence


def set_fields(sale: dict[str, Any], settings: Sequence[str]) -> dict[str, Any]:
    """A copy of the sale's JSON object with the fields set; values are JSON, or else text.

    ``lines.2`` one beyond the last begins a new line; a value of ``null`` takes the field's value away.

    Raises:
        SaleUnreadable: a setting that is none, or a path that leads nowhere.
    """
    made = copy.deepcopy(sale)
    for setting in settings:
        path, equals, text = setting.partition("=")
        if not equals or not path:
            raise SaleUnreadable(f"{setting!r} is not of the form field=value")
        _set(made, path, _value(text))
    return made


def _value(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except ValueError:
        return text


def _set(sale: Any, path: str, value: Any) -> None:
    *way, last = path.split(".")
    at = sale
    for step in way:
        at = _inside(at, step, path)
    if isinstance(at, list):
        place = _place(at, last, path)
        at[place : place + 1] = [value]
    elif isinstance(at, dict):
        at[last] = value
    else:
        raise SaleUnreadable(f"{path}: there is nothing to set {last} in")


def _inside(at: Any, step: str, path: str) -> Any:
    if isinstance(at, list):
        place = _place(at, step, path)
        if place == len(at):
            at.append({})
        return at[place]
    if isinstance(at, dict) and at.get(step) is not None:
        return at[step]
    if isinstance(at, dict) and step in {"buyer", "lines", "payments"}:
        at[step] = {} if step == "buyer" else []
        return at[step]
    raise SaleUnreadable(f"{path}: there is no {step}")


def _place(items: list[Any], step: str, path: str) -> int:
    if not step.isdecimal() or int(step) > len(items):
        raise SaleUnreadable(f"{path}: {step!r} is no place from 0 to {len(items)}")
    return int(step)
