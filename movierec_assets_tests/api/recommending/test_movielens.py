"""Recommendations for users of MovieLens: as published, and made at request time for what they rated since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from movierec_assets_tests.api.recommending.asking import (
    UNKNOWN_MOVIE,
    ask,
    movies,
    path_of,
    rate,
    rated,
    rows,
    whole,
)
from movierec_assets_tests.api.recommending.world import MOVIES, UNRATED, USERS

if TYPE_CHECKING:
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]

NEW_USER = 1000
PUBLISHED = """
SELECT row_to_json(x) FROM (
    SELECT rank, movie_id, t.title_id, m.title, m.year, m.genres, coalesce(t.kind, 'movie') AS kind,
        score, predicted_rating, recommender, model_version, reason
    FROM serving.recommendations JOIN serving.movies m USING (movie_id) LEFT JOIN catalog.titles t USING (movie_id)
    WHERE user_id = %s ORDER BY rank
) x
"""


def published(owner: Owner, user: int) -> list[dict[str, Any]]:
    return [row[0] for row in rows(owner, PUBLISHED, user)]


def test_the_published_list_is_answered_as_it_stands(api: Api, owner: Owner) -> None:
    for user in range(1, USERS + 1):
        expected = published(owner, user)
        assert len(expected) == 10
        assert ask(api, path_of(user))["items"] == expected
        assert ask(api, path_of(user), limit=3)["items"] == expected[:3]


def test_a_known_users_own_ratings_fold_in_to_the_published_list(api: Api, owner: Owner) -> None:
    for user in range(1, USERS + 1):
        found = ask(api, path_of(user), exclude=UNKNOWN_MOVIE)["items"]
        for item, expected in zip(found, published(owner, user), strict=True):
            assert item["score"] == pytest.approx(expected.pop("score"), abs=1e-5)
            assert item["predicted_rating"] == pytest.approx(expected.pop("predicted_rating"), abs=1e-4)
            assert {name: item[name] for name in expected} == expected


def test_the_whole_list_is_every_rated_movie_that_the_user_has_not_rated(api: Api, owner: Owner) -> None:
    for user in (1, 2, USERS):
        found = whole(api, path_of(user))
        assert sorted(movies(found)) == sorted(
            set(range(1, MOVIES + 1)) - {UNRATED} - set(rated(owner, user))
        )
        assert [item["rank"] for item in found] == list(range(1, len(found) + 1))


def test_a_written_rating_counts_in_the_very_next_answer(api: Api, owner: Owner) -> None:
    before = whole(api, path_of(1))
    first = before[0]["movie_id"]
    rate(owner, 1, (first, 0.5))
    after = whole(api, path_of(1))
    assert sorted(movies(after)) == sorted(set(movies(before)) - {first})
    assert after[0]["score"] != before[1]["score"]
    assert len(ask(api, path_of(1))["items"]) == 10


def test_a_written_rating_counts_in_place_of_the_one_that_movielens_has(api: Api, owner: Owner) -> None:
    own = rated(owner, 1)
    movie, stars = next(iter(own.items()))
    rate(owner, 1, (movie, stars))
    same = whole(api, path_of(1))
    assert movies(same) == movies(whole(api, path_of(1), exclude=UNKNOWN_MOVIE))
    body = {"ratings": [{"movie_id": m, "rating": r} for m, r in {**own, movie: 0.5}.items()]}
    rate(owner, 1, (movie, 0.5))
    assert whole(api, path_of(1)) == whole(api, "/v1/recommend", body=body) != same


def test_a_diverse_list_is_the_best_item_and_then_what_is_less_like_it(api: Api, owner: Owner) -> None:
    ordinary = whole(api, path_of(1))
    assert ask(api, path_of(1), diversity=0) == ask(api, path_of(1))
    totals = [sum(item["score"] for item in ordinary[:10])]
    for diversity in (0.3, 0.6, 1):
        found = ask(api, path_of(1), diversity=diversity)
        assert found["next_cursor"] is None
        items = found["items"]
        assert [item["rank"] for item in items] == list(range(1, 11))
        assert items[0]["movie_id"] == ordinary[0]["movie_id"]
        by_movie = {item["movie_id"]: item for item in ordinary}
        for item in items:
            assert {**item, "rank": 0} == {**by_movie[item["movie_id"]], "rank": 0}
        assert len(set(movies(items))) == 10
        totals.append(sum(item["score"] for item in items))
    # Unlikeness is paid for with items that are less good.
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > totals[-1]
    everything = ask(api, path_of(1), diversity=0.6, limit=100)["items"]
    assert sorted(movies(everything)) == sorted(movies(ordinary))


def test_a_diverse_list_obeys_filters_and_what_was_rated_since(api: Api, owner: Owner) -> None:
    first = ask(api, path_of(1), diversity=0.5)["items"][0]["movie_id"]
    rate(owner, 1, (first, 5))
    found = ask(api, path_of(1), diversity=0.5, genre="comedy", limit=100)["items"]
    assert found
    assert first not in movies(found)
    assert all(movie % 2 for movie in movies(found))
    # Of whom nothing is known gets what is popular, as it stands.
    assert ask(api, path_of(NEW_USER), diversity=0.5)["items"] == ask(api, "/v1/popular")["items"]


def test_a_new_user_gets_what_follows_from_the_ratings_written(api: Api, owner: Owner) -> None:
    rate(owner, NEW_USER, (1, 5), (3, 4.5))
    found = whole(api, path_of(NEW_USER))
    assert len(found) == MOVIES - 1 - 2
    assert {item["recommender"] for item in found} == {"ranking_model"}
    reasons = {item["reason"] for item in found} - {None}
    assert reasons == {"because you rated Movie 1 (1981)", "because you rated Movie 3 (1983)"}
    # Movies of odd numbers are one taste.
    assert sum(movie % 2 for movie in movies(found)[:10]) >= 8


def test_of_whom_nothing_is_known_gets_what_is_popular_and_why(api: Api, owner: Owner) -> None:
    expected = rows(
        owner,
        "SELECT movie_id, damped_mean, format('popular: mean %%s of %%s ratings', to_char(average_rating, 'FM0.00'),"
        " rating_count) FROM serving.popular_movies ORDER BY rank",
    )
    found = whole(api, path_of(NEW_USER))
    assert [(item["movie_id"], item["score"], item["reason"]) for item in found] == expected
    assert {item["recommender"] for item in found} == {"popular_movies"}
    assert found == whole(api, "/v1/popular")
    # Nothing follows from a movie that nobody else has rated.
    rate(owner, NEW_USER, (UNRATED, 5), (UNKNOWN_MOVIE, 5))
    assert whole(api, path_of(NEW_USER)) == found
    known = whole(api, path_of(1), recommender="popular_movies")
    assert movies(known) == [movie for movie in movies(found) if movie not in rated(owner, 1)]


@given(
    user=st.integers(1, USERS + 1),
    limit=st.integers(1, 12),
    genre=st.lists(st.sampled_from(["comedy", "DRAMA", "Sci-Fi", "Western"]), max_size=2),
    year_min=st.none() | st.integers(1975, 2025),
    year_max=st.none() | st.integers(1975, 2025),
    kind=st.sampled_from([None, None, "movie", "show"]),
    exclude=st.lists(st.integers(1, MOVIES + 5), max_size=5),
    recommender=st.sampled_from(["ranking_model", "popular_movies"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_parts_of_any_length_add_up_to_what_passes_the_filters_of_the_whole_list(
    api: Api, user: int, limit: int, recommender: str, **filters: Any
) -> None:
    def passes(item: dict[str, Any]) -> bool:
        year, genres = item["year"], {genre.lower() for genre in item["genres"]}
        return (
            (not filters["genre"] or bool(genres & {genre.lower() for genre in filters["genre"]}))
            and (filters["year_min"] is None or (year is not None and year >= filters["year_min"]))
            and (filters["year_max"] is None or (year is not None and year <= filters["year_max"]))
            and filters["kind"] in (None, item["kind"])
            and item["movie_id"] not in filters["exclude"]
        )

    given = {name: value for name, value in filters.items() if value is not None}
    found = whole(api, path_of(user), limit=limit, recommender=recommender, **given)
    everything = whole(api, path_of(user), recommender=recommender)
    assert movies(found) == [item["movie_id"] for item in everything if passes(item)]
    assert [item["rank"] for item in found] == list(range(1, len(found) + 1))


@pytest.mark.parametrize("limit", [2, 10])
def test_a_list_goes_on_as_it_began_without_what_was_rated_meanwhile(
    api: Api, owner: Owner, limit: int
) -> None:
    """Whether it began with what is published or was made at request time."""
    for start in ({}, {"exclude": UNKNOWN_MOVIE}):
        owner.execute("DELETE FROM feedback.ratings")
        everything = movies(whole(api, path_of(1), **start))
        found = ask(api, path_of(1), limit=limit, **start)
        items = found["items"]
        while found["next_cursor"] is not None:
            # What would come next, and one that was shown.
            rate(owner, 1, (everything[len(items)], 0.5), (items[-1]["movie_id"], 5))
            everything.remove(everything[len(items)])
            found = ask(api, path_of(1), limit=limit, cursor=found["next_cursor"], **start)
            items += found["items"]
        assert movies(items) == everything
        assert [item["rank"] for item in items] == list(range(1, len(items) + 1))


def test_a_popular_list_goes_on_when_its_reader_becomes_known(api: Api, owner: Owner) -> None:
    everything = movies(whole(api, path_of(NEW_USER)))
    first = ask(api, path_of(NEW_USER), limit=4)
    rate(owner, NEW_USER, (everything[4], 5))
    second = ask(api, path_of(NEW_USER), limit=100, cursor=first["next_cursor"])
    assert movies(first["items"] + second["items"]) == [*everything[:4], *everything[5:]]


def test_ratings_in_the_request_are_answered_as_those_of_a_user_and_not_kept(api: Api, owner: Owner) -> None:
    body = {"ratings": [{"movie_id": m, "rating": r} for m, r in rated(owner, 2).items()]}
    assert whole(api, "/v1/recommend", body=body, limit=7) == whole(api, path_of(2), exclude=UNKNOWN_MOVIE)
    assert rows(owner, "SELECT count(*) FROM feedback.ratings") == [(0,)]
    # The later of two ratings counts.
    twice = {"ratings": [{"movie_id": body["ratings"][0]["movie_id"], "rating": 0.5}, *body["ratings"]]}
    assert whole(api, "/v1/recommend", body=twice) == whole(api, "/v1/recommend", body=body)
    assert whole(api, "/v1/recommend", body={"ratings": []}) == whole(api, "/v1/popular")


def test_a_profile_tells_count_mean_and_the_best_rated_with_what_was_written_since(
    api: Api, owner: Owner
) -> None:
    rate(owner, 1, (UNKNOWN_MOVIE, 3), (2, 0.5))
    stars = {**rated(owner, 1), UNKNOWN_MOVIE: 3.0, 2: 0.5}
    path, found, cursor = "/v1/movielens-users/1", [], {}
    while cursor is not None:
        part = ask(api, path, limit=5, **cursor)
        assert (part["user_id"], part["rating_count"]) == (1, len(stars))
        assert part["average_rating"] == pytest.approx(sum(stars.values()) / len(stars), abs=1e-4)
        found += part["items"]
        cursor = part["next_cursor"] and {"cursor": part["next_cursor"]}
    expected = sorted(stars.items(), key=lambda pair: (-pair[1], pair[0]))
    assert [(item["movie_id"], item["rating"]) for item in found] == expected
    named = {item["movie_id"]: item["title"] for item in found}
    assert named == {m: None if m == UNKNOWN_MOVIE else f"Movie {m}" for m in stars}
