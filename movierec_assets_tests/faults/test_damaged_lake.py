"""Tables of the lake whose log or files are damaged: told by name with what to do, and mended by doing that."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable

from movierec_assets_tests.faults.contents import lake_contents

if TYPE_CHECKING:
    from collections.abc import Callable

    from movierec_assets_tests.homes import Home

TABLE = "cleaned_ratings"


def log_of(folder: Path) -> Path:
    return max((folder / "_delta_log").glob("*.json"))


def file_of(folder: Path) -> Path:
    return Path(DeltaTable(folder).file_uris()[0].removeprefix("file://"))


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def zeroed(path: Path) -> None:
    path.write_bytes(b"\0" * path.stat().st_size)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "log cut": lambda folder: cut(log_of(folder)),
    "log zeroed": lambda folder: zeroed(log_of(folder)),
    "file cut": lambda folder: cut(file_of(folder)),
    "file zeroed": lambda folder: zeroed(file_of(folder)),
    "file gone": lambda folder: file_of(folder).unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_table_is_named_with_what_to_do_and_doing_it_mends_it(tiny_home: Home, damage: str) -> None:
    whole, folder = lake_contents(tiny_home.settings()), tiny_home.path / "lake" / TABLE
    DAMAGES[damage](folder)
    shown = tiny_home.movierec("show", TABLE)
    assert shown.code == 1
    assert f"{TABLE} in the lake is damaged: " in shown.err
    assert "delete it: `movierec run` makes it anew" in shown.err
    assert str(folder) in shown.err
    assert "Traceback" not in shown.err
    shutil.rmtree(folder)
    tiny_home.run()
    assert lake_contents(tiny_home.settings()) == whole


@pytest.mark.parametrize("damage", DAMAGES)
def test_what_reads_a_damaged_table_fails_with_its_name_and_leaves_what_is_there(
    tiny_home: Home, damage: str
) -> None:
    stats = lake_contents(tiny_home.settings(), {"movie_stats"})
    DAMAGES[damage](tiny_home.path / "lake" / TABLE)
    outcomes = tiny_home.run("--force", "--select", "movie_stats", ok=False)
    assert outcomes["movie_stats"]["status"] == "failed"
    assert TABLE in outcomes["movie_stats"]["cause"]
    assert lake_contents(tiny_home.settings(), {"movie_stats"}) == stats


@pytest.mark.parametrize("damage", ["file cut", "file gone"])
def test_making_a_table_anew_mends_files_that_are_cut_or_gone(tiny_home: Home, damage: str) -> None:
    whole = lake_contents(tiny_home.settings())
    DAMAGES[damage](tiny_home.path / "lake" / TABLE)
    tiny_home.run("--force", "--select", TABLE)
    assert lake_contents(tiny_home.settings()) == whole


def test_a_commit_that_was_emptied_is_written_again(tiny_home: Home) -> None:
    whole = lake_contents(tiny_home.settings())
    log_of(tiny_home.path / "lake" / TABLE).write_bytes(b"")
    tiny_home.run("--force", "--select", TABLE)
    assert lake_contents(tiny_home.settings()) == whole
