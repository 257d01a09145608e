"""A database and a lake that an earlier version of the program wrote, upgraded without a row lost.

`stored/before_the_web_api.tar.xz` holds `database.sql` (`pg_dump` of everything, Dagster's storage too), `landing/`
and `lake/` of a home on which commit c9bd4f9 ran `movierec run` over `TINY` with two broken lines and `TINY_CATALOGUE`;
after it a person renamed a title and added a user of a scenario of their own. Neither feedback nor keys nor migrations
existed.
"""

from __future__ import annotations

import tarfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from movierec_assets.migrations.upgrading import known
from movierec_assets.resources.embedded_postgres import start_embedded
from movierec_assets.resources.postgres_server import run_program
from movierec_assets.resources.server_account import server_account
from movierec_assets_tests.contents import delta_rows, rows

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

STORED = Path(__file__).parent / "stored" / "before_the_web_api.tar.xz"


@pytest.fixture
def stored_home(empty_home: Home) -> Home:
    """A home as the earlier version left it."""
    with tarfile.open(STORED) as archive:
        archive.extractall(empty_home.path, filter="data")
    server = start_embedded(empty_home.path)
    where = ["-h", server.socket_folder, "-p", str(server.state.port), "-U", "postgres", "-d", "movierec"]
    code, output = run_program(
        "psql",
        [*where, "-q", "-v", "ON_ERROR_STOP=1"],
        server_account(),
        cwd=server.folder,
        text=(empty_home.path / "database.sql").read_text(),
    )
    assert code == 0, output
    return empty_home


def test_every_row_of_an_earlier_versions_database_is_there_after_the_upgrade(stored_home: Home) -> None:
    before = rows(stored_home)
    assert {"catalog.titles", "ledger.files", "publication.snapshots", "dagster.event_logs"} <= set(before)
    assert not any(name.startswith(("feedback.", "access.", "migrations.")) for name in before)
    planned = stored_home.movierec("migrate", "--dry-run")
    assert (planned.code, "CREATE TABLE feedback.ratings" in planned.out) == (0, True)
    assert rows(stored_home) == before
    assert stored_home.movierec("migrate").code == 0
    after = rows(stored_home)
    for name in before:
        assert after[name] == before[name], name
    assert after["migrations.alembic_version"] == Counter([f"({known()[-1]})"])
    assert after["feedback.ratings"] == after["access.keys"] == Counter()


def test_the_graph_runs_on_an_earlier_versions_database_and_lake_and_no_persons_row_is_lost(
    stored_home: Home,
) -> None:
    edits = "SELECT title_id, title FROM catalog.titles WHERE title = 'What a person wrote'"
    mine = "SELECT user_id, birth_date FROM simulation.users WHERE scenario = 'mine'"
    before, lake = [stored_home.rows(edits), stored_home.rows(mine)], delta_rows(stored_home)
    assert [len(found) for found in before] == [1, 1]
    assert len(lake["quarantine_ratings"]) >= 2
    first = stored_home.run()
    # What the later version made in the same way is not made again.
    assert first["raw_movies"]["status"] == "fresh"
    assert [stored_home.rows(edits), stored_home.rows(mine)] == before
    now = delta_rows(stored_home)
    for name in ("cleaned_ratings", "quarantine_ratings", "cleaned_movies", "raw_ratings", "titles"):
        assert now[name] == lake[name], name
    assert {asset["status"] for asset in stored_home.run().values()} == {"fresh"}
    assert stored_home.rows("SELECT count(*) > 0 FROM serving.rating_histories") == [(True,)]
