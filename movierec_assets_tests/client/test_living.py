"""Opening and closing, threads, forks, interrupts, event loops: where and how long a client lives."""

from __future__ import annotations

import asyncio
import inspect
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from movierec_assets.client import (
    AsyncClient,
    Client,
    ConflictError,
    DatabaseProblemError,
    UnauthorizedError,
    connect,
)
from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.cli.test_api import wait_until

if TYPE_CHECKING:
    from movierec_assets_tests.client.ways import Way


def test_both_clients_have_the_same_methods_with_the_same_arguments() -> None:
    def methods(of: type) -> dict[str, str]:
        named = inspect.getmembers(of, inspect.isfunction)
        return {n: str(inspect.signature(f)) for n, f in named if not n.startswith("_")}

    waiting, awaited = methods(Client), methods(AsyncClient)
    assert awaited.pop("send_batches")
    assert waiting.pop("close")
    assert waiting == awaited


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"address": "mysql://x"}, "an address must be `http://"),
        ({"address": "127.0.0.1:8000"}, "an address must be `http://"),
        ({"key": "k"}, "a key is for an API"),
        ({"address": "http://x", "role": "movierec_api"}, "a role is for the project's own database"),
        ({"address": "postgresql://u:p%zz@[h/d"}, "the address cannot be read"),
        ({"role": "postgres"}, "role 'postgres': must be one of analyst_reader"),
    ],
)
def test_what_cannot_be_connected_to_is_refused_without_its_password(
    arguments: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said) as caught:
        connect(**arguments)
    assert "p%zz" not in str(caught.value)


def test_a_client_shows_neither_password_nor_key(database: Way, server: Way) -> None:
    for way in (database, server):
        arguments = way.arguments["data_scientist"]
        with way.client() as db:
            assert "127.0.0.1" in repr(db)
            assert "data_scientist" not in repr(db)
            assert arguments.get("key", "?") not in repr(db)


def test_a_password_after_the_question_mark_is_not_shown_either() -> None:
    with pytest.raises(DatabaseProblemError) as caught:
        connect("postgresql://127.0.0.1:1/movierec?user=me&password=geheim")
    assert "127.0.0.1:1/movierec" in str(caught.value)
    assert "geheim" not in str(caught.value)


def test_a_key_that_is_not_accepted_or_a_login_that_fails_is_told(server: Way, database: Way) -> None:
    address = server.arguments["data_scientist"]["address"]
    for key in ("", "wrong"):
        with connect(address, key=key) as db, pytest.raises(UnauthorizedError):
            db.count("titles")
    login = database.arguments["data_scientist"]["address"]
    with pytest.raises(DatabaseProblemError, match="password authentication failed") as caught:
        connect(login.replace("data_scientist:", "data_scientist:wrong"))
    assert "wrong" not in str(caught.value)
    with pytest.raises(DatabaseProblemError, match=r"no connection to postgresql://127\.0\.0\.1:1/movierec"):
        connect("postgresql://ann:secret@127.0.0.1:1/movierec")


def test_the_projects_database_by_url_takes_the_passwords_of_the_settings(
    database: Way, tcp_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from movierec_assets_tests.client.conftest import PASSWORDS

    monkeypatch.setenv("MOVIEREC_DATABASE_URL", tcp_url)
    with pytest.raises(DatabaseProblemError, match="MOVIEREC_PASSWORDS__DATA_SCIENTIST"):
        connect()
    monkeypatch.setenv("MOVIEREC_PASSWORDS__DATA_SCIENTIST", PASSWORDS["data_scientist"])
    with connect() as db:
        assert db.read("select current_user as who")["who"].tolist() == ["data_scientist"]


def test_a_fresh_home_gets_tables_and_roles(home: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOVIEREC_HOME", str(home))
    with connect() as db:
        assert db.count("titles") == 0
        assert db.write("people", {"person_id": 1, "full_name": "Ann"}) == 1
        assert db.read("select current_user as who")["who"].tolist() == ["data_scientist"]


def test_a_closed_client_says_so_and_leaves_no_thread(way: Way) -> None:
    before = threading.active_count()
    with way.client() as db:
        assert db.count("titles") == 6
    with pytest.raises(RuntimeError, match="the client is closed"):
        db.count("titles")
    db.close()
    # A thread that is done takes a moment to end.
    wait_until(lambda: threading.active_count() <= before, "the end of the threads")


def test_many_threads_use_one_client(way: Way) -> None:
    with way.client() as db, ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: db.count("titles"), range(100))) == {6}


def test_of_many_who_change_what_they_read_nobody_loses_a_change(way: Way) -> None:
    """The counter ends at the number of changes that were not refused."""
    with way.client() as db, ThreadPoolExecutor(8) as pool:
        db.write("people", {"person_id": 5000, "full_name": "0"})

        def count_up(_: int) -> int:
            row = db.get("people", 5000)
            try:
                db.update("people", 5000, {"full_name": str(int(row["full_name"]) + 1)}, if_match=row.etag)
            except ConflictError:
                return 0
            return 1

        done = sum(pool.map(count_up, range(80)))
        assert db.get("people", 5000)["full_name"] == str(done)
        assert 0 < done <= 80
        db.delete("people", 5000)


def test_it_works_where_an_event_loop_is_running_as_in_a_notebook(way: Way) -> None:
    async def cell() -> int:
        with way.client() as db:
            return int(db.count("titles"))

    assert asyncio.run(cell()) == 6


def test_many_requests_are_made_at_once_on_an_event_loop(way: Way) -> None:
    from movierec_assets.client import aconnect

    async def ask() -> list[int]:
        async with aconnect(**way.arguments["data_scientist"]) as db:
            return await asyncio.gather(*(db.count("titles") for _ in range(50)))

    with way.here():
        assert asyncio.run(ask()) == [6] * 50


def test_a_forked_child_opens_its_own_connections_and_leaves_the_parents_alone(way: Way) -> None:
    with way.client() as db:
        assert db.count("titles") == 6
        read, write = os.pipe()
        if (child := os.fork()) == 0:
            try:
                with way.here():
                    os.write(write, str(db.count("titles")).encode())
                db.close()
            finally:
                os._exit(0)
        os.close(write)
        with os.fdopen(read) as answer:
            assert answer.read() == "6"
        assert os.waitpid(child, 0)[1] == 0
        assert db.count("titles") == 6


def test_an_interrupt_ends_a_long_call_and_the_client_goes_on(way: Way) -> None:
    with way.client() as db:
        main = threading.main_thread().ident
        assert main is not None
        timer = threading.Timer(0.5, lambda: signal.pthread_kill(main, signal.SIGINT))
        timer.start()
        began = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            db.read("select pg_sleep(60)::text as slept")
        assert time.monotonic() - began < 10
        assert db.count("titles") == 6


def test_a_script_that_closes_nothing_ends_by_itself_and_quietly(way: Way) -> None:
    program = (
        "from movierec_assets.client import connect\n"
        f"db = connect(**{way.arguments['data_scientist']!r})\n"
        "print(db.count('titles'))\n"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MOVIEREC_")}
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", program],
        env={**kept, **way.environment, "PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "6\n", "")
