"""The titles that can be watched, as arrays in the order of their popularity rank."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("title_id", "kind", "runtime", "genres", "popularity")
UNKNOWN_RUNTIME = {"MOVIE": 98, "SHOW": 41}
"""Minutes for a title without a runtime: the medians of the Netflix catalogue, for a show those of an episode."""

LONGEST_VIEWING = 360
"""Minutes: of a longer title nobody sees more than this at once."""


@dataclass(frozen=True, eq=False)
class Titles:
    """Titles by popularity, the most popular first: position + 1 is the popularity rank.

    Attributes:
        ids: [n] `title_id` in its own Arrow type.
        seconds: [n] the longest viewing of each.
        genre_names: [g] distinct, ascending.
        genres: float64[n, g] 1 where the title has the genre, else 0.
    """

    ids: pa.Array
    seconds: Ints
    genre_names: tuple[str, ...]
    genres: Floats

    @property
    def ranks(self) -> Ints:
        """1 to n."""
        return np.arange(1, self.seconds.size + 1)

    @classmethod
    def of(cls, table: pa.Table) -> Titles:
        """Ranks and checks the titles. The order of the rows does not matter.

        Args:
            table: title_id (any sortable type, distinct), kind (movie or show in any case), runtime (minutes of
                a movie or an episode; null and 0 mean unknown, see `UNKNOWN_RUNTIME`), genres (list of strings,
                may be null), popularity (votes or any other weight, only its order counts; nulls come last,
                equal values by title_id). Other columns are left alone.

        Raises:
            ValueError: Columns are missing, there are no titles, or a value is not allowed.
        """
        import pyarrow.compute as pc

        if missing := [name for name in COLUMNS if name not in table.column_names]:
            raise ValueError(f"titles have no column {missing}; they need {list(COLUMNS)}")
        if not table.num_rows:
            raise ValueError("titles are empty: there is nothing to watch")
        keys = [("popularity", "descending"), ("title_id", "ascending")]
        table = table.take(pc.sort_indices(table, sort_keys=keys))
        ids = table["title_id"].combine_chunks()
        if ids.null_count or len(ids.unique()) != len(ids):
            raise ValueError("title_id of titles must be distinct and never null")
        kinds = np.array(pc.utf8_upper(table["kind"]).to_pylist(), object)
        if unknown := {str(kind) for kind in kinds} - set(UNKNOWN_RUNTIME):
            raise ValueError(f"kind of titles must be one of {list(UNKNOWN_RUNTIME)}, not {sorted(unknown)}")
        return cls(ids, _seconds(table["runtime"], kinds), *_genres(table["genres"].to_pylist()))


def _seconds(runtime: pa.ChunkedArray, kinds: np.ndarray) -> Ints:
    minutes = np.array([0 if value is None else value for value in runtime.to_pylist()], np.float64)
    if not (minutes >= 0).all():
        raise ValueError(f"runtime of titles must be 0 or more minutes, not {minutes.min()}")
    unknown = np.array([UNKNOWN_RUNTIME[kind] for kind in kinds], np.float64)
    known = np.where(minutes == 0, unknown, np.maximum(minutes, 1))
    seconds: Ints = (np.minimum(known, LONGEST_VIEWING) * 60).astype(np.int64)
    return seconds


def _genres(lists: list[list[str] | None]) -> tuple[tuple[str, ...], Floats]:
    names = tuple(sorted({name for genres in lists for name in genres or ()}))
    column = {name: number for number, name in enumerate(names)}
    matrix = np.zeros((len(lists), len(names)))
    for row, genres in enumerate(lists):
        matrix[row, [column[name] for name in genres or ()]] = 1
    return names, matrix
