"""The catalogue's tables: the cleaned ones, and the normalised ones that people and programs write to."""

from __future__ import annotations

from dataclasses import replace

from movierec_assets.schema.catalog_files import (
    CATALOG_FILES,
    CREDITS,
    DURATION,
    GENRE,
    LISTS,
    SEASONS,
    TITLE_ID,
    TITLES,
    VOTES,
)
from movierec_assets.schema.model import Column, ForeignKey, Table

_GENRE_LIST = Column("genres", "list<string>", "Genres, in the file's order.")
_COUNTRY_LIST = Column("production_countries", "list<string>", "ISO 3166-1 codes, in the file's order.")
_WHOLE = {"genres": _GENRE_LIST, "production_countries": _COUNTRY_LIST}
RANK = Column("rank", "int32", "Place in the file, 1 is the first.", minimum=1)


def _cleaned_title_column(column: Column) -> Column:
    if column.name in _WHOLE:
        return _WHOLE[column.name]
    if column.whole:
        return replace(column, type="int64" if column.name == "imdb_votes" else "int32", whole=False)
    return column


CLEANED_CATALOG: dict[str, tuple[Column, ...]] = {
    "titles": tuple(map(_cleaned_title_column, TITLES.columns)),
    "credits": CREDITS.columns,
    **{f.source: (TITLE_ID, RANK, *f.columns) for f in CATALOG_FILES if f.source in LISTS},
}

TITLE_KEY = replace(TITLE_ID, name="title_id")
KIND = Column("kind", "string", "`movie` or `show`.", pattern="movie|show")
PERSON_ID = Column("person_id", "int64", "Person.", minimum=0)
POSITION = Column("position", "int32", "Place in the file's list, 1 is the first.", minimum=1)
_OF_TITLE = (ForeignKey(("title_id",), "titles"),)


def _of_titles(column: str, **changes: object) -> Column:
    return replace(next(c for c in CLEANED_CATALOG["titles"] if c.name == column), **changes)  # type: ignore[arg-type]


