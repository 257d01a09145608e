"""The compiled loop of `directions.py`; imported only inside functions. More on such modules in `kernels.py`."""

# mypy: disable-error-code="no-untyped-def"

from __future__ import annotations

from numba import njit

LANES = 4
"""Sums that a product is added up in, each of every fourth term."""

_PRODUCTS = "void(int64, int64, int64[::1], int64[::1], float64[:, ::1], float64[::1])"


@njit(_PRODUCTS, cache=True, nogil=True)
def products(start, stop, left, right, rows, out):
    """The inner products of the pairs `start` to `stop`, added up in one order, so that they depend on the pair only.

    Args:
        start: First pair.
        stop: Pair after the last.
        left: int64[n] one row of each pair.
        right: int64[n] the other.
        rows: float64[*, width], width being a multiple of `LANES`.
        out: float64[n], overwritten.
    """
    for pair in range(start, stop):
        a = rows[left[pair]]
        b = rows[right[pair]]
        first = second = third = fourth = 0.0
        for k in range(0, rows.shape[1], LANES):
            first += a[k] * b[k]
            second += a[k + 1] * b[k + 1]
            third += a[k + 2] * b[k + 2]
            fourth += a[k + 3] * b[k + 3]
        out[pair] = (first + second) + (third + fourth)
