"""Which ratings are held out: by time, by user, by item or by chance; the same on any engine and in any order.

Every rule looks at nothing but timestamps and `xxhash64(seed, user, item)`, which Spark and Sail compute alike
(`hashing.py`); no rule depends on the order of rows, on a random generator or on the number of threads.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.hashing import pair_hash
from movierec_assets.domain.recommender.index import csr, encode
from movierec_assets.domain.recommender.ratings import Ratings

if TYPE_CHECKING:
    import numpy.typing as npt
    from pyspark.sql import Column

Split = Callable[[Ratings], "npt.NDArray[np.bool_]"]
"""Says of each rating whether it is held out; `functools.partial` gives a rule its share and seed."""

_BITS = 53


def holdout_mask(users: Any, items: Any, fraction: float, seed: int) -> npt.NDArray[np.bool_]:
    """Which ratings are held out by chance, each pair for itself.

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
    hashed = pair_hash(users, items, seed).view(np.uint64)
    return (hashed >> np.uint64(64 - _BITS)) < np.uint64(_threshold(fraction))


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


def time_cut(ratings: Ratings, fraction: float = 0.1, seed: int = 42) -> npt.NDArray[np.bool_]:
    """Hold out the last share of all ratings: the test lies after everything that was trained on.

    Ratings of the very moment of the cut go to either side by hash, so that the share is exact.

    Args:
        ratings: [n] ratings.
        fraction: Share held out: n less `(1 - fraction) · n` rounded to the nearest even integer.
        seed: Decides at the moment of the cut only.

    Returns:
        bool[n].

    Raises:
        ValueError: The fraction is not from 0 to 1.
    """
    kept = int(_kept(np.array(len(ratings)), fraction))
    if kept == len(ratings):
        return np.zeros(len(ratings), np.bool_)
    moment = np.partition(ratings.timestamps, kept)[kept]
    held: npt.NDArray[np.bool_] = ratings.timestamps >= moment
    tied = np.flatnonzero(ratings.timestamps == moment)
    users, items = ratings.users[tied], ratings.items[tied]
    order = np.lexsort((items, users, pair_hash(users, items, seed)))
    held[tied[order[: kept - int((ratings.timestamps < moment).sum())]]] = False
    return held


def stratified_by_user(ratings: Ratings, fraction: float = 0.25, seed: int = 42) -> npt.NDArray[np.bool_]:
    """Hold out the same share of each user's ratings, those of the highest hashes.

    Args:
        ratings: [n] ratings.
        fraction: Share held out: of c ratings, c less `(1 - fraction) · c` rounded to the nearest even integer.
        seed: Another seed holds out other pairs.

    Returns:
        bool[n].

    Raises:
        ValueError: The fraction is not from 0 to 1.
    """
    return _last_of_each(ratings.users, (_hash(ratings, seed),), lambda counts: _kept(counts, fraction))


def stratified_by_item(ratings: Ratings, fraction: float = 0.25, seed: int = 42) -> npt.NDArray[np.bool_]:
    """Hold out the same share of each item's ratings; the defaults are the `recommenders` repository's protocol.

    That protocol (`published.py`) rounds as this does, but shuffles by a random generator over the file's rows, so
    the rows held out are as many per item and not the same ones.

    Args:
        ratings: [n] ratings.
        fraction: Share held out, rounded as by `stratified_by_user`.
        seed: Another seed holds out other pairs.

    Returns:
        bool[n].

    Raises:
        ValueError: The fraction is not from 0 to 1.
    """
    return _last_of_each(ratings.items, (_hash(ratings, seed),), lambda counts: _kept(counts, fraction))


def leave_last_out(ratings: Ratings, n: int = 1, seed: int = 42) -> npt.NDArray[np.bool_]:
    """Hold out the last ratings of each user by time, of one moment those of the highest hashes.

    Args:
        ratings: [n] ratings.
        n: How many of each user; a user keeps at least one.
        seed: Decides within a moment only.

    Returns:
        bool[n].
    """
    keys = (_hash(ratings, seed), ratings.timestamps)
    return _last_of_each(ratings.users, keys, lambda counts: np.maximum(counts - n, 1))


def train_validation_test(ratings: Ratings, split: Split) -> tuple[Ratings, Ratings, Ratings]:
    """The test is what the rule holds out, the validation what it holds out of the rest.

    Args:
        ratings: [n] ratings.
        split: The rule.

    Returns:
        Ratings to train, validate and test on; together they are all ratings, each once.
    """
    held = split(ratings)
    rest = ratings.where(~held)
    validation = split(rest)
    return rest.where(~validation), rest.where(validation), ratings.where(held)


def _last_of_each(
    groups: npt.NDArray[np.int64],
    keys: tuple[npt.NDArray[np.int64], ...],
    kept: Callable[[npt.NDArray[np.int64]], npt.NDArray[np.int64]],
) -> npt.NDArray[np.bool_]:
    """Of each group all but the first `kept(size)` in the order of the keys, of which the last weighs most."""
    held = np.zeros(groups.size, np.bool_)
    if groups.size:
        _, code = encode(groups)
        counts = np.bincount(code)
        # Sorted by the keys, then dealt out to the groups: one sort less than sorting by group and keys.
        first = np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(keys)
        unused = np.zeros(groups.size, np.float32)
        order = csr(code[first], first.astype(np.int32), unused, counts.size).columns
        place = np.arange(groups.size) - np.repeat(np.cumsum(counts) - counts, counts)
        held[order] = place >= np.repeat(kept(counts), counts)
    return held


def _hash(ratings: Ratings, seed: int) -> npt.NDArray[np.int64]:
    return pair_hash(ratings.users, ratings.items, seed)


def _kept(counts: npt.NDArray[np.int64], fraction: float) -> npt.NDArray[np.int64]:
    _threshold(fraction)
    kept: npt.NDArray[np.int64] = np.rint((1 - fraction) * counts).astype(np.int64)
    return kept


def _threshold(fraction: float) -> int:
    if not 0 <= fraction <= 1:
        raise ValueError(f"the held-out fraction must be from 0 to 1, not {fraction}")
    return int(fraction * 2**_BITS)
