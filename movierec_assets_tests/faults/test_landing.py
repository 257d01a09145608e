"""What an upload does to a run: cut off, replaced while it is read, a line of a gigabyte, ten thousand files."""

from __future__ import annotations

import json
import os
import threading
import time
from typing import TYPE_CHECKING

from movierec_assets_tests.faults.contents import Contents, lake_contents, variant
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

GIGABYTE = 1 << 30
FILES = 10_000
RATINGS = 300_000
"""Enough that reading them takes several times as long as a replacement."""


def land(home: Home, number: int) -> None:
    for name, text in variant(number).items():
        home.write(name, text)


def test_an_upload_that_was_cut_off_loses_no_line_and_its_end_is_taken_in_later(
    ready_home: Home, clean: list[Contents]
) -> None:
    land(ready_home, 1)
    whole = variant(1)["ratings.csv"]
    cut = whole[: whole.index("2,5,4.0,") + 6]
    # In place, as a copy that has no name of its own until it is whole.
    (ready_home.landing / "ratings.csv").write_bytes(cut.encode())
    outcomes = ready_home.run()
    lines = [line for line in cut.split("\r\n")[1:] if line]
    assert outcomes["raw_ratings"]["rows"] == len(lines)
    assert outcomes["cleaned_ratings"]["rows"] + outcomes["quarantine_ratings"]["rows"] == len(lines)
    quarantined = ready_home.movierec("quarantine", "ratings", "--csv").out
    assert quarantined.splitlines()[1:] == [
        'ratings,movielens/ratings.csv,8,unreadable: 3 fields instead of 4,"2,5,4."'
    ]
    (ready_home.landing / "ratings.csv").write_bytes(whole.encode())
    ready_home.run()
    assert lake_contents(ready_home.settings()) == clean[1].lake


def many_ratings(stars: str) -> str:
    lines = [f"{1 + n // 100},{1 + n % 6},{stars},{1000000000 + n}" for n in range(RATINGS)]
    return TINY["ratings.csv"].splitlines()[0] + "\n" + "\n".join(lines) + "\n"


def test_a_file_that_is_replaced_while_it_is_read_is_taken_in_as_one_of_its_versions(
    ready_home: Home,
) -> None:
    versions = {stars: many_ratings(stars) for stars in ("2.0", "4.0")}
    ready_home.write("ratings.csv", versions["2.0"])
    ended = threading.Event()

    def replace() -> None:
        while not ended.wait(0.05):
            for text in versions.values():
                ready_home.write("ratings.csv", text)

    uploader = threading.Thread(target=replace)
    uploader.start()
    try:
        done = ready_home.movierec("run", "--json", "--select", "raw_ratings")
    finally:
        ended.set()
        uploader.join()
    outcome = next(a for a in json.loads(done.out)["assets"] if a["asset"] == "raw_ratings")
    # Replaced at each attempt.
    assert outcome["status"] == "materialised" or "read it again" in outcome["cause"], outcome
    assert ready_home.run("--select", "raw_ratings")["raw_ratings"]["rows"] == RATINGS
    from movierec_assets.runtime import open_lake

    ratings = open_lake(ready_home.settings()).open("raw_ratings").arrow(["rating"])["rating"]
    assert ratings.unique().to_pylist() == [4.0]


def peak_of(home: Home, *arguments: str) -> tuple[int, float, str]:
    """Exit status, most memory in MB, and stderr of the command as a process of its own."""
    process = home.start(*arguments)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read()
    err = process.stderr.read().decode()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024, err


def test_a_line_of_a_gigabyte_is_one_row_in_quarantine_and_takes_no_memory(ready_home: Home) -> None:
    select = ("run", "--json", "--select", "+cleaned_tags")
    code, ordinary, err = peak_of(ready_home, *select)
    assert code == 0, err
    with (ready_home.landing / "tags.csv").open("r+b") as tags:
        tags.seek(0, os.SEEK_END)
        tags.write(b"3,1,")
        # A hole, which takes no space on disk and reads as zeros.
        tags.truncate(tags.tell() + GIGABYTE)
        tags.seek(0, os.SEEK_END)
        tags.write(b",1000000300\r\n3,1,after,1000000301\r\n")
    code, peak, err = peak_of(ready_home, *select)
    assert code == 0, err
    assert peak < ordinary + 150
    quarantined = ready_home.movierec("quarantine", "tags").out
    assert "line longer than 1048576 bytes; only its beginning is kept" in quarantined
    assert ready_home.run("--select", "cleaned_tags")["cleaned_tags"]["rows"] == 5


def test_ten_thousand_other_files_are_looked_at_once_and_hold_nothing_up(
    ready_home: Home, clean: list[Contents]
) -> None:
    land(ready_home, 0)
    for number in range(FILES):
        (ready_home.landing / f"{number}.csv").write_text(f"{number}\n")
    began = time.monotonic()
    ready_home.run()
    first = time.monotonic() - began
    assert lake_contents(ready_home.settings()) == clean[0].lake
    assert ready_home.rows("select count(*) from ledger.files") == [(FILES + 4,)]
    began = time.monotonic()
    assert ready_home.made() == set()
    assert time.monotonic() - began < 15
    assert first < 120
