"""The gate: by which protocol it judges, what it lets through, and what it refuses."""

import numpy as np
import pytest

from movierec_assets.domain.recommender.bootstrap import intervals
from movierec_assets.domain.recommender.evaluation import Evaluation
from movierec_assets.domain.recommender.gate import ENOUGH_USERS, FEWEST_USERS, Live, judge
from movierec_assets.domain.recommender.question import Asked
from movierec_assets.domain.recommender.ranking import PerUser


def evaluation(ndcg):
    """Of users who have these values."""
    users = len(ndcg)
    per_user = PerUser(np.arange(users), {"ndcg": np.array(ndcg, float)})
    return Evaluation(
        k=10,
        metrics=intervals(per_user, 200),
        coverage=1.0,
        rmse=float("nan"),
        mae=float("nan"),
        per_user=per_user,
        asked=Asked(users, users, users, 0, 0, 0, 0),
        users_without_list=0,
        fit_seconds=0.0,
        recommend_seconds=0.0,
    )


def protocol(model, popularity):
    return {"ranking_model": evaluation(model), "popularity": evaluation(popularity)}


def constant(users, model, popularity):
    return protocol([model] * users, [popularity] * users)


def test_too_few_users_are_not_judged_and_pass():
    for found in ({}, {"time": constant(FEWEST_USERS - 1, 0.1, 0.2)}):
        verdict = judge(found, {})
        assert (verdict.judged, verdict.passed) == (False, True)
        assert "could not be judged" in verdict.reason


def test_the_first_protocol_that_asks_enough_users_decides_else_the_one_that_asks_most():
    bad, good = (0.1, 0.2), (0.2, 0.1)
    enough, few, fewer = ENOUGH_USERS, ENOUGH_USERS - 1, FEWEST_USERS
    for found, passed in (
        ({"time": (enough, *bad), "per-user": (enough + 1, *good)}, False),
        ({"time": (few, *bad), "per-user": (enough, *good)}, True),
        ({"time": (fewer, *bad), "per-user": (few, *good)}, True),
        ({"time": (few, *bad), "per-user": (fewer, *good)}, False),
    ):
        verdict = judge({name: constant(*facts) for name, facts in found.items()}, {})
        assert (verdict.judged, verdict.passed) == (True, passed), found


def test_equal_to_popularity_is_not_above_it():
    verdict = judge({"time": constant(ENOUGH_USERS, 0.2, 0.2)}, {})
    assert not verdict.passed
    assert "nDCG@10 of 0.2000 is not above popularity's 0.2000" in verdict.reason


def test_a_lead_within_chance_is_refused_of_many_users_and_taken_of_few():
    for users, passed in ((ENOUGH_USERS, False), (ENOUGH_USERS - 2, True)):
        # Every other user gains 1 and the rest lose almost as much.
        model = np.tile([1.0, 0.0], users // 2)
        verdict = judge({"time": protocol(model, 0.99 * (1 - model))}, {})
        assert verdict.figures["ranking_model"] > verdict.figures["popularity"]
        assert verdict.figures["difference_low"] < 0
        assert verdict.passed == passed


@pytest.mark.parametrize(
    ("live", "passed"),
    [
        (Live(ENOUGH_USERS, 0.32, 0.29, 0.1), True),
        (Live(ENOUGH_USERS, 0.32, 0.31, 0.1), False),
        # Popularity fell by half since, so the live model is expected to have fallen too.
        (Live(ENOUGH_USERS, 0.62, 0.59, 0.2), True),
        (Live(ENOUGH_USERS, 0.64, 0.61, 0.2), False),
        (Live(ENOUGH_USERS, 0.64, 0.61, 0.0), False),
        (Live(FEWEST_USERS - 1, 0.9, 0.8, 0.1), True),
    ],
)
def test_a_model_must_reach_the_live_models_interval_as_the_data_moved_it(live, passed):
    verdict = judge({"time": constant(ENOUGH_USERS, 0.3, 0.1)}, {"time": live})
    assert verdict.passed == passed
    assert ("below the live model's interval" in verdict.reason) == (not passed)


def test_a_live_model_known_by_another_protocol_only_does_not_count():
    live = {"per-user": Live(ENOUGH_USERS, 0.9, 0.8, 0.1)}
    assert judge({"time": constant(ENOUGH_USERS, 0.3, 0.1)}, live).passed
