"""What is known of a search: the name of its study, and which of its trials are complete, the best or unfinished."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.search_space import SEARCHED

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import FrozenTrial, Trial

VERSION = 1
"""To be raised when trials of before can no longer be compared with those of now."""

Params = AlsParams | RankingParams


def study_name(model: str, defaults: Params, protocol: str, versions: Mapping[str, str]) -> str:
    """The study of just these trials: any other model, data, protocol, space, metric or setting gives another name.

    Args:
        model: A key of `SEARCHED`.
        defaults: The current settings, seed included.
        protocol: By which the ratings are cut.
        versions: Data versions of the inputs.
    """
    searched = SEARCHED[model]
    space = sorted((name, asdict(bounds)) for name, bounds in searched.bounds.items())
    facts = [
        *(VERSION, asdict(defaults), protocol, sorted(versions.items())),
        *(space, searched.choices, searched.metric.name),
    ]
    return f"{model}-{hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:16]}"


def tried(trial: Trial | FrozenTrial, defaults: Params) -> Params:
    """What the trial's model is trained with."""
    return replace(defaults, **trial.params)


def ended(study: Study) -> list[FrozenTrial]:
    """The trials that came to an end, those that were given up included, by number."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def complete(study: Study) -> list[FrozenTrial]:
    """Those of them that were not given up; the first has the settings that the search began with."""
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))


def best_of(study: Study) -> FrozenTrial:
    """The best complete trial, of equal ones the first; there must be one."""
    from optuna.study import StudyDirection

    sign = -1 if study.direction == StudyDirection.MAXIMIZE else 1
    return min(complete(study), key=lambda trial: (sign * value_of(trial), trial.number))


def value_of(trial: FrozenTrial) -> float:
    """The figure of a trial that came to an end; of one that was given up, that after its last iteration."""
    assert trial.value is not None
    return trial.value


def bury_unfinished(study: Study) -> None:
    """Mark as failed what a process that is gone has left unfinished."""
    from optuna.trial import TrialState

    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
