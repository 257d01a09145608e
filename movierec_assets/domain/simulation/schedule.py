"""When viewings take place: by the hour and the day of the week, within a subscription, one after the other."""

from __future__ import annotations

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats, Ints
from movierec_assets.domain.simulation.choice import StepFunction
from movierec_assets.domain.simulation.parameters import SimulationParameters

PAUSE = 30
"""Seconds at least between two viewings of one user."""

SECONDS_PER_DAY = 86_400
APART = 1 << 42
"""More seconds than a block of viewings and the longest period have together."""


def capacity(days: Ints, longest: int) -> Ints:
    """How many viewings of at most `longest` seconds surely fit into so many days, one in hand for rounding."""
    fitting: Ints = days.astype(np.int64) * SECONDS_PER_DAY // (longest + PAUSE) - 1
    return fitting


class Calendar:
    """The hours of the period, each with its weight."""

    def __init__(self, parameters: SimulationParameters):
        """Weights every hour by that of its hour of the day and its day of the week."""
        first = parameters.start_date.weekday()
        self.weekdays: Ints = (first + np.arange(parameters.days)) % 7
        by_day = np.array(parameters.weekday_weights)[self.weekdays]
        by_hour = np.array(parameters.hour_weights)
        self.day_weights: Floats = by_day / by_day.sum()
        hours = np.outer(self.day_weights, by_hour / by_hour.sum()).ravel()
        self._begins: Floats = np.concatenate([[0.0], np.cumsum(hours)])
        self._steps = StepFunction(self._begins[1:])

    def draw(self, first_day: Ints, stop_day: Ints, uniform: Floats) -> Ints:
        """Seconds since the period began, one for each uniform number, from `first_day` on and before `stop_day`."""
        low, high = self._begins[first_day * 24], self._begins[stop_day * 24]
        value = low + uniform * (high - low)
        hour = np.clip(self._steps.find(value), first_day * 24, stop_day * 24 - 1)
        begin = self._begins[hour]
        within = (value - begin) / (self._begins[hour + 1] - begin)
        seconds: Ints = hour * 3600 + np.clip(within * 3600, 0, 3599).astype(np.int64)
        return seconds


def one_after_the_other(owner: Ints, wanted: Ints, seconds: Ints, stops: Ints) -> Ints:
    """Starts near the wanted ones, so that no two viewings of a user overlap and all end before the user stops.

    A viewing that would begin while another runs waits for its end and `PAUSE`: start_i = max(wanted_i,
    start_{i-1} + seconds_{i-1} + PAUSE), solved without a loop by the running maximum of wanted minus the seconds
    before it (Lindley 1952, "The theory of queues with a single server"). Who would end too late begins earlier.

    Args:
        owner: [n] positions of users in `stops`, ascending, none left out.
        wanted: [n] starts in any order within a user, in seconds from 0. Durations and starts are matched in
            order of time.
        seconds: [n] durations in the order in which a user watches.
        stops: [users] when each must have stopped.

    Returns:
        [n] starts, ascending within a user; they are 0 or more and after the user's first day began if the user's
        durations and pauses fit into the time between.
    """
    ordered = np.sort(owner * APART + wanted)
    ends = np.cumsum(seconds + PAUSE)
    before = ends - seconds - PAUSE
    # `ordered` keeps each user's range apart, so that the maximum never comes from the user before.
    waited = np.maximum.accumulate(ordered - before) - owner * APART
    last = np.flatnonzero(np.diff(owner, append=owner[-1] + 1))
    latest = stops - ends[last]
    starts: Ints = before + np.minimum(waited, latest[owner])
    return starts
