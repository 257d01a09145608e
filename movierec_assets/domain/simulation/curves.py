"""What was asked for and what came out as arrays: for plots, and for the largest difference in the report."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from movierec_assets.domain.simulation.arrays import Floats
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.tally import WATCHED_BINS, Tally
from movierec_assets.domain.simulation.zipf import zipf_weights

GRID = 20_000


@dataclass(frozen=True, eq=False)
class Curve:
    """Two curves over the same places.

    Attributes:
        x: [n] places, ascending.
        asked: float64[..., n] what the parameters ask for.
        got: float64[..., n] what was counted.
    """

    x: np.ndarray
    asked: np.ndarray
    got: np.ndarray

    @property
    def largest_difference(self) -> float:
        """Largest absolute difference between asked and got."""
        return float(np.abs(self.asked - self.got).max(initial=0))


def curves(tally: Tally) -> dict[str, Curve]:
    """Curves by name; shares are 0 where nothing was counted.

    popularity: share of sessions by title rank. activity: sessions by activity rank of the user. hours: share of
    sessions by hour of the day. weekdays: the same by day of the week, 0 for Monday. days: sessions by day of the
    period. watched: of the sessions that were not finished, the share in each twentieth of the runtime.
    subscriptions: subscriptions ever begun at the end of each day. genres: [profiles, genres] sessions with a
    title of the genre, as a share of the sessions of the profile; x numbers `plan.titles.genre_names`.
    """
    plan, asked = tally.plan, tally.plan.parameters
    ranks, activity = plan.titles.ranks, np.arange(1, asked.users + 1)
    by_rank = np.empty(asked.users)
    by_rank[plan.population.activity_rank - 1] = tally.sessions
    days, weekdays = sessions_by_day(plan), plan.calendar.weekdays
    profiles = plan.shares.sum(axis=1, keepdims=True)
    return {
        "popularity": Curve(ranks, plan.shares.sum(axis=0), _shares(tally.titles.sum(axis=0))),
        "activity": Curve(
            activity, asked.sessions * _shares(zipf_weights(activity, asked.activity_exponent)), by_rank
        ),
        "hours": Curve(np.arange(24), _shares(np.array(asked.hour_weights)), _shares(tally.hours)),
        "weekdays": Curve(
            np.arange(7),
            _shares(np.bincount(weekdays, days, minlength=7)),
            _shares(np.bincount(weekdays, tally.days, minlength=7)),
        ),
        "days": Curve(np.arange(asked.days), days, tally.days.astype(np.float64)),
        "watched": Curve(
            (np.arange(WATCHED_BINS) + 0.5) / WATCHED_BINS, watched_shares(asked), _shares(tally.watched)
        ),
        "subscriptions": Curve(
            np.arange(asked.days), subscriptions_begun(asked), np.cumsum(tally.subscriptions)[1:] * 1.0
        ),
        "genres": Curve(
            np.arange(len(plan.titles.genre_names)),
            plan.shares @ plan.titles.genres / np.where(profiles > 0, profiles, 1),
            tally.titles @ plan.titles.genres / np.maximum(tally.titles.sum(axis=1, keepdims=True), 1),
        ),
    }


def sessions_by_day(plan: SessionPlan) -> Floats:
    """Sessions expected on each day: each user's, spread over the subscribed days by the day's weight."""
    begins = np.concatenate([[0], np.cumsum(plan.calendar.day_weights)])
    first, stop = plan.population.first_day, plan.population.stop_day
    rate = plan.counts / (begins[stop] - begins[first])
    change = np.bincount(first, rate, begins.size) - np.bincount(stop, rate, begins.size)
    expected: Floats = np.cumsum(change)[:-1] * plan.calendar.day_weights
    return expected


def subscriptions_begun(parameters: SimulationParameters) -> Floats:
    """Subscriptions ever begun at the end of each day: exponential growth up to `users`."""
    left = parameters.days - 1 - np.arange(parameters.days)
    begun: Floats = parameters.users * (1 + parameters.growth_per_year) ** (-left / 365.25)
    return begun


def watched_shares(parameters: SimulationParameters) -> Floats:
    """Probability of each twentieth under the beta distribution of the parameters.

    With x = sin(a)^2 the density is sin(a)^(2 alpha - 1) cos(a)^(2 beta - 1) but for a factor, which has no poles
    for shapes of 0.5 or more; it is summed over a grid of angles.
    """
    angles = (np.arange(GRID) + 0.5) * (np.pi / 2 / GRID)
    sines, cosines = 2 * parameters.dropout_alpha - 1, 2 * parameters.dropout_beta - 1
    density = np.sin(angles) ** sines * np.cos(angles) ** cosines
    below = np.concatenate([[0], np.cumsum(density)]) / density.sum()
    edges = np.arcsin(np.sqrt(np.arange(WATCHED_BINS + 1) / WATCHED_BINS)) * (2 / np.pi * GRID)
    return np.diff(np.interp(edges, np.arange(GRID + 1), below))


def _shares(counts: np.ndarray) -> Floats:
    total = counts.sum()
    shares: Floats = counts / total if total else counts.astype(np.float64)
    return shares
