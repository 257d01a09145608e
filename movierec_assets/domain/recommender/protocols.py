"""The protocols by which recommenders are compared, and who stands beside the models: for the asset and the command."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.bias import fit_bias
from movierec_assets.domain.recommender.interface import FactorRecommender, RatingFactorRecommender
from movierec_assets.domain.recommender.knn import fit_knn
from movierec_assets.domain.recommender.popular import damped_mean, popularity
from movierec_assets.domain.recommender.published import ITEM_STRATIFIED_75_25, RANDOM_75_25, RANDOM_90_10
from movierec_assets.domain.recommender.split import (
    Split,
    holdout_mask,
    leave_last_out,
    stratified_by_item,
    stratified_by_user,
    time_cut,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from movierec_assets.domain.recommender.interface import Trainer
    from movierec_assets.domain.recommender.params import AlsParams, RankingParams
    from movierec_assets.domain.recommender.ratings import Ratings

MOST_FOR_KNN = 2_000_000
"""Ratings above which the item-item baseline is left out: its work grows with the square of a user's ratings."""


def by_chance(ratings: Ratings, fraction: float = 0.1, seed: int = 42) -> npt.NDArray[np.bool_]:
    """Hold out each rating by itself, as `holdout_mask` does."""
    return holdout_mask(ratings.users, ratings.items, fraction, seed)


@dataclass(frozen=True)
class Protocol:
    """One way to hold ratings out.

    Attributes:
        description: What is held out.
        split: The rule.
        published: Protocols of `published.PROTOCOLS` whose figures may stand beside.
        by_time: Whether no training rating may be later than a test rating.
        ranks: Whether it compares lists; if not, predicted ratings only.
    """

    description: str
    split: Split
    published: tuple[str, ...] = ()
    by_time: bool = False
    ranks: bool = True


PROTOCOLS = {
    "time": Protocol("the last 10 % of all ratings, by time", time_cut, by_time=True),
    "per-user": Protocol("25 % of each user's ratings, by hash", stratified_by_user),
    "leave-last-out": Protocol("each user's last rating", leave_last_out),
    "recommenders-75-25": Protocol(
        "25 % of each movie's ratings, by hash, seed 42",
        stratified_by_item,
        (ITEM_STRATIFIED_75_25, RANDOM_75_25),
    ),
    "rmse-90-10": Protocol("10 % of all ratings, by hash", by_chance, (RANDOM_90_10,), ranks=False),
}
"""By name."""


def contenders(
    ranking: RankingParams, als: AlsParams, ratings: int, *, ranks: bool = True
) -> dict[str, Trainer]:
    """The models with these parameters, and the baselines, by name.

    Args:
        ranking: Parameters of `ranking_model`.
        als: Parameters of `als_model`.
        ratings: How many ratings there are; above `MOST_FOR_KNN` the item-item baseline is left out.
        ranks: Whether lists are compared; if not, only those that predict ratings.
    """
    predictors: dict[str, Trainer] = {"als_model": partial(_rating_model, als), "bias": fit_bias}
    if not ranks:
        return predictors
    neighbours: dict[str, Trainer] = {"item_knn": fit_knn} if ratings <= MOST_FOR_KNN else {}
    return {
        "ranking_model": partial(_ranking_model, ranking),
        "popularity": popularity,
        "damped_mean": damped_mean,
        **neighbours,
        **predictors,
    }


def _ranking_model(params: RankingParams, train: Ratings) -> FactorRecommender:
    return FactorRecommender(fit(train.users, train.items, train.values, params))


def _rating_model(params: AlsParams, train: Ratings) -> RatingFactorRecommender:
    return RatingFactorRecommender(fit(train.users, train.items, train.values, params))
