"""The compiled inner loops of training; imported only inside functions (top-N has `top_kernels.py`).

Belongs here: loops over ratings and factors that NumPy would do slowly. Does not: checks, ids, threads.

The kernels have explicit signatures, so importing this module compiles them (once; `movierec_assets.warm` does
so ahead of time) or loads them from numba's cache. They release the interpreter lock and write only the
rows they are given, so callers run them on row ranges from threads; a row's result does not depend on the
range or the thread. Arrays of factors are padded with zeros to a `width`, a multiple of `vector.PAD`.
"""

# mypy: disable-error-code="no-untyped-def,call-arg"

from __future__ import annotations

import numpy as np
from numba import njit

from movierec_assets.domain.recommender.few_kernels import FEW, solve_few
from movierec_assets.domain.recommender.least_squares import FAST, solve_in_place, solve_nonnegative
from movierec_assets.domain.recommender.vector import (
    PAD,
    REGISTER_BYTES,
    RIGHT,
    ROWS,
    VECTORS,
    add_narrow,
    add_wide,
    gather_row,
    prefetch_row,
)

CHUNK = 128
"""Ratings gathered at once: a panel of them stays in the fastest cache."""

AHEAD = 16
"""Factors are fetched from memory so many ratings before they are used."""

CHUNKS = 8
"""So many chunks are summed in float32, and their sums in float64."""

SINGLES = REGISTER_BYTES // 4
"""Float32 numbers in a vector."""

_GRAM = "void(float32[:, ::1], int64, float32[:, ::1])"
_FLUSH = "void(float32[:, ::1], float64[:, ::1], float64[:, ::1])"
_GATHER = (
    "void(int32[::1], float32[::1], float32[:, ::1], float32, float64[:, ::1], float32[:, ::1], float32[:, ::1],"
    " float32[:, ::1], float64[:, ::1])"
)
_SUM = "void(int64, int64, float32[:, ::1], float64[:, ::1])"
_ROWS = (
    "void(int64, int64, int64[::1], int32[::1], float32[::1], float32[:, ::1], float64[:, ::1],"
    " float64[:, :, ::1], int64, float32, float64, boolean, float32[:, ::1], float64[::1])"
)


@njit(_GRAM, cache=True, nogil=True)
def add_gram(panel, n, chunk):
    """Adds the upper triangle of PᵀP, P being the first `n` rows of a panel, to `chunk`.

    Args:
        panel: float32[≥ n, width].
        n: Rows that count.
        chunk: float32[width, width]; below its diagonal it holds anything.
    """
    width = panel.shape[1]
    for i in range(0, width, ROWS):
        j = i // SINGLES * SINGLES
        while j + VECTORS * SINGLES <= width:
            add_wide(panel, i, panel, j, n, chunk, i)
            j += VECTORS * SINGLES
        while j < width:
            add_narrow(panel, i, panel, j, n, chunk, i)
            j += SINGLES


