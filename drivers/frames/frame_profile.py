"""Profiles of fiscal devices: TOML with ``kind = "frames"``, for what their frames do not say themselves.

>>> from drivers.frames.frame_profile import parse_frame_profile
>>> parse_frame_profile('kind = "frames"\\n[tax]\\nA = "8%"\\nB = "10%"').tax["B"]
'10%'
"""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from drivers.reading.errors import ProfileInvalid
from drivers.reading.toml_text import said_in
from errors import ThunganError
from invoice.rates import Rate
from invoice.sale import PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

KIND = "frames"
ENCODINGS = ("auto", "utf-8", "cp1258", "tcvn3", "vni", "viscii", "cp1251", "cp1250", "cp1252")
# P cash, N credit, C card in the older frames; 0 cash, 1 card, 2 credit in the newer ones.
PAYMENTS = MappingProxyType(
    {
        "": PaymentMethod.CASH,
        "P": PaymentMethod.CASH,
        "0": PaymentMethod.CASH,
        "C": PaymentMethod.CARD,
        "1": PaymentMethod.CARD,
        "N": PaymentMethod.CREDIT,
        "2": PaymentMethod.CREDIT,
    }
)


@dataclass(frozen=True, slots=True)
class FrameProfile:
    """``tax``: the rate of each tax group's letter; ``payments``: the method of each way of paying."""

    name: str = "isl"
    description: str = "Fiscal devices of the ISL family"
    encoding: str = "auto"
    tax: Mapping[str, str] = field(default_factory=dict)
    payments: Mapping[str, PaymentMethod] = field(default_factory=lambda: PAYMENTS)


def parse_frame_profile(text: str, where: str = "profile") -> FrameProfile:
    """Read a profile of a device from its TOML text.

    Raises:
        ProfileInvalid: naming the key.
    """
    said = said_in(text, where)
    allowed = ("kind", "name", "description", "encoding", "tax", "payments")
    for key in said:
        if key not in allowed:
            raise ProfileInvalid(f"{where}: {key}: unknown key; there are {', '.join(allowed)}")
    if said.get("kind") != KIND:
        raise ProfileInvalid(f'{where}: kind: must be "frames"')
    encoding = said.get("encoding", "auto")
    if encoding not in ENCODINGS:
        raise ProfileInvalid(f"{where}: encoding: must be one of {', '.join(ENCODINGS)}")
    texts = {key: said.get(key, "") for key in ("name", "description")}
    tables = {key: said.get(key, {}) for key in ("tax", "payments")}
    for key, value in (*texts.items(), *(pair for table in tables.values() for pair in _pairs(table, where))):
        if not isinstance(value, str):
            raise ProfileInvalid(f"{where}: {key}: must be text")
    try:
        tax = {letter: Rate.parse(word).word for letter, word in tables["tax"].items()}
    except ThunganError as error:
        raise ProfileInvalid(f"{where}: tax: {error.message}") from error
    try:
        own = {letter: PaymentMethod(word) for letter, word in tables["payments"].items()}
    except ValueError as error:
        raise ProfileInvalid(f"{where}: payments: {error}") from error
    return FrameProfile(
        texts["name"] or "isl", texts["description"], encoding, tax, MappingProxyType({**PAYMENTS, **own})
    )


def _pairs(table: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(table, dict):
        raise ProfileInvalid(f"{where}: tax and payments must be tables")
    return list(table.items())
