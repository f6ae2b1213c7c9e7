"""Records of files: each format read by a mapping, exact or quarantined, whatever is wrong with the file."""

from __future__ import annotations

import doctest
import io
import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from drivers.captured import Form
from drivers.encoding import encode
from drivers.errors import FileUnfit
from drivers.frames.frame_profile import parse_frame_profile
from drivers.reading import Reading
from drivers.reading.errors import ProfileInvalid
from drivers.tables import mapping as mapping_module
from drivers.tables.cells import Cells, CellWrong
from drivers.tables.files import check_whole, records_in
from drivers.tables.mapping import Mapping, parse_mapping
from drivers.tables.objects import canonical
from drivers.tables.record import captured, key_of
from drivers.understanding import load_any, shipped_mappings, understand
from invoice.sale import Kind

LINES = load_any("csv-lines")
HEADING = "Số HĐ;Ngày;Tên hàng;ĐVT;SL;Đơn giá;Thành tiền;Tổng tiền\r\n"
SALE_1 = (
    "HD01;24/11/2026 09:15;Cà phê sữa;Ly;2;25.000;50.000;65.000\r\n"
    "HD01;24/11/2026 09:15;Bánh mì;Cái;1;15.000;15.000;65.000\r\n"
)
SALE_2 = "HD02;24/11/2026 09:20;Trà đá;Ly;3;5.000;15.000;15.000\r\n"


def read(data: bytes, mapping: Any = LINES, name: str = "sales.csv") -> list[tuple[Reading, str]]:
    """Every sale of a file as it is understood from its captured bytes alone."""
    return [
        (understand(found.form, found.data, mapping), found.origin)
        for found in records_in(io.BytesIO(data), mapping, name)
    ]


def totals(data: bytes, mapping: Any = LINES) -> list[int | None]:
    return [one.sale.total if one.sale and one.kind is Kind.SALE else None for one, _ in read(data, mapping)]


def with_file(mapping: str = "csv-lines", **changes: str) -> Mapping:
    """A shipped mapping with lines of its text replaced."""
    text = (Path(mapping_module.__file__).parents[1] / "mappings" / f"{mapping}.toml").read_text("utf-8")
    for before, after in changes.items():
        key = before.replace("_", " ") + " = "
        line = next(line for line in text.splitlines() if line.startswith(key.strip(" =").split()[0] + " = "))
        text = text.replace(line, after)
    return parse_mapping(text)


def test_the_examples_of_mapping() -> None:
    from drivers.tables import objects

    assert doctest.testmod(mapping_module).failed == 0
    assert doctest.testmod(objects, extraglobs={"Decimal": Decimal}).failed == 0


def test_rows_of_a_sale_become_the_sale() -> None:
    (first, where), (second, _) = read((HEADING + SALE_1 + SALE_2).encode())
    assert where == "sales.csv rows 2-3"
    assert first.kind is Kind.SALE
    assert first.sale is not None
    assert (first.sale.receipt_no, first.sale.total) == ("HD01", 65_000)
    assert [(line.name, line.quantity, line.amount) for line in first.sale.lines] == [
        ("Cà phê sữa", 2, 50_000),
        ("Bánh mì", 1, 15_000),
    ]
    assert first.sale.sold_at is not None
    assert first.sale.sold_at.isoformat() == "2026-11-24T09:15:00+07:00"
    assert second.sale is not None
    assert second.sale.total == 15_000


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be-mark", "cp1258", "tcvn3"])
def test_encodings(encoding: str) -> None:
    text = HEADING + SALE_1 + SALE_2
    mapping = LINES
    if encoding in {"cp1258", "tcvn3"}:
        mapping = with_file(encoding=f'encoding = "{encoding}"')
        data = encode(text, encoding)
    elif encoding == "utf-16-be-mark":
        data = b"\xfe\xff" + text.encode("utf-16-be")
    else:
        data = text.encode(encoding)
    found = read(data, mapping)
    assert [reading.sale.lines[0].name for reading, _ in found if reading.sale] == ["Cà phê sữa", "Trà đá"]
    assert [reading.problems for reading, _ in found] == [(), ()]


