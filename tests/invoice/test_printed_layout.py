"""Setting text without any page: nothing lost, nothing too wide, nothing below the edge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from invoice.printed.content import Column
from invoice.printed.layout import Mark, Rule, Run, Setter, Text, Weight, broken
from invoice.printed.size import Paper

SMALL = Paper(60, 80, 5, 8, 20)
WEIGHTS = st.sampled_from(Weight)
TEXTS = st.text("abcdefgh ÂẤ,.", max_size=60)


def width_of(text: str, letters: float, weight: Weight) -> float:
    return len(text) * letters * (0.2 if weight is Weight.PLAIN else 0.25)


def setter() -> Setter:
    return Setter(SMALL, width_of, lambda _: None)


def texts(pages: list[list[Mark]]) -> list[Text]:
    return [mark for page in pages for mark in page if isinstance(mark, Text)]


@given(st.lists(st.tuples(TEXTS, WEIGHTS), max_size=5), st.integers(4, 60))
def test_breaking_loses_nothing_and_fits(runs: list[Run], width: int) -> None:
    lines = broken(runs, width, 8, width_of)
    letters = "".join(text for line in lines for text, _ in line)
    assert letters.replace(" ", "") == "".join(text for text, _ in runs).replace(" ", "")
    for line in lines:
        assert (
            sum(width_of(text, 8, weight) for text, weight in line) <= width + 0.001 or len(line[0][0]) == 1
        )


@given(st.lists(TEXTS.filter(str.strip), min_size=1, max_size=30))
def test_paragraphs_stay_inside_the_page(paragraphs: list[str]) -> None:
    setting = setter()
    for paragraph in paragraphs:
        setting.paragraph([(paragraph, Weight.PLAIN)])
    for text in texts(setting.pages):
        assert SMALL.margin <= text.x
        assert (
            text.x + width_of(text.text.rstrip(), text.letters, text.weight)
            <= SMALL.width - SMALL.margin + 0.001
        )
        assert SMALL.margin < text.y <= SMALL.height - SMALL.margin


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=40))
def test_a_head_stands_over_every_pages_rows_and_never_alone(rows: list[tuple[str, str]]) -> None:
    setting = setter()
    setting.y = 60
    setting.table([Column("HEAD", 2), Column("SUM", 1, figures=True)], rows, x=5, width=50)
    for page in setting.pages:
        heads = [mark for mark in page if isinstance(mark, Text) and mark.weight is Weight.BOLD]
        assert len(heads) in {0, 2}
        lines = {mark.y for mark in page if isinstance(mark, Rule) and mark.y == mark.to_y}
        assert len(lines) != 2  # a head alone has one line above and one below; with a row there are three
        assert bool(heads) == bool(lines)
    written = "".join(text.text for text in texts(setting.pages) if text.weight is Weight.PLAIN)
    assert sorted(written.replace(" ", "")) == sorted("".join(a + b for a, b in rows).replace(" ", ""))
