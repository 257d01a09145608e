"""What holds for every resource: its example goes in and comes out by every way there is."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from movierec_assets.api.resources.listing import RESOURCES, Resource
from movierec_assets.api.resources.models import models
from movierec_assets_tests.api.served import SCENARIO, WRITABLE, Api, create, example_of, path_of, problem

every = pytest.mark.parametrize("resource", RESOURCES, ids=lambda r: r.name)
writable = pytest.mark.parametrize("resource", WRITABLE, ids=lambda r: r.name)
NO_SUCH = {"genre": "war", "country": "ZZ", "list": "year", "title_id": "tm0", "scenario": "none"}


def existing(api: Api, owner: Any, resource: Resource) -> dict[str, Any]:
    if resource.writable:
        return create(api, resource.name)
    if resource.name == "scenarios":
        owner.execute(SCENARIO)
    return example_of(resource.name)


def other_key(resource: Resource, row: dict[str, Any]) -> dict[str, Any]:
    last = resource.key[-1]
    wrong = NO_SUCH.get(last.name, "none") if last.type == "string" else 2_000_000_000
    return {**row, last.name: wrong}


def test_the_names_are_those_of_the_contract() -> None:
    assert {r.name for r in WRITABLE} == {
        *("titles", "genres", "production-countries", "people", "credits", "list-entries"),
        *("users", "sessions", "ratings", "recommendations"),
    }
    assert {r.path_of_one for r in RESOURCES} >= {
        "/v1/titles/{title_id}",
        "/v1/production-countries/{title_id}/{country}",
        "/v1/recommendations/{recommender}/{scenario}/{user_id}/{rank}",
        "/v1/movie-stats/{movie_id}",
        "/v1/graph-recommendations/{user_id}/{rank}",
        "/v1/scenarios/{scenario}",
    }


@every
def test_one_row_and_its_search_and_its_export_agree(api: Api, owner: Any, resource: Resource) -> None:
    row = existing(api, owner, resource)
    answer = api.get(path_of(resource, row))
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"].strip('"')
    models(resource).row.model_validate_json(answer.content)
    body = api.get(resource.path, params={"total": "true"}).json()
    assert body == {"items": [answer.json()], "next_cursor": None, "total": 1}
    table = pa.ipc.open_stream(api.get(f"/v1/tables/{resource.name}").content).read_all()
    assert table.schema.names == [c.name for c in resource.columns]
    assert table.num_rows == 1
    assert [f.type for f in table.schema] == [c.arrow_type() for c in resource.columns]


@every
def test_a_row_that_is_not_there_is_a_404(api: Api, resource: Resource) -> None:
    absent = other_key(resource, example_of(resource.name))
    assert resource.name in problem(api.get(path_of(resource, absent)), 404)


@writable
def test_what_was_created_is_found_at_its_location(api: Api, resource: Resource) -> None:
    create(api, resource.name)
    problem(
        api.post(resource.path, json=example_of(resource.name)),
        409,
        *(f"body/{c.name}" for c in resource.key),
    )
    again = api.post(f"{resource.path}?on_conflict=update", json=example_of(resource.name))
    assert again.status_code == 200, again.text
    found = api.get(again.headers["location"])
    assert found.json() == again.json()
    assert found.headers["etag"] == again.headers["etag"]


@writable
def test_an_update_needs_the_version_that_it_changes(api: Api, resource: Resource) -> None:
    path = path_of(resource, create(api, resource.name))
    column = resource.others[-1].name
    change = {column: example_of(resource.name)[column]}
    assert "If-Match" in problem(api.patch(path, json=change), 428)
    answer = api.patch(path, json=change, headers={"If-Match": '"0"'})
    problem(answer, 412)
    for tag in ("*", answer.headers["etag"], f'"0", {answer.headers["etag"]}'):
        assert api.patch(path, json=change, headers={"If-Match": tag}).status_code == 200
    problem(api.patch(path, json=change, headers={"If-Match": f"W/{answer.headers['etag']}"}), 412)
    problem(api.patch(path, json=change, headers={"If-Match": "none"}), 422, "header/If-Match")
    problem(api.patch(path, json={}, headers={"If-Match": "*"}), 422)
    key = resource.key[0].name
    problem(api.patch(path, json={key: 1}, headers={"If-Match": "*"}), 422, f"body/{key}")
    absent = path_of(resource, other_key(resource, example_of(resource.name)))
    problem(api.patch(absent, json=change, headers={"If-Match": "*"}), 404)


@writable
def test_one_row_is_deleted_once(api: Api, resource: Resource) -> None:
    path = path_of(resource, create(api, resource.name))
    problem(api.delete(path, headers={"If-Match": '"0"'}), 412)
    assert api.get(path).status_code == 200
    assert api.delete(path, headers={"If-Match": api.get(path).headers["etag"]}).status_code == 204
    problem(api.get(path), 404)
    problem(api.delete(path), 404)


@writable
def test_many_rows_are_deleted_by_a_filter_and_their_number(api: Api, resource: Resource) -> None:
    create(api, resource.name)
    column = resource.key[-1].name
    given = {column: str(example_of(resource.name)[column])}
    problem(api.delete(resource.path, params=given), 422, "query/expected")
    problem(api.delete(resource.path, params={"expected": "1"}), 422)
    said = problem(api.delete(resource.path, params={**given, "expected": "2"}), 409, "query/expected")
    assert "let 1 rows through and not 2" in said
    assert len(api.get(resource.path).json()["items"]) == 1
    assert api.delete(resource.path, params={**given, "expected": "1"}).json() == {"deleted": 1}
    assert api.get(resource.path).json()["items"] == []


@writable
@pytest.mark.parametrize("form", ["arrow", "parquet", "csv"])
def test_an_export_comes_in_again(api: Api, resource: Resource, form: str) -> None:
    row = create(api, resource.name)
    out = api.get(f"/v1/tables/{resource.name}", params={"format": form})
    kind = {"Content-Type": out.headers["content-type"]}
    into = f"/v1/tables/{resource.name}"
    assert "row 1: " in problem(
        api.post(into, content=out.content, headers=kind), 409, *(f"body/0/{c.name}" for c in resource.key)
    )
    assert api.delete(path_of(resource, row)).status_code == 204
    for conflict in ("error", "update"):
        answer = api.post(f"{into}?on_conflict={conflict}", content=out.content, headers=kind)
        assert (answer.status_code, answer.json()) == (200, {"rows": 1}), answer.text
    assert api.get(path_of(resource, row)).json() == row


@pytest.mark.parametrize("resource", [r for r in RESOURCES if not r.writable], ids=lambda r: r.name)
def test_what_the_graph_makes_is_not_written(api: Api, resource: Resource) -> None:
    path = path_of(resource, example_of(resource.name))
    for method, where in (
        ("POST", resource.path),
        ("DELETE", resource.path),
        ("PATCH", path),
        ("DELETE", path),
        ("POST", f"/v1/tables/{resource.name}"),
    ):
        assert "method" in problem(api.ask(method, where), 405).lower()
