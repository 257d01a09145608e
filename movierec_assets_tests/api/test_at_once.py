"""Several writers at once: no update is lost, no row is created twice."""

from __future__ import annotations

from typing import Any

from movierec_assets_tests.api.served import Api, create, example_of

WRITERS = 8
"""As many as one pool has connections, so that all of them meet in the database."""


def statuses(api: Api, requests: list[tuple[str, str, dict[str, Any]]]) -> list[int]:
    return sorted(answer.status_code for answer in api.together(requests))


def test_of_updates_of_one_version_exactly_one_wins(api: Api) -> None:
    create(api, "titles")
    for round_ in range(10):
        version = api.get("/v1/titles/tm84618").headers["etag"]
        answers = api.together(
            [
                (
                    "PATCH",
                    "/v1/titles/tm84618",
                    {"json": {"imdb_votes": 100 * round_ + n}, "headers": {"If-Match": version}},
                )
                for n in range(WRITERS)
            ]
        )
        assert sorted(a.status_code for a in answers) == [200] + [412] * (WRITERS - 1)
        won = next(a.json()["imdb_votes"] for a in answers if a.status_code == 200)
        assert api.get("/v1/titles/tm84618").json()["imdb_votes"] == won


def test_counting_with_versions_loses_no_count(api: Api) -> None:
    create(api, "titles")
    api.patch("/v1/titles/tm84618", json={"imdb_votes": 0}, headers={"If-Match": "*"})
    counted = 0
    while counted < 20:
        now = api.get("/v1/titles/tm84618")
        change = {
            "json": {"imdb_votes": now.json()["imdb_votes"] + 1},
            "headers": {"If-Match": now.headers["etag"]},
        }
        counted += statuses(api, [("PATCH", "/v1/titles/tm84618", change)] * 4).count(200)
    assert api.get("/v1/titles/tm84618").json()["imdb_votes"] == counted


def test_of_creations_of_one_key_one_is_made(api: Api) -> None:
    for n in range(10):
        row = {"json": example_of("people", person_id=n)}
        assert statuses(api, [("POST", "/v1/people", row)] * WRITERS) == [201] + [409] * (WRITERS - 1)
    both = {"json": example_of("people", person_id=99), "params": {"on_conflict": "update"}}
    assert statuses(api, [("POST", "/v1/people", both)] * WRITERS) == [200] * (WRITERS - 1) + [201]


def test_of_a_deletion_and_an_update_of_one_version_one_wins(api: Api) -> None:
    for _ in range(10):
        create(api, "people")
        version = {"headers": {"If-Match": api.get("/v1/people/3748").headers["etag"]}}
        update = ("PATCH", "/v1/people/3748", {"json": {"full_name": "B"}, **version})
        found = statuses(api, [update, ("DELETE", "/v1/people/3748", version)])
        assert found in ([200, 412], [204, 404])
        api.delete("/v1/people/3748")


def test_batches_of_the_same_keys_in_any_order_end_clean(api: Api) -> None:
    rows = [example_of("people", person_id=n) for n in range(500)]
    requests = [
        ("POST", "/v1/people/batch", {"json": rows[::step], "params": {"on_conflict": "update"}})
        for step in (1, -1, 1, -1)
    ]
    # Each statement takes its rows by their keys, so that none waits for another in a circle.
    assert statuses(api, requests) == [200] * 4
    assert len(api.get("/v1/people?limit=1000").json()["items"]) == 500


def test_a_deletion_without_a_version_meets_its_row_or_none_and_never_another_version(api: Api) -> None:
    row = {"person_id": 1, "full_name": "A B"}
    both = [("DELETE", "/v1/people/1", {}), ("POST", "/v1/people?on_conflict=update", {"json": row})]
    answers = [answer for _ in range(15) for answer in api.together(both * 4)]
    statuses = {a.status_code for a in answers if a.request.method == "DELETE"}
    assert statuses <= {204, 404}
