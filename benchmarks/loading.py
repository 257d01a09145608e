"""The contenders that load recommendations into PostgreSQL; see `contenders`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from benchmarks.contest import timed

CHUNK = 1000


def database(folder: Path) -> Any:
    """The server of this benchmark, which the one who measures has started."""
    from movierec_assets.resources.database import Database

    return Database(home=str(folder / "home"))


def rows(folder: Path) -> Any:
    """The recommendations, a pyarrow.Table."""
    import pyarrow.parquet as pq

    return pq.read_table(folder / "recommendations.parquet")


def recommendations(count: int, per_user: int) -> Any:
    """So many rows, as the table `recommendations` has them.

    Args:
        count: Rows.
        per_user: Rows per user.
    """
    import numpy as np
    import pyarrow as pa

    from movierec_assets.schema import table

    number = np.arange(count)
    draw = np.random.default_rng(42)
    movies = draw.integers(1, 200_000, (2, count))
    columns = {
        "userId": number // per_user + 1,
        "rank": number % per_user + 1,
        "movieId": movies[0],
        "score": draw.random(count, np.float32),
        "predicted_rating": draw.random(count, np.float32) * 5,
        "recommender": pa.repeat("ranking_model", count),
        "model_version": pa.repeat("0123456789abcdef", count),
        "because_movie_id": movies[1],
        "reason": [f"because you rated Movie number {m} (1999)" for m in movies[1]],
    }
    schema = table("recommendations").arrow_schema()
    return pa.Table.from_arrays([pa.array(columns[f.name]).cast(f.type) for f in schema], schema=schema)


def load_published(folder: Path) -> dict[str, Any]:
    """By this project: binary COPY into a table with its key, statistics, the flip, and vacuum."""
    from movierec_assets.publication import ensure_schema, publish
    from movierec_assets.schema import table

    data, here = rows(folder), database(folder)
    with here.connect() as connection:
        ensure_schema(connection)
    with timed():
        done = publish(here, table("recommendations"), data, "benchmark", None, keep=1)
    return {"rows": done.rows}


def load_pandas(folder: Path, method: str | None = None) -> dict[str, Any]:
    """By `DataFrame.to_sql` as it is by default, into a table without a key."""
    from sqlalchemy import create_engine, text

    frame = rows(folder).to_pandas()
    engine = create_engine(database(folder).sqlalchemy_url(f"by_pandas_{method or 'default'}"))
    with timed(), engine.begin() as connection:
        frame.to_sql("recommendations", connection, index=False, method=method, chunksize=CHUNK)
    with engine.connect() as connection:
        return {"rows": connection.execute(text("SELECT count(*) FROM recommendations")).scalar_one()}


def load_pandas_multi(folder: Path) -> dict[str, Any]:
    """By `DataFrame.to_sql(method="multi")`: statements of many rows."""
    return load_pandas(folder, "multi")
