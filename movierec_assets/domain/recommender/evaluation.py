"""Recommenders side by side on one split: every metric with its interval, and what could not be asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.bootstrap import Interval, intervals
from movierec_assets.domain.recommender.interface import Predictor, Recommender, Trainer
from movierec_assets.domain.recommender.metrics import mae, rmse
from movierec_assets.domain.recommender.question import Asked, Question
from movierec_assets.domain.recommender.ranking import PerUser, catalogue_coverage, per_user_metrics
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import Split

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How one recommender did.

    Attributes:
        k: Length of the lists.
        metrics: Means over users by the names of `ranking.METRICS`, with intervals.
        coverage: Share of the training items that the lists hold.
        rmse: Error in stars on the test rows that are not cold; nan for one that predicts no ratings.
        mae: The same, absolute.
        per_user: What the metrics are the means of.
        asked: What was asked.
        users_without_list: Users ranked for to whom nothing was recommended; they count as zero.
        fit_seconds: Training; nan where it was not done here.
        recommend_seconds: The lists of all users ranked for.
    """

    k: int
    metrics: dict[str, Interval]
    coverage: float
    rmse: float
    mae: float
    per_user: PerUser
    asked: Asked
    users_without_list: int
    fit_seconds: float
    recommend_seconds: float


def evaluate(
    trainers: Mapping[str, Trainer],
    ratings: Ratings,
    split: Split,
    k: int = 10,
    *,
    relevant_from: float = 0.0,
    most_users: int | None = None,
    resamples: int = 1000,
    seed: int = 42,
) -> dict[str, Evaluation]:
    """Train each recommender on what the split leaves and ask all of them the same.

    Args:
        trainers: By the name of the recommender.
        ratings: All ratings.
        split: Which are held out.
        k: Length of the lists.
        relevant_from: As for `Question.of`.
        most_users: As for `Question.of`.
        resamples: As for `intervals`.
        seed: As for `intervals`.

    Raises:
        ValueError: The split leaves nothing to train or to test on, or `k` is less than 1.
    """
    held = split(ratings)
    question = Question.of(
        ratings.where(~held), ratings.where(held), relevant_from=relevant_from, most_users=most_users
    )
    return evaluate_each(trainers, question, k, resamples=resamples, seed=seed)


def evaluate_each(
    trainers: Mapping[str, Trainer],
    question: Question,
    k: int = 10,
    *,
    resamples: int = 1000,
    seed: int = 42,
) -> dict[str, Evaluation]:
    """The same for a question that was put already; one recommender is in memory at a time.

    Raises:
        ValueError: `k` is less than 1.
    """
    found = {}
    for name, trainer in trainers.items():
        began = time.perf_counter()
        recommender = trainer(question.train)
        seconds = time.perf_counter() - began
        found[name] = _ask(recommender, question, k, resamples, seed, seconds)
    return found


def evaluate_trained(
    recommender: Recommender,
    train: Ratings,
    test: Ratings,
    k: int = 10,
    *,
    relevant_from: float = 0.0,
    resamples: int = 1000,
    seed: int = 42,
    fit_seconds: float = float("nan"),
) -> Evaluation:
    """Ask a recommender for the whole catalogue without what each user has rated in training.

    Args:
        recommender: Trained on `train` and on nothing else.
        train: Training ratings, at least one.
        test: Held-out ratings, at least one.
        k: Length of the lists, 1 or more.
        relevant_from: As for `Question.of`.
        resamples: As for `intervals`.
        seed: As for `intervals`.
        fit_seconds: What the training took, to be passed on.

    Raises:
        ValueError: There are no training or no test ratings, or `k` is less than 1.
    """
    question = Question.of(train, test, relevant_from=relevant_from)
    return _ask(recommender, question, k, resamples, seed, fit_seconds)


def _ask(
    recommender: Recommender, question: Question, k: int, resamples: int, seed: int, fit_seconds: float
) -> Evaluation:
    train, relevant, popularity = question.train, question.relevant, question.popularity
    users = np.unique(relevant.users)
    began = time.perf_counter()
    best = recommender.recommend(users, (train.users, train.items), k)
    recommend_seconds = time.perf_counter() - began
    per_user = per_user_metrics(best, relevant.users, relevant.items, popularity, k)
    errors = _errors(recommender, question.warm)
    return Evaluation(
        k=k,
        metrics=intervals(per_user, resamples, seed),
        coverage=catalogue_coverage(best, popularity, k),
        rmse=errors[0],
        mae=errors[1],
        per_user=per_user,
        asked=question.asked,
        users_without_list=users.size - np.unique(best.user_ids).size,
        fit_seconds=fit_seconds,
        recommend_seconds=recommend_seconds,
    )


def _errors(recommender: Recommender, warm: Ratings) -> tuple[float, float]:
    if not isinstance(recommender, Predictor) or not len(warm):
        return float("nan"), float("nan")
    predicted: npt.NDArray[np.float32] = recommender.predict(warm.users, warm.items)
    return rmse(predicted, warm.values), mae(predicted, warm.values)
