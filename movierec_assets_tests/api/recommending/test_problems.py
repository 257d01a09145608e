"""Every error that the routes document, and what OpenAPI says of them."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.access import keys
from movierec_assets.api.problems import ALWAYS
from movierec_assets_tests.api.recommending.asking import UNKNOWN_MOVIE, ask, eventually, path_of, problem

if TYPE_CHECKING:
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]

TITLES = "/v1/users/demo/1/recommendations"
LISTS = [path_of(1), TITLES, "/v1/movies/1/similar", "/v1/popular"]


def changed(cursor: str, **parts: Any) -> str:
    """A cursor with other parts."""
    head, line, body = base64.urlsafe_b64decode(cursor + "==").partition(b"\n")
    return encoded(json.dumps({**json.loads(head), **parts}).encode() + line + body)


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "ten"),
        ("year_min", "-1"),
        ("year_max", "10000"),
        ("kind", "series"),
        ("genre", "x" * 51),
        ("recommender", "No Such"),
        ("unheard_of", "1"),
        ("exclude", "0 or 1"),
        ("cursor", "not one"),
        ("cursor", ""),
    ],
)
def test_a_wrong_parameter_is_named(api: Api, parameter: str, value: str) -> None:
    for path in (path_of(1), TITLES):
        refused = problem(api.get(path, params={parameter: value}), 422)
        assert refused["errors"][0]["where"].partition("/0")[0] == f"query/{parameter}", refused


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (path_of(0), "path/user_id"),
        (path_of(2**31), "path/user_id"),
        ("/v1/movielens-users/x", "path/user_id"),
        ("/v1/users/Demo!/1/recommendations", "path/scenario"),
        (f"/v1/users/demo/{2**63}/recommendations", "path/user_id"),
        ("/v1/movies/0/similar", "path/movie_id"),
    ],
)
def test_a_wrong_part_of_the_address_is_named(api: Api, path: str, where: str) -> None:
    assert problem(api.get(path), 422)["errors"][0]["where"] == where


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "body/ratings"),
        ({"ratings": [{"movie_id": 1, "rating": 5.5}]}, "body/ratings/0/rating"),
        ({"ratings": [{"movie_id": 1, "rating": 0}]}, "body/ratings/0/rating"),
        (
            {"ratings": [{"movie_id": 1, "rating": 5}, {"movie_id": 0, "rating": 5}]},
            "body/ratings/1/movie_id",
        ),
        ({"ratings": [{"movie_id": 1}]}, "body/ratings/0/rating"),
        ({"ratings": [], "limit": 3}, "body/limit"),
        ({"ratings": [{"movie_id": 1, "rating": 5}] * 10_001}, "body/ratings"),
    ],
)
def test_a_wrong_part_of_the_body_is_named(api: Api, body: Any, where: str) -> None:
    assert problem(api.post("/v1/recommend", json=body), 422)["errors"][0]["where"] == where


def test_a_body_that_is_no_json_or_too_long_is_refused(api: Api) -> None:
    said = {"content-type": "application/json"}
    problem(api.post("/v1/recommend", content=b'{"ratings": [', headers=said), 400)
    problem(api.post("/v1/recommend", content=b" " * 8_000_001, headers=said), 413)


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_that_cannot_be_read_is_refused(api: Api, path: str) -> None:
    good = ask(api, path, limit=2)["next_cursor"]
    long = ask(api, path, limit=2, cursor=good)["next_cursor"]
    garbage = [
        "x",
        "!",
        "\N{SNOWMAN}",
        good[1:],
        "bnVsbA",
        base64.b64encode(b"\xff\n").decode(),
        long + "AAAA",
    ]
    wrong = [
        {"shown": -1},
        {"shown": "2"},
        {"extra": 1},
        {"version": None},
        {"score": 1.0, "last": None},
        {"score": None, "last": 1},
        {"last": [1]},
        {"score": "high"},
    ]
    for text in (*garbage, *(changed(long, **parts) for parts in wrong)):
        answer = api.get(path, params={"cursor": text})
        assert problem(answer, 422)["errors"][0]["where"] == "query/cursor", text
    nan = base64.urlsafe_b64decode(changed(long, score=1.5) + "==").replace(b"1.5", b"NaN")
    problem(api.get(path, params={"cursor": encoded(nan)}), 422)


def test_factors_that_are_none_are_refused(api: Api) -> None:
    cursor = ask(api, path_of(1), limit=2, exclude=UNKNOWN_MOVIE)["next_cursor"]
    head, line, body = base64.urlsafe_b64decode(cursor + "==").partition(b"\n")
    for factors in (body[:-4], body + body, body[:-1], b"\xff" * len(body)):
        text = encoded(head + line + factors)
        problem(api.get(path_of(1), params={"cursor": text, "exclude": UNKNOWN_MOVIE}), 422)


def test_a_cursor_of_another_list_is_refused(api: Api) -> None:
    cursor = ask(api, path_of(1), limit=2)["next_cursor"]
    for path, parameters in (
        (path_of(2), {}),
        (path_of(1), {"genre": "Comedy"}),
        (path_of(1), {"recommender": "popular_movies"}),
        ("/v1/popular", {}),
    ):
        refused = problem(api.get(path, params={"cursor": cursor, **parameters}), 422)
        assert "of another list" in refused["detail"]
    assert ask(api, path_of(1), limit=5, cursor=cursor)["items"]
    ordered = {"genre": ["Comedy", "Drama"]}
    cursor = ask(api, path_of(1), limit=2, **ordered)["next_cursor"]
    assert ask(api, path_of(1), cursor=cursor, genre=["Drama", "Comedy"])["items"]


def test_a_cursor_made_up_of_another_recommender_or_version_is_gone(api: Api) -> None:
    for path in LISTS:
        cursor = ask(api, path, limit=2)["next_cursor"]
        problem(api.get(path, params={"cursor": changed(cursor, version="0")}), 410)
    cursor = ask(api, path_of(1), limit=2)["next_cursor"]
    for parts in ({"recommender": "mine"}, {"published": 11}, {"recommender": "popular_movies"}):
        problem(api.get(path_of(1), params={"cursor": changed(cursor, **parts)}), 410)


def test_of_an_unknown_user_there_is_no_profile(api: Api) -> None:
    assert "user 1000" in problem(api.get("/v1/movielens-users/1000"), 404)["detail"]


def test_who_may_not_read_feedback_or_viewings_is_refused(api: Api, owner: Owner) -> None:
    key = keys.create(owner, "reader", "analyst_reader", 1)
    reader = {"Authorization": f"Bearer {key}"}
    eventually(lambda: api.get(path_of(1), headers=reader).status_code != 401)
    answer = api.get(path_of(1), headers=reader)
    assert "may not do this" in problem(answer, 403)["detail"]
    problem(api.get(TITLES, headers=reader), 403)
    assert api.get("/v1/popular", headers=reader).status_code == 200
    owner.execute("DELETE FROM access.keys")
    eventually(lambda: api.get("/v1/popular").status_code == 200)


def test_openapi_names_every_route_with_its_errors_and_examples(api: Api) -> None:
    document = api.get("/openapi.json").json()
    routes = {
        operation["operationId"]: operation
        for path in document["paths"].values()
        for operation in path.values()
        if operation.get("tags") == ["recommending"]
    }
    always = {"200", *map(str, ALWAYS)}
    further = {name: sorted(set(route["responses"]) - always) for name, route in routes.items()}
    assert further == {
        "recommend_to_movielens_user": ["410"],
        "recommend_to_new_user": ["410", "413"],
        "recommend_to_simulated_user": ["410"],
        "similar_movies": ["404", "410"],
        "popular_movies": ["410"],
        "movielens_user": ["404"],
    }
    # What may be left out is never null.
    assert "null" not in json.dumps([route.get("parameters") for route in routes.values()])
    schemas = document["components"]["schemas"]
    assert schemas["Items"]["examples"][0]["items"] == schemas["Item"]["examples"]
    assert set(schemas["Item"]["examples"][0]) == set(schemas["Item"]["properties"])
    assert schemas["NewUser"]["examples"]
