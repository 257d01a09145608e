"""What every recommender can be asked, be it a model or a baseline."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from movierec_assets.domain.recommender.topn import TopN, top_n

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from movierec_assets.domain.recommender.als import AlsModel
    from movierec_assets.domain.recommender.ratings import Ratings


class Recommender(Protocol):
    """Ranks the items that it knows for the users that it knows."""

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """At most `n` unseen items per user, the best first; equal scores by ascending item id.

        Args:
            users: [m] distinct user ids; an unknown user gets no row.
            seen: User ids and item ids of the pairs to leave out, of one length; unknown ids and repeats are
                fine.
            n: Rows per user, 1 or more; a user with fewer items to recommend gets fewer.

        Raises:
            ValueError: `n` is less than 1, or the lengths of `seen` differ.
        """


@runtime_checkable
class Predictor(Protocol):
    """Predicts ratings."""

    def predict(self, users: Any, items: Any) -> npt.NDArray[np.float32]:
        """Predicted ratings of pairs in stars, float32[n], nan where the user or the item is unknown.

        Args:
            users: [n] user ids.
            items: [n] item ids.
        """


Trainer = Callable[["Ratings"], Recommender]
"""Learns a recommender from training ratings."""


@dataclass(frozen=True, eq=False)
class FactorRecommender:
    """Ranks by the dot product of factors; predicts nothing, as implicit factors are not in stars."""

    model: AlsModel

    def recommend(self, users: Any, seen: tuple[Any, Any], n: int) -> TopN:
        """As `Recommender.recommend`, exact."""
        return top_n(self.model, users, seen, n)


class RatingFactorRecommender(FactorRecommender):
    """Ranks by the rating that the dot product of explicit factors predicts."""

    def predict(self, users: Any, items: Any) -> npt.NDArray[np.float32]:
        """As `Predictor.predict`."""
        return self.model.predict(users, items)
