"""The compiled solution of normal equations; imported only inside functions. More on such modules in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def,call-arg"

from __future__ import annotations

import numpy as np
from numba import njit

from movierec_assets.domain.recommender.vector import (
    PAD,
    REGISTER_BYTES,
    ROWS,
    VECTORS,
    add_row,
    settle_rows,
    take_narrow,
    take_products,
    take_wide,
)

SINGULAR = 1e-12
"""A Cholesky pivot below this share of its diagonal counts as zero."""

TOLERANCE = 1e-11
"""How far below zero, relative to the largest, a coefficient or gradient may lie and still count as zero."""

DOUBLES = REGISTER_BYTES // 8
"""Float64 numbers in a vector."""

# Sums may be reordered, as vector registers need; infinities and NaN keep their meaning.
FAST = {"reassoc", "contract", "nsz"}

_CHOLESKY = "void(float64[:, ::1], float64[::1])"
_IN_PLACE = "void(float64[:, ::1], float64, int64, float64[::1], float64[::1])"
_LEAST = "void(float64[:, ::1], float64, int64, boolean[::1], float64[:, ::1], float64[::1], float64[::1])"
_SOLVE = "void(float64[:, ::1], float64, int64, boolean[::1], float64[:, ::1], float64[::1], float64[::1])"


@njit(_CHOLESKY, cache=True, nogil=True)
def cholesky(upper, inverse):
    """Factors A = UᵀU in place, a block of rows at a time, and solves Uᵀy = b for the columns beside A.

    Args:
        upper: float64[width, > width]: the upper triangle of A and right-hand sides b; overwritten with U and y.
        inverse: float64[width] result: 1 / diagonal of U, zero where A is singular.
    """
    width, beyond = upper.shape
    inverses = inverse.reshape(1, width)
    for i in range(0, width, ROWS):
        j = i // DOUBLES * DOUBLES
        for r in range(i, i + ROWS):
            inverse[r] = upper[r, r] * SINGULAR
        while j + VECTORS * DOUBLES <= beyond:
            take_wide(upper, i, upper, j, i, upper, i)
            j += VECTORS * DOUBLES
        while j < beyond:
            take_narrow(upper, i, upper, j, i, upper, i)
            j += DOUBLES
        # The triangle at the diagonal first: what is right of it can then stay in registers.
        end = i + ROWS
        for r in range(i, end):
            pivot = upper[r, r]
            # Multiplying by zero makes the coefficient, and all that depends on it, zero.
            inverse[r] = 1.0 / np.sqrt(pivot) if pivot > inverse[r] else 0.0
            add_row(upper, r, upper, r, r // DOUBLES * DOUBLES, end, inverse[r] - 1.0)
            for q in range(r + 1, end):
                add_row(upper, q, upper, r, q // DOUBLES * DOUBLES, end, -upper[r, q])
        settle_rows(upper, i, end, inverses)


@njit("void(float64[:, ::1], float64[::1], float64[::1])", cache=True, nogil=True, fastmath=FAST)
def substitute_back(upper, inverse, x):
    """Solves Ux = y, both as `cholesky` leaves them, y being the first column beside U, which is overwritten.

    The result x is float64[width].
    """
    width = x.size
    solved = x.reshape(1, width)
    for i in range(width - ROWS, -1, -ROWS):
        take_products(upper, i, i + ROWS, solved)
        for r in range(i + ROWS - 1, i - 1, -1):
            s = upper[r, width]
            for q in range(r + 1, i + ROWS):
                s -= upper[r, q] * x[q]
            x[r] = s * inverse[r]


@njit(_IN_PLACE, cache=True, nogil=True, fastmath=FAST)
def solve_in_place(total, ridge, rank, inverse, x):
    """Minimises `xᵀAx - 2bᵀx + ridge·xᵀx`.

    Args:
        total: float64[width, width + RIGHT] as `normal_equations` gives it: A and b; overwritten.
        ridge: Added to the diagonal of A.
        rank: Coefficients; those after them are padding.
        inverse: float64[width] scratch.
        x: float64[width] result.
    """
    width = x.size
    for i in range(width):
        total[i, i] += ridge
    for i in range(rank, width):
        total[:i, i] = 0.0
        total[i, i:] = 0.0
        total[i, i] = 1.0
    cholesky(total, inverse)
    substitute_back(total, inverse, x)


@njit(_LEAST, cache=True, nogil=True, fastmath=FAST)
def least_squares(total, ridge, rank, passive, upper, inverse, x):
    """Solves the normal equations over the passive coefficients, the others being zero.

    Args:
        total: float64[width, width + RIGHT] as `normal_equations` gives it.
        ridge: Added to the diagonal.
        rank: Coefficients; those after them are padding.
        passive: bool[rank].
        upper: float64[width, width + RIGHT] scratch.
        inverse: float64[width] scratch.
        x: float64[width] result.
    """
    width, beyond = total.shape
    for i in range(width):
        for j in range(i // PAD * PAD, beyond):
            upper[i, j] = total[i, j]
        upper[i, i] += ridge
    for i in range(width):
        if i >= rank or not passive[i]:
            upper[:i, i] = 0.0
            upper[i, i:] = 0.0
            upper[i, i] = 1.0
    cholesky(upper, inverse)
    substitute_back(upper, inverse, x)


@njit(_SOLVE, cache=True, nogil=True, fastmath=FAST)
def solve_nonnegative(total, ridge, rank, passive, upper, inverse, x):
    """Minimises `xᵀAx - 2bᵀx + ridge·xᵀx` over x ≥ 0.

    Block principal pivoting with a backup rule (Kim and Park, 2011, algorithm 1), which ends at the exact solution
    after a few Cholesky factorisations, fewer when `passive` starts near the answer.

    Args:
        total: float64[width, width + RIGHT] as `normal_equations` gives it: A and b.
        ridge: Added to the diagonal of A.
        rank: Coefficients; those after them are padding.
        passive: bool[rank] guess of the coefficients that are not zero; overwritten with the answer.
        upper: float64[width, width + RIGHT] scratch.
        inverse: float64[width] scratch.
        x: float64[width] result.
    """
    width = x.size
    largest_b = 0.0
    for i in range(rank):
        largest_b = max(largest_b, abs(total[i, width]))
    fewest = rank + 1
    chances = 3
    for _ in range(50 + 10 * rank):
        least_squares(total, ridge, rank, passive, upper, inverse, x)
        largest_x = 0.0
        for i in range(rank):
            largest_x = max(largest_x, abs(x[i]))
        wrong = 0
        last = -1
        # The scratch notes which coefficients break a condition until all are known.
        for i in range(rank):
            gradient = -total[i, width]
            for k in range(rank):
                gradient += (total[i, k] if i <= k else total[k, i]) * x[k]
            bad = x[i] < -TOLERANCE * largest_x if passive[i] else gradient < -TOLERANCE * largest_b
            inverse[i] = 1.0 if bad else 0.0
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
            if inverse[i] == 1.0:
                passive[i] = not passive[i]
    for i in range(rank):
        x[i] = max(x[i], 0.0)
