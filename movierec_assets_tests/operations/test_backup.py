"""Backups: a round trip, processes killed in the middle, and what is refused."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets_tests.contents import delta_rows, rows
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database
    from movierec_assets_tests.homes import Home

EDIT = "UPDATE catalog.titles SET title = 'Mine'"
PATIENCE_SECONDS = 60


def backed_up(home: Home) -> Path:
    """The folder of a new backup."""
    done = home.movierec("backup")
    assert done.code == 0, done
    return Path(done.out.strip())


def changed(home: Home) -> None:
    """Other ratings taken in, titles edited."""
    home.write("ratings.csv", (TINY["ratings.csv"] + "9,1,5.0,1000000300\n").replace("\n", "\r\n"))
    assert "als_model" in home.made()
    with home.connect() as connection:
        connection.execute(EDIT)


def landed_as_before(home: Home) -> None:
    """The files of the landing zone as they were, which a backup does not hold."""
    home.write("ratings.csv", TINY["ratings.csv"].replace("\n", "\r\n"))


def test_a_restore_brings_back_every_row_of_database_and_lake_and_nothing_is_stale(both_home: Home) -> None:
    before, lake = rows(both_home), delta_rows(both_home)
    folder = backed_up(both_home)
    assert sorted(path.name for path in folder.iterdir()) == ["backup.json", "database.dump"]
    changed(both_home)
    assert delta_rows(both_home) != lake
    done = both_home.movierec("restore", "--replace", str(folder))
    assert done.code == 0, done
    landed_as_before(both_home)
    assert (rows(both_home), delta_rows(both_home)) == (before, lake)
    assert {asset["status"] for asset in both_home.run().values()} == {"fresh"}


def test_a_new_home_with_the_lake_and_the_landing_zone_goes_on_where_the_backup_was(
    both_home: Home, empty_home: Home
) -> None:
    folder = backed_up(both_home)
    before = rows(both_home)
    for part in ("lake", "landing"):
        subprocess.run(["cp", "-a", str(both_home.path / part), str(empty_home.path / part)], check=True)
    done = empty_home.movierec("restore", str(folder))
    assert done.code == 0, done
    assert rows(empty_home) == before
    assert {asset["status"] for asset in empty_home.run().values()} == {"fresh"}


def test_a_second_restore_of_the_same_backup_writes_nothing_to_the_lake(tiny_home: Home) -> None:
    folder = backed_up(tiny_home)
    assert tiny_home.movierec("restore", "--replace", str(folder)).code == 0
    commits = sorted(tiny_home.path.glob("lake/*/_delta_log/*.json"))
    assert tiny_home.movierec("restore", "--replace", str(folder)).code == 0
    assert sorted(tiny_home.path.glob("lake/*/_delta_log/*.json")) == commits


def test_roles_have_their_rights_again_after_a_restore(tiny_home: Home) -> None:
    assert tiny_home.movierec("grant").code == 0
    folder = backed_up(tiny_home)
    assert tiny_home.movierec("restore", "--replace", str(folder)).code == 0
    done = tiny_home.movierec("sql", "--as", "analyst_reader", "select count(*) from serving.recommendations")
    assert done.code == 0, done
    assert tiny_home.movierec("sql", "--as", "analyst_reader", "select 1 from ledger.files").code == 1


def kill_when(process: subprocess.Popen[bytes], so: Callable[[], bool]) -> None:
    """Kill the process (`SIGKILL`) as soon as something is so; it may not end before."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not so():
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < end
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()


def test_a_killed_backup_leaves_nothing_that_looks_complete_and_the_next_one_clears_it_away(
    tiny_home: Home,
) -> None:
    backups = tiny_home.path / "backups"
    for pattern in ("*.part", "*.part/database.dump", "*.part/database.dump"):
        process = tiny_home.start("backup", quiet=True)
        kill_when(process, lambda p=pattern: any(backups.glob(f".{p}")))  # type: ignore[misc]
        assert [path for path in backups.glob("*") if not path.name.startswith(".")] == []
    folder = backed_up(tiny_home)
    assert list(backups.iterdir()) == [folder]
    assert tiny_home.movierec("restore", "--dry-run", str(folder)).code == 0


def marked(home: Home) -> Callable[[], bool]:
    connection = home.connect()

    def look() -> bool:
        return connection.execute("SELECT to_regclass('migrations.restoring') IS NOT NULL").fetchone() == (
            True,
        )

    return look


def loading(home: Home) -> Callable[[], bool]:
    connection = home.connect()
    query = "SELECT count(*) > 0 FROM pg_stat_activity WHERE application_name = 'psql' AND state <> 'idle'"

    def look() -> bool:
        return connection.execute(query).fetchone() == (True,)

    return look


