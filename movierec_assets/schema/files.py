"""The landing files: name, columns and rules of each, as the provider documents them."""

from __future__ import annotations

from movierec_assets.schema.catalog_files import CATALOG_FILES
from movierec_assets.schema.model import Column, LandingFile

MAX_ID = 2**31 - 1
"""The largest id that MLlib's models hold; MovieLens's own are far below."""
USER_ID = Column("userId", "int64", "Anonymised user.", minimum=1, maximum=MAX_ID)
MOVIE_ID = Column("movieId", "int64", "Movie, the same in every MovieLens file.", minimum=1, maximum=MAX_ID)
TIMESTAMP = Column(
    "timestamp",
    "int64",
    "When it was entered.",
    unit="seconds since 1970-01-01 UTC",
    nullable=True,
    minimum=0,
)


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
        *CATALOG_FILES,
    )
}
