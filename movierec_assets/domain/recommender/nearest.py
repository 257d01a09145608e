"""The search behind `neighbours.all_neighbours`: the items nearest to each direction that some of them have.

Items of one direction, such as those with the same raters and ratings, are searched for and compared once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.directions import DECIMALS, Directions
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.topn import top_n

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float32]

SPARE = 2
"""Directions of the search in float32 beside those wanted, by which its order and cut may be wrong."""

COMPARED = 1 << 22
"""Pairs of a direction and an item that are held at once."""


def nearest(rows: npt.NDArray[np.float64], n: int) -> tuple[Ints, Ints, Floats]:
    """The `n` items nearest to each distinct direction, itself included; equal cosines by ascending place.

    A search in float32 finds some of the nearest directions. Where its errors may have kept out one of the best, as
    where more are equal than it found, all that come near the n-th are compared. Never are all pairs held at once.

    Args:
        rows: float64[n_items, width], of length 1.
        n: 1 or more.

    Returns:
        Of each item the number of its direction, int64[n_items]; of each direction the places of the items, the
        nearest first, int64[n_directions, min(n, n_items)], and their cosines, float32 of that shape.
    """
    first, group, sizes = _distinct(rows)
    if not group.size:
        return group, np.empty((0, 0), np.int64), np.empty((0, 0), np.float32)
    directions = Directions(np.ascontiguousarray(rows[first]), np.ones(first.size, np.bool_))
    short = directions.rows.astype(np.float32)
    members = np.argsort(group, kind="stable")
    starts = np.cumsum(sizes) - sizes
    n = min(n, group.size)

    def ranked(left: Ints, right: Ints) -> tuple[Ints, Floats]:
        """Of each of some directions the best `n` items; `left` ascends, each with enough of `right`."""
        taken = np.minimum(sizes[right], n)
        within = np.arange(taken.sum()) - np.repeat(np.cumsum(taken) - taken, taken)
        item = members[np.repeat(starts[right], taken) + within]
        cosine, owner = np.repeat(directions.cosines(left, right), taken), np.repeat(left, taken)
        order = np.lexsort((item, -cosine, owner))
        begins = np.flatnonzero(np.diff(owner, prepend=-1))
        chosen = order[begins[:, None] + np.arange(n)]
        return item[chosen], cosine[chosen]

    codes = np.arange(first.size)
    nobody = np.empty(0, np.int64)
    model = AlsModel(codes, codes, short, short, AlsParams(rank=rows.shape[1]))
    found = top_n(model, codes, (nobody, nobody), n + SPARE)
    near, last = found.item_ids.reshape(first.size, -1), found.scores.reshape(first.size, -1)[:, -1]
    places, cosines = np.empty((first.size, n), np.int64), np.empty((first.size, n), np.float32)
    step = max(1, COMPARED // (near.shape[1] * n))
    for start in range(0, first.size, step):
        part = codes[start : start + step]
        places[part], cosines[part] = ranked(np.repeat(part, near.shape[1]), near[part].ravel())
    if near.shape[1] == first.size:
        return group, places, cosines

    # Of a product of rows of length 1, that is how far a sum in float32 may be off (Higham, 2002, section 3.1).
    least = (cosines[:, -1] - (rows.shape[1] + 8) * 2.0**-24 - 10.0**-DECIMALS).astype(np.float32)
    unsure = np.flatnonzero(last >= least)
    step = max(1, COMPARED // group.size)
    for start in range(0, unsure.size, step):
        part = unsure[start : start + step]
        owner, other = np.nonzero(short[part] @ short.T >= least[part, None])
        places[part], cosines[part] = ranked(part[owner], other)
    return group, places, cosines


def _distinct(rows: npt.NDArray[np.float64]) -> tuple[Ints, Ints, Ints]:
    """Where each distinct row stands first, the number of each row's among them, and how many there are of each."""
    whole = np.ascontiguousarray(rows).view(np.dtype((np.void, rows.shape[1] * rows.itemsize)))[:, 0]
    _, first, group, sizes = np.unique(whole, return_index=True, return_inverse=True, return_counts=True)
    return first, group, sizes