def test_a_wrong_encoding_is_seen_and_not_guessed() -> None:
    assert totals(encode(HEADING + SALE_1, "cp1258")) == [None]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10.000;9.000;9.000\r\n", "printed 9000"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10.000;10.000;99.000\r\n", "99000"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10,000;10,000;10,000\r\n", "thousands"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10.00;10.000;10.000\r\n", "no number"),
        ("HD03;11/24/2026 09:25;Nước;Chai;1;10.000;10.000;10.000\r\n", "no time"),
        ("HD03;;Nước;Chai;1;10.000;10.000;10.000\r\n", "time of the sale is empty"),
        ("HD03;24/11/2026 09:25;;Chai;1;10.000;10.000;10.000\r\n", "no name"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10.000;10.000;\r\n", "Tổng tiền is empty"),
        (";24/11/2026 09:25;Nước;Chai;1;10.000;10.000;10.000\r\n", "is empty"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10.000;10.000\r\n", "7 cells"),
        ("HD03;24/11/2026 09:25;Nước; khoáng;Chai;1;10.000;10.000;10.000\r\n", "9 cells"),
        ('HD03;24/11/2026 09:25;"Nước;Chai;1;10.000;10.000;10.000\r\n', "quote"),
        ("HD03;24/11/2026 09:25;Nước;Chai;1;10;10;10\r\n", "too small"),
    ],
)
def test_a_broken_row_quarantines_its_sale_only(row: str, said: str) -> None:
    (first, _), (broken, where), (last, _) = read((HEADING + SALE_1 + row + SALE_2).encode())
    assert first.kind is last.kind is Kind.SALE
    assert broken.kind is Kind.QUARANTINED
    assert where == "sales.csv row 4"
    assert said in "; ".join(broken.problems)


def test_a_broken_row_inside_a_sale_spoils_it() -> None:
    rows = SALE_1.splitlines(keepends=True)
    torn = rows[0] + "HD01;24/11/2026 09:15;Bánh\r\n" + rows[1]
    (spoilt, where), (whole, _) = read((HEADING + torn + SALE_2).encode())
    assert spoilt.kind is Kind.QUARANTINED
    assert where == "sales.csv rows 2-4"
    assert whole.kind is Kind.SALE


def test_rows_that_disagree_about_their_sale_are_no_sale() -> None:
    rows = SALE_1.replace("65.000", "50.000", 1)
    ((reading, _),) = read((HEADING + rows).encode())
    assert "row 2 of the sale says" in reading.problems[0]


def test_a_sale_torn_apart_in_the_file_is_never_two() -> None:
    first, second = SALE_1.splitlines(keepends=True)
    assert totals((HEADING + first + SALE_2 + second).encode()) == [None, 15_000, None]


@given(st.integers(0, len((HEADING + SALE_1 + SALE_2).encode())))
def test_half_a_file_gives_no_sale_that_is_not_in_it(size: int) -> None:
    data = (HEADING + SALE_1 + SALE_2).encode()[:size]
    try:
        found = totals(data)
    except FileUnfit:
        return
    assert found in ([], [None], [65_000], [65_000, None], [65_000, 15_000])


def test_a_quoted_cell_may_go_over_lines() -> None:
    row = 'HD03;24/11/2026 09:25;"Nước\nkhoáng ""Lavie""; lạnh";Chai;1;10.000;10.000;10.000\r\n'
    (reading, _), _ = read((HEADING + row + SALE_2).encode())
    assert reading.sale is not None
    assert reading.sale.lines[0].name == 'Nước khoáng "Lavie"; lạnh'


