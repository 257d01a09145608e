"""Requests made up by schemathesis from the OpenAPI document, in all its phases, with all its checks."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
import uvicorn

from movierec_assets.publication import publish
from movierec_assets.schema import table
from movierec_assets_tests.api.served import Api, application, titles
from movierec_assets_tests.databases import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI

    from movierec_assets.resources.database import Database

EXAMPLES = int(os.environ.get("MOVIEREC_TEST_SCHEMATHESIS_EXAMPLES", "0"))
"""How many requests to make up for each operation in each phase, and the edges of every parameter beside; 0 for two of
each and no edges."""
MANY = 5_000
"""Requests that are made at least where a number was given."""

CONFIGURATION = """
seed = 1
workers = 1
continue-on-failure = true
request-timeout = 30
headers = {{ Authorization = "Bearer {key}" }}

[generation]
mode = "all"
max-examples = {examples}
deterministic = true
database = "none"

[phases.coverage]
enabled = {coverage}

[phases.stateful.generation]
max-examples = {examples}

# A schema cannot say that a row refers to another that is there, that one day lies after another, or that a statement
# is one of SQL: 422; a version that is made up is an old one: 412; there is no movie of any number yet.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", "401", "403", "404", "409", "412", "413", "422"]

# RFC 6585 has a status of its own for a missing If-Match.
[checks.missing_required_header]
expected-statuses = ["422", "428"]
"""


@dataclass
class Counting:
    """An application, and the statuses that it answered."""

    app: FastAPI
    statuses: list[int] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                self.statuses.append(message["status"])
            await send(message)

        await self.app(scope, receive, watched)


@pytest.fixture
def models_of_one_movie(database: Database, served: Api) -> None:
    """Titles are there and models are published, so that recommendations can be made."""
    declared = table("movie_factors")
    rows = {
        "model": ["ranking_model", "als_model"],
        "movieId": [111, 111],
        "factors": [[0.5, 0.1]] * 2,
        "model_version": ["2", "2"],
        "reg_param": [0.1, 0.1],
        "alpha": [40.0, None],
        "nonnegative": [False, False],
    }
    publish(database, declared, pa.table(rows, declared.arrow_schema()), "2", None, 1)
    # Not that of the examples, which is deleted by theirs.
    titles(served, {}, {})


@contextmanager
def running(app: Any) -> Iterator[str]:
    """The application served over HTTP; its address."""
    port = free_port()
    # Servers refuse an address above 64 kB themselves, in words of their own; here the application is to answer it.
    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="warning", http="h11", h11_max_incomplete_event_size=1 << 24
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        end = time.monotonic() + 30
        while not server.started:
            assert time.monotonic() < end
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.mark.timeout(7200 if EXAMPLES else 600)
def test_schemathesis_finds_nothing(
    database: Database, served: Api, models_of_one_movie: None, tmp_path: Path
) -> None:
    app = application(database, hosts="127.0.0.1")
    settings = CONFIGURATION.format(
        examples=EXAMPLES or 2,
        coverage="true" if EXAMPLES else "false",
        key=served.keys["movierec_api"],
    )
    (tmp_path / "schemathesis.toml").write_text(settings)
    counting = Counting(app)
    program = Path(sys.executable).with_name("schemathesis")
    with running(counting) as address:
        done = subprocess.run(
            [program, "--config-file", tmp_path / "schemathesis.toml", "run", f"{address}/openapi.json"],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    shown = "\n".join(line[:300] for line in done.stdout.splitlines())
    assert done.returncode == 0, shown[-20_000:] + done.stderr[-2_000:]
    assert len(counting.statuses) >= (MANY if EXAMPLES else 2 * len(app.openapi()["paths"]))
    assert [status for status in counting.statuses if status >= 500] == []
    # It got somewhere: rows were made and found again.
    assert {200, 201, 204, 404, 422} <= set(counting.statuses)
