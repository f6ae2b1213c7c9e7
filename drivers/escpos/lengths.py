"""How the length of a command's parameters is found: one small class for each way the reference has.

``measure(data, at)`` looks at the parameters that begin at ``data[at]`` and answers how many bytes they
take, ``MORE`` when that cannot be told from the bytes at hand, or ``NOT`` when they cannot be this
command's. ``words`` says the same for the documentation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

MORE = -1
NOT = -2
MAX_BELIEVED = 4 * 1024 * 1024  # bytes: seven metres of paper; noise must not hide hours of sales


class Length(Protocol):
    """A way to find the length of a command's parameters."""

    @property
    def words(self) -> str:
        """The rule in words."""
        ...

    def measure(self, data: bytes, at: int) -> int:
        """Bytes of the parameters at ``data[at:]``, MORE or NOT."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always the same number of bytes."""

    size: int

    @property
    def words(self) -> str:
        return str(self.size)

    def measure(self, data: bytes, at: int) -> int:
        del data, at
        return self.size


@dataclass(frozen=True, slots=True)
class Counted:
    """A little-endian count of ``width`` bytes at ``at``, then so many units. ``base``: bytes before them."""

    at: int
    width: int = 2
    unit: int = 1
    base: int | None = None

    @property
    def words(self) -> str:
        times = f" × {self.unit}" if self.unit > 1 else ""
        return f"{self._before} + count{times}, the count in byte{_span(self.at, self.width)}"

    def measure(self, data: bytes, at: int) -> int:
        place = at + self.at
        if len(data) < place + self.width:
            return MORE
        return _believed(
            self._before + int.from_bytes(data[place : place + self.width], "little") * self.unit
        )

    @property
    def _before(self) -> int:
        return self.at + self.width if self.base is None else self.base


@dataclass(frozen=True, slots=True)
class Area:
    """Width times height (little-endian, ``width`` bytes each, from ``at`` on) times ``unit``."""

    at: int
    width: int = 2
    unit: int = 1
    extra: int = 0  # parameter bytes between the height and the data

    @property
    def words(self) -> str:
        times = f" × {self.unit}" if self.unit > 1 else ""
        base = self.at + 2 * self.width + self.extra
        return f"{base} + x × y{times}, x and y in byte{_span(self.at, 2 * self.width)}"

    def measure(self, data: bytes, at: int) -> int:
        middle, last = at + self.at + self.width, at + self.at + 2 * self.width
        if len(data) < last:
            return MORE
        x = int.from_bytes(data[at + self.at : middle], "little")
        y = int.from_bytes(data[middle:last], "little")
        return _believed(last - at + self.extra + x * y * self.unit)


@dataclass(frozen=True, slots=True)
class Until:
    """Up to and with ``stop``, which comes ``after`` at least so many bytes, in ``most`` bytes of data.

    Where a control byte comes first, or the stop does not come, it is not this command: a bar code whose
    end was lost must not take the rest of the receipt with it.
    """

    stop: int
    after: int = 0
    most: int = 255

    @property
    def words(self) -> str:
        stop = {0: "NUL", 0x1E: "RS"}[self.stop]
        return f"{self.after} + up to {self.most} printable bytes + {stop}"

    def measure(self, data: bytes, at: int) -> int:
        start = at + self.after
        for place in range(start, min(len(data), start + self.most + 1)):
            if data[place] == self.stop:
                return place + 1 - at
            if data[place] < 0x20:
                return NOT
        return MORE if len(data) <= start + self.most else NOT


@dataclass(frozen=True, slots=True)
class Tabs:
    """ESC D: ascending tab stops, 32 at the most, and NUL; a byte that does not ascend is data again."""

    @property
    def words(self) -> str:
        return "up to 32 ascending bytes + NUL"

    def measure(self, data: bytes, at: int) -> int:
        last = 0
        for place in range(at, min(len(data), at + 33)):
            byte = data[place]
            if byte == 0:
                return place + 1 - at
            if byte <= last or place == at + 32:
                return place - at
            last = byte
        return MORE


@dataclass(frozen=True, slots=True)
class Fields:
    """Decimal digits in so many fields, each ended by ``;`` (GS C ;)."""

    fields: int
    after: int

    @property
    def words(self) -> str:
        return f"{self.after} + {self.fields} fields of up to 5 digits, each ended by ;"

    def measure(self, data: bytes, at: int) -> int:
        left, place = self.fields, at + self.after
        last = place + 6 * self.fields
        while left and place < min(len(data), last):
            if data[place] == 0x3B:
                left -= 1
            elif not 0x30 <= data[place] <= 0x39:
                return NOT
            place += 1
        if left:
            return MORE if place < last else NOT
        return place - at


@dataclass(frozen=True, slots=True)
class By:
    """Another rule for each set of values of the byte at ``at``; ``NOT`` this command for other values."""

    at: int
    rules: Mapping[bytes, Length]

    @property
    def words(self) -> str:
        cases = (f"{shown(values)}: {rule.words}" for values, rule in self.rules.items())
        return f"by byte {self.at + 1}: " + "; ".join(cases)

    def measure(self, data: bytes, at: int) -> int:
        if len(data) <= at + self.at:
            return MORE
        byte = data[at + self.at]
        return next((rule.measure(data, at) for values, rule in self.rules.items() if byte in values), NOT)


@dataclass(frozen=True, slots=True)
class Items:
    """Items one after the other, each with a head that tells its size: they are walked over one by one.

    ``head``: parameter bytes before the first item, with the number of items: the byte at ``last`` minus
    the byte at ``first`` (where there is one) plus ``plus``. An item's data: x times y (two bytes each when
    ``wide``) times ``unit``; where the head has x only, y is the command's first parameter.
    """

    head: int
    last: int
    first: int | None
    wide: bool
    unit: int = 1

    @property
    def words(self) -> str:
        if self.wide:
            return f"{self.head} + for each of n: 4 + x × y × {self.unit}"
        return f"{self.head} + for each of c1…c2: 1 + x × y"

    def measure(self, data: bytes, at: int) -> int:
        """The head alone; the items follow by ``count`` and ``item``."""
        if len(data) < at + self.head:
            return MORE
        return NOT if self.count(data, at) < 1 else self.head

    def count(self, data: bytes, at: int) -> int:
        """Number of the items."""
        return data[at + self.last] - (data[at + self.first] - 1 if self.first is not None else 0)

    @property
    def item_head(self) -> int:
        """Bytes of an item's head."""
        return 4 if self.wide else 1

    def item(self, head: bytes, first_parameter: int) -> int:
        """Bytes of an item's data."""
        if not self.wide:
            return head[0] * first_parameter
        return int.from_bytes(head[:2], "little") * int.from_bytes(head[2:], "little") * self.unit


def _believed(size: int) -> int:
    return size if size <= MAX_BELIEVED else NOT


def _span(at: int, width: int) -> str:
    return f" {at + 1}" if width == 1 else f"s {at + 1}–{at + width}"


def shown(values: bytes) -> str:
    """Byte values in decimal, as the reference has them, runs shortened: ``0–6, 65``."""
    runs: list[list[int]] = []
    for value in values:
        if runs and runs[-1][-1] == value - 1:
            runs[-1].append(value)
        else:
            runs.append([value])
    return ", ".join("–".join(map(str, dict.fromkeys((run[0], run[-1])))) for run in runs)
