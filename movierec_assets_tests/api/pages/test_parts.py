"""Numbers, addresses and lines of charts: exact, and never outside of what they are drawn on."""

from __future__ import annotations

import datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.api.pages import formatting
from movierec_assets.api.pages.charts import (
    BOTTOM,
    HEIGHT,
    LEFT,
    MOST_TICKS,
    TOP,
    WIDTH,
    chart,
    intervals,
    ticks,
)
from movierec_assets.api.pages.evaluations import headline, protocols
from movierec_assets.api.pages.links import address
from movierec_assets.api.pages.search_sql import patterns

FIGURES = st.just(0.0) | st.floats(1e-6, 1e6)


def test_values_are_written_for_people() -> None:
    assert formatting.count(1234567) == "1,234,567"
    assert formatting.stars(4.25) == "4.2"
    assert formatting.decimal(0.12345, 3) == "0.123"
    assert formatting.day(datetime.date(2026, 5, 3)) == "3 May 2026"
    assert [formatting.duration(m) for m in (0, 59, 60, 170)] == ["0 min", "59 min", "1 h", "2 h 50 min"]
    assert [formatting.plural(n, "rating") for n in (1, 2000)] == ["1 rating", "2,000 ratings"]
    absent = {formatting.count(None), formatting.stars(None), formatting.day(None), formatting.duration(None)}
    assert absent == {formatting.ABSENT}


@pytest.mark.parametrize(
    ("title", "expected"),
    [("The Lord of the Rings", "LR"), ("Heat", "H"), ("8½", "8"), ("???", "?"), ("été", "É"), ("a", "?")],
)
def test_initials_are_of_the_first_words_that_are_no_articles(title: str, expected: str) -> None:
    assert formatting.initials(title) == expected


def test_what_is_marked_as_code_is_escaped_all_the_same() -> None:
    assert (
        formatting.marked("`<b>` & `movierec run`")
        == "<code>&lt;b&gt;</code> &amp; <code>movierec run</code>"
    )


def test_addresses_are_encoded_and_leave_out_what_is_not_asked() -> None:
    assert address("titles", "a/b ?", q="", page=None, genre=["Sci-Fi", "a&b"]) == (
        "/explore/titles/a%2Fb%20%3F?genre=Sci-Fi&genre=a%26b"
    )
    assert address() == "/explore"


def test_a_search_takes_every_word_as_it_stands() -> None:
    assert patterns(" 100% of_\\ ") == {
        "words": ["%100\\%%", "%of\\_\\\\%"],
        "text": "100% of_\\",
        "beginning": "100\\% of\\_\\\\%",
    }


@given(FIGURES, FIGURES)
def test_ticks_are_few_even_and_around_everything(one: float, other: float) -> None:
    low, high = sorted((one, other))
    found = ticks(low, high)
    assert 2 <= len(found) <= MOST_TICKS
    slack = 1e-6 * max(1.0, high)
    assert found[0] <= low + slack
    assert found[-1] >= high - slack
    steps = [b - a for a, b in pairwise(found)]
    assert min(steps) > 0
    assert max(steps) - min(steps) <= 1e-6 * max(steps)


@given(
    st.dictionaries(st.text(max_size=3), st.lists(st.none() | FIGURES, min_size=4, max_size=4), max_size=4)
)
def test_lines_stay_within_the_chart_and_break_where_nothing_is_known(
    series: dict[str, list[float | None]],
) -> None:
    made = chart({name: [(v, v, v) for v in values] for name, values in series.items()})
    known = [v for values in series.values() for v in values if v is not None]
    assert (made is None) == (not known)
    if made is None:
        return
    for line in made.lines:
        values = series[line.name]
        assert len(line.points) == sum(v is not None for v in values)
        assert all(LEFT <= x <= WIDTH and TOP - 0.1 <= y <= HEIGHT - BOTTOM + 0.1 for x, y in line.points)
        runs = "".join(" " if v is None else "x" for v in values).split()
        assert [len(piece.split()) for piece in line.pieces] == [len(run) for run in runs if len(run) > 1]


def test_a_higher_value_stands_higher_and_a_later_one_further_right() -> None:
    made = chart({"a": [(0.1, None, None), (0.4, None, None)]})
    assert made is not None
    (first, second) = made.lines[0].points
    assert first[0] < second[0]
    assert first[1] > second[1]
    assert [value for _, value in made.ticks] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert made.ticks[-1][0] == second[1]


def test_intervals_share_one_bar() -> None:
    found = intervals({"a": (0.2, 0.1, 0.4), "b": (None, None, None), "c": (0.1, None, None)})
    assert found.keys() == {"a", "c"}
    assert (found["a"].low, found["a"].value, found["a"].high) == (26.0, 50.0, 98.0)
    assert found["c"].low == found["c"].value == found["c"].high == 26.0
    assert intervals({"a": (0.0, None, None)}) == {}


def row(recommender: str, value: float | None, **more: object) -> dict[str, object]:
    figures = {"protocol": "time", "metric": "ndcg", "low": None, "high": None, "k": 10, "users": 5}
    return {**figures, "recommender": recommender, "value": value, **more}


def test_the_headline_is_of_the_first_protocol_that_has_both_figures() -> None:
    alone = [row("ranking_model", 0.4), row("bias", 0.1)]
    assert headline(alone) is None
    both = [
        row(name, value, protocol="per-user") for name, value in (("ranking_model", 0.3), ("popularity", 0.2))
    ]
    found = headline([*alone, *both])
    assert found is not None
    assert (found.model, found.popularity, found.k) == (0.3, 0.2, 10)


def test_evaluations_are_put_in_order_and_the_best_is_known() -> None:
    now = [row("bias", 0.1), row("ranking_model", 0.3), row("other", None), row("popularity", 0.2)]
    now += [
        row("bias", 0.9, metric="rmse"),
        row("als_model", 0.8, metric="rmse"),
        row("bias", 9, metric="novelty"),
    ]
    now += [row("popularity", 0.2, protocol="per-user", users=9)]
    moments = [datetime.datetime(2026, 5, day, tzinfo=datetime.UTC) for day in (1, 2)]
    past = [row("bias", 0.1 * n, version=n, evaluated_at=moments[n]) for n in (1, 0)]
    per_user, by_time = protocols(now, past)
    assert (per_user.name, by_time.name) == ("per-user", "time")
    assert by_time.recommenders == ["ranking_model", "popularity", "als_model", "bias", "other"]
    assert by_time.metrics == ["ndcg", "novelty", "rmse"]
    assert [by_time.best(metric) for metric in by_time.metrics] == ["ranking_model", None, "als_model"]
    assert [(v.number, v.at) for v in by_time.versions] == [(0, moments[0]), (1, moments[1])]
    assert per_user.versions == []
