"""Secrets are looked for in all that a system says, shows and keeps, while it is well and while parts of it fail.

Not searched, as secrets belong there: the environment of its processes, the files that `…_FILE` names, and stdout of
`movierec key create`. Tests go on from each other's state.
"""

from __future__ import annotations

import gzip
import json
import re
import time
import zlib
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from movierec_assets.resources import engine
from movierec_assets.resources.spark_server import stop_servers
from movierec_assets_tests.databases import PASSWORD, _server, free_port
from movierec_assets_tests.databases import _folder as server_folder
from movierec_assets_tests.faults import plan
from movierec_assets_tests.homes import Home, _folder
from movierec_assets_tests.operations.leaks import Search
from movierec_assets_tests.operations.refusing_s3 import refusing_s3
from movierec_assets_tests.operations.secret_system import (
    SECRETS,
    SecretSystem,
    engine_address,
    made_system,
)
from movierec_assets_tests.operations.ui_questions import QUESTIONS
from movierec_assets_tests.running_up import Up, running_up
from movierec_assets_tests.s3 import S3Process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not plan.LONG, reason="`make fault-test` does it")

SAID_BY_COMMANDS = [
    *(("run", "--json"), ("run", "--dry-run", "--json"), ("status", "--json"), ("doctor", "--json")),
    *(("key", "list"), ("metrics",), ("publication", "list", "recommendations"), ("init",)),
    ("sql", "--as", "analyst_reader", "select count(*) from serving.recommendations"),
]
DAEMON_RUNS = "select count(*) from dagster.runs where pipeline_name = 'landed' and status = 'SUCCESS'"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretSystem]:
    """The system, in which nothing has run."""
    # The embedded engine of this process keeps the keys that it first met.
    stop_servers()
    with (
        _folder() as folder,
        server_folder() as server,
        # So that its log has every statement.
        _server(server, "-c log_statement=all") as url,
        made_system(Home(folder / "home"), server, url, S3Process(tmp_path_factory.mktemp("s3"))) as system,
    ):
        yield system


