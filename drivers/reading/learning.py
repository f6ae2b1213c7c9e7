"""Profiles from samples: how a profile reads a shop's receipts, and what a new one would have to say.

``check_profile`` judges, ``learn_profile`` proposes: it finds the labels and the shape of items that the
base profile does not know, tries what each could mean, and keeps only what makes the sums of the samples
agree. The proposal is TOML for a person to look at; it is never used by itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import islice, product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from drivers.paper import lay_out
from drivers.reading.errors import ProfileInvalid
from drivers.reading.foot import read_foot
from drivers.reading.profile import Profile, load_profile, parse_profile
from drivers.reading.receipt import Reading, read_receipt, reading_to_json
from drivers.reading.rows import fold, rows_of
from invoice.sale import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MAX_SAMPLES = 200
MAX_SAMPLE = 1_000_000  # bytes
MAX_TRIES = 3000  # combinations of meanings; each reads the samples that are not understood yet
MAX_LABELS = 4  # unknown labels of one receipt that are tried together
# What an unknown label may mean, in the order in which a meaning is believed.
MEANINGS = (
    *("total", "discount", "service", "fee", "rounding", "subtotal", "given", "change", "vat", "points"),
    "note",  # last: it proves nothing
)
# Shapes of items: the commonest, where the general profile cannot decide between two, and rarer ones.
SHAPES: tuple[tuple[str, ...], ...] = (
    ("{name} {quantity} {price} {amount}",),
    ("{name}", "{quantity}[ {unit}] x {price}[ =] {amount}"),
    ("{name}", "{price} x {quantity}[ {unit}][ =] {amount}"),
    ("{name}", "{amount} {quantity} {price}"),
    ("{name} {amount} {quantity} {price}",),
    ("{quantity} {price} {amount} {name}",),
    ("{quantity} x {price} = {amount} {name}",),
    ("{quantity} {price} {amount}", "{name}"),
    ("{quantity} x {price}[ =] {amount}", "{name}"),
    ("{price} x {quantity}[ {unit}][ =] {amount}", "{name}"),
    ("{name}", "{quantity}[ {unit}] x {price}", "[= ]{amount}"),
    ("{name}", "{price} x {quantity}[ {unit}]", "[= ]{amount}"),
    ("{code} {name} {quantity} {price} {amount}",),
    ("{name}", "{code}", "{quantity}[ {unit}] x {price}[ =] {amount}"),
    ("{name}", "{code}", "{quantity}[ {unit}] {price} {amount}"),
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One receipt, how it was read, and whether that is what was wanted (None: nothing was said)."""

    name: str
    reading: Reading
    as_wanted: bool | None = None

    @property
    def understood(self) -> bool:
        """Not quarantined."""
        return self.reading.kind is not Kind.QUARANTINED


@dataclass(frozen=True, slots=True)
class Learned:
    """A proposed profile (TOML), how it reads the samples, and how many were understood before."""

    toml: str
    samples: tuple[Sample, ...]
    before: int

    @property
    def after(self) -> int:
        """How many samples the proposal understands."""
        return sum(sample.understood for sample in self.samples)


def check_profile(profile: str | Path | Profile, files: Iterable[str | Path]) -> tuple[Sample, ...]:
    """Read each file by a profile. A ``.json`` beside it says what is wanted (keys that it lacks are free).

    Raises:
        ProfileInvalid: the profile, or a file that cannot be read.
    """
    by = profile if isinstance(profile, Profile) else load_profile(profile)
    return tuple(
        Sample(path.name, reading := read_receipt(data, profile=by), _as_wanted(path, reading))
        for path, data in _files(files)
    )


def learn_profile(files: Iterable[str | Path], *, name: str = "my-shop") -> Learned:
    """Propose a profile from sample receipts of one shop.

    Raises:
        ProfileInvalid: a file that cannot be read, or no file at all.
    """
    datas = [(path.name, data) for path, data in _files(files)]
    if not datas:
        raise ProfileInvalid("no sample receipts were given")
    said = _Said(name)
    before = sum(sample.understood for sample in _read(datas, said.profile()))
    for data in (data for _, data in datas):
        if read_receipt(data, profile=said.profile()).kind is Kind.QUARANTINED:
            said = _better(said, data)
    samples = _read(datas, said.profile())
    return Learned(said.toml(samples, before), samples, before)


@dataclass(frozen=True, slots=True)
class _Said:
    """What the proposal says beyond the general profile."""

    name: str
    words: tuple[tuple[str, str], ...] = ()  # (role, phrase)
    layout: tuple[str, ...] = ()
    unit: int = 1

    def profile(self) -> Profile:
        return parse_profile(self._body(), self.name)

    def toml(self, samples: Sequence[Sample], before: int) -> str:
        after = sum(sample.understood for sample in samples)
        lines = [
            f"# Proposed from {len(samples)} receipts: {before} were understood without it, {after} with it.",
            "# Look at each line: a wrong word makes a wrong sale. Then: thungan profile test",
            "",
        ]
        return "\n".join(lines) + self._body()

    def _body(self) -> str:
        lines = [f"name = {json.dumps(self.name)}", 'description = "Learned from samples"', ""]
        if self.unit != 1:
            lines += ["[amounts]", f"unit = {self.unit}  # the shop prints in thousands", ""]
        if self.words:
            roles: dict[str, list[str]] = {}
            for role, phrase in self.words:
                roles.setdefault(role, []).append(phrase)
            lines += ["[words]", *(f"{role} = {json.dumps(phrases)}" for role, phrases in roles.items()), ""]
        if self.layout:
            lines += ["[[layout]]", f"rows = {json.dumps(list(self.layout))}", ""]
        return "\n".join(lines)


