"""What requests for recommendations may say, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler

from movierec_assets.schema.catalog_files import TITLE_ID
from movierec_assets.schema.feedback_tables import LARGEST_ID, NAME_PATTERN


class LeftOut:
    """Marks a parameter that may be left out and has no way to be null in an address."""

    def __get_pydantic_json_schema__(self, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """The schema without null."""
        (found,) = (part for part in handler(schema)["anyOf"] if part.get("type") != "null")
        return dict(found)


MovieId = Annotated[int, Field(ge=1, le=LARGEST_ID)]
CursorText = Annotated[str, Field(pattern="^[A-Za-z0-9_-]+$", max_length=8000)]
Year = Annotated[int, Field(ge=0, le=9999)]
TitleId = Annotated[str, Field(pattern=f"^(?:{TITLE_ID.pattern})$", max_length=20)]
UserOfMovieLens = Annotated[
    int, Path(ge=1, le=LARGEST_ID, description="User of MovieLens, or a new one.", examples=[1])
]

ITEM: dict[str, Any] = {
    "rank": 1,
    "movie_id": 1200,
    "title_id": "tm98978",
    "title": "Aliens",
    "year": 1986,
    "genres": ["Action", "Adventure", "Horror", "Sci-Fi"],
    "kind": "movie",
    "score": 0.84366804,
    "predicted_rating": 4.6,
    "recommender": "ranking_model",
    "model_version": "c36f14d8f4bd9d3e",
    "reason": "because you rated Terminator, The (1984)",
}


class Item(BaseModel):
    """One place of a list."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM]})

    rank: int = Field(description="Place in the whole list, 1 is the best.")
    movie_id: int | None = Field(description="Movie of MovieLens; null where it has none.")
    title_id: str | None = Field(description="Title of the catalogue; null where it has none.")
    title: str = Field(description="Title without the year.")
    year: int | None = Field(description="Year of release; null where it is not known.")
    genres: list[str] = Field(description="In MovieLens's words, of titles in the catalogue's.")
    kind: Literal["movie", "show"]
    score: float | None = Field(description="What the order follows; of another scale for each recommender.")
    predicted_rating: float | None = Field(
        description="Rating in stars that the explicit model expects; null where it knows too little."
    )
    recommender: str = Field(description="Who decided the order.")
    model_version: str | None = Field(description="Its version; null where it names none.")
    reason: str | None = Field(description="Why, in words; null where no reason stands out.")


class Items(BaseModel):
    """A part of a list."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [ITEM], "next_cursor": "eyJxdWVzdGlvbiI6IjVkMmMifQ"}]}
    )

    items: list[Item]
    next_cursor: str | None = Field(
        description="`cursor` of the request for the part that follows; null at the end of the list."
    )


class Rated(BaseModel):
    """One movie that somebody has rated."""

    movie_id: int
    title_id: str | None
    title: str | None = Field(description="Title without the year; null for a movie that MovieLens has not.")
    year: int | None
    genres: list[str]
    kind: Literal["movie", "show"]
    rating: float = Field(description="Rating in stars.")


class Profile(BaseModel):
    """What is known of a user of MovieLens."""

    user_id: int
    rating_count: int = Field(description="Movies rated.")
    average_rating: float = Field(description="Mean of the ratings in stars.")
    items: list[Rated] = Field(description="The movies rated, the best rated first, then by id.")
    next_cursor: str | None = Field(
        description="`cursor` of the request for the part that follows; null at the end."
    )


class Part(BaseModel):
    """Which part of a list."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(10, ge=1, le=100, description="At most so many items.")
    cursor: Annotated[CursorText | None, LeftOut()] = Field(
        None,
        description="`next_cursor` of the part before, with all else as it was. The list goes on as it began, without"
        " what has been seen meanwhile.",
    )


class Filters(Part):
    """What may stand in a list."""

    genre: list[Annotated[str, Field(max_length=50)]] = Field(
        [],
        max_length=20,
        description="Only of one of these genres, as items name them; case does not matter.",
    )
    year_min: Annotated[Year | None, LeftOut()] = Field(
        None, description="Only released in this year or later."
    )
    year_max: Annotated[Year | None, LeftOut()] = Field(
        None, description="Only released in this year or earlier."
    )
    kind: Annotated[Literal["movie", "show"] | None, LeftOut()] = Field(
        None, description="Only movies, or only shows."
    )

    @property
    def excluded(self) -> list[Any]:
        """Ids that shall not stand in it."""
        return []

    @property
    def narrowed(self) -> tuple[Any, ...]:
        """All that decides what stands in it, equal for equal lists."""
        said = self.model_dump(exclude=set(Part.model_fields))
        return tuple(
            (name, sorted(set(value)) if isinstance(value, list) else value) for name, value in said.items()
        )

    @property
    def open(self) -> bool:
        """Whether everything may stand in it."""
        return not (self.genre or self.kind or self.excluded) and self.year_min is self.year_max is None


class OfMovies(Filters):
    """Filters of lists of movies."""

    exclude: list[MovieId] = Field([], max_length=1000, description="Not these movies.")

    @property
    def excluded(self) -> list[Any]:
        """Ids that shall not stand in it."""
        return self.exclude


class ForSomebody(Filters):
    """What to recommend to one person."""

    diversity: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Above 0, `ranking_model`'s list is chosen from its 200 best, each good and the less like those"
        " before it the higher this is (maximal marginal relevance); scores then need not fall, and no part follows.",
    )

    @property
    def open(self) -> bool:
        """Whether everything may stand in it, in the recommender's own order."""
        return super().open and not self.diversity


class ForMovieLens(OfMovies, ForSomebody):
    """What to recommend to a user of MovieLens."""

    recommender: Literal["ranking_model", "popular_movies"] = Field(
        "ranking_model",
        description="Who decides the order; of whom nothing is known gets `popular_movies` either way.",
    )


class OfTitles(ForSomebody):
    """What to recommend to a fabricated user."""

    exclude: list[TitleId] = Field([], max_length=1000, description="Not these titles.")
    recommender: str = Field(
        "ranking_model",
        pattern=f"^{NAME_PATTERN}$",
        description="Who decides the order: `ranking_model`; `popular_titles`, which also answers those of whom nothing"
        " is known; or a recommender outside the graph, whose stored recommendations are then given.",
    )

    @property
    def excluded(self) -> list[Any]:
        """Ids that shall not stand in it."""
        return self.exclude


class Rating(BaseModel):
    """A rating of a movie."""

    model_config = ConfigDict(extra="forbid")

    movie_id: MovieId = Field(description="Movie of MovieLens; one that is not known says nothing.")
    rating: float = Field(ge=0.5, le=5, description="Rating in stars.")


class NewUser(BaseModel):
    """Somebody of whom nothing is known but this."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"ratings": [{"movie_id": 1, "rating": 5}, {"movie_id": 260, "rating": 4.5}]}]
        },
    )

    ratings: list[Rating] = Field(
        max_length=10_000, description="What they have rated; of two ratings of one movie the later counts."
    )