def test_a_row_without_end_is_no_csv() -> None:
    with pytest.raises(FileUnfit, match="longer"):
        list(records_in(io.BytesIO(HEADING.encode() + b"x" * 500_000), LINES, "x.csv"))


def test_a_file_without_a_heading() -> None:
    mapping = parse_mapping(
        'kind = "table"\nformat = "csv"\n[file]\nheader = false\nrows = "sale"\n[sale]\nreceipt_no = "#1"\n'
        'sold_at = "#2"\n[line]\nname = "=Gửi xe"\nquantity = "#3"\nunit_price = "#4"\namount = "#5"\n'
    )
    data = b"1,2026-11-24T09:00:00,1,5000,5000\n2,2026-11-24T09:01:00,2,5000,10000\n"
    assert totals(data, mapping) == [5000, 10_000]


# JSON, XML, Excel

JSON = {
    "sales": [
        {
            "no": "HD01",
            "at": "2026-11-24T09:15:00+07:00",
            "status": "paid",
            "total": 60_000,
            "discount": 5_000,
            "customer": {"name": "Công ty A", "tax_code": "0101243150"},
            "items": [
                {"name": "Cà phê", "qty": 2, "price": 25_000.0, "amount": 50_000, "vat": "8%"},
                {"name": "Đá", "qty": 0.5, "price": 30_000, "amount": 15_000, "vat": "8%"},
            ],
        },
        {"no": "HD02", "at": "2026-11-24T09:16:00+07:00", "status": "open", "total": 1, "items": []},
        {"no": "HD03", "at": "2026-11-24T09:16:00+07:00", "status": "lost", "total": 1, "items": []},
    ]
}


def test_json_with_lines_inside() -> None:
    sale, open_bill, unknown = (one for one, _ in read(json.dumps(JSON).encode(), load_any("json-sales")))
    assert sale.sale is not None
    assert (sale.sale.total, sale.sale.discount) == (60_000, 5_000)
    assert sale.sale.buyer is not None
    assert sale.sale.buyer.tax_code == "0101243150"
    assert sale.sale.lines[1].quantity == Decimal("0.5")
    assert open_bill.kind is Kind.PROVISIONAL
    assert unknown.kind is Kind.QUARANTINED
    assert "lost" in unknown.problems[0]


@pytest.mark.parametrize("form", ["list", "lines"])
def test_json_lists_and_json_lines(form: str) -> None:
    mapping = parse_mapping(
        'kind = "table"\nformat = "json"\n[file]\nlines = "items"\n[sale]\nreceipt_no = "no"\n'
        'sold_at = "at"\ntotal = "total"\ndiscount = "discount"\n[line]\nname = "name"\nquantity = "qty"\n'
        'unit_price = "price"\namount = "amount"\n'
    )
    sales = [JSON["sales"][0], {**JSON["sales"][0], "no": "HD09"}]
    text = json.dumps(sales) if form == "list" else "\n".join(map(json.dumps, sales))
    assert totals(text.encode(), mapping) == [60_000, 60_000]


@pytest.mark.parametrize("size", [0.2, 0.5, 0.8, 0.99])
def test_half_a_json_file_is_not_whole(size: float, tmp_path: Path) -> None:
    data = json.dumps(JSON).encode()
    path = tmp_path / "half.json"
    path.write_bytes(data[: int(len(data) * size)])
    with pytest.raises(FileUnfit, match="JSON"):
        check_whole(path, load_any("json-sales"))  # type: ignore[arg-type]


