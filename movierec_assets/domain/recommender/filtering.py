"""Business rules on recommendations: only these items, never those."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array, positions
from movierec_assets.domain.recommender.interface import Recommender
from movierec_assets.domain.recommender.topn import TopN

if TYPE_CHECKING:
    import numpy.typing as npt

OVER_FETCH = 4
"""How many times as many rows are asked for as before, until there are enough that the rule lets through."""

_ROWS_AT_ONCE = 4_000_000
"""Bounds the memory of fetched rows: a rule that leaves little would else fetch all items for all users."""


@dataclass(frozen=True, eq=False)
class ItemRule:
    """Which items may be recommended: those allowed, without those denied.

    Attributes:
        allow: int64[a] item ids, None for all.
        deny: int64[d] item ids, which wins over `allow`.
    """

    allow: npt.NDArray[np.int64] | None
    deny: npt.NDArray[np.int64]

    @classmethod
    def of(cls, allow: Any = None, deny: Any = ()) -> ItemRule:
        """From lists, NumPy or Arrow arrays of item ids; without `allow` every item is allowed."""
        allowed = None if allow is None else np.unique(_ids(allow))
        return cls(allowed, np.unique(_ids(deny)))

    def passes(self, items: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which of the items may be recommended, bool[n]."""
        allowed = np.isin(items, self.allow) if self.allow is not None else np.ones(items.size, np.bool_)
        return allowed & ~np.isin(items, self.deny)


def apply_rule(best: TopN, rule: ItemRule, n: int) -> TopN:
    """The first `n` rows of each user that the rule lets through, ranked anew.

    Args:
        best: Recommendations, by user and rank.
        rule: The rule.
        n: Rows per user.
    """
    passes = rule.passes(best.item_ids)
    so_far: npt.NDArray[np.int64] = np.cumsum(passes)
    starts = np.flatnonzero(best.ranks == 1)
    before: npt.NDArray[np.int64] = so_far[starts] - passes[starts]
    rank: npt.NDArray[np.int64] = so_far - np.repeat(before, np.diff(np.append(starts, len(best))))
    kept = passes & (rank <= n)
    return TopN(best.user_ids[kept], rank[kept].astype(np.int32), best.item_ids[kept], best.scores[kept])


def recommend_with_rule(
    recommender: Recommender, users: Any, seen: tuple[Any, Any], n: int, rule: ItemRule
) -> TopN:
    """What `recommend` would answer if the items that the rule forbids did not exist.

    More rows than `n` are fetched, and more again for the users who have too few left, until they have `n` or the
    recommender has no more for them.

    Args:
        recommender: The recommender.
        users: As for `Recommender.recommend`.
        seen: As for `Recommender.recommend`.
        n: As for `Recommender.recommend`.
        rule: The rule.

    Raises:
        ValueError: As for `Recommender.recommend`.
    """
    wanted = as_array(users, np.int64)
    pending, fetch, parts = wanted, n, []
    while pending.size:
        block = max(1, _ROWS_AT_ONCE // fetch)
        short = []
        for first in range(0, pending.size, block):
            asked = pending[first : first + block]
            best = recommender.recommend(asked, seen, fetch)
            found = apply_rule(best, rule, n)
            # Fewer rows than asked for: there are no more.
            more = asked[(_counts(best, asked) == fetch) & (_counts(found, asked) < n)]
            done = ~np.isin(found.user_ids, more)
            parts.append(
                TopN(found.user_ids[done], found.ranks[done], found.item_ids[done], found.scores[done])
            )
            short.append(more)
        pending, fetch = np.concatenate(short), fetch * OVER_FETCH
    return _in_order(parts, wanted)


def _counts(best: TopN, users: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows of each user, int64[m]."""
    ids, counts = np.unique(best.user_ids, return_counts=True)
    found: npt.NDArray[np.int64] = np.append(counts, 0)[positions(ids, users)]
    return found


def _in_order(parts: list[TopN], users: npt.NDArray[np.int64]) -> TopN:
    """All parts as one, users in the order given."""
    empty = TopN(np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0, np.int64), np.empty(0, np.float32))
    joined = [
        np.concatenate([getattr(part, name) for part in (empty, *parts)])
        for name in ("user_ids", "ranks", "item_ids", "scores")
    ]
    sorter = np.argsort(users, kind="stable")
    place = sorter[np.searchsorted(users, joined[0], sorter=sorter)] if len(joined[0]) else joined[0]
    order = np.lexsort((joined[1], place))
    return TopN(*(column[order] for column in joined))


def _ids(values: Any) -> npt.NDArray[np.int64]:
    return as_array(values, np.int64) if len(values) else np.empty(0, np.int64)