def _better(said: _Said, data: bytes) -> _Said:
    """The smallest addition that makes one receipt understood; none if none does."""
    for proposal in islice(_proposals(said, data), MAX_TRIES):
        reading = read_receipt(data, profile=proposal.profile())
        if reading.kind is not Kind.QUARANTINED:
            return _needed(proposal, said, data, reading)
    return said


def _needed(proposal: _Said, said: _Said, data: bytes, reading: Reading) -> _Said:
    """The proposal without the words that change nothing."""
    for word in proposal.words[len(said.words) :]:
        less = replace(proposal, words=tuple(kept for kept in proposal.words if kept != word))
        again = read_receipt(data, profile=less.profile())
        if (again.kind, again.sale) == (reading.kind, reading.sale):
            proposal = less
    return proposal


def _proposals(said: _Said, data: bytes) -> Iterator[_Said]:
    labels = _unknown_labels(said.profile(), data)[:MAX_LABELS]
    layouts = [said.layout] if said.layout else [(), *SHAPES]
    units = tuple(dict.fromkeys((said.unit, 1000)))
    for unit, layout in sorted(product(units, layouts), key=lambda pair: (bool(pair[1]), pair[0])):
        for meanings in product(MEANINGS, repeat=len(labels)):
            words = tuple(zip(meanings, labels, strict=True))
            yield replace(said, words=said.words + words, layout=layout, unit=unit)


def _unknown_labels(profile: Profile, data: bytes) -> list[str]:
    """Labels in the lower half of a receipt that no word explains."""
    rows = rows_of(lay_out(data).lines)
    found = []
    for entry in read_foot(rows, len(rows) // 3, profile):
        label = " ".join(fold(entry.label).split())
        phrase = label.rstrip(" :.=-0123456789,%").strip()
        if not entry.roles and phrase and not any(letter.isdigit() for letter in phrase) and len(phrase) < 40:
            found.append(phrase)
    return list(dict.fromkeys(found))


def _read(datas: Sequence[tuple[str, bytes]], profile: Profile) -> tuple[Sample, ...]:
    return tuple(Sample(name, read_receipt(data, profile=profile)) for name, data in datas)


def _files(files: Iterable[str | Path]) -> Iterator[tuple[Path, bytes]]:
    for place, file in enumerate(files):
        path = Path(file)
        if place >= MAX_SAMPLES:
            raise ProfileInvalid(f"more than {MAX_SAMPLES} sample receipts")
        try:
            with path.open("rb") as opened:
                data = opened.read(MAX_SAMPLE + 1)
        except OSError as error:
            raise ProfileInvalid(f"{path.name} cannot be read: {error.strerror}") from error
        if len(data) > MAX_SAMPLE:
            raise ProfileInvalid(f"{path.name} is longer than {MAX_SAMPLE} bytes")
        yield path, data


def _as_wanted(path: Path, reading: Reading) -> bool | None:
    beside = path.with_suffix(".json")
    if beside == path or not beside.is_file():
        return None
    try:
        wanted = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileInvalid(f"{beside.name} is not JSON: {error}") from error
    if not isinstance(wanted, dict):
        raise ProfileInvalid(f"{beside.name} is not a JSON object")
    return contains(reading_to_json(reading), wanted)


def wanted_beside(path: Path, count: int) -> list[dict[str, Any] | None]:
    """What a list of sales in a ``.json`` beside an exported file wants of each of its sales.

    Raises:
        ProfileInvalid: it is no list of as many.
    """
    beside = path.with_suffix(".json") if path.suffix != ".json" else path.with_suffix(".wanted.json")
    if not beside.is_file():
        return [None] * count
    try:
        wanted = json.loads(beside.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ProfileInvalid(f"{beside.name} is not JSON: {error}") from error
    listed = wanted if isinstance(wanted, list) else [wanted]
    if len(listed) != count or not all(isinstance(one, dict) for one in listed):
        raise ProfileInvalid(f"{beside.name} must be a list of {count} objects, one for each sale")
    return list(listed)


def contains(read: Mapping[str, object], wanted: Mapping[str, object]) -> bool:
    """Whether all that is wanted was read; of lines, the figures (a paper may cut names)."""
    for key, value in wanted.items():
        found = read.get(key)
        if isinstance(value, list) and isinstance(found, list):
            if len(found) != len(value) or not all(map(_fits, found, value)):
                return False
        elif found != value:
            return False
    return True


def _fits(found: object, wanted: object) -> bool:
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return found == wanted
    return all(found.get(key) == value for key, value in wanted.items() if key != "name")
