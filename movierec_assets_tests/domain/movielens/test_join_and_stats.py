"""Features: one row per rating whatever its tags, and exact means."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from movierec_assets.domain.movielens.join import joined_features
from movierec_assets.domain.movielens.stats import movie_stats, popular_movies
from movierec_assets.domain.profile import schema_differences
from movierec_assets.domain.recommender.popular import damped_mean
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.schema import table
from movierec_assets_tests.frames import frame, rows_of


def test_a_rating_is_joined_once_with_its_movie_its_users_tags_and_its_links(engine_session):
    ratings = [(1, 10, 4.0, 100), (2, 10, 3.0, None), (1, 20, 5.0, 102), (1, 99, 1.0, 103)]
    movies = [(10, "A", 1990, ["Drama"]), (20, "B", None, []), (30, "Never rated", 2000, [])]
    tags = [(1, 10, "b", 1), (1, 10, "a", 2), (1, 10, "C", 3), (2, 20, "not of this rating", 4)]
    links = [(10, "0000010", 110), (30, "0000030", 130)]
    joined = joined_features(
        frame(engine_session, "cleaned_ratings", ratings),
        frame(engine_session, "cleaned_movies", movies),
        frame(engine_session, "cleaned_tags", tags),
        frame(engine_session, "cleaned_links", links),
    )
    assert schema_differences(joined, table("joined_features")) == []
    assert rows_of(joined) == [
        (1, 10, 4.0, 100, "A", 1990, ["Drama"], ["C", "a", "b"], "0000010", 110),
        (1, 20, 5.0, 102, "B", None, [], [], None, None),
        (2, 10, 3.0, None, "A", 1990, ["Drama"], [], "0000010", 110),
    ]


def test_statistics_are_exact_counts_and_means(engine_session):
    ratings = [(1, 10, 4.0, 1), (2, 10, 3.5, 1), (3, 10, 3.5, 1), (1, 20, 0.5, 1), (2, 20, 3.25, 1)]
    stats = movie_stats(frame(engine_session, "cleaned_ratings", ratings))
    assert schema_differences(stats, table("movie_stats")) == []
    assert rows_of(stats) == [(10, 11 / 3, 3), (20, 1.875, 2)]


def test_a_mean_does_not_depend_on_the_order_of_ratings(spark_embedded):
    values = [0.7, 1.1, 2.3, 4.9]
    means = {
        rows_of(
            movie_stats(
                frame(spark_embedded, "cleaned_ratings", [(u, 1, r, 1) for u, r in enumerate(order, 1)])
            )
        )[0]
        for order in itertools.permutations(values)
    }
    assert means == {(1, 2.25, 4)}


def test_the_popular_are_known_movies_by_damped_mean(engine_session):
    stats = frame(engine_session, "movie_stats", [(1, 4.0, 3), (2, 2.0, 1), (9, 5.0, 10)])
    movies = frame(engine_session, "cleaned_movies", [(m, f"Movie {m}", None, []) for m in (1, 2, 3)])
    popular = popular_movies(stats, movies)
    assert schema_differences(popular, table("popular_movies")) == []
    # 50 ratings at the mean of all known movies, (12 + 2) / 4 = 3.5.
    first, second = round((12 + 175) / 53, 6), round((2 + 175) / 51, 6)
    assert rows_of(popular) == [(1, 1, first, 4.0, 3), (2, 2, second, 2.0, 1)]


@pytest.mark.parametrize("seed", range(3))
def test_the_table_of_popular_movies_is_the_baseline_that_is_judged(engine_session, seed):
    rng = np.random.default_rng(seed)
    user, movie = np.nonzero(rng.random((40, 120)) < rng.random(120) ** 3)
    stars = rng.integers(1, 11, user.size) / 2
    judged = damped_mean(Ratings.of(user, movie, stars, np.zeros(user.size, int)))
    rows = list(zip((user + 1).tolist(), movie.tolist(), stars.tolist(), [1] * user.size, strict=True))
    ratings = frame(engine_session, "cleaned_ratings", rows)
    movies = frame(engine_session, "cleaned_movies", [(m, f"Movie {m}", None, []) for m in range(120)])
    served = popular_movies(movie_stats(ratings), movies).collect()
    served.sort(key=lambda row: row["rank"])
    order = judged.order()
    assert [row["movieId"] for row in served] == judged.item_ids[order].tolist()
    assert [np.float32(row["damped_mean"]) for row in served] == judged.scores[order].tolist()
    assert len(set(judged.scores.tolist())) < judged.item_ids.size
