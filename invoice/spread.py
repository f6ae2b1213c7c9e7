"""Spreading an amount over parts in whole dong, so that the parts add up and their order does not matter.

>>> from invoice.spread import spread
>>> spread(100, [1, 1, 1])
[34, 33, 33]

The method of the largest remainder: every part gets its share rounded down, the dong left over go to
the parts that lost most; ties are decided by the part's own size and name, never by its place on the
receipt (promise P4, and the same split however the register sorts its lines).
"""

from collections.abc import Sequence


def spread(total: int, weights: Sequence[int], ties: Sequence[object] | None = None) -> list[int]:
    """Shares of ``total`` (dong, ≥ 0) in proportion to ``weights`` (≥ 0); they add up to ``total``.

    ``ties`` are comparable keys that decide between equal remainders (the place decides only where
    even these are equal, and then the parts cannot be told apart). All weights zero gives all zero
    unless total is zero too.
    """
    whole = sum(weights)
    if whole == 0 or total == 0:
        return [0] * len(weights)
    shares = [total * weight // whole for weight in weights]
    left = total - sum(shares)
    if left:
        remainders = [total * weight % whole for weight in weights]
        if ties is None:
            order = sorted(range(len(weights)), key=lambda i: (-remainders[i], -weights[i]))
        else:
            order = sorted(range(len(weights)), key=lambda i: (-remainders[i], -weights[i], ties[i]))
        for i in order[:left]:
            shares[i] += 1
    return shares
