"""Receipt profiles: TOML that says how a shop's receipts are worded and laid out.

>>> from drivers.reading.profile import load_profile
>>> profile = load_profile("general")
>>> profile.words.find("tong thanh toan (vnd)")
('tong thanh toan', ' vnd')

A profile stands on the general one (``drivers/profiles/general.toml``, which explains every key) and says
only what is different: its words are added, its layouts are tried first (or alone, with
``only_these_layouts = true``).
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from drivers.reading.errors import ProfileInvalid
from drivers.reading.rows import fold
from drivers.reading.template import Template
from drivers.reading.toml_text import said_in, text_of
from invoice.sale import Kind, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_REMEMBERED = 4096  # labels
DATE_ORDERS = ("dmy", "mdy", "ymd")
ROLES = (
    *("subtotal", "net", "total", "returned"),
    *("discount", "voucher", "points", "vat", "fee", "service", "tip", "rounding"),
    *("change", "given", "debt", "deposit", "remaining"),
    *("count", "note"),
)
HEAD = ("words", "columns", "quantity", "price", "number", "name_label", "quantity_label", "price_label")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}")
_EDGES = " :.,-*=_/"
_GLUED = re.compile(r"(?<=[a-z])(?=[(0-9])|(?<=[a-z%)]):")


@dataclass(frozen=True, slots=True)
class Layout:
    """The rows of an item; ``proven`` if quantity x price must be the amount."""

    name: str
    rows: tuple[Template, ...]
    proven: bool
    own: bool = False  # said by the profile itself: believed before the general ones

    @property
    def order(self) -> str | None:
        """``"quantity"`` or ``"price"``: which of the two stands first."""
        return next((name for row in self.rows for name in row.fields if name in {"quantity", "price"}), None)

    @property
    def begins_with_quantity(self) -> bool:
        """Whether an item's first word is its quantity."""
        return self.rows[0].fields[:1] == ("quantity",)

    @property
    def times(self) -> bool:
        """Whether a sign of multiplication stands in the rows."""
        return any(row.times for row in self.rows)

    @property
    def counts(self) -> bool:
        """Whether quantities are printed."""
        return any("quantity" in row.fields for row in self.rows)


class Words:
    """Phrases and what they mean; a label's meaning is that of the longest phrase it begins with."""

    __slots__ = ("_found", "_longest", "_roles")

    def __init__(self, roles: Mapping[str, tuple[str, ...]]) -> None:
        self._roles = roles
        self._found: dict[str, tuple[str, str] | None] = {}  # a shop prints the same labels all day
        self._longest = max((len(phrase.split()) for phrase in roles), default=0)

    def find(self, label: str) -> tuple[str, str] | None:
        """(phrase, what comes after it) of a folded label."""
        try:
            return self._found[label]
        except KeyError:
            pass
        if len(self._found) >= MAX_REMEMBERED:
            self._found.clear()
        found = self._found[label] = self._look_up(label)
        return found

    def _look_up(self, label: str) -> tuple[str, str] | None:
        words = _GLUED.sub(" ", label).strip(_EDGES).split()
        for count in range(min(self._longest, len(words)), 0, -1):
            phrase = " ".join(words[:count])
            for candidate in (phrase, phrase.rstrip(_EDGES + "()")):
                if candidate in self._roles:
                    return candidate, _rest(words[count:], phrase[len(candidate) :])
        return None

    def phrases(self) -> tuple[str, ...]:
        """Every phrase, folded."""
        return tuple(self._roles)

    def roles(self, phrase: str) -> tuple[str, ...]:
        """The meanings of a phrase of ``find``: role names, or ``pay:`` and a payment method."""
        return self._roles[phrase]


def _rest(words: list[str], cut: str) -> str:
    return (
        f"{cut.strip(_EDGES)} {' '.join(words).translate(_NO_BRACKETS)}" if words or cut.strip(_EDGES) else ""
    )


