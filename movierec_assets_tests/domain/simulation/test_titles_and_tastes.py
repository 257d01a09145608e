"""Titles in the order of popularity, and choices balanced over profiles of taste."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.tastes import balance, liking
from movierec_assets.domain.simulation.titles import Titles
from movierec_assets_tests.domain.simulation.title_tables import many_titles, table_of

POSITIVE = st.floats(0.01, 100)


def test_titles_are_ranked_by_popularity_with_unknown_last_and_equals_by_id():
    rows = [
        ("b", "MOVIE", 90, ["war"], 5),
        ("n", "show", None, None, None),
        ("a", "Movie", 0, [], 5),
        ("z", "SHOW", 500, ["war", "crime", "war"], 9),
        ("m", "movie", 0.5, ["crime"], None),
    ]
    titles = Titles.of(table_of(rows))
    assert titles.ids.to_pylist() == ["z", "a", "b", "m", "n"]
    assert titles.seconds.tolist() == [360 * 60, 98 * 60, 90 * 60, 60, 41 * 60]
    assert titles.genre_names == ("crime", "war")
    assert titles.genres.tolist() == [[1, 1], [0, 0], [0, 1], [1, 0], [0, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"title_id": ["a", "a"]}, "title_id of titles must be distinct and never null"),
        ({"title_id": ["a", None]}, "title_id of titles must be distinct and never null"),
        ({"kind": ["MOVIE", "OPERA"]}, r"kind of titles must be one of \['MOVIE', 'SHOW'\], not \['OPERA'\]"),
        ({"kind": ["MOVIE", None]}, r"kind of titles .* not \['None'\]"),
        ({"runtime": [90, -1]}, "runtime of titles must be 0 or more minutes, not -1"),
    ],
)
def test_titles_that_cannot_be_used_are_refused(change, message):
    table = table_of([("a", "MOVIE", 90, [], 1), ("b", "SHOW", 40, [], 2)])
    for name, values in change.items():
        table = table.set_column(table.column_names.index(name), name, [values])
    with pytest.raises(ValueError, match=message):
        Titles.of(table)


def test_no_titles_and_missing_columns_are_refused():
    with pytest.raises(ValueError, match="titles are empty"):
        Titles.of(many_titles(1).slice(1))
    with pytest.raises(ValueError, match=r"titles have no column \['genres'\]"):
        Titles.of(many_titles(1).drop_columns(["genres"]))


def test_a_title_is_liked_as_the_mean_of_its_genres_and_without_genres_neither_way():
    rows = [(1, "MOVIE", 90, ["war"], 4), (2, "MOVIE", 90, ["crime"], 3)]
    rows += [(3, "MOVIE", 90, ["crime", "war"], 2), (4, "MOVIE", 90, [], 1)]
    likes = liking(SimulationParameters(), Titles.of(table_of(rows, pa.int32())))
    assert likes.shape == (8, 4)
    assert likes[:, 2].tolist() == pytest.approx(((likes[:, 0] + likes[:, 1]) / 2).tolist())
    assert (likes[:, 3] == 0).all()
    assert np.unique(likes[:, :2]).size == 16


@given(st.data())
def test_a_balanced_matrix_has_the_margins_asked_for_and_the_odds_ratios_it_had(data):
    r, c = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 6))
    affinity = np.array(data.draw(st.lists(POSITIVE, min_size=r * c, max_size=r * c))).reshape(r, c)
    rows = np.array(data.draw(st.lists(POSITIVE, min_size=r, max_size=r)))
    columns = np.array(data.draw(st.lists(POSITIVE, min_size=c, max_size=c)))
    rows, columns = rows / rows.sum(), columns / columns.sum()
    found = balance(affinity, rows, columns)
    assert found.sum(axis=1) == pytest.approx(rows, rel=1e-9)
    assert found.sum(axis=0) == pytest.approx(columns, rel=1e-12)
    # Scaling rows and columns leaves these as they were, and with the margins they determine the matrix.
    odds = found * found[0, 0] / (found[:, :1] * found[:1])
    assert odds == pytest.approx(affinity * affinity[0, 0] / (affinity[:, :1] * affinity[:1]), rel=1e-6)


def test_a_balanced_matrix_is_that_of_rows_and_columns_scaled_in_turn_in_plain_python():
    affinity, rows, columns = [[1.0, 2.0, 3.0], [4.0, 1.0, 0.5]], [0.3, 0.7], [0.5, 0.25, 0.25]
    slow = [row[:] for row in affinity]
    for _ in range(500):
        slow = [[v * rows[i] / sum(row) for v in row] for i, row in enumerate(slow)]
        sums = [sum(row[j] for row in slow) for j in range(3)]
        slow = [[v * columns[j] / sums[j] for j, v in enumerate(row)] for row in slow]
    found = balance(np.array(affinity), np.array(rows), np.array(columns))
    assert found == pytest.approx(np.array(slow), rel=1e-9)
