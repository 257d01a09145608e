"""`movierec scenario`, used as a person uses it."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from movierec_assets.curated import ensure_tables
from movierec_assets.resources.database import Database

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home


@pytest.fixture(scope="module")
def home(module_home: Home) -> Home:
    """With twenty titles in the catalogue; the tests go on from each other's state."""
    ensure_tables(Database(url="", home=str(module_home.path)))
    with module_home.connect() as connection:
        connection.execute(
            "insert into catalog.titles (title_id, title, kind, release_year, runtime_minutes, imdb_votes)"
            " select 'tm' || n, 'Title ' || n, 'movie', 2000, 90, n from generate_series(1, 20) n"
        )
    return module_home


def test_a_scenario_is_made_listed_reported_and_dropped(home: Home) -> None:
    parameters = ("--users", "100", "--set", "sessions_per_user=50", "--set", "popularity_exponent=1.2")
    made = home.movierec("scenario", "make", "busy", *parameters)
    assert made.code == 0, made
    assert "scenario busy made: 100 users, 5,000 sessions" in made.err
    again = home.movierec("scenario", "make", "busy", *parameters)
    assert "scenario busy was there already" in again.err
    (listed,) = csv.DictReader(io.StringIO(home.movierec("scenario", "list", "--csv").out))
    assert (listed["scenario"], listed["users"], listed["sessions"]) == ("busy", "100", "5000")
    report = csv.DictReader(io.StringIO(home.movierec("scenario", "report", "busy", "--csv").out))
    figures = {row["what"]: row for row in report}
    assert figures["popularity exponent"]["asked"] == "1.2"
    assert abs(float(figures["popularity exponent"]["got"]) / 1.2 - 1) < 0.05
    assert home.movierec("scenario", "drop", "busy").code == 0
    assert "busy" not in home.movierec("scenario", "list", "--csv").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("make", "Busy"), "scenario 'Busy' must be 1 to 50 of a-z"),
        (("make", "a", "--users", "0"), "users must be a whole number from 1"),
        (("make", "a", "--set", "popularity"), "must be NAME=VALUE"),
        (("make", "a", "--set", "popularity=2"), "unknown parameters ['popularity']"),
        (("make", "a", "--set", "start_date=tomorrow"), "start_date must be a day (YYYY-MM-DD)"),
        (("report", "nosuch"), "no scenario 'nosuch'; there are none"),
        (("drop", "nosuch"), "no scenario 'nosuch'; there are none"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    home: Home, arguments: tuple[str, ...], message: str
) -> None:
    done = home.movierec("scenario", *arguments)
    assert done.code == 1
    assert message in done.err
    assert "Traceback" not in done.err
    assert home.movierec("scenario", "list", "--csv").out.count("\n") == 1
