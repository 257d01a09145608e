"""Exact top-N: the best items of each user by predicted rating, without those the user has seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array, csr, positions
from movierec_assets.domain.recommender.item_tiles import ItemTiles, transposed
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.als import AlsModel


@dataclass(frozen=True, eq=False)
class TopN:
    """Recommendations, one row per user and rank, in the order of the users asked for and of rank.

    Attributes:
        user_ids: int64[n].
        ranks: int32[n], 1 being the best.
        item_ids: int64[n].
        scores: float32[n] predicted ratings in stars, descending within a user.
    """

    user_ids: npt.NDArray[np.int64]
    ranks: npt.NDArray[np.int32]
    item_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return self.user_ids.size


def top_n(
    model: AlsModel,
    users: Any,
    seen: tuple[Any, Any],
    n: int,
    threads: int | None = None,
    tiles: ItemTiles | None = None,
) -> TopN:
    """The `n` unseen items of highest predicted rating per user; equal scores by ascending item id.

    A user with fewer unseen items gets fewer rows, an unknown user none. Memory grows with users times
    n, never with users times items.

    Args:
        model: The model.
        users: [m] distinct user ids, NumPy or Arrow.
        seen: User ids and item ids of the pairs to leave out, of one length; unknown ids and repeats are
            fine.
        n: Rows per user, 1 or more.
        threads: Threads to use; default one per core that this process may use.
        tiles: The model's items where they are in order already.

    Raises:
        ValueError: `n` is less than 1, or the lengths of `seen` differ.
    """
    from movierec_assets.domain.recommender import top_kernels
    from movierec_assets.domain.recommender.vector import ROWS

    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    wanted = as_array(users, np.int64)
    row = positions(model.user_ids, wanted)
    wanted, row = wanted[row >= 0], row[row >= 0]
    n = min(n, model.item_ids.size)
    indptr, columns = _seen_rows(model, row, seen)
    tiles = tiles or ItemTiles.of(model.item_factors)
    factors = model.user_factors[row]
    lengths = np.linalg.norm(factors, axis=1)
    depths = tiles.depths(factors, lengths, n)
    # The users of a group go on until the last of them is done: those with searches of about the same length together.
    place = np.argsort(depths, kind="stable")
    factors, lengths = factors[place], lengths[place]
    users, sides = transposed(factors, ROWS), transposed(tiles.sides(factors, lengths), ROWS)
    items, scores = np.empty((row.size, n), np.int32), np.empty((row.size, n), np.float32)
    counts = np.zeros(row.size, np.int64)
    searched = (users, sides, place, lengths)
    data = (*searched, tiles.factors, tiles.heads, tiles.longest, tiles.order, indptr, columns)
    each_range(
        lambda start, stop: top_kernels.top_rows(start, stop, *data, items, scores, counts),
        np.concatenate([[0], np.cumsum(depths[place][::ROWS] + 1)]),
        threads,
    )
    filled = np.arange(n) < counts[:, None]
    ranks = np.broadcast_to(np.arange(1, n + 1, dtype=np.int32), filled.shape)
    return TopN(np.repeat(wanted, counts), ranks[filled], model.item_ids[items[filled]], scores[filled])


def _seen_rows(
    model: AlsModel, row: npt.NDArray[np.int64], seen: tuple[Any, Any]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """Where the seen items of each wanted user start, int64[m + 1], and their item positions, int32."""
    seen_users, seen_items = as_array(seen[0], np.int64), as_array(seen[1], np.int64)
    if seen_users.size != seen_items.size:
        raise ValueError(
            f"seen users and items must be of one length, not {seen_users.size} and {seen_items.size}"
        )
    user = positions(model.user_ids, seen_users, np.int32)
    item = positions(model.item_ids, seen_items, np.int32)
    if not np.array_equal(row, np.arange(model.user_ids.size)):
        place = np.full(model.user_ids.size + 1, -1, np.int32)
        place[row] = np.arange(row.size, dtype=np.int32)
        # The last entry of `place` stays -1: there the position -1 of an unknown user leads.
        user = place.take(user, mode="wrap")
    if min(user.min(initial=0), item.min(initial=0)) < 0:
        known = (user >= 0) & (item >= 0)
        user, item = user[known], item[known]
    rows = csr(user, item, np.zeros(item.size, np.float32), row.size)
    return rows.indptr, rows.columns
