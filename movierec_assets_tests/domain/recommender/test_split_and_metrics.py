"""The hash split and the error measures."""

import math

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.metrics import accuracy, mae, rmse
from movierec_assets.domain.recommender.params import AlsParams
from movierec_assets.domain.recommender.split import holdout_column, holdout_mask

USERS, ITEMS = (a.ravel() for a in np.meshgrid(np.arange(1, 301), np.arange(1, 201)))


@pytest.mark.parametrize(
    ("seed", "user", "item", "hashed"), [(0, 1, 2, -6967738349276063331), (7, -5, 2**40, 6405593186903119716)]
)
def test_a_pair_is_held_out_from_the_fraction_on_that_its_xxhash64_says(seed, user, item, hashed):
    # The hashes are what Apache Spark 4.2.1 and Sail 0.7.2 answer to `SELECT xxhash64(seed, user, item)`, all BIGINT.
    share = (hashed % 2**64) / 2**64
    assert not holdout_mask([user], [item], share - 1e-9, seed)[0]
    assert holdout_mask([user], [item], share + 1e-9, seed)[0]


def test_the_held_out_share_is_near_the_fraction_for_users_and_items_alike():
    mask = holdout_mask(USERS, ITEMS, 0.1, seed=1)
    assert mask.mean() == pytest.approx(0.1, abs=0.005)
    assert np.bincount(USERS, mask)[1:].max() < 45
    assert np.bincount(ITEMS, mask)[1:].max() < 60


def test_a_pair_is_held_out_whatever_else_there_is():
    mask = holdout_mask(USERS, ITEMS, 0.3, seed=1)
    order = np.random.default_rng(0).permutation(USERS.size)[:1000]
    assert (holdout_mask(USERS[order], ITEMS[order], 0.3, seed=1) == mask[order]).all()


def test_a_larger_fraction_holds_out_the_same_and_more_and_another_seed_others():
    small, large = holdout_mask(USERS, ITEMS, 0.1, seed=1), holdout_mask(USERS, ITEMS, 0.2, seed=1)
    assert (small <= large).all()
    assert (small & holdout_mask(USERS, ITEMS, 0.1, seed=2)).mean() == pytest.approx(0.01, abs=0.003)


def test_nothing_is_held_out_at_zero_and_all_at_one_and_other_fractions_are_refused():
    assert not holdout_mask(USERS, ITEMS, 0, seed=1).any()
    assert holdout_mask(USERS, ITEMS, 1, seed=1).all()
    with pytest.raises(ValueError, match=r"from 0 to 1, not 1\.5"):
        holdout_mask(USERS, ITEMS, 1.5, seed=1)


def test_errors_of_given_numbers():
    assert rmse([1, 2, 3], [1, 4, 7]) == pytest.approx(math.sqrt(20 / 3))
    assert mae([1, 2, 3], [1, 4, 7]) == pytest.approx(2)
    with pytest.raises(ValueError, match="0 and 0"):
        rmse([], [])


@pytest.mark.parametrize(("strategy", "expected"), [("drop", 1.0), ("nan", float("nan"))])
def test_cold_ratings_are_counted_and_dropped_or_make_the_error_nan(strategy, expected):
    one = np.ones((1, 1), np.float32)
    params = AlsParams(rank=1, cold_start_strategy=strategy)
    model = AlsModel(np.array([1]), np.array([10]), one, 3 * one, params)
    found = accuracy(model, [1, 1, 2], [10, 11, 10], [4.0, 5.0, 5.0])
    assert (found.ratings, found.cold) == (3, 2)
    assert found.rmse == pytest.approx(expected, nan_ok=True)
    assert found.mae == pytest.approx(expected, nan_ok=True)
    assert math.isnan(accuracy(model, [2], [10], [5.0]).rmse)


@pytest.mark.parametrize("engine", ["spark_local", "spark_embedded"])
def test_the_split_is_the_same_on_every_engine(engine, request):
    rng = np.random.default_rng(2)
    users, movies = rng.integers(-5, 2**31, 500), rng.integers(0, 2**40, 500)
    table = pa.table({"userId": users, "movieId": movies})
    frame = request.getfixturevalue(engine).createDataFrame(table)
    found = frame.withColumn("held", holdout_column("userId", "movieId", 0.3, seed=7)).toArrow()
    expected = holdout_mask(found["userId"], found["movieId"], 0.3, seed=7)
    assert found["held"].to_pylist() == expected.tolist()
