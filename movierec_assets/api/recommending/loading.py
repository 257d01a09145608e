"""Everything published that requests are answered from, read into memory at one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.api.recommending.arrays import array_of
from movierec_assets.api.recommending.models import Models, Ratings
from movierec_assets.api.recommending.shelf import Entry, Shelf
from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.folding import FoldIn
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.popular import damped_scores

if TYPE_CHECKING:
    import numpy.typing as npt
    import psycopg

STATE = """
SELECT md5(concat_ws(' ',
    (SELECT string_agg(dataset || snapshot_id, ' ' ORDER BY dataset) FROM publication.current
        WHERE dataset IN ('cleaned_movies', 'popular_movies', 'movie_factors')),
    (SELECT sum(hashtextextended(t::text, 0)) FROM catalog.titles t),
    (SELECT sum(hashtextextended(g::text, 0)) FROM catalog.genres g)
))
"""
"""Changes with everything that is read here."""
MOVIES = "SELECT movie_id, title, year, genres FROM serving.movies ORDER BY movie_id"
POPULAR = """
SELECT movie_id, damped_mean, average_rating, rating_count FROM serving.popular_movies ORDER BY rank
"""
TITLES = """
SELECT t.title_id, t.movie_id, t.title, t.release_year, t.kind, t.imdb_score, t.imdb_votes, coalesce(g.genres, '{}')
FROM catalog.titles t
LEFT JOIN (
    SELECT title_id, array_agg(genre ORDER BY position, genre) AS genres FROM catalog.genres GROUP BY title_id
) g ON g.title_id = t.title_id
ORDER BY t.title_id COLLATE "C"
"""
FACTORS = """
SELECT model, min(model_version), min(reg_param), min(alpha), bool_and(nonnegative),
    array_send(array_agg(movie_id ORDER BY movie_id)), array_send(array_agg(factors ORDER BY movie_id))
FROM serving.movie_factors GROUP BY model
"""


@dataclass(frozen=True, eq=False)
class Popular:
    """A list that is the same for everybody.

    Attributes:
        recommender: Its name.
        places: int64[n] places on the shelf, the best first.
        scores: float64[n] what the order follows.
        reasons: Why, in words.
        version: Hash of what the order follows from.
    """

    recommender: str
    places: npt.NDArray[np.int64]
    scores: npt.NDArray[np.float64]
    reasons: Sequence[str]
    version: str


@dataclass(frozen=True, eq=False)
class Live:
    """What was live at one moment.

    Attributes:
        state: Of the database then, as `read_state` says it.
        movies: Movies of MovieLens.
        titles: Titles of the catalogue.
        popular_movies: For those of whom nothing is known.
        popular_titles: The same for fabricated users.
        models: None where none is published.
    """

    state: str
    movies: Shelf
    titles: Shelf
    popular_movies: Popular
    popular_titles: Popular
    models: Models | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing that could be recommended."""
        return not len(self.movies) and not len(self.titles)

    @property
    def versions(self) -> set[str]:
        """Versions of all lists."""
        lists = {self.popular_movies.version, self.popular_titles.version}
        return lists | ({self.models.version} if self.models else set())


def read_state(connection: psycopg.Connection) -> str:
    """A text that changes when something else is live."""
    row = connection.execute(STATE).fetchone()
    return str(row[0]) if row else ""


def load(connection: psycopg.Connection) -> Live:
    """Read everything.

    Args:
        connection: In a transaction that sees one moment.
    """
    state = read_state(connection)
    titles = connection.execute(TITLES).fetchall()
    title_of: dict[int, tuple[str, str]] = {}
    for title_id, movie_id, _, _, kind, *_ in titles:
        if movie_id is not None:
            title_of.setdefault(movie_id, (title_id, kind))
    on_shelf = [
        Entry(movie_id, *_title(title_of, movie_id, title, year, genres))
        for movie_id, title, year, genres in connection.execute(MOVIES).fetchall()
    ]
    movies = Shelf([e.movie_id for e in on_shelf], on_shelf)
    shown = [Entry(m, i, title, year, genres, kind) for i, m, title, year, kind, _, _, genres in titles]
    return Live(
        state,
        movies,
        Shelf([e.title_id for e in shown], shown),
        _popular_movies(movies, connection.execute(POPULAR).fetchall()),
        _popular_titles([(score, votes) for *_, score, votes, _ in titles]),
        _models(connection),
    )


def _title(
    title_of: dict[int, tuple[str, str]], movie_id: int, title: str, year: int | None, genres: list[str]
) -> tuple[str | None, str, int | None, list[str], str]:
    title_id, kind = title_of.get(movie_id, (None, "movie"))
    return title_id, title, year, genres, kind


def _popular_movies(movies: Shelf, rows: Sequence[tuple[Any, ...]]) -> Popular:
    known = [(movies.place(row[0]), *row[1:]) for row in rows if movies.place(row[0]) is not None]
    return Popular(
        "popular_movies",
        np.array([place for place, *_ in known], np.int64),
        np.array([damped for _, damped, _, _ in known], np.float64),
        [f"popular: mean {mean:.2f} of {count:,} ratings" for _, _, mean, count in known],
        _hash(rows),
    )


def _popular_titles(rated: Sequence[tuple[float | None, int | None]]) -> Popular:
    """Titles by their score at IMDb, drawn towards the mean of all; of those with a score and votes.

    Votes are counted in thousands where ratings of MovieLens are in tens, so the imaginary ones are as many as a title
    has on average.
    """
    voted = [(place, score, votes) for place, (score, votes) in enumerate(rated) if score and votes]
    places, scores, votes = (
        (np.array(column) for column in zip(*voted, strict=True)) if voted else [np.empty(0)] * 3
    )
    damped = damped_scores(scores * votes, votes, float(votes.mean())) if voted else scores
    order = np.argsort(-damped, kind="stable")
    return Popular(
        "popular_titles",
        places[order].astype(np.int64),
        damped[order],
        [f"popular: IMDb score {scores[at]:.1f} of {int(votes[at]):,} votes" for at in order],
        _hash(rated),
    )


def _models(connection: psycopg.Connection) -> Models | None:
    with connection.cursor(binary=True) as cursor:
        rows = {row[0]: row[1:] for row in cursor.execute(FACTORS).fetchall()}
    if len(rows) < 2:
        return None
    made: dict[str, FoldIn] = {}
    for name, (_, reg_param, alpha, nonnegative, ids, sent) in rows.items():
        factors = array_of(sent)
        rank = factors.shape[1]
        params = (
            AlsParams(rank=rank, reg_param=reg_param, nonnegative=nonnegative)
            if alpha is None
            else RankingParams(rank=rank, reg_param=reg_param, alpha=alpha)
        )
        nobody, none = np.empty(0, np.int64), np.empty((0, rank), np.float32)
        made[name] = FoldIn(AlsModel(nobody, array_of(ids), none, factors, params))
    models = Models(made["ranking_model"], made["als_model"], rows["ranking_model"][0])
    # What is the same for everybody, and the compiled code, now and not with the first request.
    first = Ratings.of(models.movie_ids[:1], [5])
    models.predicted(first, models.movie_ids[:1])
    models.scores(models.factors(first))
    models.because(first, models.movie_ids[:1])
    for movie_id in first.movies:
        models.likeness(int(movie_id))
    return models


def _hash(rows: Sequence[Any]) -> str:
    return hashlib.blake2b(repr(rows).encode(), digest_size=8).hexdigest()
