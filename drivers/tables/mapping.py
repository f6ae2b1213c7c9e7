"""Mappings: TOML that says which column of a file or database is which field of a sale.

>>> from drivers.tables.mapping import parse_mapping
>>> mapping = parse_mapping('''
... kind = "table"
... format = "csv"
... [sale]
... receipt_no = "Số HĐ"
... sold_at = "Ngày"
... total = "Tổng"
... [line]
... name = "Tên hàng"
... amount = "Thành tiền"
... ''')
>>> mapping.key, mapping.line["name"]
(('Số HĐ',), 'Tên hàng')

A column is named as its heading is (capitals do not matter), by ``#3`` for the third one, or by the path in a
JSON object or XML element (``customer.name``, ``@id``). docs/records.md explains every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from drivers.reading.errors import ProfileInvalid
from drivers.reading.toml_text import said_in
from invoice.rates import Rate
from invoice.sale import Kind, PaymentMethod

if TYPE_CHECKING:
    from collections.abc import Mapping as Table

KIND = "table"
FORMATS = ("csv", "json", "xml", "excel", "database")
ENCODINGS = ("auto", "utf-8", "utf-16-le", "utf-16-be", "cp1258", "tcvn3", "vni", "viscii")
LETTERS = ("", "tcvn3", "vni", "viscii")
SALE = (
    *("receipt_no", "sold_at", "date", "time", "total", "discount", "service_charge", "rounding", "tip"),
    *("reduction", "vat", "cashier", "currency", "exchange_rate"),
)
LINE = ("name", "code", "quantity", "unit", "unit_price", "amount", "discount", "vat_rate")
BUYER = ("name", "tax_code", "citizen_id", "address", "phone", "email", "contact", "customer_code")
_TOP = ["kind", "name", "description", "format", "file", "numbers", "dates", "sale", "line", "buyer"]
_TOP += ["payments", "method", "state", "rates", "query"]


@dataclass(frozen=True, slots=True)
class Query:
    """How a database is asked: rows above ``:mark``, in the order of their key. ``window`` in units of the
    mark: how far behind the last one it is looked again; ``start``: where the first look begins."""

    sql: str
    mark: str
    by_time: bool  # the mark is a time: in microseconds then, and the window in seconds
    window: int
    start: int | None
    newest: str


@dataclass(frozen=True, slots=True)
class Words:
    """A column whose words are translated: states to kinds, ways of paying to methods."""

    column: str
    meanings: Table[str, str]


@dataclass(frozen=True, slots=True)
class Mapping:
    """What a mapping says, ready for use."""

    name: str
    description: str
    format: str
    encoding: str
    letters: str
    delimiter: str
    header: bool
    skip: int
    records: str
    lines: str
    sheet: str
    per_line: bool
    decimal: str
    thousands: str
    unit: int
    minimum: int
    dates: tuple[str, ...]
    zone: str
    days: int
    key: tuple[str, ...]
    sale: Table[str, str]
    constants: Table[str, str]
    line: Table[str, str]
    buyer: Table[str, str]
    payments: Table[str, str]
    method: Words | None
    state: Words | None
    rates: Table[str, str]
    query: Query | None

    @property
    def columns_of_sale(self) -> tuple[str, ...]:
        """Every column that speaks of the whole sale: in each of its rows it must say the same."""
        return tuple(
            dict.fromkeys(
                [
                    *self.key,
                    *self.sale.values(),
                    *self.buyer.values(),
                    *self.payments.values(),
                    *(words.column for words in (self.method, self.state) if words is not None),
                ]
            )
        )


def parse_mapping(text: str, where: str = "mapping") -> Mapping:
    """Read a mapping from its TOML text.

    Raises:
        ProfileInvalid: naming the key.
    """
    return _read(_Said(said_in(text, where), where))


def _read(said: _Said) -> Mapping:
    said.only("", _TOP)
    if said.text("kind") != KIND:
        raise said.wrong("kind", 'must be "table"')
    form = said.choice("format", FORMATS)
    file = said.table("file", [*_FILE])
    numbers = said.table("numbers", ["decimal", "thousands", "unit", "minimum"])
    dates = said.table("dates", ["formats", "zone", "days"])
    sale, constants = said.columns("sale", (*SALE, "key"))
    line, line_constants = said.columns("line", LINE)
    key = said.key(sale)
    mapping = Mapping(
        name=said.text("name", "mapping"),
        description=said.text("description", ""),
        format=form,
        encoding=file.choice("encoding", ENCODINGS, "auto"),
        letters=file.choice("letters", LETTERS, ""),
        delimiter=file.choice("delimiter", (",", ";", "\t", "|", "auto"), "auto"),
        header=file.truth("header", default=True),
        skip=file.whole("skip", 0, 0, 100),
        records=file.text("records", ""),
        lines=file.text("lines", ""),
        sheet=file.text("sheet", ""),
        per_line=file.choice("rows", ("line", "sale"), "line") == "line",
        decimal=numbers.choice("decimal", (".", ","), "."),
        thousands=numbers.choice("thousands", ("", ".", ",", " "), ""),
        unit=numbers.whole("unit", 1, 1, 1000),
        minimum=numbers.whole("minimum", 1000, 0, 10**9),
        dates=dates.texts("formats"),
        zone=dates.text("zone", "Asia/Ho_Chi_Minh"),
        days=dates.whole("days", 3, 1, 3650),
        key=key,
        sale=sale,
        constants=MappingProxyType({**{f"line.{k}": v for k, v in line_constants.items()}, **constants}),
        line=line,
        buyer=said.columns("buyer", BUYER)[0],
        payments=said.columns("payments", tuple(PaymentMethod))[0],
        method=said.words("method", tuple(PaymentMethod)),
        state=said.words("state", tuple(kind.value for kind in Kind if kind is not Kind.QUARANTINED)),
        rates=said.rates(),
        query=said.query() if form == "database" else None,
    )
    _check(mapping, said)
    return mapping


_FILE = ("encoding", "letters", "delimiter", "header", "skip", "records", "lines", "sheet", "rows")


def _check(mapping: Mapping, said: _Said) -> None:
    """What a mapping must say for a sale to be certain."""
    if mapping.decimal == mapping.thousands:
        raise said.wrong("numbers.thousands", "is the decimal sign too")
    if "sold_at" not in mapping.sale and "date" not in mapping.sale:
        raise said.wrong("sale", "needs sold_at or date: without it nobody knows the day of the invoice")
    if "name" not in mapping.line and "line.name" not in mapping.constants:
        raise said.wrong("line.name", 'is missing; goods that all have one name: name = "=Xăng RON 95"')
    priced = {"quantity", "unit_price"} <= set(mapping.line)
    if "amount" not in mapping.line and not priced:
        raise said.wrong("line.amount", "is missing, or quantity and unit_price")
    if "total" not in mapping.sale and (mapping.per_line or mapping.lines or not priced):
        raise said.wrong(
            "sale.total", "is missing: without the receipt's own total a lost row is not noticed"
        )
    if mapping.format == "xml" and not mapping.records:
        raise said.wrong("file.records", "is missing: the name of the element that is a sale")
    try:
        from zoneinfo import ZoneInfo

        ZoneInfo(mapping.zone)
    except (ValueError, OSError, KeyError) as error:
        raise said.wrong("dates.zone", f"{mapping.zone!r} is no time zone") from error


class _Said:
    """A TOML table, taken key by key; what is unknown or wrong is an error that names the key."""

    def __init__(self, said: Table[str, Any], where: str, prefix: str = "") -> None:
        self._said, self._where, self._prefix = said, where, prefix

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(self._said)

    def wrong(self, key: str, what: str) -> ProfileInvalid:
        return ProfileInvalid(f"{self._where}: {self._prefix}{key}: {what}")

    def only(self, prefix: str, allowed: list[str]) -> None:
        for key in self._said:
            if key not in allowed:
                raise self.wrong(f"{prefix}{key}", f"unknown key; there are {', '.join(allowed)}")

    def table(self, key: str, allowed: list[str] | None = None) -> _Said:
        value = self._said.get(key, {})
        if not isinstance(value, dict):
            raise self.wrong(key, "must be a table")
        inner = _Said(value, self._where, f"{key}.")
        if allowed is not None:
            inner.only("", allowed)
        return inner

    def text(self, key: str, default: str | None = None) -> str:
        value = self._said.get(key, default)
        if not isinstance(value, str) or len(value) > 20_000:
            raise self.wrong(key, "is missing" if value is None else "must be text")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self._said.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise self.wrong(key, "must be a list of texts")
        return tuple(value)

    def choice(self, key: str, choices: tuple[str, ...], default: str | None = None) -> str:
        value = self.text(key, default)
        if value not in choices:
            raise self.wrong(key, f"must be one of {', '.join(map(repr, choices))}, not {value!r}")
        return value

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        value = self._said.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise self.wrong(key, f"must be a whole number from {least} to {most}")
        return value

    def truth(self, key: str, *, default: bool) -> bool:
        value = self._said.get(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "must be true or false")
        return value

    def columns(self, key: str, fields: tuple[str, ...]) -> tuple[Table[str, str], Table[str, str]]:
        """(field → column, field → constant): ``name = "=Xăng"`` is the same in every sale."""
        inner = self.table(key, list(fields))
        found: dict[str, str] = {}
        constants: dict[str, str] = {}
        for field in inner.keys:
            if field == "key":
                continue
            text = inner.text(field).strip()
            if not text.strip("="):
                raise inner.wrong(field, "names no column")
            (constants if text.startswith("=") else found)[field] = text.removeprefix("=")
        return MappingProxyType(found), MappingProxyType(constants)

    def key(self, sale: Table[str, str]) -> tuple[str, ...]:
        key = self.table("sale").texts("key")
        if key:
            return key
        if "receipt_no" not in sale:
            raise self.wrong("sale.key", "is missing: the columns that name a sale, so that it counts once")
        return (sale["receipt_no"],)

    def words(self, key: str, allowed: tuple[str, ...]) -> Words | None:
        """``column = "TT"``, then for each meaning its words: ``sale = ["1", "Đã thanh toán"]``."""
        if key not in self._said:
            return None
        inner = self.table(key, ["column", *allowed])
        column = inner.text("column")
        meanings: dict[str, str] = {}
        for meaning in inner.keys:
            if meaning == "column":
                continue
            for word in inner.texts(meaning):
                if meanings.setdefault(plain(word), meaning) != meaning:
                    raise inner.wrong(meaning, f"{word!r} has two meanings")
        return Words(column, MappingProxyType(meanings))

    def rates(self) -> Table[str, str]:
        """``"8" = "8%"``: how the program writes the rates of VAT."""
        inner = self.table("rates")
        found: dict[str, str] = {}
        for word in inner.keys:
            try:
                found[plain(word)] = Rate.parse(inner.text(word)).word
            except ProfileInvalid:
                raise
            except Exception as error:
                raise inner.wrong(word, f"is no rate of VAT: {error}") from error
        return MappingProxyType(found)

    def query(self) -> Query:
        inner = self.table("query", ["sql", "mark", "marks", "window", "start", "newest"])
        sql = inner.text("sql").strip().rstrip(";").strip()
        newest = inner.text("newest", "").strip().rstrip(";").strip()
        for key, statement in (("sql", sql), ("newest", newest)):
            if statement and (";" in statement or not statement.lower().startswith(("select", "with"))):
                raise inner.wrong(key, "must be one SELECT")
        if ":mark" not in sql:
            raise inner.wrong("sql", "must ask for the rows above :mark (… WHERE id > :mark ORDER BY id)")
        start = None if "start" not in inner.keys else inner.whole("start", 0, 0, 2**62)
        if start is None and not newest:
            raise inner.wrong(
                "newest", 'is missing, or start: where the first look begins ("SELECT MAX(id) FROM bill")'
            )
        by_time = inner.choice("marks", ("number", "time"), "number") == "time"
        return Query(sql, inner.text("mark"), by_time, inner.whole("window", 500, 1, 2**40), start, newest)


def plain(text: str) -> str:
    """A heading or word as it is compared: small letters, single blanks."""
    return " ".join(text.split()).casefold()
