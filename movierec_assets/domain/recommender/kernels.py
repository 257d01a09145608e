"""The compiled inner loops of training; imported only inside functions (top-N has `top_kernels.py`).

Belongs here: loops over ratings and factors that NumPy would do slowly. Does not: checks, ids, threads.

The kernels have explicit signatures, so importing this module compiles them (once; `python -m` this module
does so ahead of time) or loads them from numba's cache. They release the interpreter lock and write only the
rows they are given, so callers run them on row ranges from threads; a row's result does not depend on the
range or the thread.
"""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

import numpy as np
from numba import njit

CHUNK = 128
"""Ratings gathered at once: summed in float32 within a chunk, in float64 across chunks."""

LANES = 16
"""Chunks are padded with zeros to a multiple of this, so that the sums never take their slow tail."""

SINGULAR = 1e-12
"""A Cholesky pivot below this share of its diagonal counts as zero."""

TOLERANCE = 1e-11
"""How far below zero, relative to the largest, a coefficient or gradient may lie and still count as zero."""

# Sums may be reordered, as vector registers need; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "nsz"}

_BUCKET = "void(int32[::1], int32[::1], float32[::1], int64[::1], int32[::1], float32[::1])"
_GRAM = "void(int32[::1], float32[::1], float32[:, ::1], float32[:, ::1], float64[:, ::1])"
_LEAST = "void(float64[:, ::1], float64, boolean[::1], float64[:, ::1], float64[::1])"
_SOLVE = "void(float64[:, ::1], float64, boolean, boolean[::1], float64[:, ::1], float64[::1])"
_ROWS = (
    "void(int64, int64, int64[::1], int32[::1], float32[::1], float32[:, ::1], float64, boolean,"
    " float32[:, ::1], float64[::1])"
)


@njit(_BUCKET, cache=True, nogil=True)
def bucket(rows, columns, values, heads, out_columns, out_values):
    """Stable counting sort by row: writes each (column, value) into its row's bucket.

    Args:
        rows: int32[n] row of each entry.
        columns: int32[n].
        values: float32[n].
        heads: int64[n_rows] where each row starts in the output; overwritten with where it ends.
        out_columns: int32[n].
        out_values: float32[n].
    """
    for i in range(rows.size):
        at = heads[rows[i]]
        out_columns[at] = columns[i]
        out_values[at] = values[i]
        heads[rows[i]] = at + 1


@njit(_GRAM, cache=True, nogil=True, fastmath=FAST)
def gram(columns, values, factors, panel, total):
    """Upper triangle of `[F | r]ᵀ [F | r]`, F being the factor rows of `columns` and r the `values`.

    So `total[:rank, :rank]` is FᵀF, `total[:rank, rank]` is Fᵀr and `total[rank, rank]` is rᵀr.

    Args:
        columns: int32[n] rows of `factors`.
        values: float32[n].
        factors: float32[*, rank].
        panel: float32[rank + 1, CHUNK + LANES] scratch: a chunk transposed, so that sums run over contiguous
            memory; the rows are longer than a chunk, so that they do not all fall into the same few sets of
            the cache.
        total: float64[rank + 1, rank + 1] result.
    """
    rank = factors.shape[1]
    total[:] = 0.0
    for start in range(0, columns.size, CHUNK):
        size = min(CHUNK, columns.size - start)
        padded = (size + LANES - 1) // LANES * LANES
        for m in range(size):
            row = columns[start + m]
            for k in range(rank):
                panel[k, m] = factors[row, k]
            panel[rank, m] = values[start + m]
        for k in range(rank + 1):
            for m in range(size, padded):
                panel[k, m] = 0.0
        for i in range(0, rank + 1, 2):
            # Two rows by two columns at a time: four sums for four loads instead of one for two.
            i1 = min(i + 1, rank)
            for j in range(i, rank + 1, 2):
                j1 = min(j + 1, rank)
                s00 = s01 = s10 = s11 = np.float32(0.0)
                for m in range(padded):
                    s00 += panel[i, m] * panel[j, m]
                    s01 += panel[i, m] * panel[j1, m]
                    s10 += panel[i1, m] * panel[j, m]
                    s11 += panel[i1, m] * panel[j1, m]
                total[i, j] += s00
                if j1 > j:
                    total[i, j1] += s01
                if i1 > i and j > i:
                    total[i1, j] += s10
                if i1 > i and j1 > j:
                    total[i1, j1] += s11


