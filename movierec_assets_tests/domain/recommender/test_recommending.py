"""The table of recommendations: what it says, and that Apache Spark says the same from the same models."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.profile import schema_differences
from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.folding import FoldIn
from movierec_assets.domain.recommender.mllib import fit_mllib, from_mllib
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.recommending import (
    reason_texts,
    recommend_native,
    similar_native,
)
from movierec_assets.domain.recommender.recommending_spread import recommend_spread
from movierec_assets.schema import table
from movierec_assets_tests.domain.recommender.test_als import random_ratings

RANKING = RankingParams(rank=5, max_iter=4)
RATING = AlsParams(rank=3, max_iter=3)


@pytest.fixture(scope="module")
def ratings():
    users, items, stars = random_ratings(11)
    return pa.table({"userId": users, "movieId": items, "rating": stars})


@pytest.fixture(scope="module")
def movies(ratings):
    ids = np.unique(ratings["movieId"].to_numpy())[::-1]
    years = pa.array([None if i % 3 == 0 else 1900 + int(i) for i in ids], pa.int32())
    return pa.table({"movieId": ids, "title": [f"Movie {i}" for i in ids], "year": years})


def test_a_reason_names_the_title_and_the_year_where_there_is_one(movies):
    texts = dict(zip(movies["movieId"].to_pylist(), reason_texts(movies).to_pylist(), strict=True))
    assert texts[16] == "because you rated Movie 16 (1916)"
    assert texts[27] == "because you rated Movie 27"


def test_each_row_says_score_rating_model_and_reason(ratings, movies):
    ranking, rating = fit(*ratings.columns, RANKING), fit(*ratings.columns, RATING)
    found = recommend_native(ranking, rating, ratings, movies, 3, "v1")
    assert found.schema.names == table("recommendations").column_names
    rows = found.to_pylist()
    seen = set(zip(ratings["userId"].to_pylist(), ratings["movieId"].to_pylist(), strict=True))
    for row in rows:
        pair = [row["userId"]], [row["movieId"]]
        assert (row["userId"], row["movieId"]) not in seen
        assert (row["recommender"], row["model_version"]) == ("ranking_model", "v1")
        assert row["score"] == ranking.predict(*pair)[0]
        assert row["predicted_rating"] == rating.predict(*pair)[0]
        if row["because_movie_id"] is None:
            assert row["reason"] is None
        else:
            assert (row["userId"], row["because_movie_id"]) in seen
            assert row["reason"].startswith(f"because you rated Movie {row['because_movie_id']}")
    assert any(row["reason"] for row in rows)


def test_a_movie_that_the_rating_model_does_not_know_has_no_predicted_rating(ratings, movies):
    ranking = fit(*ratings.columns, RANKING)
    without = ratings.filter(pa.array(ratings["movieId"].to_numpy() != 16))
    found = recommend_native(ranking, fit(*without.columns, RATING), ratings, movies, 20, "v1").to_pylist()
    assert {row["predicted_rating"] is None for row in found if row["movieId"] == 16} == {True}
    assert {row["predicted_rating"] is None for row in found if row["movieId"] != 16} == {False}


def test_similar_movies_name_another_movie_each_by_falling_cosine(ratings):
    found = similar_native(fit(*ratings.columns, RANKING), 4).to_pylist()
    assert len(found) == 20 * 4
    assert all(row["movieId"] != row["similar_movie_id"] for row in found)
    for before, after in pairwise(found):
        if before["movieId"] == after["movieId"]:
            assert after["rank"] == before["rank"] + 1
            assert after["similarity"] <= before["similarity"]


def test_executors_recommend_the_same_each_for_some_users(spark_mllib, ratings, movies):
    frame = spark_mllib.createDataFrame(ratings)
    without = frame.where("movieId <> 16 and userId <> 3")
    trained = fit_mllib(frame, RANKING), fit_mllib(without, RATING)
    ours, stars = from_mllib(trained[0], RANKING), from_mllib(trained[1], RATING)
    expected = recommend_native(ours, stars, ratings, movies, 3, "v1")
    alone = [
        replace(m, user_ids=np.empty(0, np.int64), user_factors=m.user_factors[:0]) for m in (ours, stars)
    ]
    pairs = zip(trained, alone, strict=True)
    found = recommend_spread(*pairs, frame, movies, 3, "v1")
    assert schema_differences(found, table("recommendations")) == []
    found = found.toArrow().sort_by([("userId", "ascending"), ("rank", "ascending")])
    assert found.to_pylist() == expected.to_pylist()
    assert expected["predicted_rating"].null_count > 0


@pytest.mark.parametrize("params", [RANKING, RATING, replace(RATING, nonnegative=False)])
def test_mllibs_user_factors_are_the_best_ones_by_the_native_objective(spark_mllib, ratings, params):
    model = from_mllib(fit_mllib(spark_mllib.createDataFrame(ratings), params), params)
    fold = FoldIn(model)
    for at, user in enumerate(model.user_ids):
        mine = ratings.filter(pa.array(ratings["userId"].to_numpy() == user))
        best = fold.factors(mine["movieId"], mine["rating"])
        np.testing.assert_allclose(model.user_factors[at], best, rtol=1e-2, atol=2e-3)
