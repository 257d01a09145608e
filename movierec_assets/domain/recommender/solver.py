"""The alternation of ALS, on rows of ratings: threads around the compiled loops in `kernels.py`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.index import Csr
from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.threads import each_range

if TYPE_CHECKING:
    import numpy.typing as npt

ALIGNMENT = 16
"""Factors are laid out from an address that is a multiple of so many float32 numbers: a line of the cache."""

MOST_CONDITION = 1e10
"""Condition number above which a system's inverse is not used: of 16 decimal digits it leaves six."""

GRAM_ROWS = 4096
"""Rows whose outer products are added up by one thread."""


def alternate(
    by_user: Csr,
    by_item: Csr,
    params: AlsParams | RankingParams,
    progress: Callable[[int, float], None] | None = None,
    threads: int | None = None,
    stop: Callable[[int, npt.NDArray[np.float32], npt.NDArray[np.float32]], bool] | None = None,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], tuple[float, ...]]:
    """Train on ratings, given by user and by item.

    Args:
        by_user: Ratings by user.
        by_item: The same by item.
        params: Parameters.
        progress: As for `als.fit`.
        threads: As for `als.fit`.
        stop: Asked after each iteration with its number and the factors so far; training ends where it says yes.

    Returns:
        User factors float32[n_users, rank], item factors float32[n_items, rank], and `AlsModel.training_loss`.
    """
    n_users, n_items, rank = by_user.indptr.size - 1, by_item.indptr.size - 1, params.rank
    start = np.random.default_rng(params.seed).standard_normal((n_users, rank), np.float32)
    # As MLlib starts, nonnegative or not: unit vectors of any sign. Absolute values, all of one quadrant, start the
    # factors too alike (held-out RMSE on ml-latest-small 0.871 instead of 0.865, mean of 12 seeds).
    user_factors = padded(start / np.linalg.norm(start, axis=1, keepdims=True))
    item_factors = padded(np.ones((n_items, rank), np.float32))
    losses = []
    for iteration in range(1, params.max_iter + 1):
        solve_side(by_item, user_factors, item_factors, params, threads)
        if iteration == 1 and params.nonnegative:
            # Where the start pointed away from all its raters an item is zero now, and would stay so with them.
            item_factors[~item_factors.any(axis=1), :rank] = rank**-0.5
        squared = solve_side(by_user, item_factors, user_factors, params, threads)
        losses.append(float(np.sqrt(squared / by_user.columns.size)))
        if progress is not None:
            progress(iteration, losses[-1])
        if stop is not None and stop(iteration, user_factors[:, :rank].copy(), item_factors[:, :rank].copy()):
            break
    return user_factors[:, :rank].copy(), item_factors[:, :rank].copy(), tuple(losses)


def solve_side(
    ratings: Csr,
    fixed: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
    params: AlsParams | RankingParams,
    threads: int | None = None,
    base: npt.NDArray[np.float64] | None = None,
    inverses: npt.NDArray[np.float64] | None = None,
) -> float:
    """Solve the factors of every row, those of the columns being fixed.

    Args:
        ratings: Ratings by row.
        fixed: float32[n_columns, width] padded factors.
        out: float32[n_rows, width] padded factors before; overwritten.
        params: Parameters.
        threads: Threads to use; default one per core that this process may use.
        base: `base_of(fixed, params)` where it is known already.
        inverses: `inverses_of(base, params)` where they are known already.

    Returns:
        The weighted sum of squared residuals.
    """
    from movierec_assets.domain.recommender import kernels

    base = base_of(fixed, params, threads) if base is None else base
    inverses = inverses_of(base, params) if inverses is None else inverses
    losses = np.empty(len(out), np.float64)
    data = (ratings.indptr, ratings.columns, ratings.values, fixed, base, inverses)
    weights = (params.rank, alpha_of(params), params.reg_param, params.nonnegative)
    # A row costs its ratings and, for the factorisation, about as much as `rank` more.
    work = ratings.indptr + np.arange(ratings.indptr.size) * params.rank
    each_range(
        lambda start, stop: kernels.solve_rows(start, stop, *data, *weights, out, losses), work, threads
    )
    return float(losses.sum())


def inverses_of(base: npt.NDArray[np.float64], params: AlsParams | RankingParams) -> npt.NDArray[np.float64]:
    """float64[FEW, width, width] for rows of 1 to FEW ratings; none where there is nothing that can be inverted."""
    from movierec_assets.domain.recommender.few_kernels import FEW

    width, rank = len(base), params.rank
    if not alpha_of(params):
        return np.empty((0, width, width))
    upper = np.triu(base[:rank, :rank])
    gram = upper + np.triu(upper, 1).T
    if not np.isfinite(gram).all():
        return np.empty((0, width, width))
    # What is nearly singular has noise for an inverse; the kernel for rows of any length copes with that.
    eigenvalues = np.linalg.eigvalsh(gram) + params.reg_param
    if eigenvalues[0] * MOST_CONDITION <= eigenvalues[-1]:
        return np.empty((0, width, width))
    ridges = params.reg_param * np.arange(1, FEW + 1)[:, None, None] * np.eye(rank)
    result = np.zeros((FEW, width, width))
    result[:, :rank, :rank] = np.linalg.inv(gram + ridges)
    return result


def alpha_of(params: AlsParams | RankingParams) -> float:
    """Confidence per star of implicit feedback, 0 for explicit."""
    return params.alpha if isinstance(params, RankingParams) else 0.0


def padded(factors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """float32[n, width]: rows filled up with zeros, on as few lines of the cache as can be."""
    from movierec_assets.domain.recommender.vector import PAD

    rows, rank = factors.shape
    width = -(-rank // PAD) * PAD
    room = np.zeros(rows * width + ALIGNMENT, np.float32)
    skip = -(room.ctypes.data // room.itemsize) % ALIGNMENT
    result = room[skip : skip + rows * width].reshape(rows, width)
    result[:, :rank] = factors
    return result


def base_of(
    factors: npt.NDArray[np.float32], params: AlsParams | RankingParams, threads: int | None = None
) -> npt.NDArray[np.float64]:
    """What the normal equations of every row contain: zero for explicit feedback, the Gram matrix for implicit.

    Args:
        factors: float32[n, width] padded factors.
        params: Parameters.
        threads: Any number gives the same result.

    Returns:
        float64[width, width], its upper triangle.
    """
    from movierec_assets.domain.recommender import kernels

    width = factors.shape[1]
    if not alpha_of(params):
        return np.zeros((width, width))
    parts = np.zeros((-(-len(factors) // GRAM_ROWS), width, width))

    def add(start: int, stop: int) -> None:
        for part in range(start, stop):
            end = min((part + 1) * GRAM_ROWS, len(factors))
            kernels.gram_rows(part * GRAM_ROWS, end, factors, parts[part])

    each_range(add, np.arange(len(parts) + 1), threads)
    total: npt.NDArray[np.float64] = parts.sum(axis=0)
    return total
