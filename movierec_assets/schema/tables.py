"""The lake tables, built from the landing files where they follow from them."""

from __future__ import annotations

from dataclasses import replace

from movierec_assets.schema.catalog_files import DATASET as CATALOG
from movierec_assets.schema.catalog_files import LISTS
from movierec_assets.schema.catalog_tables import CATALOG_TABLES, CLEANED_CATALOG
from movierec_assets.schema.feedback_tables import FEEDBACK_TABLES
from movierec_assets.schema.files import LANDING_FILES, MOVIE_ID, TIMESTAMP, USER_ID
from movierec_assets.schema.model import Column, LandingFile, Table
from movierec_assets.schema.model_tables import EVALUATION_HISTORY, MODEL_EVALUATION, MODEL_SEARCH
from movierec_assets.schema.serving_tables import (
    MOVIE_FACTORS,
    POPULAR_MOVIES,
    RATING_HISTORIES,
    RECOMMENDATIONS,
    SIMILAR_MOVIES,
)
from movierec_assets.schema.simulation_tables import SIMULATION_TABLES

LINE = Column("_line", "int64", "Line number in the file; the header is line 1.", minimum=2)
FILE = Column("_file", "string", "Key of the file in the landing zone.")
TEXT = Column("_text", "string", "The line as it stands in the file, undecodable bytes as \\xNN.")
ERROR = Column("_error", "string", "Why the line could not be read into the typed columns.", nullable=True)

QUARANTINE_COLUMNS = (
    Column("source", "string", "Landing file's short name."),
    Column("file", "string", "Key of the file in the landing zone."),
    Column("line", "int64", "Line number in the file; the header is line 1.", minimum=2),
    Column("rule", "string", "The rule that the row breaks."),
    Column("text", "string", "The line as it stands in the file."),
)

RATING = LANDING_FILES["ratings"].columns[2]
TITLE = Column("title", "string", "Title without the year, blanks trimmed.")
YEAR = Column(
    "year",
    "int32",
    "Year of release, null where the title names none.",
    nullable=True,
    minimum=1800,
    maximum=2200,
)
GENRES = Column("genres", "list<string>", "Genres; an empty list where none is listed.")
IMDB_ID = LANDING_FILES["links"].columns[1]
TMDB_ID = LANDING_FILES["links"].columns[2]

CLEANED_COLUMNS: dict[str, tuple[Column, ...]] = {
    "movies": (MOVIE_ID, TITLE, YEAR, GENRES),
    "ratings": LANDING_FILES["ratings"].columns,
    "tags": LANDING_FILES["tags"].columns,
    "links": LANDING_FILES["links"].columns,
    **CLEANED_CATALOG,
}
RENAMED = {"movies": {"year": "title"}, **{source: {"rank": "_line"} for source in LISTS}}
"""Cleaned columns that come from another column than that of their name."""
PUBLISHED = {"movies": "serving.movies"}
"""Cleaned tables that applications read, by source."""


def _optional(column: Column) -> Column:
    return replace(column, nullable=True)


def _raw(file: LandingFile) -> Table:
    return Table(
        f"raw_{file.source}",
        f"Every line of `{file.name}`, readable or not. {file.description}",
        (*(c.relaxed() for c in file.raw_columns), LINE, FILE, TEXT, ERROR),
        key=("_line",),
        layer="raw",
        published_as=f"raw.{file.source}" if file.dataset == CATALOG else None,
    )


def _cleaned(file: LandingFile) -> Table:
    renamed = RENAMED.get(file.source, {})
    return Table(
        f"cleaned_{file.source}",
        f"The rows of `{file.name}` that obey every rule, one per {' and '.join(file.key)}. {file.description}",
        CLEANED_COLUMNS[file.source],
        key=file.key,
        layer="cleaned",
        published_as=PUBLISHED.get(file.source),
        lineage={
            c.name: (
                (("cleaned_titles", "id"),)
                if file.source in LISTS and c.name == "id"
                else ((f"raw_{file.source}", renamed.get(c.name, c.name)),)
            )
            for c in CLEANED_COLUMNS[file.source]
        },
    )


def _quarantine(file: LandingFile) -> Table:
    return Table(
        f"quarantine_{file.source}",
        f"The rows of `{file.name}` that break a rule, with the rule and the line's own text.",
        QUARANTINE_COLUMNS,
        key=("line",),
        layer="cleaned",
        lineage={
            "line": ((f"raw_{file.source}", "_line"),),
            "file": ((f"raw_{file.source}", "_file"),),
            "text": ((f"raw_{file.source}", "_text"),),
        },
    )


JOINED_FEATURES = Table(
    "joined_features",
    "One row per cleaned rating, with its movie, the tags that this user gave this movie, and the movie's links.",
    (
        USER_ID,
        MOVIE_ID,
        RATING,
        TIMESTAMP,
        TITLE,
        YEAR,
        GENRES,
        Column(
            "tags", "list<string>", "Tags of this user for this movie, sorted; empty where there are none."
        ),
        _optional(IMDB_ID),
        _optional(TMDB_ID),
    ),
    key=("userId", "movieId"),
    layer="features",
    lineage={
        **{c: (("cleaned_ratings", c),) for c in ("userId", "movieId", "rating", "timestamp")},
        **{c: (("cleaned_movies", c),) for c in ("title", "year", "genres")},
        "tags": (("cleaned_tags", "tag"),),
        **{c: (("cleaned_links", c),) for c in ("imdbId", "tmdbId")},
    },
)

MOVIE_STATS = Table(
    "movie_stats",
    "One row per rated movie: how many ratings and their mean.",
    (
        MOVIE_ID,
        Column(
            "average_rating",
            "float64",
            "Arithmetic mean of the ratings.",
            unit="stars",
            minimum=0.5,
            maximum=5.0,
        ),
        Column("rating_count", "int64", "Number of ratings.", minimum=1),
    ),
    key=("movieId",),
    layer="features",
    published_as="serving.movie_stats",
    lineage={
        "movieId": (("cleaned_ratings", "movieId"),),
        "average_rating": (("cleaned_ratings", "rating"),),
        "rating_count": (("cleaned_ratings", "rating"),),
    },
)

TABLES: dict[str, Table] = {
    t.name: t
    for t in (
        *(make(f) for f in LANDING_FILES.values() for make in (_raw, _cleaned, _quarantine)),
        JOINED_FEATURES,
        MOVIE_STATS,
        MODEL_EVALUATION,
        EVALUATION_HISTORY,
        MODEL_SEARCH,
        RECOMMENDATIONS,
        SIMILAR_MOVIES,
        POPULAR_MOVIES,
        RATING_HISTORIES,
        MOVIE_FACTORS,
        *CATALOG_TABLES,
        *SIMULATION_TABLES,
        *FEEDBACK_TABLES,
    )
}


def table(name: str) -> Table:
    """The table of that name.

    Raises:
        KeyError: There is none; the message lists those there are.
    """
    if name not in TABLES:
        raise KeyError(f"no table {name!r}; there are {', '.join(TABLES)}")
    return TABLES[name]
