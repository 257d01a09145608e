"""Drawing from discrete distributions by inverse distribution function, many values at once."""

from __future__ import annotations

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats, Ints

BUCKETS_PER_STEP = 8


class StepFunction:
    """Finds the step of an increasing staircase in which a value lies.

    A guide table (Chen and Asau 1974, "On generating random variates from an empirical distribution") answers at
    once for buckets that lie in one step, with eight buckets a step most of them; the rest is binary search.
    The number of buckets is a power of two, so that finding a bucket is exact in floating point.
    """

    def __init__(self, ends: Floats):
        """Takes where each step ends: increasing, above 0; the first step begins at 0."""
        self.ends = ends
        per_unit = BUCKETS_PER_STEP * ends.size / ends[-1]
        self._scale = 2.0 ** np.ceil(np.log2(per_unit))
        edges = np.arange(int(np.ceil(ends[-1] * self._scale)) + 2) / self._scale
        self._first = np.searchsorted(ends, edges, side="right")
        self._open = self._first[1:] != self._first[:-1]

    def find(self, values: Floats) -> Ints:
        """Positions i with `ends[i-1] <= value < ends[i]`; values at or beyond the last end have the last."""
        bucket = np.minimum((values * self._scale).astype(np.int64), self._open.size - 1)
        found: Ints = self._first[bucket]
        unsure = np.flatnonzero(self._open[bucket])
        found[unsure] = np.searchsorted(self.ends, values[unsure], side="right")
        return np.minimum(found, self.ends.size - 1)


class ChoicePerRow:
    """Draws columns of a matrix of weights, each draw from a row of its own."""

    def __init__(self, weights: Floats):
        """Takes weights [rows, columns], 0 or more; a row of zeros is never to be drawn from."""
        rows, self._columns = weights.shape
        sums = np.cumsum(weights, axis=1)
        sums[sums[:, -1] == 0] = 1
        sums /= sums[:, -1:]
        # All rows make one staircase, row k from k to k + 1.
        self._steps = StepFunction((np.arange(rows)[:, None] + sums).ravel())

    def draw(self, rows: Ints, uniform: Floats) -> Ints:
        """One column for each row number and uniform number in [0, 1)."""
        found = self._steps.find(rows + uniform) - rows * self._columns
        # k + uniform may round up to k + 1, which is the next row.
        columns: Ints = np.minimum(found, self._columns - 1)
        return columns
