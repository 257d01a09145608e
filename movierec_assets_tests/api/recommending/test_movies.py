"""Lists that are the same for everybody: similar and popular movies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets_tests.api.recommending.asking import UNKNOWN_MOVIE, movies, problem, rows, whole
from movierec_assets_tests.api.recommending.world import MOVIES, UNRATED

if TYPE_CHECKING:
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]

SIMILAR = """
SELECT similar_movie_id, similarity, model_version FROM serving.similar_movies WHERE movie_id = %s ORDER BY rank
"""


def test_similar_movies_begin_with_those_published_and_go_on_to_the_last(api: Api, owner: Owner) -> None:
    for movie in (1, 2, 20):
        published = rows(owner, SIMILAR, movie)
        assert len(published) == 20
        found = whole(api, f"/v1/movies/{movie}/similar", limit=6)
        assert sorted(movies(found)) == sorted(set(range(1, MOVIES)) - {movie})
        for item, (other, similarity, version) in zip(found, published, strict=False):
            assert (item["movie_id"], item["model_version"]) == (other, version)
            assert item["score"] == pytest.approx(similarity, abs=5e-7)
            assert item["reason"] == f"similar to Movie {movie} ({1980 + movie}): cosine {item['score']:.2f}"


def test_a_movie_that_nobody_rated_is_like_none_and_one_that_is_not_there_is_not_found(
    api: Api,
) -> None:
    assert whole(api, f"/v1/movies/{UNRATED}/similar") == []
    assert "no movie 999999" in problem(api.get(f"/v1/movies/{UNKNOWN_MOVIE}/similar"), 404)["detail"]


def test_similar_and_popular_movies_are_filtered(api: Api) -> None:
    for path in ("/v1/movies/2/similar", "/v1/popular"):
        everything = whole(api, path)
        found = whole(api, path, genre="sci-fi", year_max=2000, exclude=[4, 6, UNKNOWN_MOVIE], limit=3)
        expected = [m for m in movies(everything) if m % 2 == 0 and m <= 20 and m not in (4, 6)]
        assert movies(found) == expected
        assert len(expected) > 3


def test_popular_movies_are_those_published(api: Api, owner: Owner) -> None:
    expected = [row[0] for row in rows(owner, "SELECT movie_id FROM serving.popular_movies ORDER BY rank")]
    assert movies(whole(api, "/v1/popular", limit=7)) == expected
