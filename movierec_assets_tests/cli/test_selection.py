"""`movierec run --select`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.homes import AFTER_MODELS, AFTER_RATINGS

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home

RATINGS = {"raw_ratings", "cleaned_ratings", "quarantine_ratings"}


@pytest.mark.parametrize(
    ("select", "expected"),
    [
        ("raw_ratings", {"raw_ratings"}),
        ("raw_ratings+", RATINGS | AFTER_RATINGS),
        ("raw_ratings+1", RATINGS),
        ("+cleaned_ratings", RATINGS),
        ("movie_stats, als_model+", {"movie_stats", "als_model"} | AFTER_MODELS),
        ("cleaned_ratings", {"cleaned_ratings", "quarantine_ratings"}),
        (
            'group:"model" or key:"movie_stats"',
            {"als_model", "ranking_model", "model_evaluation", "evaluation_history", "movie_stats"},
        ),
    ],
)
def test_a_selection_takes_names_what_lies_along_them_and_whole_steps(
    tiny_home: Home, select: str, expected: set[str]
) -> None:
    done = tiny_home.movierec("run", "--dry-run", "--force", "--select", select)
    assert {line.split()[0] for line in done.out.splitlines()[1:]} == expected


def test_several_selections_add_up(tiny_home: Home) -> None:
    done = tiny_home.movierec(
        "run", "--dry-run", "--force", "--select", "movie_stats", "--select", "als_model+"
    )
    assert {line.split()[0] for line in done.out.splitlines()[1:]} == {
        "movie_stats",
        "als_model",
        *AFTER_MODELS,
    }


def test_a_misspelt_name_is_refused_with_the_one_that_was_meant_and_before_anything_lands(
    empty_home: Home,
) -> None:
    done = empty_home.movierec("run", "--select", "movie_stats,als_modle+")
    assert (done.code, done.out) == (1, "")
    assert "there is no asset als_modle; did you mean als_model?" in done.err
    assert not (empty_home.path / "landing").exists()


@pytest.mark.parametrize("select", ["xyz", "als_model,xyz", "group:rating", "key:("])
def test_a_selection_that_names_nothing_is_refused_with_the_names_of_the_assets(
    tiny_home: Home, select: str
) -> None:
    done = tiny_home.movierec("run", "--select", select)
    assert done.code == 1
    assert f"--select '{select}' selects nothing" in done.err
    assert "cleaned_ratings" in done.err