_NO_BRACKETS = str.maketrans({"(": "", ")": ""})


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says, ready for use."""

    name: str
    description: str
    unit: int
    minimum: int
    date_order: str
    layouts: tuple[Layout, ...]
    words: Words
    head: Mapping[str, frozenset[str]]
    receipt_no: tuple[re.Pattern[str], ...]
    titles: Words
    units: frozenset[str]
    source: Mapping[str, Any] = field(repr=False)


def load_profile(which: str | Path) -> Profile:
    """Read a profile by the name of a shipped one, or from a TOML file.

    Raises:
        ProfileInvalid: naming the file and the key.
    """
    return _shipped(which) if isinstance(which, str) and _NAME.fullmatch(which) else _from_file(Path(which))


def shipped_profiles() -> tuple[str, ...]:
    """The names of the profiles that come with thungan."""
    folder = resources.files("drivers.profiles")
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".toml")))


def parse_profile(text: str, where: str = "profile") -> Profile:
    """Read a profile from its TOML text.

    Raises:
        ProfileInvalid: naming the key.
    """
    return _build(_merged(_general_source(), _Said(said_in(text, where), where).checked()), where)


@lru_cache(maxsize=32)
def _shipped(name: str) -> Profile:
    if name not in shipped_profiles():
        raise ProfileInvalid(f"no profile is named {name!r}; there are {', '.join(shipped_profiles())}")
    if name == "general":
        return _build(_general_source(), name)
    return parse_profile(_shipped_text(name), f"{name}.toml")


def _from_file(path: Path) -> Profile:
    return parse_profile(text_of(path), path.name)


def _shipped_text(name: str) -> str:
    return resources.files("drivers.profiles").joinpath(f"{name}.toml").read_text("utf-8")


@lru_cache(maxsize=1)
def _general_source() -> Mapping[str, Any]:
    return MappingProxyType(_Said(tomllib.loads(_shipped_text("general")), "general.toml").checked())


class _Said:
    """A TOML document, checked key by key; unknown keys are errors, not ignored."""

    def __init__(self, said: Mapping[str, Any], where: str) -> None:
        self._said = said
        self._where = where

    def checked(self) -> dict[str, Any]:
        """The document in full, every key there."""
        self._only(self._said, "", _KEYS)
        amounts = self._table("amounts", ["unit", "minimum"])
        dates = self._table("dates", ["order"])
        return {
            "name": self._value(self._said, "name", str, "profile"),
            "description": self._value(self._said, "description", str, ""),
            "only_these_layouts": self._value(self._said, "only_these_layouts", bool, False),  # noqa: FBT003 (a default)
            "unit": self._choice(amounts, "amounts.unit", int, (None, 1, 10, 100, 1000)),
            "minimum": self._value(amounts, "amounts.minimum", int, None),
            "order": self._choice(dates, "dates.order", str, (None, *DATE_ORDERS)),
            "words": self._phrases("words", ROLES),
            "payments": self._phrases("payments", [method.value for method in PaymentMethod]),
            "head": self._phrases("head", HEAD),
            "titles": self._phrases("titles", [kind.value for kind in Kind]),
            "units": self._phrases("units", ["words"]),
            "labels": self._labels(),
            "layouts": self._layouts(),
        }

    def _wrong(self, key: str, what: str) -> ProfileInvalid:
        return ProfileInvalid(f"{self._where}: {key}: {what}")

    def _only(self, table: Mapping[str, Any], prefix: str, allowed: list[str]) -> None:
        for key in table:
            if key not in allowed:
                raise self._wrong(f"{prefix}{key}", f"unknown key; there are {', '.join(allowed)}")

    def _table(self, key: str, allowed: list[str]) -> Mapping[str, Any]:
        table = self._said.get(key, {})
        if not isinstance(table, dict):
            raise self._wrong(key, "must be a table")
        self._only(table, f"{key}.", allowed)
        return table

    def _value(self, table: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
        value = table.get(key.rpartition(".")[2], default)
        negative = isinstance(value, int) and value < 0
        if value is not default and (type(value) is not kind or negative):
            raise self._wrong(key, f"must be {_KINDS[kind]}, not {value!r}")
        return value

    def _choice(self, table: Mapping[str, Any], key: str, kind: type, choices: tuple[Any, ...]) -> Any:
        value = self._value(table, key, kind, None)
        if value not in choices:
            raise self._wrong(key, f"must be one of {', '.join(map(str, choices[1:]))}, not {value!r}")
        return value

    def _list(self, value: object, key: str) -> list[str]:
        if not isinstance(value, list) or not all(isinstance(item, str) and item.strip() for item in value):
            raise self._wrong(key, "must be a list of phrases")
        return [" ".join(fold(item).split()) for item in value]

    def _phrases(self, key: str, allowed: list[str] | tuple[str, ...]) -> dict[str, list[str]]:
        table = self._table(key, list(allowed))
        return {name: self._list(value, f"{key}.{name}") for name, value in table.items()}

    def _labels(self) -> list[list[str]]:
        groups = self._table("receipt_no", ["labels"]).get("labels", [])
        if not isinstance(groups, list):
            raise self._wrong("receipt_no.labels", "must be a list of lists of phrases")
        return [self._list(group, f"receipt_no.labels[{place}]") for place, group in enumerate(groups)]

    def _layouts(self) -> list[dict[str, Any]]:
        layouts = self._said.get("layout", [])
        if not isinstance(layouts, list) or not all(isinstance(item, dict) for item in layouts):
            raise self._wrong("layout", "must be written as [[layout]] tables")
        return [self._layout(item, f"layout[{place}].") for place, item in enumerate(layouts)]

    def _layout(self, said: Mapping[str, Any], prefix: str) -> dict[str, Any]:
        self._only(said, prefix, ["name", "rows", "proof"])
        proof = self._choice(said, f"{prefix}proof", str, (None, "product", "sum"))
        rows = said.get("rows")
        if not isinstance(rows, list) or not rows or not all(isinstance(row, str) for row in rows):
            raise self._wrong(f"{prefix}rows", "must be a list of templates")
        for row in rows:
            try:
                Template(row, ("kg",))
            except ValueError as error:
                raise self._wrong(f"{prefix}rows", f"{row!r}: {error}") from error
        found = [name for row in rows for name in Template(row, ("kg",)).fields]
        for needed in ("name", "amount", *(("quantity", "price") if proof != "sum" else ())):
            if found.count(needed) != 1:
                raise self._wrong(f"{prefix}rows", f"needs the field {{{needed}}} once")
        name = self._value(said, f"{prefix}name", str, " / ".join(rows))
        return {"name": name, "rows": rows, "proven": proof != "sum", "own": False}


_KEYS = ["name", "description", "only_these_layouts", "amounts", "dates", "words", "payments", "head"]
_KEYS += ["receipt_no", "titles", "units", "layout"]
_KINDS = {str: "text", int: "a whole number from 0", bool: "true or false"}


def _merged(general: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**general, "name": own["name"], "description": own["description"]}
    merged["only_these_layouts"] = own["only_these_layouts"]
    for key in ("unit", "minimum", "order"):
        merged[key] = general[key] if own[key] is None else own[key]
    for key in ("words", "payments", "head", "titles", "units"):
        # A phrase that the profile gives a meaning loses the general one.
        taken = {phrase for phrases in own[key].values() for phrase in phrases}
        merged[key] = {
            name: [phrase for phrase in general[key].get(name, []) if key == "head" or phrase not in taken]
            + own[key].get(name, [])
            for name in {**general[key], **own[key]}
        }
    merged["labels"] = own["labels"] + general["labels"]
    merged["layouts"] = [{**layout, "own": True} for layout in own["layouts"]] + (
        [] if own["only_these_layouts"] else general["layouts"]
    )
    return merged


def _build(source: Mapping[str, Any], where: str) -> Profile:
    units = tuple(dict.fromkeys(phrase for phrases in source["units"].values() for phrase in phrases))
    if not source["layouts"]:
        raise ProfileInvalid(f"{where}: layout: at least one is needed")
    return Profile(
        name=source["name"],
        description=source["description"],
        unit=source["unit"],
        minimum=source["minimum"],
        date_order=source["order"],
        layouts=tuple(
            Layout(
                item["name"], tuple(Template(row, units) for row in item["rows"]), item["proven"], item["own"]
            )
            for item in source["layouts"]
        ),
        words=Words(_by_phrase(source["words"], {f"pay:{k}": v for k, v in source["payments"].items()})),
        head=MappingProxyType({name: frozenset(source["head"].get(name, ())) for name in HEAD}),
        receipt_no=tuple(_label_pattern(group) for group in source["labels"]),
        titles=Words(_by_phrase(source["titles"])),
        units=frozenset(units),
        source=MappingProxyType(dict(source)),
    )


def _by_phrase(*tables: Mapping[str, list[str]]) -> dict[str, tuple[str, ...]]:
    roles: dict[str, tuple[str, ...]] = {}
    for table in tables:
        for role, phrases in table.items():
            for phrase in phrases:
                roles[phrase] = (*roles.get(phrase, ()), role)
    return roles


def _label_pattern(group: list[str]) -> re.Pattern[str]:
    words = "|".join(
        re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(group, key=len, reverse=True)
    )
    return re.compile(
        rf"(?:^|(?<=[\s(,;|-]))(?P<label>{words})(?![a-z])\.?\s*"
        r"(?:(?:/\s?[a-z .#]{1,16}|\([a-z .#]{1,16}\))(?=\s*[:.#]))?"  # again in another language
        r"\s*(?P<mark>[:.#]*)\s*#?\s*"
        r"(?P<value>(?:[a-z]{1,5} )?(?=[a-z/_-]{0,12}[0-9])[a-z0-9][a-z0-9/_.-]{0,39})"
    )
