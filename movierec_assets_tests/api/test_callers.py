"""Who may ask, as which role, how often, how much, and by what name of the host."""

from __future__ import annotations

import base64
import json
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest
from fastapi import APIRouter, Request
from pydantic import BaseModel

from movierec_assets.access import grant, keys
from movierec_assets.api import app as application
from movierec_assets.api import identity
from movierec_assets.api.connections import LARGEST, Reading, Writing, connections
from movierec_assets.api.identity import Known
from movierec_assets.api.process import logins
from movierec_assets.curated import ensure_tables
from movierec_assets.settings import load_settings
from movierec_assets.settings_api import ApiSettings
from movierec_assets_tests.databases import emptied

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from movierec_assets.resources.database import Database

probes = APIRouter(prefix="/v1/probes")


class Text(BaseModel):
    text: str


@probes.get("/who")
async def who(caller: Known, connection: Reading) -> dict[str, Any]:
    row = await (await connection.execute("SELECT current_user, session_user")).fetchone()
    settings = await (
        await connection.execute(
            "SELECT current_setting('statement_timeout'), current_setting('transaction_read_only')"
        )
    ).fetchone()
    assert row is not None
    assert settings is not None
    return {
        "name": caller.name,
        "role": row[0],
        "login": row[1],
        "timeout": settings[0],
        "read_only": settings[1],
    }


@probes.post("/titles/{title_id}")
async def add_title(title_id: str, connection: Writing, fail: bool = False) -> dict[str, str]:
    await connection.execute(
        "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes)"
        " VALUES (%s, %s, 'movie', 2000, 90)",
        (title_id, title_id),
    )
    if fail:
        raise RuntimeError("half-way")
    return {"title_id": title_id}


@probes.get("/write-while-reading")
async def write_while_reading(connection: Reading) -> None:
    await connection.execute("DELETE FROM catalog.titles")


@probes.get("/free")
async def free(request: Request, caller: Known) -> list[str]:
    async with connections(request).free(caller.role) as connection:
        row = await (await connection.execute("SELECT session_user, current_user")).fetchone()
        assert row is not None
        return list(row)


@probes.post("/text")
async def text(body: Text, caller: Known) -> int:
    return len(body.text)


@pytest.fixture(scope="module")
def database(embedded_home: Path) -> Database:
    from movierec_assets.resources.database import Database

    found = emptied(Database(home=str(embedded_home)))
    ensure_tables(found)
    with found.connect() as connection:
        grant(connection, {}, trusted_socket=True)
    return found


@pytest.fixture
def owner(database: Database) -> Any:
    with database.connect(autocommit=True) as connection:
        yield connection
        connection.execute("DELETE FROM access.keys; DELETE FROM catalog.titles")


@asynccontextmanager
async def client(
    database: Database, *, is_open: bool = True, **bounds: Any
) -> AsyncIterator[httpx.AsyncClient]:
    bounds = {"hosts": "localhost", **bounds}
    made = application.create_app(
        logins(database, load_settings(home=database.home)), ApiSettings(**bounds), open_without_keys=is_open
    )
    made.include_router(probes)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(made, raise_app_exceptions=False), base_url="http://localhost"
        ) as found,
    ):
        yield found


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "instance", "request_id", "errors"}
    assert body["status"] == status
    assert body["request_id"] == answer.headers["x-request-id"]
    return body


@pytest.mark.parametrize("role", keys.KEY_ROLES)
def test_a_key_works_as_its_role_with_that_roles_settings(database: Database, owner: Any, role: str) -> None:
    key = keys.create(owner, "somebody", role, 1)

    async def ask() -> None:
        async with client(database) as api:
            said = (await api.get("/v1/probes/who", headers=bearer(key))).json()
            assert (said["name"], said["role"], said["login"]) == ("somebody", role, "movierec_login")
            assert said["read_only"] == "on"
            assert said["timeout"] == {"analyst_reader": "1min", "data_scientist": "1h"}.get(role, "30s")
            assert (await api.get("/v1/probes/free", headers=bearer(key))).json() == [role, role]
            basic = base64.b64encode(f"anybody:{key}".encode()).decode()
            said = (await api.get("/v1/probes/who", headers={"Authorization": f"Basic {basic}"})).json()
            assert said["role"] == role

    anyio.run(ask)


