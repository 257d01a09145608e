"""Recommenders side by side on one split: every metric with its interval, and what could not be asked."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.bootstrap import Interval, intervals
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.interface import Predictor, Recommender, Trainer
from movierec_assets.domain.recommender.metrics import mae, rmse
from movierec_assets.domain.recommender.ranking import (
    PerUser,
    Popularity,
    catalogue_coverage,
    per_user_metrics,
)
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import Split

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True)
class Asked:
    """What a split asks, the same of every recommender.

    Attributes:
        train_rows: Ratings trained on.
        test_rows: Ratings held out.
        users: Users ranked for: in the training ratings, with at least one relevant test row.
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
    resamples: int = 1000,
    seed: int = 42,
) -> dict[str, Evaluation]:
    """Train each recommender on what the split leaves and ask all of them the same.

    Args:
        trainers: By the name of the recommender.
        ratings: All ratings.
        split: Which are held out.
        k: Length of the lists.
        relevant_from: As for `evaluate_trained`.
        resamples: As for `intervals`.
        seed: As for `intervals`.

    Raises:
        ValueError: The split leaves nothing to train or to test on.
    """
    held = split(ratings)
    train, test = ratings.where(~held), ratings.where(held)
    found = {}
    for name, trainer in trainers.items():
        began = time.perf_counter()
        recommender = trainer(train)
        found[name] = evaluate_trained(
            recommender,
            train,
            test,
            k,
            relevant_from=relevant_from,
            resamples=resamples,
            seed=seed,
            fit_seconds=time.perf_counter() - began,
        )
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
        relevant_from: A test row is relevant if its rating is at least so many stars; 0 takes every row.
        resamples: As for `intervals`.
        seed: As for `intervals`.
        fit_seconds: What the training took, to be passed on.

    Raises:
        ValueError: There are no training or no test ratings, or `k` is less than 1.
    """
    if not len(train) or not len(test):
        raise ValueError(
            f"an evaluation needs ratings on both sides of the split, not {len(train)} to train and"
            f" {len(test)} to test on: choose a share between them"
        )
    popularity = Popularity.of(train.items)
    train_users = np.unique(train.users)
    warm_user = positions(train_users, test.users) >= 0
    warm_item = positions(popularity.item_ids, test.items) >= 0
    relevant = test.where(warm_user & (test.values >= relevant_from))
    users = np.unique(relevant.users)

    began = time.perf_counter()
    best = recommender.recommend(users, (train.users, train.items), k)
    recommend_seconds = time.perf_counter() - began

    per_user = per_user_metrics(best, relevant.users, relevant.items, popularity, k)
    asked = Asked(
        train_rows=len(train),
        test_rows=len(test),
        users=users.size,
        users_without_relevant=np.unique(test.users[warm_user]).size - users.size,
        cold_users=np.unique(test.users[~warm_user]).size,
        cold_items=np.unique(test.items[~warm_item]).size,
        cold_rows=int((~(warm_user & warm_item)).sum()),
    )
    errors = _errors(recommender, test.where(warm_user & warm_item))
    return Evaluation(
        k=k,
        metrics=intervals(per_user, resamples, seed),
        coverage=catalogue_coverage(best, popularity, k),
        rmse=errors[0],
        mae=errors[1],
        per_user=per_user,
        asked=asked,
        users_without_list=users.size - np.unique(best.user_ids).size,
        fit_seconds=fit_seconds,
        recommend_seconds=recommend_seconds,
    )


def _errors(recommender: Recommender, warm: Ratings) -> tuple[float, float]:
    if not isinstance(recommender, Predictor) or not len(warm):
        return float("nan"), float("nan")
    predicted: npt.NDArray[np.float32] = recommender.predict(warm.users, warm.items)
    return rmse(predicted, warm.values), mae(predicted, warm.values)
