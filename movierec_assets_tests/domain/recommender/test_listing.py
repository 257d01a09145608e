"""Stretches of a ranked list against sorting everything."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.domain.recommender.listing import best_places

SCORES = st.lists(st.sampled_from([-1.0, 0.0, 0.1, 0.5, 2.0]), min_size=1, max_size=30)


def test_the_best_come_first_and_equal_ones_in_order_of_their_places():
    scores = np.array([0.5, 2, 0.5, 1, 2], np.float32)
    everything = np.ones(5, np.bool_)
    assert best_places(scores, everything, 3).tolist() == [1, 4, 3]
    assert best_places(scores, everything, 9).tolist() == [1, 4, 3, 0, 2]
    assert best_places(scores, everything, 2, after=(2.0, 1)).tolist() == [4, 3]
    assert best_places(scores, everything, 2, after=(0.5, 2)).tolist() == []
    assert best_places(scores, np.array([0, 0, 1, 0, 1], np.bool_), 9).tolist() == [4, 2]


@given(scores=SCORES, data=st.data(), n=st.integers(1, 8))
def test_stretches_add_up_to_the_allowed_items_in_order(scores, data, n):
    allowed = np.array(data.draw(st.lists(st.booleans(), min_size=len(scores), max_size=len(scores))))
    values = np.array(scores, np.float32)
    whole = sorted(np.flatnonzero(allowed).tolist(), key=lambda place: (-values[place], place))
    found, after = [], None
    while (part := best_places(values, allowed, n, after)).size:
        assert part.size == min(n, len(whole) - len(found))
        found += part.tolist()
        after = float(values[part[-1]]), int(part[-1])
    assert found == whole


@given(scores=SCORES, data=st.data())
def test_it_goes_on_behind_an_item_that_is_no_longer_there(scores, data):
    values, everything = np.array(scores, np.float32), np.ones(len(scores), np.bool_)
    whole = best_places(values, everything, len(scores)).tolist()
    at = data.draw(st.integers(0, len(scores) - 1))
    without = everything.copy()
    without[whole[at]] = False
    after = float(values[whole[at]]), whole[at]
    assert best_places(values, without, len(scores), after).tolist() == whole[at + 1 :]
