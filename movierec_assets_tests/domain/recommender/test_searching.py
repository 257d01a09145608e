"""The search: the same trials however often it is stopped, the current settings first, a test that no trial sees."""

from dataclasses import asdict, replace

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from movierec_assets.domain.recommender.params import AlsParams, RankingParams
from movierec_assets.domain.recommender.protocols import PROTOCOLS
from movierec_assets.domain.recommender.ratings import Ratings
from movierec_assets.domain.recommender.search_cut import cut_by
from movierec_assets.domain.recommender.search_space import SEARCHED, space_of
from movierec_assets.domain.recommender.search_study import best_of, complete, ended, study_name, tried
from movierec_assets.domain.recommender.searching import ASKED_AFTER, search

DEFAULTS = {
    "ranking_model": RankingParams(rank=8, max_iter=4),
    "als_model": AlsParams(rank=4, max_iter=4, reg_param=0.8),
}
BOTH = pytest.mark.parametrize("model", DEFAULTS)


def fans(seed=1, users=40, items=24, each=12):
    """Of two tastes: a user of either rates the movies of their own half high and those of the other low."""
    rng = np.random.default_rng(seed)
    rated = np.concatenate([rng.choice(items, each, replace=False) for _ in range(users)])
    ids = np.repeat(np.arange(users), each)
    alike = (ids % 2) == (rated % 2)
    stars = np.where(alike, 4.0, 1.5) + rng.integers(0, 3, ids.size) / 2
    return Ratings.of(ids, rated, stars, np.arange(ids.size))


RATINGS = fans()
CUT = cut_by("per-user", RATINGS)


def study_of(model):
    return optuna.create_study(direction=SEARCHED[model].metric.direction)


def searched(model, *pieces, cut=CUT, defaults=None, study=None):
    """A study after searches for so many trials, one after another."""
    study = study or study_of(model)
    for trials in pieces:
        search(study, model, defaults or DEFAULTS[model], cut.trial(), trials)
    return study


def told(study):
    return [(trial.params, trial.value) for trial in ended(study)]


@BOTH
def test_the_first_trial_has_the_current_settings_and_the_others_have_not(model):
    study = searched(model, 4)
    first, *others = ended(study)
    assert tried(first, DEFAULTS[model]) == DEFAULTS[model]
    assert first.user_attrs["is_default"]
    assert not any(trial.user_attrs.get("is_default") for trial in others)
    assert len({str(trial.params) for trial in (first, *others)}) == 4
    kept = {name: value for name, value in asdict(DEFAULTS[model]).items() if name not in first.params}
    for trial in others:
        assert asdict(tried(trial, DEFAULTS[model])).items() >= kept.items()


@BOTH
def test_the_same_data_and_seed_give_the_same_trials_and_another_seed_others(model):
    study = searched(model, 5)
    assert told(study) == told(searched(model, 5))
    other = searched(model, 5, defaults=replace(DEFAULTS[model], seed=7))
    assert [params for params, _ in told(study)][1:] != [params for params, _ in told(other)][1:]


def test_a_search_that_goes_on_makes_the_trials_of_one_that_was_never_stopped():
    # Beyond ten trials Optuna draws by what it has learnt.
    assert told(searched("als_model", 2, 5, 11, 14)) == told(searched("als_model", 14))


def test_what_a_kill_left_unfinished_is_marked_failed_and_its_parameters_come_again():
    study = study_of("als_model")
    killed = []
    for done in (0, 3, 12):
        searched("als_model", done, study=study)
        # A process that dies in a trial has asked for it and tells nothing.
        with pytest.raises(MemoryError):
            search(study, "als_model", DEFAULTS["als_model"], _Dying(CUT.trial()), done + 1)
        killed.append(study.trials[-1])
        assert killed[-1].state == TrialState.RUNNING
    searched("als_model", 14, study=study)
    assert told(study) == told(searched("als_model", 14))
    assert [trial.number for trial in study.trials] == list(range(17))
    assert [t.number for t in study.trials if t.state == TrialState.FAIL] == [0, 4, 14]
    for trial in killed:
        assert study.trials[trial.number].state == TrialState.FAIL
        assert study.trials[trial.number + 1].params == trial.params


class _Dying:
    """A question that no model can be trained for."""

    def __init__(self, question):
        self.warm = question.warm

    @property
    def train(self):
        raise MemoryError


def test_the_settings_wait_in_line_once_if_the_first_trial_was_killed_before_it_began():
    study = study_of("als_model")
    first = {
        name: asdict(DEFAULTS["als_model"])[name] for name in space_of("als_model", DEFAULTS["als_model"])
    }
    study.enqueue_trial(first, user_attrs={"is_default": True})
    searched("als_model", 3, study=study)
    assert told(study) == told(searched("als_model", 3))


