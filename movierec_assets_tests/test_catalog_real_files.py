"""The real catalogue through the whole graph: known counts, nothing that the files say is lost, MovieLens met."""

from __future__ import annotations

import csv
import io
import shutil
from typing import TYPE_CHECKING

import pytest

from movierec_assets.schema import LANDING_FILES
from movierec_assets_tests.catalogue_files import NAMES
from movierec_assets_tests.catalogue_rebuilt import raw_rows, rebuilt
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets_tests.homes import Home

LINES = {
    "titles": 5806,
    "credits": 77213,
    "best_movies": 387,
    "best_shows": 246,
    "best_movies_by_year": 49,
    "best_shows_by_year": 31,
}
REJECTED = {"titles": 1, "credits": 1}


def test_every_line_is_kept_or_in_quarantine(real_catalogue_home: Home) -> None:
    outcomes = real_catalogue_home.run()
    assert {asset["status"] for asset in outcomes.values()} == {"fresh"}
    rows = {name: asset["rows"] for name, asset in outcomes.items()}
    assert {source: rows[f"raw_{source}"] for source in LINES} == LINES
    assert {source: rows[f"quarantine_{source}"] for source in LINES} == {
        s: REJECTED.get(s, 0) for s in LINES
    }
    assert {source: rows[f"cleaned_{source}"] + rows[f"quarantine_{source}"] for source in LINES} == LINES
    said = csv.DictReader(io.StringIO(real_catalogue_home.movierec("quarantine", "--csv").out))
    assert [(row["source"], row["line"], row["rule"]) for row in said] == [
        ("titles", "1807", "title: null"),
        ("credits", "29307", "id: no title tm1063792 in raw_titles.csv"),
    ]


def test_every_list_row_is_matched_and_flags_its_title(real_catalogue_home: Home) -> None:
    assert real_catalogue_home.rows(
        "SELECT count(*), count(*) FILTER (WHERE is_all_time_best), count(*) FILTER (WHERE is_year_best),"
        " count(*) FILTER (WHERE is_all_time_best OR is_year_best) FROM catalog.titles"
    ) == [(5805, 633, 80, 639)]
    assert real_catalogue_home.rows(
        "SELECT list, kind, count(*), min(rank), max(rank) FROM catalog.list_entries JOIN catalog.titles"
        " USING (title_id) GROUP BY 1, 2 ORDER BY 1, 2"
    ) == [
        ("all_time", "movie", 387, 1, 387),
        ("all_time", "show", 246, 1, 246),
        ("year", "movie", 49, 1, 49),
        ("year", "show", 31, 1, 31),
    ]
    for table, flag in (("genres", "is_main_genre"), ("production_countries", "is_main_country")):
        assert real_catalogue_home.rows(
            f"SELECT count(DISTINCT title_id) FROM catalog.{table} WHERE {flag}"
        ) == [(639,)]


@pytest.mark.parametrize("source", NAMES)
def test_the_files_can_be_rebuilt_from_the_normalised_tables(
    real_catalogue_home: Home, shared_catalogue: Path, source: str
) -> None:
    raw = raw_rows((shared_catalogue / NAMES[source]).read_text("utf-8"), source)
    found = rebuilt(real_catalogue_home, source)
    if source in REJECTED:
        raw, found = sorted(raw), sorted(found)
    assert len(found) == LINES[source]
    assert [pair for pair in zip(found, raw, strict=True) if pair[0] != pair[1]] == []


@pytest.mark.parametrize("source", NAMES)
def test_schema_raw_shows_the_files_as_they_are(
    real_catalogue_home: Home, shared_catalogue: Path, source: str
) -> None:
    file = LANDING_FILES[source]
    names = ", ".join(f'"{c.name.lower()}"' for c in file.raw_columns)
    found = real_catalogue_home.rows(f"SELECT {names} FROM raw.{source} ORDER BY _line")
    said = [tuple("" if value is None else str(value) for value in row) for row in found]
    text = (shared_catalogue / file.name).read_text("utf-8")
    assert said == [tuple(row) for row in csv.reader(io.StringIO(text, newline=""))][1:]


def test_movielens_that_lands_later_is_met_by_367_titles(
    real_catalogue_home: Home, shared_movielens: Path
) -> None:
    real_catalogue_home.landing.mkdir()
    for name in TINY:
        shutil.copyfile(shared_movielens / name, real_catalogue_home.landing / name)
    made = real_catalogue_home.made("--select", "+titles")
    assert {"movielens_titles", "titles"} <= made
    assert not {name for name in made if "credits" in name or "best" in name or name == "people"}
    assert real_catalogue_home.rows("SELECT count(*) FROM serving.movielens_titles") == [(367,)]
    assert real_catalogue_home.rows(
        "SELECT count(movie_id), count(*) FILTER (WHERE movie_id IS NOT DISTINCT FROM m.movie) FROM catalog.titles"
        " LEFT JOIN (SELECT title_id, movie_id AS movie FROM serving.movielens_titles) m USING (title_id)"
    ) == [(367, 5805)]
    assert real_catalogue_home.rows("SELECT movie_id FROM catalog.titles WHERE title_id = 'tm84618'") == [
        (111,)
    ]