@njit(_FLUSH, cache=True, nogil=True)
def flush(chunk, before, total):
    """Sets the upper triangle of `total` to that of `before` and `chunk` together, and that of `chunk` to zero.

    Args:
        chunk: float32[width, width].
        before: float64[width, ≥ width], which may be `total` itself.
        total: float64[width, ≥ width].
    """
    width = chunk.shape[1]
    for i in range(width):
        for j in range(i // PAD * PAD, width):
            total[i, j] = before[i, j] + chunk[i, j]
            chunk[i, j] = 0.0


@njit(_GATHER, cache=True, nogil=True)
def normal_equations(columns, values, factors, alpha, base, panel, chunk, right, total):
    """Sets `total` to the weighted normal equations of one row.

    With F the factor rows of `columns`, they are `base` and, for explicit feedback (`alpha` 0), FᵀF and Fᵀr; for
    implicit feedback Fᵀ C F and Fᵀ (1 + c), c being `alpha` times r and C a diagonal of it (Hu, Koren and Volinsky,
    2008).

    Args:
        columns: int32[n] rows of `factors`.
        values: float32[n] ratings r.
        factors: float32[*, width].
        alpha: Confidence per star, 0 for explicit feedback.
        base: float64[width, width], of which the upper triangle counts.
        panel: float32[CHUNK, width] scratch.
        chunk: float32[width, width] scratch, zero in its upper triangle before and after.
        right: float32[1, width] scratch, zero before and after.
        total: float64[width, width + RIGHT]: the upper triangle of the matrix, then the right-hand side in column
            `width`, beside zeros; overwritten.
    """
    width = factors.shape[1]
    for i in range(width):
        for j in range(width, total.shape[1]):
            total[i, j] = 0.0
    if columns.size == 0:
        flush(chunk, base, total)
    before = base
    for start in range(0, columns.size, CHUNK):
        size = min(CHUNK, columns.size - start)
        for m in range(size):
            if start + m + AHEAD < columns.size:
                prefetch_row(factors, columns[start + m + AHEAD])
            target = values[start + m]
            root = np.float32(1.0)
            if alpha > 0.0:
                root = np.sqrt(alpha * target)
                target = root + np.float32(1.0) / root
            gather_row(panel, m, factors, columns[start + m], root, right, target)
        add_gram(panel, size, chunk)
        if (start // CHUNK + 1) % CHUNKS == 0 or start + CHUNK >= columns.size:
            flush(chunk, before, total)
            before = total
            for k in range(width):
                total[k, width] += right[0, k]
                right[0, k] = 0.0


@njit(_SUM, cache=True, nogil=True, fastmath=FAST)
def gram_rows(start, stop, factors, total):
    """The upper triangle of FᵀF, F being the rows `start` to `stop`, in float64[width, width]."""
    chunk = np.zeros((factors.shape[1], factors.shape[1]), np.float32)
    total[:] = 0.0
    for first in range(start, stop, CHUNK):
        size = min(CHUNK, stop - first)
        add_gram(factors[first : first + size], size, chunk)
        flush(chunk, total, total)


@njit(_ROWS, cache=True, nogil=True, fastmath=FAST)
def solve_rows(
    start,
    stop,
    indptr,
    columns,
    values,
    fixed,
    base,
    inverses,
    rank,
    alpha,
    reg_param,
    nonnegative,
    out,
    losses,
):
    """One half-step of ALS for the rows `start` to `stop`.

    Args:
        start: First row.
        stop: Row after the last.
        indptr: int64[n_rows + 1] where each row's ratings start.
        columns: int32[n] rows of `fixed`.
        values: float32[n] ratings.
        fixed: float32[*, width] factors of the other side.
        base: float64[width, width] upper triangle of what every row's matrix contains: zero for explicit, the sum
            of the outer products of `fixed` for implicit feedback.
        inverses: float64[m, width, width] for rows of 1 to m ratings the inverse of `base` with the regularisation;
            m is 0 or `FEW`.
        rank: Factors; those after them are padding.
        alpha: Confidence per star of implicit feedback, 0 for explicit.
        reg_param: Regularisation, multiplied by the row's number of ratings.
        nonnegative: Whether negative factors are forbidden.
        out: float32[n_rows, width] previous factors of these rows, overwritten.
        losses: float64[n_rows] each row's weighted sum of squared residuals, overwritten.
    """
    width = fixed.shape[1]
    panel = np.empty((CHUNK, width), np.float32)
    chunk = np.zeros((width, width), np.float32)
    right = np.zeros((1, width), np.float32)
    total = np.zeros((width, width + RIGHT), np.float64)
    upper = np.zeros((width, width + RIGHT), np.float64)
    inverse = np.empty(width, np.float64)
    target = np.empty(width, np.float64)
    passive = np.empty(rank, np.bool_)
    solution = np.empty((1, width), np.float64)
    x = solution[0]
    spread = np.empty((FEW, width), np.float64)
    small = np.empty((FEW, FEW + 1), np.float64)
    for row in range(start, stop):
        first = indptr[row]
        last = indptr[row + 1]
        ridge = reg_param * (last - first)
        if 0 < last - first <= len(inverses):
            known = inverses[last - first - 1]
            loss = -solve_few(
                columns[first:last], values[first:last], fixed, alpha, known, spread, small, solution
            )
            for i in range(first, last):
                loss += 1.0 + alpha * values[i]
            for k in range(width):
                loss -= ridge * x[k] * x[k]
                out[row, k] = x[k]
            losses[row] = max(loss, 0.0)
            continue
        normal_equations(
            columns[first:last], values[first:last], fixed, alpha, base, panel, chunk, right, total
        )
        target[:] = total[:, width]
        if nonnegative:
            for k in range(rank):
                passive[k] = out[row, k] > 0.0
            solve_nonnegative(total, ridge, rank, passive, upper, inverse, x)
        else:
            solve_in_place(total, ridge, rank, inverse, x)
        loss = 0.0
        for i in range(first, last):
            loss += 1.0 + alpha * values[i] if alpha > 0.0 else values[i] * values[i]
        for k in range(width):
            # At the minimum, (A + ridge) x is b wherever x is not zero: so xᵀAx - 2bᵀx is this.
            loss -= x[k] * (target[k] + ridge * x[k])
            out[row, k] = x[k]
        losses[row] = max(loss, 0.0)
