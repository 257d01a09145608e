"""From the cleaned files to the catalogue's normalised tables. Pure functions on DataFrames.

Every function gives the columns of its table in the registry; rows come in no order.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from movierec_assets.domain.cleaning import BLANK, BLANK_ENDS
from movierec_assets.schema import table
from movierec_assets.schema.catalog_files import LISTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

IMDB_DIGITS = 7


def list_entries(lists: Mapping[str, DataFrame]) -> DataFrame:
    """The rows of all lists, as `list_entries`.

    Args:
        lists: `cleaned_<source>` by source.
    """
    return reduce(lambda a, b: a.unionAll(b), (_entries(rows, source) for source, rows in lists.items()))


def _entries(rows: DataFrame, source: str) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    _, which = LISTS[source]

    def given(name: str, kind: str) -> Column:
        return (F.col(name) if name in rows.columns else F.lit(None)).cast(kind)

    return rows.select(
        F.lit(which).alias("list"),
        "rank",
        F.col("id").alias("title_id"),
        F.col("SCORE").alias("score"),
        given("NUMBER_OF_VOTES", "bigint").alias("votes"),
        given("DURATION", "int").alias("runtime_minutes"),
        given("NUMBER_OF_SEASONS", "int").alias("seasons"),
        F.col("MAIN_GENRE").alias("main_genre"),
        F.col("MAIN_PRODUCTION").alias("main_country"),
    )


def titles(cleaned: DataFrame, entries: DataFrame, movielens: DataFrame | None) -> DataFrame:
    """`titles`: the flags from the lists, the movie from MovieLens where that has landed.

    Args:
        cleaned: `cleaned_titles`.
        entries: `list_entries`.
        movielens: `movielens_titles`, or None where there is none.
    """
    from pyspark.sql import functions as F  # noqa: N812

    flags = entries.groupBy(F.col("title_id").alias("_title")).agg(
        F.max(F.col("list") == "all_time").alias("all_time"), F.max(F.col("list") == "year").alias("year")
    )
    rows = cleaned.join(flags, F.col("id") == F.col("_title"), "left").select(
        F.col("id").alias("title_id"),
        "title",
        F.lower("type").alias("kind"),
        "release_year",
        "age_certification",
        F.col("runtime").alias("runtime_minutes"),
        "seasons",
        "imdb_id",
        "imdb_score",
        "imdb_votes",
        F.coalesce("all_time", F.lit(False)).alias("is_all_time_best"),
        F.coalesce("year", F.lit(False)).alias("is_year_best"),
    )
    if movielens is None:
        rows = rows.withColumn("movie_id", F.lit(None).cast("bigint"))
    else:
        rows = rows.join(movielens.select("title_id", "movie_id"), "title_id", "left")
    return rows.select(*table("titles").column_names)


def genres(cleaned: DataFrame, entries: DataFrame) -> DataFrame:
    """`genres`, from `cleaned_titles` and `list_entries`."""
    return _words(cleaned, entries, "genres", ("genre", "main_genre", "is_main_genre"))


def production_countries(cleaned: DataFrame, entries: DataFrame) -> DataFrame:
    """`production_countries`, from `cleaned_titles` and `list_entries`."""
    return _words(cleaned, entries, "production_countries", ("country", "main_country", "is_main_country"))


def _words(cleaned: DataFrame, entries: DataFrame, column: str, names: tuple[str, str, str]) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    word, main, is_main = names
    rows = cleaned.select(F.col("id").alias("title_id"), F.posexplode(column).alias("_place", word))
    # A word that the file names twice stands where it stands first.
    rows = rows.groupBy("title_id", word).agg((F.min("_place") + 1).cast("int").alias("position"))
    named = entries.select("title_id", F.col(main).alias(word)).distinct().withColumn(is_main, F.lit(True))
    joined = rows.join(named, ["title_id", word], "left")
    return joined.select("title_id", word, "position", F.coalesce(is_main, F.lit(False)).alias(is_main))


def people(cleaned: DataFrame) -> DataFrame:
    """`people`, from `cleaned_credits`, which calls a person by one name; white space between words is one blank."""
    from pyspark.sql import functions as F  # noqa: N812

    named = cleaned.groupBy("person_id").agg(F.min("name").alias("full_name"))
    bare = F.regexp_replace("full_name", BLANK_ENDS, "")
    words = named.withColumn("_words", F.split(bare, f"[{BLANK}]+"))
    count = F.size("_words")
    middle = F.array_join(F.slice("_words", F.lit(2), F.greatest(count - 2, F.lit(0))), " ")
    return words.select(
        "person_id",
        "full_name",
        F.element_at("_words", 1).alias("first_name"),
        F.when(count > 2, middle).alias("middle_name"),
        F.when(count > 1, F.element_at("_words", -1)).alias("last_name"),
    )


def credits_(cleaned: DataFrame) -> DataFrame:
    """`credits`, from `cleaned_credits`."""
    from pyspark.sql import functions as F  # noqa: N812

    hashed = F.xxhash64(
        "id", "person_id", "role", F.col("character").isNull(), F.coalesce("character", F.lit(""))
    )
    return cleaned.select(
        hashed.alias("credit_id"),
        F.col("id").alias("title_id"),
        "person_id",
        F.lower("role").alias("role"),
        "character",
    )


def movielens_titles(cleaned: DataFrame, links: DataFrame) -> DataFrame:
    """`movielens_titles`: where `cleaned_titles` and `cleaned_links` have one IMDb id.

    IMDb writes at least seven digits; leading zeros that the links have lost are put back.
    """
    from pyspark.sql import functions as F  # noqa: N812

    short = F.length("imdbId") < IMDB_DIGITS
    digits = F.when(short, F.lpad("imdbId", IMDB_DIGITS, "0")).otherwise(F.col("imdbId"))
    by_imdb = links.groupBy(F.concat(F.lit("tt"), digits).alias("imdb_id")).agg(
        F.min("movieId").alias("movie_id")
    )
    met = cleaned.select(F.col("id").alias("title_id"), "imdb_id").join(by_imdb, "imdb_id")
    return met.select("title_id", "movie_id")
