"""docs/api.md names what there is, and its lines of curl and Python work as they stand there."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from movierec_assets.api.bodies import JSON_BYTES
from movierec_assets.api.connections import LARGEST
from movierec_assets.api.problems import MEANINGS
from movierec_assets.api.resources.listing import RESOURCES
from movierec_assets.client import Client, ClientError, connect
from movierec_assets.client import errors as types
from movierec_assets.settings import CHECKOUT
from movierec_assets.settings_api import ApiSettings
from movierec_assets_tests.cli.test_api import running

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

TEXT = (CHECKOUT / "docs" / "api.md").read_text()
ADDRESS = "http://127.0.0.1:8000"
LINES = [
    line
    for block in re.findall(r"^```sh\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
    for line in block.replace("\\\n", "").splitlines()
]
CURLS = [line for line in LINES if line.startswith("curl")]
CALLS = re.findall(r"`(db\.[^`]*)`", TEXT)
HERE = {"tm84618": "tm2", "{…}": '{"person_id_min": 1000}', "select …": "select * from catalog.titles"}
"""What only the reader's own data has, with what the tests have in its place."""


@pytest.fixture(scope="module")
def served(_finished_both: Home) -> Iterator[str]:
    """Address of an API over a finished home."""
    from movierec_assets_tests.homes import _folder

    with _folder() as folder:
        home = _finished_both.copy(folder / "home")
        with running(home, "--workers", "1") as (port, _):
            yield f"http://127.0.0.1:{port}"


def here(line: str, address: str) -> str:
    for placeholder, value in {**HERE, ADDRESS: address}.items():
        line = line.replace(placeholder, value)
    return line


@pytest.mark.parametrize("line", CURLS)
def test_a_line_of_curl_is_answered(line: str, served: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("person_id,full_name\n7,Ann\n")
    with connect(served) as db:
        etag = db.get("titles", "tm2").etag
    words = shlex.split(here(line, served).replace('"…"', etag))
    done = subprocess.run(
        [*words, "-sS", "--fail-with-body"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    if "-o" not in words:
        assert done.stdout


def test_the_table_that_curl_writes_to_a_file_is_one(served: str, tmp_path: Path) -> None:
    (line,) = [line for line in CURLS if " -o " in line]
    subprocess.run(shlex.split(here(line, served)), cwd=tmp_path, check=True, capture_output=True)
    assert len(pd.read_parquet(tmp_path / "sessions.parquet")) == 100


def test_the_clients_calls_do_what_stands_beside_them(served: str) -> None:
    with connect(served) as db:
        names: dict[str, Any] = {"db": db, "row": db.get("titles", "tm2")}
        names["frame"] = pd.DataFrame({"person_id": [7, 1000, 1001, 1002], "full_name": "Ann"})
        names["rows"] = {"person_id": 7, "full_name": "Bob"}
        db.simulate("mine", users=20, days=30)
        for call in CALLS:
            if call.startswith("db.simulate"):
                db.delete("users", filters={"scenario": "mine"}, expected=20)
            if call.startswith("db.write"):
                db.delete(
                    "people", filters={"person_id": [7]}, expected=db.count("people", {"person_id": 7}) or 0
                )
            found = eval(here(call, served), names)
            assert found is not None, call
    called = {call.split("(")[0].removeprefix("db.") for call in CALLS}
    assert called == {name for name in vars(Client) if not name.startswith("_")} - {"close", "ready"}


def test_every_resource_is_named_where_it_can_be_written_to_or_read() -> None:
    both, read = re.findall(r"^\| read(?: and write)? \| (.*) \|$", TEXT, re.MULTILINE)
    paths = re.findall(r"`([^`]+)`", both)
    assert sorted(f"/v1/{path}" for path in paths) == sorted(r.path_of_one for r in RESOURCES if r.writable)
    assert sorted(re.findall(r"`([^`]+)`", read)) == sorted(r.name for r in RESOURCES if not r.writable)


def test_the_limits_are_the_defaults() -> None:
    bounds = ApiSettings()
    most, seconds = bounds.rate()
    assert seconds == 1
    for line in (
        f"`MOVIEREC_API__RATE_LIMIT`, {most:,} a second |",
        f"`MOVIEREC_API__BODY_MB`, {bounds.body_mb} MB; {JSON_BYTES // 1_000_000} MB |",
        f"`MOVIEREC_API__ROW_CAP`, {bounds.row_cap:,} |",
        f"| {LARGEST} for each role",
    ):
        assert line in TEXT


def test_every_status_setting_and_error_is_named() -> None:
    statuses = " ".join(re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE))
    assert {int(s) for s in re.findall(r"\d{3}", statuses)} >= {*MEANINGS} - {304, 405, 406, 500}
    named = {f"MOVIEREC_API__{name.upper()}" for name in ApiSettings.model_fields}
    assert set(re.findall(r"MOVIEREC_API__\w+", TEXT)) == named
    kinds = {n for n, e in vars(types).items() if isinstance(e, type) and issubclass(e, ClientError)}
    assert set(re.findall(r"`(\w+Error)`", TEXT)) == kinds
