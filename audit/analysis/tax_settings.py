"""What lowers the tax: a changed configuration or program, and articles that are suddenly taxed lower.

Two independent looks: what the register was told (leaves ``configuration``), and what it then did (the rates
on the invoices, article by article). A change that the law made (10% to 8% within the days of its
resolution) is told apart.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from audit.figures import count, day, dong, moment
from audit.findings import Cite, Finding, Weight
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from audit.dossier import ArticleRate, Dossier, Event

# Resolution 204/2025/QH15 and its forerunners: goods of 10% may bear 8% on these days.
REDUCED = (date(2025, 7, 1), date(2026, 12, 31))


@dataclass(frozen=True, slots=True)
class Change:
    """One setting that changed; ``lowers``: it can lower the tax or hide sales."""

    leaf: int
    at: str
    key: str
    before: str
    after: str
    lowers: bool


@dataclass(frozen=True, slots=True)
class Lowered:
    """An article that was sold at ``before`` and then at the lower ``after``; ``lost`` is the tax in dong."""

    before: ArticleRate
    after: ArticleRate
    lost: int


@dataclass(frozen=True, slots=True)
class Version:
    """A program that ran: name and version, the SHA-256 of its code, since when, and the leaf that says"
    " so."""

    name: str
    code: str
    since: str
    leaf: int


@dataclass(frozen=True, slots=True)
class TaxSettings:
    """Changes in order, and articles with most lost first. ``versions``: programs that ran, in order."""

    changes: tuple[Change, ...]
    lowered: tuple[Lowered, ...]
    versions: tuple[Version, ...]


def tax_settings(dossier: Dossier) -> tuple[TaxSettings, list[Finding]]:
    """Compare each configuration with the one before it, and each article with itself."""
    changes = list(_changes([event for event in dossier.events if event.kind == "configuration"]))
    lowered = sorted(_lowered(dossier.rates), key=lambda one: -one.lost)
    versions = list(_versions(dossier))
    found = TaxSettings(tuple(changes), tuple(lowered), tuple(versions))
    return found, list(_findings(found))


def _changes(events: list[Event]) -> Iterator[Change]:
    for before, after in pairwise(events):
        old, new = _settings(before), _settings(after)
        for key in sorted(old.keys() | new.keys()):
            one, other = old.get(key, ""), new.get(key, "")
            if one != other:
                yield Change(after.leaf, moment(after.at), key, one, other, _lowers(key, one, other))


def _settings(event: Event) -> dict[str, str]:
    """What a configuration leaf says, as ``vat.default`` → ``8%``; profiles by their SHA-256."""
    content, profiles = event.fields.get("content"), event.fields.get("profiles")
    return flat(content if isinstance(content, dict) else {}) | flat(
        {"profiles": profiles if isinstance(profiles, dict) else {}}
    )


_HIDES = re.compile(r"profile|^source\.|^buyer\.")
_QUIET = re.compile(r"source\.(?:hold_ms|uri)$")  # another port hides nothing; what comes of it is seen


def flat(value: Any, name: str = "") -> dict[str, str]:
    """Nested objects as ``a.b[0]`` → text."""
    if isinstance(value, dict):
        return {
            key: text
            for part, inner in value.items()
            for key, text in flat(inner, f"{name}.{part}" if name else str(part)).items()
        }
    if isinstance(value, list):
        return {
            key: text
            for place, inner in enumerate(value)
            for key, text in flat(inner, f"{name}[{place}]").items()
        }
    return {name: str(value)} if value is not None else {}


def _lowers(key: str, before: str, after: str) -> bool:
    if key.startswith(("vat", "household")):
        old, new = percent_of(before), percent_of(after)
        if old is not None and new is not None:
            return new < old
        return bool(after) and not key.endswith((".from", ".until"))
    return bool(_HIDES.search(key)) and not _QUIET.search(key)


def percent_of(rate: str) -> float | None:
    """A rate as a number: ``8%`` is 8.0, ``KCT`` and ``KKKNT`` bear no tax; None where it is no rate."""
    if rate in {"KCT", "KKKNT"}:
        return 0.0
    match = re.fullmatch(r"(?:KHAC:)?([0-9]{1,2}(?:\.[0-9]{1,2})?)%", rate.strip())
    return float(match[1]) if match else None


