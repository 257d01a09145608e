"""`comparing.compare` on Apache Spark: MLlib trains on all training ratings there, lists are made for some users.

What comes to this process is bounded by the number of users ranked for and by the number of movies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.bias import ITEM_DAMPING, BiasModel, with_users
from movierec_assets.domain.recommender.comparing import MOST_USERS, Compared
from movierec_assets.domain.recommender.evaluation import Evaluation, evaluate_each
from movierec_assets.domain.recommender.gate import ENOUGH_USERS, FEWEST_USERS
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.interface import FactorRecommender, RatingFactorRecommender
from movierec_assets.domain.recommender.leakage import Leakage
from movierec_assets.domain.recommender.mllib import factor_arrays, fit_mllib
from movierec_assets.domain.recommender.popular import ItemOrder, damped_scores
from movierec_assets.domain.recommender.question_spread import SpreadQuestion, leakage_spread, question_spread
from movierec_assets.domain.recommender.split_spread import HELD, stratified_by_user_spread, time_cut_spread

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from movierec_assets.domain.recommender.interface import Trainer
    from movierec_assets.domain.recommender.params import AlsParams, RankingParams

SPLITS = {"time": time_cut_spread, "per-user": stratified_by_user_spread}
"""The protocols of `comparing.COMPARED_BY`, in their order."""


def compare_spread(
    ratings: DataFrame, ranking: RankingParams, als: AlsParams, k: int = 10, most_users: int = MOST_USERS
) -> dict[str, Compared]:
    """As `comparing.compare`: the same splits, users and baselines, but for the item-item one.

    Errors in stars are those of the users ranked for.

    Args:
        ratings: `userId`, `movieId`, `rating`, `timestamp`, of known movies; one without a time counts as old as the
            oldest.
        ranking: As there.
        als: As there.
        k: As there.
        most_users: As there.
    """
    from pyspark.sql import functions as F  # noqa: N812

    oldest = ratings.agg(F.coalesce(F.min("timestamp"), F.lit(0))).collect()[0][0]
    timed = ratings.withColumn("timestamp", F.coalesce("timestamp", F.lit(oldest)))
    found: dict[str, tuple[SpreadQuestion, Leakage]] = {}
    for name, split in SPLITS.items():
        # Asked of many times, and trained on.
        cut = split(timed).persist()
        if cut.select(HELD).distinct().count() == 2:
            found[name] = question_spread(cut, most_users), leakage_spread(cut)
            if found[name][0].question.asked.users >= ENOUGH_USERS:
                break
    users = {name: one.question.asked.users for name, (one, _) in found.items()}
    fewest = min(FEWEST_USERS, max(users.values(), default=0))
    return {
        name: Compared(
            _evaluated(one, ranking, als, k) if users[name] >= fewest else {}, leaked, one.question.asked
        )
        for name, (one, leaked) in found.items()
    }


def _evaluated(
    asked: SpreadQuestion, ranking: RankingParams, als: AlsParams, k: int
) -> dict[str, Evaluation]:
    trainers: dict[str, Trainer] = {
        "ranking_model": lambda _: FactorRecommender(_trained(asked, ranking)),
        "popularity": lambda _: _order(asked, asked.question.popularity.counts),
        "damped_mean": lambda _: _damped_mean(asked),
        "als_model": lambda _: RatingFactorRecommender(_trained(asked, als)),
        "bias": lambda _: _bias(asked),
    }
    return evaluate_each(trainers, asked.question, k)


def _trained(asked: SpreadQuestion, params: AlsParams | RankingParams) -> AlsModel:
    """MLlib's model of all training ratings, here with the users ranked for."""
    model = fit_mllib(asked.train, params, asked.question.asked.train_rows)
    wanted = asked.asked_users.withColumnRenamed("userId", "id")
    sides = [
        factor_arrays(factors.toArrow(), params.rank)
        for factors in (model.userFactors.join(wanted, "id", "left_semi"), model.itemFactors)
    ]
    return AlsModel(sides[0][0], sides[1][0], sides[0][1], sides[1][1], params)


def _order(asked: SpreadQuestion, scores: Any) -> ItemOrder:
    users, items = np.unique(asked.question.train.users), asked.question.popularity.item_ids
    return ItemOrder(users, items, scores.astype(np.float32))


def _damped_mean(asked: SpreadQuestion) -> ItemOrder:
    """`popular.damped_mean` of all training ratings."""
    return _order(asked, damped_scores(asked.sums, asked.question.popularity.counts))


def _bias(asked: SpreadQuestion) -> BiasModel:
    """`bias.fit_bias` of all training ratings, with the biases of the users ranked for."""
    train, catalogue = asked.question.train, asked.question.popularity
    mean = float(asked.sums.sum() / catalogue.counts.sum())
    item_bias = (asked.sums - mean * catalogue.counts) / (ITEM_DAMPING + catalogue.counts)
    item = positions(catalogue.item_ids, train.items)
    return with_users(train, mean, catalogue.item_ids, item, item_bias)
