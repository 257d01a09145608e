"""How a search cuts its ratings, what it goes by, and what it says at its end."""

from dataclasses import asdict

import numpy as np
import optuna
import pytest

from movierec_assets.domain.recommender import comparing
from movierec_assets.domain.recommender.als import fit
from movierec_assets.domain.recommender.evaluation import evaluate
from movierec_assets.domain.recommender.gate import ENOUGH_USERS
from movierec_assets.domain.recommender.interface import RatingFactorRecommender
from movierec_assets.domain.recommender.protocols import PROTOCOLS
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.search_cut import cut
from movierec_assets.domain.recommender.search_metrics import NDCG, RMSE
from movierec_assets.domain.recommender.search_result import (
    TESTED,
    ask_test_cut,
    conclusion,
    search_table,
    to_adopt,
)
from movierec_assets.domain.recommender.search_space import SEARCHED
from movierec_assets.domain.recommender.search_study import best_of, complete, tried
from movierec_assets_tests.domain.recommender.test_comparing import crowd
from movierec_assets_tests.domain.recommender.test_searching import BOTH, CUT, DEFAULTS, RATINGS, searched


def trained(params, ratings):
    return fit(ratings.users, ratings.items, ratings.values, params)


def pairs(*parts):
    return sorted(
        pair for part in parts for pair in zip(part.users.tolist(), part.items.tolist(), strict=True)
    )


@pytest.mark.parametrize(("ratings", "protocol"), [(crowd(ENOUGH_USERS), "time"), (RATINGS, "per-user")])
def test_the_test_is_what_the_evaluation_holds_out_and_every_rating_is_in_one_part(ratings, protocol):
    found = cut(ratings)
    compared = comparing.compare(ratings, DEFAULTS["ranking_model"], DEFAULTS["als_model"])
    assert found.protocol == protocol
    asked = compared[protocol].asked
    assert (found.final().asked, len(found.test)) == (asked, asked.test_rows)
    held = PROTOCOLS[protocol].split(ratings)
    assert pairs(found.test) == pairs(ratings.where(held))
    assert pairs(found.train, found.validation) == pairs(ratings.where(~held))
    assert found.trial().asked.test_rows == len(found.validation) > 0
    assert set(pairs(found.trial().train)) == set(pairs(ratings)) - set(pairs(found.validation, found.test))


@pytest.mark.parametrize(
    ("ratings", "reason"),
    [
        (Ratings.of([1], [2], [3.0], [4]), "1 ratings are too few for a search: no protocol"),
        (Ratings.of([1, 1, 1], [1, 2, 3], [3.0] * 3, [1, 2, 3]), "3 ratings .* 0 to choose by"),
    ],
)
def test_too_few_ratings_are_refused_with_what_is_lacking(ratings, reason):
    with pytest.raises(ValueError, match=reason):
        cut(ratings).trial()


@BOTH
def test_the_metrics_are_those_of_the_evaluation(model):
    params = DEFAULTS[model]

    def trainer(train):
        return RatingFactorRecommender(trained(params, train))

    expected = evaluate({model: trainer}, RATINGS, PROTOCOLS["per-user"].split)[model]
    question, metric = CUT.final(), SEARCHED[model].metric
    answers = metric.ask(trained(params, question.train), question)
    if metric is NDCG:
        assert metric.interval(answers) == expected.metrics["ndcg"]
        assert metric.value(answers) == pytest.approx(expected.metrics["ndcg"].value)
        assert metric.users(question) == expected.asked.users
    else:
        assert metric is RMSE
        assert metric.value(answers) == pytest.approx(expected.rmse)
        assert metric.interval(answers).value == metric.value(answers)
        assert metric.users(question) == np.unique(question.warm.users).size


