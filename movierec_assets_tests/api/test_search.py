"""Search: every kind of filter, orders, pages; what is no parameter is refused."""

from __future__ import annotations

from typing import Any

import pytest

from movierec_assets_tests.api.served import ROW_CAP, Api, create, example_of, problem, titles

ROWS: list[dict[str, Any]] = [
    {"title": "Alien", "release_year": 1979, "imdb_score": 8.5, "imdb_id": "tt0078748", "is_year_best": True},
    {"title": "aliens", "release_year": 1986, "imdb_score": 8.4, "imdb_id": None},
    {"title": "100% Wolf", "release_year": 2020, "imdb_score": None, "imdb_id": None, "kind": "show"},
    {"title": "A_B", "release_year": 2020, "imdb_score": 8.4, "imdb_id": None, "movie_id": None},
]

FILTERS: dict[str, tuple[Any, list[int]]] = {
    "nothing": ([], [0, 1, 2, 3]),
    "one value": ([("release_year", "1986")], [1]),
    "any of several": ([("release_year", "1986"), ("release_year", "1979")], [0, 1]),
    "text": ([("title", "Alien")], [0]),
    "a fraction": ([("imdb_score", "8.4")], [1, 3]),
    "yes or no": ([("is_year_best", "true")], [0]),
    "at least": ([("release_year_min", "1986")], [1, 2, 3]),
    "at most": ([("imdb_score_max", "8.4")], [1, 3]),
    "between": ([("release_year_min", "1980"), ("release_year_max", "2000")], [1]),
    "beyond all": ([("release_year_min", "-5"), ("imdb_score_max", "1e9")], [0, 1, 3]),
    "contained, small or capital": ([("title_contains", "ALIEN")], [0, 1]),
    "a percent sign is one": ([("title_contains", "0%")], [2]),
    "so is a low line": ([("title_contains", "_")], [3]),
    "a backslash is none": ([("title_contains", "\\")], []),
    "null": ([("imdb_score_is_null", "true")], [2]),
    "not null": ([("imdb_id_is_null", "false")], [0]),
    "all together": ([("release_year", "2020"), ("imdb_score_is_null", "false"), ("kind", "movie")], [3]),
}

WRONG: dict[str, tuple[str, str]] = {
    "a filter of no column": ("colour=red", "query/colour"),
    "a range of a text": ("title_min=a", "query/title_min"),
    "null of what is never null": ("title_is_null=true", "query/title_is_null"),
    "no number": ("release_year=x", "query/release_year"),
    "a fraction of a whole number": ("release_year=1990.0", "query/release_year"),
    "a number as Python has it": ("release_year=1_990", "query/release_year"),
    "an infinite number": ("imdb_score_min=inf", "query/imdb_score_min"),
    "a number out of range": ("imdb_votes_min=9223372036854775808", "query/imdb_votes_min"),
    "no answer to yes or no": ("is_year_best=yes", "query/is_year_best"),
    "none of those allowed": ("kind=film", "query/kind"),
    "an empty text": ("title_contains=", "query/title_contains"),
    "NUL": ("title=a%00", "query/title"),
    "an unknown column to sort by": ("sort=colour", "query/sort"),
    "an empty sort": ("sort=", "query/sort"),
    "no rows": ("limit=0", "query/limit"),
    "too many rows": ("limit=1001", "query/limit"),
    "two limits": ("limit=1&limit=2", "query/limit"),
    "no cursor": ("cursor=abc", "query/cursor"),
}


@pytest.mark.parametrize("what", FILTERS)
def test_filters_let_through_what_they_say(api: Api, what: str) -> None:
    titles(api, *ROWS)
    given, expected = FILTERS[what]
    body = api.get("/v1/titles", params=[*given, ("total", "true")]).json()
    assert [row["title_id"] for row in body["items"]] == [f"tm{n}" for n in expected]
    assert body["total"] == len(expected)


@pytest.mark.parametrize("what", WRONG)
def test_what_is_no_parameter_is_named(api: Api, what: str) -> None:
    query, where = WRONG[what]
    problem(api.get(f"/v1/titles?{query}"), 422, where)


def test_a_misspelt_parameter_is_told_the_right_one(api: Api) -> None:
    assert "did you mean imdb_score" in problem(api.get("/v1/titles?imdb_scor=1"), 422, "query/imdb_scor")


def test_days_and_moments_are_filtered_as_such(api: Api) -> None:
    create(api, "sessions")
    for given, count in (
        ({"started_at_min": "2024-05-31T20:15:00Z", "started_at_max": "2024-05-31T22:15:00+02:00"}, 1),
        ({"started_at_min": "2024-05-31T20:15:01Z"}, 0),
        ({"started_at": "2024-05-31T20:15:00Z"}, 1),
    ):
        assert len(api.get("/v1/sessions", params=given).json()["items"]) == count
    assert len(api.get("/v1/users", params={"birth_date_max": "1984-02-28"}).json()["items"]) == 0
    problem(api.get("/v1/users?birth_date=446860800"), 422, "query/birth_date")
    problem(api.get("/v1/users?birth_date=1983-02-29"), 422, "query/birth_date")