@pytest.fixture(scope="module")
def up(system: SecretSystem, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """`movierec up` on it."""
    variables = {**system.home.variables, **system.variables}
    with running_up(tmp_path_factory.mktemp("up"), variables) as up:
        yield up


@pytest.fixture(autouse=True)
def _nothing_found(system: SecretSystem, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """After each test, what this process has printed by itself is looked through too."""
    yield
    for said in capfd.readouterr():
        system.search.text("streams of a command's process", said)
    found = system.search.found[:]
    # Each test answers for itself.
    system.search.found.clear()
    assert found == []


def test_a_planted_secret_is_found_wherever_and_however_it_stands(
    system: SecretSystem, tmp_path: Path
) -> None:
    """Otherwise the other tests could not fail."""
    for name, secret in SECRETS.items():
        for planted in (
            secret,
            f"postgresql://movierec:{quote(secret, safe='')}@db/movierec",
            "Basic " + b64encode(f"user:{secret}".encode()).decode(),
            json.dumps({"secret": secret}),
            zlib.compress(secret.encode()),
            gzip.compress(secret.encode()),
            b64encode(zlib.compress(secret.encode())),
        ):
            search = Search(SECRETS)
            search.text("here", planted)
            assert [found.partition(" in here")[0] for found in search.found] == [name]
    secret = SECRETS["database password"]
    search = Search({"planted": secret})
    (tmp_path / "log").write_text(f"trace: {secret}")
    search.files("files", tmp_path)
    place = {"Bucket": "lake-of-secrets", "Key": "planted"}
    system.s3.client().put_object(**place, Body=secret.encode())
    search.objects(system.s3.client(), "lake-of-secrets")
    system.s3.client().delete_object(**place)
    with system.superuser() as connection:
        connection.execute(
            "CREATE TABLE planted AS SELECT %s::bytea AS packed", [zlib.compress(secret.encode())]
        )
        search.tables(connection)
        connection.execute("DROP TABLE planted")
    assert [found.partition(",")[0].partition(" in ")[2] for found in search.found] == [
        *("files: log", "object planted", "table public.planted"),
    ]


@pytest.mark.parametrize("arguments", SAID_BY_COMMANDS, ids=" ".join)
def test_a_command_that_succeeds_tells_none(system: SecretSystem, arguments: tuple[str, ...]) -> None:
    assert system.told(*arguments)


FAILURES: dict[str, tuple[Callable[[SecretSystem], dict[str, str]], str]] = {
    "a wrong password": (
        lambda s: {"MOVIEREC_DATABASE_URL": s.url_with(SECRETS["wrong database password"])},
        "password authentication failed",
    ),
    "a password that is not encoded": (
        lambda s: {"MOVIEREC_DATABASE_URL": s.url_with(PASSWORD, encoded=False)},
        "cannot be read",
    ),
    "a database that is away": (
        lambda s: {"MOVIEREC_DATABASE_URL": re.sub(r":\d+/", f":{free_port()}/", s.url)},
        "no connection to the database movierec at 127.0.0.1",
    ),
    "an engine that is away": (
        lambda s: {"MOVIEREC_ENGINE_FILE": str(s.file("engine", engine_address()))},
        "no Spark Connect server answers",
    ),
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_run_that_fails_tells_none(
    system: SecretSystem, failure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.2)
    variables, words = FAILURES[failure]
    given = variables(system)
    said = system.told("run", "--json", "--force", "--select", "cleaned_tags", code=1, **given)
    assert words in said
    # Not even a part of what was taken for another part of the URL.
    assert "w:rd" not in said
    system.told("doctor", code=1, **given)


def test_a_run_that_s3_refuses_tells_none_though_the_server_repeats_the_token(system: SecretSystem) -> None:
    system.land("movies.csv", "9,New (2020),Drama\n")
    with refusing_s3(system.s3) as (endpoint, refused):
        variables = {
            **system.variables,
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_SESSION_TOKEN": SECRETS["S3 session token"],
        }
        selected = ("--select", "raw_movies", "--select", "cleaned_tags")
        process = system.home.start("run", "--json", "--force", *selected, **variables)
        out, err = process.communicate(timeout=120)
    assert {"GET", "PUT"} <= set(refused)
    statuses = {asset["asset"]: asset["status"] for asset in json.loads(out)["assets"]}
    assert statuses == dict.fromkeys(("raw_movies", "cleaned_tags", "quarantine_tags"), "failed")
    system.search.text("movierec run, S3 refuses", out + err)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_ui_shows_none(system: SecretSystem, up: Up, question: str) -> None:
    body = json.dumps({"query": QUESTIONS[question]}).encode()
    status, answer = system.ask(f"{up.ui}/graphql", body, **{"Content-Type": "application/json"})
    assert status == 200
    assert "errors" not in json.loads(answer), answer
    if question == "runs":
        for run in json.loads(answer)["data"]["runsOrError"]["results"]:
            assert system.ask(f"{up.ui}/download_debug/{run['runId']}")[0] == 200


@pytest.mark.parametrize(
    ("path", "key", "status"),
    [
        *[(path, "app", 200) for path in ("/", "/openapi.json", "/metrics", "/health/ready", "/v1/titles")],
        *[("/v1/titles", "", 401), ("/v1/titles", "another", 401), ("/v1/none", "app", 404)],
        *[("/v1/titles?limit=no", "app", 422), ("/v1/titles?nothing=1", "app", 422)],
    ],
)
def test_the_web_api_answers_with_none(
    system: SecretSystem, up: Up, path: str, key: str, status: int
) -> None:
    # One that is not accepted has all of another one in it.
    shown = system.keys.get(key) or (system.keys["app"] + "x" if key else "")
    found, answer = system.ask(up.api + path, **({"Authorization": f"Bearer {shown}"} if shown else {}))
    assert found == status, answer


def test_nothing_that_is_kept_holds_one_after_the_daemon_has_run(system: SecretSystem, up: Up) -> None:
    before = system.count(DAEMON_RUNS)
    system.land("tags.csv", "2,2,new,1000000200\n")

    def has_run() -> bool:
        system.search.processes()
        time.sleep(0.5)
        return system.count(DAEMON_RUNS) > before

    up.wait_for("a run of the daemon", has_run)
    system.told("backup")
    (dump,) = system.home.path.glob("backups/*/database.dump")
    system.search.dump(dump)
    system.search.files("home", system.home.path)
    system.search.text("log of the database's server", (system.server / "log").read_bytes())
    for bucket in ("lake-of-secrets", "landing-zone"):
        system.search.objects(system.s3.client(), bucket)
    with system.superuser() as connection:
        system.search.tables(connection)
    seen = {surface.partition(":")[0].partition(" ")[0] for surface in system.search.seen}
    assert {"home", "object", "table", "dump", "log", "arguments", "movierec"} <= seen


def test_ui_api_and_daemon_tell_none_when_the_database_has_gone(system: SecretSystem, up: Up) -> None:
    head = {"Authorization": f"Bearer {system.keys['analyst']}", "Content-Type": "application/json"}
    sql = (f"{up.api}/v1/sql", json.dumps({"statement": "select 1"}).encode())
    assert system.ask(*sql, **head)[0] == 200
    system.stop_database()
    # At once, as each waits for a connection for a while.
    with ThreadPoolExecutor() as pool:
        asked = [(f"{up.api}/health/ready", None), (f"{up.api}/v1/titles", None), sql]
        answers = [pool.submit(system.ask, *one, **head) for one in asked]
        question = json.dumps({"query": QUESTIONS["runs"]}).encode()
        pool.submit(system.ask, f"{up.ui}/graphql", question, **head)
        assert [answer.result()[0] for answer in answers] == [503, 503, 503]
    for command in (("status",), ("doctor",), ("run",), ("backup",), ("key", "list")):
        system.told(*command, code=1)
    said = up.end()
    assert b"connection" in said
    system.search.text("log of movierec up", said)
