"""Power laws over ranks: their shares, whole numbers that follow them, and the exponent of given counts."""

from __future__ import annotations

import numpy as np

from movierec_assets.domain.simulation.arrays import Bools, Floats, Ints

STEEPEST = 20.0
"""No estimate is further from 0: 20 has 99.9999 % on the first rank."""


def zipf_weights(ranks: Ints, exponent: float) -> Floats:
    """`ranks` to the power of minus `exponent`, not normalised; ranks count from 1."""
    weights: Floats = ranks.astype(np.float64) ** -exponent
    return weights


def apportion(total: int, weights: Floats, limits: Ints) -> tuple[Ints, Bools]:
    """Whole numbers in proportion to `weights`, `total` in all, and which of them their limit holds down.

    What a limit takes from one goes to all others in proportion (water filling), so that those keep the shape
    of their weights. Rounding is by the cumulative sum: each number is within 1 of its exact share, also where
    shares are far below 1, and may thus pass its limit by 1.

    Args:
        total: The sum, at most that of the limits.
        weights: [n] above 0.
        limits: [n] 0 or more.

    Raises:
        ValueError: The limits have no room for `total`.
    """
    if total > limits.sum():
        raise ValueError(f"limits that sum to {limits.sum()} have no room for {total}")
    held = np.zeros(weights.size, bool)
    left, scale = total, total / weights.sum()
    while (over := ~held & (weights * scale > limits)).any():
        held |= over
        left = total - int(limits[held].sum())
        if held.all():
            break
        scale = left / weights[~held].sum()
    counts = np.where(held, limits, 0)
    if not held.all():
        exact = np.cumsum(weights[~held])
        ends = np.rint(exact * (left / exact[-1])).astype(np.int64)
        counts[~held] = np.diff(ends, prepend=0)
    return counts, held


def zipf_exponent(ranks: Ints, counts: Ints) -> float:
    """The maximum-likelihood exponent of counts on known ranks; nan where nothing tells it.

    For shares proportional to r^-s over a finite set of known ranks, the likelihood is greatest where the mean
    of log r that s implies is the mean observed (Goldstein, Morris and Yen 2004, "Problems with fitting to the
    power-law distribution"; Clauset, Shalizi and Newman 2009, appendix B). The implied mean falls with s, so
    halving the interval finds it. Ranks come from the design and not from sorting the counts, which would bend
    the tail (Piantadosi 2014). The estimate is conditional on the set: a subset of the ranks serves as well.

    Args:
        ranks: [n] ranks from 1, distinct.
        counts: [n] how often each was seen.
    """
    if ranks.size < 2 or not counts.sum():
        return float("nan")
    logs = np.log(ranks)
    observed = float(counts @ logs) / float(counts.sum())
    low, high = -STEEPEST, STEEPEST
    while high - low > 1e-9:
        middle = (low + high) / 2
        weights = np.exp(-middle * logs)
        if float(weights @ logs) / float(weights.sum()) > observed:
            low = middle
        else:
            high = middle
    return (low + high) / 2
