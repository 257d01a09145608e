"""Whatever stands in names, filters, orders and cursors, no SQL of it is run."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from movierec_assets_tests.api.served import Api, create, example_of

ATTEMPTS = (
    "'; DELETE FROM catalog.titles; --",
    "' OR '1'='1",
    '"; DROP TABLE catalog.titles; --',
    "1); DELETE FROM catalog.titles; --",
    "title_id; DELETE FROM catalog.titles",
    "(SELECT pg_sleep(10))",
    "{tm84618}",
    "%s",
    "%(title)s",
    "$1",
    "\\'; DELETE FROM catalog.titles; --",
    "/**/OR/**/true",
    "tm1' UNION SELECT * FROM access.keys --",
)


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_injection_finds_nothing_and_changes_nothing(api: Api, owner: Any, attempt: str) -> None:
    create(api, "titles")
    cursor = base64.urlsafe_b64encode(json.dumps(["titles", "title,title_id", [attempt, attempt]]).encode())
    for params in (
        {"title": attempt},
        {"title_contains": attempt},
        {"title_id": attempt},
        {"release_year_min": attempt},
        {"sort": attempt},
        {"sort": "title", "cursor": cursor.rstrip(b"=").decode()},
        {attempt: "1"},
        {"limit": attempt},
    ):
        answer = api.get("/v1/titles", params=params)
        assert answer.status_code in (200, 422), (params, answer.text)
        if answer.status_code == 200 and "cursor" not in params:
            assert answer.json()["items"] == [], params
        assert api.get("/v1/tables/titles", params=params).status_code in (200, 422)
    for method, path, more in (
        ("GET", f"/v1/titles/{attempt}", {}),
        ("DELETE", f"/v1/titles/{attempt}", {}),
        ("DELETE", "/v1/titles", {"params": {"title": attempt, "expected": "1"}}),
        ("PATCH", "/v1/titles/tm84618", {"json": {attempt: 1}, "headers": {"If-Match": "*"}}),
        ("PATCH", "/v1/titles/tm84618", {"json": {"seasons": 1}, "headers": {"If-Match": attempt}}),
        ("POST", "/v1/titles", {"json": {"title_id": attempt}}),
        ("GET", f"/v1/tables/{attempt}", {}),
    ):
        answer = api.ask(method, path, **more)
        assert answer.status_code in (400, 404, 405, 409, 412, 422), (method, path, answer.text)
    row = example_of("people", full_name=attempt)
    assert api.post("/v1/people", json=row).json() == row
    assert api.post("/v1/people/batch?on_conflict=update", json=[row]).status_code == 200
    assert api.get("/v1/people", params={"full_name": attempt}).json()["items"] == [row]
    assert owner.execute("SELECT count(*), min(title) FROM catalog.titles").fetchone() == (1, "Taxi Driver")