def test_rights_decide_and_a_refusal_changes_nothing(database: Database, owner: Any) -> None:
    reader = keys.create(owner, "reader", "analyst_reader", 1)
    writer = keys.create(owner, "writer", "movierec_api", 1)

    async def ask() -> None:
        async with client(database) as api:
            refused = await api.post("/v1/probes/titles/tm1", headers=bearer(reader))
            assert "may not do this" in problem(refused, 403)["detail"]
            assert (await api.post("/v1/probes/titles/tm1", headers=bearer(writer))).status_code == 200
            refused = await api.get("/v1/probes/write-while-reading", headers=bearer(writer))
            assert "read-only transaction" in problem(refused, 403)["detail"]

    anyio.run(ask)
    assert owner.execute("SELECT title_id FROM catalog.titles").fetchall() == [("tm1",)]


def test_what_is_answered_with_success_is_kept_and_an_error_leaves_nothing(
    database: Database, owner: Any
) -> None:
    async def ask() -> None:
        async with client(database) as api:
            problem(await api.post("/v1/probes/titles/tm1", params={"fail": True}), 500)
            assert owner.execute("SELECT count(*) FROM catalog.titles").fetchone() == (0,)
            for number in range(20):
                title = f"tm{number}"
                assert (await api.post(f"/v1/probes/titles/{title}")).status_code == 200
                seen = owner.execute("SELECT count(*) FROM catalog.titles WHERE title_id = %s", (title,))
                assert seen.fetchone() == (1,), "answered before it was kept"
            taken = problem(await api.post("/v1/probes/titles/tm1"), 409)
            assert taken["errors"] == [{"where": "body/title_id", "detail": "is taken"}]

    anyio.run(ask)


def test_without_any_key_everybody_may_ask_where_that_is_allowed_and_nobody_elsewhere(
    database: Database, owner: Any
) -> None:
    async def ask() -> None:
        async with client(database) as api:
            said = (await api.get("/v1/probes/who")).json()
            assert (said["name"], said["role"]) == ("anonymous", "movierec_api")
        async with client(database, is_open=False) as api:
            refused = await api.get("/v1/probes/who")
            assert "Authorization: Bearer KEY" in problem(refused, 401)["detail"]
            assert refused.headers["www-authenticate"].startswith("Bearer")
            assert (await api.get("/health/ready")).json() == {"status": "ok"}

    anyio.run(ask)


@pytest.mark.parametrize(
    "header", ["Bearer wrong", "Bearer ", "Basic !!!", "Basic Og==", "Digest x", "Bearer"]
)
def test_once_there_is_a_key_one_is_needed(database: Database, owner: Any, header: str) -> None:
    keys.create(owner, "app", "movierec_api", 1)

    async def ask() -> None:
        async with client(database) as api:
            problem(await api.get("/v1/probes/who"), 401)
            problem(await api.get("/v1/probes/who", headers={"Authorization": header}), 401)

    anyio.run(ask)


