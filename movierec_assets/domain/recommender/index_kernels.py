"""The compiled loops of `index.py`; imported only inside functions. More on such modules in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

_BUCKET = "void(int64, int64, int32[::1], int32[::1], float32[::1], int64[::1], int32[::1], float32[::1])"
_EXPAND = "void(int64, int64, int64[::1], int32[::1])"
_ORDER = "void(int64, int64, int64[::1], int32[::1], int8[::1])"


@njit(_BUCKET, cache=True, nogil=True)
def bucket(start, stop, rows, columns, values, heads, out_columns, out_values):
    """Stable counting sort by row: writes each (column, value) into its row's bucket.

    Args:
        start: First row whose entries are written.
        stop: Row after the last.
        rows: int32[n] row of each entry.
        columns: int32[n].
        values: float32[n].
        heads: int64[n_rows] where each row starts in the output; overwritten with where it ends.
        out_columns: int32[n].
        out_values: float32[n].
    """
    for i in range(rows.size):
        if start <= rows[i] < stop:
            at = heads[rows[i]]
            out_columns[at] = columns[i]
            out_values[at] = values[i]
            heads[rows[i]] = at + 1


@njit(_EXPAND, cache=True, nogil=True)
def expand(start, stop, indptr, rows):
    """Writes the number of the row of each entry, for the rows `start` to `stop`, to `rows`, int32[n]."""
    for row in range(start, stop):
        rows[indptr[row] : indptr[row + 1]] = row


@njit(_ORDER, cache=True, nogil=True)
def order(start, stop, indptr, columns, found):
    """Writes to `found`, int8[n_rows], whether the columns of rows `start` to `stop` ascend 0, repeat 1 or fall 2."""
    for row in range(start, stop):
        repeated = False
        falling = False
        for at in range(indptr[row] + 1, indptr[row + 1]):
            repeated |= columns[at] == columns[at - 1]
            falling |= columns[at] < columns[at - 1]
        found[row] = 2 if falling else 1 if repeated else 0
