"""What came of a search: best and current parameters on the test cut, and its trials as rows of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from movierec_assets.domain.recommender.als import AlsModel, fit
from movierec_assets.domain.recommender.search_space import SEARCHED
from movierec_assets.domain.recommender.search_study import Params, best_of, complete, tried
from movierec_assets.domain.recommender.searching import DEFAULT, SECONDS, USERS

if TYPE_CHECKING:
    import pyarrow as pa
    from optuna import Study
    from optuna.trial import FrozenTrial

    from movierec_assets.domain.recommender.question import Question
    from movierec_assets.domain.recommender.search_cut import Cut

TESTED = "tested"
"""Attribute of a study: the number of the best trial when the test cut was asked last, and what came of it."""


def ask_test_cut(study: Study, model: str, defaults: Params, cut: Cut) -> None:
    """Ask the current and the best parameters for the test cut, trained on all the rest, and note it in the study.

    Nothing is asked again while the best trial stays the same.

    Args:
        study: With at least one complete trial, the first of which has the current settings.
        model: A key of `SEARCHED`.
        defaults: The current settings.
        cut: All of which but the test the study's trials have seen.
    """
    default, best = complete(study)[0], best_of(study)
    if study.user_attrs.get(TESTED, {}).get("best") == best.number:
        return
    metric, question = SEARCHED[model].metric, cut.final()
    answers = {
        trial.number: metric.ask(_trained(tried(trial, defaults), question), question)
        for trial in (default, best)
    }
    figures = {str(number): asdict(metric.interval(found)) for number, found in answers.items()}
    difference = asdict(metric.difference(answers[best.number], answers[default.number]))
    study.set_user_attr(
        TESTED,
        {
            "best": best.number,
            "users": metric.users(question),
            "figures": figures,
            "difference": difference if best.number != default.number else None,
        },
    )


def _trained(params: Params, question: Question) -> AlsModel:
    return fit(question.train.users, question.train.items, question.train.values, params)


def conclusion(study: Study, model: str) -> str:
    """What the test cut says of the best trial, in a sentence.

    Args:
        study: Whose best trial was tested.
        model: A key of `SEARCHED`.
    """
    metric, tested = SEARCHED[model].metric, study.user_attrs[TESTED]
    found = tested["difference"]
    if found is None:
        return "keep the current settings: no trial is better on the validation cut"
    low, high = found["low"], found["high"]
    figures = (
        f"on the test cut, {tested['users']:,} users asked, the best has {found['value']:+.4f} {metric.label} beside"
        f" the current settings (95 % interval {low:+.4f} to {high:+.4f})"
    )
    if low <= 0 <= high:
        return f"within noise: {figures}; nothing says that it is better"
    if (low > 0) == (metric.direction == "maximize"):
        return f"better beyond noise: {figures}"
    return f"keep the current settings: {figures}, which is worse"


def to_adopt(study: Study, model: str, defaults: Params) -> dict[str, str]:
    """The settings that turn the current ones into the best, by variable; empty where they are the best.

    Args:
        study: With a complete trial at least.
        model: A key of `SEARCHED`.
        defaults: The current settings.
    """
    before, after = asdict(defaults), asdict(tried(best_of(study), defaults))
    return {
        f"{SEARCHED[model].variable}__{name.upper()}": str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        for name, value in after.items()
        if value != before[name]
    }


def search_table(studies: Iterable[tuple[str, str, Study]]) -> pa.Table:
    """The rows of `model_search`.

    Args:
        studies: Each with its model and the protocol of its cut; with a complete trial at least.
    """
    import pyarrow as pa

    from movierec_assets.schema import table

    rows = [row for one in studies for row in _rows(*one)]
    return pa.Table.from_pylist(rows, schema=table("model_search").arrow_schema())


def _rows(model: str, protocol: str, study: Study) -> Iterator[dict[str, Any]]:
    from optuna.trial import TrialState

    best, tested = best_of(study).number, study.user_attrs.get(TESTED, {})
    for trial in study.get_trials(
        deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
    ):
        yield {
            "model": model,
            "study": study.study_name,
            "number": trial.number,
            "state": trial.state.name.lower(),
            **{
                name: trial.params.get(name)
                for name in ("rank", "max_iter", "reg_param", "alpha", "nonnegative")
            },
            "protocol": protocol,
            "metric": SEARCHED[model].metric.name,
            "value": trial.value,
            "seconds": trial.user_attrs.get(SECONDS),
            "users": trial.user_attrs.get(USERS),
            "is_default": bool(trial.user_attrs.get(DEFAULT)),
            "is_best": trial.number == best,
            **_tested(trial, tested),
        }


def _tested(trial: FrozenTrial, tested: dict[str, Any]) -> dict[str, Any]:
    """What the test cut said of the trial; nulls of one that was not asked for it."""
    found = tested.get("figures", {}).get(str(trial.number), {})
    difference = (tested.get("difference") if trial.number == tested.get("best") else None) or {}
    return {
        "test_value": found.get("value"),
        "test_low": found.get("low"),
        "test_high": found.get("high"),
        "test_users": tested["users"] if found else None,
        "difference": difference.get("value"),
        "difference_low": difference.get("low"),
        "difference_high": difference.get("high"),
    }
