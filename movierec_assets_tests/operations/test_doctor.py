"""`movierec doctor` on a home where all is well, and on homes where one part is broken on purpose."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.migrations.upgrading import known
from movierec_assets_tests.databases import free_port
from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home
    from movierec_assets_tests.s3 import S3Server


def examined(home: Home, *arguments: str, ok: bool, **variables: str) -> dict[str, list[dict[str, Any]]]:
    """What the doctor said, by part."""
    given = arguments or ("--api", f"http://127.0.0.1:{free_port()}")
    done = home.movierec("doctor", "--json", *given, **variables)
    said = json.loads(done.out)
    assert (said["ok"], done.code) == (ok, 0 if ok else 1), said
    parts: dict[str, list[dict[str, Any]]] = {}
    for finding in said["findings"]:
        parts.setdefault(finding["part"], []).append(finding)
    return parts


def states(parts: dict[str, list[dict[str, Any]]]) -> dict[str, set[str]]:
    return {part: {finding["state"] for finding in found} for part, found in parts.items()}


def test_on_a_finished_home_every_part_is_well(tiny_home: Home) -> None:
    # The files of a copied home are other files, which the ledger is to see first.
    assert tiny_home.made() == set()
    assert tiny_home.movierec("grant").code == 0
    well = {"settings", "home", "disk", "database", "migrations", "extension", "roles", "logins", "ledger"}
    well |= {"Dagster storage", "landing zone", "lake", "engine"}
    found = states(examined(tiny_home, ok=True))
    assert {part for part, said in found.items() if said == {"ok"}} == well
    assert (
        {part for part, said in found.items() if said == {"skipped"}}
        == {"daemon", "web API"}
        == set(found) - well
    )
    assert tiny_home.made() == set()


def test_for_people_each_finding_is_a_line_with_what_to_do_below(tiny_home: Home) -> None:
    done = tiny_home.movierec("doctor", "--api", f"http://127.0.0.1:{free_port()}")
    lines = done.out.splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("warning roles: not made yet"))
    assert lines[at + 1].strip() == "run `movierec grant`"
    assert done.err.splitlines()[-1].endswith("2 skipped")


def test_a_home_in_which_nothing_has_run_is_no_failure(empty_home: Home) -> None:
    found = examined(empty_home, ok=True)
    assert found["migrations"][0]["said"] == "the database is empty"
    assert empty_home.movierec("migrate").code == 0
    assert states(examined(empty_home, ok=True))["migrations"] == {"ok"}


def test_a_wrong_setting_ends_it_at_once(empty_home: Home) -> None:
    found = examined(empty_home, ok=False, MOVIEREC_TOP_N="0")
    assert "MOVIEREC_TOP_N" in found["settings"][0]["said"]
    assert list(found) == ["settings"]


def test_places_that_cannot_be_used_are_named_and_the_rest_is_looked_at_all_the_same(
    tiny_home: Home, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    inside = str(tmp_path / "file" / "folder")
    found = examined(tiny_home, ok=False, MOVIEREC_LAKE_URI=inside, MOVIEREC_LANDING_URI=inside)
    broken = {part for part, found_states in states(found).items() if "failed" in found_states}
    assert broken == {"lake", "landing zone"}
    assert inside in found["lake"][0]["said"]


def test_a_home_that_cannot_be_made_is_named(empty_home: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = examined(empty_home, ok=False, MOVIEREC_HOME=str(tmp_path / "file" / "home"))
    assert found["home"][0]["state"] == found["database"][0]["state"] == "failed"


def test_a_database_that_does_not_answer_is_named_without_its_password(empty_home: Home) -> None:
    url = f"postgresql://movierec:very-secret@127.0.0.1:{free_port()}/movierec"
    found = examined(empty_home, ok=False, MOVIEREC_DATABASE_URL=url)
    assert "no connection to the database movierec at 127.0.0.1" in found["database"][0]["said"]
    assert not {"migrations", "roles", "ledger"} & set(found)
    assert "very-secret" not in json.dumps(found)


@pytest.mark.parametrize(
    ("version", "said"),
    [("0001", f"{len(known()) - 1} steps are due, the next is 0002"), ("9999", "made by a newer program")],
)
def test_tables_of_another_version_are_named(tiny_home: Home, version: str, said: str) -> None:
    with tiny_home.connect() as connection:
        connection.execute("UPDATE migrations.alembic_version SET version_num = %s", [version])
    found = examined(tiny_home, ok=False)
    assert said in found["migrations"][0]["said"]


def test_an_engine_that_does_not_answer_is_named(tiny_home: Home) -> None:
    found = examined(tiny_home, ok=False, MOVIEREC_ENGINE=f"sc://127.0.0.1:{free_port()}")
    assert "no Spark Connect server answers" in found["engine"][0]["said"]


def test_files_that_the_ledger_does_not_know_are_named(tiny_home: Home) -> None:
    assert tiny_home.made() == set()
    tiny_home.write("tags.csv", "userId,movieId,tag,timestamp\r\n1,1,new,1000000000\r\n")
    (tiny_home.landing / "links.csv").unlink()
    said = [finding["said"] for finding in examined(tiny_home, ok=True)["ledger"]]
    assert said == [
        "new or changed since the last look: movielens/tags.csv",
        "gone from the landing zone: movielens/links.csv",
    ]


def test_rights_that_somebody_gave_are_seen(tiny_home: Home) -> None:
    assert tiny_home.movierec("grant").code == 0
    with tiny_home.connect() as connection:
        connection.execute("GRANT SELECT ON ledger.files TO analyst_reader")
    assert "1 rights are not as declared" in examined(tiny_home, ok=True)["roles"][0]["said"]


@contextmanager
def answering(status: int) -> Iterator[str]:
    """An address at which every request is answered so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(("status", "state"), [(200, "ok"), (503, "failed")])
def test_a_web_api_is_asked_whether_it_can_answer(empty_home: Home, status: int, state: str) -> None:
    assert empty_home.movierec("migrate").code == 0
    with answering(status) as address:
        found = examined(empty_home, "--api", address, ok=status == 200)
    assert found["web API"][0]["state"] == state


def test_on_s3_both_stores_are_written_to_and_conditional_puts_are_tried(
    tiny_home: Home, s3_environment: S3Server
) -> None:
    require(
        "s3", s3_environment.program == "versitygw", "moto's server is not asked for conditional puts here"
    )
    bucket = s3_environment.new_bucket()
    stores = {"MOVIEREC_LAKE_URI": f"s3://{bucket}/lake", "MOVIEREC_LANDING_URI": f"s3://{bucket}/landing"}
    found = examined(tiny_home, ok=True, **stores)
    assert [f["said"] for f in found["lake"]] == [
        f"s3://{bucket}/lake can be read and written",
        "conditional puts are refused as they should be",
    ]
    left = s3_environment.client().list_objects_v2(Bucket=bucket).get("Contents", [])
    # pyarrow marks a folder that it has emptied.
    assert [item["Key"] for item in left if not item["Key"].endswith("/")] == []
    found = examined(tiny_home, ok=False, **{**stores, "MOVIEREC_LAKE_URI": "s3://not-there"})
    assert found["lake"][0]["state"] == "failed"
