"""The users as record batches: the people behind the subscriptions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.population import NEVER, USERS_PER_BLOCK, Population
from movierec_assets.domain.simulation.streams import Purpose, generator

if TYPE_CHECKING:
    import pyarrow as pa

SUBSCRIPTION_TYPES = ("basic", "standard", "premium")
AGE_SHAPE = (2.0, 3.0)
"""Ages are beta distributed over their range: few of the youngest, fewer of the oldest."""


def users_schema() -> pa.Schema:
    """The columns of `simulate_users`; only `cancellation_date` has nulls."""
    import pyarrow as pa

    columns = [
        ("user_id", pa.int64()),
        ("birth_date", pa.date32()),
        ("subscription_date", pa.date32()),
        ("cancellation_date", pa.date32()),
        ("subscription_type", pa.string()),
        ("taste_profile", pa.int16()),
        ("activity_rank", pa.int32()),
    ]
    return pa.schema([pa.field(name, kind, name == "cancellation_date") for name, kind in columns])


def simulate_users(population: Population) -> Iterator[pa.RecordBatch]:
    """The users of a population, ordered by id, at most 65,536 a batch.

    user_id is 1 to n in the order of subscription. cancellation_date is the first day without subscription, null
    for who is subscribed to the end of the period. taste_profile (1 to `taste_profiles`) and activity_rank (1 is
    the most active) are what the sessions are drawn by; a simulation engine may use or ignore them.
    Memory: one batch, and at most 50 bytes a user where the population was not ranked before.
    """
    import pyarrow as pa

    parameters = population.parameters
    types = pa.array(SUBSCRIPTION_TYPES)
    start = np.datetime64(parameters.start_date, "D")
    for first in range(0, parameters.users, USERS_PER_BLOCK):
        part = slice(first, min(first + USERS_PER_BLOCK, parameters.users))
        number = part.stop - first
        rng = generator(parameters.seed, Purpose.PERSON, first // USERS_PER_BLOCK)
        subscribed = start + population.subscription_day[part]
        cancelled = population.cancellation_day[part]
        bounds = np.cumsum(parameters.subscription_shares)
        kind = np.searchsorted(bounds[:2], rng.random(number) * bounds[2], side="right")
        columns = [
            pa.array(np.arange(first + 1, part.stop + 1)),
            pa.array(_birth_dates(parameters, subscribed, rng)),
            pa.array(subscribed),
            pa.array(start + np.where(cancelled == NEVER, 0, cancelled), mask=cancelled == NEVER),
            types.take(pa.array(kind)),
            pa.array(population.profile[part] + np.int16(1)),
            pa.array(population.activity_rank[part]),
        ]
        yield pa.RecordBatch.from_arrays(columns, schema=users_schema())


def _birth_dates(
    parameters: SimulationParameters, subscribed: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Days of birth, so many completed years before the subscription."""
    youngest, oldest = parameters.youngest_age, parameters.oldest_age
    age = youngest + np.floor(rng.beta(*AGE_SHAPE, subscribed.size) * (oldest + 1 - youngest)).astype(
        np.int64
    )
    month = subscribed.astype("datetime64[M]")
    # The 28th exists in every month. Going back 3 days at most for it leaves 361 of the year's 365.
    day = np.minimum((subscribed - month.astype("datetime64[D]")).astype(np.int64), 27)
    birthday = (month - np.minimum(age, oldest) * 12).astype("datetime64[D]") + day
    dates: np.ndarray = birthday - rng.integers(0, 361, subscribed.size)
    return dates
