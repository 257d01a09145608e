"""Readers and writers that go on all the time, and write down whatever no reader should ever see."""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, Any

from movierec_assets_tests.faults.contents import statement

if TYPE_CHECKING:
    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.faults.report import Report
    from movierec_assets_tests.faults.system import System

USERS = range(1, 7)
"""Of `TINY`."""
ASKED = [
    *(f"/v1/movielens-users/{user}/recommendations" for user in USERS),
    "/v1/popular",
    "/v1/movies/1/similar",
]
LEDGER = "select count(*), count(distinct key) from ledger.files"


class Watch:
    """Polls the published tables by SQL and over the web API, and adds people whose creation is acknowledged.

    Args:
        system: What is watched.
        allowed: Contents of which each table may have any, whole.
        report: Where violations and counts go.
    """

    def __init__(self, system: System, allowed: list[Contents], report: Report) -> None:
        self._system, self._report = system, report
        self._allowed = {view: {c.published[view] for c in allowed} for view in allowed[0].published}
        self._files = len(allowed[0].ledger)
        self._written: list[int] = []
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=work) for work in (self._by_sql, self._by_api, self._write)]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def lost_writes(self) -> set[int]:
        """People whose creation was acknowledged and who are not there."""
        return set(self._written) - {
            number for (number,) in self._system.home.rows("select person_id from catalog.people")
        }

    def _by_sql(self) -> None:
        import psycopg

        asked, seen = statement(list(self._allowed)), self._report.seen
        while not self._ended.is_set():
            try:
                with self._system.home.connect() as connection:
                    while not self._ended.wait(0.05):
                        for view, content in connection.execute(asked.encode()).fetchall():
                            if content not in self._allowed[view]:
                                self._violation(f"{view} read as {content}")
                        found = connection.execute(LEDGER.encode()).fetchall()
                        if found != [(self._files, self._files)]:
                            self._violation(f"ledger read as {found}")
                        seen["SQL: all tables whole"] += 1
            except (psycopg.Error, OSError, RuntimeError, LookupError) as error:
                # The database is killed; a table that is missing is told apart from that.
                if isinstance(error, psycopg.errors.UndefinedTable):
                    self._violation(str(error))
                seen["SQL: no connection"] += 1
                self._ended.wait(0.1)

    def _by_api(self) -> None:
        number = 0
        while not self._ended.wait(0.05):
            number += 1
            answer, body = self._ask("GET", ASKED[number % len(ASKED)])
            if answer == 200:
                versions = {item["model_version"] for item in body["items"]}
                ranks = [item["rank"] for item in body["items"]]
                if len(versions) != 1 or ranks != [*range(1, len(ranks) + 1)]:
                    self._violation(f"web API answers {ASKED[number % len(ASKED)]} with {body}")

    def _write(self) -> None:
        person = 1_000_000
        while not self._ended.wait(0.1):
            body = json.dumps({"person_id": person, "full_name": f"Person {person}"})
            answer, _ = self._ask("POST", "/v1/people", body)
            # 409: the answer to the creation was lost.
            if answer in (201, 409):
                self._written.append(person)
                person += 1

    def _ask(self, method: str, path: str, body: str | None = None) -> tuple[int | None, Any]:
        """Status and body; None where the connection broke, as it may where a process is killed."""
        connection = HTTPConnection("127.0.0.1", self._system.api_port, timeout=30)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"} if body else {})
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException):
            self._report.seen[f"web API: {method} without an answer"] += 1
            return None, None
        finally:
            connection.close()
        self._report.seen[f"web API: {method} {answer.status}"] += 1
        found = json.loads(text)
        if answer.status not in (200, 201, 409, 503):
            self._violation(f"web API: {method} {path}: {answer.status} {text}")
        if answer.status >= 400 and not {"type", "status", "detail"} <= set(found):
            self._violation(f"web API: no problem details but {text}")
        return answer.status, found

    def _violation(self, what: str) -> None:
        if len(self._report.violations) < 1000:
            self._report.violations.append(what)
