"""The item-item baseline: items rated by the same people as the items that a user has rated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import Csr, csr, encode
from movierec_assets.domain.recommender.seen import Request
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.ratings import Ratings
    from movierec_assets.domain.recommender.topn import TopN

NEIGHBOURS = 50


@dataclass(frozen=True, eq=False)
class KnnModel:
    """Scores an item by the sum of its similarities to the items a user has rated, where it is their neighbour.

    Attributes:
        user_ids: int64[n_users], ascending.
        item_ids: int64[n_items], ascending.
        history: Positions of the items of each user, ascending; values unused.
        neighbours: int32[n_items, k] positions of the nearest items of each item, the nearest first.
        similarities: float32[n_items, k] cosines, above 0 where filled.
        counts: int64[n_items] how many neighbours an item has.
    """

    user_ids: npt.NDArray[np.int64]
    item_ids: npt.NDArray[np.int64]
    history: Csr
    neighbours: npt.NDArray[np.int32]
    similarities: npt.NDArray[np.float32]
    counts: npt.NDArray[np.int64]

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """As `Recommender.recommend`; items that are nobody's neighbours get no row, nor do their users."""
        from movierec_assets.domain.recommender import knn_kernels

        request = Request.of(users, seen, n, self.user_ids, self.item_ids)
        n = min(n, self.item_ids.size)
        items = np.zeros((request.rows.size, n), np.int32)
        scores = np.zeros((request.rows.size, n), np.float32)
        counts = np.zeros(request.rows.size, np.int64)
        model = (self.history.indptr, self.history.columns, self.neighbours, self.similarities, self.counts)
        asked = (request.rows, request.indptr, request.seen)
        each_range(
            lambda start, stop: knn_kernels.recommend(start, stop, *asked, *model, items, scores, counts),
            np.concatenate(([0], np.cumsum(np.diff(self.history.indptr)[request.rows] + 1))),
        )
        return request.answer(self.item_ids, items, scores, counts)


def fit_knn(train: Ratings, neighbours: int = NEIGHBOURS) -> KnnModel:
    """Find the nearest items of each item.

    The similarity of two items is the cosine of their columns in the matrix of who rated what, ones and zeros:
    `raters in common / √(raters of one · raters of the other)`. Of each item the most similar are kept, equal
    ones by ascending id (Deshpande and Karypis, 2004, "Item-Based Top-N Recommendation Algorithms").

    Memory grows with ratings and with items times neighbours; work with the sum of the squared numbers of ratings of
    the users.

    Args:
        train: At least one rating, no pair twice.
        neighbours: How many of each item are kept.
    """
    from movierec_assets.domain.recommender import knn_kernels

    user_ids, user = encode(train.users)
    item_ids, item = encode(train.items)
    by_item = csr(item, user, train.values, item_ids.size)
    history = csr(by_item.columns, by_item.rows(), by_item.values, user_ids.size)
    k = max(1, min(neighbours, item_ids.size - 1))
    nearest = np.zeros((item_ids.size, k), np.int32)
    similarities = np.zeros((item_ids.size, k), np.float32)
    counts = np.zeros(item_ids.size, np.int64)
    lists = (by_item.indptr, by_item.columns, history.indptr, history.columns)
    lengths = np.diff(history.indptr)
    work = np.concatenate(([0], np.cumsum(lengths[by_item.columns])))[by_item.indptr]
    each_range(
        lambda start, stop: knn_kernels.nearest(start, stop, *lists, nearest, similarities, counts), work
    )
    return KnnModel(user_ids, item_ids, history, nearest, similarities, counts)
