"""One row: what a body may be, what is refused and how, references, versions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from movierec_assets.curated.other_partitions import between_partitions, partition_reference
from movierec_assets.schema import table
from movierec_assets.schema.feedback_tables import OWN_RECOMMENDERS
from movierec_assets_tests.api.served import Api, create, example_of, problem, titles


def test_what_is_left_out_is_null_false_the_present_or_generated(api: Api) -> None:
    answer = api.post(
        "/v1/titles",
        json={
            "title_id": "tm1",
            "title": "Heat",
            "kind": "movie",
            "release_year": 1995,
            "runtime_minutes": 170,
        },
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == "/v1/titles/tm1"
    assert answer.json() == {
        "title_id": "tm1",
        "title": "Heat",
        "kind": "movie",
        "release_year": 1995,
        "age_certification": None,
        "runtime_minutes": 170,
        "seasons": None,
        "imdb_id": None,
        "imdb_score": None,
        "imdb_votes": None,
        "is_all_time_best": False,
        "is_year_best": False,
        "movie_id": None,
    }
    api.post("/v1/people", json={"person_id": 1, "full_name": "Al Pacino"})
    credit = {"title_id": "tm1", "person_id": 1, "role": "actor"}
    made = [api.post("/v1/credits", json={**credit, "character": c}).json() for c in ("a", "b")]
    assert made[0]["credit_id"] < made[1]["credit_id"]
    rated = api.post("/v1/ratings", json={"user_id": 1, "movie_id": 2, "rating": 4.5}).json()
    assert rated["rated_at"].endswith("+00:00")


BAD: dict[str, tuple[Any, str]] = {
    "text for a number": ({"imdb_score": "8"}, "body/imdb_score"),
    "a number for text": ({"title": 8}, "body/title"),
    "a fraction for a whole number": ({"release_year": 1990.5}, "body/release_year"),
    "true for a number": ({"release_year": True}, "body/release_year"),
    "too large": ({"imdb_score": 10.5}, "body/imdb_score"),
    "too large for its type": ({"imdb_votes": 2**63}, "body/imdb_votes"),
    "too small": ({"release_year": 1}, "body/release_year"),
    "no number": ({"imdb_score": float("nan")}, "body/imdb_score"),
    "null": ({"title": None}, "body/title"),
    "blank": ({"title": " \n"}, "body/title"),
    "NUL": ({"title": "a\x00b"}, "body/title"),
    "too long": ({"title": "a" * 501}, "body/title"),
    "none of those allowed": ({"kind": "film"}, "body/kind"),
    "a line more": ({"kind": "movie\n"}, "body/kind"),
    "an unknown column": ({"colour": "red"}, "body/colour"),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_value_is_refused_by_its_name(api: Api, what: str) -> None:
    changes, where = BAD[what]
    body = json.dumps(example_of("titles", **changes))
    kind = {"Content-Type": "application/json"}
    problem(api.post("/v1/titles", content=body, headers=kind), 422, where)
    create(api, "titles")
    change = {"content": json.dumps(changes), "headers": {"If-Match": "*", **kind}}
    problem(api.patch("/v1/titles/tm84618", **change), 422, where)
    assert api.get("/v1/titles/tm84618").json()["title"] == "Taxi Driver"


@pytest.mark.parametrize(
    "moment",
    [
        *("2024-05-31T20:15:00", "2024-05-31", "1717186500", 1717186500, "yesterday", "2024-02-30T00:00:00Z"),
        *("0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-01:00", "2024-05-31T20:15:00+25:00"),
    ],
)
def test_a_moment_is_a_day_a_time_and_a_zone(api: Api, moment: Any) -> None:
    problem(api.post("/v1/ratings", json=example_of("ratings", rated_at=moment)), 422, "body/rated_at")


def test_moments_are_answered_in_utc(api: Api) -> None:
    made = api.post("/v1/ratings", json=example_of("ratings", rated_at="2024-05-31T22:15:00.25+02:00"))
    assert made.json()["rated_at"] == "2024-05-31T20:15:00.25+00:00"


def test_a_body_must_be_json_and_say_so(api: Api) -> None:
    for kind, body, status in (
        ("application/json", b"{", 400),
        ("application/json", b"", 400),
        ("application/json", b'{"title": "\xff"}', 400),
        ("application/json", b'"\\ud800"', 400),
        ("text/plain", b"{}", 415),
        ("", b"{}", 415),
    ):
        answer = api.post("/v1/titles", content=body, headers={"Content-Type": kind})
        problem(answer, status)
    merge = {"Content-Type": "application/merge-patch+json; charset=utf-8", "If-Match": "*"}
    create(api, "titles")
    assert api.patch("/v1/titles/tm84618", content=b'{"seasons": null}', headers=merge).status_code == 200


def test_a_body_above_the_bound_is_refused(api: Api) -> None:
    body = b'{"title": "' + b"a" * 8_000_000 + b'"}'
    problem(api.post("/v1/titles", content=body, headers={"Content-Type": "application/json"}), 413)


def test_an_update_changes_what_it_names_and_the_version(api: Api) -> None:
    before = create(api, "titles")
    version = api.get("/v1/titles/tm84618").headers["etag"]
    changed = api.patch(
        "/v1/titles/tm84618", json={"imdb_score": None, "is_year_best": True}, headers={"If-Match": version}
    )
    assert changed.json() == {**before, "imdb_score": None, "is_year_best": True}
    assert changed.headers["etag"] != version
    problem(api.patch("/v1/titles/tm84618", json={"seasons": 1}, headers={"If-Match": version}), 412)
    assert api.get("/v1/titles/tm84618").json()["seasons"] is None


def test_who_has_the_row_already_is_told_so(api: Api) -> None:
    create(api, "titles")
    version = api.get("/v1/titles/tm84618").headers["etag"]
    for known in (version, f"W/{version}", f'"0", {version}', "*"):
        answer = api.get("/v1/titles/tm84618", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", version)
    assert api.get("/v1/titles/tm84618", headers={"If-None-Match": '"0"'}).status_code == 200
    problem(api.get("/v1/titles/tm84618", headers={"If-None-Match": "0"}), 422, "header/If-None-Match")


def test_null_and_empty_text_have_different_versions(api: Api) -> None:
    api.post("/v1/people", json={"person_id": 1, "full_name": "A", "first_name": "", "last_name": None})
    api.post("/v1/people", json={"person_id": 2, "full_name": "A", "first_name": None, "last_name": ""})
    one, two = (
        api.patch(f"/v1/people/{n}", json={"full_name": "B"}, headers={"If-Match": "*"}) for n in (1, 2)
    )
    assert one.headers["etag"] != two.headers["etag"]


def test_a_reference_to_nothing_is_a_422_that_names_it(api: Api) -> None:
    create(api, "users")
    create(api, "titles")
    made = api.post("/v1/sessions", json=example_of("sessions", user_id=99))
    assert "user_id" in problem(made, 422, "body/scenario", "body/user_id")
    problem(api.post("/v1/sessions", json=example_of("sessions", title_id="tm1")), 422, "body/title_id")
    problem(
        api.post("/v1/sessions", json=example_of("sessions", scenario="x")),
        422,
        "body/scenario",
        "body/user_id",
    )
    create(api, "sessions")
    path = "/v1/sessions/default/1"
    problem(api.patch(path, json={"title_id": "tm1"}, headers={"If-Match": "*"}), 422, "body/title_id")


def test_columns_that_contradict_each_other_are_named(api: Api) -> None:
    early = example_of("users", subscription_date="1980-01-01")
    assert "birth_date" in problem(api.post("/v1/users", json=early), 422, "body/subscription_date")
    create(api, "users")
    change = {"cancellation_date": "2020-01-01"}
    problem(
        api.patch("/v1/users/default/1", json=change, headers={"If-Match": "*"}),
        422,
        "body/subscription_date",
        "body/cancellation_date",
    )


def test_a_user_goes_with_the_sessions_and_a_title_that_was_seen_stays(api: Api) -> None:
    create(api, "sessions")
    assert "delete that first" in problem(api.delete("/v1/titles/tm84618"), 409)
    problem(api.delete("/v1/titles", params={"kind": "movie", "expected": "1"}), 409)
    assert api.delete("/v1/users/default/1").status_code == 204
    assert api.get("/v1/sessions").json()["items"] == []
    assert api.delete("/v1/titles/tm84618").status_code == 204


def test_a_scenario_with_partitions_of_its_own_is_written_like_any(api: Api, owner: Any) -> None:
    names = {what: f"simulation.{what}_own" for what in ("users", "sessions")}
    declared = table("simulated_sessions")
    try:
        for what, partition in names.items():
            owner.execute(
                f"CREATE TABLE {partition} PARTITION OF simulation.{what} FOR VALUES IN ('own')".encode()
            )
        for reference in between_partitions(declared):
            owner.execute(
                partition_reference(declared, reference, names["sessions"], names["users"]).encode()
            )
        create(api, "titles")
        user, session = (example_of(name, scenario="own") for name in ("users", "sessions"))
        problem(api.post("/v1/sessions", json=session), 422, "body/scenario", "body/user_id")
        batch = api.post("/v1/sessions/batch", json=[session])
        assert "row 1: " in problem(batch, 422, "body/0/scenario", "body/0/user_id")
        assert api.post("/v1/users?on_conflict=update", json=user).status_code == 201
        assert api.post("/v1/sessions?on_conflict=update", json=session).status_code == 201
        late = {"json": {"started_at": "2030-01-01T00:00:00Z"}, "headers": {"If-Match": "*"}}
        problem(api.patch("/v1/sessions/own/1", **late), 422, "body/started_at", "body/ended_at")
        assert owner.execute("SELECT count(*) FROM simulation.sessions_own").fetchone() == (1,)
        assert api.delete("/v1/users/own/1").status_code == 204
        problem(api.get("/v1/sessions/own/1"), 404)
    finally:
        owner.execute("DROP TABLE IF EXISTS simulation.sessions_own, simulation.users_own")


def test_what_is_not_published_yet_is_a_503(api: Api, owner: Any) -> None:
    owner.execute("ALTER VIEW serving.movie_stats RENAME TO later")
    try:
        for path in ("/v1/movie-stats", "/v1/movie-stats/1", "/v1/tables/movie-stats"):
            answer = api.get(path)
            assert "movierec run" in problem(answer, 503)
            assert answer.headers["retry-after"]
    finally:
        owner.execute("ALTER VIEW serving.later RENAME TO movie_stats")


def test_a_second_unique_key_is_a_409_also_for_an_update(api: Api) -> None:
    create(api, "credits")
    same = example_of("credits", credit_id=5)
    answer = api.post("/v1/credits", json=same, params={"on_conflict": "update"})
    problem(answer, 409, "body/title_id", "body/person_id", "body/role", "body/character")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/v1/titles/x1", "path/title_id"),
        ("/v1/titles/tm1%0A", "path/title_id"),
        ("/v1/people/x", "path/person_id"),
        ("/v1/people/-1", "path/person_id"),
        ("/v1/people/99999999999999999999", "path/person_id"),
        ("/v1/users/UPPER/1", "path/scenario"),
        ("/v1/titles/tm1?fields=title", "query/fields"),
    ],
)
def test_an_address_that_cannot_be_one_is_a_422(api: Api, path: str, where: str) -> None:
    problem(api.get(path), 422, where)


def test_text_of_every_script_comes_back_as_it_was(api: Api) -> None:
    text = "It's \"a\\ {b},NULL\t\n\r\u2028 \U0001f37f é"
    titles(api, {"title": text})
    assert api.get("/v1/titles/tm0").json()["title"] == text
    assert [r["title_id"] for r in api.get("/v1/titles", params={"title": text}).json()["items"]] == ["tm0"]


@pytest.mark.parametrize("name", OWN_RECOMMENDERS)
def test_nobody_else_recommends_under_a_name_of_the_projects_own(api: Api, name: str) -> None:
    titles(api, {})
    row = {"recommender": name, "scenario": "default", "user_id": 1, "rank": 1, "title_id": "tm0"}
    for path, body, where in (
        ("/v1/recommendations", row, "body/recommender"),
        ("/v1/recommendations/batch", [{**row, "recommender": "mine"}, row], "body/1/recommender"),
    ):
        told = problem(api.post(path, json=body), 422, where)
        assert "must not be the name of one of the project's own" in told
    assert api.get("/v1/recommendations").json()["items"] == []
