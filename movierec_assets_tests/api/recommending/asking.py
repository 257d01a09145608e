"""Short ways to ask, and what the tables say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

UNKNOWN_MOVIE = 999_999
"""Excluding it excludes nothing, and has the list made at request time."""


def path_of(user: int) -> str:
    return f"/v1/movielens-users/{user}/recommendations"


def eventually(is_so: Callable[[], bool]) -> None:
    """Wait until the API has seen what was written beside it."""
    end = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def ask(api: Api, path: str, *, body: Any = None, **parameters: Any) -> dict[str, Any]:
    answer = (
        api.get(path, params=parameters) if body is None else api.post(path, params=parameters, json=body)
    )
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def whole(api: Api, path: str, *, body: Any = None, **parameters: Any) -> list[dict[str, Any]]:
    """Every item, part by part."""
    parameters.setdefault("limit", 100)
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        part = ask(api, path, body=body, **parameters, **cursor)
        assert len(part["items"]) <= parameters["limit"]
        items += part["items"]
        if part["next_cursor"] is None:
            return items
        assert len(part["items"]) == parameters["limit"]
        cursor = {"cursor": part["next_cursor"]}


def movies(items: list[dict[str, Any]]) -> list[int]:
    return [item["movie_id"] for item in items]


def titles(items: list[dict[str, Any]]) -> list[str]:
    return [item["title_id"] for item in items]


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    found: dict[str, Any] = answer.json()
    return found


def rows(owner: psycopg.Connection[Any], query: str, *values: Any) -> list[tuple[Any, ...]]:
    return owner.execute(query.encode(), values).fetchall()


def rated(owner: psycopg.Connection[Any], user: int) -> dict[int, float]:
    """What MovieLens says the user has rated."""
    query = "SELECT unnest(movie_ids), unnest(ratings) FROM serving.rating_histories WHERE user_id = %s"
    return dict(rows(owner, query, user))


def rate(owner: psycopg.Connection[Any], user: int, *ratings: tuple[int, float]) -> None:
    """As an application writes them."""
    for movie, stars in ratings:
        owner.execute(
            "INSERT INTO feedback.ratings VALUES (%s, %s, %s, now())"
            " ON CONFLICT (user_id, movie_id) DO UPDATE SET rating = excluded.rating",
            (user, movie, stars),
        )
