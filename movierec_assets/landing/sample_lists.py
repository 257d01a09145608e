"""The sample's `raw_titles.csv` and the four lists of the best titles, as CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.landing.sample_catalogue import Title
from movierec_assets.landing.sample_titles import csv_lines

if TYPE_CHECKING:
    from collections.abc import Callable

    from movierec_assets.landing.sample_kinds import Kind

WORDS = {"documentation": "documentary", "music": "musical", "sport": "sports"}
"""What the lists call genres of the titles, where they differ."""

TITLE_FIELDS: dict[str, Callable[[Title], object]] = {
    "id": lambda one: one.id,
    "title": lambda one: one.title,
    "type": lambda one: one.kind.word,
    "release_year": lambda one: one.year,
    "age_certification": lambda one: one.certification,
    "runtime": lambda one: one.runtime,
    "genres": lambda one: list(one.genres),
    "production_countries": lambda one: list(one.countries),
    "seasons": lambda one: _decimal(one.seasons),
    "imdb_id": lambda one: one.imdb_id,
    "imdb_score": lambda one: None if one.tenths is None else one.tenths / 10,
    "imdb_votes": lambda one: _decimal(one.votes),
}

LIST_FIELDS: dict[str, Callable[[Title], object]] = {
    "TITLE": lambda one: one.title,
    "RELEASE_YEAR": lambda one: one.year,
    "SCORE": lambda one: (one.tenths or 0) / 10,
    "NUMBER_OF_VOTES": lambda one: one.votes,
    "DURATION": lambda one: one.runtime,
    "NUMBER_OF_SEASONS": lambda one: one.seasons,
    "MAIN_GENRE": lambda one: WORDS.get(one.genres[0], one.genres[0]),
    "MAIN_PRODUCTION": lambda one: one.countries[0],
}


def titles_csv(titles: list[Title]) -> bytes:
    """`raw_titles.csv`: numbers that may be null with decimals, lists as Python writes them."""
    return _csv(titles, TITLE_FIELDS)


def best_csv(titles: list[Title], kind: Kind) -> bytes:
    """The tenth of a kind's titles, at least one, with the highest product of score and votes; best score first.

    Titles without score, votes, genre or country are not ranked. Of equal products the lower id wins.
    """
    ranked = _ranked(titles, kind)
    chosen = ranked[: max(1, sum(one.kind is kind for one in titles) // 10)]
    chosen.sort(key=lambda one: (-(one.tenths or 0), -(one.votes or 0), one.id))
    return _csv(chosen, _fields(kind))


def best_by_year_csv(titles: list[Title], kind: Kind) -> bytes:
    """Of each year the title with the highest product of score and votes, in order of year; ranked as in `best_csv`."""
    best: dict[int, Title] = {}
    for one in _ranked(titles, kind):
        best.setdefault(one.year, one)
    return _csv([best[year] for year in sorted(best)], _fields(kind, "NUMBER_OF_VOTES", "DURATION"))


def _ranked(titles: list[Title], kind: Kind) -> list[Title]:
    able = [one for one in titles if one.kind is kind and one.votes and one.tenths]
    able = [one for one in able if one.genres and one.countries]
    return sorted(able, key=lambda one: (-(one.tenths or 0) * (one.votes or 0), one.id))


def _fields(kind: Kind, *without: str) -> dict[str, Callable[[Title], object]]:
    left_out = without if kind.has_seasons else (*without, "NUMBER_OF_SEASONS")
    return {name: of for name, of in LIST_FIELDS.items() if name not in left_out}


def _csv(titles: list[Title], fields: dict[str, Callable[[Title], object]]) -> bytes:
    rows = ((index, *(of(one) for of in fields.values())) for index, one in enumerate(titles))
    return csv_lines(rows, ",".join(["index", *fields]) + "\n")


def _decimal(number: int | None) -> str:
    return "" if number is None else f"{number}.0"
