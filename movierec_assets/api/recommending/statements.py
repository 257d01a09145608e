"""What one request asks the database: a statement for each kind of list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from movierec_assets.api.recommending.arrays import array_of
from movierec_assets.api.recommending.models import Ratings
from movierec_assets.api.recommending.shelf import Entry

if TYPE_CHECKING:
    from psycopg import AsyncConnection

PUBLISHED = """
SELECT asked.at, page.items, page.version
FROM unnest(%(users)s::bigint[], %(limits)s::integer[]) WITH ORDINALITY asked (user_id, items, at)
CROSS JOIN LATERAL (SELECT string_agg(item, ',' ORDER BY rank) AS items, min(model_version) AS version FROM (
    SELECT r.rank, r.model_version, row_to_json((SELECT x FROM (SELECT
        r.rank, r.movie_id, t.title_id, m.title, m.year, m.genres, coalesce(t.kind, 'movie') AS kind,
        r.score, r.predicted_rating, r.recommender, r.model_version, r.reason
    ) x))::text AS item
    FROM serving.recommendations r
    JOIN serving.movies m ON m.movie_id = r.movie_id
    LEFT JOIN LATERAL (
        SELECT c.title_id, c.kind FROM catalog.titles c WHERE c.movie_id = r.movie_id
        ORDER BY c.title_id COLLATE "C" LIMIT 1
    ) t ON true
    WHERE r.user_id = asked.user_id AND r.rank <= asked.items
    AND r.model_version = (
        SELECT f.model_version FROM serving.movie_factors f WHERE f.model = 'ranking_model' ORDER BY f.movie_id LIMIT 1
    )
    AND NOT EXISTS (SELECT FROM feedback.ratings g WHERE g.user_id = asked.user_id)
) list HAVING count(*) = asked.items) page
"""
"""For each user a row with the first items as JSON and their model's version, made whole in the database; none where
there are not so many, where the user has rated something since, or while another model is going live. One row of the
factors is asked for in order, so that it is found by their key whatever snapshots lie beside the live one."""

HISTORY = """
SELECT array_send(h.movie_ids), array_send(h.ratings), array_send(g.movie_ids), array_send(g.ratings), array_send(p.ids)
FROM (
    SELECT array_agg(movie_id ORDER BY movie_id) AS movie_ids, array_agg(rating ORDER BY movie_id) AS ratings
    FROM feedback.ratings WHERE user_id = %(user)s
) g
LEFT JOIN serving.rating_histories h ON h.user_id = %(user)s
CROSS JOIN (
    SELECT array_agg(movie_id ORDER BY rank) AS ids FROM serving.recommendations
    WHERE user_id = %(user)s AND rank <= %(published)s AND model_version = %(version)s
) p
"""

VIEWED = """
SELECT v.title_id, t.movie_id, v.stars FROM (
    SELECT title_id, max(started_at) AS last,
        (array_agg(rating ORDER BY started_at DESC) FILTER (WHERE rating IS NOT NULL))[1] AS stars
    FROM simulation.sessions WHERE scenario = %(scenario)s AND user_id = %(user)s GROUP BY title_id
) v
JOIN catalog.titles t ON t.title_id = v.title_id
ORDER BY v.stars IS NOT NULL, v.last, v.title_id
"""
"""A row per title; of two titles of one movie the one that counts comes last."""

STORED = """
SELECT r.rank, r.title_id, r.score, r.reason, r.model_version, t.movie_id, t.title, t.release_year, t.kind,
    (SELECT coalesce(array_agg(g.genre ORDER BY g.position, g.genre), '{}')
        FROM catalog.genres g WHERE g.title_id = r.title_id),
    EXISTS (SELECT FROM simulation.sessions s
        WHERE s.scenario = r.scenario AND s.user_id = r.user_id AND s.title_id = r.title_id)
FROM feedback.recommendations r
JOIN catalog.titles t ON t.title_id = r.title_id
WHERE r.recommender = %(recommender)s AND r.scenario = %(scenario)s AND r.user_id = %(user)s
ORDER BY r.rank
"""


@dataclass(frozen=True)
class History:
    """What a user of MovieLens has rated.

    Attributes:
        published: What MovieLens has.
        written: What applications wrote, which counts in place of it.
        listed: Movies at the beginning of the user's published recommendations, by rank.
    """

    published: Ratings
    written: Ratings
    listed: list[int]

    @property
    def all(self) -> Ratings:
        """Everything."""
        return self.published.overlaid(self.written)


@dataclass(frozen=True)
class Viewing:
    """One title that a fabricated user has seen.

    Attributes:
        title_id: The title.
        movie_id: The same in MovieLens, None where it is not there.
        stars: The latest rating given, None where none was.
    """

    title_id: str
    movie_id: int | None
    stars: int | None


@dataclass(frozen=True)
class Stored:
    """One recommendation that a recommender outside the graph wrote.

    Attributes:
        rank: Its own, 1 being the best.
        entry: The title.
        score: What its order follows.
        reason: Why.
        model_version: The recommender's own version.
        viewed: Whether the user has seen the title.
    """

    rank: int
    entry: Entry
    score: float | None
    reason: str | None
    model_version: str | None
    viewed: bool


async def published_items(
    connection: AsyncConnection[Any], asked: Sequence[tuple[int, int]]
) -> list[tuple[str, str] | None]:
    """The first items of users' published lists, as JSON with commas between, and their model's version.

    None where they do not answer: see `PUBLISHED`.

    Args:
        connection: To read from.
        asked: Users, and how many items of each.
    """
    users, limits = ([one[part] for one in asked] for part in (0, 1))
    found = await connection.execute(PUBLISHED, {"users": users, "limits": limits}, prepare=True)
    rows = {at: (items, version) for at, items, version in await found.fetchall()}
    return [rows.get(at) for at in range(1, len(asked) + 1)]


async def history(
    connection: AsyncConnection[Any], user: int, published: int = 0, version: str = ""
) -> History:
    """What a user has rated, and the first `published` recommendations made by that version of the model."""
    parameters = {"user": user, "published": published, "version": version}
    found = await connection.execute(HISTORY, parameters, binary=True)
    row = await found.fetchone()
    assert row is not None
    arrays = [array_of(part) for part in row]
    return History(Ratings.of(*arrays[:2]), Ratings.of(*arrays[2:4]), arrays[4].tolist())


async def viewings(connection: AsyncConnection[Any], scenario: str, user: int) -> list[Viewing]:
    """What a fabricated user has seen; of two titles of one movie the one that counts comes last."""
    found = await connection.execute(VIEWED, {"scenario": scenario, "user": user})
    return [Viewing(*row) for row in await found.fetchall()]


async def stored(
    connection: AsyncConnection[Any], recommender: str, scenario: str, user: int
) -> list[Stored]:
    """What a recommender outside the graph wrote for a fabricated user, by its rank."""
    parameters = {"recommender": recommender, "scenario": scenario, "user": user}
    found = await connection.execute(STORED, parameters)
    return [
        Stored(rank, Entry(movie, title_id, title, year, genres, kind), score, reason, version, viewed)
        for rank, title_id, score, reason, version, movie, title, year, kind, genres, viewed in await found.fetchall()
    ]
