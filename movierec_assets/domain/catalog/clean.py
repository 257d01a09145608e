"""The catalogue's own cleaning: printed lists become lists, list rows and credits meet their title.

What holds for every file is in `cleaning`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.domain import cleaning
from movierec_assets.schema import LandingFile, table
from movierec_assets.schema.catalog_files import COUNTRY_CODES, LIST_GENRES, LISTS, MANGLED, TITLES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame


def classify(raw: DataFrame, file: LandingFile, titles: DataFrame) -> DataFrame:
    """`cleaning.classify` for a file whose rows are about titles: a row without its title is not kept.

    A credit names its title by id, and its person as most lines of that person do; a row of a list of the best names
    its title by title, year and kind, and agrees with it on its main genre and country.

    Args:
        raw: `raw_<source>`.
        file: Its landing file, `credits` or a list.
        titles: `cleaned_titles`.

    Returns:
        The rows with `_rule`, and `_title`, the title's id.
    """
    return _classify_list(raw, file, titles) if file.source in LISTS else _classify_credits(raw, file, titles)


def classify_titles(raw: DataFrame) -> DataFrame:
    """`cleaning.classify` for the titles: a title's id and its seasons agree with its type.

    Args:
        raw: `raw_titles`.

    Returns:
        The rows with `_rule`.
    """
    from pyspark.sql import functions as F  # noqa: N812

    kind = F.when(F.col("id").startswith("tm"), "MOVIE").otherwise("SHOW")
    other = F.when(F.col("type") != kind, F.lit("type: is not that of the id"))
    seasons = F.when(
        (F.col("type") == "MOVIE") & F.col("seasons").isNotNull(), F.lit("seasons: a movie has none")
    )
    return cleaning.classify(raw, TITLES, [other, seasons])


def _classify_credits(raw: DataFrame, file: LandingFile, titles: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    known = titles.select(F.col("id").alias("_title"))
    orphan = F.when(
        F.col("_title").isNull(), F.concat(F.lit("id: no title "), "id", F.lit(f" in {TITLES.name}"))
    )
    other = F.when(
        F.col("name") != F.col("_named"),
        F.concat(F.lit("name: is not what most lines call person "), F.col("person_id").cast("string")),
    )
    rows = raw.join(known, F.col("id") == F.col("_title"), "left").join(
        _names(raw), F.col("person_id") == F.col("_person"), "left"
    )
    return cleaning.classify(rows, file, [orphan, other])


def _names(raw: DataFrame) -> DataFrame:
    """Each `_person` of several names, and `_named`, the one in most of their lines; of equally many the first one.

    Names are counted only where there are several, which costs a fifth of counting all. What cannot be a name is none.
    """
    from pyspark.sql import functions as F  # noqa: N812

    named = raw.where(F.col("name").rlike(f"[^{cleaning.BLANK}]"))
    for _, pattern in MANGLED:
        named = named.where(~F.col("name").rlike(rf"\A(?:{pattern})\z"))
    several = named.groupBy("person_id").agg(F.min("name").alias("_first"), F.max("name").alias("_last"))
    several = several.where(F.col("_first") != F.col("_last")).select("person_id")
    spellings = named.join(several, "person_id").groupBy("person_id", "name")
    counted = spellings.agg(F.count(F.lit(1)).alias("_lines"), (-F.min("_line")).alias("_early"))
    best = F.max(F.struct("_lines", "_early", "name")).getField("name")
    return counted.groupBy(F.col("person_id").alias("_person")).agg(best.alias("_named"))


def _classify_list(raw: DataFrame, file: LandingFile, titles: DataFrame) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    kind, _ = LISTS[file.source]
    same = titles.where(F.col("type") == kind).groupBy(
        F.col("title").alias("_name"), F.col("release_year").alias("_year")
    )
    known = same.agg(
        F.min("id").alias("_title"),
        F.count(F.lit(1)).alias("_titles"),
        F.first("genres").alias("_genres"),
        F.first("production_countries").alias("_countries"),
    )
    met = (F.col("TITLE") == F.col("_name")) & (F.col("RELEASE_YEAR") == F.col("_year"))
    return cleaning.classify(raw.join(known, met, "left"), file, _list_rules(kind))


def _list_rules(kind: str) -> tuple[Column, ...]:
    from pyspark.sql import functions as F  # noqa: N812

    what = f"{kind.lower()} of this title and year in {TITLES.name}"
    genre, country = _translated("MAIN_GENRE", LIST_GENRES), _translated("MAIN_PRODUCTION", COUNTRY_CODES)
    return (
        F.when(F.col("_title").isNull(), F.lit(f"no {what}")),
        F.when(F.col("_titles") > 1, F.lit(f"more than one {what}")),
        F.when(~F.array_contains("_genres", genre), F.lit("MAIN_GENRE: is no genre of the title")),
        F.when(
            ~F.array_contains("_countries", country), F.lit("MAIN_PRODUCTION: is no country of the title")
        ),
    )


def cleaned(classified: DataFrame, file: LandingFile) -> DataFrame:
    """The kept rows as table `cleaned_<source>`."""
    from pyspark.sql import functions as F  # noqa: N812

    rows = classified.where(classified[cleaning.RULE].isNull())
    if file.source == "titles":
        rows = rows.withColumns(
            {
                "genres": _parsed("genres"),
                "production_countries": _parsed("production_countries", COUNTRY_CODES),
                "seasons": F.col("seasons").cast("int"),
                "imdb_votes": F.col("imdb_votes").cast("bigint"),
            }
        )
    elif file.source in LISTS:
        rows = rows.withColumns(
            {
                "id": F.col("_title"),
                "rank": (F.col("_line") - 1).cast("int"),
                "MAIN_GENRE": _translated("MAIN_GENRE", LIST_GENRES),
                "MAIN_PRODUCTION": _translated("MAIN_PRODUCTION", COUNTRY_CODES),
            }
        )
    return rows.select(*table(f"cleaned_{file.source}").column_names)


def _parsed(column: str, words: dict[str, str] | None = None) -> Column:
    """A printed list (`['drama', 'crime']`, of words without quotes in them) as a list."""
    from pyspark.sql import functions as F  # noqa: N812

    text = F.regexp_replace(column, r"[\[\] ]", "")
    for word, code in (words or {}).items():
        text = F.regexp_replace(text, f"'{word}'", f"'{code}'")
    return F.array_remove(F.split(F.regexp_replace(text, "'", ""), ","), "")


def _translated(column: str, words: dict[str, str]) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    value = F.col(column)
    for word, meant in words.items():
        value = F.when(F.col(column) == word, F.lit(meant)).otherwise(value)
    return value
