"""What may be asked for, and the messages for what may not."""

import json
from dataclasses import fields
from datetime import date, datetime

import pytest

from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters


def test_parameters_survive_json_and_what_is_left_out_has_its_default():
    asked = SimulationParameters(users=3, start_date=date(2020, 2, 29), weekday_weights=(1, 2, 3, 4, 5, 6, 7))
    assert SimulationParameters.from_json(json.loads(json.dumps(asked.to_json()))) == asked
    assert SimulationParameters.from_json({"users": 3}) == SimulationParameters(users=3)


def test_whole_numbers_serve_where_a_fraction_is_asked_and_become_one():
    assert json.dumps(SimulationParameters(dropout_rate=1).to_json()["dropout_rate"]) == "1.0"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"users": 0}, r"users must be a whole number from 1 to 100000000, not 0"),
        ({"users": 2.5}, r"users must be a whole number from 1 .* not 2\.5"),
        ({"users": True}, r"users must be a whole number .* not True"),
        ({"days": "90"}, r"days must be a whole number .* not '90'"),
        ({"seed": -1}, r"seed must be .* from 0 to 9223372036854775807, not -1"),
        (
            {"popularity_exponent": float("nan")},
            r"popularity_exponent must be a number from 0\.0 to 3\.0, not nan",
        ),
        ({"start_date": "2024-13-01"}, r"start_date must be a day \(YYYY-MM-DD\) .* not '2024-13-01'"),
        ({"start_date": "1969-12-31"}, r"start_date must be a day .* from 1970-01-01 to 2200-01-01"),
        ({"start_date": datetime(2024, 1, 1, 12)}, r"start_date must be a day"),
        ({"hour_weights": [1] * 23}, r"hour_weights must be 24 numbers above 0"),
        ({"weekday_weights": [1, 1, 1, 0, 1, 1, 1]}, r"weekday_weights must be 7 numbers above 0"),
        ({"weekday_weights": 1}, r"weekday_weights must be 7 numbers above 0, not 1"),
        (
            {"basic_share": 0.5},
            r"basic_share \+ standard_share \+ premium_share must be 1, not \(0\.5, 0\.45, 0\.2\)",
        ),
        ({"youngest_age": 50, "oldest_age": 40}, r"youngest_age must be at most oldest_age, not 50 and 40"),
        (
            {"users": 10, "sessions_per_user": 0.01},
            r"sessions_per_user must give at least one session .* not 0\.01",
        ),
        ({"usres": 1}, r"unknown parameters \['usres'\]; known are \['activity_exponent'"),
    ],
)
def test_a_wrong_parameter_is_refused_by_name_with_what_is_allowed(given, message):
    with pytest.raises(SimulationParameterError, match=message):
        SimulationParameters.from_json(given)


def test_every_number_is_refused_beyond_its_limits():
    for one in fields(SimulationParameters):
        if "low" in one.metadata:
            for beyond in (one.metadata["low"] - 1, one.metadata["high"] + 1):
                with pytest.raises(SimulationParameterError, match=f"^{one.name} must be"):
                    SimulationParameters(**{one.name: beyond})


def test_every_parameter_is_described():
    described = SimulationParameters.__doc__.partition("Attributes:")[2]
    assert [
        one.name for one in fields(SimulationParameters) if f"        {one.name}: " not in described
    ] == []
