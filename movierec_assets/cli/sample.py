"""The end of a run's output: a few users, what they liked, and what they are recommended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.io_managers.lake import Lake, LakeError

if TYPE_CHECKING:
    import pyarrow as pa

USERS = 5
TITLES = 3


def sample_of_users(lake: Lake) -> Iterator[str]:
    """Lines for the five users of the lowest ids; nothing where there are no recommendations yet."""
    try:
        recommended = _rows_of_first_users(lake)
    except LakeError:
        return
    users = sorted(set(recommended["userId"].to_pylist()))
    titles = _titles(lake)
    liked = _liked(lake, users)
    for user in users:
        best = [
            m
            for u, m in zip(
                recommended["userId"].to_pylist(), recommended["movieId"].to_pylist(), strict=True
            )
            if u == user
        ]
        yield ""
        yield f"[bold]user {user}[/]"
        yield f"  liked        {_join(titles, liked.get(user, []))}"
        yield f"  recommended  {_join(titles, best)}"


def _rows_of_first_users(lake: Lake) -> pa.Table:
    import pyarrow.compute as pc

    table = lake.open("recommendations").arrow(["userId", "rank", "movieId"])
    users = pc.unique(table["userId"]).sort()[:USERS] if table.num_rows else table["userId"]
    return table.filter(pc.is_in(table["userId"], users)).sort_by(
        [("userId", "ascending"), ("rank", "ascending")]
    )


def _liked(lake: Lake, users: list[int]) -> dict[int, list[int]]:
    import pyarrow.compute as pc

    ratings = lake.open("cleaned_ratings").arrow(["userId", "movieId", "rating", "timestamp"])
    import pyarrow as pa

    rows = ratings.filter(pc.is_in(ratings["userId"], pa.array(users, pa.int64())))
    rows = rows.sort_by([("rating", "descending"), ("timestamp", "descending"), ("movieId", "ascending")])
    liked: dict[int, list[int]] = {}
    for user, movie in zip(rows["userId"].to_pylist(), rows["movieId"].to_pylist(), strict=True):
        liked.setdefault(user, []).append(movie)
    return liked


def _titles(lake: Lake) -> dict[int, str]:
    movies = lake.open("cleaned_movies").arrow(["movieId", "title", "year"]).to_pylist()
    return {m["movieId"]: f"{m['title']} ({m['year']})" if m["year"] else m["title"] for m in movies}


def _join(titles: dict[int, str], movies: list[int]) -> str:
    from rich.markup import escape

    return escape(" · ".join(titles.get(m, f"movie {m}") for m in movies[:TITLES]))
