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
            {"als_model", "ranking_model", "model_evaluation", "movie_stats"},
        ),
    ],
)
def test_a_selection_takes_names_what_lies_along_them_and_whole_steps(
    tiny_home: Home, select: str, expected: set[str]
) -> None:
    done = tiny_home.movierec("run", "--dry-run", "--force", "--select", select)
    assert {line.split()[0] for line in done.out.splitlines()[1:]} == expected


@pytest.mark.parametrize("select", ["ratings", "als_model,ratings", "group:rating", "key:("])
def test_a_selection_that_names_nothing_is_refused_with_the_names_of_the_assets(
    tiny_home: Home, select: str
) -> None:
    done = tiny_home.movierec("run", "--select", select)
    assert done.code == 1
    assert f"--select '{select}' selects nothing" in done.err
    assert "cleaned_ratings" in done.err
