"""What a search goes by: nDCG of lists, or RMSE of predicted ratings, with the interval of a difference.

Both resample users, so that an interval says how other users of the same kind might have fared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np

from movierec_assets.domain.recommender.bootstrap import (
    Errors,
    Interval,
    intervals,
    paired_difference,
    rmse_difference,
    rmse_interval,
)
from movierec_assets.domain.recommender.index import encode
from movierec_assets.domain.recommender.ranking import PerUser, per_user_metrics
from movierec_assets.domain.recommender.topn import top_n

if TYPE_CHECKING:
    from movierec_assets.domain.recommender.als import AlsModel
    from movierec_assets.domain.recommender.question import Question

K = 10
"""Length of the lists."""


class Metric(Protocol):
    """A figure that recommenders are compared by."""

    name: str
    label: str
    """As people know it."""
    direction: Literal["maximize", "minimize"]

    def users(self, question: Question) -> int:
        """How many users the question asks by this metric."""

    def ask(self, model: AlsModel, question: Question) -> Any:
        """The model's answers, user by user."""

    def value(self, answers: Any) -> float:
        """The figure."""

    def interval(self, answers: Any) -> Interval:
        """The figure with its interval."""

    def difference(self, left: Any, right: Any) -> Interval:
        """The figure of left less that of right, by the same resamples of the same users."""


class _Ndcg:
    """Mean nDCG@10 over users; higher is better."""

    name, label = "ndcg", f"nDCG@{K}"
    direction: Literal["maximize", "minimize"] = "maximize"

    def users(self, question: Question) -> int:
        return question.asked.users

    def ask(self, model: AlsModel, question: Question) -> PerUser:
        train, relevant = question.train, question.relevant
        best = top_n(model, np.unique(relevant.users), (train.users, train.items), K)
        return per_user_metrics(best, relevant.users, relevant.items, question.popularity, K)

    def value(self, answers: PerUser) -> float:
        return float(answers.values[self.name].mean())

    def interval(self, answers: PerUser) -> Interval:
        return intervals(answers)[self.name]

    def difference(self, left: PerUser, right: PerUser) -> Interval:
        return paired_difference(left, right)[self.name]


class _Rmse:
    """Root mean squared error in stars over the held-out ratings that are not cold; lower is better."""

    name, label = "rmse", "RMSE"
    direction: Literal["maximize", "minimize"] = "minimize"

    def users(self, question: Question) -> int:
        return int(np.unique(question.warm.users).size)

    def ask(self, model: AlsModel, question: Question) -> Errors:
        warm = question.warm
        squared = np.square(model.predict(warm.users, warm.items).astype(np.float64) - warm.values)
        user_ids, user = encode(warm.users)
        return Errors(user_ids, np.bincount(user, squared).astype(np.float64), np.bincount(user))

    def value(self, answers: Errors) -> float:
        return answers.rmse

    def interval(self, answers: Errors) -> Interval:
        return rmse_interval(answers)

    def difference(self, left: Errors, right: Errors) -> Interval:
        return rmse_difference(left, right)


NDCG, RMSE = _Ndcg(), _Rmse()
