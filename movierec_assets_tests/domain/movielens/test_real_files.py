"""ml-latest-small through ingestion, cleaning, joining and statistics: known counts, the same on both engines."""

from __future__ import annotations

from types import SimpleNamespace

import pyarrow as pa
import pytest

from movierec_assets.domain.cleaning import classify, quarantined
from movierec_assets.domain.ingest import read_records
from movierec_assets.domain.movielens.clean import cleaned
from movierec_assets.domain.movielens.join import joined_features
from movierec_assets.domain.movielens.stats import movie_stats
from movierec_assets.domain.profile import profile
from movierec_assets.schema import LANDING_FILES, table
from movierec_assets_tests.frames import rows_of

LINES = {"movies": 9742, "ratings": 100836, "tags": 3683, "links": 9742}
KEPT = {"movies": 9742, "ratings": 100836, "tags": 3683, "links": 9734}


def results_on(session, folder):
    """Cleaned and quarantine tables of every source, the two features, and the lines of each file."""
    tables, lines = {}, {}
    for source, file in ((s, LANDING_FILES[s]) for s in LINES):
        with (folder / file.name).open("rb") as stream:
            raw = pa.Table.from_batches(list(read_records(stream, file, file.path)))
        lines[source] = raw.num_rows
        classified = classify(session.createDataFrame(raw), file)
        tables[f"cleaned_{source}"] = cleaned(classified, file)
        tables[f"quarantine_{source}"] = quarantined(classified, file)
    tables["joined_features"] = joined_features(
        *(tables[f"cleaned_{s}"] for s in ("ratings", "movies", "tags", "links"))
    )
    tables["movie_stats"] = movie_stats(tables["cleaned_ratings"])
    return SimpleNamespace(
        tables=tables, lines=lines, profiles={n: profile(data, table(n)) for n, data in tables.items()}
    )


@pytest.fixture(scope="module")
def on_sail(spark_embedded, shared_movielens):
    return results_on(spark_embedded, shared_movielens)


def test_every_line_of_every_file_is_kept_or_in_quarantine(on_sail):
    assert on_sail.lines == LINES
    assert {s: on_sail.profiles[f"cleaned_{s}"].rows for s in LINES} == KEPT
    assert {s: on_sail.profiles[f"quarantine_{s}"].rows for s in LINES} == {
        s: LINES[s] - KEPT[s] for s in LINES
    }


def test_every_result_obeys_the_registry(on_sail):
    assert {(n, r): c for n, p in on_sail.profiles.items() for r, c in p.violations.items() if c} == {}


def test_ratings_are_joined_once_and_every_rated_movie_has_statistics(on_sail):
    assert on_sail.profiles["joined_features"].rows == 100836
    assert on_sail.profiles["movie_stats"].rows == 9742 - 18
    stars = on_sail.tables["movie_stats"].where("movieId = 1").collect()[0]
    assert (stars["average_rating"], stars["rating_count"]) == (843 / 215, 215)


def test_links_without_a_tmdb_number_are_the_eight_in_quarantine(on_sail):
    assert {row[3] for row in rows_of(on_sail.tables["quarantine_links"])} == {"tmdbId: null"}


def test_titles_lose_year_and_blanks_and_movies_without_genres_have_none(on_sail):
    movies = on_sail.tables["cleaned_movies"]
    # 13 titles do not end with a year in brackets; one of them ends with a range of years.
    assert movies.where("year is null").count() == 12
    assert movies.where(r"title rlike '^ | $|\\([0-9]{4}\\)$'").count() == 0
    assert movies.where("size(genres) = 0").count() == 34


def test_apache_spark_gives_the_same_rows(on_sail, spark_local, shared_movielens):
    assert results_on(spark_local, shared_movielens).profiles == on_sail.profiles
