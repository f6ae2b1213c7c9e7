"""Largest remainders: the parts add up, are fair to a dong, and do not depend on the order."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoice.spread import spread

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=30)
TOTALS = st.integers(0, 10**15)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (0, [], []),
        (5, [], []),
        (0, [1, 2], [0, 0]),
        (5, [0, 0], [0, 0]),
        (100, [1], [100]),
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (1, [1, 2], [0, 1]),
        (1, [2, 1], [1, 0]),
        (10, [0, 5, 0], [0, 10, 0]),
        (7, [1, 2, 3], [1, 2, 4]),
        (15_000, [50_000, 25_000], [10_000, 5_000]),
        (10**15, [1, 10**15], [1, 10**15 - 1]),
    ],
)
def test_parts(total: int, weights: list[int], parts: list[int]) -> None:
    assert spread(total, weights) == parts


@given(TOTALS, WEIGHTS)
def test_the_parts_add_up_and_are_fair_to_a_dong(total: int, weights: list[int]) -> None:
    parts = spread(total, weights)
    whole = sum(weights)
    assert sum(parts) == (total if whole else 0)
    for part, weight in zip(parts, weights, strict=True):
        assert part >= 0
        assert abs(part - (Fraction(total * weight, whole) if whole else 0)) < 1


@given(TOTALS, WEIGHTS)
def test_no_part_is_more_than_its_weight_where_the_total_is_not(total: int, weights: list[int]) -> None:
    total = min(total, sum(weights))
    assert all(part <= weight for part, weight in zip(spread(total, weights), weights, strict=True))


@given(
    TOTALS,
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_the_order_does_not_matter(total: int, lines: list[tuple[int, int]], random: object) -> None:
    def told(order: list[tuple[int, int]]) -> list[tuple[int, int, int]]:
        parts = spread(total, [weight for weight, _ in order], [(name,) for _, name in order])
        return sorted((weight, name, part) for (weight, name), part in zip(order, parts, strict=True))

    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis types its randoms as object
    assert told(lines) == told(shuffled)
