"""What the benchmarks make of the events and samples of a run, and a small one."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np
import pytest

from benchmarks.contest import Result, Sample, result, run
from benchmarks.measure import Measured, per_step
from benchmarks.per_asset import table
from benchmarks.recommender import APART, ITERATIONS, claims, compete, differences, prepare
from benchmarks.recommender import table as contest_table
from movierec_assets.landing.sample_world import RATINGS_PER_USER
from movierec_assets_tests.requirements_of_tests import require

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = [
    {"step": "start", "phase": "started", "at": 10.0},
    {"step": "start", "phase": "finished", "at": 12.0},
    {"step": "clean_x", "phase": "started", "at": 12.5},
    {"step": "clean_x", "phase": "finished", "at": 13.0},
    {"step": "quick", "phase": "started", "at": 13.01},
    {"step": "quick", "phase": "finished", "at": 13.02},
    {
        "steps": {"clean_x": ["cleaned_x", "quarantine_x"], "quick": ["quick"]},
        "outcomes": [
            {"asset": "cleaned_x", "rows": 1000},
            {"asset": "quarantine_x", "rows": 2},
            {"asset": "quick", "rows": None},
        ],
    },
]
SAMPLES = [(10.5, 3_000_000), (11.0, 5_000_000), (12.2, 9_000_000), (12.7, 6_000_000), (13.1, 7_000_000)]


def rounded(found: list[Measured]) -> list[tuple[str, tuple[str, ...], float, int, int]]:
    return [(m.step, m.assets, round(m.seconds, 6), m.peak_bytes, m.rows) for m in found]


def test_each_step_has_its_time_and_the_largest_sample_taken_while_it_ran() -> None:
    assert rounded(per_step(EVENTS, SAMPLES)) == [
        ("start", (), 2.0, 5_000_000, 0),
        ("clean_x", ("cleaned_x", "quarantine_x"), 0.5, 6_000_000, 1002),
        # Shorter than the sampling interval: the sample nearest to its end.
        ("quick", ("quick",), 0.01, 7_000_000, 0),
    ]


def test_a_step_that_was_ended_took_at_least_until_then() -> None:
    # The run was ended in `quick`: no outcomes are known.
    events = [*EVENTS[:5], {"steps": {}, "outcomes": []}]
    found = per_step(events, SAMPLES, ended=14.0)
    assert [(m.step, round(m.seconds, 6), m.peak_bytes, m.ended) for m in found] == [
        ("start", 2.0, 5_000_000, False),
        ("clean_x", 0.5, 6_000_000, False),
        ("quick", 0.99, 7_000_000, True),
    ]


def test_the_table_says_at_least_where_an_engine_was_ended() -> None:
    first = [Measured(s, (s,), 1.0, 100_000_000, 5) for s in ("a", "b", "c")]
    last = [Measured("a", (), 4.0, 200_000_000, 0), Measured("b", (), 30.0, 300_000_000, 0, ended=True)]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table({"embedded": first, "local[2]": last}).splitlines()
    ]
    assert lines[2][2:] == ["1.00", "100", "4.00", "200", "4.0", "2.0"]
    assert lines[3][2:] == ["1.00", "100", "> 30.00", "> 300", "> 30.0", "> 3.0"]
    assert lines[4][2:] == ["1.00", "100", "-", "-", "-", "-"]
    assert lines[5][2:] == ["3.00", "100", "> 34.00", "> 300", "> 11.3", "> 3.0"]


def test_the_table_compares_the_last_engine_with_the_first() -> None:
    first = [Measured("start", (), 2.0, 100_000_000, 0), Measured("a", ("a",), 1.0, 200_000_000, 1234)]
    last = [Measured("start", (), 8.0, 150_000_000, 0), Measured("a", ("a",), 4.5, 500_000_000, 1234)]
    lines = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table({"embedded": first, "local[2]": last}).splitlines()
    ]
    assert lines[0][:6] == ["made", "rows", "s embedded", "MB embedded", "s local[2]", "MB local[2]"]
    assert lines[2] == ["start", "", "2.00", "100", "8.00", "150", "4.0", "1.5"]
    assert lines[3] == ["a", "1,234", "1.00", "200", "4.50", "500", "4.5", "2.5"]
    assert lines[4] == ["sum of seconds, largest memory", "", "3.00", "200", "12.50", "500", "4.2", "2.5"]


SAMPLES_OF_CONTENDER = [
    Sample(1.0, 9_000_000, 0.5),
    Sample(2.0, 4_000_000, 1.0),
    Sample(3.0, 6_000_000, 2.5),
    Sample(4.0, 5_000_000, 2.75),
    Sample(5.0, 8_000_000, 3.0),
]


def test_of_a_contender_only_the_time_between_started_and_finished_counts() -> None:
    assert result(1.9, 4.1, SAMPLES_OF_CONTENDER, {}) == Result(4.1 - 1.9, 1.75, 6_000_000, {})
    # Shorter than the sampling interval: the sample nearest to its end.
    assert result(4.1, 4.3, SAMPLES_OF_CONTENDER, {}).peak_bytes == 5_000_000


def test_a_contender_that_fails_is_told_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"top_native .* failed(.|\n)*user\.npy"):
        run("benchmarks.contenders", ["top_native", str(tmp_path)], {}, 60)


def test_lists_that_differ_are_counted_and_their_exact_scores_compared() -> None:
    users, items = np.array([[1.0], [2.0]], np.float32), np.array([[3.0], [3.0], [1.0]], np.float32)
    mine = np.array([[0, 1], [0, 1]])
    assert differences(mine, np.array([[1, 0], [0, 1]]), users, items) == {
        "users with another list": 1,
        "largest difference of their scores": 0.0,
    }
    assert differences(mine, np.array([[0, 1], [0, 2]]), users, items) == {
        "users with another list": 1,
        "largest difference of their scores": 4.0,
    }


def test_claims_are_judged_by_the_fastest_of_the_others_and_by_iterations_where_there_are_some() -> None:
    def entrant(seconds: float, *iterations: float) -> Result:
        facts = {ITERATIONS[0]: [*iterations], ITERATIONS[1]: [*iterations]} if iterations else {}
        return Result(seconds, seconds, 1_000_000, facts)

    results = {
        "ranking": {
            "ranking_native": entrant(50.0, 1.0, 9.0, 2.0),
            "ranking_implicit": entrant(20.0, 4.0),
            "ranking_implicit_mean": entrant(10.0, 3.0),
        },
        "top": {"top_native": entrant(1.0), "top_implicit": entrant(8.0)},
    }
    assert [claim.rpartition(": ")[0].rpartition(": ")[2] for claim in claims(results)] == [
        "1.5 times faster, 2 wanted",
        "8.0 times faster, 8 wanted",
    ]
    assert [claim.rpartition(": ")[2] for claim in claims(results)] == ["does not hold", "holds"]
    cells = [[c.strip() for c in line.strip("|").split("|")] for line in contest_table(results).splitlines()]
    assert cells[3][1:9] == ["ranking_implicit", "20.00", "20.00", "1", "4.00", "4.00", "2.0", "2.0"]


def test_what_is_faster_and_worse_is_no_claim_that_holds() -> None:
    def entrants(mine: dict[str, float], other: dict[str, float]) -> list[str]:
        results = {"top_native": Result(1.0, 1.0, 1, mine), "top_implicit": Result(99.0, 99.0, 1, other)}
        (claim,) = claims({"top": results})
        return claim.rpartition(" wanted")[2].split(": ")

    assert entrants({"RMSE": 0.8079}, {"RMSE": 0.8}) == ["", "holds"]
    assert entrants({"RMSE": 0.809}, {"RMSE": 0.8}) == [", RMSE more than 1% above 0.8", "does not hold"]
    assert entrants({"nDCG@10": 0.2}, {"nDCG@10": 0.2}) == ["", "holds"]
    assert entrants({"nDCG@10": 0.2}, {"nDCG@10": 0.3}) == [", nDCG@10 below 0.3", "does not hold"]
    assert entrants({}, {APART: 4e-8}) == ["", "holds"]
    assert entrants({}, {APART: 1e-3})[1] == "does not hold"


def test_the_contest_of_top_n_runs_and_finds_the_lists_of_both_equal(tmp_path: Path) -> None:
    require("peers", find_spec("implicit") is not None, "`make bench` installs what benchmarks compare with")
    prepare(tmp_path, ratings=20_000, rows=10)
    told = compete(tmp_path, ["top"], timeout=300)["top"]["top_implicit"].facts
    assert told["users"] == round(20_000 / RATINGS_PER_USER)
    # Equal scores in float32 may come in another order.
    assert told["largest difference of their scores"] < 1e-5
