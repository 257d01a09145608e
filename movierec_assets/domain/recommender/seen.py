"""The pairs to leave out, and the rows that are left: what the baselines share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import DENSE, as_array, positions
from movierec_assets.domain.recommender.topn import TopN

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Request:
    """Known users that are asked for, and what each has seen of the known items.

    Attributes:
        user_ids: int64[m] in the order asked for.
        rows: int64[m] positions of the users in the recommender.
        indptr: int64[m + 1] where each user's seen items start.
        seen: int64[*] positions of seen items, ascending and distinct within a user.
    """

    user_ids: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int64]
    indptr: npt.NDArray[np.int64]
    seen: npt.NDArray[np.int64]

    @classmethod
    def of(
        cls,
        users: Any,
        seen: tuple[Any, Any],
        n: int,
        user_ids: npt.NDArray[np.int64],
        item_ids: npt.NDArray[np.int64],
    ) -> Request:
        """What `recommend` was asked, in positions.

        Args:
            users: As for `recommend`.
            seen: As for `recommend`.
            n: As for `recommend`.
            user_ids: int64[n_users], ascending: the known users.
            item_ids: int64[n_items], ascending: the known items.

        Raises:
            ValueError: `n` is less than 1, or the lengths of `seen` differ.
        """
        if n < 1:
            raise ValueError(f"n must be 1 or more, not {n}")
        seen_users, seen_items = as_array(seen[0], np.int64), as_array(seen[1], np.int64)
        if seen_users.size != seen_items.size:
            sizes = f"{seen_users.size} and {seen_items.size}"
            raise ValueError(f"seen users and items must be of one length, not {sizes}")
        wanted = as_array(users, np.int64)
        rows = positions(user_ids, wanted)
        wanted, rows = wanted[rows >= 0], rows[rows >= 0]

        sorter = np.argsort(wanted, kind="stable")
        user, item = _places(wanted[sorter], seen_users), _places(item_ids, seen_items)
        known = (user >= 0) & (item >= 0)
        width = max(item_ids.size, 1)
        pairs = distinct(sorter[user[known]] * width + item[known])
        indptr = np.searchsorted(pairs, np.arange(wanted.size + 1) * width)
        return cls(wanted, rows, indptr, pairs % width)

    def answer(
        self,
        item_ids: npt.NDArray[np.int64],
        items: npt.NDArray[Any],
        scores: npt.NDArray[np.float32],
        counts: npt.NDArray[np.int64],
    ) -> TopN:
        """The rows found, as recommendations.

        Args:
            item_ids: int64[n_items].
            items: int[m, n] positions of items, the best first.
            scores: float32[m, n].
            counts: int64[m] how many entries of a row are filled.
        """
        filled = np.arange(items.shape[1]) < counts[:, None]
        ranks = np.broadcast_to(np.arange(1, items.shape[1] + 1, dtype=np.int32), filled.shape)
        found = item_ids[items[filled]]
        return TopN(np.repeat(self.user_ids, counts), ranks[filled], found, scores[filled])


def distinct(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """As `np.unique`, which hashes integers and takes ten times as long where most of millions are distinct."""
    ordered = np.sort(values)
    kept: npt.NDArray[np.int64] = ordered[np.append(True, ordered[1:] != ordered[:-1])[: ordered.size]]
    return kept


def _places(ids: npt.NDArray[np.int64], wanted: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """As `positions`, from a table where the ids lie close together: many look-ups are several times as fast."""
    if not ids.size or int(ids[-1]) - int(ids[0]) > DENSE * wanted.size:
        return positions(ids, wanted)
    table = np.full(int(ids[-1] - ids[0]) + 1, -1, np.int64)
    table[ids - ids[0]] = np.arange(ids.size)
    inside = (wanted >= ids[0]) & (wanted <= ids[-1])
    return np.where(inside, table[np.where(inside, wanted - ids[0], 0)], -1)
