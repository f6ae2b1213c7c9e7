"""The foot of a receipt: each row with an amount becomes an entry that says what it may mean.

An entry's meaning can depend on its place (``CK`` is a discount above the total and a bank transfer below
it), so an entry carries all its roles and ``drivers.reading.settle`` lets the sums choose.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from drivers.reading.amounts import AMOUNT, CURRENCY, PERCENT, QUANTITY, dong, readings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from drivers.reading.profile import Profile
    from drivers.reading.rows import Row

# Roles whose label says all: other words beside it would make another sum of it.
STRICT = frozenset({"subtotal", "net", "total", "returned", "change", "remaining", "count", "given"})
# Rows of these roles end the goods.
ENDING = frozenset(
    {"subtotal", "net", "total", "returned", "count", "vat", "fee", "service", "rounding", "tip", "remaining"}
)
_FILLERS = re.compile(
    r"vnd|d|dong|khach|hang|hoa|don|mon|sp|sl|san|pham|da|gom|bao|vat|thue|gtgt|tien|"
    r"so|cong|va|cua|quy|lai|tra|incl|inc|including|excl|tax|of|the|cho|thanh|toan|"
    r"phai|in|cash|mat|hd|bill|x|gia|tri|item|items|due|goc"
)
_AMOUNT_AT_END = re.compile(rf"(?:^|(?<=[\s:=(])|(?<=\.\.))\+?(?P<amount>{AMOUNT}){CURRENCY}\s?\)?\s*$")
RATE_ALONE = re.compile(
    r"[\s(\[*-]*(?:thue|vat|gtgt|thue suat|thue gtgt|thue suat gtgt|ts)[^0-9%]*(0|5|8|10)\s?%[\s)\]]*"
)
_GARBLED = re.compile(r"\s*(?P<label>[^0-9:]*?[a-z)%][^0-9:]*?)(?::\s*|\s{2,})(?P<rest>[^a-z]*[0-9][^:]*)")
_QUANTITY_ALONE = re.compile(QUANTITY + r"\s*")
_EXTRA = re.compile(rf"(?:^|\s)(?P<extra>{AMOUNT}){CURRENCY}$")
_COUNTED = re.compile(r"\(\s*([0-9]{1,4})\s*(?:mon|sp|san pham|mat hang|hang|items?|mh|sl|cai)?\s*\)")
_RATE_ROW = re.compile(r"\s*(?:0|5|8|10)\s?%\s*")
_PAIRS = re.compile(r"(?<=[0-9d])(?:\s{2,}|\s+[-|/]\s+)(?=[a-z][a-z .]*:)")
_MONEYLIKE = re.compile(r"[.,][0-9]{3}")
_FIGURES = re.compile(r"(?<![0-9a-z.,])[0-9][0-9.,]{0,20}(?![0-9%])")
_TWICE = re.compile(r"\s*([a-z][a-z. ]*?)\s*[/(]\s*([a-z][a-z. ]*?)\s*\)?")
_NO_LETTERS = re.compile(r"[^a-z]*")


@dataclass(frozen=True, slots=True)
class Entry:
    """One amount of the foot. ``amount`` in dong with its printed sign; ``place`` is the row's index."""

    label: str
    roles: frozenset[str]
    amount: int
    place: int
    rules_above: int  # how many rules or blank rows stand between it and the goods
    extra: int | None = None
    percent: Decimal | None = None
    loose: bool = False  # neither a colon nor a gap before the amount: it may be a sentence
    moneylike: bool = True
    counted: str | None = None  # a count as printed: it may have decimals


def labelled(row: Row) -> tuple[str, str] | None:
    """(folded label, amount text) of a row such as ``Tổng cộng:   25.000``."""
    match = _AMOUNT_AT_END.search(row.folded)
    return (row.folded[: match.start()].rstrip(" :.=("), match["amount"]) if match else None


def read_foot(rows: Sequence[Row], first: int, profile: Profile) -> list[Entry]:
    """The entries of the rows from ``first`` on, in printed order."""
    entries: list[Entry] = []
    rules = 0
    waiting: Row | None = None  # a total's word that stands on a row of its own
    for place in range(first, len(rows)):
        row = rows[place]
        if row.blank or row.separator:
            rules += 1
            continue
        parts = _split(row)
        for part in parts:
            entry = _entry(part, place, rules, profile, waiting)
            if entry is not None:
                entries.append(entry)
        waiting = row if not entries or entries[-1].place != place else None
    return entries


def ends_goods(row: Row, profile: Profile) -> bool:
    """Whether a row is the first of the foot: a labelled sum, or several beside each other."""
    return not _product(row) and any(_ends_goods(part, profile) for part in _split(row))


def _ends_goods(row: Row, profile: Profile) -> bool:
    parts = labelled(row)
    if parts is None:
        if RATE_ALONE.fullmatch(row.folded):
            return False  # said of the item above
        garbled = _GARBLED.fullmatch(row.folded)
        label = garbled["label"] if garbled else row.folded
        roles = _roles(label.rstrip(" :.="), profile)[0]
        # a count with decimals, a sum that cannot be read, or a total's word alone on its row
        return bool(roles & ENDING if garbled else "total" in roles and label.strip(" :") != "tong")
    roles, extra = _roles(parts[0], profile)
    if extra is not None and roles & {"fee", "service", "tip", "rounding"}:
        return False  # a fee sold like goods, with its quantity and price
    return bool(roles & ENDING) and "note" not in roles


