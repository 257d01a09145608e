"""Lists that are less alike: maximal marginal relevance over the factors of items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.topn import TopN

if TYPE_CHECKING:
    import numpy.typing as npt

_NUMBERS_AT_ONCE = 16_000_000
"""Bounds the memory of a block of users: float32 numbers in its candidates' factors."""


def diversify(
    best: TopN,
    item_ids: npt.NDArray[np.int64],
    item_factors: npt.NDArray[np.float32],
    n: int,
    diversity: float,
) -> TopN:
    """Choose `n` of each user's recommendations one by one, each good and unlike those already chosen.

    The next item is the one that maximises `(1 - diversity) · relevance - diversity · (largest cosine of its factors
    with those of an item already chosen)` (Carbonell and Goldstein, 1998, "The Use of MMR"); equal ones in the order of
    the list. Relevance is the score, scaled to 0 for the user's last candidate and 1 for the first, 1 where all
    are equal.

    Args:
        best: Candidates, by user and rank; more than `n` of each user, or only the order can change.
        item_ids: int64[n_items], ascending.
        item_factors: float32[n_items, rank]; an item without factors, or with zeros, is like no other.
        n: Rows per user, 1 or more.
        diversity: 0 keeps the order of the list, 1 looks at nothing but unlikeness after the first item.

    Returns:
        New ranks, users in the order of `best`; scores stay those of the items, so that they no longer descend.

    Raises:
        ValueError: `n` is less than 1 or `diversity` is not from 0 to 1.
    """
    if n < 1 or not 0 <= diversity <= 1:
        raise ValueError(f"n must be 1 or more and the diversity from 0 to 1, not {n} and {diversity}")
    starts = np.flatnonzero(best.ranks == 1)
    lengths = np.diff(np.append(starts, len(best)))
    lengths_of_factors = np.linalg.norm(item_factors, axis=1, keepdims=True)
    # The last row, to which the position -1 leads, is that of items without factors.
    directions = np.vstack(
        [
            np.divide(
                item_factors,
                lengths_of_factors,
                out=np.zeros_like(item_factors),
                where=lengths_of_factors > 0,
            ),
            np.zeros((1, item_factors.shape[1]), item_factors.dtype),
        ]
    )
    places = positions(item_ids, best.item_ids)
    width = int(lengths.max(initial=0))
    block = max(1, _NUMBERS_AT_ONCE // max(1, width * directions.shape[1]))
    chosen = [
        _choose(best.scores, directions, places, starts[i : i + block], lengths[i : i + block], n, diversity)
        for i in range(0, starts.size, block)
    ]
    rows = np.concatenate(chosen) if chosen else np.empty((0, n), np.int64)
    filled = rows >= 0
    ranks = np.broadcast_to(np.arange(1, rows.shape[1] + 1, dtype=np.int32), rows.shape)[filled]
    kept = rows[filled]
    return TopN(best.user_ids[kept], ranks, best.item_ids[kept], best.scores[kept])


def _choose(
    scores: npt.NDArray[np.float32],
    directions: npt.NDArray[np.float32],
    places: npt.NDArray[np.int64],
    starts: npt.NDArray[np.int64],
    lengths: npt.NDArray[np.int64],
    n: int,
    diversity: float,
) -> npt.NDArray[np.int64]:
    """int64[users, n] rows of the candidates in the order chosen, -1 where a user has none left."""
    column = np.arange(int(lengths.max()))
    present = column < lengths[:, None]
    row = starts[:, None] + np.where(present, column, 0)
    vectors = directions[places[row]]
    score = scores[row].astype(np.float64)
    low, high = np.where(present, score, np.inf).min(axis=1), np.where(present, score, -np.inf).max(axis=1)
    span = (high - low)[:, None]
    relevance = np.where(span > 0, (score - low[:, None]) / np.where(span > 0, span, 1), 1.0)
    value = np.where(present, (1 - diversity) * relevance, -np.inf)

    likeness = np.zeros(value.shape)
    users = np.arange(starts.size)
    chosen = np.full((starts.size, n), -1, np.int64)
    for at in range(min(n, column.size)):
        pick = np.argmax(value - diversity * likeness, axis=1)
        chosen[:, at] = np.where(at < lengths, row[users, pick], -1)
        value[users, pick] = -np.inf
        cosines = np.einsum("ucr,ur->uc", vectors, vectors[users, pick])
        # Before the first choice nothing is like anything; a likeness of 0 there would hide a negative one.
        likeness = cosines if at == 0 else np.maximum(likeness, cosines)
    return chosen
