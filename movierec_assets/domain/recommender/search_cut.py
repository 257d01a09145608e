"""The ratings of a search in three parts: to train on, to choose by, and a test that no trial sees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from movierec_assets.domain.recommender.comparing import MOST_USERS, splits
from movierec_assets.domain.recommender.gate import ENOUGH_USERS, deciding
from movierec_assets.domain.recommender.protocols import PROTOCOLS
from movierec_assets.domain.recommender.question import Question
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import train_validation_test


@dataclass(frozen=True, eq=False)
class Cut:
    """All ratings, each in one part.

    Attributes:
        protocol: By which the test was cut from all ratings, and then the validation part from the rest.
        train: What trials are trained on.
        validation: What they are asked for.
        test: What the evaluation holds out.
    """

    protocol: str
    train: Ratings
    validation: Ratings
    test: Ratings

    def trial(self) -> Question:
        """What every trial is asked; it knows nothing of the test.

        Raises:
            ValueError: There is nobody to ask; so for `final`.
        """
        return self._question(self.train, self.validation)

    def final(self) -> Question:
        """What the parameters that were chosen are asked at last, trained on all but the test."""
        parts = self.train, self.validation
        rest = Ratings(
            np.concatenate([part.users for part in parts]),
            np.concatenate([part.items for part in parts]),
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.timestamps for part in parts]),
        )
        return self._question(rest, self.test)

    def _question(self, train: Ratings, asked: Ratings) -> Question:
        if not len(train) or not len(asked):
            raise self._too_few()
        question = Question.of(train, asked, most_users=MOST_USERS)
        if not question.asked.users or not len(question.warm):
            raise self._too_few()
        return question

    def _too_few(self) -> ValueError:
        rows = len(self.train) + len(self.validation) + len(self.test)
        return ValueError(
            f"{rows:,} ratings are too few for a search: cut twice by the {self.protocol} protocol they leave"
            f" {len(self.train):,} to train on, {len(self.validation):,} to choose by and {len(self.test):,} to test"
            " on, with nobody to ask; land more"
        )


def cut(ratings: Ratings) -> Cut:
    """Cut the ratings in three, by the protocol that decides in the evaluation too.

    Args:
        ratings: Of known movies.

    Raises:
        ValueError: No protocol can split them.
    """
    users: dict[str, int] = {}
    for name, train, test in splits(ratings):
        users[name] = Question.of(train, test, most_users=MOST_USERS).asked.users
        if users[name] >= ENOUGH_USERS:
            break
    return cut_by(_decides(users, len(ratings)), ratings)


def cut_by(protocol: str, ratings: Ratings) -> Cut:
    """Cut the ratings in three.

    Args:
        protocol: A key of `PROTOCOLS`.
        ratings: Of known movies.
    """
    return Cut(protocol, *train_validation_test(ratings, PROTOCOLS[protocol].split))


def _decides(users: Mapping[str, int], rows: int) -> str:
    if found := deciding(users):
        return found
    raise ValueError(
        f"{rows:,} ratings are too few for a search: no protocol can hold some of them out; land more"
    )
