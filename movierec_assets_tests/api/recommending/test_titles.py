"""Recommendations for fabricated users: titles of the catalogue by what they have seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets_tests.api.recommending.asking import ask, path_of, problem, rate, rows, titles, whole
from movierec_assets_tests.api.recommending.world import LINKED

if TYPE_CHECKING:
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]

PATH = "/v1/users/demo/1/recommendations"


def view(owner: Owner, *viewings: tuple[str, int | None], user: int = 1) -> None:
    """As an application writes them, one after the other."""
    for title_id, stars in viewings:
        owner.execute(
            "INSERT INTO simulation.sessions SELECT 'demo', n, %s, %s, '2024-01-01'::timestamptz"
            " + n * interval '1 day', '2024-01-01'::timestamptz + n * interval '1 day 1 hour', %s"
            " FROM (SELECT count(*) + 1 AS n FROM simulation.sessions WHERE scenario = 'demo')",
            (user, title_id, stars),
        )


def write(owner: Owner, *title_ids: str, version: str | None = "v1") -> None:
    """What a recommender outside the graph gives user 1."""
    owner.execute("DELETE FROM feedback.recommendations")
    for rank, title_id in enumerate(title_ids, 1):
        owner.execute(
            "INSERT INTO feedback.recommendations VALUES ('mine', 'demo', 1, %s, %s, %s, %s, %s, now())",
            (
                rank,
                title_id,
                None if rank == 2 else 1 / rank,
                None if rank == 2 else f"why {title_id}",
                version,
            ),
        )


def test_viewings_are_folded_in_as_ratings_of_the_same_movies(api: Api, owner: Owner) -> None:
    view(owner, ("tm1", 5), ("tm107", None), ("ts5", 1))
    rate(owner, 1000, (1, 5), (7, 3))
    movies = {item["movie_id"]: item for item in whole(api, path_of(1000))}
    found = whole(api, PATH)
    assert set(titles(found)) == set(LINKED) - {"tm1", "tm107"}
    assert [item["movie_id"] for item in found] == [m for m in movies if m in LINKED.values()]
    for item in found:
        alike = movies[item["movie_id"]]
        assert (item["score"], item["predicted_rating"]) == (alike["score"], alike["predicted_rating"])
        assert (item["recommender"], item["model_version"]) == ("ranking_model", alike["model_version"])
        reason = alike["reason"]
        # An unrated viewing is none that anybody rated.
        assert item["reason"] == (reason and reason.replace("rated Movie 7", "watched Movie 7"))
    assert any("watched" in (item["reason"] or "") for item in found)


def test_the_latest_rating_given_counts_and_a_viewing_counts_in_the_very_next_answer(
    api: Api, owner: Owner
) -> None:
    view(owner, ("tm1", 5), ("tm107", 1))
    once = whole(api, PATH)
    view(owner, ("tm1", 2), ("tm107", None), ("tm1", 5), user=1)
    assert whole(api, PATH) == once
    view(owner, (once[0]["title_id"], None))
    again = whole(api, PATH)
    assert set(titles(again)) == set(titles(once)[1:])


@pytest.mark.parametrize("limit", [1, 4, 100])
def test_of_whom_nothing_is_known_gets_popular_titles_by_damped_score(
    api: Api, owner: Owner, limit: int
) -> None:
    view(owner, ("ts4", 5))
    voted = rows(
        owner,
        "SELECT title_id, imdb_score, imdb_votes FROM catalog.titles"
        " WHERE imdb_score IS NOT NULL AND imdb_votes IS NOT NULL",
    )
    mean = sum(score * votes for _, score, votes in voted) / sum(votes for *_, votes in voted)
    prior = sum(votes for *_, votes in voted) / len(voted)
    damped = {i: (score * votes + mean * prior) / (votes + prior) for i, score, votes in voted}
    expected = sorted(damped, key=lambda i: (-damped[i], i))
    for path in (PATH, "/v1/users/nowhere/7/recommendations"):
        found = whole(api, path, limit=limit)
        assert titles(found) == expected
        assert [item["score"] for item in found] == pytest.approx([damped[i] for i in expected])
        assert {item["recommender"] for item in found} == {"popular_titles"}
    first = found[0]
    assert (first["title"], first["reason"]) == ("Toy Story", "popular: IMDb score 8.3 of 900,000 votes")
    assert first["genres"] == ["animation", "comedy", "family"]


def test_titles_are_filtered_by_their_own_words(api: Api, owner: Owner) -> None:
    found = whole(api, PATH, genre="Drama", year_min=1990, exclude=["tm2", "tm110"], limit=2)
    expected = [i for i, movie in LINKED.items() if movie % 2 == 0 and movie >= 10 and i != "tm110"]
    assert sorted(titles(found)) == sorted([*expected, "tm3"])
    assert titles(whole(api, PATH, kind="show")) == ["ts5"]


def test_a_recommender_outside_the_graph_is_asked_by_its_name(api: Api, owner: Owner) -> None:
    write(owner, "tm105", "ts5", "tm3", "tm1")
    view(owner, ("tm3", None))
    found = whole(api, PATH, recommender="mine", limit=2)
    assert [(i["rank"], i["title_id"], i["score"], i["reason"], i["model_version"]) for i in found] == [
        (1, "tm105", 1.0, "why tm105", "v1"),
        (2, "ts5", None, None, "v1"),
        (3, "tm1", 0.25, "why tm1", "v1"),
    ]
    assert {item["recommender"] for item in found} == {"mine"}
    assert titles(whole(api, PATH, recommender="mine", kind="show")) == ["ts5"]
    assert whole(api, PATH, recommender="nobody") == []
    assert whole(api, "/v1/users/demo/2/recommendations", recommender="mine") == []


def test_its_list_goes_on_without_what_was_seen_and_not_after_it_was_written_anew(
    api: Api, owner: Owner
) -> None:
    write(owner, "tm105", "ts5", "tm3", "tm1")
    first = ask(api, PATH, recommender="mine", limit=1)
    view(owner, ("ts5", 3))
    following = {"recommender": "mine", "limit": 2, "cursor": first["next_cursor"]}
    assert titles(ask(api, PATH, **following)["items"]) == ["tm3", "tm1"]
    write(owner, "ts5", "tm105", "tm3", "tm1")
    assert "begin anew" in problem(api.get(PATH, params=following), 410)["detail"]


def test_a_list_of_titles_goes_on_as_it_began_without_what_was_seen_meanwhile(api: Api, owner: Owner) -> None:
    view(owner, ("tm1", 5))
    everything = titles(whole(api, PATH))
    first = ask(api, PATH, limit=3)
    view(owner, (everything[3], 1), (everything[0], 2))
    second = ask(api, PATH, limit=100, cursor=first["next_cursor"])
    assert titles(first["items"] + second["items"]) == everything[:3] + everything[4:]


@pytest.mark.parametrize("name", ["popular_movies", "als_model"])
def test_a_recommender_of_movies_is_not_taken_for_one_outside_the_graph(api: Api, name: str) -> None:
    refused = problem(api.get(PATH, params={"recommender": name}), 422)
    assert refused["errors"][0]["where"] == "query/recommender"
    assert "popular_titles" in refused["detail"]
