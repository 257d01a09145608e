"""The checks on an evaluation: which leaks fail it, and what the gate's verdict becomes."""

from __future__ import annotations

import dagster as dg
import pytest

from movierec_assets.checks.evaluation import gate_result, leakage_result
from movierec_assets.domain.recommender.gate import Verdict
from movierec_assets.domain.recommender.leakage import Leakage


@pytest.mark.parametrize(
    ("leaks", "said"),
    [
        ({}, None),
        ({"time": Leakage(0, 0), "per-user": Leakage(0, 5)}, None),
        ({"time": Leakage(0, 3)}, "3 ratings time: trained on, later than a held-out one"),
        ({"time": Leakage(0, 0), "per-user": Leakage(2, 5)}, "2 ratings per-user: trained on and held out"),
    ],
)
def test_a_repeated_rating_fails_any_protocol_and_a_later_one_that_by_time_only(
    leaks: dict[str, Leakage], said: str | None
) -> None:
    result = leakage_result("model_evaluation", leaks)
    assert (result.passed, result.description) == (said is None, said)
    assert result.severity == dg.AssetCheckSeverity.ERROR


@pytest.mark.parametrize(
    ("judged", "passed", "accepted", "severity"),
    [
        (True, True, "", "ERROR"),
        (True, False, "", "ERROR"),
        (True, False, "another", "ERROR"),
        (True, False, "this", "WARN"),
        (False, True, "", "WARN"),
    ],
)
def test_a_refusal_stops_what_follows_unless_this_very_model_was_accepted(
    judged: bool, passed: bool, accepted: str, severity: str
) -> None:
    result = gate_result(
        "model_evaluation", Verdict(judged, passed, "because", {"users": 7}), "this", accepted
    )
    assert result.passed == passed
    assert result.severity == dg.AssetCheckSeverity(severity)
    said = str(result.description)
    assert said.startswith("because")
    assert ("set MOVIEREC_ACCEPTED_MODEL=this" in said) == (not passed and severity == "ERROR")
    assert result.metadata["users"].value == 7
