"""The web API while its workers and its database are killed under load: clean errors, recovery, no lost write."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from movierec_assets_tests.cli.test_api import pid_of, running, status, wait_until, workers

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

KILLS = int(os.environ.get("MOVIEREC_TEST_API_KILLS", "4"))
"""`make fault-test` asks for more."""
SEED = int(os.environ.get("MOVIEREC_TEST_SEED", "20261121"))
WRITERS, READERS = 3, 2
CLEAN = {200, 201, 409, 503}


class Load:
    """Writers that add people, each number once, and readers; what they were told is kept.

    Attributes:
        written: Numbers whose creation was answered with 201, or with 409 after an answer was lost.
        statuses: Statuses of all answers.
        strange: Bodies of answers that are no problem details.
    """

    def __init__(self, port: int) -> None:
        self.port, self.ended = port, threading.Event()
        self.written: list[int] = []
        self.statuses: set[int] = set()
        self.strange: list[str] = []
        self.threads = [threading.Thread(target=self._write, args=(n,)) for n in range(WRITERS)]
        self.threads += [threading.Thread(target=self._read) for _ in range(READERS)]

    def __enter__(self) -> Load:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def _write(self, number: int) -> None:
        person = 1_000_000 + number
        while not self.ended.is_set():
            body = json.dumps({"person_id": person, "full_name": f"Person {person}"})
            answer = self._ask("POST", "/v1/people", body)
            if answer in (201, 409):
                self.written.append(person)
                person += WRITERS
            elif answer != 201:
                time.sleep(0.02)

    def _read(self) -> None:
        while not self.ended.is_set():
            self._ask("GET", "/v1/people?limit=5")
            time.sleep(0.005)

    def _ask(self, method: str, path: str, body: str | None = None) -> int | None:
        """The status; None where the connection broke, as it may where a process is killed."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()
        self.statuses.add(answer.status)
        if answer.status >= 400 and set(json.loads(text)) < {"type", "status", "detail"}:
            self.strange.append(text)
        return answer.status


def test_no_acknowledged_write_is_lost_and_it_recovers_by_itself(tiny_home: Home) -> None:
    chance = random.Random(SEED)
    with running(tiny_home, "--workers", "2") as (port, parent):
        wait_until(lambda: len(workers(parent)) == 2, "two workers")
        with Load(port) as load:
            for number in range(KILLS):
                before = len(load.written)
                wait_until(lambda before=before: len(load.written) > before + 20, "writes")  # type: ignore[misc]
                time.sleep(chance.random() * 0.2)
                if number % 2:
                    wait_until(lambda: bool(workers(parent)), "a worker")
                    chance.choice(workers(parent)).kill()
                else:
                    os.kill(pid_of(tiny_home), signal.SIGKILL)
            before = len(load.written)
            wait_until(lambda: len(load.written) > before + 20, "writes after the last kill")
        assert status(port) == 200
        assert load.statuses <= CLEAN, f"seed {SEED}"
        assert load.strange == []
        kept = {number for (number,) in tiny_home.rows("SELECT person_id FROM catalog.people")}
    assert set(load.written) <= kept
    assert len(set(load.written)) == len(load.written)
