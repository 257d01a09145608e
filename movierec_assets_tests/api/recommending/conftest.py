"""One home in which a run has published everything, and the web API on its database."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal

from movierec_assets.access import grant
from movierec_assets.api import app as application
from movierec_assets.api import identity
from movierec_assets.api.process import logins
from movierec_assets.api.recommending import memory
from movierec_assets.curated import ensure_tables
from movierec_assets.publication import ensure_schema
from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets.settings import load_settings
from movierec_assets.settings_api import ApiSettings
from movierec_assets_tests.api.recommending import world
from movierec_assets_tests.homes import Home, home_with

if TYPE_CHECKING:
    import psycopg

CLEAN = """
DELETE FROM feedback.ratings;
DELETE FROM feedback.recommendations;
DELETE FROM simulation.sessions WHERE scenario = 'demo';
DELETE FROM simulation.users WHERE scenario = 'demo';
DELETE FROM access.keys;
"""
DEMO = """
INSERT INTO simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)
SELECT 'demo', n, '1990-01-01', '2020-01-01', 'basic' FROM generate_series(1, 9) n;
"""


def prepare(database: Database) -> None:
    """What `movierec api` makes before it starts."""
    ensure_tables(database)
    with database.connect() as connection:
        ensure_schema(connection)
        grant(connection, {}, trusted_socket=True)


@dataclass(frozen=True)
class Api:
    """The API, asked from a test that does not run in its event loop."""

    portal: BlockingPortal
    client: httpx.AsyncClient

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.portal.call(partial(self.client.get, path, **options))

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.portal.call(partial(self.client.post, path, **options))


@contextmanager
def api_on(database: Database) -> Iterator[Api]:
    """The API on this database."""
    made = application.create_app(
        logins(database, load_settings(home=database.home)),
        ApiSettings(hosts="localhost"),
        open_without_keys=True,
    )
    transport = httpx.ASGITransport(made, raise_app_exceptions=False)

    @asynccontextmanager
    async def opened() -> AsyncIterator[httpx.AsyncClient]:
        async with (
            made.router.lifespan_context(made),
            httpx.AsyncClient(transport=transport, base_url="http://localhost") as client,
        ):
            yield client

    with start_blocking_portal() as portal, portal.wrap_async_context_manager(opened()) as client:
        yield Api(portal, client)


@pytest.fixture(scope="session")
def world_home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="movierec-test-"))
    try:
        home = home_with(folder / "home", world.movielens())
        home.catalogue.mkdir()
        for name, text in world.catalogue().items():
            home.write_catalogue(name, text)
        home.made()
        prepare(Database(home=str(home.path)))
        yield home
        stop_embedded(home.path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def database(world_home: Home) -> Database:
    return Database(home=str(world_home.path))


@pytest.fixture(scope="session")
def api(database: Database) -> Iterator[Api]:
    with pytest.MonkeyPatch.context() as patch, api_on(database) as client:
        patch.setattr(memory, "FRESH_SECONDS", 0.05)
        patch.setattr(identity, "FRESH_SECONDS", 0.05)
        yield client


@pytest.fixture
def owner(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the owner; users 1 to 9 of `demo` are there, and what a test writes is undone."""
    with database.connect(autocommit=True) as connection:
        connection.execute(CLEAN + DEMO)
        yield connection
        connection.execute(CLEAN)
