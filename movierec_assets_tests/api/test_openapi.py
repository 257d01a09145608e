"""The OpenAPI document: complete, and true to itself."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.api.problems import MEDIA_TYPE
from movierec_assets.api.resources.listing import RESOURCES
from movierec_assets.api.resources.models import example_row, models
from movierec_assets_tests.api.served import Api

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def document(served: Api) -> dict[str, Any]:
    answer = served.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method, path): found
        for path, item in document["paths"].items()
        for method, found in item.items()
        if path.startswith("/v1/")
    }


def test_operation_ids_are_names_of_resources_and_verbs(document: dict[str, Any]) -> None:
    ids = [found["operationId"] for found in operations(document).values()]
    assert len(set(ids)) == len(ids)
    verbs = ["search", "get", "create", "create_many", "update", "delete", "delete_many", "export", "import"]
    assert {f"titles_{verb}" for verb in verbs} | {"production_countries_get", "sql"} <= set(ids)


def test_every_operation_tells_its_errors_and_its_success(document: dict[str, Any]) -> None:
    for (method, path), found in operations(document).items():
        answers = found["responses"]
        assert {"400", "401", "403", "422", "429", "503"} <= set(answers), path
        assert any(status.startswith("2") for status in answers), path
        for status, answer in answers.items():
            assert answer["description"], (path, status)
            if status >= "400":
                assert list(answer["content"]) == [MEDIA_TYPE], (path, status)
        assert found["summary"]
        if found["operationId"].endswith(("_get", "_update", "_delete")):
            assert "404" in answers, (method, path)


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> Iterator[str]:
        if isinstance(part, dict):
            yield from (v for k, v in part.items() if k == "$ref")
            part = list(part.values())
        if isinstance(part, list):
            for one in part:
                yield from references(one)

    names = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    found = set(references(document))
    assert found
    assert found <= names
    ids = {o["operationId"] for o in operations(document).values()}
    for one in operations(document).values():
        for answer in one["responses"].values():
            assert {link["operationId"] for link in answer.get("links", {}).values()} <= ids


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: r.name)
def test_examples_are_what_their_schemas_ask_for(resource: Any) -> None:
    made = models(resource)
    row = example_row(resource, resource.columns)
    made.row.model_validate_json(json.dumps(row))
    if made.new is not None:
        made.new.model_validate_json(json.dumps(row))


def test_an_answer_to_a_wrong_method_names_the_right_ones(served: Api) -> None:
    for method, path, allowed in (
        ("PUT", "/v1/titles", "DELETE, GET, HEAD, POST"),
        ("POST", "/v1/titles/tm1", "DELETE, GET, HEAD, PATCH"),
        ("GET", "/v1/titles/batch", "POST"),
        ("PUT", "/v1/tables/titles", "GET, HEAD, POST"),
        ("DELETE", "/v1/movie-stats", "GET, HEAD"),
    ):
        answer = served.ask(method, path)
        assert (answer.status_code, answer.headers["allow"]) == (405, allowed), path
