"""The end of a run's output: a few users, what they liked, and what they are recommended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from movierec_assets.io_managers.lake import Lake

USERS = 5
TITLES = 3


def sample_of_users(lake: Lake) -> Iterator[tuple[int, str, str]]:
    """A user, what they liked and what they are recommended, for the five users of the lowest ids.

    Nothing where there are no recommendations yet. Only the rows of these users are read.

    Raises:
        LakeError: The lake cannot be reached.
    """
    if not lake.exists("recommendations"):
        return
    import pyarrow.compute as pc

    # Everybody who is recommended anything has a first recommendation.
    everybody = lake.open("recommendations").arrow(["userId"], where=pc.field("rank") == 1)
    users = sorted(everybody["userId"].to_pylist())[:USERS]
    theirs = pc.field("userId").isin(users)
    ratings = lake.open("cleaned_ratings").arrow(["userId", "movieId", "rating", "timestamp"], where=theirs)
    liked = _by_user(
        ratings.sort_by([("rating", "descending"), ("timestamp", "descending"), ("movieId", "ascending")])
    )
    recommended = _by_user(
        lake.open("recommendations").arrow(["userId", "movieId", "rank"], where=theirs).sort_by("rank")
    )
    shown = {m for movies in (*liked.values(), *recommended.values()) for m in movies}
    titles = _titles(lake, sorted(shown))
    for user in users:
        yield user, _join(titles, liked.get(user, [])), _join(titles, recommended[user])


def _by_user(rows: Any) -> dict[int, list[int]]:
    """The first few movies of each user, in the order of the rows."""
    found: dict[int, list[int]] = {}
    for user, movie in zip(rows["userId"].to_pylist(), rows["movieId"].to_pylist(), strict=True):
        movies = found.setdefault(user, [])
        if len(movies) < TITLES:
            movies.append(movie)
    return found


def _titles(lake: Lake, movies: list[int]) -> dict[int, str]:
    import pyarrow.compute as pc

    rows = lake.open("cleaned_movies").arrow(
        ["movieId", "title", "year"], where=pc.field("movieId").isin(movies)
    )
    return {
        m["movieId"]: f"{m['title']} ({m['year']})" if m["year"] else m["title"] for m in rows.to_pylist()
    }


def _join(titles: dict[int, str], movies: list[int]) -> str:
    return " · ".join(titles.get(m, f"movie {m}") for m in movies)
