"""The embedded server: shared by processes, none the worse for kills."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import EmbeddedPostgresError, start_embedded, stop_embedded
from movierec_assets.resources.postgres_server import LONGEST_SOCKET_PATH
from movierec_assets.resources.server_state import read_state
from movierec_assets_tests.databases import free_port

USE = """
import sys
from movierec_assets.resources.embedded_postgres import start_embedded
import psycopg
with psycopg.connect(start_embedded(sys.argv[1]).uri(), autocommit=True) as connection:
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(1)")
        connection.execute("CREATE SEQUENCE IF NOT EXISTS uses")
    print(connection.execute("SELECT nextval('uses')").fetchone()[0], flush=True)
"""
STAY = USE + "sys.stdin.read()\n"


def process(code: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def postmaster(home: Path) -> int:
    return int((home / "postgres/data/postmaster.pid").read_text().splitlines()[0])


def runs(home: Path) -> bool:
    return (home / "postgres/data/postmaster.pid").exists()


def line(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    return running.stdout.readline().strip()


def test_it_stops_with_the_last_of_the_processes_that_use_it(home: Path) -> None:
    first = process(STAY, home)
    assert line(first) == "1"
    number = postmaster(home)
    second = process(STAY, home)
    assert line(second) == "2"
    first.communicate()
    assert postmaster(home) == number
    second.communicate()
    assert not runs(home)


def test_processes_that_start_and_stop_at_once_never_fail(home: Path) -> None:
    for _ in range(3):
        at_once = [process(USE, home) for _ in range(4)]
        assert [p.wait() for p in at_once] == [0] * 4
    assert not runs(home)
    with psycopg.connect(start_embedded(home).uri()) as connection:
        assert connection.execute("SELECT last_value FROM uses").fetchone() == (12,)


def test_a_killed_client_leaves_a_server_that_the_next_one_joins_and_stops(home: Path) -> None:
    client = process(STAY, home)
    assert line(client) == "1"
    client.kill()
    client.communicate()
    assert runs(home)
    assert process(USE, home).communicate()[0] == "2\n"
    assert not runs(home)


def test_after_client_and_server_were_killed_everything_committed_is_there(home: Path) -> None:
    client = process(STAY, home)
    assert line(client) == "1"
    os.kill(postmaster(home), signal.SIGKILL)
    client.kill()
    client.communicate()
    assert int(process(USE, home).communicate()[0]) >= 2


def test_a_process_outlives_the_server_that_it_used(home: Path) -> None:
    start_embedded(home)
    os.kill(postmaster(home), signal.SIGKILL)
    time.sleep(0.2)
    with psycopg.connect(start_embedded(home).uri()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_an_old_process_number_that_now_is_somebody_elses_blocks_nothing(home: Path) -> None:
    client = process(STAY, home)
    assert line(client) == "1"
    pid_file = home / "postgres/data/postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(int(lines[0]), signal.SIGKILL)
    client.kill()
    client.communicate()
    for file in (pid_file, home / "postgres/socket/.s.PGSQL.5432.lock"):
        file.write_text(file.read_text().replace(lines[0], str(os.getpid()), 1))
    assert int(process(USE, home).communicate()[0]) >= 2


@pytest.mark.parametrize("seconds", [0.15, 0.3, 0.45, 0.6, 0.9, 1.3])
def test_a_kill_during_the_very_first_start_blocks_nothing(home: Path, seconds: float) -> None:
    client = process(STAY, home)
    time.sleep(seconds)
    client.kill()
    client.communicate()
    assert int(process(USE, home).communicate()[0]) >= 1


@pytest.mark.parametrize(
    "name",
    ["x" * 120, """it's a "quoted" `$HOME`, with commas""", "blank and ü"],
    ids=["long", "quotes", "blank"],
)
def test_the_home_may_lie_anywhere(home: Path, name: str) -> None:
    home = home / name
    server = start_embedded(home)
    assert len(server.socket_folder) < LONGEST_SOCKET_PATH
    with psycopg.connect(server.uri()) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("movierec",)
    stop_embedded(home)
    own = home / "postgres/socket"
    assert Path(server.socket_folder) == own or not Path(server.socket_folder).exists()


