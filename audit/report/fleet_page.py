"""The page that compares sellers: what stands out first, then how all are spread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.figures import count, decimal, dong
from audit.meanings import MEANINGS
from audit.report.charts import spread_chart, value_of
from audit.report.html import set_template
from audit.words import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.fleet.compare import Fleet, Standing

TITLE = Words("So sánh người bán", "Comparison of sellers")


def render_fleet(fleet: Fleet, unreadable: Sequence[tuple[str, str]] = ()) -> str:
    """The comparison as HTML; ``unreadable``: files that could not be used, and why."""
    return set_template(
        "fleet.html.j2",
        title=TITLE,
        fleet=fleet,
        unreadable=unreadable,
        verdict=_verdict(fleet),
        spread_chart=spread_chart,
        said=_said,
        meaning_of=_meaning_of,
        count=count,
        dong_words=dong,
    )


def _verdict(fleet: Fleet) -> Words:
    far = len(fleet.outliers) + fleet.more
    return Words(
        f"{count(far).vi} trong {count(fleet.sellers).vi} người bán khác hẳn những người bán tương tự, hoặc"
        " có số"
        " liệu mâu thuẫn.",
        f"{count(far).en} of {count(fleet.sellers).en} sellers stand out from sellers like them, or have"
        " records"
        " that contradict each other.",
    )


def _said(one: Standing) -> Words:
    """One measure of one seller in words."""
    own, usual = value_of(one.measure, one.value), value_of(one.measure, one.usual)
    score = decimal(one.score)
    return Words(
        f"{one.measure.title.vi}: {own.vi} (nhóm tương tự {usual.vi}; xa {score.vi} độ lệch)",
        f"{one.measure.title.en}: {own.en} (peers {usual.en}; {score.en} deviations away)",
    )


def _meaning_of(name: str) -> Words:
    """The title of a finding."""
    meaning = MEANINGS.get(name)
    return meaning.title if meaning else Words(name, name)
