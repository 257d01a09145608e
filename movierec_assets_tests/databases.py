"""Real databases for the tests: the embedded server, and a second server over TCP with a password, as by URL."""

from __future__ import annotations

import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded
from movierec_assets.resources.postgres_server import bin_folder, run_program
from movierec_assets.resources.server_account import server_account

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "p@ss/w:rd %41"
"""Every character of it that means something in a URL must be encoded."""

EMPTY = """
DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', name);
    END LOOP;
END $$;
CREATE SCHEMA public;
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A new home, whose server is stopped at the end."""
    with _folder() as home:
        yield home
        stop_embedded(home)


@pytest.fixture(scope="session")
def embedded_home() -> Iterator[Path]:
    """A home whose embedded server runs for the whole session."""
    with _folder() as home:
        start_embedded(home)
        yield home
        stop_embedded(home)


@pytest.fixture(scope="session")
def tcp_url() -> Iterator[str]:
    """URL of a database of its own server, reached over TCP by its owner, who may make roles but is no superuser."""
    with _folder() as folder, _server(folder) as url:
        yield url


@pytest.fixture(scope="session")
def open_home() -> Iterator[Path]:
    """A home whose embedded server listens on a loopback port for the whole session."""
    with _folder() as home:
        start_embedded(home, free_port())
        yield home
        stop_embedded(home)


@pytest.fixture
def open_database(open_home: Path) -> Database:
    """The embedded database that listens on a loopback port, empty."""
    return emptied(Database(home=str(open_home), port=start_embedded(open_home).state.tcp_port))


def free_port() -> int:
    """A port of the loopback address on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _server(folder: Path, more: str = "") -> Iterator[str]:
    """A server whose superuser has the same password; `more` are further arguments of `postgres`."""
    account = server_account()
    account.open_way_to(folder, bin_folder())
    account.open_programs(bin_folder())
    account.give(folder)
    port = free_port()
    (folder / "password").write_text(PASSWORD)
    account.give(folder / "password")
    setup = f"CREATE ROLE movierec LOGIN CREATEROLE PASSWORD '{PASSWORD}'\nCREATE DATABASE movierec OWNER movierec\n"
    start = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories= -c fsync=off {more}"
    for program, arguments, text in (
        ("initdb", ["-U", "postgres", "--auth=scram-sha-256", "--pwfile=password", "-D", "data"], ""),
        ("postgres", ["--single", "-D", "data", "postgres"], setup),
        ("pg_ctl", ["start", "-w", "-s", "-o", start, "-l", "log", "-D", "data"], ""),
    ):
        code, output = run_program(program, arguments, account, cwd=folder, text=text)
        assert code == 0, output
    try:
        yield f"postgresql://movierec:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/movierec"
    finally:
        run_program("pg_ctl", ["stop", "-m", "immediate", "-D", "data"], account, cwd=folder)


@pytest.fixture
def embedded_database(embedded_home: Path) -> Database:
    """The embedded database, empty."""
    return emptied(Database(home=str(embedded_home)))


@pytest.fixture
def tcp_database(tcp_url: str, tmp_path: Path) -> Database:
    """A database by URL, empty."""
    return emptied(Database(home=str(tmp_path), url=tcp_url))


@pytest.fixture(params=["embedded", "tcp"])
def any_database(request: pytest.FixtureRequest) -> Database:
    """An empty database of either kind."""
    database: Database = request.getfixturevalue(f"{request.param}_database")
    return database


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's: as root, each start of pytest closes its common folder to other accounts, also the server's.
    folder = Path(tempfile.mkdtemp(prefix="movierec-test-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def emptied(database: Database) -> Database:
    """The same database after everything in it was dropped."""
    with database.connect() as connection:
        connection.execute(EMPTY)
    return database
