"""A small table to publish, whose rows tell which snapshot they are of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from movierec_assets.publication import Publication, ensure_schema, publish
from movierec_assets.schema import Column, Table

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

SCORES = Table(
    "scores",
    "A score of a movie.",
    (
        Column("movieId", "int64", "Movie."),
        Column("rank", "int32", "1 is the best."),
        Column("score", "float32", "Score.", unit="stars", nullable=True),
        Column("mean", "float64", "Mean.", nullable=True),
        Column("title", "string", "It's the title.", nullable=True),
        Column("genres", "list<string>", "Genres.", nullable=True),
    ),
    key=("movieId", "rank"),
    layer="serving",
    published_as="serving.scores",
)


def scores(number: int, rows: int = 100) -> pa.Table:
    """Rows that all bear that number as their mean."""
    return pa.table(
        {
            "title": [f"movie {i}" for i in range(rows)],
            "movieId": pa.array(range(rows), pa.int64()),
            "rank": pa.array([1] * rows, pa.int32()),
            "score": pa.array([0.5] * rows, pa.float32()),
            "mean": pa.array([float(number)] * rows, pa.float64()),
            "genres": [["Drama", "Crime"]] * rows,
        }
    )


def publish_scores(
    database: Database, number: int, *, rows: int = 100, keep: int = 3, table: Table = SCORES
) -> Publication:
    """Publish the rows of that number; its data version is the number."""
    return publish(database, table, scores(number, rows), str(number), f"run-{number}", keep)


def prepared(database: Database, table: Table = SCORES) -> Database:
    """The database with the table's view."""
    with database.connect() as connection:
        ensure_schema(connection, [table])
    return database


def live(database: Database) -> tuple[Any, ...]:
    """Rows, smallest and largest number that a reader sees."""
    with database.connect() as connection:
        row = connection.execute("SELECT count(*), min(mean), max(mean) FROM serving.scores").fetchone()
    assert row is not None
    return row
