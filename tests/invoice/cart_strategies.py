"""Random carts as a strategy of hypothesis."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from cart_maker import make_cart
from hypothesis import strategies as st

from invoice.numbers import Form
from invoice.sale import Sale

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")


class HypothesisChooser:
    """Choices drawn by hypothesis."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw

    def whole(self, least: int, most: int) -> int:
        return self._draw(st.integers(least, most))

    def one_of(self, choices: Sequence[T]) -> T:
        return self._draw(st.sampled_from(choices))


@st.composite
def carts(draw: st.DrawFn, form: Form) -> Sale:
    return make_cart(HypothesisChooser(draw), form)
