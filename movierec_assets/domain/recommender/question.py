"""What a split asks of every recommender alike: who is ranked for, what is relevant, what is cold. Computed once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.hashing import pair_hash
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.ranking import Popularity
from movierec_assets.domain.recommender.ratings import Ratings

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Asked:
    """What a split asks, the same of every recommender.

    Attributes:
        train_rows: Ratings trained on.
        test_rows: Ratings held out.
        users: Users ranked for: in the training ratings, with at least one relevant test row; of more than `most_users`
            the sample.
        users_without_relevant: Users in the training and the test ratings, without a relevant test row: left out.
        cold_users: Users of the test ratings that are not in the training ratings: left out.
        cold_items: Items of the test ratings that are not in the training ratings.
        cold_rows: Test rows of a cold user or a cold item. Those of a cold item stay relevant for its other users,
            who lose recall by them; none is asked for its rating.
    """

    train_rows: int
    test_rows: int
    users: int
    users_without_relevant: int
    cold_users: int
    cold_items: int
    cold_rows: int


@dataclass(frozen=True, eq=False)
class Question:
    """A split's two sides, and what follows from them for any recommender.

    Attributes:
        train: Training ratings.
        relevant: Test ratings that a list should hold, of the users ranked for.
        warm: Test ratings whose user and item are both in the training ratings: those asked for as ratings.
        popularity: Of the training ratings.
        asked: The same in numbers.
    """

    train: Ratings
    relevant: Ratings
    warm: Ratings
    popularity: Popularity
    asked: Asked

    @classmethod
    def of(
        cls, train: Ratings, test: Ratings, *, relevant_from: float = 0.0, most_users: int | None = None
    ) -> Question:
        """Find out what is asked.

        Args:
            train: Training ratings, at least one.
            test: Held-out ratings, at least one.
            relevant_from: A test row is relevant if its rating is at least so many stars; 0 takes every row.
            most_users: Rank for at most so many users, those of the lowest hashes; None for all.

        Raises:
            ValueError: There are no training or no test ratings.
        """
        if not len(train) or not len(test):
            raise ValueError(
                f"an evaluation needs ratings on both sides of the split, not {len(train)} to train and"
                f" {len(test)} to test on: choose a share between them"
            )
        popularity = Popularity.of(train.items)
        warm_user = positions(np.unique(train.users), test.users) >= 0
        warm_item = positions(popularity.item_ids, test.items) >= 0
        relevant = test.where(warm_user & (test.values >= relevant_from))
        users = np.unique(relevant.users)
        without_relevant = np.unique(test.users[warm_user]).size - users.size
        if most_users is not None and users.size > most_users:
            users = _sample(users, most_users)
            relevant = relevant.where(positions(users, relevant.users) >= 0)
        asked = Asked(
            train_rows=len(train),
            test_rows=len(test),
            users=users.size,
            users_without_relevant=without_relevant,
            cold_users=np.unique(test.users[~warm_user]).size,
            cold_items=np.unique(test.items[~warm_item]).size,
            cold_rows=int((~(warm_user & warm_item)).sum()),
        )
        return cls(train, relevant, test.where(warm_user & warm_item), popularity, asked)


def _sample(users: npt.NDArray[np.int64], most: int) -> npt.NDArray[np.int64]:
    """Users of the lowest hashes, ascending: the same whatever else is in the data."""
    hashed = pair_hash(users, np.zeros_like(users), 0)
    return np.sort(users[np.argsort(hashed, kind="stable")[:most]])
