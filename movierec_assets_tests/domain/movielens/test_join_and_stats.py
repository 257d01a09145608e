"""Features: one row per rating whatever its tags, and exact means."""

from __future__ import annotations

import itertools

from movierec_assets.domain.movielens.join import joined_features
from movierec_assets.domain.movielens.stats import movie_stats, popular_movies
from movierec_assets.domain.profile import schema_differences
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
    assert rows_of(popular) == [(1, 1, 3.8, 4.0, 3), (2, 2, 3.0, 2.0, 1)]