def _product(row: Row) -> bool:
    """Whether the last three figures of a row are a product, whole or weighed."""
    figures = _FIGURES.findall(row.folded)[-3:]
    if len(figures) < 3 or (amount := dong(figures[2])) is None:
        return False
    factors = [readings(figure) for figure in figures[:2]]
    return any(a and b and abs(a * b - amount) < 1 for a in factors[0] for b in factors[1])


def is_discount(row: Row, profile: Profile) -> bool:
    """Whether a row is a labelled discount."""
    parts = labelled(row)
    return parts is not None and bool(_roles(parts[0], profile)[0] & {"discount", "voucher", "points"})


def is_share(row: Row, above: Row) -> bool:
    """Whether a discount in per cent is that of the amount at the end of the row above."""
    percent, mine, whole = PERCENT.search(row.folded), labelled(row), labelled(above)
    if percent is None or mine is None or whole is None:
        return False
    less, amount = dong(mine[1]), dong(whole[1])
    if less is None or amount is None:
        return False
    return abs(amount * Decimal(percent[1].replace(",", ".")) - abs(less) * 100) <= 100


def _split(row: Row) -> list[Row]:
    if row.folded.count(":") < 2:
        return [row]
    cuts = [0, *(match.end() for match in _PAIRS.finditer(row.folded)), len(row.folded)]
    return [
        replace(row, text=row.text[begin:end], folded=row.folded[begin:end].rstrip(" -|/"))
        for begin, end in pairwise(cuts)
    ]


def _entry(row: Row, place: int, rules: int, profile: Profile, waiting: Row | None) -> Entry | None:
    match = _AMOUNT_AT_END.search(row.folded)
    if match is None:
        return _without_amount(row, place, rules, profile)
    before = row.folded[: match.start()]
    label = before.rstrip(" :.=(")
    if not label and waiting is not None:
        label = waiting.folded.strip(" :.=(")
        loose = False
    else:
        gap = before[len(label) :]
        loose = ":" not in gap and "=" not in gap and len(gap) < 2
    if not label:
        return (
            None if not _MONEYLIKE.search(match["amount"]) else _unknown(row, match["amount"], place, rules)
        )
    amount = dong(match["amount"])
    if amount is None:
        return _unknown(row, match["amount"], place, rules)
    percent = PERCENT.search(label)
    roles, extra = _roles(label, profile)
    return Entry(
        label=row.text[: match.start()].strip(" :.=(") or label,
        roles=roles,
        amount=amount * (1 if roles & {"count", "note"} else profile.unit),
        place=place,
        rules_above=rules,
        extra=extra,
        percent=Decimal(percent[1].replace(",", ".")) if percent else None,
        loose=loose,
        counted=match["amount"] if "count" in roles else None,
        moneylike=bool(_MONEYLIKE.search(match["amount"])) or row.folded.rstrip(" )")[-1:] == "d",
    )


def _without_amount(row: Row, place: int, rules: int, profile: Profile) -> Entry | None:
    """A row whose figures are no amount: a count (``Tổng SL: 3,25``), or a sum that cannot be read."""
    match = _GARBLED.fullmatch(row.folded)
    if match is None or RATE_ALONE.fullmatch(row.folded):
        return None
    roles = _roles(match["label"].rstrip(" :.="), profile)[0]
    if "count" in roles and _QUANTITY_ALONE.fullmatch(match["rest"]):
        return Entry(row.text.strip(), roles, 0, place, rules, counted=match["rest"].strip())
    return None if not roles or "note" in roles else _unknown(row, "", place, rules)


def _unknown(row: Row, amount: str, place: int, rules: int) -> Entry:
    return Entry(row.text.strip(), frozenset(), (dong(amount) if amount else None) or 0, place, rules)


def _roles(label: str, profile: Profile) -> tuple[frozenset[str], int | None]:
    """What a label may mean, and the number it carries beside (how many items, a VAT's base)."""
    extra = None
    if match := _COUNTED.search(label):
        extra = int(match[1])
        label = label[: match.start()] + label[match.end() :]
    elif (match := _EXTRA.search(label)) and label[: match.start()].strip():
        extra = dong(match["extra"])
        label = label[: match.start()].rstrip(" :")
    if _RATE_ROW.fullmatch(label):  # a row of a table of VAT rates: rate, base, tax
        return (frozenset({"vat"}), extra) if extra is not None else (frozenset(), None)
    roles = _meanings(label, profile)
    if match := _TWICE.fullmatch(label):  # in two languages: both must say the same
        first, second = _meanings(match[1], profile), _meanings(match[2], profile)
        roles = (first & second) or roles
    return roles, extra


def _meanings(label: str, profile: Profile) -> frozenset[str]:
    found = profile.words.find(label)
    if found is None:
        return frozenset()
    phrase, rest = found
    roles = frozenset(profile.words.roles(phrase))
    return roles if _only_fillers(rest) else roles - STRICT


def _only_fillers(rest: str) -> bool:
    return all(
        _FILLERS.fullmatch(word) or _NO_LETTERS.fullmatch(word) for word in re.split(r"[\s.,:/()-]+", rest)
    )
