"""A property: pages, one after the other, are the whole, in order, whatever is asked."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec_assets_tests.api.served import Api, example_of

NAMES = ("title", "release_year", "imdb_score", "imdb_id", "is_year_best", "imdb_votes", "kind", "title_id")
NULLABLE = ("imdb_score", "imdb_id", "imdb_votes")

rows_of_few_values = st.lists(
    st.fixed_dictionaries(
        {
            "title": st.sampled_from(["a", "b", "ab", "c"]),
            "release_year": st.sampled_from([1999, 2000]),
            "imdb_score": st.sampled_from([None, 0.1, 7.3, 10.0]),
            "imdb_id": st.sampled_from([None, "tt0000001", "tt0000002"]),
            "is_year_best": st.booleans(),
            "imdb_votes": st.sampled_from([None, 0, 2**63 - 1]),
            "kind": st.sampled_from(["movie", "show"]),
        }
    ),
    max_size=12,
)
sorts = st.lists(st.tuples(st.sampled_from(NAMES), st.booleans()), max_size=4)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "title": st.lists(st.sampled_from(["a", "b", "zz"]), min_size=1, max_size=2),
        "title_contains": st.sampled_from(["A", "b"]),
        "imdb_score_min": st.sampled_from([0.1, 0.2, 7.3]),
        "imdb_votes_max": st.sampled_from([0, 5]),
        "imdb_id_is_null": st.booleans(),
        "is_year_best": st.booleans().map(lambda v: [v]),
    },
)


def let_through(row: dict[str, Any], asked: dict[str, Any]) -> bool:
    score, votes = row["imdb_score"], row["imdb_votes"]
    return all(
        {
            "title": lambda v: row["title"] in v,
            "title_contains": lambda v: v.lower() in row["title"].lower(),
            "imdb_score_min": lambda v: score is not None and score >= v,
            "imdb_votes_max": lambda v: votes is not None and votes <= v,
            "imdb_id_is_null": lambda v: (row["imdb_id"] is None) == v,
            "is_year_best": lambda v: row["is_year_best"] in v,
        }[name](value)
        for name, value in asked.items()
    )


def ordered(rows: list[dict[str, Any]], sort: list[tuple[str, bool]]) -> list[dict[str, Any]]:
    """Sorted by one column after the other, the last first: Python's sort keeps what is equal in order."""
    for name, descends in [*sort, ("title_id", False)][::-1]:
        known = sorted((r for r in rows if r[name] is not None), key=lambda r: r[name], reverse=descends)
        rows = known + [r for r in rows if r[name] is None]
    return rows


def texts(value: Any) -> Any:
    if isinstance(value, list):
        return [texts(v) for v in value]
    return str(value).lower() if isinstance(value, bool) else value


@pytest.fixture
def every_title(api: Api, owner: Any) -> Any:
    def put(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        owner.execute("DELETE FROM catalog.titles")
        made = [example_of("titles", title_id=f"tm{n:02}", **row) for n, row in enumerate(rows)]
        if made:
            assert api.post("/v1/titles/batch", json=made).status_code == 200
        return made

    return put


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=rows_of_few_values, sort=sorts, asked=conditions, limit=st.integers(1, 5))
def test_pages_concatenate_to_the_whole(
    api: Api,
    every_title: Any,
    rows: list[dict[str, Any]],
    sort: list[tuple[str, bool]],
    asked: dict[str, Any],
    limit: int,
) -> None:
    made = every_title(rows)
    expected = [r["title_id"] for r in ordered([r for r in made if let_through(r, asked)], sort)]
    params: dict[str, Any] = {"limit": limit, "total": "true", **{k: texts(v) for k, v in asked.items()}}
    if sort:
        params["sort"] = ",".join(f"{'-' if descends else ''}{name}" for name, descends in sort)
    found: list[str] = []
    while True:
        body = api.get("/v1/titles", params=params).json()
        assert body["total"] == len(expected)
        assert len(body["items"]) <= limit
        found += [row["title_id"] for row in body["items"]]
        if body["next_cursor"] is None:
            break
        assert len(body["items"]) == limit
        params["cursor"] = body["next_cursor"]
    assert found == expected


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.one_of(st.text(), st.binary().map(lambda b: base64.urlsafe_b64encode(b).decode())))
def test_no_text_is_a_cursor_that_was_not_given(api: Api, text: str) -> None:
    assert api.get("/v1/titles", params={"cursor": text}).status_code == 422


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(),
            st.text(),
            st.just("infinity"),
            st.just("NaN"),
        ),
        min_size=4,
        max_size=4,
    )
)
def test_a_cursor_with_other_values_is_refused_or_is_a_place_in_the_order(
    api: Api, values: list[Any]
) -> None:
    said = json.dumps(["titles", "imdb_score,is_year_best,imdb_votes,title_id", values])
    cursor = base64.urlsafe_b64encode(said.encode()).rstrip(b"=").decode()
    answer = api.get("/v1/titles", params={"sort": "imdb_score,is_year_best,imdb_votes", "cursor": cursor})
    assert answer.status_code in (200, 422), answer.text
    assert answer.status_code == 200 or answer.json()["errors"]
