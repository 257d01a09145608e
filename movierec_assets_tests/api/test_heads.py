"""HEAD beside GET."""

from __future__ import annotations

import pytest

from movierec_assets_tests.api.served import Api, create

VARIES = ("x-request-id", "date")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/titles/tm84618",
        "/v1/titles",
        "/v1/titles/tm1",
        "/v1/titles?nope=1",
        "/health/live",
        "/",
        "/nowhere",
    ],
)
def test_head_has_the_status_and_the_headers_of_get_and_no_body(api: Api, path: str) -> None:
    create(api, "titles")
    got, head = api.get(path), api.ask("HEAD", path)
    assert got.content
    assert head.content == b""
    assert head.status_code == got.status_code
    kept = [{k: v for k, v in a.headers.items() if k not in VARIES} for a in (got, head)]
    assert kept[0] == kept[1]


def test_head_is_counted_as_what_it_is_under_its_route(api: Api) -> None:
    api.ask("HEAD", "/v1/titles/tm1")
    assert 'method="HEAD",route="/v1/titles/{title_id}",status="404"' in api.get("/metrics").text


def test_what_cannot_be_got_cannot_be_asked_for_its_head(api: Api) -> None:
    answer = api.ask("HEAD", "/v1/sql")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
