"""The compiled solution for rows of few ratings; imported only by `kernels.py`, which says more on such modules."""

# mypy: disable-error-code="no-untyped-def,call-arg"

from __future__ import annotations

import numpy as np
from numba import njit

from movierec_assets.domain.recommender.vector import add_row

FEW = 8
"""Rows of at most so many ratings are solved by a system of that size instead of one of the rank's."""

_FEW = (
    "float64(int32[::1], float32[::1], float32[:, ::1], float32, float64[:, ::1], float64[:, ::1],"
    " float64[:, ::1], float64[:, ::1])"
)


@njit(_FEW, cache=True, nogil=True)
def solve_few(columns, values, factors, alpha, inverse, spread, small, x):
    """Solves the normal equations of implicit feedback for a row of n ratings, at most `FEW`.

    With G the inverse of what does not depend on the ratings, F the rated factors and C their confidences beyond 1,
    the solution `(G⁻¹ + FᵀCF)⁻¹ Fᵀ(1 + c)` is `G Fᵀ w`, w solving
    `(C⁻¹ + F G Fᵀ) w = C⁻¹(1 + c)` (Woodbury's identity).

    Args:
        columns: int32[n] rows of `factors`.
        values: float32[n] ratings.
        factors: float32[*, width].
        alpha: Confidence per star.
        inverse: float64[width, width] G, both triangles.
        spread: float64[FEW, width] scratch.
        small: float64[FEW, FEW + 1] scratch.
        x: float64[1, width] result.

    Returns:
        The product of x with the right-hand side `Fᵀ(1 + c)`.
    """
    n = columns.size
    width = factors.shape[1]
    spread[:n] = 0.0
    for i in range(n):
        for k in range(width):
            add_row(spread, i, inverse, k, 0, width, np.float64(factors[columns[i], k]))
        for j in range(i + 1):
            s = 0.0
            for k in range(width):
                s += spread[i, k] * factors[columns[j], k]
            small[i, j] = s
        confidence = np.float64(alpha * values[i])
        small[i, i] += 1.0 / confidence
        small[i, FEW] = (1.0 + confidence) / confidence
    # Cholesky's factor takes the place of the lower triangle, w that of the last column.
    for i in range(n):
        for j in range(i + 1):
            s = small[i, j]
            for k in range(j):
                s -= small[i, k] * small[j, k]
            small[i, j] = np.sqrt(s) if i == j else s / small[j, j]
        for k in range(i):
            small[i, FEW] -= small[i, k] * small[k, FEW]
        small[i, FEW] /= small[i, i]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            small[i, FEW] -= small[k, i] * small[k, FEW]
        small[i, FEW] /= small[i, i]
    x[:] = 0.0
    product = 0.0
    for i in range(n):
        w = small[i, FEW]
        add_row(x, 0, spread, i, 0, width, w)
        confidence = np.float64(alpha * values[i])
        product += (1.0 + confidence) * (1.0 + confidence - w) / confidence
    return product
