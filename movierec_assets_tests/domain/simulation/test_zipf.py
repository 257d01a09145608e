"""Power laws: apportioned counts and estimated exponents."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.domain.simulation.zipf import apportion, zipf_exponent, zipf_weights


def ranks(number: int) -> np.ndarray:
    return np.arange(1, number + 1)


def test_weights_of_given_ranks():
    assert zipf_weights(np.array([1, 2, 4]), 2.0).tolist() == [1, 0.25, 0.0625]


def test_counts_follow_the_weights_and_what_a_limit_takes_goes_to_the_others_in_proportion():
    counts, held = apportion(12, np.array([6.0, 4.0, 2.0]), np.array([99, 99, 99]))
    assert (counts.tolist(), held.any()) == ([6, 4, 2], False)
    counts, held = apportion(12, np.array([6.0, 4.0, 2.0]), np.array([3, 99, 99]))
    assert (counts.tolist(), held.tolist()) == ([3, 6, 3], [True, False, False])


def test_counts_far_below_one_are_spread_evenly():
    counts, _ = apportion(3, np.ones(9), np.full(9, 5))
    assert counts.reshape(3, 3).sum(axis=1).tolist() == [1, 1, 1]


def test_limits_without_room_are_refused_and_limits_just_right_are_filled():
    counts, held = apportion(9, np.array([5.0, 1.0]), np.array([4, 5]))
    assert counts.tolist() == [4, 5]
    assert held[0]
    with pytest.raises(ValueError, match="sum to 9 have no room for 10"):
        apportion(10, np.array([5.0, 1.0]), np.array([4, 5]))


@given(st.data())
def test_counts_sum_up_stay_within_one_of_their_share_and_of_their_limit(data):
    number = data.draw(st.integers(1, 30))
    weights = np.array(data.draw(st.lists(st.floats(1e-3, 1e3), min_size=number, max_size=number)))
    limits = np.array(data.draw(st.lists(st.integers(0, 50), min_size=number, max_size=number)))
    total = data.draw(st.integers(0, int(limits.sum())))
    counts, held = apportion(total, weights, limits)
    assert counts.sum() == total
    assert (counts[held] == limits[held]).all()
    assert (counts <= limits + 1).all()
    free = ~held
    if free.any():
        exact = weights[free] / weights[free].sum() * counts[free].sum()
        assert (np.abs(counts[free] - exact) <= 1 + 1e-9).all()


@pytest.mark.parametrize("exponent", [-0.5, 0.0, 0.3, 1.0, 1.7, 3.0])
def test_the_estimator_finds_the_exponent_of_exact_shares(exponent):
    counts = zipf_weights(ranks(500), exponent)
    assert zipf_exponent(ranks(500), counts) == pytest.approx(exponent, abs=1e-6)
    some = ranks(500)[37:222:5]
    assert zipf_exponent(some, zipf_weights(some, exponent)) == pytest.approx(exponent, abs=1e-6)


@pytest.mark.parametrize("exponent", [0.4, 0.9, 1.5])
def test_the_estimator_is_unbiased_on_small_samples(exponent):
    # 300 draws over 1,000 ranks: most ranks are never seen. The mean of 400 estimates has a twentieth of the
    # deviation of one; four of those are allowed.
    share = zipf_weights(ranks(1000), exponent)
    drawn = np.random.default_rng(1).multinomial(300, share / share.sum(), 400)
    found = np.array([zipf_exponent(ranks(1000), counts) for counts in drawn])
    assert abs(found.mean() - exponent) < 4 * found.std() / 20
    assert found.std() < 0.06


def test_the_estimator_has_no_answer_where_nothing_tells_the_exponent():
    assert np.isnan(zipf_exponent(np.array([1]), np.array([9])))
    assert np.isnan(zipf_exponent(np.array([1, 2]), np.array([0, 0])))
