"""The three ways in, each with the same tiny data behind it: embedded, by URL over TCP, and a served API with keys."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import psycopg
import pytest

from movierec_assets.access import grant, keys
from movierec_assets.migrations import upgrade
from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded
from movierec_assets_tests.catalogue_files import TINY_CATALOGUE
from movierec_assets_tests.client.ways import ROLES, Way
from movierec_assets_tests.databases import emptied, free_port
from movierec_assets_tests.homes import Home, _folder, home_with
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from collections.abc import Callable

PASSWORDS = {role: f"of {role} / 7?#%" for role in (*ROLES, "movierec_login")}
WAYS = ("embedded", "database", "server")


@pytest.fixture(scope="package")
def embedded(_finished_both: Home) -> Iterator[Way]:
    """The embedded database of a finished home."""
    with _folder() as folder:
        home = _finished_both.copy(folder / "home")
        sql = _as_owner(lambda: start_embedded(home.path).uri())
        yield Way("embedded", {role: {"role": role} for role in ROLES}, sql, home.variables)
        stop_embedded(home.path)


@pytest.fixture(scope="package")
def database(tcp_url: str) -> Iterator[Way]:
    """A database by URL, with a login of each role."""
    with _folder() as folder:
        home = home_with(folder / "home", TINY)
        home.catalogue.mkdir()
        for name, text in TINY_CATALOGUE.items():
            home.write_catalogue(name, text)
        found = emptied(Database(home=str(home.path), url=tcp_url))
        home.made(MOVIEREC_DATABASE_URL=tcp_url)
        with found.connect() as connection:
            grant(connection, PASSWORDS)
        addresses = {role: {"address": _login(tcp_url, role)} for role in ROLES}
        yield Way("database", addresses, _as_owner(lambda: tcp_url), home.variables)


@pytest.fixture(scope="package")
def server(tcp_url: str, database: Way) -> Iterator[Way]:
    """A web API on a loopback port, over the same database, with a key of each role."""
    with psycopg.connect(tcp_url) as connection:
        upgrade(connection)
        made = {role: keys.create(connection, role.replace("_", "-"), role, days=1) for role in ROLES}
    address = f"http://127.0.0.1:{free_port()}"
    with _serving(address, {**database.environment, "MOVIEREC_DATABASE_URL": tcp_url}):
        yield Way("server", {r: {"address": address, "key": made[r]} for r in ROLES}, database.sql)


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """Each way in."""
    found: Way = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=[f"{way}-{style}" for way in WAYS for style in ("waiting", "async")])
def opened(request: pytest.FixtureRequest) -> Iterator[tuple[Way, Any]]:
    """Each way in with a client of each style, as a data scientist; what it writes is gone afterwards."""
    name, style = request.param.split("-")
    way: Way = request.getfixturevalue(name)
    with way.client(style) as client:
        yield way, client
    for statement in TIDY:
        way.sql(statement)


@pytest.fixture
def db(opened: tuple[Way, Any]) -> Any:
    """The client of `opened`."""
    return opened[1]


TIDY = (
    "DELETE FROM simulation.users WHERE scenario <> 'default'",
    "DELETE FROM catalog.people WHERE person_id >= 1000",
    "DELETE FROM feedback.ratings",
    "DELETE FROM feedback.recommendations",
    "UPDATE catalog.titles SET imdb_votes = 600000 WHERE title_id = 'tm2'",
)


def _as_owner(url: Callable[[], str]) -> Callable[..., list[tuple[Any, ...]]]:
    def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(url(), autocommit=True) as connection:
            done = connection.execute(statement.encode(), parameters or None)
            return done.fetchall() if done.description else []

    return run


def _login(url: str, role: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{role}:{quote(PASSWORDS[role], safe='')}@{parts.hostname}:{parts.port}{parts.path}"


@contextmanager
def _serving(address: str, variables: dict[str, str]) -> Iterator[None]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOVIEREC_")}
    named = {f"MOVIEREC_PASSWORDS__{role.upper()}": word for role, word in PASSWORDS.items()}
    program = "from movierec_assets.cli import script; script()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, "api", "--port", str(urlsplit(address).port)],
        env={**kept, **named, **variables},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(f"{address}/health/ready", process)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert process.poll() is None, "the API has ended"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the API did not answer within a minute")
