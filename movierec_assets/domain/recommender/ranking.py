"""How good lists of recommendations are, user by user: accuracy at k, novelty, and coverage of the catalogue.

Relevance is binary: an item is relevant to a user when the test holds the pair. With R relevant items of a user
and h_r = 1 where the item of rank r is one of them,

- precision `Σ_{r≤k} h_r / k`, also where fewer than k items were recommended,
- recall `Σ_{r≤k} h_r / R`,
- nDCG `Σ_{r≤k} h_r / log₂(r + 1)` over the same sum for a list with the first min(k, R) ranks all relevant
  (Järvelin and Kekäläinen, 2002),
- average precision `Σ_{r≤k} h_r · precision at r / min(k, R)`; its mean over users is MAP. `map_all` divides by R
  instead, which is the `MAP` of the `recommenders` repository's table,
- novelty, the mean self-information `-log₂(an item's share of the training ratings)` of the items recommended
  (Vargas and Castells, 2011; in bits).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.seen import distinct

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.topn import TopN

METRICS = ("precision", "recall", "ndcg", "map", "map_all", "novelty")


@dataclass(frozen=True, eq=False)
class PerUser:
    """Metrics of each user with relevant items.

    Attributes:
        user_ids: int64[m], ascending.
        values: float64[m] by the names of `METRICS`; the mean over users is the metric. A user for whom nothing
            was recommended has zeros, and nan for novelty.
    """

    user_ids: npt.NDArray[np.int64]
    values: dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class Popularity:
    """How often each item of the catalogue was rated in training.

    Attributes:
        item_ids: int64[n_items], ascending: the catalogue.
        counts: int64[n_items], each 1 or more.
    """

    item_ids: npt.NDArray[np.int64]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, items: npt.NDArray[np.int64]) -> Popularity:
        """Of the items of the training ratings, int64[n]."""
        return cls(*np.unique(items, return_counts=True))

    def information(self, items: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Self-information in bits, float64[n]; an item without a training rating counts as rated once."""
        at = positions(self.item_ids, items)
        counts = np.append(self.counts, 1)[at]
        result: npt.NDArray[np.float64] = np.log2(max(int(self.counts.sum()), 1)) - np.log2(counts)
        return result


def per_user_metrics(
    best: TopN, users: npt.NDArray[np.int64], items: npt.NDArray[np.int64], popularity: Popularity, k: int
) -> PerUser:
    """The metrics of each user who has a relevant item.

    Args:
        best: Recommendations, each pair once; ranks above k and users without relevant items are passed over.
        users: int64[n] users of the relevant pairs; repeated pairs count once.
        items: int64[n] items of the relevant pairs.
        popularity: Of the training ratings.
        k: Length of the lists, 1 or more.

    Raises:
        ValueError: `k` is less than 1.
    """
    if k < 1:
        raise ValueError(f"k must be 1 or more, not {k}")
    user_ids, item_ids = np.unique(users), np.unique(items)
    relevant = distinct(positions(user_ids, users) * item_ids.size + positions(item_ids, items))
    total = np.bincount(relevant // max(item_ids.size, 1), minlength=user_ids.size)

    user, item = positions(user_ids, best.user_ids), positions(item_ids, best.item_ids)
    rows = np.flatnonzero((user >= 0) & (best.ranks <= k))
    rows = rows[np.lexsort((best.ranks[rows], user[rows]))]
    user, item, rank = user[rows], item[rows], best.ranks[rows]
    hit = (item >= 0) & (positions(relevant, user * item_ids.size + item) >= 0)

    def summed(weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.bincount(user, weights, minlength=user_ids.size).astype(np.float64)

    hits = summed(hit.astype(np.float64))
    # Hits so far within the user: of all users so far, less those of the users before.
    so_far = np.cumsum(hit) - (np.cumsum(hits) - hits)[user]
    precisions = summed(hit * so_far / rank)
    ideal = np.cumsum(1 / np.log2(np.arange(2, k + 2)))[np.minimum(total, k) - 1]
    with np.errstate(invalid="ignore"):
        novelty = summed(popularity.information(best.item_ids[rows])) / summed(np.ones(rows.size))
    values = (
        hits / k,
        hits / total,
        summed(hit / np.log2(rank + 1.0)) / ideal,
        precisions / np.minimum(total, k),
        precisions / total,
        novelty,
    )
    return PerUser(user_ids, dict(zip(METRICS, values, strict=True)))


def catalogue_coverage(best: TopN, popularity: Popularity, k: int) -> float:
    """Share of the catalogue that is recommended to somebody at rank k or better; nan for an empty catalogue.

    Args:
        best: Recommendations; items outside the catalogue are passed over.
        popularity: The catalogue.
        k: Length of the lists.
    """
    if not popularity.item_ids.size:
        return float("nan")
    at = positions(popularity.item_ids, best.item_ids[best.ranks <= k])
    return np.unique(at[at >= 0]).size / popularity.item_ids.size
