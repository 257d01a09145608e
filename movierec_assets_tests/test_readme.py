"""The README's commands, and those of docs/database.md about scenarios, run as they stand there.

What they print has the shape that is shown.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.settings import CHECKOUT
from movierec_assets_tests.cli.test_api import running
from movierec_assets_tests.homes import MOVIELENS_ASSETS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.resources.database import Database
    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Server

TEXT = (CHECKOUT / "README.md").read_text()
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w*)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)

DATABASE = (CHECKOUT / "docs" / "database.md").read_text()
(SCENARIOS,) = re.findall(r"^```console\n(\$ movierec scenario .*?)^```", DATABASE, re.MULTILINE | re.DOTALL)

FRONT_DOOR = "make run"
SEEN = "asset                  rows  seconds  status        why"
SQL = "$ movierec sql"
DRY_RUN = "$ MOVIEREC_ALS__RANK=20 movierec run --dry-run"
S3 = "export AWS_ACCESS_KEY_ID"
POSTGRESQL = "export MOVIEREC_DATABASE_URL"
KERNEL = ".venv/bin/python -m ipykernel"
NOTEBOOK = "from movierec_assets.notebook import"
FOLD_IN = "from movierec_assets.domain.recommender.folding import"
CURL = "curl 'http://127.0.0.1:8000/"
CLIENT = "from movierec_assets.client import connect"


def block(start: str, *replaced: tuple[str, str]) -> str:
    """The block that begins so, with what only its reader can know put in."""
    (found,) = [text for _, text in BLOCKS if text.startswith(start)]
    for placeholder, value in replaced:
        assert placeholder in found
        found = found.replace(placeholder, value)
    return found


def typed(text: str) -> tuple[str, list[str]]:
    """A console block's command and what it printed."""
    command, *output = text.removeprefix("$ ").splitlines()
    return command, output


