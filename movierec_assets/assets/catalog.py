"""The catalogue's normalised tables, and where the catalogue and MovieLens meet."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from movierec_assets.assets.spec import OPTIONAL, lake_spec
from movierec_assets.checks.generated import examine, hand_over
from movierec_assets.domain.catalog import normalise
from movierec_assets.io_managers.lake import LakeTable
from movierec_assets.schema import table
from movierec_assets.schema.catalog_files import LISTS

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

KINDS = {"pyspark", "deltalake", "postgres"}
MOVIELENS_TITLES = "movielens_titles"
LISTS_IN = {source: dg.AssetIn(f"cleaned_{source}") for source in LISTS}


def titles_asset() -> dg.AssetsDefinition:
    """The asset `titles`; it does without MovieLens where that has not landed."""
    spec = lake_spec("titles", "1", KINDS)
    spec["metadata"] = {**spec["metadata"], OPTIONAL: [MOVIELENS_TITLES]}

    @dg.asset(**spec, ins=LISTS_IN, deps=[MOVIELENS_TITLES])
    def titles(
        cleaned_titles: LakeTable,
        best_movies: LakeTable,
        best_shows: LakeTable,
        best_movies_by_year: LakeTable,
        best_shows_by_year: LakeTable,
    ) -> Iterator[Any]:
        lake = cleaned_titles.lake
        movielens = lake.open(MOVIELENS_TITLES).spark() if lake.exists(MOVIELENS_TITLES) else None
        entries = _entries(best_movies, best_shows, best_movies_by_year, best_shows_by_year)
        rows = normalise.titles(cleaned_titles.spark(), entries, movielens)
        yield from hand_over(examine(table("titles"), rows))

    asset: dg.AssetsDefinition = titles
    return asset


@dg.asset(**lake_spec("list_entries", "2", KINDS), ins=LISTS_IN, deps=["titles"])
def list_entries(
    best_movies: LakeTable,
    best_shows: LakeTable,
    best_movies_by_year: LakeTable,
    best_shows_by_year: LakeTable,
) -> Iterator[Any]:
    """The four lists as one table."""
    entries = _entries(best_movies, best_shows, best_movies_by_year, best_shows_by_year)
    yield from hand_over(examine(table("list_entries"), entries))


def _entries(*lists: LakeTable) -> "DataFrame":
    return normalise.list_entries({source: rows.spark() for source, rows in zip(LISTS, lists, strict=True)})


@dg.asset(**lake_spec("genres", "1", KINDS), deps=["titles"])
def genres(cleaned_titles: LakeTable, list_entries: LakeTable) -> Iterator[Any]:
    """One row per title and genre."""
    yield from hand_over(
        examine(table("genres"), normalise.genres(cleaned_titles.spark(), list_entries.spark()))
    )


@dg.asset(**lake_spec("production_countries", "1", KINDS), deps=["titles"])
def production_countries(cleaned_titles: LakeTable, list_entries: LakeTable) -> Iterator[Any]:
    """One row per title and country."""
    rows = normalise.production_countries(cleaned_titles.spark(), list_entries.spark())
    yield from hand_over(examine(table("production_countries"), rows))


@dg.asset(**lake_spec("people", "1", KINDS))
def people(cleaned_credits: LakeTable) -> Iterator[Any]:
    """One row per person, the name split."""
    yield from hand_over(examine(table("people"), normalise.people(cleaned_credits.spark())))


def credits_asset() -> dg.AssetsDefinition:
    """The asset `credits`."""

    def credits_(cleaned_credits: LakeTable) -> Iterator[Any]:
        yield from hand_over(examine(table("credits"), normalise.credits_(cleaned_credits.spark())))

    asset: dg.AssetsDefinition = dg.asset(**lake_spec("credits", "1", KINDS), deps=["titles", "people"])(
        credits_
    )
    return asset


@dg.asset(**lake_spec(MOVIELENS_TITLES, "2", KINDS))
def movielens_titles(cleaned_titles: LakeTable, cleaned_links: LakeTable) -> Iterator[Any]:
    """Titles that are movies of MovieLens, by IMDb id."""
    rows = normalise.movielens_titles(cleaned_titles.spark(), cleaned_links.spark())
    yield from hand_over(examine(table(MOVIELENS_TITLES), rows))


def assets() -> list[dg.AssetsDefinition]:
    """The catalogue's assets."""
    return [
        titles_asset(),
        list_entries,
        genres,
        production_countries,
        people,
        credits_asset(),
        movielens_titles,
    ]
