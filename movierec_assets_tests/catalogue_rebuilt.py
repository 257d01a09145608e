"""The catalogue's raw rows rebuilt from the normalised tables and the quarantine, as texts and without row numbers.

Two things are not in the normalised tables: row numbers, and by which word a file names a country of `COUNTRY_CODES`.
"""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

from movierec_assets.schema import LANDING_FILES
from movierec_assets.schema.catalog_files import COUNTRY_CODES, LIST_GENRES, LISTS

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

Row = tuple[str, ...]
GENRES_OF_LISTS = {meant: word for word, meant in LIST_GENRES.items()}

TITLES = """
SELECT title_id, title, upper(kind), release_year, age_certification, runtime_minutes,
    ARRAY(SELECT genre FROM catalog.genres WHERE title_id = t.title_id ORDER BY position),
    ARRAY(SELECT country FROM catalog.production_countries WHERE title_id = t.title_id ORDER BY position),
    seasons::float8, imdb_id, imdb_score, imdb_votes::float8
FROM catalog.titles t
"""
CREDITS = """
SELECT person_id, title_id, full_name, character, upper(role) FROM catalog.credits JOIN catalog.people USING (person_id)
"""
ENTRIES = """
SELECT title, release_year, score, {} main_genre, main_country
FROM catalog.list_entries e JOIN catalog.titles t USING (title_id)
WHERE e.list = '{}' AND t.kind = '{}' ORDER BY rank
"""
OF_LISTS = {
    "best_movies": "e.votes, e.runtime_minutes,",
    "best_shows": "e.votes, e.runtime_minutes, e.seasons,",
    "best_movies_by_year": "",
    "best_shows_by_year": "e.seasons,",
}


def rebuilt(home: Home, source: str) -> list[Row]:
    """The rows of a file; those of a list in its order, quarantined ones last."""
    if source == "titles":
        rows = home.rows(TITLES)
    elif source == "credits":
        rows = home.rows(CREDITS)
    else:
        kind, which = LISTS[source]
        rows = [
            (*row[:-2], GENRES_OF_LISTS.get(row[-2], row[-2]), row[-1])
            for row in home.rows(ENTRIES.format(OF_LISTS[source], which, kind.lower()))
        ]
    said = csv.DictReader(io.StringIO(home.movierec("quarantine", source, "--csv").out))
    rejected = [_without_index(next(csv.reader([row["text"]])), source) for row in said]
    return [tuple("" if value is None else str(value) for value in row) for row in rows] + rejected


def raw_rows(text: str, source: str) -> list[Row]:
    """The rows of a file's text, with the codes of countries in place of words."""
    _, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    return [_without_index(row, source) for row in rows]


def _without_index(row: list[str], source: str) -> Row:
    expected = len(LANDING_FILES[source].columns)
    words = "|".join(COUNTRY_CODES)
    countries = {"titles": 7, "credits": -1}.get(source, expected - 1)
    values = row[len(row) - expected :]
    if countries >= 0:
        values[countries] = re.sub(rf"\b({words})\b", lambda m: COUNTRY_CODES[m[0]], values[countries])
    return tuple(values)
