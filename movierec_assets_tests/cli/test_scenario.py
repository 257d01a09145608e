"""`movierec scenario`, used as a person uses it."""

from __future__ import annotations

import csv
import io
import re
from typing import TYPE_CHECKING

import pytest

from movierec_assets.resources.database import Database
from movierec_assets_tests.curated.tables_of_tests import with_titles

if TYPE_CHECKING:
    from movierec_assets_tests.homes import Home


@pytest.fixture(scope="module")
def home(module_home: Home) -> Home:
    """With twenty titles in the catalogue; the tests go on from each other's state."""
    with_titles(Database(url="", home=str(module_home.path)))
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


def test_the_report_is_written_as_a_page_with_every_figure_and_all_eight_curves(home: Home) -> None:
    home.movierec("scenario", "make", "drawn", "--users", "30", "--days", "9")
    done = home.movierec("scenario", "report", "drawn", "--csv", "--plots", str(home.path / "drawn.html"))
    assert done.code == 0, done
    page = (home.path / "drawn.html").read_text()
    for row in csv.DictReader(io.StringIO(done.out)):
        assert f"<td>{row['what']}</td>" in page
    titles = re.findall(r'class="title plot_title">([^<]+)<', page)
    curves = "Popularity Activity Hours Weekdays Days Watched Subscriptions Genres"
    assert titles == curves.split()
    assert "1 drama" in page
    assert not re.search(r"(?:src|href)=.?http", page)
    assert home.movierec("scenario", "drop", "drawn").code == 0


def test_rows_that_people_added_are_listed_and_dropped(home: Home) -> None:
    with home.connect() as connection:
        connection.execute(
            "insert into simulation.users (scenario, user_id, birth_date, subscription_date, subscription_type)"
            " values ('mine', 1, '1990-01-01', '2024-01-01', 'premium')"
        )
    assert "mine,1,0,,,\n" in home.movierec("scenario", "list", "--csv").out
    unreported = home.movierec("scenario", "report", "mine")
    assert (unreported.code, "'mine' was added by hand" in unreported.err) == (1, True)
    refused = home.movierec("scenario", "make", "mine")
    assert (refused.code, "`movierec scenario drop mine` first" in refused.err) == (1, True)
    assert home.movierec("scenario", "drop", "mine").code == 0
    assert home.rows("select count(*) from simulation.users where scenario = 'mine'") == [(0,)]


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
