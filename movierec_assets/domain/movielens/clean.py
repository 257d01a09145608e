"""MovieLens's own cleaning: titles without their year, genres as lists. What holds for every file is in `cleaning`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.domain.cleaning import BLANK, BLANK_ENDS, RULE
from movierec_assets.schema import LandingFile, table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

NO_GENRES = "(no genres listed)"
# "Title (1995)", and series with a range of years, closed or open: the first year counts, from 1800 to 2199.
YEAR = rf"\(((?:1[89]|2[01])[0-9]{{2}})(?:[-\u2013][{BLANK}]?(?:[0-9]{{4}})?)?\)[{BLANK}]*\z"


def cleaned(classified: DataFrame, file: LandingFile) -> DataFrame:
    """The kept rows as table `cleaned_<source>`."""
    kept = classified.where(classified[RULE].isNull())
    rows = _split_titles_and_genres(kept) if file.source == "movies" else kept
    return rows.select(*table(f"cleaned_{file.source}").column_names)


def _split_titles_and_genres(movies: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    year = F.regexp_extract("title", YEAR, 1)
    title = F.regexp_replace("title", BLANK_ENDS, "")
    bare = F.regexp_replace(F.regexp_replace("title", YEAR, ""), BLANK_ENDS, "")
    genres = F.regexp_replace(F.coalesce("genres", F.lit("")), BLANK_ENDS, "")
    listed = F.array_remove(F.split(genres, r"\|"), "")
    return movies.withColumns(
        {
            # A title that is only a year keeps it.
            "title": F.when(bare == "", title).otherwise(bare),
            "year": F.when(year != "", year).cast("int"),
            "genres": F.when(genres == NO_GENRES, F.array().cast("array<string>")).otherwise(listed),
        }
    )
