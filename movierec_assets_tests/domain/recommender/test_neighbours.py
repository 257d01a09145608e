"""Neighbours by cosine."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender import nearest
from movierec_assets.domain.recommender.als import AlsModel
from movierec_assets.domain.recommender.neighbours import all_neighbours, neighbours
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


def of_factors(values: np.ndarray) -> AlsModel:
    return model({10 * place + 3: row.tolist() for place, row in enumerate(values)})


def rounded(values: np.ndarray) -> list[list[tuple[float, int]]]:
    """Of each item with a direction the others, as negative cosine and place, the nearest first."""
    lengths = np.linalg.norm(values, axis=1)
    there = np.flatnonzero(lengths)
    return [
        sorted(
            (-round(float(values[one] @ values[other] / lengths[one] / lengths[other]), 6), int(other))
            for other in there
            if other != one
        )
        for one in there
    ]


@given(
    seed=st.integers(0, 2**32 - 1),
    items=st.integers(0, 60),
    rank=st.integers(1, 9),
    n=st.integers(1, 70),
    levels=st.integers(1, 3),
    held=st.sampled_from([1, 200, 10_000]),
)
@settings(max_examples=100, deadline=None)
def test_all_neighbours_are_those_of_comparing_every_pair_and_equal_ones_come_by_id(
    seed: int, items: int, rank: int, n: int, levels: int, held: int
) -> None:
    rng = np.random.default_rng(seed)
    # Few whole numbers, so that many items have one direction, at any length.
    values = rng.integers(-levels, levels + 1, (items, rank)) * rng.choice([1.0, 0.5, 3.0], (items, 1))
    there = np.flatnonzero(values.any(axis=1))
    expected = [
        (10 * one + 3, rank, 10 * other + 3, float(np.float32(-negative)))
        for one, nearest_first in zip(there, rounded(values), strict=True)
        for rank, (negative, other) in enumerate(nearest_first[:n], 1)
    ]
    made = of_factors(values) if items else empty(rank)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearest, "SPARE", 1)
        patch.setattr(nearest, "COMPARED", held)
        found = all_neighbours(made, n)
    columns = found.user_ids, found.ranks, found.item_ids, found.scores
    assert list(zip(*(column.tolist() for column in columns), strict=True)) == expected
    if there.size:
        first = neighbours(made, int(found.user_ids[0]) if len(found) else 10 * int(there[0]) + 3, n)
        mine = [row for row in expected if row[0] == 10 * int(there[0]) + 3]
        assert first.item_ids.tolist() == [row[2] for row in mine]
        assert first.similarities.tolist() == [row[3] for row in mine]


def empty(rank: int) -> AlsModel:
    nothing, none = np.empty(0, np.int64), np.empty((0, rank), np.float32)
    return AlsModel(nothing, nothing, none, none, AlsParams(rank=rank))


def test_cosines_that_differ_by_rounding_errors_only_are_equal() -> None:
    rng = np.random.default_rng(4)
    direction = rng.standard_normal(64)
    lengths = rng.uniform(0.01, 3, 300)
    values = np.vstack([rng.standard_normal(64), direction * lengths[:, None]]).astype(np.float32)
    assert len(np.unique(values[1:] @ values[0] / np.linalg.norm(values[1:], axis=1))) > 5
    found = all_neighbours(of_factors(values), 20)
    assert found.item_ids[:20].tolist() == [10 * place + 3 for place in range(1, 21)]
    assert len(set(found.scores[:20].tolist())) == 1
    assert found.scores[20:].tolist() == [1.0] * 20 * 300
