"""Evaluations: who is asked, what is counted as cold, and that a better recommender comes out better."""

import math
from functools import partial

import numpy as np
import pyarrow.csv as pacsv
import pytest

from movierec_assets.domain.recommender.bootstrap import paired_difference
from movierec_assets.domain.recommender.evaluation import Asked, evaluate, evaluate_trained
from movierec_assets.domain.recommender.knn import fit_knn
from movierec_assets.domain.recommender.leakage import Leakage, leakage
from movierec_assets.domain.recommender.popular import damped_mean, popularity
from movierec_assets.domain.recommender.ranking import METRICS
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.split import stratified_by_item, stratified_by_user, time_cut
from movierec_assets_tests.domain.recommender.recommenders import PREDICTORS, TRAINERS

TRAIN = Ratings.of([1, 1, 2, 3], [10, 20, 10, 30], [4.0, 4.0, 4.0, 1.0], [0] * 4)
TEST = Ratings.of([1, 2, 2, 3, 4], [30, 20, 99, 10, 10], [5.0, 5.0, 5.0, 2.0, 5.0], [1] * 5)
"""User 4 and item 99 are cold; user 3 likes nothing."""


def test_cold_rows_are_counted_by_cause_and_cold_items_cost_their_users_recall():
    found = evaluate_trained(popularity(TRAIN), TRAIN, TEST, k=1)
    assert found.asked == Asked(
        train_rows=4, test_rows=5, users=3, users_without_relevant=0, cold_users=1, cold_items=1, cold_rows=2
    )
    # Popularity: 10 twice, then 20 and 30 once each, by id. So user 1 gets 30, user 2 gets 20, user 3 gets 10.
    assert found.per_user.user_ids.tolist() == [1, 2, 3]
    assert found.per_user.values["recall"].tolist() == [1, 0.5, 1]
    assert found.metrics["precision"].value == 1
    assert found.coverage == 1
    assert found.users_without_list == 0


def test_a_rating_below_what_counts_as_relevant_is_no_hit_and_a_user_without_any_is_left_out():
    found = evaluate_trained(popularity(TRAIN), TRAIN, TEST, k=1, relevant_from=4)
    assert (found.asked.users, found.asked.users_without_relevant) == (2, 1)
    assert found.per_user.user_ids.tolist() == [1, 2]


def test_users_for_whom_there_is_nothing_to_recommend_are_counted_and_stay_in_the_mean():
    found = evaluate_trained(fit_knn(TRAIN), TRAIN, TEST, k=1)
    # Nobody shares a movie with user 3, and user 1 has seen all that is near.
    assert (found.asked.users, found.users_without_list) == (3, 2)
    assert found.per_user.values["ndcg"].tolist() == [0, 1, 0]


def test_errors_are_of_warm_rows_and_of_those_who_predict_only():
    found = {name: evaluate_trained(train(TRAIN), TRAIN, TEST) for name, train in TRAINERS.items()}
    assert {name for name, one in found.items() if not math.isnan(one.rmse)} == set(PREDICTORS)
    bias = TRAINERS["bias"](TRAIN)
    errors = bias.predict([1, 2, 3], [30, 20, 10]) - np.array([5.0, 5.0, 2.0])
    assert found["bias"].rmse == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert found["bias"].mae == pytest.approx(np.mean(np.abs(errors)))


def test_a_split_that_leaves_a_side_empty_is_refused():
    with pytest.raises(ValueError, match="not 4 to train and 0 to test on"):
        evaluate({"popularity": popularity}, TRAIN, partial(time_cut, fraction=0))


def test_a_repeated_pair_and_a_training_rating_after_the_test_began_are_leaks():
    train = Ratings.of([1, 1, 2], [10, 20, 10], [3.0] * 3, [1, 8, 5])
    test = Ratings.of([1, 2, 2], [10, 20, 10], [3.0] * 3, [5, 9, 9])
    assert leakage(train, test) == Leakage(repeated_rows=2, later_rows=1)
    nothing = Ratings.of([], [], [], [])
    assert leakage(train, nothing) == leakage(nothing, test) == Leakage(0, 0)


@pytest.fixture(scope="module")
def movielens(shared_movielens):
    return Ratings.from_table(pacsv.read_csv(shared_movielens / "ratings.csv"))


@pytest.mark.parametrize("split", [time_cut, stratified_by_user, stratified_by_item])
def test_no_split_repeats_a_pair_and_the_time_cut_leaks_no_later_rating(split, movielens):
    held = split(movielens)
    found = leakage(movielens.where(~held), movielens.where(held))
    assert found.repeated_rows == 0
    assert (found.later_rows == 0) == (split is time_cut)


def test_on_movielens_popularity_is_where_it_was_measured_and_neighbours_beat_it(movielens):
    trainers = {"popularity": popularity, "damped_mean": damped_mean, "knn": fit_knn}
    found = evaluate(trainers, movielens, stratified_by_user)
    assert list(found) == list(trainers)
    assert 0.19 < found["popularity"].metrics["ndcg"].value < 0.23
    assert 0.28 < found["knn"].metrics["ndcg"].value < 0.33
    better = paired_difference(found["knn"].per_user, found["popularity"].per_user)
    assert better["ndcg"].low > 0
    for one in found.values():
        assert one.asked == found["popularity"].asked
        assert set(one.metrics) == set(METRICS)
        assert all(m.low <= m.value <= m.high for m in one.metrics.values())
        assert one.fit_seconds > 0
        assert one.recommend_seconds > 0
    assert found["knn"].coverage > found["popularity"].coverage


def test_the_time_cut_of_movielens_says_how_few_users_it_can_ask(movielens):
    asked = evaluate({"popularity": popularity}, movielens, time_cut)["popularity"].asked
    assert asked.test_rows == 10084
    assert asked.users < 60
    assert asked.cold_rows > asked.test_rows / 2
