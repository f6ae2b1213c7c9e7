"""Promise P4 over millions of random carts: ``make carts CARTS=1000000``.

Plain dice instead of hypothesis (which draws some hundred carts a second); every cart's sums are checked on
its form, every tenth once more with its lines shuffled, every hundredth written and judged by the validator
and the sandbox. A failure names its seed: ``python tests/invoice/cart_storm.py --seed S`` repeats that block.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import sys
import time
from typing import TYPE_CHECKING, TypeVar

from cart_maker import (
    assert_judged_good,
    assert_order_is_nothing,
    assert_sums,
    invoice_of,
    make_cart,
)

from invoice.numbers import Form

if TYPE_CHECKING:
    from collections.abc import Sequence

T = TypeVar("T")
BLOCK = 1_000  # carts from one seed


class Dice:
    """Choices by a seeded generator; the ends of a range come up more often than their share."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - tests, not secrets

    def whole(self, least: int, most: int) -> int:
        """A whole number of the range."""
        chance = self._random.random()
        if chance < 0.05:
            return least
        return most if chance > 0.95 else self._random.randint(least, most)

    def one_of(self, choices: Sequence[T]) -> T:
        """One of them."""
        return self._random.choice(choices)

    def shuffled(self, things: Sequence[T]) -> list[T]:
        """All of them in another order."""
        return self._random.sample(things, len(things))


def run_block(seed: int) -> int:
    """Check one block of carts; AssertionError (or ours) where one breaks the promise."""
    dice = Dice(seed)
    for place in range(BLOCK):
        form = (Form.VAT, Form.SALES)[place % 2]
        sale = make_cart(dice, form)
        invoice = invoice_of(sale, form)
        assert_sums(sale, invoice)
        if place % 10 < 2:
            assert_order_is_nothing(sale, invoice, dice.shuffled(sale.lines))
        if place % 100 < 2:
            assert_judged_good(invoice)
    return BLOCK


def _guarded(seed: int) -> tuple[int, str]:
    try:
        run_block(seed)
    except Exception as error:  # noqa: BLE001 - any failure is reported with the seed that repeats it
        return seed, f"{type(error).__name__}: {error}"
    return seed, ""


def main() -> int:
    """Run the blocks on all cores; exit 1 at the first that fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--carts", type=int, default=200_000, help="how many (default 200000)")
    parser.add_argument("--seed", type=int, help="repeat this block alone")
    arguments = parser.parse_args()
    if arguments.seed is not None:
        print(f"{run_block(arguments.seed)} carts, no sum differs")
        return 0
    began, done = time.monotonic(), 0
    first = random.SystemRandom().randrange(1 << 40)
    blocks = -(-arguments.carts // BLOCK)
    with multiprocessing.Pool(os.cpu_count()) as pool:
        for seed, problem in pool.imap_unordered(_guarded, range(first, first + blocks)):
            if problem:
                print(f"\nseed {seed}: {problem}")
                return 1
            done += BLOCK
            if sys.stderr.isatty() or done % 100_000 == 0:
                sys.stderr.write(f"\r{done:,} of {blocks * BLOCK:,} carts")
    print(f"\n{done:,} carts on two forms, no sum differs ({time.monotonic() - began:.0f} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