def _lowered(rates: tuple[ArticleRate, ...]) -> Iterator[Lowered]:
    by_article: dict[str, list[ArticleRate]] = defaultdict(list)
    for rate in rates:
        by_article[rate.article].append(rate)
    for members in by_article.values():
        members.sort(key=lambda one: (one.first, one.last))
        for before, after in itertools.pairwise(members):
            old, new = percent_of(before.rate), percent_of(after.rate)
            if old is None or new is None or new >= old or _by_law(before, after):
                continue
            # What the shop keeps: prices include the tax, so the price stays and its tax falls.
            gross = after.net * (100 + new) / 100
            yield Lowered(before, after, round(gross * (old / (100 + old) - new / (100 + new))))


def _by_law(before: ArticleRate, after: ArticleRate) -> bool:
    begins, ends = REDUCED
    return (before.rate, after.rate) == ("10%", "8%") and before.last < begins <= after.first <= ends


def _versions(dossier: Dossier) -> Iterator[Version]:
    last: tuple[str, str] | None = None
    for event in dossier.events:
        if event.kind == "configuration":
            name, code = str(event.fields.get("program", "")), str(event.fields.get("code", ""))
            if (name, code) != last:
                last = (name, code)
                yield Version(name, code, moment(event.at), event.leaf)


def _findings(found: TaxSettings) -> Iterator[Finding]:
    lowering = [change for change in found.changes if change.lowers]
    if lowering:
        listed = "; ".join(
            f"{one.at}: {one.key} {one.before or '–'} → {one.after or '–'}" for one in lowering[:6]
        )
        yield Finding(
            "settings-lower-tax",
            Weight.SERIOUS,
            Words(
                f"{count(len(lowering)).vi} thay đổi cấu hình có thể làm giảm thuế hoặc ẩn phiếu bán hàng:"
                f" {listed}.",
                "Changes of the configuration that can lower the tax or hide sales:"
                f" {count(len(lowering)).en}: {listed}.",
            ),
            tuple(Cite("leaf", leaf) for leaf in dict.fromkeys(one.leaf for one in lowering)),
        )
    if found.lowered:
        lost = sum(one.lost for one in found.lowered)
        listed = "; ".join(
            f"{one.before.article} {one.before.rate} → {one.after.rate} ({day(one.after.first)})"
            for one in found.lowered[:6]
        )
        yield Finding(
            "article-taxed-lower",
            Weight.SERIOUS,
            Words(
                f"{count(len(found.lowered)).vi} mặt hàng được bán với thuế suất thấp hơn trước; thuế ít đi"
                f" khoảng {dong(lost).vi}: {listed}.",
                f"Articles sold at a lower rate than before: {count(len(found.lowered)).en}; about"
                f" {dong(lost).en} less tax: {listed}.",
            ),
            tuple(
                cite
                for one in found.lowered
                for cite in (Cite("invoice", one.before.invoice), Cite("invoice", one.after.invoice))
            ),
            lost,
        )
    other = [change for change in found.changes if not change.lowers]
    if other:
        keys = ", ".join(sorted({one.key for one in other})[:8])
        yield Finding(
            "settings-changed",
            Weight.NOTE,
            Words(
                f"{count(len(other)).vi} thay đổi cấu hình khác: {keys}.",
                f"Other changes of the configuration: {count(len(other)).en}: {keys}.",
            ),
            tuple(Cite("leaf", leaf) for leaf in dict.fromkeys(one.leaf for one in other)),
        )
    altered = [
        (before, after)
        for before, after in pairwise(found.versions)
        if before.name == after.name and before.code != after.code
    ]
    if altered:
        listed = "; ".join(f"{after.since}: {after.name} {after.code[:12]}" for _, after in altered[:4])
        yield Finding(
            "software-altered",
            Weight.SERIOUS,
            Words(
                f"Mã chương trình thay đổi {count(len(altered)).vi} lần mà phiên bản vẫn như cũ: {listed}.",
                f"Changes of the program's code under the same version: {count(len(altered)).en}: {listed}.",
            ),
            tuple(Cite("leaf", version.leaf) for pair in altered for version in pair),
        )
    updates = [after for before, after in pairwise(found.versions) if before.name != after.name]
    if updates:
        listed = "; ".join(f"{version.since}: {version.name}" for version in updates[:4])
        yield Finding(
            "software-changed",
            Weight.NOTE,
            Words(
                f"Phần mềm được thay {count(len(updates)).vi} lần: {listed}.",
                f"Replacements of the program: {count(len(updates)).en}: {listed}.",
            ),
            tuple(Cite("leaf", version.leaf) for version in updates),
        )
