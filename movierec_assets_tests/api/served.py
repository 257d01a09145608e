"""What the tests of the web API share: the application, rows to begin with, and a way to read problems."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pyarrow as pa

from movierec_assets.api.app import create_app
from movierec_assets.api.process import logins
from movierec_assets.api.resources.examples import example
from movierec_assets.api.resources.listing import RESOURCES, Resource
from movierec_assets.publication import publish
from movierec_assets.settings import load_settings
from movierec_assets.settings_api import ApiSettings

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal
    from fastapi import FastAPI

    from movierec_assets.resources.database import Database
    from movierec_assets.schema import Column

BY_NAME = {r.name: r for r in RESOURCES}
WRITABLE = [r for r in RESOURCES if r.writable]
ROW_CAP = 1000
SCENARIO = """
INSERT INTO simulation.scenarios (scenario, parameters, data_version, users, sessions)
VALUES ('default', '{"users": 1}', '1', 0, 0)
"""
"""What the simulation writes; nobody does over HTTP."""


def application(database: Database, **bounds: Any) -> FastAPI:
    """The application as `movierec api` has it, with bounds that tests can reach."""
    settings = ApiSettings(**{"hosts": "localhost", "row_cap": ROW_CAP, "body_mb": 1, **bounds})
    return create_app(logins(database, load_settings(home=database.home)), settings, open_without_keys=True)


@dataclass
class Api:
    """The application, asked by one role or another."""

    portal: BlockingPortal
    app: FastAPI
    keys: dict[str, str]
    role: str = "movierec_api"
    headers: dict[str, str] = field(default_factory=dict)

    def ask(self, method: str, path: str, *, role: str = "", **more: Any) -> httpx.Response:
        return self.together([(method, path, {"role": role, **more})])[0]

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **more)

    def patch(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("PATCH", path, **more)

    def delete(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("DELETE", path, **more)

    def together(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """The answers to requests that are all made at once."""
        return self.portal.call(self._together, requests)

    async def _together(self, requests: list[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        answers: dict[int, httpx.Response] = {}
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:

            async def one(number: int, method: str, path: str, more: dict[str, Any]) -> None:
                more = dict(more)
                key = self.keys[more.pop("role", "") or self.role]
                headers = {"Authorization": f"Bearer {key}", **more.pop("headers", {})}
                answers[number] = await client.request(method, path, headers=headers, **more)

            async with anyio.create_task_group() as group:
                for number, request in enumerate(requests):
                    group.start_soon(one, number, *request)
        return [answers[number] for number in range(len(requests))]


def problem(answer: httpx.Response, status: int, *where: str) -> str:
    """Detail of a problem of that status about those parts of the request."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert [one["where"] for one in body["errors"]] == list(where), body
    return str(body["detail"])


def example_of(name: str, **changes: Any) -> dict[str, Any]:
    """The row of the documents, changed."""
    return {**{c.name: example(BY_NAME[name], c) for c in BY_NAME[name].columns}, **changes}


def path_of(resource: Resource, row: dict[str, Any]) -> str:
    return "/".join([resource.path, *(str(row[c.name]) for c in resource.key)])


NEEDED = {
    "genres": ["titles"],
    "production-countries": ["titles"],
    "credits": ["titles", "people"],
    "list-entries": ["titles"],
    "sessions": ["titles", "users"],
    "recommendations": ["titles"],
}
"""Resources that the examples of others refer to."""


def create(api: Api, name: str) -> dict[str, Any]:
    """The example of a resource, with what it refers to."""
    for other in NEEDED.get(name, []):
        answer = api.post(f"/v1/{other}?on_conflict=update", json=example_of(other))
        assert answer.status_code in (200, 201), answer.text
    answer = api.post(f"/v1/{name}", json=example_of(name))
    assert answer.status_code == 201, answer.text
    row: dict[str, Any] = answer.json()
    return row


def titles(api: Api, *rows: dict[str, Any]) -> None:
    """Titles tm0, tm1, … with these values."""
    made = [example_of("titles", title_id=f"tm{n}", **row) for n, row in enumerate(rows)]
    answer = api.post("/v1/titles/batch", json=made)
    assert answer.status_code == 200, answer.text


def publish_examples(database: Database) -> None:
    """A row in each table that the graph publishes."""
    for resource in RESOURCES:
        if not resource.table.editable:
            columns = zip(resource.table.columns, resource.columns, strict=True)
            rows = pa.table({declared.name: _column(c, example(resource, c)) for declared, c in columns})
            publish(database, resource.table, rows, "1", None, 1)


def _column(column: Column, value: Any) -> pa.Array:
    # Moments stand as text in the documents.
    return pa.array([value]).cast(column.arrow_type())
