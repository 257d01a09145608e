"""Who is subscribed from when to when, with which taste, and how active: arrays of the size of the users."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats, Ints
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.streams import Purpose, generator

USERS_PER_BLOCK = 65_536
HISTORY_DAYS = 1_095
"""Who was subscribed when the period began had subscribed within these days before."""

DAYS_PER_YEAR = 365.25
NEVER = np.iinfo(np.int32).max


@dataclass(frozen=True, eq=False)
class Population:
    """The users in the order of their ids, which is that of their subscriptions. Days count from `start_date`.

    Attributes:
        parameters: What they were drawn for.
        subscription_day: int32[users] negative before the period.
        cancellation_day: int32[users] the first day without subscription, or `NEVER`.
        profile: int16[users] number of the profile of taste, from 0.
    """

    parameters: SimulationParameters
    subscription_day: np.ndarray
    cancellation_day: np.ndarray
    profile: np.ndarray
    _luck: np.ndarray

    @classmethod
    def of(cls, parameters: SimulationParameters) -> Population:
        """Draws all users."""
        blocks = range(-(-parameters.users // USERS_PER_BLOCK))
        columns = zip(*(_draw(parameters, block) for block in blocks), strict=True)
        return cls(parameters, *(np.concatenate(column) for column in columns))

    @cached_property
    def first_day(self) -> np.ndarray:
        """The first day of the period on which each may watch."""
        days: np.ndarray = np.maximum(self.subscription_day, 0)
        return days

    @cached_property
    def stop_day(self) -> np.ndarray:
        """The day of the period before which each must have stopped; at least `first_day` + 1."""
        days: np.ndarray = np.minimum(self.cancellation_day, self.parameters.days)
        return days

    @cached_property
    def activity_rank(self) -> np.ndarray:
        """int32[users] 1 for the most active.

        Ranks follow luck times subscribed days, luck having the tail of the requested exponent: the number of
        viewings per rank is then free to be an exact power law, and who subscribed for a few days only has few.
        """
        days = (self.stop_day - self.first_day).astype(np.float64)
        score = days * self._luck**-self.parameters.activity_exponent
        ranks = np.empty(score.size, np.int32)
        ranks[np.argsort(-score, kind="stable")] = np.arange(1, score.size + 1, dtype=np.int32)
        return ranks


def daily_hazard(parameters: SimulationParameters) -> float:
    """The rate of cancelling per day, constant over a subscription."""
    return -float(np.log1p(-parameters.churn_per_year)) / DAYS_PER_YEAR


def _draw(parameters: SimulationParameters, block: int) -> tuple[np.ndarray, ...]:
    first = block * USERS_PER_BLOCK
    number = min(USERS_PER_BLOCK, parameters.users - first)
    rng = generator(parameters.seed, Purpose.SUBSCRIPTION, block)
    # One user in each of as many equal parts: the curve of subscriptions is exact to one user.
    subscription = _subscription_day(parameters, (np.arange(first, first + number) + rng.random(number)))
    with np.errstate(divide="ignore"):
        lifetime = rng.standard_exponential(number) / daily_hazard(parameters)
    cancellation = np.maximum(subscription, 0) + 1 + np.floor(lifetime)
    cancellation = np.where(cancellation < parameters.days, cancellation, NEVER)
    profile = rng.integers(0, parameters.taste_profiles, number, dtype=np.int16)
    luck = 1 - rng.random(number, dtype=np.float32)
    return subscription.astype(np.int32), cancellation.astype(np.int32), profile, luck


def _subscription_day(parameters: SimulationParameters, order: Floats) -> Ints:
    """The day on which the user of each place in order subscribed.

    Inside the period the subscriptions ever begun are users * (1 + growth)^((day - days) / 365.25). Those before
    it are squeezed into `HISTORY_DAYS`, growing at the same rate.
    """
    rate = np.log1p(parameters.growth_per_year) / DAYS_PER_YEAR
    place = np.maximum(order / parameters.users, np.finfo(np.float64).tiny)
    before = np.exp(-rate * parameters.days)
    if rate == 0:
        day = (place - 1) * HISTORY_DAYS
    else:
        past = np.log1p(np.minimum(place / before, 1) * np.expm1(rate * HISTORY_DAYS)) / rate - HISTORY_DAYS
        day = np.where(place < before, past, parameters.days + np.log(place) / rate)
    whole = np.floor(day).astype(np.int64)
    inside = np.clip(whole, 0, parameters.days - 1)
    days: Ints = np.where(place < before, np.clip(whole, -HISTORY_DAYS, -1), inside)
    return days
