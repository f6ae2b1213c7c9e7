"""``OK:1/001;C26MAA-KEY_7_M1-26-SHNDN-00100000007,…``: what was issued, read strictly.

One entry that cannot be read makes the whole answer unreadable: then every key is looked up, and nothing is
attached to an order by halves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from authority.errors import AnswerNonsense
from authority.http_answers import printable

_PATTERN = re.compile(r"[0-9A-Z/]{1,11}")
_SERIAL = re.compile(r"[0-9A-Z/]{3,8}")
_CODE = "M[0-9]-[0-9]{2}-[A-Za-z0-9]{5}-[0-9]{11}"
_ENTRY = re.compile(rf"([A-Za-z0-9.:-]{{1,50}})_0*([1-9][0-9]{{0,7}})(?:_({_CODE}))?")
_NUMBER = re.compile(r"0*([1-9][0-9]{0,7})")


@dataclass(frozen=True, slots=True)
class Told:
    """One issued invoice of an answer. ``key`` is "" where the answer names only a number (it was one)."""

    pattern: str
    serial: str
    key: str
    number: int
    code: str | None


def read_issued(text: str, host: str) -> tuple[Told, ...]:
    """Everything that an ``OK:`` names, in both of its forms.

    Raises:
        AnswerNonsense: not of the documented form, or a key or number twice.
    """
    head, _, rest = text.strip().partition(";")
    pattern = head.removeprefix("OK:").strip()
    if not head.startswith("OK:") or not _PATTERN.fullmatch(pattern) or not rest:
        raise AnswerNonsense(f"{host} answered neither OK nor ERR: {printable(text)[:80]}")
    told: list[Told] = []
    groups = rest.split(";")
    if len(groups) == 2 and "-" not in groups[0] and (match := _NUMBER.fullmatch(groups[1].strip())):
        # OK: pattern;serial;number: how the older calls for one invoice say it.
        groups, told = [], [Told(pattern, _serial(groups[0], host), "", int(match[1]), None)]
    for group in groups:
        serial, dash, entries = group.partition("-")
        if not dash:
            raise AnswerNonsense(f"{host} answered an OK that cannot be read: {printable(group)[:80]}")
        for entry in entries.split(","):
            match = _ENTRY.fullmatch(entry.strip())
            if match is None:
                raise AnswerNonsense(f"{host} answered an OK with {printable(entry)[:80]!r} in it")
            told.append(Told(pattern, _serial(serial, host), match[1], int(match[2]), match[3]))
    if len({one.key for one in told}) < len(told) or len({(t.serial, t.number) for t in told}) < len(told):
        raise AnswerNonsense(f"{host} answered an OK with a key or a number twice")
    return tuple(told)


def _serial(text: str, host: str) -> str:
    serial = text.strip()
    if not _SERIAL.fullmatch(serial):
        raise AnswerNonsense(f"{host} answered an OK with the serial {printable(serial)[:20]!r}")
    return serial
