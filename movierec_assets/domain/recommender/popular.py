"""Baselines with one order of items for everybody: by number of ratings, or by damped mean rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import encode
from movierec_assets.domain.recommender.seen import Request

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.domain.recommender.topn import TopN

DAMPING = 50.0
"""Imaginary ratings at the overall mean that each item starts with: in the baseline and in what is served."""

STEPS = 1_000_000.0
"""Damped means are rounded to so many steps of a star: distinct ones stay distinct in float32, equal ones equal."""


@dataclass(frozen=True, eq=False)
class ItemOrder:
    """Recommends to each user the first unseen items of one order.

    Attributes:
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        scores: float32[n_items], the higher the better.
    """

    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float32]

    def order(self) -> npt.NDArray[np.int64]:
        """int64[n_items] positions of the items, the best first; equal scores by ascending item id."""
        return np.argsort(-self.scores, kind="stable")

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """As `Recommender.recommend`; memory grows with users times n, never with users times items."""
        request = Request.of(users, seen, n, self.user_ids, self.item_ids)
        order = self.order()
        place = np.empty_like(order)
        place[order] = np.arange(order.size)
        n = min(n, order.size)

        # The unseen item of rank r + 1 stands at place r + (seen items before it). Of the seen items, ascending by
        # place, the j-th (from 0) has `place - j` unseen ones before it, so it is before rank r + 1 if those are at
        # most r.
        user = np.repeat(np.arange(request.user_ids.size), np.diff(request.indptr))
        taken = np.sort(user * order.size + place[request.seen]) - user * order.size
        before = taken - (np.arange(user.size) - request.indptr[user])
        early = before < n
        counted = np.bincount(user[early] * n + before[early], minlength=request.user_ids.size * n)
        at = np.arange(n) + np.cumsum(counted.reshape(-1, n), axis=1)
        items = order[np.minimum(at, order.size - 1)]
        return request.answer(self.item_ids, items, self.scores[items], (at < order.size).sum(axis=1))


def popularity(train: Ratings) -> ItemOrder:
    """Items by their number of ratings, which is the score.

    Args:
        train: At least one rating.
    """
    items, counts = np.unique(train.items, return_counts=True)
    return ItemOrder(np.unique(train.users), items, counts.astype(np.float32))


def damped_mean(train: Ratings, damping: float = DAMPING) -> ItemOrder:
    """Items by their mean rating, drawn towards the mean of all ratings.

    The order of the table `popular_movies` of the same ratings, which is what users get of whom nothing is known.

    Args:
        train: At least one rating.
        damping: 0 gives the plain mean; the larger, the more ratings an item needs to rank high.
    """
    items, code = encode(train.items)
    scores = damped_scores(np.bincount(code, train.values), np.bincount(code), damping)
    return ItemOrder(np.unique(train.users), items, scores.astype(np.float32))


def damped_scores(
    totals: npt.NDArray[Any], counts: npt.NDArray[Any], damping: float = DAMPING
) -> npt.NDArray[np.float64]:
    """`damped` of each item, the overall mean being that of all these ratings, in whole `STEPS` of a star.

    Args:
        totals: [n] sums of ratings.
        counts: [n] numbers of ratings, not all of them zero.
        damping: Imaginary ratings.
    """
    scores = damped(totals, counts, float(totals.sum() / counts.sum()), damping)
    result: npt.NDArray[np.float64] = np.floor(scores * STEPS + 0.5) / STEPS
    return result


def damped(total: Any, count: Any, overall: Any, damping: float = DAMPING) -> Any:
    """A mean rating, drawn towards the mean of all the more, the fewer ratings it is of: `(s + k · μ) / (n + k)`.

    The posterior mean under a prior of k ratings at μ, known as the weighted rating of IMDb.

    Args:
        total: Sum s of an item's ratings; like the others a number, an array or a column of a DataFrame.
        count: Their number n.
        overall: Mean μ of all ratings.
        damping: k.
    """
    return (total + damping * overall) / (count + damping)
