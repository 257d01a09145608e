"""What is compared with whom, and the rows that come of it."""

import csv
from io import StringIO

import numpy as np
import pytest

from movierec_assets.domain.recommender import comparing
from movierec_assets.domain.recommender.evaluation import evaluate_trained
from movierec_assets.domain.recommender.gate import ENOUGH_USERS, FEWEST_USERS
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.popular import popularity
from movierec_assets.domain.recommender.protocols import MOST_FOR_KNN, PROTOCOLS, contenders
from movierec_assets.domain.recommender.published import (
    DATASETS,
    TABLES,
    nearest_dataset,
)
from movierec_assets.domain.recommender.published import (
    PROTOCOLS as DESCRIBED,
)
from movierec_assets.domain.recommender.question import Question
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets_tests.movielens_files import TINY

RANKING, ALS = RankingParams(rank=2, max_iter=2), AlsParams(rank=2, max_iter=2)


@pytest.fixture(scope="module")
def tiny():
    rows = list(csv.DictReader(StringIO(TINY["ratings.csv"])))
    return Ratings.of(
        *([int(r[c]) for r in rows] for c in ("userId", "movieId")),
        [float(r["rating"]) for r in rows],
        [int(r["timestamp"]) for r in rows],
    )


def crowd(users):
    """Each user rates four of seven movies, one after the other in time, so that a tenth is everybody's last."""
    ids, place = np.repeat(np.arange(users), 10), np.tile(np.arange(10), users)
    return Ratings.of(ids, (ids * 3 + place) % 30, 1 + (ids + place) % 5, place)


def test_the_table_has_a_row_per_protocol_recommender_and_metric_with_the_models_versions(tiny):
    rows = comparing.evaluation_table(
        comparing.compare(tiny, RANKING, ALS), {"ranking_model": "r1", "als_model": "a1"}
    ).to_pylist()
    keys = [(r["protocol"], r["recommender"], r["metric"]) for r in rows]
    assert len(set(keys)) == len(keys)
    assert {k[0] for k in keys} == {"per-user"}
    assert {r["model_version"] for r in rows if r["recommender"] == "ranking_model"} == {"r1"}
    assert {r["model_version"] for r in rows if r["recommender"] == "als_model"} == {"a1"}
    assert {r["model_version"] for r in rows if r["recommender"] not in ("ranking_model", "als_model")} == {
        None
    }
    assert {r["recommender"] for r in rows if r["metric"] == "rmse"} == {"als_model", "bias"}
    by_key = dict(zip(keys, rows, strict=True))
    held = PROTOCOLS["per-user"].split(tiny)
    expected = evaluate_trained(popularity(tiny.where(~held)), tiny.where(~held), tiny.where(held))
    asked = expected.asked
    assert {(r["users"], r["test_rows"], r["cold_rows"]) for r in rows} == {
        (asked.users, held.sum(), asked.cold_rows)
    }
    assert by_key["per-user", "popularity", "ndcg"]["value"] == expected.metrics["ndcg"].value
    assert by_key["per-user", "popularity", "coverage"]["low"] is None


def test_a_protocol_that_asks_too_few_users_to_say_anything_is_passed_over(tiny):
    # A tenth of 22 ratings is two, both of user 6; one is of a movie that nobody else rated.
    passed_over = comparing.compare(tiny, RANKING, ALS)["time"]
    assert passed_over.evaluations == {}
    assert (passed_over.asked.users, passed_over.asked.test_rows, passed_over.asked.cold_rows) == (1, 2, 1)
    assert passed_over.leakage.repeated_rows == 0
    enough = comparing.compare(crowd(FEWEST_USERS), RANKING, ALS)
    assert [name for name, one in enough.items() if one.evaluations] == ["time", "per-user"]


def test_it_is_the_same_twice(tiny):
    first, second = (comparing.evaluation_table(comparing.compare(tiny, RANKING, ALS), {}) for _ in range(2))
    assert first.equals(second)


def test_one_rating_is_too_few_for_any_protocol_and_gives_no_row():
    assert comparing.compare(Ratings.of([1], [2], [3.0], [4]), RANKING, ALS) == {}
    assert comparing.evaluation_table({}, {}).num_rows == 0


def test_a_protocol_that_asks_enough_users_is_the_last():
    for users, protocols in ((ENOUGH_USERS - 1, ["time", "per-user"]), (ENOUGH_USERS, ["time"])):
        found = comparing.compare(crowd(users), RANKING, ALS)
        assert list(found) == protocols
        assert found["time"].evaluations["popularity"].asked.users == users


def test_only_so_many_users_are_asked_the_same_ones_whoever_else_is_there():
    ratings = crowd(80)
    held = PROTOCOLS["per-user"].split(ratings)
    train, test = ratings.where(~held), ratings.where(held)
    some = Question.of(train, test, most_users=20)
    assert (some.asked.users, np.unique(some.relevant.users).size) == (20, 20)
    assert some.asked.test_rows == len(test)
    assert some.asked.users_without_relevant == 0
    chosen = np.unique(some.relevant.users)
    without = np.setdiff1d(np.arange(80), chosen)[:30]
    fewer = Question.of(train, test.where(~np.isin(test.users, without)), most_users=20)
    assert np.array_equal(np.unique(fewer.relevant.users), chosen)
    assert Question.of(train, test, most_users=80).relevant is not None


def test_large_sets_are_compared_without_the_item_item_baseline_and_ratings_by_predictors_only():
    assert "item_knn" in contenders(RANKING, ALS, MOST_FOR_KNN)
    assert "item_knn" not in contenders(RANKING, ALS, MOST_FOR_KNN + 1)
    assert set(contenders(RANKING, ALS, 1, ranks=False)) == {"als_model", "bias"}


def test_every_published_protocol_beside_ours_is_one_that_has_figures():
    for protocol in PROTOCOLS.values():
        for name in protocol.published:
            assert name in DESCRIBED
            assert any(row.protocol == name for row in TABLES)


def test_a_set_is_compared_with_figures_of_about_its_size():
    assert {nearest_dataset(size) for size in DATASETS.values()} == set(DATASETS)
    sizes = (22, 66_000, 67_000, 100_836, 400_000, 1_000_209, 25_000_095, 33_000_000)
    assert [nearest_dataset(n) for n in sizes] == [None, None, "100k", "100k", None, "1m", "20m", None]
