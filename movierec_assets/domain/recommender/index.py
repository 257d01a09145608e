"""From ids to positions, and from lists of ratings to rows of ratings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt


class RepeatedError(ValueError):
    """A pair of row and column occurs twice: `row` and `column` say which."""

    def __init__(self, row: int, column: int) -> None:
        super().__init__(f"row {row} has column {column} twice")
        self.row, self.column = row, column


DENSE = 8
"""Ids are looked up in a table as long as it has at most this many entries per id, and sorted otherwise."""


ASCENDING, REPEATED, FALLING = 0, 1, 2
"""How the columns of a row follow each other: each above the one before, some equal to it, some below it."""

LOOKED_UP = 1 << 17
"""Ids looked up at once, so that what lies between stays in the processor's cache."""


def as_array(values: Any, dtype: Any) -> npt.NDArray[Any]:
    """A contiguous NumPy array of one dimension from a NumPy or Arrow array.

    Raises:
        ValueError: It has nulls, another shape, or values that the type cannot hold.
    """
    if getattr(values, "null_count", 0):
        raise ValueError(f"{values.null_count} of {len(values)} values are null: clean them out first")
    if hasattr(values, "combine_chunks"):
        values = values.combine_chunks()
    # Arrow's own conversion to NumPy imports pandas, which takes longer than the training.
    arrow = hasattr(values, "__arrow_c_array__") and hasattr(values, "__dlpack__")
    array = np.from_dlpack(values) if arrow else np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"one dimension was expected, not the shape {array.shape}")
    if np.issubdtype(dtype, np.integer) and array.size and not np.issubdtype(array.dtype, np.integer):
        raise ValueError(f"ids must be integers, not {array.dtype}")
    return np.ascontiguousarray(array, dtype)


def encode(ids: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int32]]:
    """The distinct ids, ascending, and the position of each id among them.

    Args:
        ids: int64[n], n of at least 1.

    Returns:
        int64[n_distinct] and int32[n].
    """
    low, span = int(ids.min()), int(ids.max()) - int(ids.min()) + 1
    if span > DENSE * ids.size + 1_000_000:
        distinct, codes = np.unique(ids, return_inverse=True)
        return distinct, codes.astype(np.int32)
    offsets = ids - low
    present = np.zeros(span, np.bool_)
    present[offsets] = True
    table = np.cumsum(present, dtype=np.int32) - np.int32(1)
    return np.flatnonzero(present).astype(np.int64) + low, table[offsets]


