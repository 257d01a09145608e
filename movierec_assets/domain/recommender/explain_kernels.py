"""The compiled loop of `explaining.py`; imported only inside functions. More on such modules in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def,call-arg"

from __future__ import annotations

import numpy as np
from numba import njit

from movierec_assets.domain.recommender.kernels import CHUNK, normal_equations
from movierec_assets.domain.recommender.least_squares import FAST, least_squares, substitute_back
from movierec_assets.domain.recommender.vector import RIGHT, ROWS, add_row

_BACK = "void(float64[:, ::1], float64[::1], float32[::1], float64[::1])"
_EXPLAIN = (
    "void(int64, int64, int64[::1], int32[::1], float32[::1], float32[:, ::1], float64[:, ::1], int64,"
    " float32, float64, float64, int64[::1], int32[::1], int32[::1], float32[::1])"
)


@njit(_BACK, cache=True, nogil=True, fastmath=FAST)
def solve_factored(upper, inverse, right, x):
    """Solves UᵀU x = b.

    Args:
        upper: float64[width, > width]: U in its upper triangle; the first column beside it is overwritten.
        inverse: float64[width]: 1 / diagonal of U.
        right: float32[width] b.
        x: float64[width] result.
    """
    width = x.size
    for i in range(width):
        x[i] = right[i]
    solved = x.reshape(1, width)
    for i in range(0, width, ROWS):
        end = i + ROWS
        for r in range(i, end):
            x[r] *= inverse[r]
            for q in range(r + 1, end):
                x[q] -= upper[r, q] * x[r]
        for r in range(i, end):
            add_row(solved, 0, upper, r, end, width, -x[r])
    upper[:, width] = x
    substitute_back(upper, inverse, x)


@njit(_EXPLAIN, cache=True, nogil=True, fastmath=FAST)
def explain_rows(
    start,
    stop,
    indptr,
    columns,
    values,
    fixed,
    base,
    rank,
    alpha,
    reg_param,
    tie,
    best_indptr,
    best_items,
    out_items,
    out_parts,
):
    """For the users `start` to `stop`, which of their own ratings adds most to each recommendation's score.

    Args:
        start: First user.
        stop: User after the last.
        indptr: int64[n_users + 1] where each user's ratings start.
        columns: int32[n] rows of `fixed`, ascending within a user.
        values: float32[n] ratings.
        fixed: float32[n_items, width] padded item factors.
        base: float64[width, width] upper triangle of their Gram matrix.
        rank: Factors; those after them are padding.
        alpha: Confidence per star.
        reg_param: Regularisation, multiplied by the user's number of ratings.
        tie: Share of the most by which another part may be less and counts as equal; the first of these is taken.
        best_indptr: int64[n_users + 1] where each user's recommendations start.
        best_items: int32[m] rows of `fixed`.
        out_items: int32[m] row of `fixed` of the rated item that adds most, -1 where none adds anything; overwritten.
        out_parts: float32[m] what it adds to the score, overwritten.
    """
    width = fixed.shape[1]
    panel = np.empty((CHUNK, width), np.float32)
    chunk = np.zeros((width, width), np.float32)
    right = np.zeros((1, width), np.float32)
    total = np.zeros((width, width + RIGHT), np.float64)
    upper = np.zeros((width, width + RIGHT), np.float64)
    inverse = np.empty(width, np.float64)
    passive = np.ones(rank, np.bool_)
    x = np.empty(width, np.float64)
    z = np.empty(width, np.float32)
    parts = np.empty(0, np.float32)
    for user in range(start, stop):
        if best_indptr[user] == best_indptr[user + 1]:
            continue
        first = indptr[user]
        last = indptr[user + 1]
        normal_equations(
            columns[first:last], values[first:last], fixed, alpha, base, panel, chunk, right, total
        )
        least_squares(total, reg_param * (last - first), rank, passive, upper, inverse, x)
        if parts.size < last - first:
            parts = np.empty(last - first, np.float32)
        for at in range(best_indptr[user], best_indptr[user + 1]):
            solve_factored(upper, inverse, fixed[best_items[at]], x)
            for k in range(width):
                z[k] = x[k]
            most = np.float32(0.0)
            for rated in range(first, last):
                row = fixed[columns[rated]]
                likeness = np.float32(0.0)
                for k in range(width):
                    likeness += z[k] * row[k]
                parts[rated - first] = likeness * (np.float32(1.0) + alpha * values[rated])
                most = max(most, parts[rated - first])
            out_items[at] = -1
            out_parts[at] = 0.0
            if most > 0.0:
                rated = first
                while parts[rated - first] < most * (1.0 - tie):
                    rated += 1
                out_items[at] = columns[rated]
                out_parts[at] = parts[rated - first]
