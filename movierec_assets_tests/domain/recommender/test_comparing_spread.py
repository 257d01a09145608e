"""The evaluation on Apache Spark: the same ratings are held out, the same users asked, baselines do the same."""

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.recommender.comparing import compare
from movierec_assets.domain.recommender.comparing_spread import compare_spread
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import stratified_by_user, time_cut
from movierec_assets.domain.recommender.split_spread import (
    HELD,
    stratified_by_user_spread,
    time_cut_spread,
    value_at,
)

# One factor, so that whatever the start the models end near each other.
RANKING, ALS = RankingParams(rank=8, max_iter=15), AlsParams(rank=1, max_iter=15)


def ratings_of(moments, users=260, items=90):
    """Ratings in random order, some movies far more popular than others, at so many different moments."""
    rng = np.random.default_rng(5)
    taste = rng.normal(size=(users, 3)) @ rng.normal(size=(3, items)) - np.arange(items) / 30
    user, item = np.nonzero(taste + rng.normal(size=taste.shape) > 0.5)
    order = rng.permutation(user.size)
    stars = np.clip(np.round(2 * taste[user, item] + 4), 1, 10) / 2
    columns = {
        "userId": user[order] + 1,
        "movieId": item[order] * 3 + 2,
        "rating": stars[order],
        "timestamp": 10**9 + rng.integers(0, moments, user.size) * 86_399,
    }
    return pa.table(columns)


def held_pairs(table, mask):
    held = table.filter(mask)
    return set(zip(held["userId"].to_pylist(), held["movieId"].to_pylist(), strict=True))


@pytest.mark.parametrize("moments", [1, 7, 100_000])
def test_the_same_ratings_are_held_out_by_time_however_many_share_a_moment(spark_mllib, moments):
    table = ratings_of(moments, users=60)
    expected = held_pairs(table, pa.array(time_cut(Ratings.from_table(table))))
    found = time_cut_spread(spark_mllib.createDataFrame(table)).toArrow()
    assert held_pairs(found, found[HELD]) == expected


def test_the_same_ratings_of_each_user_are_held_out(spark_mllib):
    table = ratings_of(50, users=60)
    expected = held_pairs(table, pa.array(stratified_by_user(Ratings.from_table(table))))
    found = stratified_by_user_spread(spark_mllib.createDataFrame(table)).toArrow()
    assert held_pairs(found, found[HELD]) == expected


def test_the_value_at_a_rank_is_found_in_a_wide_range(spark_mllib):
    numbers = sorted([-(2**31), -5, -5, -5, 0, 3, 2**32 - 1, 2**61, 2**61 + 1, 2**61 + 1])
    rows = spark_mllib.createDataFrame(pa.table({"n": numbers}))
    for rank, number in enumerate(numbers):
        assert value_at(rows, rows["n"], rank) == (number, rank - numbers.index(number))


def test_users_baselines_and_leaks_are_those_of_the_comparison_here_and_the_models_are_near(spark_mllib):
    table = ratings_of(100_000)
    there = compare_spread(spark_mllib.createDataFrame(table), RANKING, ALS)
    here = compare(Ratings.from_table(table), RANKING, ALS)
    assert set(there) == set(here)
    for name, one in here.items():
        assert (there[name].asked, there[name].leakage) == (one.asked, one.leakage)
        assert set(there[name].evaluations) == set(one.evaluations) - {"item_knn"}
        for recommender, found in there[name].evaluations.items():
            expected = one.evaluations[recommender]
            near = 0.03 if recommender in ("ranking_model", "als_model") else 1e-6
            for metric, interval in expected.metrics.items():
                if metric != "novelty":
                    assert found.metrics[metric].value == pytest.approx(interval.value, abs=near), metric
            if recommender in ("als_model", "bias"):
                assert found.rmse == pytest.approx(expected.rmse, rel=0.01)


def test_only_a_sample_of_the_users_is_asked(spark_mllib):
    table = ratings_of(100_000)
    there = compare_spread(spark_mllib.createDataFrame(table), RANKING, ALS, most_users=210)
    here = compare(Ratings.from_table(table), RANKING, ALS, most_users=210)
    for name, one in here.items():
        assert there[name].asked == one.asked
        popular, expected = (e[name].evaluations["popularity"] for e in (there, here))
        assert popular.per_user.user_ids.tolist() == expected.per_user.user_ids.tolist()
        assert popular.metrics["ndcg"].value == pytest.approx(expected.metrics["ndcg"].value, abs=1e-9)
