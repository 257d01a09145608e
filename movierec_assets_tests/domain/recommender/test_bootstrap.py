"""Bootstrap intervals: seeded, paired, and as wide as statistics says."""

import math

import numpy as np
import pytest

from movierec_assets.domain.recommender import bootstrap
from movierec_assets.domain.recommender.bootstrap import (
    Errors,
    Interval,
    intervals,
    paired_difference,
    rmse_difference,
    rmse_interval,
)
from movierec_assets.domain.recommender.ranking import PerUser


def per_user(**values):
    size = len(next(iter(values.values())))
    return PerUser(np.arange(size), {name: np.array(v, np.float64) for name, v in values.items()})


def normal(seed, size=2000, mean=0.5):
    return np.random.default_rng(seed).normal(mean, 0.2, size)


def test_the_interval_of_many_users_is_the_normal_one():
    found = intervals(per_user(ndcg=normal(1)), resamples=4000)["ndcg"]
    half = 1.96 * 0.2 / math.sqrt(2000)
    assert found.value == pytest.approx(normal(1).mean())
    assert found.low == pytest.approx(found.value - half, abs=half / 10)
    assert found.high == pytest.approx(found.value + half, abs=half / 10)


def test_the_interval_is_that_of_resampling_one_user_after_another():
    values = normal(2, 15)
    drawn = np.random.default_rng(9).integers(15, size=(300, 15))
    means = sorted(sum(values[i] for i in row) / 15 for row in drawn)
    found = intervals(per_user(recall=values), resamples=300, seed=9, level=0.8)["recall"]
    assert (found.low, found.high) == pytest.approx((np.quantile(means, 0.1), np.quantile(means, 0.9)))


def test_batches_change_nothing(monkeypatch):
    whole = intervals(per_user(map=normal(3, 50)), resamples=100)
    monkeypatch.setattr(bootstrap, "_DRAWS_AT_ONCE", 350)
    batched = intervals(per_user(map=normal(3, 50)), resamples=100)["map"]
    expected = whole["map"]
    assert (batched.value, batched.low, batched.high) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_the_same_seed_gives_the_same_interval_and_another_seed_another():
    users = per_user(ndcg=normal(4, 30))
    assert intervals(users, seed=1) == intervals(users, seed=1)
    assert intervals(users, seed=1) != intervals(users, seed=2)


def test_users_without_a_value_are_left_out_of_that_mean_only():
    found = intervals(per_user(ndcg=[0.0, 1.0], novelty=[math.nan, 3.0]))
    assert found["ndcg"].value == 0.5
    assert found["novelty"] == Interval(3.0, 3.0, 3.0)


def test_no_users_have_no_mean_and_no_value_has_no_interval():
    assert math.isnan(intervals(per_user(ndcg=[]))["ndcg"].value)
    nothing = intervals(per_user(novelty=[math.nan]))["novelty"]
    assert math.isnan(nothing.value)
    assert math.isnan(nothing.low)


def test_a_small_gain_for_every_user_is_seen_where_the_intervals_overlap():
    base = normal(5, 200)
    left, right = per_user(ndcg=base + 0.01), per_user(ndcg=base)
    assert intervals(left)["ndcg"].low < intervals(right)["ndcg"].high
    difference = paired_difference(left, right)["ndcg"]
    assert (difference.value, difference.low, difference.high) == pytest.approx((0.01, 0.01, 0.01))


def test_a_difference_of_other_users_is_refused_and_so_is_a_level_of_all():
    with pytest.raises(ValueError, match="the same users on both sides; these are 2 and 3"):
        paired_difference(per_user(ndcg=[0, 1]), per_user(ndcg=[0, 1, 1]))
    with pytest.raises(ValueError, match="between 0 and 1, not 1"):
        intervals(per_user(ndcg=[0, 1]), level=1)


def errors(seed, users=12):
    rng = np.random.default_rng(seed)
    rows = 1 + np.arange(users) % 5
    return Errors(np.arange(users), rows * rng.uniform(0.2, 2.0, users), rows)


def test_the_interval_of_an_rmse_is_that_of_drawing_users_with_all_of_their_ratings():
    left, right = errors(6), errors(7)
    drawn = np.random.default_rng(9).integers(12, size=(300, 12))

    def resampled(found):
        return [
            math.sqrt(sum(found.squared[i] for i in row) / sum(found.rows[i] for i in row)) for row in drawn
        ]

    alone = rmse_interval(left, resamples=300, seed=9, level=0.8)
    assert alone.value == pytest.approx(math.sqrt(left.squared.sum() / left.rows.sum()))
    assert (alone.low, alone.high) == pytest.approx(tuple(np.quantile(resampled(left), (0.1, 0.9))))
    apart = rmse_difference(left, right, resamples=300, seed=9, level=0.8)
    differences = np.array(resampled(left)) - np.array(resampled(right))
    assert apart.value == pytest.approx(left.rmse - right.rmse)
    assert (apart.low, apart.high) == pytest.approx(tuple(np.quantile(differences, (0.1, 0.9))))


def test_a_model_beside_itself_differs_by_nothing_and_other_users_are_refused():
    assert rmse_difference(errors(8), errors(8)) == Interval(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="the same users on both sides; these are 12 and 11"):
        rmse_difference(errors(8), errors(8, users=11))
