"""A held-out share of the ratings, chosen by a hash of the pair: the same on any engine and in any order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.sql import Column

# XXH64's primes (Yann Collet's specification); Spark SQL's `xxhash64` chains the columns, starting from 42.
_P1, _P2, _P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_P4, _P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_SPARK_SEED = 42
_BITS = 53


def holdout_mask(users: Any, items: Any, fraction: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which ratings are held out.

    Args:
        users: [n] user ids, NumPy or Arrow.
        items: [n] item ids.
        fraction: Expected share held out, 0 to 1.
        seed: Another seed holds out other pairs.

    Returns:
        bool[n]; a pair's answer depends on nothing but the pair, the fraction and the seed, and a pair held
        out at one fraction is held out at every larger one.

    Raises:
        ValueError: The fraction is not from 0 to 1.
    """
    threshold = _threshold(fraction)
    value = np.array(_SPARK_SEED, np.uint64)
    for key in (np.array([seed]), as_array(users, np.int64), as_array(items, np.int64)):
        value = _xxhash64(key.astype(np.int64).view(np.uint64), value)
    return (value >> np.uint64(64 - _BITS)) < np.uint64(threshold)


def holdout_column(user: str, item: str, fraction: float, seed: int) -> Column:
    """The same answer as `holdout_mask`, as a boolean column of an engine's DataFrame.

    Args:
        user: Name of the column of user ids.
        item: Name of the column of item ids.
        fraction: Expected share held out, 0 to 1.
        seed: Another seed holds out other pairs.

    Raises:
        ValueError: The fraction is not from 0 to 1.
    """
    from pyspark.sql import functions as F  # noqa: N812

    hashed = F.xxhash64(F.lit(seed).cast("long"), F.col(user).cast("long"), F.col(item).cast("long"))
    return F.shiftrightunsigned(hashed, 64 - _BITS) < F.lit(_threshold(fraction)).cast("long")


def _threshold(fraction: float) -> int:
    if not 0 <= fraction <= 1:
        raise ValueError(f"the held-out fraction must be from 0 to 1, not {fraction}")
    return int(fraction * 2**_BITS)


def _rotate(value: npt.NDArray[np.uint64], bits: int) -> npt.NDArray[np.uint64]:
    return (value << np.uint64(bits)) | (value >> np.uint64(64 - bits))


def _xxhash64(key: npt.NDArray[np.uint64], seed: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """XXH64 of one 8-byte word each."""
    with np.errstate(over="ignore"):
        value = seed + _P5 + np.uint64(8)
        value = value ^ (_rotate(key * _P2, 31) * _P1)
        value = _rotate(value, 27) * _P1 + _P4
        value = (value ^ (value >> np.uint64(33))) * _P2
        value = (value ^ (value >> np.uint64(29))) * _P3
        return value ^ (value >> np.uint64(32))
