"""Every shared receipt against the sale it stands for."""

import json
from pathlib import Path
from typing import Any

import pytest

from drivers.encoding import unmarked
from drivers.reading import read_receipt, reading_to_json
from invoice.sale import Kind

DATA = Path(__file__).parent.parent / "data"
RECEIPTS = sorted([*(DATA / "receipts").glob("*.prn"), *(DATA / "receipts_other").glob("*.prn")])
# Its price, amount, total and payment were all changed alike, so the paper agrees with itself:
# no reading of it alone can find the change.
AGREES = "018-broken-x-tcvn3-48"


@pytest.mark.parametrize("path", RECEIPTS, ids=lambda path: path.stem)
def test_receipt_is_read_as_its_sale(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text("utf-8"))
    found = reading_to_json(read_receipt(path.read_bytes()))
    if path.stem == AGREES:
        assert (found["kind"], found["total"]) == ("sale", 26000)
        return
    assert found["kind"] == expected["kind"]
    if "total" not in expected:
        return
    for key in ("receipt_no", "discount", "total"):
        assert found[key] == expected[key]
    assert found["payments"] == expected.get("payments", [])
    assert [_figures(line) for line in found["lines"]] == [_figures(line) for line in expected["lines"]]
    for line, wanted in zip(found["lines"], expected["lines"], strict=True):
        # TCVN3 prints marked capitals with the small letters' codes, and narrow paper cuts long names.
        name = unmarked(line["name"]).lower()
        assert unmarked(wanted["name"]).lower().startswith(name)


def _figures(line: dict[str, Any]) -> tuple[Any, ...]:
    return line["quantity"], line["unit_price"], line["amount"]


@pytest.mark.parametrize("path", sorted((DATA / "receipts").glob("*.prn")), ids=lambda path: path.stem)
def test_a_changed_digit_never_makes_another_sale(path: Path) -> None:
    """Any one digit below the headings changed: quarantined, or the money is what it was."""
    data = path.read_bytes()
    original = reading_to_json(read_receipt(data))
    begin, end = data.index(b"----"), data.index(b"====")
    for place in range(begin, end):
        if not 0x30 <= data[place] <= 0x39:
            continue
        changed = data[:place] + bytes((0x30 + (data[place] - 0x2F) % 10,)) + data[place + 1 :]
        found = read_receipt(changed)
        if found.kind is not Kind.QUARANTINED:
            assert reading_to_json(found)["total"] == original["total"]


@pytest.mark.parametrize("data", [b"", b"\x00" * 500, bytes(range(256)) * 4, b"\x1b@\x1dV\x00", b"hello\n"])
def test_garbage_is_quarantined(data: bytes) -> None:
    reading = read_receipt(data)
    assert reading.kind is Kind.QUARANTINED
    assert reading.problems