def test_lists_are_searched_for_one_of_their_items(api: Api) -> None:
    assert len(api.get("/v1/movies?genres=Drama&genres=War").json()["items"]) == 1
    assert api.get("/v1/movies?genres=War").json()["items"] == []


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("release_year", [0, 1, 2, 3]),
        ("-release_year", [2, 3, 1, 0]),
        ("imdb_score", [1, 3, 0, 2]),
        ("-imdb_score", [0, 1, 3, 2]),
        ("-imdb_score,-title_id", [0, 3, 1, 2]),
        ("-release_year,imdb_score", [3, 2, 1, 0]),
        ("title_id,-title_id,title", [0, 1, 2, 3]),
    ],
)
def test_rows_come_in_order_with_nulls_last_and_ties_by_key(api: Api, sort: str, expected: list[int]) -> None:
    titles(api, *ROWS)
    found = api.get("/v1/titles", params={"sort": sort}).json()["items"]
    assert [row["title_id"] for row in found] == [f"tm{n}" for n in expected]


def test_the_next_page_is_linked_until_there_is_none(api: Api) -> None:
    titles(api, *ROWS)
    seen, path, pages = [], "/v1/titles?sort=-imdb_score&limit=1&imdb_score_max=8.4", 0
    while path:
        answer = api.get(path)
        seen += [row["title_id"] for row in answer.json()["items"]]
        link = answer.links.get("next")
        assert (answer.json()["next_cursor"] is None) == (link is None)
        path, pages = link["url"] if link else "", pages + 1
    assert (seen, pages) == (["tm1", "tm3"], 2)


def test_a_cursor_serves_its_own_search_alone(api: Api) -> None:
    titles(api, *ROWS)
    cursor = api.get("/v1/titles?limit=1&sort=title").json()["next_cursor"]
    assert "another `sort`" in problem(api.get(f"/v1/titles?cursor={cursor}"), 422, "query/cursor")
    problem(api.get(f"/v1/genres?cursor={cursor}"), 422, "query/cursor")
    problem(api.get(f"/v1/titles?sort=title&cursor={cursor}x"), 422, "query/cursor")
    assert api.get(f"/v1/titles?sort=title&cursor={cursor}").status_code == 200


def test_an_order_by_values_that_fit_no_address_has_one_page_only(api: Api, owner: Any) -> None:
    create(api, "recommendations")
    owner.execute("UPDATE feedback.recommendations SET reason = repeat('é', 40000)")
    assert len(api.get("/v1/recommendations?sort=reason&limit=1").json()["items"]) == 1
    titles(api, {})
    second = example_of("recommendations", rank=2, title_id="tm0")
    assert api.post("/v1/recommendations", json=second).status_code == 201
    problem(api.get("/v1/recommendations?sort=-reason&limit=1"), 422, "query/sort")
    assert api.get("/v1/recommendations?limit=1").json()["next_cursor"]


def test_many_rows_are_all_written_or_none(api: Api) -> None:
    rows = [example_of("people", person_id=n) for n in range(ROW_CAP)]
    assert api.post("/v1/people/batch", json=rows).json() == {"rows": ROW_CAP}
    more = [example_of("people", person_id=n, full_name="new") for n in (ROW_CAP, 5, 7)]
    refused = api.post("/v1/people/batch", json=more)
    assert "row 2: " in problem(refused, 409, "body/1/person_id")
    assert api.get("/v1/people?full_name=new").json()["items"] == []
    assert api.post("/v1/people/batch?on_conflict=update", json=more).json() == {"rows": 3}
    found = api.get("/v1/people?full_name=new").json()["items"]
    assert [row["person_id"] for row in found] == [5, 7, ROW_CAP]


def test_of_two_rows_with_one_key_the_later_counts_in_an_update(api: Api) -> None:
    rows = [example_of("people", person_id=1, full_name=name) for name in ("first", "second")]
    problem(api.post("/v1/people/batch", json=rows), 409, "body/1/person_id")
    assert api.post("/v1/people/batch?on_conflict=update", json=rows).json() == {"rows": 2}
    assert api.get("/v1/people/1").json()["full_name"] == "second"


def test_a_bad_row_among_many_is_named(api: Api) -> None:
    create(api, "titles")
    good = example_of("genres")
    problem(api.post("/v1/genres/batch", json=[good, {**good, "position": 0}]), 422, "body/1/position")
    unknown = {**good, "title_id": "tm1"}
    assert "row 2: " in problem(api.post("/v1/genres/batch", json=[good, unknown]), 422, "body/1/title_id")
    create(api, "users")
    user = example_of("users", user_id=2)
    late = {**user, "user_id": 3, "birth_date": "2022-01-01"}
    assert "row 2, column subscription_date" in problem(
        api.post("/v1/users/batch", json=[user, late]), 422, "body/1/subscription_date"
    )
    for wrong in ([], [good] * 10_001):
        problem(api.post("/v1/genres/batch", json=wrong), 422, "body")
    problem(api.post("/v1/genres/batch", json=good), 422, "body")
    assert api.get("/v1/genres").json()["items"] == []
