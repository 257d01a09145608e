"""`movierec tune`, used as a person uses it, stopped at any moment, and twice at once."""

from __future__ import annotations

import json
import os
import re
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets_tests.homes import AFTER_RATINGS
from movierec_assets_tests.movielens_files import TINY

if TYPE_CHECKING:
    import subprocess

    from movierec_assets_tests.homes import Home

SMALL = {"MOVIEREC_RANKING__RANK": "8", "MOVIEREC_RANKING__MAX_ITER": "4"}
STORED = "select count(*) from tuning.trials where state in ('COMPLETE', 'PRUNED')"


def tuned(home: Home, trials: int, model: str = "ranking_model") -> dict[str, Any]:
    done = home.movierec("tune", "--model", model, "--trials", str(trials), "--json", **SMALL)
    assert done.code == 0, done
    found: dict[str, Any] = json.loads(done.out)
    return found


def made_of(found: dict[str, Any]) -> list[tuple[Any, ...]]:
    """What the trials were and came to, in their order, but for those that were killed."""
    names = (
        "rank",
        "max_iter",
        "reg_param",
        "alpha",
        "value",
        "state",
        "is_default",
        "is_best",
        "test_value",
    )
    return [tuple(row[n] for n in names) for row in found["trials"] if row["state"] != "fail"]


def until(process: subprocess.Popen[bytes], home: Home, trials: int) -> None:
    """Wait until so many trials are finished."""
    while home.rows("select to_regclass('tuning.trials')") == [(None,)] or home.rows(STORED)[0][0] < trials:
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def test_it_prints_the_best_trials_beside_the_current_settings_and_what_to_put_into_env(
    tiny_home: Home,
) -> None:
    done = tiny_home.movierec("tune", "--trials", "8", **SMALL)
    assert done.code == 0, done
    head, *lines = done.out.splitlines()
    assert head.split()[:5] == ["trial", "rank", "max_iter", "reg_param", "alpha"]
    assert "nDCG@10, validation" in head
    assert sum("current settings" in line for line in lines if not line.startswith(("keep", "within"))) == 1
    assert re.search(r"^8 trials, \d of them given up early, 8 new; [\d.]+ s$", done.err, re.MULTILINE)
    found = tuned(tiny_home, 8)
    assert found["conclusion"] in lines
    assert {f"{name}={value}" for name, value in found["settings"].items()} == {
        line for line in lines if line.startswith("MOVIEREC_")
    }
    assert (found["model"], found["new_trials"], len(found["trials"])) == ("ranking_model", 0, 8)
    assert [row["number"] for row in found["trials"] if row["is_default"]] == [0]


def test_it_goes_on_from_the_trials_that_there_are_and_other_data_or_settings_begin_anew(
    tiny_home: Home,
) -> None:
    first, second = tuned(tiny_home, 3), tuned(tiny_home, 5)
    assert (first["new_trials"], second["new_trials"]) == (3, 2)
    assert second["study"] == first["study"]
    assert [row[:6] for row in made_of(second)][:3] == [row[:6] for row in made_of(first)]
    other = json.loads(tiny_home.movierec("tune", "--trials", "2", "--json").out)
    assert other["study"] != first["study"]
    assert other["trials"][0]["rank"] == 64
    tiny_home.write("ratings.csv", TINY["ratings.csv"].replace("1,1,5.0", "1,1,4.0"))
    tiny_home.made()
    assert tuned(tiny_home, 2)["study"] not in (first["study"], other["study"])


def test_a_killed_search_goes_on_and_makes_the_trials_of_one_that_was_not_killed(tiny_home: Home) -> None:
    process = tiny_home.start("tune", "--trials", "300", **SMALL)
    until(process, tiny_home, 4)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    stopped = tiny_home.rows(STORED)[0][0]
    trials = stopped + 12
    found = tuned(tiny_home, trials)
    assert found["new_trials"] == 12
    numbers = [row["number"] for row in found["trials"]]
    assert numbers == list(range(len(numbers)))
    assert len(made_of(found)) == trials
    # At most the one trial that the kill met, and it was made again.
    assert len(numbers) - trials in (0, 1)
    assert tiny_home.rows("select count(*) from tuning.trials where state in ('RUNNING', 'WAITING')") == [
        (0,)
    ]
    assert tiny_home.rows("select status from dagster.runs order by id")[-2:] == [("FAILURE",), ("SUCCESS",)]
    with tiny_home.connect() as connection:
        connection.execute("drop schema tuning cascade")
    assert made_of(tuned(tiny_home, trials)) == made_of(found)


