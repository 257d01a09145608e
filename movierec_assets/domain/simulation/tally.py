"""Counts over simulated users and sessions, batch by batch, of the size of the users and the titles."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.domain.simulation.arrays import Bools, Ints
from movierec_assets.domain.simulation.schedule import SECONDS_PER_DAY
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.users import SUBSCRIPTION_TYPES

if TYPE_CHECKING:
    import pyarrow as pa

WATCHED_BINS = 20
MICROSECONDS = 1_000_000


class Tally:
    """Counts what came out, from the batches themselves or from the same columns read back from a database.

    Attributes:
        plan: What the batches were drawn by; the users' profiles and activity ranks are taken from it.
        users: Users seen.
        subscriptions: int64[days + 1] users by day of subscription: before the period, then each of its days.
        subscription_types: int64[3] users on basic, standard and premium.
        cancelled: Users with a cancellation date.
        sessions: int64[users] sessions of each user.
        titles: int64[profiles, titles] sessions by profile of the user and popularity rank of the title.
        hours: int64[24] sessions by the hour of the day in which they began.
        days: int64[days] sessions by the day on which they began.
        finished: Sessions in which the title was seen to its end.
        watched: int64[20] the other sessions by the share of the runtime seen, in steps of 5 %.
        watched_share: Sum of that share over the other sessions.
        ratings: int64[6] sessions without rating, then with 1 to 5 stars.
    """

    def __init__(self, plan: SessionPlan):
        asked = plan.parameters
        self.plan = plan
        self.users = self.cancelled = self.finished = 0
        self.watched_share = 0.0
        self.subscriptions: Ints = np.zeros(asked.days + 1, np.int64)
        self.subscription_types: Ints = np.zeros(len(SUBSCRIPTION_TYPES), np.int64)
        self.sessions: Ints = np.zeros(asked.users, np.int64)
        self.titles: Ints = np.zeros((asked.taste_profiles, len(plan.titles.ids)), np.int64)
        self.hours: Ints = np.zeros(24, np.int64)
        self.days: Ints = np.zeros(asked.days, np.int64)
        self.watched: Ints = np.zeros(WATCHED_BINS, np.int64)
        self.ratings: Ints = np.zeros(6, np.int64)

    def add_users(self, batch: pa.RecordBatch) -> None:
        """Counts users: subscription_date, cancellation_date and subscription_type are read.

        Raises:
            ValueError: A subscription begins after the period or has an unknown type.
        """
        import pyarrow as pa

        start = np.datetime64(self.plan.parameters.start_date, "D")
        subscribed = batch["subscription_date"].cast(pa.date32()).to_numpy(zero_copy_only=False)
        day = np.maximum((subscribed - start).astype(np.int64) + 1, 0)
        _refuse("subscription_date", day >= self.subscriptions.size, "is after the simulated period")
        kind = batch["subscription_type"].cast(pa.string())
        position = _positions(kind, pa.array(SUBSCRIPTION_TYPES))
        _refuse("subscription_type", position < 0, f"is not one of {', '.join(SUBSCRIPTION_TYPES)}")
        self.users += batch.num_rows
        self.cancelled += batch.num_rows - batch["cancellation_date"].null_count
        self.subscriptions += np.bincount(day, minlength=self.subscriptions.size)
        self.subscription_types += np.bincount(position, minlength=self.subscription_types.size)

    def add_sessions(self, batch: pa.RecordBatch) -> None:
        """Counts sessions: all columns but session_id are read.

        Raises:
            ValueError: A user or title is unknown, a session lies outside the period, or a rating is not 1 to 5.
        """
        user = batch["user_id"].to_numpy(zero_copy_only=False).astype(np.int64) - 1
        _refuse(
            "user_id", (user < 0) | (user >= self.sessions.size), f"is not from 1 to {self.sessions.size}"
        )
        title = _positions(batch["title_id"], self.plan.titles.ids)
        _refuse("title_id", title < 0, "is not among the titles")
        started, seconds = self._times(batch)
        rating = batch["rating"].fill_null(0).to_numpy(zero_copy_only=False).astype(np.int64)
        _refuse("rating", (rating < 0) | (rating > 5), "is not from 1 to 5")

        # Batches ordered by user touch a short range: the whole array is not summed for each of them.
        lowest = int(user.min(initial=self.sessions.size - 1))
        counts = np.bincount(user - lowest)
        self.sessions[lowest : lowest + counts.size] += counts
        cell = self.plan.population.profile[user].astype(np.int64) * self.titles.shape[1] + title
        self.titles += np.bincount(cell, minlength=self.titles.size).reshape(self.titles.shape)
        self.hours += np.bincount(started // 3600 % 24, minlength=24)
        self.days += np.bincount(started // SECONDS_PER_DAY, minlength=self.days.size)
        share = seconds / self.plan.titles.seconds[title]
        dropped = share[share < 1]
        self.finished += share.size - dropped.size
        self.watched_share += float(dropped.sum())
        self.watched += np.bincount((dropped * WATCHED_BINS).astype(np.int64), minlength=WATCHED_BINS)
        self.ratings += np.bincount(rating, minlength=6)

    def _times(self, batch: pa.RecordBatch) -> tuple[Ints, Ints]:
        """Seconds from the beginning of the period to the starts, and from starts to ends."""
        import pyarrow as pa

        epoch = np.datetime64(self.plan.parameters.start_date, "us").astype(np.int64)
        unit = pa.timestamp("us", tz="UTC")
        started, ended = (
            batch[name].cast(unit).cast(pa.int64()).to_numpy(zero_copy_only=False) - epoch
            for name in ("started_at", "ended_at")
        )
        outside = (
            (started < 0) | (ended < started) | (ended > self.days.size * SECONDS_PER_DAY * MICROSECONDS)
        )
        _refuse(
            "started_at", outside, "begins or ends outside the simulated period, or ends before it begins"
        )
        return started // MICROSECONDS, (ended - started) // MICROSECONDS


def _positions(values: pa.Array, among: pa.Array) -> Ints:
    """The position of each value, -1 for what is not there."""
    import pyarrow.compute as pc

    found = pc.index_in(values, value_set=among.cast(values.type)).fill_null(-1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)


def _refuse(column: str, bad: Bools, why: str) -> None:
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise ValueError(f"{column} of row {row} {why} ({int(bad.sum())} such rows in the batch)")
