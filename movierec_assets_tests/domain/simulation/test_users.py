"""The simulated users."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.population import HISTORY_DAYS, USERS_PER_BLOCK, Population
from movierec_assets.domain.simulation.users import simulate_users
from movierec_assets_tests.domain.simulation.simulated import users_of


@settings(max_examples=40, deadline=None)
@given(
    st.builds(
        dict,
        users=st.integers(1, 60),
        days=st.integers(1, 400),
        start_date=st.dates(date(1999, 1, 1), date(2025, 1, 1)),
        seed=st.integers(0, 2**63 - 1),
        growth_per_year=st.sampled_from([0.0, 0.3, 100.0]),
        churn_per_year=st.sampled_from([0.0, 0.5, 0.99]),
        youngest_age=st.integers(0, 40),
        oldest_age=st.integers(40, 120),
    )
)
def test_users_are_numbered_by_subscription_and_of_the_age_asked_for(asked):
    rows = users_of(SimulationParameters(**asked)).to_pylist()
    assert [row["user_id"] for row in rows] == list(range(1, asked["users"] + 1))
    assert sorted(row["activity_rank"] for row in rows) == list(range(1, asked["users"] + 1))
    dates = [row["subscription_date"] for row in rows]
    assert dates == sorted(dates)
    for row in rows:
        born, subscribed, cancelled = (
            row[f"{what}_date"] for what in ("birth", "subscription", "cancellation")
        )
        before_birthday = (subscribed.month, subscribed.day) < (born.month, born.day)
        assert asked["youngest_age"] <= subscribed.year - born.year - before_birthday <= asked["oldest_age"]
        assert -HISTORY_DAYS <= (subscribed - asked["start_date"]).days < asked["days"]
        if cancelled:
            assert subscribed < cancelled
            assert 0 < (cancelled - asked["start_date"]).days < asked["days"]
        assert 1 <= row["taste_profile"] <= 8


@pytest.mark.parametrize(
    "asked",
    [
        {"users": 30_000, "days": 1500, "growth_per_year": 3},
        {"users": 300_000, "days": 3, "start_date": date(2024, 2, 28), "growth_per_year": 100},
    ],
    ids=["over four years", "many on a leap day"],
)
def test_all_of_one_age_have_had_that_birthday_and_not_the_next(asked):
    users = users_of(SimulationParameters(**asked, youngest_age=18, oldest_age=18))
    born, subscribed = (users[f"{what}_date"].to_numpy() for what in ("birth", "subscription"))
    for years, had in ((18, True), (19, False)):
        month = born.astype("datetime64[M]")
        birthday = (month + 12 * years).astype("datetime64[D]") + (born - month.astype("datetime64[D]"))
        assert ((birthday <= subscribed) == had).all()


def test_blocks_of_users_differ():
    first, second = simulate_users(Population.of(SimulationParameters(users=2 * USERS_PER_BLOCK)))
    assert first["taste_profile"] != second["taste_profile"]
    assert first["subscription_type"] != second["subscription_type"]


def test_subscriptions_double_in_a_year_that_is_asked_to_double_them():
    subscribed = users_of(
        SimulationParameters(users=1000, days=1461, start_date=date(2021, 1, 1), growth_per_year=1.0)
    )
    dates = np.array(subscribed["subscription_date"].to_pylist())
    for year in range(4):
        # 1000 users at the end of the four years, half of them a year before, and so on.
        end = date(2021 + year, 12, 31)
        assert (dates <= end).sum() == pytest.approx(1000 / 2 ** (3 - year), abs=1.5)


def test_without_growth_all_had_subscribed_before_the_period_and_without_churn_none_cancels():
    users = users_of(SimulationParameters(users=500, growth_per_year=0, churn_per_year=0))
    assert max(users["subscription_date"].to_pylist()) < date(2024, 1, 1)
    assert users["cancellation_date"].null_count == 500


def test_shares_of_types_profiles_and_cancellations_are_those_asked_for():
    users = users_of(
        SimulationParameters(users=40_000, days=365, growth_per_year=0, churn_per_year=0.3, taste_profiles=4)
    )
    share = {
        one["values"]: one["counts"] / 40_000 for one in users["subscription_type"].value_counts().to_pylist()
    }
    assert share == pytest.approx({"basic": 0.35, "standard": 0.45, "premium": 0.2}, abs=0.01)
    profiles = np.bincount(users["taste_profile"].to_numpy(), minlength=5) / 40_000
    assert profiles.tolist() == pytest.approx([0, 0.25, 0.25, 0.25, 0.25], abs=0.01)
    assert 1 - users["cancellation_date"].null_count / 40_000 == pytest.approx(0.3, abs=0.01)


def test_a_type_with_a_share_of_one_is_that_of_all():
    users = users_of(SimulationParameters(users=100, basic_share=0, standard_share=0, premium_share=1))
    assert set(users["subscription_type"].to_pylist()) == {"premium"}


def test_who_is_subscribed_for_few_days_is_rarely_among_the_most_active():
    people = Population.of(SimulationParameters(users=5000, days=365, growth_per_year=1.0))
    days = people.stop_day - people.first_day
    top = people.activity_rank <= 500
    assert days[days < 30].size > 150
    assert (days[top] < 30).mean() < 0.1 * (days < 30).mean()
