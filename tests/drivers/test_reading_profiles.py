"""Receipt profiles: strict reading, the shipped ones, checking and learning."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.reading import check_profile, learn_profile, load_profile, read_receipt
from drivers.reading.errors import ProfileInvalid
from drivers.reading.profile import parse_profile, shipped_profiles
from drivers.reading.toml_text import MAX_PROFILE
from invoice.sale import Kind

SHARED = Path(__file__).parent.parent / "data" / "receipts"
NAME_BELOW = """SHOP
So HD: 5
------
2 x 129.000   258.000
Ao thun
------
Tong cong:        258.000
"""


@pytest.mark.parametrize("name", shipped_profiles())
def test_shipped_profiles_load_and_keep_the_general_receipts(name: str) -> None:
    profile = load_profile(name)
    assert profile.name == name
    assert profile.description
    if (profile.unit, profile.date_order) == (1, "dmy") and not profile.source["only_these_layouts"]:
        understood = [sample.understood for sample in check_profile(profile, sorted(SHARED.glob("*.prn")))]
        assert all(understood)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("name = 5", "name"),
        ("nmae = 'x'", "nmae"),
        ("[words]\ntotals = ['a']", "words.totals"),
        ("[words]\ntotal = 'a'", "words.total"),
        ("[words]\ntotal = ['']", "words.total"),
        ("[amounts]\nunit = 7", "amounts.unit"),
        ("[amounts]\nminimum = -1", "minimum"),
        ("[amounts]\nminimum = true", "minimum"),
        ("[dates]\norder = 'dym'", "dates.order"),
        ("words = 3", "words"),
        ("[titles]\nsales = ['a']", "titles.sales"),
        ("[receipt_no]\nlabels = ['so']", "receipt_no.labels[0]"),
        ("layout = 3", "layout"),
        ("[[layout]]\nrows = []", "layout[0].rows"),
        ("[[layout]]\nrows = ['{name} {amount}']", "{quantity}"),
        ("[[layout]]\nrows = ['{name} {quantty} {price} {amount}']", "{quantty}"),
        ("[[layout]]\nrows = ['{name} {name} {quantity} {price} {amount}']", "twice"),
        ("[[layout]]\nrows = ['{name} [{quantity} {price} {amount}']", "bracket"),
        ("[[layout]]\nrows = ['{name} {amount}']\nproof = 'none'", "layout[0].proof"),
        ("only_these_layouts = true", "layout"),
        ("name = ", "TOML"),
    ],
)
def test_what_is_wrong_is_named(text: str, key: str) -> None:
    with pytest.raises(ProfileInvalid) as raised:
        parse_profile(text)
    assert key in raised.value.message


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (MAX_PROFILE + 1))
    latin = tmp_path / "latin.toml"
    latin.write_bytes(b'name = "\xe9"')
    for which in (tmp_path / "none.toml", big, latin, "no-such-profile"):
        with pytest.raises(ProfileInvalid):
            load_profile(which)
    with pytest.raises(ProfileInvalid):
        learn_profile([])
    with pytest.raises(ProfileInvalid):
        check_profile("general", [tmp_path / "none.prn"])


def test_a_profile_adds_words_layouts_and_orders() -> None:
    assert read_receipt(NAME_BELOW.encode()).kind is Kind.QUARANTINED
    sale = read_receipt(NAME_BELOW.encode(), profile="name-below").sale
    assert sale is not None
    assert [(line.name, line.quantity) for line in sale.lines] == [("Ao thun", 2)]
    text = "SHOP\n05/11/2026 10:00\n---------\nTra  2  25  50\n---------\nTong: 50\n"
    assert read_receipt(text.encode()).kind is Kind.QUARANTINED
    sale = read_receipt(text.encode(), profile="thousands").sale
    assert sale is not None
    assert (sale.total, sale.lines[0].unit_price) == (50_000, 25_000)
    dated = text.replace("25  50", "25.000  50.000").replace("Tong: 50", "Tong: 50.000")
    us, here = (read_receipt(dated.encode(), profile=name).sale for name in ("us-dates", "general"))
    assert us is not None
    assert here is not None
    assert us.sold_at is not None
    assert here.sold_at is not None
    assert (us.sold_at.month, here.sold_at.month) == (5, 11)


def test_check_compares_with_what_is_wanted(tmp_path: Path) -> None:
    paper = tmp_path / "a.prn"
    paper.write_text(NAME_BELOW, "utf-8")
    paper.with_suffix(".json").write_text('{"kind": "sale", "total": 258000}', "utf-8")
    assert [sample.as_wanted for sample in check_profile("name-below", [paper])] == [True]
    assert [sample.as_wanted for sample in check_profile("general", [paper])] == [False]
    paper.with_suffix(".json").write_text("[]", "utf-8")
    with pytest.raises(ProfileInvalid):
        check_profile("general", [paper])


def test_learning_proposes_what_makes_the_sums_agree(tmp_path: Path) -> None:
    paper = tmp_path / "a.prn"
    paper.write_text(NAME_BELOW.replace("Tong cong", "Bao nhieu day"), "utf-8")
    learned = learn_profile([paper], name="quan-nho")
    assert (learned.before, learned.after) == (0, 1)
    profile = parse_profile(learned.toml)
    assert profile.name == "quan-nho"
    sale = read_receipt(paper.read_bytes(), profile=profile).sale
    assert sale is not None
    assert (sale.total, sale.lines[0].name) == (258_000, "Ao thun")


def test_learning_from_receipts_that_need_nothing_says_nothing() -> None:
    learned = learn_profile(sorted(SHARED.glob("*.prn")))
    assert learned.before == learned.after == len(learned.samples)
    assert "[words]" not in learned.toml
    assert "[[layout]]" not in learned.toml


def test_what_sums_cannot_prove_is_not_learned(tmp_path: Path) -> None:
    paper = tmp_path / "a.prn"
    paper.write_text(NAME_BELOW.replace("258.000\nAo", "259.000\nAo"), "utf-8")
    learned = learn_profile([paper])
    assert learned.after == 0
    assert json.dumps(learned.samples[0].reading.problems)


def test_the_profile_of_the_docs_page() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "receipts.md").read_text("utf-8")
    profile = parse_profile(page.split("```toml\n")[1].split("```")[0])
    text = "QUAN\n-----\nOc huong\n2 x 80.000 -> 160.000\n-----\nBao nhieu day: 160.000\n"
    sale = read_receipt(text.encode(), profile=profile).sale
    assert sale is not None
    assert (sale.total, sale.lines[0].name) == (160_000, "Oc huong")
    for name in shipped_profiles():
        assert name in page