@BOTH
@pytest.mark.parametrize("protocol", ["per-user", "time"])
def test_no_trial_sees_the_test_and_every_trial_the_rest(model, protocol):
    held = PROTOCOLS[protocol].split(RATINGS)
    cut = cut_by(protocol, RATINGS)
    stars = np.random.default_rng(3).integers(1, 11, held.size) / 2

    def altered(where):
        values = np.where(where, stars, RATINGS.values).astype(np.float32)
        return cut_by(protocol, replace(RATINGS, values=values))

    before = told(searched(model, 4, cut=cut))
    assert told(searched(model, 4, cut=altered(held))) == before
    assert told(searched(model, 4, cut=altered(~held))) != before


def test_a_test_of_other_movies_changes_no_trial_either():
    first = cut_by("time", RATINGS)
    later = replace(
        RATINGS, items=np.where(PROTOCOLS["time"].split(RATINGS), RATINGS.items + 1000, RATINGS.items)
    )
    assert told(searched("als_model", 4, cut=cut_by("time", later))) == told(
        searched("als_model", 4, cut=first)
    )


def test_a_search_that_is_out_of_time_makes_the_first_trial_and_no_other():
    study = study_of("als_model")
    for _ in range(2):
        search(study, "als_model", DEFAULTS["als_model"], CUT.trial(), 9, seconds=0)
        assert len(study.trials) == 1


def test_as_many_trials_as_there_are_already_are_not_made_again():
    study = searched("als_model", 3)
    searched("als_model", 3, 2, study=study)
    assert len(study.trials) == 3


def test_each_trial_is_told_with_the_best_so_far():
    heard = []
    study = study_of("als_model")
    search(study, "als_model", DEFAULTS["als_model"], CUT.trial(), 5, tell=heard.append)
    values = [trial.value for trial in ended(study)]
    assert [(p.done, p.wanted, p.last.value) for p in heard] == [(n + 1, 5, v) for n, v in enumerate(values)]
    assert [p.best.value for p in heard] == [min(values[: n + 1]) for n in range(5)]
    assert heard[0].in_words("als_model") == (
        f"trial 1 of 5: RMSE {values[0]:.4f}; best {values[0]:.4f} (trial 0)"
    )


@BOTH
def test_a_trial_is_given_up_where_it_is_behind_the_median_of_those_that_were_not(model):
    study = searched(model, 25)
    better = max if SEARCHED[model].metric.direction == "maximize" else min
    before = []
    for trial in study.trials:
        reports = sorted(trial.intermediate_values.items())
        assert [step for step, _ in reports] == [
            step for step in ASKED_AFTER if step < trial.params["max_iter"]
        ][: len(reports)]
        behind = []
        for place, (step, _) in enumerate(reports):
            there = [t.intermediate_values[step] for t in before if step in t.intermediate_values]
            own = better(value for _, value in reports[: place + 1])
            middle = np.median(there) if there and len(before) >= 5 else own
            behind.append(own != middle and better(own, middle) == middle)
        given_up = trial.state == TrialState.PRUNED
        assert behind == [False] * (len(reports) - given_up) + [True] * given_up
        if not given_up:
            before.append(trial)
    assert 5 <= len(before) < 25
    assert complete(study) == before
    assert best_of(study) in before


@pytest.mark.parametrize(("direction", "best"), [("maximize", 1), ("minimize", 3)])
def test_of_equally_good_trials_the_first_is_the_best(direction, best):
    study = optuna.create_study(direction=direction)
    for value in (2.0, 3.0, 3.0, 1.0, 1.0):
        study.tell(study.ask(), value)
    assert best_of(study).number == best


def test_the_bounds_give_way_to_settings_beyond_them_and_zero_has_no_ratio():
    wide = space_of("ranking_model", RankingParams(rank=300, alpha=0.01, max_iter=2))
    assert (wide["rank"].low, wide["rank"].high) == (8, 300)
    assert (wide["alpha"].low, wide["alpha"].high) == (0.01, 20.0)
    assert (wide["max_iter"].low, wide["max_iter"].high) == (2, 20)
    with pytest.raises(ValueError, match=r"MOVIEREC_ALS__REG_PARAM=0\.0: .* above 0"):
        space_of("als_model", AlsParams(reg_param=0.0))


def test_every_parameter_but_seed_and_cold_start_is_searched():
    for model, defaults in DEFAULTS.items():
        assert set(asdict(defaults)) - set(space_of(model, defaults)) == {
            "seed",
            "cold_start_strategy",
        } & set(asdict(defaults))


def test_a_study_is_of_one_model_data_protocol_and_setting():
    versions = {"cleaned_ratings": "a", "cleaned_movies": "b"}
    names = [
        study_name("ranking_model", RankingParams(), "time", versions),
        study_name("ranking_model", RankingParams(), "per-user", versions),
        study_name("ranking_model", RankingParams(), "time", {**versions, "cleaned_ratings": "c"}),
        study_name("ranking_model", RankingParams(seed=1), "time", versions),
        study_name("ranking_model", RankingParams(alpha=1), "time", versions),
        study_name("als_model", AlsParams(), "time", versions),
    ]
    assert len(set(names)) == len(names)
    assert names[0] == study_name("ranking_model", RankingParams(), "time", dict(reversed(versions.items())))
