"""Every problem that reading, checking and keeping can say of a receipt has Vietnamese words.

They are looked for in the sources: a new one without words fails here.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from agent.till import DOUBTFUL_ENDS
from agent.web.problem_table import PHRASES, PROBLEMS
from agent.web.problem_words import in_words, known_in_vietnamese
from invoice.errors import SaleInvalid

ROOT = Path(__file__).parents[3]
SOURCES = (
    *sorted((ROOT / "drivers").rglob("*.py")),
    ROOT / "invoice/sale.py",
    ROOT / "outbox/records.py",
)
# Who takes a problem as an argument, and what it is assigned to.
SAY = {
    "Unread", "_Unread", "Unsettled", "Unpaid", "CellWrong", "JobUnreadable", "Unreadable", "_quarantine",
    "_unread", "_fail",
}  # fmt: skip
LISTS = re.compile(r"(problems|doubts|found|why)\.(append|extend)")
TARGETS = re.compile(r"(problems?|failure)\b")
OURS = {"drivers/folder.py", "drivers/job_folder.py"}  # what they say is an alarm of the source
SAMPLES = ("7", "'Cà phê x: 2'", "a b")


def template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return None


def said(node: ast.AST) -> Iterator[str]:
    """The texts below a node; parts of an f-string are no texts of their own."""
    if (text := template(node)) is not None:
        yield text
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "join":
        return
    if isinstance(node, ast.comprehension | ast.Compare):
        return
    for child in ast.iter_child_nodes(node):
        yield from said(child)


def spoken(path: Path) -> Iterator[str]:
    inside_sale = path.name == "sale.py" and path.parent.name == "invoice"
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            listed = LISTS.search(name) and ("found" not in name or inside_sale)
            if name.rpartition(".")[2] in SAY or listed:
                for argument in node.args:
                    yield from said(argument)
            if name == "Reading" and "QUARANTINED" in ast.unparse(node.args[0]):
                yield from said(node.args[2])
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(TARGETS.search(ast.unparse(target)) for target in targets):
                yield from said(node.value)
        if path.name == "tax.py" and isinstance(node, ast.Return) and node.value is not None:
            yield from (text for text in [template(node.value)] if text)


def everything() -> list[str]:
    found = {
        text
        for path in SOURCES
        if str(path.relative_to(ROOT)) not in OURS
        for text in spoken(path)
        if re.search(r"[a-z]{2,}", text)
    }
    return sorted({*found, *DOUBTFUL_ENDS.values()})


# Texts that are none by themselves: words put into another, names of columns, an encoding.
PARTS = {"discount", "service_charge", "tip", "reduction", "replace", "utf-8"}


def test_the_sources_are_read() -> None:
    found = everything()
    assert len(found) > 110
    for one in ("no total found", "{} has no price", "change without cash", "no text", "{} is no amount"):
        assert one in found or one.removeprefix("{} ") in found, one


@pytest.mark.parametrize("problem", [one for one in everything() if one not in PARTS])
def test_every_problem_has_vietnamese_words(problem: str) -> None:
    if problem.startswith(("is ", "has ", "holds ")):
        problem = f"{{}} {problem}"  # of a line of goods, which stands before it
    if problem in {"{} {}", "{}: {}"}:
        return  # one problem within another
    if problem == "{} is not the total {}":
        problem = f"lines {problem}"  # the first of the sums
    if problem.endswith(": {}") and problem.removesuffix(": {}") in dict(PHRASES):
        problem = problem.removesuffix("{}") + "no lines"  # a place, with one within
    figures = problem in {row[0].replace("{#}", "{}") for row in PROBLEMS if "{#}" in row[0]}
    for sample in SAMPLES[:1] if figures else SAMPLES:
        filled = problem.replace("{}", sample)
        words = known_in_vietnamese(filled)
        assert words is not None, f"agent/web/problem_table.py has no words for {problem!r}"
        assert words != filled


def test_no_words_without_a_problem() -> None:
    """What nobody says any more goes out of the table."""
    sources = "\n".join(path.read_text("utf-8") for path in (*SOURCES, *(ROOT / "agent").glob("*.py")))
    joined = re.sub(r'"\s*\n\s*f?"', "", sources)  # texts that go over two lines
    for row in PROBLEMS:
        longest = max(re.split(r"\{#?\}", row[0]), key=len).strip(" :,;()")
        assert longest in joined, row[0]


@pytest.mark.parametrize(
    ("problem", "vietnamese"),
    [
        (
            "lines 70000, discount 0: 70000 is not the total 80000",
            "Cộng các dòng được 70.000, nhưng phiếu ghi tổng 80.000",
        ),
        (
            "lines 50000 - discount 2000 + VAT 4000 is not the total 80000",
            "Cộng các dòng được 50.000 - giảm giá 2.000 + thuế 4.000, không bằng tổng 80.000",
        ),
        ("service charge -5 is negative", "phí phục vụ -5 là số âm"),
        ("'discount VAT' has no price", "'discount VAT' không có giá"),
        ("ban.csv row 12: GIA: '1.2.3' is no number", "ban.csv row 12: GIA: '1.2.3' không phải là số"),
        ("ban.csv row 7: row 2 of the sale has no price", "ban.csv row 7: dòng 2 của lần bán không có giá"),
        (
            "row 3 of the sale: it has 4 cells, the heading has 5",
            "dòng 3 của lần bán: Dòng có 4 ô, tiêu đề có 5 ô",
        ),
        ("time: 'mai' is no time as the mapping writes them", "giờ bán: 'mai' không phải ngày giờ"),
        ("line 1 (a): a promotion has the amount 5", "Dòng 1 (a): hàng khuyến mại mà có số tiền 5"),
        ("something new 12345", "Chưa đọc chắc chắn được: something new 12.345"),
    ],
)
def test_in_words(problem: str, vietnamese: str) -> None:
    assert in_words([problem, problem], "vi") == [vietnamese]


def test_a_hostile_paper_costs_no_time() -> None:
    """A name that is made of what stands between the figures of a line; no clock is asked."""
    name = " x - = , printed" * 60
    assert in_words([f"line 1 ({name}): 1 x 2 - 3 = 4, printed 5"], "vi")[0].startswith("Dòng 1")
    assert in_words([f"line 1 ({name}): no"], "vi")[0].startswith("Chưa đọc chắc chắn")
    assert in_words(["lines " + " is not the total" * 5_000], "vi")[0].startswith("Chưa đọc chắc chắn")


def test_in_plainer_english() -> None:
    assert in_words(["lines 7 - discount 2 is not the total 9"], "en") == [
        "The lines come to 7 - discount 2, but the total is 9"
    ]
    assert in_words(["no lines"], "en") == ["no lines"]


def test_an_error_of_ours_is_told_by_its_advice() -> None:
    error = SaleInvalid("the sums of 2026-11-25T02:00:00.000Z do not agree")
    (vietnamese,) = in_words([str(error)], "vi")
    assert vietnamese.startswith(SaleInvalid.advice_vi)
    assert "09:00:00 25/11/2026" in vietnamese
    assert SaleInvalid.advice_en not in vietnamese
    (english,) = in_words([str(error)], "en")
    assert english.startswith(SaleInvalid.advice_en)
