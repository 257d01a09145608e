"""Steps found and columns drawn, beside binary search and counting."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.domain.simulation.choice import ChoicePerRow, StepFunction

WIDTHS = st.lists(st.floats(1e-9, 1e3), min_size=1, max_size=40)
UNIFORM = st.floats(0, 1, exclude_max=True)


@given(WIDTHS, st.lists(UNIFORM, min_size=1, max_size=40))
def test_steps_are_those_that_a_look_at_each_finds(widths, uniform):
    ends = np.cumsum(widths)
    values = np.concatenate([np.array(uniform) * ends[-1], ends, [0.0]])
    found = StepFunction(ends).find(values)
    slow = [min(sum(end <= value for end in ends), ends.size - 1) for value in values]
    assert found.tolist() == slow


def test_columns_are_drawn_as_often_as_their_weight_says_and_zero_weights_never():
    weights = np.array([[1.0, 0.0, 3.0], [0.0, 0.0, 0.0], [0.0, 5.0, 5.0]])
    rows = np.repeat([0, 2], 1000)
    uniform = np.tile((np.arange(1000) + 0.5) / 1000, 2)
    columns = ChoicePerRow(weights).draw(rows, uniform)
    assert np.bincount(columns[:1000], minlength=3).tolist() == [250, 0, 750]
    assert np.bincount(columns[1000:], minlength=3).tolist() == [0, 500, 500]


def test_the_largest_uniform_number_stays_in_its_row():
    # 63 + the number rounds up to 64.
    columns = ChoicePerRow(np.ones((65, 4))).draw(np.array([0, 63]), np.full(2, np.nextafter(1, 0)))
    assert columns.tolist() == [3, 3]
