"""Whether a test knows something of the training that it must not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from movierec_assets.domain.recommender.index import encode, positions
from movierec_assets.domain.recommender.ratings import Ratings


@dataclass(frozen=True)
class Leakage:
    """What a split leaks.

    Attributes:
        repeated_rows: Test rows whose pair of user and item is in the training ratings too.
        later_rows: Training rows later than the earliest test row; allowed unless the split is by time.
    """

    repeated_rows: int
    later_rows: int


def leakage(train: Ratings, test: Ratings) -> Leakage:
    """Count what a test row gives away of the training, or the training of the test.

    Args:
        train: Training ratings.
        test: Held-out ratings.
    """
    if not len(train) or not len(test):
        return Leakage(0, 0)
    _, user = encode(np.concatenate((train.users, test.users)))
    item_ids, item = encode(np.concatenate((train.items, test.items)))
    pairs = user.astype(np.int64) * item_ids.size + item
    # Both sorted, as look-ups in random order miss the cache: 2 s for 29 million ratings instead of 58 s by `np.isin`.
    trained, tested = np.sort(pairs[: len(train)]), np.sort(pairs[len(train) :])
    later = train.timestamps > test.timestamps.min()
    return Leakage(int((positions(trained, tested) >= 0).sum()), int(later.sum()))
