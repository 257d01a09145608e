"""Recommendations for ratings that no model was trained on: new users, and new ratings of known ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel, refuse_unusable
from movierec_assets.domain.recommender.index import Csr, as_array, positions
from movierec_assets.domain.recommender.item_tiles import ItemTiles
from movierec_assets.domain.recommender.solver import base_of, inverses_of, padded, solve_side
from movierec_assets.domain.recommender.topn import top_n

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.topn import TopN


@dataclass(frozen=True, eq=False)
class FoldIn:
    """Folds ratings into a trained model: a user's factors that are best with the items' held fixed.

    They are what one more half-step of training would give that user (Hu, Koren and Volinsky, 2008, equation 4), so
    that a known user's own ratings give the factors that the model has. What is the same for everybody is computed
    once and kept.

    Attributes:
        model: The model.
    """

    model: AlsModel

    def factors(self, items: Any, ratings: Any) -> npt.NDArray[np.float32]:
        """The factors of somebody with these ratings.

        Args:
            items: [n] distinct item ids, NumPy or Arrow; unknown ones say nothing.
            ratings: [n] ratings in stars.

        Returns:
            float32[rank], zero where no item is known.

        Raises:
            ValueError: The lengths differ, an item has two ratings, or one is not finite or, for implicit feedback, not
                above 0.
        """
        item, rating = as_array(items, np.int64), as_array(ratings, np.float32)
        if item.size != rating.size:
            raise ValueError(f"items and ratings must be of one length, not {item.size} and {rating.size}")
        refuse_unusable(rating, self.model.params, "given")
        column = positions(self.model.item_ids, item)
        known = np.flatnonzero(column >= 0)
        order = known[np.argsort(column[known], kind="stable")]
        columns = column[order].astype(np.int32)
        if (twice := np.flatnonzero(columns[1:] == columns[:-1])).size:
            raise ValueError(f"item {self.model.item_ids[columns[twice[0]]]} has more than one rating")
        row = Csr(np.array([0, columns.size]), columns, np.ascontiguousarray(rating[order]))
        items_padded, base, inverses = self._fixed
        out = np.zeros((1, items_padded.shape[1]), np.float32)
        solve_side(row, items_padded, out, self.model.params, 1, base, inverses)
        return out[0, : self.model.params.rank]

    def recommend(self, items: Any, ratings: Any, n: int, exclude: Any = ()) -> TopN:
        """The best `n` items for somebody with these ratings, none of which is among them.

        Args:
            items: As for `factors`.
            ratings: As for `factors`.
            n: How many, 1 or more.
            exclude: Item ids to leave out besides.

        Returns:
            Rows of user 0; none where no item is known.
        """
        factors = self.factors(items, ratings)
        left_out = np.concatenate([as_array(items, np.int64), np.asarray(exclude, np.int64)])
        user = AlsModel(
            np.zeros(1 if factors.any() else 0, np.int64),
            self.model.item_ids,
            factors[None, :] if factors.any() else np.empty((0, factors.size), np.float32),
            self.model.item_factors,
            self.model.params,
        )
        return top_n(user, user.user_ids, (np.zeros(left_out.size, np.int64), left_out), n, 1, self._tiles)

    @cached_property
    def _fixed(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        items = padded(self.model.item_factors)
        base = base_of(items, self.model.params)
        return items, base, inverses_of(base, self.model.params)

    @cached_property
    def _tiles(self) -> ItemTiles:
        return ItemTiles.of(self.model.item_factors)