XML = """<?xml version="1.0" encoding="{encoding}"?>
<export xmlns="urn:pos"><bill no="HD01"><time>2026-11-24 09:15:00</time><sum>65000</sum>
<item><name>Cà phê</name><q>2</q><p>25000</p><t>50000</t></item>
<item><name>Bánh</name><q>1</q><p>15000</p><t>15000</t></item></bill>
<bill no="HD02"><time>2026-11-24 09:16:00</time><sum>15000</sum>
<item><name>Bánh</name><q>1</q><p>15000</p><t>15000</t></item></bill></export>"""
XML_MAPPING = parse_mapping(
    'kind = "table"\nformat = "xml"\n[file]\nrecords = "bill"\nlines = "item"\n[sale]\nreceipt_no = "@no"\n'
    'sold_at = "time"\ntotal = "sum"\n[line]\nname = "name"\nquantity = "q"\nunit_price = "p"\namount = "t"\n'
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml(encoding: str) -> None:
    data = XML.format(encoding=encoding).encode(encoding)
    assert totals(data, XML_MAPPING) == [65_000, 15_000]


def test_xml_that_is_broken_or_hostile() -> None:
    with pytest.raises(FileUnfit, match="XML"):
        read(XML.format(encoding="utf-8").encode()[:-20], XML_MAPPING)
    bomb = b'<!DOCTYPE x [<!ENTITY a "' + b"9" * 1000 + b'"><!ENTITY b "' + b"&a;" * 500 + b'">]>'
    bomb += b"<export><bill no='1'><sum>&b;</sum></bill></export>"
    assert totals(bomb, XML_MAPPING) == [None]


def excel(rows: list[list[Any]], sheet: str = "Sheet1") -> bytes:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


EXCEL = with_file(format='format = "excel"')
EXCEL_ROWS: list[list[Any]] = [
    ["Số HĐ", "Ngày", "Tên hàng", "ĐVT", "SL", "Đơn giá", "Thành tiền", "Tổng tiền"],
    ["HD01", datetime(2026, 11, 24, 9, 15), "Cà phê", "Ly", 2, 25_000.0, 50_000, 65_000],  # noqa: DTZ001
    ["HD01", datetime(2026, 11, 24, 9, 15), "Đá", "kg", 0.5, 30_000, "15.000 đ", 65_000],  # noqa: DTZ001
]


def test_excel() -> None:
    ((reading, where),) = read(excel(EXCEL_ROWS), EXCEL)
    assert reading.sale is not None
    assert reading.sale.total == 65_000
    assert reading.sale.lines[1].quantity == Decimal("0.5")
    assert where == "sales.csv rows 2-3"


def test_excel_that_is_none() -> None:
    data = excel(EXCEL_ROWS)
    for broken in (data[:-100], data[: len(data) // 2], b"PK\x03\x04nonsense", b"", b"plain text"):
        with pytest.raises(FileUnfit, match="Excel"):
            read(broken, EXCEL)


def test_letters_of_old_fonts_in_any_format() -> None:
    mapping = parse_mapping(
        'kind = "table"\nformat = "json"\n[file]\nrows = "sale"\nletters = "tcvn3"\n'
        '[sale]\nreceipt_no = "no"\nsold_at = "at"\n'
        'total = "total"\n[line]\nname = "name"\nquantity = "q"\nunit_price = "p"\n'
    )
    old = encode("Cà phê sữa đá", "tcvn3").decode("cp1252")
    row = {"no": "1", "at": "2026-11-24 09:00:00", "total": 5000, "name": old, "q": 1, "p": 5000}
    ((reading, _),) = read(json.dumps([row]).encode(), mapping)
    assert reading.sale is not None
    assert reading.sale.lines[0].name == "Cà phê sữa đá"


# What holds of all of them


class Endless(io.RawIOBase):
    """A file that goes on for ever; how much of it was read."""

    def __init__(self, start: bytes, again: Callable[[int], bytes]) -> None:
        self._start = self._buffer = start
        self._again, self._number = again, 0
        self.read_so_far = 0

    def readable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        assert self.read_so_far <= len(self._start), "gone back in a file of any length"
        self._buffer, self.read_so_far = self._start[offset:], offset
        return offset

    def readinto(self, buffer: Any, /) -> int:
        while len(self._buffer) < len(buffer):
            self._number += 1
            self._buffer += self._again(self._number)
        buffer[:] = self._buffer[: len(buffer)]
        self._buffer = self._buffer[len(buffer) :]
        self.read_so_far += len(buffer)
        assert self.read_so_far < 2_000_000, "it is read without end"
        return len(buffer)


ENDLESS: dict[str, tuple[bytes, Callable[[int], bytes], Any]] = {
    "csv": (HEADING.encode(), lambda n: SALE_1.replace("HD01", f"HD{n}").encode(), LINES),
    "json": (
        b'{"sales": [',
        lambda n: json.dumps({**JSON["sales"][0], "no": f"HD{n}"}).encode() + b",",
        load_any("json-sales"),
    ),
    "xml": (
        b"<export>",
        lambda n: (
            "".join(XML.splitlines()[1:4])
            .replace("HD01", f"HD{n}")
            .replace('<export xmlns="urn:pos">', "")
            .encode()
        ),
        XML_MAPPING,
    ),
}


@pytest.mark.parametrize("form", ENDLESS)
def test_a_file_without_end_gives_its_sales_one_by_one(form: str) -> None:
    """So that memory is that of one sale, however long the file."""
    start, again, mapping = ENDLESS[form]
    file = Endless(start, again)
    sales = records_in(file, mapping, "endless")  # type: ignore[arg-type]
    for _ in range(50):
        assert next(sales).record.problems == ()
    assert file.read_so_far < 400_000


def test_numbers_are_never_read_a_thousand_times_wrong() -> None:
    rng = random.Random(7)  # noqa: S311 - not for secrets
    points = parse_mapping(
        'kind = "table"\nformat = "csv"\n[sale]\nreceipt_no = "a"\nsold_at = "b"\ntotal = "c"\n'
        '[line]\nname = "d"\namount = "e"\n'
    )
    assert isinstance(LINES, Mapping)
    for _ in range(500):
        amount = rng.randrange(1_000, 10**9)
        grouped = f"{amount:,}".replace(",", ".")
        assert Cells(LINES).amount(grouped) == amount
        with pytest.raises(CellWrong):
            Cells(points).amount(grouped)
        with pytest.raises(CellWrong):
            Cells(LINES).amount(f"{amount:,}" if amount >= 10**6 else f"{amount:,}00")


def test_a_sale_of_days_ago_or_of_tomorrow_is_marked() -> None:
    assert isinstance(LINES, Mapping)
    (found,) = records_in(io.BytesIO((HEADING + SALE_1).encode()), LINES, "s.csv")
    sold = datetime(2026, 11, 24, 2, 15, tzinfo=UTC)
    assert key_of(found.record, LINES) == "HD01"
    for days, ended in ((0, "record"), (2.9, "record"), (3.1, "old"), (-0.9, "record"), (-1.1, "ahead")):
        one = captured(found, LINES, sold + timedelta(days=days))
        assert (one.ended_by, one.form) == (ended, Form.CSV)
        assert one.identity is not None
        assert one.identity.mark == int(sold.timestamp())


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
        max_leaves=20,
    )
)
def test_canonical_json_is_json(value: Any) -> None:
    assert json.loads(canonical(value)) == value


def test_every_shipped_mapping_can_be_read() -> None:
    for name in shipped_mappings():
        mapping = load_any(name)
        assert isinstance(mapping, Mapping)
        assert mapping.name == name
        assert mapping.description


GOOD = (
    'kind = "table"\nformat = "csv"\n[sale]\nreceipt_no = "a"\nsold_at = "b"\ntotal = "c"\n'
    '[line]\nname = "d"\namount = "e"\n'
)


@pytest.mark.parametrize(
    ("before", "after", "named"),
    [
        ('format = "csv"', 'format = "pdf"', "format"),
        ('total = "c"\n', "", "sale.total"),
        ('sold_at = "b"\n', "", "sold_at"),
        ('receipt_no = "a"\n', "", "sale.key"),
        ('name = "d"\n', "", "line.name"),
        ('amount = "e"\n', "", "line.amount"),
        ('name = "d"', 'nmae = "d"', "line.nmae"),
        ('name = "d"', "name = 3", "line.name"),
        ('name = "d"', 'name = "="', "line.name"),
        ("[sale]", '[numbers]\ndecimal = ","\nthousands = ","\n[sale]', "thousands"),
        ("[sale]", "[numbers]\nunit = 0\n[sale]", "numbers.unit"),
        ("[sale]", '[dates]\nzone = "Mars"\n[sale]', "zone"),
        ("[sale]", '[rates]\n"8" = "88%%"\n[sale]', "rates.8"),
        ("[sale]", '[state]\ncolumn = "x"\nsale = ["1"]\nrefund = ["1"]\n[sale]', "two meanings"),
        ('format = "csv"', 'format = "database"', "query"),
        ('format = "csv"', 'format = "database"\n[query]\nsql = "DELETE FROM x"\nmark = "a"', "one SELECT"),
        (
            'format = "csv"',
            'format = "database"\n[query]\nsql = "SELECT 1; DROP TABLE x"\nmark = "a"',
            "one SELECT",
        ),
        ('format = "csv"', 'format = "database"\n[query]\nsql = "SELECT 1"\nmark = "a"', ":mark"),
        (
            'format = "csv"',
            'format = "database"\n[query]\nsql = "SELECT a WHERE a > :mark"\nmark = "a"',
            "newest",
        ),
        ('kind = "table"', "kind = 'table", "TOML"),
    ],
)
def test_wrong_mappings_name_their_key(before: str, after: str, named: str) -> None:
    assert before in GOOD
    parse_mapping(GOOD)
    with pytest.raises(ProfileInvalid, match=named):
        parse_mapping(GOOD.replace(before, after, 1))


def test_the_mappings_of_the_page() -> None:
    """docs/records.md: every example can be read."""
    page = (Path(mapping_module.__file__).parents[2] / "docs" / "records.md").read_text("utf-8")
    whole, query, device = [block.partition("```")[0] for block in page.split("```toml\n")[1:]]
    mapping = parse_mapping(whole)
    assert mapping.key == ("Số HĐ", "Ngày")
    assert mapping.payments["cash"] == "Tiền mặt"
    asked = parse_mapping(
        whole.replace('format = "csv"', query.partition("\n")[0]) + query.partition("\n")[2]
    )
    assert asked.query is not None
    assert asked.query.window == 500
    assert parse_frame_profile(device).tax["A"] == "10%"


def test_values_of_no_sale_spoil_their_sale_only() -> None:
    """Not a number, endless, too deep: written as text, so that the column that has it says so."""
    deep: Any = 1
    for _ in range(40):
        deep = [deep]
    odd = {"a": float("nan"), "b": Decimal("Infinity"), "c": deep, "d": object, "e": timedelta(hours=9)}
    written = json.loads(canonical(odd))
    assert (written["a"], written["b"], written["e"]) == ("NaN", "Infinity", "9:00:00")
    rows = [{**EXCEL_CELLS, "Tổng tiền": value} for value in (65_000, float("nan"), 65_000)]
    found = [understand(Form.JSON, canonical([row]), EXCEL_ONE) for row in rows]
    assert [one.kind for one in found] == [Kind.SALE, Kind.QUARANTINED, Kind.SALE]


EXCEL_ONE = with_file(format='format = "excel"')
EXCEL_CELLS = dict(zip(EXCEL_ROWS[0], [*EXCEL_ROWS[1][:5], 32_500, 65_000, 65_000], strict=True))


def test_a_note_beside_an_excel_table_changes_nothing() -> None:
    rows = [EXCEL_ROWS[0], [*EXCEL_ROWS[1], "ghi chú"], EXCEL_ROWS[2]]
    ((reading, _),) = read(excel(rows), EXCEL)
    assert reading.kind is Kind.SALE
