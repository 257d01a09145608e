"""Values, keys and filters as they stand in requests, on values computed by hand."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from movierec_assets.client.naming import is_table, jsonable, of_type, query, row_path
from movierec_assets.schema import table


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, None),
        (pd.NA, None),
        (pd.NaT, None),
        (float("nan"), None),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (Decimal("1.5"), 1.5),
        (datetime.date(2024, 2, 29), "2024-02-29"),
        (pd.Timestamp("2024-02-29 12:30", tz="UTC"), "2024-02-29T12:30:00+00:00"),
        (np.array(["a", "b"]), ["a", "b"]),
        ({"a": [np.int8(1), None]}, {"a": [1, None]}),
    ],
)
def test_what_numpy_and_pandas_hold_is_said_as_json_has_it(value: Any, said: Any) -> None:
    assert jsonable(value) == said
    assert type(jsonable(value)) is type(said)


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        ("date", pd.Timestamp(2024, 2, 29), "2024-02-29"),
        ("date", pd.Timestamp(2024, 2, 29, 1), "2024-02-29T01:00:00"),
        ("date", pd.NaT, None),
        ("int32", 3.0, 3),
        ("int32", 3.5, 3.5),
        ("int64", float("nan"), None),
        ("float64", 3.0, 3.0),
    ],
)
def test_a_value_takes_its_columns_type_where_nothing_is_lost(kind: str, value: Any, said: Any) -> None:
    assert of_type(kind, value) == said
    assert type(of_type(kind, value)) is type(said)


def test_filters_are_parameters_in_order_with_their_columns_types() -> None:
    filters = {
        "kind": ["movie", None, "show"],
        "release_year_min": 1990.0,
        "is_year_best": True,
        "seasons_is_null": np.bool_(False),
        "title": None,
    }
    assert query(filters, table("titles").columns) == [
        ("kind", "movie"),
        ("kind", "show"),
        ("release_year_min", "1990"),
        ("is_year_best", "true"),
        ("seasons_is_null", "false"),
    ]
    assert query(None) == []


def test_the_parts_of_a_key_cannot_leave_their_place_in_the_path() -> None:
    assert row_path("titles", "tm1") == "/v1/titles/tm1"
    assert row_path("users", ("default", np.int64(7))) == "/v1/users/default/7"  # type: ignore[arg-type]
    assert row_path("genres", ("a/../b?c#d", "..")) == "/v1/genres/a%2F..%2Fb%3Fc%23d/%2E%2E"


def test_a_name_is_told_from_a_statement() -> None:
    assert all(map(is_table, ("titles", "list-entries", "catalog.titles", " raw.best_movies ")))
    assert not any(map(is_table, ("select 1", "titles t", "a.b.c", "table titles", "values (1)", 'a"b')))