@pytest.mark.parametrize("moment", [marked, loading])
def test_a_killed_restore_is_refused_to_go_on_from_until_it_is_finished(
    both_home: Home, moment: Callable[[Home], Callable[[], bool]]
) -> None:
    before, lake = rows(both_home), delta_rows(both_home)
    folder = backed_up(both_home)
    changed(both_home)
    process = both_home.start("restore", "--replace", str(folder), quiet=True)
    kill_when(process, moment(both_home))
    # Readers have the old rows, whole.
    assert both_home.rows("SELECT DISTINCT title FROM catalog.titles") == [("Mine",)]
    done = both_home.movierec("run")
    assert (done.code, "a restore was interrupted" in done.err, str(folder) in done.err) == (1, True, True)
    assert both_home.movierec("restore", "--replace", str(folder)).code == 0
    landed_as_before(both_home)
    assert (rows(both_home), delta_rows(both_home)) == (before, lake)
    assert {asset["status"] for asset in both_home.run().values()} == {"fresh"}


def refused(home: Home, folder: Path, *arguments: str) -> str:
    """What a restore says that must be refused, after which everything is as it was."""
    before, lake = rows(home), delta_rows(home)
    done = home.movierec("restore", *arguments, str(folder))
    assert done.code == 1
    assert (rows(home), delta_rows(home)) == (before, lake)
    return done.err


def test_a_damaged_or_foreign_backup_is_refused_before_anything_changes(
    tiny_home: Home, tmp_path: Path
) -> None:
    folder = backed_up(tiny_home)
    assert "is not empty" in refused(tiny_home, folder)
    assert "is no backup" in refused(tiny_home, tmp_path, "--replace")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    dump = (copy / "database.dump").read_bytes()
    (copy / "database.dump").write_bytes(dump[:-1])
    assert "is damaged: its SHA-256 is" in refused(tiny_home, copy, "--replace")
    (copy / "database.dump").write_bytes(dump)
    facts = json.loads((copy / "backup.json").read_text())
    (copy / "backup.json").write_text(json.dumps({**facts, "version": "9999"}))
    assert "is of version 9999" in refused(tiny_home, copy, "--replace")
    (copy / "backup.json").write_text(json.dumps({**facts, "format": 2}))
    assert "is not of format 1" in refused(tiny_home, copy, "--replace")


def test_a_backup_whose_files_left_the_lake_is_refused_by_their_names(tiny_home: Home) -> None:
    folder = backed_up(tiny_home)
    facts = json.loads((folder / "backup.json").read_text())
    next((tiny_home.path / "lake" / "cleaned_movies").glob("**/*.parquet")).unlink()
    model = tiny_home.path / "lake" / "models" / "als_model" / facts["models"]["als_model"]
    (model / "_SUCCESS").unlink()
    before = rows(tiny_home)
    done = tiny_home.movierec("restore", "--replace", str(folder))
    assert done.code == 1
    assert f"cleaned_movies version {facts['tables']['cleaned_movies']}: 1 of its files" in done.err
    assert f"als_model version {model.name}" in done.err
    assert rows(tiny_home) == before


def test_a_view_of_somebodys_own_is_not_dropped_unasked(tiny_home: Home) -> None:
    folder = backed_up(tiny_home)
    with tiny_home.connect() as connection:
        connection.execute("CREATE VIEW public.best AS SELECT * FROM serving.recommendations WHERE rank = 1")
    assert "public.best depend on tables that are replaced" in refused(tiny_home, folder, "--replace")


def test_a_database_by_url_is_backed_up_and_restored_in_the_same_way(
    empty_home: Home, tcp_database: Database
) -> None:
    url = {"MOVIEREC_DATABASE_URL": tcp_database.uri}
    assert empty_home.movierec("migrate", **url).code == 0
    with tcp_database.connect() as connection:
        connection.execute(
            "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes)"
            " VALUES ('tm1', '100 % \\ ''quoted''', 'movie', 2000, 9)"
        )
    done = empty_home.movierec("backup", **url)
    assert done.code == 0, done
    with tcp_database.connect() as connection:
        connection.execute("DELETE FROM catalog.titles")
    assert empty_home.movierec("restore", "--replace", done.out.strip(), **url).code == 0
    with tcp_database.connect() as connection:
        found = connection.execute("SELECT title FROM catalog.titles").fetchall()
    assert found == [("100 % \\ 'quoted'",)]
    stop_embedded(empty_home.path)
    assert not (empty_home.path / "postgres").exists()
