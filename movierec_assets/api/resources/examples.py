"""Examples of values, for the OpenAPI document: of the files as MovieLens and the catalogue have them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

BY_NAME: dict[str, Any] = {
    "title_id": "tm84618",
    "title": "Taxi Driver",
    "kind": "movie",
    "release_year": 1976,
    "year": 1976,
    "age_certification": "R",
    "runtime_minutes": 114,
    "seasons": None,
    "imdb_id": "tt0075314",
    "imdb_score": 8.2,
    "imdb_votes": 808582,
    "movie_id": 111,
    "similar_movie_id": 1208,
    "because_movie_id": 858,
    "genre": "drama",
    "genres": ["Crime", "Drama", "Thriller"],
    "country": "US",
    "person_id": 3748,
    "full_name": "Robert De Niro",
    "first_name": "Robert",
    "middle_name": None,
    "last_name": "De Niro",
    "credit_id": 4,
    "role": "actor",
    "character": "Travis Bickle",
    "list": "all_time",
    "score": 8.2,
    "votes": 795222,
    "main_genre": "crime",
    "main_country": "US",
    "scenario": "default",
    "user_id": 1,
    "birth_date": "1984-02-29",
    "subscription_date": "2021-03-01",
    "cancellation_date": None,
    "subscription_type": "standard",
    "started_at": "2024-05-31T20:15:00Z",
    "ended_at": "2024-05-31T22:09:00Z",
    "rated_at": "2024-05-31T22:10:00Z",
    "made_at": "2024-05-31T22:10:00Z",
    "rating": 4.5,
    "recommender": "my-recommender",
    "reason": "because you rated Heat",
    "model_version": "2",
    "model": "ranking_model",
    "protocol": "time",
    "metric": "ndcg",
}
BY_TYPE: dict[str, Any] = {"bool": False, "json": {}, "string": "text", "date": "2024-05-31"}


def example(resource: Resource, column: Column) -> Any:
    """One value that the column can have."""
    if column.type == "int16" and column.name == "rating":
        return 4
    if resource.name == "model-evaluation" and column.name == "recommender":
        return "ranking_model"
    if column.name in BY_NAME:
        return BY_NAME[column.name]
    if column.type.startswith("list<"):
        return ["drama"] if column.type == "list<string>" else [1]
    if column.type.startswith(("int", "float")):
        return 1 if column.type.startswith("int") else 1.0
    return BY_TYPE.get(column.type, "2024-05-31T20:15:00Z")
