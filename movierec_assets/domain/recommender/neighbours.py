"""Items that a model finds alike: the nearest by cosine of their factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.index import positions
from movierec_assets.domain.recommender.topn import TopN, top_n

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Items like one item, the most alike first.

    Attributes:
        item_ids: int64[m], m being at most the number asked for.
        similarities: float32[m] cosines, from -1 to 1.
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
    lengths = np.linalg.norm(model.item_factors, axis=1)
    if place < 0 or not lengths[place]:
        return Neighbours(np.empty(0, np.int64), np.empty(0, np.float32))
    others = np.flatnonzero(lengths)
    others = others[others != place]
    products = model.item_factors[others] @ model.item_factors[place]
    cosines = (products / (lengths[others] * lengths[place])).astype(np.float32)
    # Stable: item_ids ascend, so equal cosines stay in that order.
    best = np.argsort(-cosines, kind="stable")[:n]
    return Neighbours(model.item_ids[others[best]], cosines[best])


def all_neighbours(model: AlsModel, n: int = 10) -> TopN:
    """`neighbours` of every item: rows of item, rank, the item alike, and their cosine.

    Returns:
        Rows in ascending order of item and rank; an item without direction has none.

    Raises:
        ValueError: `n` is less than 1.
    """
    lengths = np.linalg.norm(model.item_factors, axis=1)
    directed = lengths > 0
    ids = model.item_ids[directed]
    directions = model.item_factors[directed] / lengths[directed, None]
    return top_n(AlsModel(ids, ids, directions, directions, model.params), ids, (ids, ids), n)
