"""A disk that is full or takes no writes: the run says which, what is there stays whole, and later runs complete."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets_tests.faults.contents import lake_contents, statement, variant
from movierec_assets_tests.faults.small_disk import small_disk

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.homes import Home


def land(home: Home, number: int) -> None:
    for name, text in variant(number).items():
        home.write(name, text)


def published(home: Home, contents: Contents) -> dict[str, str]:
    return dict(home.rows(statement(list(contents.published))))


@pytest.mark.parametrize("trouble", ["full", "read-only"])
def test_a_lake_that_cannot_be_written_is_told_with_what_to_do_and_stays_whole(
    ready_home: Home, clean: list[Contents], tmp_path: Path, trouble: str
) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        lake = {"MOVIEREC_LAKE_URI": str(disk.path / "lake")}
        land(ready_home, 0)
        ready_home.run(**lake)
        land(ready_home, 1)
        disk.fill() if trouble == "full" else disk.set_read_only(True)
        outcomes = ready_home.run(ok=False, **lake)
        for name in ("raw_ratings", "raw_tags"):
            assert outcomes[name]["status"] == "failed"
            for words in (lake["MOVIEREC_LAKE_URI"], "cannot be used", "free space"):
                assert words in outcomes[name]["cause"]
            assert ("No space left" if trouble == "full" else "Read-only file system") in outcomes[name][
                "cause"
            ]
        assert lake_contents(ready_home.settings(lake_uri=lake["MOVIEREC_LAKE_URI"])) == clean[0].lake
        assert published(ready_home, clean[0]) == clean[0].published
        disk.free() if trouble == "full" else disk.set_read_only(False)
        ready_home.run(**lake)
        assert lake_contents(ready_home.settings(lake_uri=lake["MOVIEREC_LAKE_URI"])) == clean[1].lake
        assert published(ready_home, clean[1]) == clean[1].published


@pytest.mark.parametrize("left", [0, 30_000, 150_000])
def test_a_disk_that_fills_up_during_a_run_leaves_every_table_whole(
    ready_home: Home, clean: list[Contents], tmp_path: Path, left: int
) -> None:
    with small_disk(tmp_path / "disk", 24) as disk:
        lake = {"MOVIEREC_LAKE_URI": str(disk.path / "lake")}
        settings = ready_home.settings(lake_uri=lake["MOVIEREC_LAKE_URI"])
        land(ready_home, 0)
        ready_home.run(**lake)
        land(ready_home, 1)
        disk.fill(left)
        outcomes = ready_home.run(ok=False, **lake)
        causes = [asset["cause"] for asset in outcomes.values() if asset["status"] == "failed"]
        assert causes
        assert all("No space left" in cause for cause in causes), causes
        for name, content in lake_contents(settings, set(clean[0].lake)).items():
            assert content in {clean[0].lake[name], clean[1].lake[name]}, name
        disk.free()
        ready_home.run(**lake)
        assert lake_contents(settings) == clean[1].lake


def test_a_database_whose_disk_is_full_is_told_and_goes_on_when_there_is_space(
    ready_home: Home, clean: list[Contents], tmp_path: Path
) -> None:
    land(ready_home, 0)
    ready_home.run()
    stop_embedded(ready_home.path)
    folder = ready_home.path / "postgres"
    before = tmp_path / "before"
    shutil.move(folder, before)
    with small_disk(folder, 256) as disk:
        subprocess.run(["cp", "-a", f"{before}/.", str(folder)], check=True)
        land(ready_home, 1)
        disk.fill(200_000)
        process = ready_home.start("run", "--json")
        _, err = process.communicate(timeout=120)
        assert process.returncode == 1
        assert "No space left on device" in err.decode()
        assert "Traceback" not in err.decode()
        disk.free()
        ready_home.run()
        assert published(ready_home, clean[1]) == clean[1].published
        assert lake_contents(ready_home.settings()) == clean[1].lake
        stop_embedded(ready_home.path)


def test_a_home_that_takes_no_writes_is_told_with_its_variable(ready_home: Home, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 8) as disk:
        disk.set_read_only(True)
        done = ready_home.movierec("run", MOVIEREC_HOME=str(disk.path))
        assert done.code == 1
        assert "Read-only file system" in done.err
        assert "MOVIEREC_HOME: must be a folder that can be made and written" in done.err


def test_landing_on_a_full_disk_leaves_the_old_file_and_no_part_of_the_new(
    empty_home: Home, tiny_movielens: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 1) as disk:
        landing = {"MOVIEREC_LANDING_URI": str(disk.path / "landing")}
        assert empty_home.movierec("land", str(tiny_movielens), **landing).code == 0
        before = {path: path.read_bytes() for path in disk.path.rglob("*") if path.is_file()}
        large = tmp_path / "ratings.csv"
        large.write_text("userId,movieId,rating,timestamp\n" + "1,1,5.0,1000000001\n" * 100_000)
        done = empty_home.movierec("land", str(large), **landing)
        assert done.code == 1
        assert f"landing zone {landing['MOVIEREC_LANDING_URI']}: No space left on device" in done.err
        assert "MOVIEREC_LANDING_URI" in done.err
        assert {path: path.read_bytes() for path in disk.path.rglob("*") if path.is_file()} == before