def test_an_interrupted_search_keeps_its_trials_and_says_how_to_go_on(tiny_home: Home) -> None:
    process = tiny_home.start("tune", "--trials", "300", "--json", **SMALL)
    until(process, tiny_home, 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 128 + signal.SIGINT
    assert err.decode().endswith("finished trials are kept, and the same command goes on after them\n")
    kept = tiny_home.rows(STORED)[0][0]
    assert kept >= 2
    assert tuned(tiny_home, kept + 1)["new_trials"] == 1


def test_two_searches_at_once_make_each_trial_once(tiny_home: Home) -> None:
    stop_embedded(tiny_home.path)
    both = [tiny_home.start("tune", "--trials", "20", "--json", **SMALL) for _ in range(2)]
    found = [json.loads(process.communicate()[0]) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(one["new_trials"] for one in found) == [0, 20]
    assert made_of(found[0]) == made_of(found[1])
    numbers = "select number from tuning.trials where state in ('COMPLETE', 'PRUNED') order by number"
    assert tiny_home.rows(numbers) == [(number,) for number in range(20)]
    assert tiny_home.rows("select count(*) from tuning.trials") == [(20,)]


def test_both_models_stand_in_the_table_which_is_published(tiny_home: Home) -> None:
    tuned(tiny_home, 2, "als_model")
    tuned(tiny_home, 3)
    counted = "select model, metric, count(*) from serving.model_search group by 1, 2 order by 1"
    assert tiny_home.rows(counted) == [("als_model", "rmse", 2), ("ranking_model", "ndcg", 3)]
    state = json.loads(tiny_home.movierec("status", "--json").out)
    assert {"table": "model_search", "version": 1, "rows": 5} in state["lake tables"]
    shown = tiny_home.movierec("show", "model_search", "--csv", "--limit", "0")
    assert len(shown.out.splitlines()) == 6


def test_a_model_of_which_no_trial_is_complete_has_no_rows(tiny_home: Home) -> None:
    tuned(tiny_home, 1, "als_model")
    with tiny_home.connect() as connection:
        connection.execute("update tuning.trials set state = 'FAIL'")
    tuned(tiny_home, 2)
    assert tiny_home.rows("select distinct model from serving.model_search") == [("ranking_model",)]


def test_a_search_ends_when_its_time_is_up(tiny_home: Home) -> None:
    done = tiny_home.movierec("tune", "--trials", "10000", "--timeout", "1", "--json", **SMALL)
    assert 0 < json.loads(done.out)["new_trials"] < 10_000


def test_settings_that_cannot_be_searched_are_named_where_they_are_searched(tiny_home: Home) -> None:
    none = {"MOVIEREC_ALS__REG_PARAM": "0"}
    refused = tiny_home.movierec("tune", "--model", "als_model", **none)
    assert refused.code == 1
    assert "MOVIEREC_ALS__REG_PARAM=0.0: a search goes by ratios" in refused.err
    assert tiny_home.movierec("tune", "--trials", "1", **SMALL, **none).code == 0


def test_a_run_never_makes_it_nor_calls_it_stale(tiny_home: Home) -> None:
    assert "nothing is stale" in tiny_home.movierec("run", "--dry-run").err
    missing = tiny_home.movierec("show", "model_search")
    assert missing.code == 1
    assert "materialise it with `movierec tune`" in missing.err
    tuned(tiny_home, 2)
    tiny_home.write("ratings.csv", TINY["ratings.csv"].replace("1,1,5.0", "1,1,4.0"))
    assert tiny_home.made() == {"raw_ratings", "cleaned_ratings", "quarantine_ratings", *AFTER_RATINGS}
    assert "model_search" not in tiny_home.made("--force")
    assert tiny_home.rows("select count(*) from serving.model_search") == [(2,)]
    refused = tiny_home.movierec("run", "--select", "model_search")
    assert refused.code == 1
    assert "model_search is made on demand, by `movierec tune`" in refused.err


def test_without_ratings_the_command_to_run_first_is_named(landed_home: Home, empty_home: Home) -> None:
    for home, lacking in (
        (landed_home, "no cleaned ratings in the lake yet"),
        (empty_home, "nothing has landed yet"),
    ):
        done = home.movierec("tune")
        assert (done.code, done.out) == (1, "")
        assert lacking in done.err
        assert "run `movierec run` first" in done.err


def test_too_few_ratings_are_told_with_what_is_lacking(tiny_home: Home) -> None:
    tiny_home.write("ratings.csv", "".join(TINY["ratings.csv"].splitlines(keepends=True)[:4]))
    tiny_home.made()
    done = tiny_home.movierec("tune")
    assert done.code == 1
    assert "3 ratings are too few for a search" in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--model", "best_model"), 1, "--model 'best_model': there are ranking_model, als_model"),
        (("--trials", "0"), 2, "'--trials': Input should be greater than or equal to 1"),
        (("--timeout", "0"), 2, "'--timeout': Input should be greater than or equal to 1"),
    ],
)
def test_wrong_options_are_refused_with_what_is_allowed(
    empty_home: Home, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = empty_home.movierec("tune", *arguments)
    assert done.code == code
    assert said in done.err
