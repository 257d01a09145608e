"""The fidelity report: what was asked for, what came out, and how far they are apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from movierec_assets.domain.simulation.curves import curves
from movierec_assets.domain.simulation.population import DAYS_PER_YEAR, Population, daily_hazard
from movierec_assets.domain.simulation.tally import Tally
from movierec_assets.domain.simulation.users import SUBSCRIPTION_TYPES
from movierec_assets.domain.simulation.zipf import zipf_exponent


@dataclass(frozen=True)
class Fidelity:
    """One row of the report.

    Attributes:
        what: What is compared.
        asked: What the parameters ask for; 0 for differences between curves.
        got: What was counted or estimated; None where the data cannot tell, such as the exponent of one title.
        relative_difference: got / asked - 1; None where asked is 0 or got is None.
    """

    what: str
    asked: float
    got: float | None
    relative_difference: float | None


def report(tally: Tally) -> list[Fidelity]:
    """The rows, always the same and in the same order.

    Exponents are maximum-likelihood estimates on the known ranks (`zipf_exponent`). A day has 24 hours: a steep
    activity asks more of the first ranks than fits into their subscribed days. One row counts those users, one has
    the exponent of all others, which the generator answers for, and one that of all users, which then is lower.
    Rows named "largest difference" compare curves of `curves`: in hours, weekdays, watched and genres the unit is
    a share of the sessions, 0.01 being one percentage point.
    """
    plan, asked = tally.plan, tally.plan.parameters
    sessions, free = int(tally.days.sum()), ~plan.held
    dropped, found = int(tally.watched.sum()), curves(tally)
    popularity = zipf_exponent(plan.titles.ranks, tally.titles.sum(axis=0))
    ranks = plan.population.activity_rank
    mean_watched = asked.dropout_alpha / (asked.dropout_alpha + asked.dropout_beta)
    rows = [
        _row("users", asked.users, tally.users),
        _row("sessions", asked.sessions, sessions),
        _row("popularity exponent", asked.popularity_exponent, popularity),
        _row("activity exponent", asked.activity_exponent, zipf_exponent(ranks[free], tally.sessions[free])),
        _row("users without time for their rank", 0, int(plan.held.sum())),
        _row(
            "activity exponent, those included",
            asked.activity_exponent,
            zipf_exponent(ranks, tally.sessions),
        ),
        _row("share of sessions dropped out of", asked.dropout_rate, _ratio(dropped, sessions)),
        _row("mean watched share of dropouts", mean_watched, _ratio(tally.watched_share, dropped)),
        _row("share of sessions rated", asked.rating_probability, _ratio(tally.ratings[1:].sum(), sessions)),
        _row("subscription growth per year", asked.growth_per_year, _growth(tally)),
        _row("share of users cancelled", _cancelling(plan.population), _ratio(tally.cancelled, tally.users)),
    ]
    shares = zip(SUBSCRIPTION_TYPES, asked.subscription_shares, tally.subscription_types, strict=True)
    rows += [_row(f"share of users on {kind}", share, _ratio(n, tally.users)) for kind, share, n in shares]
    named = ("hours", "weekdays", "watched", "genres")
    return rows + [_row(f"largest difference in {name}", 0, found[name].largest_difference) for name in named]


def _growth(tally: Tally) -> float:
    """Per year, from the users subscribed before the period and those at its end."""
    before = int(tally.subscriptions[0])
    if not before:
        return float("nan")
    years = tally.plan.parameters.days / DAYS_PER_YEAR
    return float((tally.subscriptions.sum() / before) ** (1 / years)) - 1


def _cancelling(population: Population) -> float:
    """The share of users expected to cancel inside the period; everyone stays for a day at least."""
    days = population.parameters.days - 1 - population.first_day
    return float(np.mean(-np.expm1(-daily_hazard(population.parameters) * days)))


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")


def _row(what: str, asked: float, got: float) -> Fidelity:
    if math.isnan(got):
        return Fidelity(what, asked, None, None)
    return Fidelity(what, float(asked), float(got), float(got / asked - 1) if asked else None)
