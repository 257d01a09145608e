"""`movierec up`: the daemon brings what lands to the published tables by itself, also after it was killed."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
import urllib.request
from typing import TYPE_CHECKING

import psutil

from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    from movierec_assets_tests.homes import Home

PATIENCE_SECONDS = 400
POLL = {"MOVIEREC_POLL_SECONDS": "5"}
RUNS = "select status, count(*) from dagster.runs group by 1"
LIVE = "select count(*), count(distinct user_id) from serving.recommendations where user_id = 7"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, is_so: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert process.poll() is None, f"`movierec up` ended while waiting for {what}"
        assert time.monotonic() < end, f"{what}: not after {PATIENCE_SECONDS} s"
        time.sleep(0.2)


def test_what_lands_is_published_by_the_daemon_which_goes_on_after_it_was_killed(tiny_home: Home) -> None:
    port = free_port()
    process = tiny_home.start("up", "--port", str(port), "--api-port", str(free_port()), quiet=True, **POLL)

    def statuses() -> dict[str, int]:
        return dict(tiny_home.rows(RUNS))  # type: ignore[arg-type]

    def nothing_is_stale() -> bool:
        plan = json.loads(tiny_home.movierec("run", "--dry-run", "--json").out)
        return not plan["stale"]

    def answers() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/server_info", timeout=5) as page:
                return page.status == 200
        except OSError:
            return False

    wait_for("the page", answers, process)
    new_user = "".join(f"7,{movie},{stars},1000000200\n" for movie, stars in ((1, 5.0), (3, 4.0)))
    tiny_home.write("ratings.csv", (TINY["ratings.csv"] + new_user).replace("\n", "\r\n"))
    wait_for("a run", lambda: "STARTED" in statuses(), process)
    for child in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
        if not child.name().startswith("postgres"):
            child.kill()
    process.communicate()
    assert statuses()["STARTED"] == 1

    process = tiny_home.start("up", "--port", str(port), "--api-port", str(free_port()), quiet=True, **POLL)
    wait_for("the new user's recommendations", lambda: tiny_home.rows(LIVE)[0][1] == 1, process)
    wait_for("everything else", nothing_is_stale, process)
    wait_for("the end of all runs", lambda: not set(statuses()) - {"SUCCESS", "FAILURE"}, process)
    assert statuses()["FAILURE"] == 1
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert tiny_home.made() == set()