def positions(
    ids: npt.NDArray[np.int64], wanted: npt.NDArray[Any], dtype: Any = np.int64
) -> npt.NDArray[Any]:
    """Where each wanted id stands in `ids`, -1 where it does not.

    Args:
        ids: int64[n], ascending, distinct.
        wanted: [m] of a type of whole numbers that int64 holds.
        dtype: Of the result.

    Returns:
        dtype[m].
    """
    if not ids.size:
        return np.full(wanted.size, -1, dtype)
    low, high = int(ids[0]), int(ids[-1])
    if high - low >= DENSE * wanted.size:
        at = np.minimum(np.searchsorted(ids, wanted), ids.size - 1)
        return np.where(ids[at] == wanted, at, -1).astype(dtype)
    # The last entry stays -1: it is where unknown ids are looked up.
    table = np.full(high - low + 2, -1, dtype)
    table[ids - low] = np.arange(ids.size)
    result = np.empty(wanted.size, dtype)

    def look_up(start: int, stop: int) -> None:
        for block in range(start, stop):
            part = slice(block * LOOKED_UP, (block + 1) * LOOKED_UP)
            # Without a sign, what lies below the lowest id is very large.
            offsets = np.subtract(wanted[part], low, dtype=np.int64).view(np.uint64)
            np.minimum(offsets, np.uint64(high - low + 1), out=offsets)
            # Every offset is in the table; any mode but the default one writes where it is told to.
            table.take(offsets.view(np.int64), out=result[part], mode="clip")

    each_range(look_up, np.arange(-(-wanted.size // LOOKED_UP) + 1))
    return result


@dataclass(frozen=True)
class Csr:
    """Rows of (column, value) entries.

    Attributes:
        indptr: int64[n_rows + 1] where each row starts.
        columns: int32[n].
        values: float32[n].
    """

    indptr: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int32]
    values: npt.NDArray[np.float32]

    def rows(self, threads: int | None = None) -> npt.NDArray[np.int32]:
        """int32[n]: the row of each entry."""
        from movierec_assets.domain.recommender import index_kernels

        rows = np.empty(self.columns.size, np.int32)
        each_range(
            lambda start, stop: index_kernels.expand(start, stop, self.indptr, rows), self.indptr, threads
        )
        return rows

    def order(self, threads: int | None = None) -> npt.NDArray[np.int8]:
        """int8[n_rows]: how the columns of each row follow each other, `ASCENDING`, `REPEATED` or `FALLING`."""
        from movierec_assets.domain.recommender import index_kernels

        found = np.empty(self.indptr.size - 1, np.int8)
        each_range(
            lambda start, stop: index_kernels.order(start, stop, self.indptr, self.columns, found),
            self.indptr,
            threads,
        )
        return found

    def first_repeated(self, order: npt.NDArray[np.int8]) -> tuple[int, int] | None:
        """The first row and column that occur twice, None where none do; `order` is what `order()` gives."""
        repeated = np.flatnonzero(order == REPEATED)
        if not repeated.size:
            return None
        columns = self.columns[self.indptr[repeated[0]] : self.indptr[repeated[0] + 1]]
        return int(repeated[0]), int(columns[np.argmax(columns[1:] == columns[:-1])])


def csr(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    values: npt.NDArray[np.float32],
    n_rows: int,
    threads: int | None = None,
) -> Csr:
    """Entries gathered by row, in the order in which they come; where they are already, the given arrays themselves.

    Args:
        rows: int32[n], each from 0 to `n_rows` - 1.
        columns: int32[n].
        values: float32[n].
        n_rows: Number of rows.
        threads: Threads to use; default one per core that this process may use.
    """
    from movierec_assets.domain.recommender import index_kernels

    if (rows[1:] >= rows[:-1]).all():
        # As files of ratings mostly are.
        starts = np.searchsorted(rows, np.arange(n_rows + 1, dtype=np.int32))
        return Csr(starts.astype(np.int64, copy=False), columns, values)
    indptr = np.zeros(n_rows + 1, np.int64)
    np.cumsum(np.bincount(rows, minlength=n_rows), out=indptr[1:])
    heads, out_columns, out_values = indptr[:-1].copy(), np.empty_like(columns), np.empty_like(values)
    each_range(
        lambda start, stop: index_kernels.bucket(
            start, stop, rows, columns, values, heads, out_columns, out_values
        ),
        indptr,
        threads,
        # Each range reads all entries.
        ranges_per_thread=1,
    )
    return Csr(indptr, out_columns, out_values)


def ascending(by_row: Csr, n_columns: int, threads: int | None = None) -> Csr:
    """The same rows, each in ascending order of columns; where they are already, the given ones themselves.

    Args:
        by_row: Entries by row, of each pair of row and column one at most.
        n_columns: Number of columns.
        threads: As for `csr`.
    """
    if not (by_row.order(threads) == FALLING).any():
        return by_row
    by_column = csr(by_row.columns, by_row.rows(threads), by_row.values, n_columns, threads)
    n_rows = by_row.indptr.size - 1
    return csr(by_column.columns, by_column.rows(threads), by_column.values, n_rows, threads)


def both_ways(
    rows: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    values: npt.NDArray[np.float32],
    shape: tuple[int, int],
    threads: int | None = None,
) -> tuple[Csr, Csr]:
    """Entries by row and by column, each list in ascending order: the same whatever the order of the input.

    Args:
        rows: int32[n].
        columns: int32[n].
        values: float32[n].
        shape: Number of rows and of columns.
        threads: As for `csr`.

    Raises:
        RepeatedError: A pair of row and column occurs twice.
    """
    by_row = csr(rows, columns, values, shape[0], threads)
    numbers = by_row.rows(threads)
    by_column = csr(by_row.columns, numbers, by_row.values, shape[1], threads)
    order = by_row.order(threads)
    if (order == FALLING).any():
        by_row = csr(by_column.columns, by_column.rows(threads), by_column.values, shape[0], threads)
        order = by_row.order(threads)
    if (twice := by_row.first_repeated(order)) is not None:
        raise RepeatedError(*twice)
    return by_row, by_column
