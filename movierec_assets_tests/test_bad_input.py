"""Files with bad rows, wrong headers and missing files, through the whole graph."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.homes import AFTER_RATINGS, Done
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

PUBLISHED = (
    "select (select count(*) from serving.recommendations), (select count(*) from serving.movie_stats),"
    " (select array_agg(snapshot_id order by dataset) from publication.current)"
)
BAD_ROWS = {
    b"7,1": "unreadable: 2 fields instead of 4",
    b"abc,1,3.0,1000000023": "unreadable: userId: 'abc' is not a whole number",
    b"7,2,7.0,1000000024": "rating: above 5",
    b"2147483648,2,4.0,1000000025": "userId: above 2147483647",
    b"7,2147483648,4.0,1000000025": "movieId: above 2147483647",
    b",2,3.0,1000000025": "userId: null",
    b"7,\xff\xfe2,3.0,1000000026": "unreadable: not UTF-8 at byte 3",
    b'7,"2,3.0,1000000027': "unreadable: unclosed quote",
}


def quarantined(home: Home, *arguments: str) -> list[dict[str, str]]:
    done = home.movierec("quarantine", *arguments, "--csv")
    assert done.code == 0, done
    return list(csv.DictReader(io.StringIO(done.out)))


def ratings_with(rows: list[bytes]) -> bytes:
    return TINY["ratings.csv"].encode().replace(b"\n", b"\r\n") + b"".join(row + b"\r\n" for row in rows)


def test_good_rows_arrive_and_each_bad_row_is_in_quarantine_with_its_rule_and_text(tiny_home: Home) -> None:
    rows = [*BAD_ROWS, b"7,3,3.0,1000000028", b""]
    (tiny_home.landing / "ratings.csv").write_bytes(ratings_with(rows))
    outcomes = tiny_home.run()
    assert outcomes["raw_ratings"]["rows"] == 31
    assert outcomes["cleaned_ratings"]["rows"] == 23
    assert outcomes["quarantine_ratings"]["rows"] == 8
    assert tiny_home.rows("select count(*) from serving.recommendations where user_id = 7") == [(6,)]
    assert quarantined(tiny_home, "ratings") == [
        {
            "source": "ratings",
            "file": "movielens/ratings.csv",
            "line": str(number),
            "rule": rule,
            "text": text.decode("utf-8", "backslashreplace"),
        }
        for number, (text, rule) in enumerate(BAD_ROWS.items(), 24)
    ]


def test_a_rating_without_a_time_is_kept_and_does_not_hold_up_what_is_published(tiny_home: Home) -> None:
    (tiny_home.landing / "ratings.csv").write_bytes(ratings_with([b"7,3,3.0,"]))
    assert tiny_home.run()["cleaned_ratings"]["rows"] == 23
    assert tiny_home.rows("select count(*) from serving.recommendations where user_id = 7") == [(6,)]


def test_a_run_in_which_something_failed_ends_with_a_line_that_names_it(tiny_home: Home) -> None:
    tiny_home.write("tags.csv", "")
    done = tiny_home.movierec("run")
    assert done.code == 1
    assert done.err.endswith("error failed: raw_tags; what was published before stays live\n")


def test_quarantine_shows_every_source_and_names_an_unknown_one(tiny_home: Home) -> None:
    assert [(row["source"], row["line"], row["rule"]) for row in quarantined(tiny_home)] == [
        ("links", "8", "tmdbId: null")
    ]
    assert "7,0081846," in tiny_home.movierec("quarantine", "links").out
    unknown = tiny_home.movierec("quarantine", "genres")
    assert unknown.code == 1
    assert "movies, ratings, tags, links" in unknown.err


def test_replay_takes_mended_rows_in_again_and_makes_what_follows(tiny_home: Home) -> None:
    mended = TINY["links.csv"].replace("7,0081846,", "7,0081846,42")
    tiny_home.write("links.csv", mended.replace("\n", "\r\n"))
    done = tiny_home.movierec("replay", "links")
    assert done.code == 0, done
    assert done.out.splitlines()[-1].split() == ["links", "1", "0"]
    assert quarantined(tiny_home) == []
    assert tiny_home.made() == set()
    assert tiny_home.movierec("replay").err.strip() == "quarantine is empty: nothing to replay"


def test_replay_of_a_file_that_was_not_mended_leaves_its_rows_in_quarantine(tiny_home: Home) -> None:
    done = tiny_home.movierec("replay")
    assert done.code == 0
    assert done.out.splitlines()[-1].split() == ["links", "1", "1"]
    assert len(quarantined(tiny_home)) == 1


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("userId,movieId,stars,timestamp\n1,1,5.0,1\n", "userId,movieId,stars,timestamp"),
        ("", "empty"),
    ],
)
def test_wrong_header_stops_its_source_and_leaves_what_is_published(
    tiny_home: Home, content: str, found: str
) -> None:
    before = tiny_home.rows(PUBLISHED)
    tiny_home.write("ratings.csv", content)
    tiny_home.write("tags.csv", TINY["tags.csv"] + "2,1,toys,1000000105\n")
    outcomes = tiny_home.run(ok=False)
    failed = {name: asset["cause"] for name, asset in outcomes.items() if asset["status"] == "failed"}
    assert set(failed) == {"raw_ratings"}
    assert "movielens/ratings.csv" in failed["raw_ratings"]
    assert found in failed["raw_ratings"]
    assert "userId,movieId,rating,timestamp" in failed["raw_ratings"]
    skipped = {name for name, asset in outcomes.items() if asset["status"] == "skipped"}
    assert skipped == AFTER_RATINGS | {"cleaned_ratings", "quarantine_ratings"}
    assert outcomes["cleaned_tags"]["status"] == "materialised"
    assert tiny_home.rows(PUBLISHED) == before
    shown = tiny_home.movierec("run")
    assert shown.code == 1
    assert "userId,movieId,rating,timestamp" in shown.out


def test_ratings_of_which_none_can_be_kept_are_refused_and_what_is_published_stays(tiny_home: Home) -> None:
    before = tiny_home.rows(PUBLISHED)
    tiny_home.write("ratings.csv", re.sub(r",[0-9.]+,(?=10)", ",10,", TINY["ratings.csv"]))
    outcomes = tiny_home.run(ok=False)
    failed = {name: asset["cause"] for name, asset in outcomes.items() if asset["status"] == "failed"}
    assert set(failed) == {"cleaned_ratings", "quarantine_ratings"}
    assert (
        "none of the 22 rows of movielens/ratings.csv can be kept, 22 of them as `rating: above 5`"
        in (failed["cleaned_ratings"])
    )
    assert tiny_home.rows(PUBLISHED) == before


def test_file_that_is_missing_is_an_error_that_names_it_and_leaves_what_is_published(tiny_home: Home) -> None:
    before = tiny_home.rows(PUBLISHED)
    (tiny_home.landing / "ratings.csv").unlink()
    outcomes = tiny_home.run(ok=False)
    assert outcomes["raw_ratings"]["status"] == "failed"
    assert "ratings.csv missing" in outcomes["raw_ratings"]["cause"]
    assert outcomes["recommendations"]["status"] == "skipped"
    assert tiny_home.rows(PUBLISHED) == before


def test_dataset_that_was_never_whole_fails_by_name_and_takes_the_other_files_in(landed_home: Home) -> None:
    (landed_home.landing / "links.csv").unlink()
    outcomes = landed_home.run(ok=False)
    assert outcomes["raw_links"]["status"] == "failed"
    assert "links.csv missing" in outcomes["raw_links"]["cause"]
    assert outcomes["joined_features"]["status"] == "skipped"
    assert outcomes["recommendations"]["status"] == "materialised"


def test_file_that_is_mended_after_a_failure_is_taken_in(tiny_home: Home) -> None:
    good = (tiny_home.landing / "ratings.csv").read_bytes()
    tiny_home.write("ratings.csv", "no header\n")
    tiny_home.run(ok=False)
    (tiny_home.landing / "ratings.csv").write_bytes(good)
    assert tiny_home.made() <= {"raw_ratings"}
    states = json.loads(tiny_home.movierec("status", "--json").out)["landing files"]
    assert {file["state"] for file in states} == {"loaded"}


def test_land_refuses_a_file_with_a_wrong_header_and_lands_nothing(empty_home: Home) -> None:
    archive = empty_home.path / "set.zip"
    with zipfile.ZipFile(archive, "w") as target:
        for name, text in {**TINY, "tags.csv": "a,b\n1,2\n"}.items():
            target.writestr(f"ml/{name}", text)
    done: Done = empty_home.movierec("land", str(archive))
    assert done.code == 1
    assert "userId,movieId,tag,timestamp" in done.err
    assert not empty_home.landing.exists()
