"""Items and users laid out for the search of `top_kernels`, with what tells early that an item cannot be wanted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

ROUNDING = 1e-4
"""Sums of at most 512 float32 products are at most this share of the lengths' product away from the exact ones."""

AXES = 8
"""Directions that most of the items' length lies in; fewer and more of them took longer on 29 M ratings."""

LOOKED_AT = 128
"""Of the longest items, how many tell how far the search for a user will go."""

USERS_AT_ONCE = 16_384


@dataclass(frozen=True, eq=False)
class ItemTiles:
    """Items in order of falling length of their factors.

    A bound of a score is the product of two rows of `AXES` + 2 numbers: the pair's products along the axes, then the
    product of what is left of both lengths (Cauchy and Schwarz), then room for rounding. After Li, Chan, Yiu and
    Mamoulis, 2017, "FEXIPRO: Fast and Exact Inner Product Retrieval in Recommender Systems".

    Attributes:
        factors: float32[n_tiles, rank, tile], each tile transposed and filled up with zeros.
        heads: float32[n_tiles, AXES + 2, tile] the items' sides of the bounds; no rows where the rank is so low that
            scores take no longer than bounds.
        longest: float32[n_tiles] no less than any item's length in this tile or a later one.
        order: int32[n_tiles * tile] positions of the items, -1 behind the last.
        axes: float32[rank, rank] orthonormal columns, those first along which the items are longest.
    """

    factors: Floats
    heads: Floats
    longest: Floats
    order: npt.NDArray[np.int32]
    axes: Floats

    @classmethod
    def of(cls, item_factors: Floats) -> ItemTiles:
        """From float32[n_items, rank], all finite."""
        from movierec_assets.domain.recommender.top_kernels import TILE

        lengths = np.linalg.norm(item_factors, axis=1)
        falling = np.argsort(-lengths, kind="stable")
        factors, lengths = item_factors[falling], lengths[falling]
        order = np.pad(falling.astype(np.int32), (0, -falling.size % TILE), constant_values=-1)
        wide = factors.astype(np.float64)
        axes = np.linalg.eigh(wide.T @ wide).eigenvectors[:, ::-1].astype(np.float32)
        heads = _sides(factors, axes, lengths, 1)
        longest = lengths[::TILE] * np.float32(1 + ROUNDING)
        return cls(transposed(factors, TILE), transposed(heads, TILE), longest, order, axes)

    def sides(self, user_factors: Floats, lengths: Floats) -> Floats:
        """float32[n_users, AXES + 2, or 0]: the users' sides of the bounds."""
        return _sides(user_factors, self.axes, lengths, ROUNDING)

    def depths(self, user_factors: Floats, lengths: Floats, n: int) -> npt.NDArray[np.int64]:
        """int64[n_users]: about how many tiles the search for the best `n` goes through.

        Estimated from the best of the longest items, seen or not: good for putting users together whose searches are
        about as long, not for ending one.
        """
        tile = self.factors.shape[2]
        tiles = -(-max(LOOKED_AT, 2 * n) // tile)
        first = self.factors[:tiles].transpose(0, 2, 1).reshape(-1, self.factors.shape[1])
        n = min(n, len(first))
        found = np.zeros(lengths.size, np.int64)
        if not n:
            return found
        for start in range(0, lengths.size, USERS_AT_ONCE):
            part = slice(start, start + USERS_AT_ONCE)
            least = np.partition(user_factors[part] @ first.T, -n, axis=1)[:, -n]
            needed = least / np.maximum(lengths[part], np.finfo(np.float32).tiny)
            found[part] = np.searchsorted(-self.longest, -needed, side="right")
        return found


def transposed(rows: Floats, size: int) -> Floats:
    """float32[groups, width, size]: rows in groups of `size`, each group transposed, filled up with zeros."""
    padded = np.pad(rows, ((0, -len(rows) % size), (0, 0)))
    groups = padded.reshape(len(padded) // size, size, rows.shape[1])
    return np.ascontiguousarray(groups.transpose(0, 2, 1))


def _sides(factors: Floats, axes: Floats, lengths: Floats, room: float) -> Floats:
    if len(axes) <= 2 * AXES:
        return np.empty((len(factors), 0), np.float32)
    turned = factors @ axes
    rest = np.linalg.norm(turned[:, AXES:], axis=1)
    return np.column_stack([turned[:, :AXES], rest, lengths * np.float32(room)])
