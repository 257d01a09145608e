"""Small tables of titles to simulate with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa

GENRES = ("comedy", "crime", "drama", "horror", "scifi", "war")


def table_of(rows: Iterable[tuple[object, ...]], id_type: pa.DataType | None = None) -> pa.Table:
    """A table from rows of title_id, kind, runtime, genres, popularity."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    types = [id_type, pa.string(), pa.float64(), pa.list_(pa.string()), pa.float64()]
    names = ["title_id", "kind", "runtime", "genres", "popularity"]
    return pa.table([pa.array(c, t) for c, t in zip(columns, types, strict=True)], names=names)


def many_titles(number: int) -> pa.Table:
    """Titles with one to three genres, some without runtime, genres or popularity."""
    rng = np.random.default_rng(0)
    return table_of(
        (
            f"tm{i:05}",
            "SHOW" if i % 3 == 0 else "MOVIE",
            None if i % 11 == 0 else int(rng.integers(20, 200)),
            None if i % 13 == 0 else list(rng.choice(GENRES, rng.integers(1, 4), replace=False)),
            None if i % 7 == 0 else float(rng.integers(1, 100_000)),
        )
        for i in range(number)
    )
