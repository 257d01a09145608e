"""The hours in which viewings begin, and viewings one after the other."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.schedule import PAUSE, Calendar, capacity, one_after_the_other


def test_starts_are_spread_over_hours_and_weekdays_by_their_weights():
    # Three weeks from a Thursday; even uniform numbers leave no chance.
    asked = SimulationParameters(days=21, start_date=date(2024, 2, 29))
    uniform = (np.arange(420_000) + 0.5) / 420_000
    every = np.zeros(uniform.size, int)
    starts = Calendar(asked).draw(every, every + 21, uniform)
    hours = np.bincount(starts // 3600 % 24) / starts.size
    weekdays = np.bincount((starts // 86_400 + 3) % 7) / starts.size
    assert hours == pytest.approx(np.array(asked.hour_weights) / sum(asked.hour_weights), abs=2e-4)
    assert weekdays == pytest.approx(np.array(asked.weekday_weights) / sum(asked.weekday_weights), abs=2e-4)
    minutes = np.bincount(starts % 3600 // 60) / starts.size
    assert minutes == pytest.approx(np.full(60, 1 / 60), rel=0.01)


@given(st.integers(0, 29), st.integers(1, 30), st.floats(0, 1, exclude_max=True))
def test_a_start_lies_within_the_subscribed_days(first, length, uniform):
    stop = min(first + length, 30)
    for number in (0.0, uniform, np.nextafter(1, 0)):
        start = Calendar(SimulationParameters(days=30)).draw(
            np.array([first]), np.array([stop]), np.array([number])
        )[0]
        assert first * 86_400 <= start < stop * 86_400


def test_viewings_wait_for_the_one_before_and_begin_earlier_if_they_would_end_too_late():
    owner, seconds = np.array([0, 0, 0, 1, 1]), np.array([100, 100, 100, 50, 50])
    wanted = np.array([500, 10, 40, 990, 980])
    starts = one_after_the_other(owner, wanted, seconds, np.array([2000, 1000 + PAUSE]))
    assert starts.tolist() == [10, 110 + PAUSE, 500, 900 - PAUSE, 950]


@given(st.data())
def test_viewings_are_placed_as_a_slow_reading_of_the_rule_places_them(data):
    lengths = data.draw(
        st.lists(st.lists(st.integers(1, 300), min_size=1, max_size=6), min_size=1, max_size=5)
    )
    owner = np.repeat(np.arange(len(lengths)), [len(own) for own in lengths])
    stops = [sum(own) + PAUSE * len(own) + data.draw(st.integers(0, 500)) for own in lengths]
    wanted = [
        [data.draw(st.integers(0, stop - 1)) for _ in own] for own, stop in zip(lengths, stops, strict=True)
    ]
    expected = []
    for own, wishes, stop in zip(lengths, wanted, stops, strict=True):
        free, starts = 0, []
        for wish, seconds in zip(sorted(wishes), own, strict=True):
            starts.append(max(wish, free))
            free = starts[-1] + seconds + PAUSE
        until = stop
        for i in reversed(range(len(own))):
            starts[i] = min(starts[i], until - own[i] - PAUSE)
            until = starts[i]
        expected += starts
    found = one_after_the_other(owner, np.concatenate(wanted), np.concatenate(lengths), np.array(stops))
    assert found.tolist() == expected
    assert min(expected) >= 0


def test_as_many_viewings_as_the_capacity_says_fit_into_a_day():
    # Four hours and a pause fit 5 times into one day and 11 times into two; one of each is in hand.
    assert capacity(np.array([1, 2]), 4 * 3600).tolist() == [4, 10]
