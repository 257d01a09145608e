"""The landing files: name, columns and rules of each, as the provider documents them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from movierec_assets.schema.model import Column

USER_ID = Column("userId", "int64", "Anonymised user.", minimum=1)
MOVIE_ID = Column("movieId", "int64", "Movie, the same in every MovieLens file.", minimum=1)
TIMESTAMP = Column(
    "timestamp",
    "int64",
    "When it was entered.",
    unit="seconds since 1970-01-01 UTC",
    nullable=True,
    minimum=0,
)


@dataclass(frozen=True)
class LandingFile:
    """A CSV file that lands: one header line, one record a line, comma separated, double quotes.

    Attributes:
        source: Short name; the assets are `raw_<source>`, `cleaned_<source>`, `quarantine_<source>`.
        dataset: The set of files it belongs to, and its folder in the landing zone.
        name: File name.
        description: What one record is.
        columns: The typed columns with the rules a kept row obeys.
        key: Columns of which at most one row is kept.
        latest_by: Column that decides which of several rows of one key wins (largest value, then last line).
    """

    source: str
    dataset: str
    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    latest_by: str | None = None

    @property
    def path(self) -> str:
        """Key in the landing zone."""
        return f"{self.dataset}/{self.name}"

    def fingerprint(self) -> str:
        """Changes when the expected columns or rules change."""
        return hashlib.sha256(repr((self.columns, self.key, self.latest_by)).encode()).hexdigest()[:8]


LANDING_FILES: dict[str, LandingFile] = {
    f.source: f
    for f in (
        LandingFile(
            "movies",
            "movielens",
            "movies.csv",
            "One movie: title with its year in brackets, genres separated by `|`.",
            (
                MOVIE_ID,
                Column("title", "string", "Title with the year of release in brackets.", blank_is_null=True),
                Column(
                    "genres", "string", "Genres separated by `|`, or `(no genres listed)`.", nullable=True
                ),
            ),
            key=("movieId",),
        ),
        LandingFile(
            "ratings",
            "movielens",
            "ratings.csv",
            "One rating of one movie by one user.",
            (
                USER_ID,
                MOVIE_ID,
                Column("rating", "float64", "Rating.", unit="stars", minimum=0.5, maximum=5.0),
                TIMESTAMP,
            ),
            key=("userId", "movieId"),
            latest_by="timestamp",
        ),
        LandingFile(
            "tags",
            "movielens",
            "tags.csv",
            "One free-text tag that a user gave a movie.",
            (USER_ID, MOVIE_ID, Column("tag", "string", "Free text.", blank_is_null=True), TIMESTAMP),
            key=("userId", "movieId", "tag"),
            latest_by="timestamp",
        ),
        LandingFile(
            "links",
            "movielens",
            "links.csv",
            "Identifiers of a movie at IMDb and TMDB.",
            (
                MOVIE_ID,
                Column("imdbId", "string", "IMDb number with its leading zeros.", pattern="[0-9]+"),
                Column("tmdbId", "int64", "TMDB number.", minimum=1),
            ),
            key=("movieId",),
        ),
    )
}