def test_a_home_that_was_deleted_is_made_anew(home: Path) -> None:
    home = home / "home"
    start_embedded(home)
    os.kill(postmaster(home), signal.SIGQUIT)
    while runs(home):
        time.sleep(0.02)
    shutil.rmtree(home)
    with psycopg.connect(start_embedded(home).uri()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    stop_embedded(home)
    assert not runs(home)


def test_data_of_another_version_is_refused_with_what_to_do(home: Path) -> None:
    data = home / "postgres/data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("15\n")
    with pytest.raises(EmbeddedPostgresError, match="made by PostgreSQL 15, this is 18: dump it"):
        start_embedded(home)


def test_a_server_that_cannot_start_shows_its_log(home: Path) -> None:
    start_embedded(home)
    stop_embedded(home)
    with (home / "postgres/data/postgresql.conf").open("a") as settings:
        settings.write("shared_buffers = 'many'\n")
    with pytest.raises(EmbeddedPostgresError, match='invalid value for parameter "shared_buffers": "many"'):
        start_embedded(home)


def test_nothing_that_protects_the_data_is_switched_off(embedded_home: Path) -> None:
    with psycopg.connect(start_embedded(embedded_home).uri()) as connection:
        names = ["fsync", "full_page_writes", "synchronous_commit", "data_checksums"]
        assert [connection.execute(f"SHOW {n}").fetchone() for n in names] == [("on",)] * 4


def test_starting_needs_neither_dagster_nor_a_warning() -> None:
    code = "import sys, movierec_assets.resources.embedded_postgres; print('dagster' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("False\n", "")


def tcp_port(home: Path) -> int | None:
    state = read_state(home / "postgres")
    assert state is not None
    return state.tcp_port


def test_without_a_port_it_listens_on_its_socket_only(home: Path) -> None:
    with psycopg.connect(start_embedded(home).uri()) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    assert tcp_port(home) is None


def test_a_port_is_opened_and_closed_by_the_next_start(home: Path) -> None:
    port = free_port()
    for asked in (port, None, port):
        server = start_embedded(home, asked)
        assert tcp_port(home) == asked
        with psycopg.connect(server.uri()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        stop_embedded(home)


def test_a_server_that_others_use_keeps_its_port(home: Path) -> None:
    client = process(STAY, home)
    assert line(client) == "1"
    number = postmaster(home)
    port = free_port()
    assert start_embedded(home, port).state.tcp_port is None
    assert postmaster(home) == number
    database = Database(home=str(home), port=port)
    assert f"MOVIEREC_POSTGRES_PORT={port}" in database.needs_restart()
    stop_embedded(home)
    client.communicate()
    assert start_embedded(home, port).state.tcp_port == port
    assert database.needs_restart() == ""


def test_a_server_that_a_killed_client_left_is_started_again_with_the_port(home: Path) -> None:
    client = process(STAY, home)
    assert line(client) == "1"
    client.kill()
    client.communicate()
    port = free_port()
    with psycopg.connect(start_embedded(home, port).uri()) as connection:
        assert connection.execute("SELECT last_value FROM uses").fetchone() == (1,)
    assert tcp_port(home) == port
    assert process(USE, home).communicate()[0] == "2\n"


def test_a_port_that_is_taken_is_named_with_what_to_do(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedPostgresError, match=rf"127\.0\.0\.1:{port}.*MOVIEREC_POSTGRES_PORT"):
            start_embedded(home, port)


def test_a_port_of_libpqs_own_variable_is_not_heeded(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", str(free_port()))
    with psycopg.connect(start_embedded(home).uri()) as connection:
        assert connection.execute("SHOW port").fetchone() == ("5432",)


def test_access_rules_that_somebody_changed_are_written_again(home: Path) -> None:
    start_embedded(home)
    stop_embedded(home)
    rules = home / "postgres/data/pg_hba.conf"
    rules.write_text(rules.read_text() + "host all all 0.0.0.0/0 trust\n")
    with psycopg.connect(start_embedded(home, free_port()).uri()) as connection:
        found = connection.execute(
            "SELECT type, database::text, address, auth_method FROM pg_hba_file_rules ORDER BY rule_number"
        ).fetchall()
    assert found == [
        ("local", "{all}", None, "trust"),
        ("host", "{movierec}", "127.0.0.1", "scram-sha-256"),
        ("host", "{movierec}", "::1", "scram-sha-256"),
    ]
