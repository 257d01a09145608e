"""The hash of a pair of ids that every engine agrees on: Spark SQL's `xxhash64`, in NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array

if TYPE_CHECKING:
    import numpy.typing as npt

# XXH64's primes (Yann Collet's specification); Spark SQL's `xxhash64` chains the columns, starting from 42.
_P1, _P2, _P3 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9)
_P4, _P5 = np.uint64(0x85EBCA77C2B2AE63), np.uint64(0x27D4EB2F165667C5)
_SPARK_SEED = 42


def pair_hash(users: Any, items: Any, seed: int) -> npt.NDArray[np.int64]:
    """What `xxhash64(seed, user, item)` is on Spark and Sail, all three BIGINT.

    Args:
        users: [n] user ids, NumPy or Arrow.
        items: [n] item ids.
        seed: Another seed gives other hashes.

    Returns:
        int64[n], signed as the engines have it.
    """
    value = np.array(_SPARK_SEED, np.uint64)
    for key in (np.array([seed]), as_array(users, np.int64), as_array(items, np.int64)):
        value = _xxhash64(key.astype(np.int64).view(np.uint64), value)
    return value.view(np.int64)


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
