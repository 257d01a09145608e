"""Published lists asked for at once and by the short way: nothing differs from one asked alone, by the ordinary way."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets_tests.api.recommending.asking import ask, movies, path_of, rate, rated
from movierec_assets_tests.api.recommending.world import USERS

if TYPE_CHECKING:
    import psycopg

    from movierec_assets_tests.api.recommending.conftest import Api

    Owner = psycopg.Connection[Any]

ORDINARY = {"recommender": "ranking_model"}
"""Says no more than the default, and is not answered by the short way."""
UNKNOWN_USER = 987_654


@pytest.mark.parametrize("user", [1, USERS, UNKNOWN_USER])
@pytest.mark.parametrize("limit", [1, 7, 10, 11, 100])
def test_the_short_way_gives_what_the_ordinary_one_gives(api: Api, user: int, limit: int) -> None:
    assert ask(api, path_of(user), limit=limit) == ask(api, path_of(user), limit=limit, **ORDINARY)


def test_a_list_begun_by_the_short_way_goes_on_by_the_ordinary_one(api: Api) -> None:
    first = ask(api, path_of(1), limit=4)
    second = ask(api, path_of(1), limit=6, cursor=first["next_cursor"])
    assert movies(first["items"] + second["items"]) == movies(ask(api, path_of(1), limit=10)["items"])


@pytest.mark.parametrize("path", ["/v1/movielens-users/0/recommendations", path_of(10**12)])
def test_what_is_wrong_is_said_by_the_ordinary_way(api: Api, path: str) -> None:
    answer = api.get(path)
    assert answer.status_code in (404, 422)
    assert answer.json()["status"] == answer.status_code
    for query in ("limit=0", "limit=101", "limit=x", "nonsense=1"):
        wrong = api.get(f"{path_of(1)}?{query}")
        assert (wrong.status_code, wrong.headers["content-type"]) == (422, "application/problem+json"), query


def test_many_at_once_get_each_their_own_list(api: Api) -> None:
    asked = [(1 + n % USERS, 1 + n % 10) for n in range(200)]
    alone = {one: ask(api, path_of(one[0]), limit=one[1], **ORDINARY) for one in set(asked)}
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(lambda one: ask(api, path_of(one[0]), limit=one[1]), asked))
    assert together == [alone[one] for one in asked]


def test_a_rating_counts_in_the_next_answer_also_while_others_ask(api: Api, owner: Owner) -> None:
    user = 2
    with ThreadPoolExecutor(8) as pool:
        others = [pool.submit(ask, api, path_of(1 + n % USERS)) for n in range(100)]
        for _ in range(5):
            best = movies(ask(api, path_of(user))["items"])[0]
            assert best not in rated(owner, user)
            rate(owner, user, (best, 4.0))
            assert best not in movies(ask(api, path_of(user))["items"])
        assert all(len(other.result()["items"]) == 10 for other in others)