@BOTH
def test_best_and_current_parameters_are_asked_for_the_test_once_and_compared_user_by_user(model):
    study = searched(model, 6)
    default, best = complete(study)[0], best_of(study)
    assert best.number > 0
    ask_test_cut(study, model, DEFAULTS[model], CUT)
    question, metric = CUT.final(), SEARCHED[model].metric
    answers = [
        metric.ask(trained(tried(t, DEFAULTS[model]), question.train), question) for t in (default, best)
    ]
    rows = {row["number"]: row for row in search_table([(model, "per-user", study)]).to_pylist()}
    for trial, found in zip((default, best), answers, strict=True):
        interval, row = metric.interval(found), rows[trial.number]
        assert (row["test_value"], row["test_low"], row["test_high"]) == (
            interval.value,
            interval.low,
            interval.high,
        )
    difference = metric.difference(answers[1], answers[0])
    assert rows[best.number]["difference_low"] == difference.low
    assert rows[best.number]["difference"] == pytest.approx(
        rows[best.number]["test_value"] - rows[default.number]["test_value"]
    )
    others = [row for n, row in rows.items() if n not in (default.number, best.number)]
    assert {row[c] for row in others for c in row if c.startswith(("test_", "difference"))} == {None}
    assert [n for n, row in rows.items() if row["is_best"]] == [best.number]
    assert [n for n, row in rows.items() if row["is_default"]] == [default.number]
    # There is nothing to cut now, so that asking again would fail.
    ask_test_cut(study, model, DEFAULTS[model], None)


def test_a_row_says_what_a_trial_was_and_one_that_failed_has_no_figures():
    study = searched("als_model", 2)
    study.tell(study.ask(), state=optuna.trial.TrialState.FAIL)
    ask_test_cut(study, "als_model", DEFAULTS["als_model"], CUT)
    rows = search_table([("als_model", "per-user", study)]).to_pylist()
    assert [(row["number"], row["state"]) for row in rows] == [(0, "complete"), (1, "complete"), (2, "fail")]
    assert (rows[0]["rank"], rows[0]["max_iter"], rows[0]["nonnegative"], rows[0]["alpha"]) == (
        4,
        4,
        True,
        None,
    )
    assert (rows[0]["users"], rows[0]["metric"], rows[0]["protocol"]) == (40, "rmse", "per-user")
    assert rows[1]["value"] == complete(study)[1].value
    assert (rows[2]["value"], rows[2]["rank"], rows[2]["seconds"]) == (None, None, None)


@pytest.mark.parametrize(
    ("model", "difference", "said"),
    [
        (
            "ranking_model",
            (0.02, 0.01, 0.03),
            "better beyond noise: on the test cut, 1,234 users asked, the best has",
        ),
        ("ranking_model", (0.02, -0.01, 0.03), "within noise: on the test cut"),
        ("ranking_model", (0.0, 0.0, 0.0), "within noise: on the test cut"),
        ("ranking_model", (-0.02, -0.03, -0.01), "keep the current settings: on the test cut"),
        ("als_model", (-0.02, -0.03, -0.01), "better beyond noise: on the test cut"),
        ("als_model", (0.02, 0.01, 0.03), "keep the current settings: on the test cut"),
        ("als_model", None, "keep the current settings: no trial is better on the validation cut"),
    ],
)
def test_the_conclusion_says_plainly_what_the_interval_of_the_difference_says(model, difference, said):
    study = optuna.create_study()
    found = dict(zip(("value", "low", "high"), difference, strict=True)) if difference else None
    study.set_user_attr(TESTED, {"best": 3, "users": 1234, "figures": {}, "difference": found})
    assert conclusion(study, model).startswith(said)
    if difference:
        assert f"{difference[0]:+.4f} {SEARCHED[model].metric.label} beside" in conclusion(study, model)
        assert f"{difference[1]:+.4f} to {difference[2]:+.4f}" in conclusion(study, model)


@BOTH
def test_the_settings_to_adopt_are_those_that_differ_and_make_the_best_trial_exactly(model):
    from movierec_assets.settings import load_settings

    study = searched(model, 6)
    lines = to_adopt(study, model, DEFAULTS[model])
    best = tried(best_of(study), DEFAULTS[model])
    part = "ranking" if model == "ranking_model" else "als"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in asdict(DEFAULTS[model]).items():
            patch.setenv(f"{SEARCHED[model].variable}__{name.upper()}", str(value))
        for name, value in lines.items():
            patch.setenv(name, value)
        assert getattr(load_settings(), part) == best
    assert to_adopt(searched(model, 1), model, DEFAULTS[model]) == {}
