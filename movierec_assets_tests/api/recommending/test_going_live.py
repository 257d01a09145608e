"""What is in memory follows what is published, and a list of before says that it is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.api.recommending import memory
from movierec_assets.publication import publish
from movierec_assets.publication.layout import snake
from movierec_assets.schema import TABLES
from movierec_assets_tests.api.recommending.asking import (
    UNKNOWN_MOVIE,
    ask,
    eventually,
    movies,
    path_of,
    problem,
    whole,
)
from movierec_assets_tests.api.recommending.conftest import api_on, prepare

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from movierec_assets.resources.database import Database
    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]


@pytest.fixture
def other_model(database: Database, owner: Owner, api: Api) -> Iterator[None]:
    """Another ranking model, of other factors, as version `other`; undone at the end."""
    import pyarrow as pa

    declared = TABLES["movie_factors"]
    names = [c.name for c in declared.columns]
    columns = ", ".join(f'{snake(name)} AS "{name}"' for name in names)
    cursor = owner.execute(f"SELECT {columns} FROM serving.movie_factors".encode())
    before = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    after = [
        {
            **row,
            "model_version": "other",
            "factors": row["factors"][::-1] if row["movieId"] % 3 else row["factors"],
        }
        if row["alpha"] is not None
        else row
        for row in before
    ]

    def put(rows: list[dict[str, Any]], version: str) -> None:
        data = pa.Table.from_pylist(rows, schema=declared.arrow_schema())
        publish(database, declared, data, version, None, 3)

    put(after, "other")
    yield
    put(before, "again")
    eventually(lambda: version_of(api) != "other")


def version_of(api: Api) -> str:
    """Version of the model that the API ranks by."""
    found: str = ask(api, path_of(1), exclude=UNKNOWN_MOVIE)["items"][0]["model_version"]
    return found


def test_a_list_of_a_model_that_is_gone_says_so_and_the_new_model_answers(
    api: Api, request: pytest.FixtureRequest
) -> None:
    as_published, made = ask(api, path_of(1), limit=3), ask(api, path_of(1), limit=3, genre="Comedy")
    old = made["items"][0]["model_version"]
    similar = ask(api, "/v1/movies/1/similar", limit=3)
    request.getfixturevalue("other_model")
    eventually(lambda: version_of(api) == "other")
    for path, first, asked in (
        (path_of(1), as_published, {}),
        (path_of(1), made, {"genre": "Comedy"}),
        ("/v1/movies/1/similar", similar, {}),
    ):
        gone = problem(api.get(path, params={"cursor": first["next_cursor"], **asked}), 410)
        assert "begin anew" in gone["detail"]
        assert gone["errors"][0]["where"] == "query/cursor"
    found = whole(api, path_of(1), limit=4)
    # What is published is still of the model before.
    assert {item["model_version"] for item in found} == {"other"} != {old}
    assert len(movies(found)) == len(set(movies(found)))


def test_a_cursor_of_what_is_newer_than_the_memory_is_understood(
    database: Database, api: Api, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movierec_assets.api.recommending import memory

    with api_on(database) as late:
        first = ask(late, path_of(1), limit=3, genre="Comedy")
        monkeypatch.setattr(memory, "FRESH_SECONDS", 3600)
        request.getfixturevalue("other_model")
        with api_on(database) as early:
            newer = ask(early, path_of(1), limit=3, genre="Comedy")
        assert newer["items"][0]["model_version"] == "other"
        assert ask(late, path_of(1), limit=3, genre="Comedy") == first
        following = ask(late, path_of(1), limit=3, genre="Comedy", cursor=newer["next_cursor"])
        assert {item["model_version"] for item in following["items"]} == {"other"}


def test_an_edit_of_the_catalogue_is_seen(api: Api, owner: Owner) -> None:
    path = "/v1/users/demo/1/recommendations"
    before = whole(api, path)
    assert before[0]["title_id"] == "tm1"
    owner.execute("UPDATE catalog.titles SET title = 'Toys' WHERE title_id = 'tm1'")
    eventually(lambda: whole(api, path)[0]["title"] == "Toys")
    assert whole(api, path)[1:] == before[1:]
    owner.execute("UPDATE catalog.titles SET title = 'Toy Story' WHERE title_id = 'tm1'")
    eventually(lambda: whole(api, path) == before)


def test_before_anything_is_published_every_list_says_what_to_do(embedded_database: Database) -> None:
    prepare(embedded_database)
    with api_on(embedded_database) as empty:
        for path in (
            path_of(1),
            "/v1/popular",
            "/v1/movies/1/similar",
            "/v1/users/default/1/recommendations",
        ):
            refused = empty.get(path)
            assert "run `movierec run`" in problem(refused, 503)["detail"], path
            assert int(refused.headers["retry-after"]) > 0
        refused = empty.post("/v1/recommend", json={"ratings": [{"movie_id": 1, "rating": 5}]})
        assert "run `movierec run`" in problem(refused, 503)["detail"]


def publish_two_movies(database: Database) -> None:
    import pyarrow as pa

    movies_table, popular = TABLES["cleaned_movies"], TABLES["popular_movies"]
    rows = {
        movies_table: [{"movieId": m, "title": f"Movie {m}", "year": None, "genres": []} for m in (1, 2)],
        popular: [
            {"rank": rank, "movieId": m, "damped_mean": 3.0, "average_rating": 3.0, "rating_count": 2}
            for rank, m in ((1, 2), (2, 1))
        ],
    }
    for declared, data in rows.items():
        publish(database, declared, pa.Table.from_pylist(data, declared.arrow_schema()), "1", None, 3)


def test_the_first_publication_is_there_for_the_next_request(
    embedded_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(embedded_database)
    with api_on(embedded_database) as api:
        problem(api.get(path_of(1)), 503)
        publish_two_movies(embedded_database)
        monkeypatch.setattr(memory, "FRESH_SECONDS", 0)
        assert movies(ask(api, path_of(1))["items"]) == [2, 1]


def test_without_a_published_model_everybody_gets_what_is_popular(embedded_database: Database) -> None:
    prepare(embedded_database)
    publish_two_movies(embedded_database)
    with api_on(embedded_database) as api:
        body = {"ratings": [{"movie_id": 2, "rating": 5}]}
        assert movies(whole(api, path_of(1))) == [2, 1]
        (item,) = whole(api, "/v1/recommend", body=body)
        assert (item["title"], item["recommender"], item["kind"]) == ("Movie 1", "popular_movies", "movie")