CATALOG_TABLES = (
    Table(
        "titles",
        "One movie or show of the catalogue.",
        (
            TITLE_KEY,
            Column("title", "string", "Title.", pattern=r"(?s).*\S.*", meaning="more than blanks"),
            KIND,
            _of_titles("release_year"),
            _of_titles("age_certification"),
            _of_titles("runtime", name="runtime_minutes"),
            _of_titles("seasons"),
            _of_titles("imdb_id"),
            _of_titles("imdb_score"),
            _of_titles("imdb_votes"),
            Column("is_all_time_best", "bool", "Whether it is in a list of the best of all time."),
            Column("is_year_best", "bool", "Whether it is the best movie or show of its year."),
            Column("movie_id", "int64", "The same movie in MovieLens, by IMDb id.", nullable=True, minimum=1),
        ),
        key=("title_id",),
        layer="catalog",
        published_as="catalog.titles",
        editable=True,
        indexes=(("title",), ("release_year",), ("imdb_id",), ("movie_id",)),
        lineage={
            "title_id": (("cleaned_titles", "id"),),
            "kind": (("cleaned_titles", "type"),),
            "runtime_minutes": (("cleaned_titles", "runtime"),),
            **{
                c: (("cleaned_titles", c),)
                for c in (
                    "title",
                    "release_year",
                    "age_certification",
                    "seasons",
                    "imdb_id",
                    "imdb_score",
                    "imdb_votes",
                )
            },
            "is_all_time_best": tuple((f"cleaned_{s}", "id") for s in LISTS),
            "is_year_best": tuple((f"cleaned_{s}", "id") for s in LISTS),
            "movie_id": (("movielens_titles", "movie_id"),),
        },
    ),
    Table(
        "genres",
        "One genre of one title.",
        (
            TITLE_KEY,
            Column(
                "genre",
                "string",
                "Genre, in the titles' words.",
                pattern=GENRE,
                meaning="a known genre",
            ),
            POSITION,
            Column("is_main_genre", "bool", "Whether a list of the best names it as the title's main genre."),
        ),
        key=("title_id", "genre"),
        layer="catalog",
        published_as="catalog.genres",
        editable=True,
        foreign_keys=_OF_TITLE,
        indexes=(("genre",),),
        lineage={
            "title_id": (("cleaned_titles", "id"),),
            "genre": (("cleaned_titles", "genres"),),
            "position": (("cleaned_titles", "genres"),),
            "is_main_genre": (("list_entries", "main_genre"),),
        },
    ),
    Table(
        "production_countries",
        "One country that produced one title.",
        (
            TITLE_KEY,
            Column(
                "country", "string", "ISO 3166-1 alpha-2 code.", pattern="[A-Z]{2}", meaning="a country code"
            ),
            POSITION,
            Column(
                "is_main_country", "bool", "Whether a list of the best names it as the title's main country."
            ),
        ),
        key=("title_id", "country"),
        layer="catalog",
        published_as="catalog.production_countries",
        editable=True,
        foreign_keys=_OF_TITLE,
        indexes=(("country",),),
        lineage={
            "title_id": (("cleaned_titles", "id"),),
            "country": (("cleaned_titles", "production_countries"),),
            "position": (("cleaned_titles", "production_countries"),),
            "is_main_country": (("list_entries", "main_country"),),
        },
    ),
    Table(
        "people",
        "One person who played in or directed a title of the catalogue.",
        (
            PERSON_ID,
            Column("full_name", "string", "Name as the provider writes it.", pattern=r"(?s).*\S.*"),
            Column("first_name", "string", "First word of the name.", nullable=True),
            Column("middle_name", "string", "Words between the first and the last.", nullable=True),
            Column("last_name", "string", "Last word, where there is more than one.", nullable=True),
        ),
        key=("person_id",),
        layer="catalog",
        published_as="catalog.people",
        editable=True,
        indexes=(("last_name",), ("full_name",)),
        lineage={
            "person_id": (("cleaned_credits", "person_id"),),
            **dict.fromkeys(
                ("full_name", "first_name", "middle_name", "last_name"), (("cleaned_credits", "name"),)
            ),
        },
    ),
    Table(
        "credits",
        "One part of one person in one title.",
        (
            Column("credit_id", "int64", "Credit; hash of the other columns where it comes from the files."),
            TITLE_KEY,
            PERSON_ID,
            Column("role", "string", "`actor` or `director`.", pattern="actor|director"),
            Column("character", "string", "Character played.", nullable=True),
        ),
        key=("credit_id",),
        layer="catalog",
        published_as="catalog.credits",
        editable=True,
        foreign_keys=(*_OF_TITLE, ForeignKey(("person_id",), "people")),
        unique=(("title_id", "person_id", "role", "character"),),
        indexes=(("person_id",),),
        lineage={
            "credit_id": tuple(("cleaned_credits", c) for c in CREDITS.key),
            "title_id": (("cleaned_credits", "id"),),
            **{c: (("cleaned_credits", c),) for c in ("person_id", "role", "character")},
        },
    ),
    Table(
        "list_entries",
        "One title's place in one list of the best.",
        (
            Column(
                "list",
                "string",
                "`all_time` or `year`; of movies or shows, as the title is one.",
                pattern="all_time|year",
            ),
            RANK,
            TITLE_KEY,
            replace(_of_titles("imdb_score"), name="score", description="Score in the list.", nullable=False),
            replace(VOTES, name="votes", description="Votes in the list.", nullable=True),
            replace(DURATION, name="runtime_minutes", description="Runtime in the list.", nullable=True),
            replace(SEASONS, name="seasons", description="Seasons in the list.", nullable=True),
            Column("main_genre", "string", "Main genre, in the titles' words.", pattern=GENRE),
            Column("main_country", "string", "ISO 3166-1 code of the main country.", pattern="[A-Z]{2}"),
        ),
        key=("list", "title_id"),
        layer="catalog",
        published_as="catalog.list_entries",
        editable=True,
        foreign_keys=_OF_TITLE,
        indexes=(("title_id",),),
        lineage={
            "title_id": tuple((f"cleaned_{s}", "id") for s in LISTS),
            "rank": tuple((f"cleaned_{s}", "rank") for s in LISTS),
            "score": tuple((f"cleaned_{s}", "SCORE") for s in LISTS),
            "main_genre": tuple((f"cleaned_{s}", "MAIN_GENRE") for s in LISTS),
            "main_country": tuple((f"cleaned_{s}", "MAIN_PRODUCTION") for s in LISTS),
        },
    ),
    Table(
        "movielens_titles",
        "One movie of MovieLens that the catalogue has too, by IMDb id.",
        (
            replace(TITLE_KEY, description="Title of the catalogue."),
            Column("movie_id", "int64", "Movie of MovieLens.", minimum=1),
        ),
        key=("title_id",),
        layer="catalog",
        published_as="serving.movielens_titles",
        lineage={
            "title_id": (("cleaned_titles", "id"),),
            "movie_id": (("cleaned_links", "movieId"),),
        },
    ),
)
