"""Items that a model finds alike: the nearest by cosine of their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.directions import Directions
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.listing import best_places
from movierec_assets.domain.recommender.nearest import nearest
from movierec_assets.domain.recommender.topn import TopN

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.domain.recommender.als import AlsModel


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Items like one item, the most alike first.

    Attributes:
        item_ids: int64[m], m being at most the number asked for.
        similarities: float32[m] cosines, from -1 to 1, to 6 decimals.
    """

    item_ids: npt.NDArray[np.int64]
    similarities: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return self.item_ids.size


def neighbours(model: AlsModel, item_id: int, n: int = 10) -> Neighbours:
    """The `n` items most like one item, without itself; equal cosines by ascending item id.

    Items whose factors are all zero have no direction and are nobody's neighbours.

    Args:
        model: The model.
        item_id: The item; one that the model does not know has no neighbours.
        n: How many, 1 or more.

    Raises:
        ValueError: `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    place = int(positions(model.item_ids, np.array([item_id], np.int64))[0])
    if place < 0:
        return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))
    cosines = Directions.of(model.item_factors).likeness(place)
    allowed = ~np.isnan(cosines)
    allowed[place] = False
    best = best_places(cosines, allowed, n)
    return Neighbours(model.item_ids[best], cosines[best])


def all_neighbours(model: AlsModel, n: int = 10) -> TopN:
    """`neighbours` of every item: rows of item, rank, the item alike, and their cosine.

    Returns:
        Rows in ascending order of item and rank; an item without direction has none.

    Raises:
        ValueError: `n` is less than 1.
    """
    if n < 1:
        raise ValueError(f"n must be 1 or more, not {n}")
    directions = Directions.of(model.item_factors)
    known = np.flatnonzero(directions.there)
    ids, count = model.item_ids[known], known.size
    # One more, as an item is among those like its own direction.
    group, places, cosines = nearest(directions.rows[known], n + 1)
    others = np.argsort(places[group] == np.arange(count)[:, None], axis=1, kind="stable")
    n = min(n, max(count - 1, 0))
    best = np.take_along_axis(places[group], others[:, :n], 1).ravel()
    alike = np.take_along_axis(cosines[group], others[:, :n], 1).ravel()
    ranks = np.tile(np.arange(1, n + 1, dtype=np.int32), count)
    return TopN(np.repeat(ids, n), ranks, ids[best], alike)