@pytest.fixture
def shell_path(tmp_path: Path) -> str:
    """A PATH on which `movierec` is this code."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "movierec"
    start = "from movierec_assets.cli import script; script()"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{start}" "$@"\n')
    program.chmod(0o755)
    return f"{folder}:{os.environ['PATH']}"


def run(script: str, home: Home, shell_path: str, **variables: str) -> str:
    """What a shell prints on stdout that runs the script and stops at its first failure."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("MOVIEREC_", "AWS_"))},
        "PYTHONPATH": str(CHECKOUT),
        "MOVIEREC_HOME": str(home.path),
        "PATH": shell_path,
        **variables,
    }
    done = subprocess.run(
        ["sh", "-e", "-c", script],
        env=environment,
        cwd=home.path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done
    return done.stdout


def test_every_block_of_the_readme_is_tried_here() -> None:
    starts = (FRONT_DOOR, SEEN, SQL, DRY_RUN, S3, POSTGRESQL, KERNEL, NOTEBOOK, FOLD_IN, CURL, CLIENT)
    assert [sum(text.startswith(start) for start in starts) for _, text in BLOCKS] == [1] * len(starts)


def test_the_targets_of_make_do_what_the_readme_says(tmp_path: Path) -> None:
    meant = dict(line.split("#") for line in block(FRONT_DOOR).splitlines())
    assert {command.strip() for command in meant} == {"make run", "make test"}
    named = {target.split()[1] for target in re.findall(r"`(make [^`]+)`", TEXT)}
    for target in named | {"run", "test"}:
        done = subprocess.run(
            ["make", "-n", "-C", str(CHECKOUT), target], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (target, done.stderr)
        assert {"run": "movierec run", "test": "pytest", "up": "movierec up", "api": "movierec api"}.get(
            target, ""
        ) in done.stdout


def test_a_run_prints_the_table_and_the_users_that_are_shown(landed_home: Home, shell_path: str) -> None:
    printed = run("movierec run", landed_home, shell_path).splitlines()
    head, *rows = (line for line in block(SEEN).splitlines() if line != "…")
    assert printed[0].split() == head.split()
    outcome = re.compile(r"(\w+) +([\d,]+) +([\d.]+)  (\w+)  (.+)")
    made = {found[1]: found.groups()[3:] for line in printed if (found := outcome.fullmatch(line.rstrip()))}
    assert len(made) == MOVIELENS_ASSETS
    for line in rows:
        if found := outcome.fullmatch(line):
            assert made[found[1]] == found.groups()[3:]
        else:
            shape = re.sub(r"\\?\d+", r"\\d+", re.escape(line).replace(r"\ ", " "))
            shape = re.sub(r"^(  (?:liked|recommended) +).*", r"\1\\S.*", shape)
            assert any(re.fullmatch(shape, other.rstrip()) for other in printed), line
    assert f"{MOVIELENS_ASSETS} fresh; " in run("movierec run", landed_home, shell_path)


def test_the_example_of_sql_gives_the_columns_and_rows_that_are_shown(
    tiny_home: Home, shell_path: str
) -> None:
    command, (head, *rows, count) = typed(block(SQL))
    printed = run(f"{command} 2>&1", tiny_home, shell_path).splitlines()
    assert printed[0].split() == head.split()
    assert [line.split()[:2] for line in printed[1:-1]] == [line.split()[:2] for line in rows]
    assert all("  because you rated " in line for line in (*rows, *printed[1:-1]))
    assert printed[-1] == count


def test_a_changed_parameter_is_told_as_it_is_shown(tiny_home: Home, shell_path: str) -> None:
    command, output = typed(block(DRY_RUN))
    printed = run(command, tiny_home, shell_path).splitlines()
    assert [line.rstrip() for line in printed] == output


def test_land_and_run_on_s3_as_the_readme_says(
    empty_home: Home, shell_path: str, s3_server: S3Server, tiny_movielens: Path
) -> None:
    lake = s3_server.new_bucket()
    script = block(
        S3,
        ("AWS_ACCESS_KEY_ID=…", f"AWS_ACCESS_KEY_ID={s3_server.access_key}"),
        ("AWS_SECRET_ACCESS_KEY=…", f"AWS_SECRET_ACCESS_KEY={s3_server.secret_key}"),
        ("eu-central-1", s3_server.region),
        ("https://s3.example.org", s3_server.endpoint),
        ("my-landing", s3_server.new_bucket()),
        ("my-lake", lake),
        ("ml-latest-small", str(tiny_movielens)),
    )
    assert f"{MOVIELENS_ASSETS} materialised" in run(script, empty_home, shell_path)
    listed = s3_server.client().list_objects_v2(Bucket=lake, Prefix="movierec/recommendations/")
    assert listed["KeyCount"] > 1
    assert not (empty_home.path / "lake").exists()


def test_run_and_ask_on_postgresql_by_url_as_the_readme_says(
    landed_home: Home, shell_path: str, tcp_database: Database
) -> None:
    assert tcp_database.url
    script = block(POSTGRESQL, ("postgresql://user:password@db.example.org:5432/movierec", tcp_database.url))
    assert run(script, landed_home, shell_path).split()[-2:] == ["count", "20"]
    assert not (landed_home.path / "postgres").exists()


def test_the_snapshot_before_goes_live_again_as_the_readme_says(tiny_home: Home, shell_path: str) -> None:
    (command,) = set(re.findall(r"`(movierec publication rollback [a-z_]+)`", TEXT))
    tiny_home.made(MOVIEREC_TOP_N="1")
    run(command, tiny_home, shell_path)
    assert tiny_home.rows("select count(*) from serving.recommendations") == [(20,)]


def test_a_scenario_is_made_listed_reported_and_dropped_as_the_document_says(
    catalogue_home: Home, shell_path: str
) -> None:
    commands = [line.removeprefix("$ ") for line in SCENARIOS.splitlines()]
    assert [command.split()[2] for command in commands] == ["make", "list", "report", "drop"]
    made, listed, reported, dropped = (run(command, catalogue_home, shell_path) for command in commands)
    assert (made, dropped) == ("", "")
    assert re.search(r"^busy +2000 +100000 +90 +42 ", listed, re.MULTILINE)
    assert re.search(r"^popularity exponent +1\.1 ", reported, re.MULTILINE)
    assert "<svg" in (catalogue_home.path / "busy.html").read_text()
    assert catalogue_home.rows("select scenario from simulation.scenarios") == [("default",)]


def test_a_new_users_ratings_are_folded_in_as_the_readme_says(
    tiny_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOVIEREC_HOME", str(tiny_home.path))
    *imports, last = block(FOLD_IN, ("[1, 260]", "[1, 2]")).splitlines()
    names: dict[str, object] = {}
    exec("\n".join(imports), names)
    found = eval(last, names).tolist()
    # Rated movies 1 to 7, but for the two.
    assert sorted(found) == [3, 4, 5, 6, 7]


def test_the_lines_of_python_give_what_their_comments_say(
    tiny_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    monkeypatch.setenv("MOVIEREC_HOME", str(tiny_home.path))
    imports, *lines = (line for line in block(NOTEBOOK).splitlines() if line)
    names: dict[str, object] = {}
    exec(imports, names)
    live, older, alike = (eval(line, names) for line in lines)
    assert isinstance(live, pd.DataFrame)
    assert live.equals(older)
    assert len(live) == TINY["ratings.csv"].count("\n") - 1
    assert list(alike.columns) == ["movieId", "similarity"]


def test_the_kernel_is_installed_by_the_command_of_the_readme(
    empty_home: Home, shell_path: str, tmp_path: Path
) -> None:
    script = block(KERNEL, (".venv/bin/python", sys.executable))
    run(script, empty_home, shell_path, JUPYTER_DATA_DIR=str(tmp_path / "jupyter"))
    assert (tmp_path / "jupyter" / "kernels" / "movierec" / "kernel.json").exists()


@pytest.fixture
def served(both_home: Home) -> Iterator[str]:
    """Address of a web API over a finished home."""
    with running(both_home, "--workers", "1") as (port, _):
        yield f"http://127.0.0.1:{port}"


def test_the_lines_of_curl_are_answered_as_the_readme_says(
    served: str, empty_home: Home, shell_path: str
) -> None:
    lines = block(CURL, ("http://127.0.0.1:8000", served)).replace("curl ", "curl -sS --fail ").splitlines()
    recommended, rated, titles, sessions = (run(line, empty_home, shell_path) for line in lines)
    assert {item["movie_id"] for item in json.loads(recommended)["items"]} == {3, 5}
    assert json.loads(rated)["rating"] == 4.5
    assert [title["title_id"] for title in json.loads(titles)["items"]] == ["tm3", "tm1"]
    head, *rows = csv.reader(sessions.splitlines())
    assert head[:4] == ["scenario", "session_id", "user_id", "title_id"]
    assert len(rows) == 100


def test_the_lines_of_the_client_give_what_they_promise(served: str) -> None:
    imports, connecting, *lines = (
        line for line in block(CLIENT, ("http://127.0.0.1:8000", served)).splitlines() if line
    )
    names: dict[str, Any] = {}
    exec(f"{imports}\n{connecting}", names)
    with names["db"]:
        own, new, titles, kinds, made, other = (eval(line, names) for line in lines)
    assert set(own["movie_id"]) == {3, 5, 7}
    assert set(new["movie_id"]) == {3, 5, 6}
    assert titles["title_id"].tolist() == ["tm3", "tm1", "tm2"]
    assert kinds.to_dict("records") == [{"kind": "movie", "titles": 4}, {"kind": "show", "titles": 2}]
    assert (made.users, made.sessions) == (200, 10_000)
    # In so small a catalogue somebody with 50 viewings has seen everything.
    assert list(other.columns) == list(own.columns)
