"""Lists of movies, page after page, as DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from movierec_assets.client import frames
from movierec_assets.client.errors import NotFoundError
from movierec_assets.client.naming import jsonable, query
from movierec_assets.client.sending import Safe

if TYPE_CHECKING:
    import pandas as pd

    from movierec_assets.client.sending import Sender

PAGE = 100
"""Most items of one answer."""
GONE, BEGUN_AT_MOST = 410, 3
COLUMNS = {
    "rank": "Int32",
    "movie_id": "Int64",
    "title_id": "string",
    "title": "string",
    "year": "Int32",
    "genres": "object",
    "kind": "string",
    "score": "float64",
    "predicted_rating": "float64",
    "recommender": "string",
    "model_version": "string",
    "reason": "string",
}
"""Of every list of movies, with pandas' types."""


async def listed(
    sender: Sender, path: str, n: int, filters: Mapping[str, Any], body: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """The first `n` items of a list.

    Args:
        sender: The way to the API.
        path: Of the list.
        n: How many, 1 or more.
        filters: Parameters of the list.
        body: Of the request, where it is a POST.

    Raises:
        ClientError: As the answer says.
    """
    method, asked = "GET" if body is None else "POST", query(filters)
    items, cursor, begun = list[dict[str, Any]](), None, 1
    while True:
        page = [*asked, ("limit", str(min(n - len(items), PAGE))), *([("cursor", cursor)] if cursor else [])]
        try:
            found = (await sender.send(method, path, Safe.READS, parameters=page, body=body)).json()
        except NotFoundError as error:
            if error.status != GONE or begun == BEGUN_AT_MOST:
                raise
            # Another model went live between two pages.
            items, cursor, begun = [], None, begun + 1
            continue
        items += found["items"]
        cursor = found["next_cursor"]
        if not cursor or len(items) >= n:
            return frames.of_items(items, COLUMNS)


def rated(ratings: Any) -> list[dict[str, Any]]:
    """Ratings as the API takes them.

    Args:
        ratings: movie_id -> rating, pairs of both, or a DataFrame with these two columns.
    """
    if hasattr(ratings, "itertuples"):
        ratings = zip(ratings["movie_id"], ratings["rating"], strict=True)
    pairs = ratings.items() if isinstance(ratings, Mapping) else ratings
    return [{"movie_id": jsonable(movie), "rating": jsonable(rating)} for movie, rating in pairs]
