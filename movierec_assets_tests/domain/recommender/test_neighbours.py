"""Neighbours by cosine."""

import numpy as np
import pytest

from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.neighbours import neighbours
from movierec_assets.domain.recommender.params import AlsParams


def model(factors: dict[int, list[float]]) -> AlsModel:
    items = np.array(sorted(factors), np.int64)
    values = np.array([factors[i] for i in items], np.float32)
    nobody = np.empty((0, values.shape[1]), np.float32)
    return AlsModel(np.empty(0, np.int64), items, nobody, values, AlsParams(rank=values.shape[1]))


FACTORS = {10: [3, 4], 20: [6, 8], 30: [4, 3], 40: [0, 2], 50: [-3, -4], 60: [0, 0], 70: [0, 1]}


def test_the_nearest_come_first_with_their_cosines_whatever_the_lengths() -> None:
    found = neighbours(model(FACTORS), 10, 10)
    assert found.item_ids.tolist() == [20, 30, 40, 70, 50]
    assert found.similarities.tolist() == pytest.approx([1, 0.96, 0.8, 0.8, -1])
    assert (found.item_ids.dtype, found.similarities.dtype) == (np.int64, np.float32)


def test_no_more_than_asked_for_and_equal_ones_by_id() -> None:
    assert neighbours(model(FACTORS), 10, 3).item_ids.tolist() == [20, 30, 40]


@pytest.mark.parametrize("item", [11, 60])
def test_an_unknown_item_and_one_without_direction_have_none(item: int) -> None:
    assert len(neighbours(model(FACTORS), item)) == 0


def test_fewer_than_one_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more, not 0"):
        neighbours(model(FACTORS), 10, 0)