def test_expired_and_revoked_keys_are_refused_the_latter_within_seconds(
    database: Database, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = keys.create(owner, "old", "movierec_api", 0)
    app = keys.create(owner, "app", "movierec_api", 1)
    monkeypatch.setattr(identity, "FRESH_SECONDS", 0.2)

    async def ask() -> None:
        async with client(database) as api:
            problem(await api.get("/v1/probes/who", headers=bearer(old)), 401)
            assert (await api.get("/v1/probes/who", headers=bearer(app))).status_code == 200
            keys.revoke(owner, "app")
            end = time.monotonic() + 5
            while (answer := await api.get("/v1/probes/who", headers=bearer(app))).status_code == 200:
                assert time.monotonic() < end
                await anyio.sleep(0.05)
            assert "expired or revoked" in problem(answer, 401)["detail"]

    anyio.run(ask)


def test_too_many_requests_of_one_caller_are_refused_and_another_goes_on(
    database: Database, owner: Any
) -> None:
    busy, calm = (keys.create(owner, name, "movierec_api", 1) for name in ("busy", "calm"))

    async def ask() -> None:
        async with client(database, rate_limit="5/hour") as api:
            for _ in range(5):
                assert (await api.get("/v1/probes/who", headers=bearer(busy))).status_code == 200
            refused = await api.get("/v1/probes/who", headers=bearer(busy))
            assert "more than 5 requests of busy in 3600 s" in problem(refused, 429)["detail"]
            assert 1 <= int(refused.headers["retry-after"]) <= 3600
            assert (await api.get("/v1/probes/who", headers=bearer(calm))).status_code == 200

    anyio.run(ask)


def test_bodies_are_bounded_whether_their_length_is_said_or_not(database: Database, owner: Any) -> None:
    long = json.dumps({"text": "x" * 8_000_000}).encode()

    async def in_parts() -> AsyncIterator[bytes]:
        for start in range(0, len(long), 1_000_000):
            yield long[start : start + 1_000_000]

    async def ask() -> None:
        async with client(database) as api:
            json_type = {"Content-Type": "application/json"}
            for body in (long, in_parts()):
                answer = await api.post("/v1/probes/text", content=body, headers=json_type)
                assert "8,000,000 bytes" in problem(answer, 413)["detail"]
            short = await api.post("/v1/probes/text", json={"text": "x" * 1000})
            assert short.json() == 1000

    anyio.run(ask)


def test_a_request_is_told_what_is_wrong_with_which_part(database: Database, owner: Any) -> None:
    async def ask() -> None:
        async with client(database) as api:
            wrong = problem(await api.post("/v1/probes/text", json={"text": 1}), 422)
            assert wrong["errors"] == [{"where": "body/text", "detail": "Input should be a valid string"}]
            json_type = {"Content-Type": "application/json"}
            unreadable = await api.post("/v1/probes/text", content=b'{"text": ', headers=json_type)
            assert "the body is no JSON" in problem(unreadable, 400)["detail"]
            problem(await api.get("/v1/nothing"), 404)
            problem(await api.delete("/v1/probes/text"), 405)

    anyio.run(ask)


def test_only_the_names_of_the_settings_are_answered(database: Database, owner: Any) -> None:
    async def ask() -> None:
        async with client(database, hosts="localhost,movies.example.org") as api:
            for host, status in (
                ("localhost", 200),
                ("movies.example.org:8000", 200),
                ("evil.example.org", 400),
            ):
                answer = await api.get("/health/live", headers={"Host": host})
                assert answer.status_code == status, host
            assert "evil.example.org" in problem(answer, 400)["detail"]

    anyio.run(ask)


def test_each_answer_has_the_number_of_its_request(database: Database, owner: Any) -> None:
    async def ask() -> None:
        async with client(database) as api:
            given = await api.get("/health/live", headers={"X-Request-ID": "mine-1"})
            assert given.headers["x-request-id"] == "mine-1"
            strange = await api.get("/health/live", headers={"X-Request-ID": "a b\tc"})
            assert strange.headers["x-request-id"] not in ("", "a b\tc")

    anyio.run(ask)


def test_requests_are_counted_by_route_and_status(database: Database, owner: Any) -> None:
    async def ask() -> None:
        async with client(database) as api:
            name = 'movierec_api_requests_total{method="GET",route="/health/live",status="200"}'

            async def count() -> float:
                lines = (await api.get("/metrics")).text.splitlines()
                return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

            before = await count()
            for _ in range(3):
                await api.get("/health/live")
            assert await count() == before + 3

    anyio.run(ask)


def test_a_lost_database_is_a_503_and_is_found_again(database: Database, owner: Any) -> None:
    others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'movierec api'"

    async def ask() -> None:
        async with client(database) as api:
            assert (await api.get("/v1/probes/who")).status_code == 200
            owner.execute(others)
            answers = [(await api.get("/v1/probes/who")) for _ in range(10)]
            assert {a.status_code for a in answers} <= {200, 503}
            assert all("retry-after" in a.headers for a in answers if a.status_code == 503)
            assert answers[-1].status_code == 200

    anyio.run(ask)


def test_the_document_says_where_a_key_is_needed(database: Database, owner: Any) -> None:
    async def ask() -> None:
        async with client(database, is_open=False) as api:
            document = (await api.get("/openapi.json")).json()
            assert document["security"] == [{"key": []}]
            assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
            assert document["paths"]["/health/ready"]["get"]["security"] == []
            for path, operations in document["paths"].items():
                for method in operations:
                    open_to_all = operations[method].get("security") == []
                    needs = (await api.request(method, path)).status_code == 401
                    assert needs != open_to_all, (method, path)

    anyio.run(ask)


def test_the_embedded_server_has_connections_for_two_processes_and_keys_of_every_role(owner: Any) -> None:
    # Reads, writes, whole tables and SQL of each role; the keys themselves; what is live.
    of_one_process = LARGEST * (4 * len(keys.KEY_ROLES) + 1) + 1
    (most,) = owner.execute("SELECT current_setting('max_connections')::int").fetchone()
    assert most >= 2 * of_one_process + 20


def test_the_short_way_to_published_lists_needs_a_key_and_counts_a_request_once(
    database: Database, owner: Any
) -> None:
    path = "/v1/movielens-users/1/recommendations"
    key = keys.create(owner, "app", "movierec_api", 1)

    async def ask() -> None:
        async with client(database, rate_limit="2/hour") as api:
            problem(await api.get(path), 401)
            for _ in range(2):
                # Nothing is published here.
                problem(await api.get(path, headers=bearer(key)), 503)
            problem(await api.get(path, headers=bearer(key)), 429)

    anyio.run(ask)
