"""`movierec api` as processes: it answers, outlives killed workers and databases, and says what is in its way."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import psutil
import pytest

from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from movierec_assets_tests.homes import Home

PATIENCE_SECONDS = 60


def status(port: int, path: str = "/health/ready", key: str = "") -> int:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=10
        ) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(json.loads(error.read())["status"])
    except OSError:
        return 0


def wait_until(is_so: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < end, f"{what}: not after {PATIENCE_SECONDS} s"
        time.sleep(0.05)


@contextmanager
def running(home: Home, *arguments: str, **variables: str) -> Iterator[tuple[int, psutil.Process]]:
    port = free_port()
    process = home.start("api", "--port", str(port), *arguments, quiet=True, **variables)
    try:
        wait_until(lambda: status(port) == 200, "an answer")
        yield port, psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def workers(parent: psutil.Process) -> list[psutil.Process]:
    found = []
    for child in parent.children():
        with suppress(psutil.NoSuchProcess):  # a zombie is none either
            if "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
    return found


@pytest.mark.parametrize("count", [1, 2])
def test_it_answers_while_workers_are_killed_and_new_ones_take_their_place(
    tiny_home: Home, count: int
) -> None:
    with running(tiny_home, "--workers", str(count)) as (port, parent):
        wait_until(lambda: len(workers(parent)) == count, "the workers")
        first = {p.pid for p in workers(parent)}
        for worker in workers(parent):
            worker.kill()
            wait_until(lambda: status(port) == 200, "an answer after a worker was killed")
        wait_until(
            lambda: len({p.pid for p in workers(parent)} - first) == count and status(port) == 200,
            "new workers",
        )


def test_it_finds_its_database_again_after_that_was_killed(tiny_home: Home) -> None:
    with running(tiny_home, "--workers", "1") as (port, _):
        pid = int((tiny_home.path / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGKILL)
        seen: list[int] = []

        def ready() -> bool:
            seen.append(status(port))
            return seen[-1] == 200 and pid_of(tiny_home) != pid

        wait_until(ready, "the database")
        assert set(seen) <= {200, 503}


def test_its_workers_end_where_it_is_killed_and_leave_the_port_free(tiny_home: Home) -> None:
    with running(tiny_home, "--workers", "2") as (port, parent):
        wait_until(lambda: len(workers(parent)) == 2, "two workers")
        orphans = workers(parent)
        parent.kill()
        _, alive = psutil.wait_procs(orphans, timeout=30)
        assert alive == []
        socket.create_server(("127.0.0.1", port)).close()


def pid_of(home: Home) -> int:
    try:
        return int((home.path / "postgres" / "data" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, IndexError):
        return 0


def test_a_key_that_is_made_while_it_runs_is_needed_at_once(tiny_home: Home) -> None:
    with running(tiny_home, "--workers", "1") as (port, _):
        key = tiny_home.movierec("key", "create", "app").out.strip()
        wait_until(lambda: status(port, "/v1/nothing") in (401, 404), "an answer")
        assert status(port, "/health/live") == 200
        wait_until(lambda: status(port, "/v1/movies", key) != 401, "the new key")


@pytest.mark.parametrize(
    ("arguments", "variables", "message"),
    [
        (("--host", "0.0.0.0"), {}, "without a key everybody who reaches 0.0.0.0 could write"),
        (("--port", "{taken}"), {}, "cannot be listened on: Address already in use; choose another --port"),
        ((), {"MOVIEREC_API__RATE_LIMIT": "often"}, "MOVIEREC_API__RATE_LIMIT: must be a number of requests"),
    ],
)
def test_what_is_in_its_way_is_said_before_it_starts(
    tiny_home: Home, arguments: tuple[str, ...], variables: dict[str, str], message: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        given = [a.format(taken=taken.getsockname()[1]) for a in arguments]
        done = tiny_home.movierec("api", *given, **variables)
    assert done.code != 0
    assert message in done.err


@pytest.fixture
def elsewhere(tcp_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "MOVIEREC_DATABASE_URL": tcp_url,
        "MOVIEREC_LANDING_URI": str(tmp_path / "landing"),
        "MOVIEREC_LAKE_URI": str(tmp_path / "lake"),
    }


def test_in_production_it_does_not_start_without_a_key_nor_without_its_login(
    tiny_home: Home, elsewhere: dict[str, str]
) -> None:
    places = {"MOVIEREC_PROFILE": "production", **elsewhere}
    done = tiny_home.movierec("api", **places)
    assert done.code == 1
    assert "the production profile needs a key before it answers: `movierec key create NAME`" in done.err
    assert tiny_home.movierec("key", "create", "app", **places).code == 0
    done = tiny_home.movierec("api", **places)
    assert done.code == 1
    assert "MOVIEREC_PASSWORDS__MOVIEREC_LOGIN and run `movierec grant`" in done.err


def test_in_compose_it_starts_without_a_key_and_refuses_every_request(
    tiny_home: Home, elsewhere: dict[str, str]
) -> None:
    login = {"MOVIEREC_PASSWORDS__MOVIEREC_LOGIN": "correct-horse-battery"}
    places = {"MOVIEREC_PROFILE": "compose", **elsewhere, **login}
    assert tiny_home.movierec("grant", **places).code == 0
    with running(tiny_home, "--workers", "1", **places) as (port, _):
        assert status(port, "/v1/movies") == 401
        key = tiny_home.movierec("key", "create", "first", **places).out.strip()
        wait_until(lambda: status(port, "/v1/movies", key) != 401, "the new key")