@njit(_LEAST, cache=True, nogil=True, fastmath=FAST)
def least_squares(total, ridge, passive, lower, x):
    """Solves the normal equations over the passive coefficients, the others being zero, by Cholesky.

    Args:
        total: float64[rank + 1, rank + 1] as `gram` gives it.
        ridge: Added to the diagonal.
        passive: bool[rank].
        lower: float64[rank, rank] scratch.
        x: float64[rank] result.
    """
    rank = x.size
    for j in range(rank):
        lower[j, j] = np.inf
        if passive[j]:
            diagonal = total[j, j] + ridge
            pivot = diagonal
            for i in range(j):
                s = total[i, j]
                for k in range(i):
                    s -= lower[i, k] * lower[j, k]
                lower[j, i] = s / lower[i, i]
                pivot -= lower[j, i] * lower[j, i]
            if pivot > SINGULAR * diagonal:
                lower[j, j] = np.sqrt(pivot)
        if lower[j, j] == np.inf:
            # Dividing by infinity below makes the coefficient, and all that depends on it, zero.
            lower[j, :j] = 0.0
        s = total[j, rank]
        for k in range(j):
            s -= lower[j, k] * x[k]
        x[j] = s / lower[j, j]
    for j in range(rank - 1, -1, -1):
        x[j] /= lower[j, j]
        for k in range(j):
            x[k] -= lower[j, k] * x[j]


@njit(_SOLVE, cache=True, nogil=True, fastmath=FAST)
def solve(total, ridge, nonnegative, passive, lower, x):
    """Minimises `xᵀAx - 2bᵀx + ridge·xᵀx`, over x ≥ 0 if `nonnegative`.

    Non-negative: block principal pivoting with a backup rule (Kim and Park, 2011, algorithm 1), which ends
    at the exact solution after a few Cholesky factorisations, fewer when `passive` starts near the answer.

    Args:
        total: float64[rank + 1, rank + 1] as `gram` gives it: A and b.
        ridge: Added to the diagonal of A.
        nonnegative: Whether negative coefficients are forbidden.
        passive: bool[rank] guess of the coefficients that are not zero; overwritten with the answer.
        lower: float64[rank, rank] scratch.
        x: float64[rank] result.
    """
    rank = x.size
    if not nonnegative:
        passive[:] = True
        least_squares(total, ridge, passive, lower, x)
        return
    largest_b = 0.0
    for i in range(rank):
        largest_b = max(largest_b, abs(total[i, rank]))
    fewest = rank + 1
    chances = 3
    for _ in range(50 + 10 * rank):
        least_squares(total, ridge, passive, lower, x)
        largest_x = 0.0
        for i in range(rank):
            largest_x = max(largest_x, abs(x[i]))
        wrong = 0
        last = -1
        # The scratch's diagonal notes which coefficients break a condition until all are known.
        for i in range(rank):
            gradient = -total[i, rank]
            for k in range(rank):
                gradient += (total[i, k] if i <= k else total[k, i]) * x[k]
            bad = x[i] < -TOLERANCE * largest_x if passive[i] else gradient < -TOLERANCE * largest_b
            lower[i, i] = 1.0 if bad else 0.0
            if bad:
                wrong += 1
                last = i
        if wrong == 0:
            break
        if wrong < fewest:
            fewest = wrong
            chances = 3
        elif chances > 0:
            chances -= 1
        else:
            passive[last] = not passive[last]
            continue
        for i in range(rank):
            if lower[i, i] == 1.0:
                passive[i] = not passive[i]
    for i in range(rank):
        x[i] = max(x[i], 0.0)


@njit(_ROWS, cache=True, nogil=True, fastmath=FAST)
def solve_rows(start, stop, indptr, columns, values, fixed, reg_param, nonnegative, out, errors):
    """One half-step of ALS-WR for the rows `start` to `stop`.

    Args:
        start: First row.
        stop: Row after the last.
        indptr: int64[n_rows + 1] where each row's ratings start.
        columns: int32[n] rows of `fixed`.
        values: float32[n] ratings.
        fixed: float32[*, rank] factors of the other side.
        reg_param: Regularisation, multiplied by the row's number of ratings.
        nonnegative: Whether negative factors are forbidden.
        out: float32[n_rows, rank] previous factors of these rows, overwritten.
        errors: float64[n_rows] sum of squared residuals of each row, overwritten.
    """
    rank = fixed.shape[1]
    panel = np.empty((rank + 1, CHUNK + LANES), np.float32)
    total = np.empty((rank + 1, rank + 1), np.float64)
    lower = np.empty((rank, rank), np.float64)
    passive = np.empty(rank, np.bool_)
    x = np.empty(rank, np.float64)
    for row in range(start, stop):
        first = indptr[row]
        last = indptr[row + 1]
        gram(columns[first:last], values[first:last], fixed, panel, total)
        for k in range(rank):
            passive[k] = out[row, k] > 0.0
        solve(total, reg_param * (last - first), nonnegative, passive, lower, x)
        for k in range(rank):
            out[row, k] = np.float32(x[k])
            x[k] = np.float64(out[row, k])
        error = total[rank, rank]
        for i in range(rank):
            error += x[i] * (total[i, i] * x[i] - 2.0 * total[i, rank])
            for k in range(i + 1, rank):
                error += 2.0 * x[i] * total[i, k] * x[k]
        errors[row] = max(error, 0.0)


if __name__ == "__main__":
    # Run as a program, this file is another module: import the real ones, so that their caches fill.
    from movierec_assets.domain.recommender import warm

    warm()
