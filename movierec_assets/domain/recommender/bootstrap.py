"""How far a mean over users could have come out otherwise: percentile bootstrap (Efron, 1979), seeded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.ranking import PerUser

if TYPE_CHECKING:
    import numpy.typing as npt

_DRAWS_AT_ONCE = 4_000_000
"""Bounds the memory of a batch of resamples: 8 bytes for each draw and each weight."""


@dataclass(frozen=True)
class Interval:
    """A mean over users and the range in which it lies in the middle share of the resamples.

    Attributes:
        value: The mean; nan where there is no user.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def intervals(
    per_user: PerUser, resamples: int = 1000, seed: int = 42, level: float = 0.95
) -> dict[str, Interval]:
    """The mean of each metric, with its interval from resampling the users with replacement.

    All metrics see the same resamples, and so do two recommenders with the same users. A user whose value is nan is
    left out of that mean.

    Args:
        per_user: Metrics of m users.
        resamples: How many resamples of m users.
        seed: Seed of the draws.
        level: Share of the resampled means inside the interval, above 0 and below 1.

    Raises:
        ValueError: The level is not between 0 and 1.
    """
    if not 0 < level < 1:
        raise ValueError(f"the level of an interval must lie between 0 and 1, not {level}")
    names = list(per_user.values)
    matrix = np.column_stack([per_user.values[name] for name in names])
    if not len(matrix):
        return dict.fromkeys(names, Interval(float("nan"), float("nan"), float("nan")))
    present = ~np.isnan(matrix)
    filled = np.where(present, matrix, 0.0)
    with np.errstate(invalid="ignore"):
        means = filled.sum(axis=0) / present.sum(axis=0)
        found = np.concatenate(
            [(weights @ filled) / (weights @ present) for weights in _weights(len(matrix), resamples, seed)]
        )
    tail = (1 - level) / 2
    ends = [_ends(column[~np.isnan(column)], tail) for column in found.T]
    return {name: Interval(float(mean), *end) for name, mean, end in zip(names, means, ends, strict=True)}


def paired_difference(
    left: PerUser, right: PerUser, resamples: int = 1000, seed: int = 42, level: float = 0.95
) -> dict[str, Interval]:
    """The mean over users of left less right, of each metric; above zero throughout, left is better for the users.

    Args:
        left: Metrics of m users by one recommender.
        right: Metrics of the same users by another.
        resamples: As for `intervals`.
        seed: As for `intervals`.
        level: As for `intervals`.

    Raises:
        ValueError: The users differ.
    """
    _refuse_other_users(left.user_ids, right.user_ids)
    differences = {name: left.values[name] - right.values[name] for name in left.values}
    return intervals(PerUser(left.user_ids, differences), resamples, seed, level)


@dataclass(frozen=True, eq=False)
class Errors:
    """Errors of predicted ratings, user by user.

    Attributes:
        user_ids: int64[m], ascending.
        squared: float64[m] sums of squared errors.
        rows: int64[m] ratings that they are sums of, 1 or more.
    """

    user_ids: npt.NDArray[np.int64]
    squared: npt.NDArray[np.float64]
    rows: npt.NDArray[np.int64]

    @property
    def rmse(self) -> float:
        """Root mean squared error over all ratings."""
        return float(np.sqrt(self.squared.sum() / self.rows.sum()))


def rmse_interval(errors: Errors, resamples: int = 1000, seed: int = 42, level: float = 0.95) -> Interval:
    """RMSE over all ratings, with its interval from resampling users, each with all of their ratings.

    Args:
        errors: Of m users, at least one.
        resamples: As for `intervals`.
        seed: As for `intervals`.
        level: As for `intervals`.
    """
    found = _resampled_rmse(errors, resamples, seed)
    return Interval(errors.rmse, *_ends(found, (1 - level) / 2))


def rmse_difference(
    left: Errors, right: Errors, resamples: int = 1000, seed: int = 42, level: float = 0.95
) -> Interval:
    """RMSE of left less that of right; below zero throughout, left predicts better.

    Args:
        left: Of m users, at least one, by one recommender.
        right: Of the same users by another.
        resamples: As for `intervals`.
        seed: As for `intervals`.
        level: As for `intervals`.

    Raises:
        ValueError: The users differ.
    """
    _refuse_other_users(left.user_ids, right.user_ids)
    found = _resampled_rmse(left, resamples, seed) - _resampled_rmse(right, resamples, seed)
    return Interval(left.rmse - right.rmse, *_ends(found, (1 - level) / 2))


def _resampled_rmse(errors: Errors, resamples: int, seed: int) -> npt.NDArray[np.float64]:
    batches = _weights(len(errors.rows), resamples, seed)
    return np.concatenate([np.sqrt((w @ errors.squared) / (w @ errors.rows)) for w in batches])


def _refuse_other_users(left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]) -> None:
    if not np.array_equal(left, right):
        sizes = f"{left.size} and {right.size}"
        raise ValueError(
            f"a paired difference needs the same users on both sides; these are {sizes}, not equal"
        )


def _weights(users: int, resamples: int, seed: int) -> Iterator[npt.NDArray[np.float64]]:
    """How often each user is drawn, float64[batch, users], until there are enough resamples."""
    rng = np.random.default_rng(seed)
    batch = max(1, _DRAWS_AT_ONCE // users)
    for first in range(0, resamples, batch):
        size = min(batch, resamples - first)
        drawn = rng.integers(users, size=(size, users)) + users * np.arange(size)[:, None]
        yield np.bincount(drawn.ravel(), minlength=size * users).reshape(size, users).astype(np.float64)


def _ends(means: npt.NDArray[np.float64], tail: float) -> tuple[float, float]:
    if not means.size:
        return float("nan"), float("nan")
    low, high = np.quantile(means, (tail, 1 - tail))
    return float(low), float(high)
