"""The report: what was asked for and what came out."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pytest

from movierec_assets.domain.simulation.curves import curves, sessions_by_day, watched_shares
from movierec_assets.domain.simulation.fidelity import Fidelity, report
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.population import Population
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.tally import Tally
from movierec_assets.domain.simulation.users import simulate_users
from movierec_assets_tests.domain.simulation.title_tables import many_titles, table_of

TITLES = many_titles(2000)


def tally_of(asked: SimulationParameters, titles: pa.Table = TITLES) -> Tally:
    tally = Tally(SessionPlan(asked, titles))
    for batch in simulate_users(tally.plan.population):
        tally.add_users(batch)
    for batch in tally.plan.batches():
        tally.add_sessions(batch)
    return tally


def rows_of(tally: Tally) -> dict[str, Fidelity]:
    return {row.what: row for row in report(tally)}


def log_log_slope(counts: np.ndarray, above: int = 0) -> float:
    """Steepness of sorted counts over rank, by least squares on those of ten or more; `above` ranks left out."""
    counts = np.sort(counts[counts >= 10])[::-1]
    return -np.polyfit(np.log(np.arange(1, counts.size + 1) + above), np.log(counts), 1)[0]


@pytest.mark.parametrize(
    ("activity", "popularity", "strength"),
    [(0.2, 0.6, 1.0), (0.4, 0.9, 3.0), (0.6, 1.2, 0.0), (1.0, 1.6, 2.0)],
)
def test_exponents_of_200_thousand_sessions_are_within_5_percent_of_those_asked_for(
    activity, popularity, strength
):
    asked = SimulationParameters(
        days=90,
        sessions_per_user=20,
        activity_exponent=activity,
        popularity_exponent=popularity,
        taste_strength=strength,
    )
    tally = tally_of(asked)
    rows, held = rows_of(tally), tally.plan.held
    assert rows["sessions"].got == 200_000
    assert abs(rows["activity exponent"].relative_difference) < 0.01
    assert abs(rows["popularity exponent"].relative_difference) < 0.02
    # A second opinion that knows no rank: a straight line through the sorted counts.
    assert log_log_slope(tally.titles.sum(axis=0)) == pytest.approx(popularity, rel=0.05)
    assert log_log_slope(tally.sessions[~held], int(held.sum())) == pytest.approx(activity, rel=0.05)


def test_an_activity_too_steep_for_a_day_is_reported_as_such():
    rows = rows_of(tally_of(SimulationParameters(users=2000, activity_exponent=1.0)))
    assert rows["users without time for their rank"].got >= 10
    assert abs(rows["activity exponent"].relative_difference) < 0.01
    assert rows["activity exponent, those included"].relative_difference < -0.1


def test_the_report_of_defaults_is_near_what_was_asked():
    asked = SimulationParameters(days=365, sessions_per_user=30, churn_per_year=0.3)
    rows = report(tally_of(asked))
    assert [row.what for row in rows][:2] == ["users", "sessions"]
    assert [row.got for row in rows[:2]] == [10_000, 300_000]
    for row in rows:
        if row.relative_difference is not None:
            assert abs(row.relative_difference) < 0.05, row
        if row.what.startswith("largest difference"):
            assert row.got < 0.012, row


def test_exact_counts_of_three_sessions():
    titles = table_of([("a", "MOVIE", 100, ["war"], 2), ("b", "SHOW", 10, None, 1)])
    asked = SimulationParameters(users=3, days=10, sessions_per_user=1, taste_profiles=1)
    tally = Tally(SessionPlan(asked, titles))
    day = np.datetime64("2024-01-01T00:00", "s")
    starts = day + np.array([3600, 86_400 * 2 + 7200, 86_400 * 9 + 3600 * 22])
    columns = {
        "user_id": [1, 3, 3],
        "title_id": ["b", "a", "a"],
        "started_at": pa.array(starts, pa.timestamp("s", tz="UTC")),
        "ended_at": pa.array(starts + np.array([600, 3000, 5999]), pa.timestamp("s", tz="UTC")),
        "rating": [None, 5, 5],
    }
    tally.add_sessions(pa.record_batch(columns))
    assert tally.sessions.tolist() == [1, 0, 2]
    assert tally.titles.tolist() == [[2, 1]]
    assert np.flatnonzero(tally.hours).tolist() == [1, 2, 22]
    assert tally.days.tolist() == [1, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert (tally.finished, np.flatnonzero(tally.watched).tolist()) == (1, [10, 19])
    assert tally.watched_share == pytest.approx(0.5 + 5999 / 6000)
    assert tally.ratings.tolist() == [1, 0, 0, 0, 0, 2]
    assert curves(tally)["genres"].got.tolist() == [[pytest.approx(2 / 3)]]
    rows = rows_of(tally)
    assert rows["share of sessions dropped out of"].got == pytest.approx(2 / 3)
    assert rows["users"] == Fidelity("users", 3.0, 0.0, -1.0)
    assert rows["subscription growth per year"].got is None


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("user_id", 0, "user_id of row 1 is not from 1 to 5"),
        ("user_id", 6, "user_id of row 1 is not from 1 to 5"),
        ("title_id", "nope", "title_id of row 1 is not among the titles"),
        ("title_id", None, "title_id of row 1 is not among the titles"),
        (
            "started_at",
            datetime(2023, 12, 31, 23, 59, 59),
            "begins or ends outside the simulated period",
        ),
        (
            "ended_at",
            datetime(2024, 7, 1),
            "begins or ends outside the simulated period",
        ),
        ("rating", 6, "rating of row 1 is not from 1 to 5"),
    ],
)
def test_sessions_that_cannot_be_counted_are_refused_by_row_and_column(column, value, message):
    tally = Tally(SessionPlan(SimulationParameters(users=5), TITLES))
    batch = next(tally.plan.batches())
    values = batch[column].to_pylist()
    values[1] = value
    changed = batch.set_column(
        batch.schema.get_field_index(column), column, pa.array(values, batch[column].type)
    )
    with pytest.raises(ValueError, match=message):
        tally.add_sessions(changed)


def test_users_that_cannot_be_counted_are_refused():
    tally = Tally(SessionPlan(SimulationParameters(users=5), TITLES))
    batch = next(simulate_users(Population.of(SimulationParameters(users=5))))
    gold = batch.set_column(4, "subscription_type", pa.array(["gold"] * 5))
    with pytest.raises(ValueError, match=r"row 0 is not one of basic, standard, premium \(5 such rows"):
        tally.add_users(gold)
    late = batch.set_column(2, "subscription_date", pa.array([20_000] * 5, pa.int32()).cast(pa.date32()))
    with pytest.raises(ValueError, match="subscription_date of row 0 is after the simulated period"):
        tally.add_users(late)


def test_expected_sessions_by_day_are_each_users_spread_over_the_subscribed_days():
    asked = SimulationParameters(
        users=40, days=30, growth_per_year=50, churn_per_year=0.99, sessions_per_user=5
    )
    plan = SessionPlan(asked, TITLES)
    slow = np.zeros(30)
    for user in range(40):
        own = slice(plan.population.first_day[user], plan.population.stop_day[user])
        weights = plan.calendar.day_weights[own]
        slow[own] += plan.counts[user] * weights / weights.sum()
    assert sessions_by_day(plan) == pytest.approx(slow)


@pytest.mark.parametrize(("alpha", "beta"), [(0.5, 0.5), (1.2, 2.0), (1.0, 1.0), (30.0, 4.0)])
def test_expected_watched_shares_are_those_of_a_large_beta_sample(alpha, beta):
    drawn = np.random.default_rng(0).beta(alpha, beta, 400_000)
    expected = watched_shares(SimulationParameters(dropout_alpha=alpha, dropout_beta=beta))
    assert expected.sum() == pytest.approx(1)
    assert np.histogram(drawn, 20, (0, 1))[0] / drawn.size == pytest.approx(expected, abs=0.003)


def test_one_title_has_no_popularity_exponent_and_no_ratings_are_no_surprise():
    asked = SimulationParameters(users=50, rating_probability=0, dropout_rate=0)
    rows = rows_of(tally_of(asked, many_titles(1)))
    assert rows["popularity exponent"] == Fidelity("popularity exponent", 0.9, None, None)
    assert rows["share of sessions rated"] == Fidelity("share of sessions rated", 0.0, 0.0, None)
    assert rows["mean watched share of dropouts"].got is None
