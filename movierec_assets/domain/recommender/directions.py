"""Where items' factors point, and the cosines between them: one answer for table, notebooks and web API.

Many items have the same few raters, and so the same direction. What is equal must not be ordered by rounding errors, so
cosines are added up in float64, each in one order, and rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt

DECIMALS = 6
"""Of a cosine; factors in float32 tell no more. Cosines of so many decimals are distinct in float32, too."""


@dataclass(frozen=True, eq=False)
class Directions:
    """Where items' factors point.

    Attributes:
        rows: float64[n_items, width] of length 1, filled up with zeros behind the factors; zero where there is none.
        there: bool[n_items] which items have one: those with factors that are not all zero.
    """

    rows: npt.NDArray[np.float64]
    there: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, item_factors: npt.NDArray[np.float32]) -> Directions:
        """From float32[n_items, rank], all finite."""
        from movierec_assets.domain.recommender.direction_kernels import LANES

        count, rank = item_factors.shape
        rows = np.zeros((count, -(-rank // LANES) * LANES))
        rows[:, :rank] = item_factors
        lengths = np.sqrt((rows**2).sum(axis=1))
        rows /= np.where(lengths > 0, lengths, 1)[:, None]
        return cls(rows, lengths > 0)

    def cosines(
        self, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], threads: int | None = None
    ) -> npt.NDArray[np.float32]:
        """Cosines of pairs of items, float32[n] to `DECIMALS`; nan where one has no direction.

        Args:
            left: int64[n] one item of each pair.
            right: int64[n] the other.
            threads: Threads to use; default one per core that this process may use.
        """
        from movierec_assets.domain.recommender import direction_kernels

        left, right, found = np.ascontiguousarray(left), np.ascontiguousarray(right), np.empty(left.size)
        each_range(
            lambda start, stop: direction_kernels.products(start, stop, left, right, self.rows, found),
            np.arange(left.size + 1),
            threads,
        )
        found[~(self.there[left] & self.there[right])] = np.nan
        return np.round(found, DECIMALS).astype(np.float32)

    def likeness(self, place: int, threads: int | None = None) -> npt.NDArray[np.float32]:
        """Cosines of one item with each, float32[n_items], as `cosines` gives them."""
        others = np.arange(len(self.rows))
        return self.cosines(np.full_like(others, place), others, threads)
