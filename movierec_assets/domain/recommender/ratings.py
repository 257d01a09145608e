"""Ratings as four arrays of one length: what splits cut, baselines learn from and evaluations ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from movierec_assets.domain.recommender.index import as_array

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Ratings:
    """One rating of a pair of a user and an item per entry, in any order; no pair twice.

    Attributes:
        users: int64[n] user ids.
        items: int64[n] item ids.
        values: float32[n] ratings in stars.
        timestamps: int64[n], in any unit that grows with time.
    """

    users: npt.NDArray[np.int64]
    items: npt.NDArray[np.int64]
    values: npt.NDArray[np.float32]
    timestamps: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return self.users.size

    @classmethod
    def of(cls, users: Any, items: Any, values: Any, timestamps: Any) -> Ratings:
        """From NumPy or Arrow arrays or lists.

        Raises:
            ValueError: Lengths differ, there are nulls, or ids or timestamps are not integers.
        """
        found = cls(
            as_array(users, np.int64),
            as_array(items, np.int64),
            as_array(values, np.float32),
            as_array(timestamps, np.int64),
        )
        sizes = [found.users.size, found.items.size, found.values.size, found.timestamps.size]
        if len(set(sizes)) > 1:
            raise ValueError(f"users, items, values and timestamps must be of one length, not {sizes}")
        return found

    @classmethod
    def from_table(cls, table: pa.Table) -> Ratings:
        """From the columns `userId`, `movieId`, `rating` and `timestamp` (a timestamp, or integers)."""
        import pyarrow as pa

        timestamps = table["timestamp"].cast(pa.int64())
        return cls.of(table["userId"], table["movieId"], table["rating"], timestamps)

    def where(self, mask: npt.NDArray[np.bool_]) -> Ratings:
        """The ratings at which the mask is true.

        Args:
            mask: bool[n].
        """
        return Ratings(self.users[mask], self.items[mask], self.values[mask], self.timestamps[mask])
