"""How likely an observation is by chance: exact tails of the binomial and Poisson laws, and chi squared.

>>> round(poisson_at_most(0, 3.0), 4)
0.0498
>>> round(binomial_at_least(9, 10, 0.5), 4)
0.0107
>>> round(chi_squared_above(15.507, 8), 3)
0.05
"""

from __future__ import annotations

from math import erfc, exp, lgamma, log, sqrt


def poisson_at_most(seen: int, expected: float) -> float:
    """The chance of at most ``seen`` events where ``expected`` are expected."""
    if expected <= 0:
        return 1.0
    return min(1.0, sum(exp(k * log(expected) - expected - lgamma(k + 1)) for k in range(seen + 1)))


def binomial_at_least(seen: int, tries: int, share: float) -> float:
    """The chance of at least ``seen`` hits in ``tries`` where each hits with ``share``."""
    if seen <= 0 or share >= 1:
        return 1.0
    if share <= 0:
        return 0.0
    whole = lgamma(tries + 1)
    total = 0.0
    for hits in range(seen, tries + 1):
        term = exp(
            whole
            - lgamma(hits + 1)
            - lgamma(tries - hits + 1)
            + hits * log(share)
            + (tries - hits) * log(1 - share)
        )
        total += term
        if hits > tries * share and term < total * 1e-12:
            break
    return min(1.0, total)


def chi_squared_above(value: float, freedom: int) -> float:
    """The chance of a chi squared of at least ``value`` (with an odd ``freedom`` by ``erfc``)."""
    half = value / 2
    if freedom % 2 == 0:
        term = total = exp(-half)
        for k in range(1, freedom // 2):
            term *= half / k
            total += term
        return total
    total = erfc(sqrt(half))
    term = exp(-half) * sqrt(half) * 2 / sqrt(3.141592653589793)
    for k in range(1, (freedom + 1) // 2):
        total += term
        term *= half / (k + 0.5)
    return total
