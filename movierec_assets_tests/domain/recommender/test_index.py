"""Ids are found whatever their type, range and order."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.domain.recommender import index

INT64 = st.integers(-(2**63), 2**63 - 1)


@given(
    ids=st.one_of(st.sets(st.integers(-20, 60)), st.sets(INT64, max_size=20)),
    wanted=st.lists(st.one_of(st.integers(-30, 70), INT64), max_size=60),
    dtype=st.sampled_from([np.int32, np.int64]),
)
@settings(max_examples=200, deadline=None)
def test_each_wanted_id_gets_its_place_and_others_none(ids, wanted, dtype):
    ids = sorted(ids)
    found = index.positions(np.array(ids, np.int64), np.array(wanted, np.int64), dtype)
    assert found.dtype == dtype
    assert found.tolist() == [ids.index(one) if one in ids else -1 for one in wanted]


@pytest.mark.parametrize("dtype", [np.int8, np.int32, np.uint32, np.int64])
def test_ids_of_any_type_are_found_over_more_than_one_block(dtype, monkeypatch):
    monkeypatch.setattr(index, "LOOKED_UP", 7)
    wanted = np.tile(np.arange(0, 100, dtype=dtype), 5)
    found = index.positions(np.arange(10, 60), wanted)
    assert found.tolist() == [one - 10 if 10 <= one < 60 else -1 for one in wanted.tolist()]


@pytest.mark.parametrize("rows", [[0, 0, 2, 2, 2, 3], [2, 0, 3, 2, 0, 2]])
def test_entries_are_gathered_by_row_in_the_order_in_which_they_come(rows):
    rows, columns = np.array(rows, np.int32), np.arange(6, dtype=np.int32)
    found = index.csr(rows, columns, columns.astype(np.float32), 5)
    gathered = [found.columns[found.indptr[r] : found.indptr[r + 1]].tolist() for r in range(5)]
    assert gathered == [columns[rows == r].tolist() for r in range(5)]
    assert found.values.tolist() == found.columns.tolist()


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_rows_are_put_in_ascending_order_and_left_alone_where_they_are(order):
    ids = [0, 0, 0, 2, 2, 3], [1, 4, 6, 0, 5, 2]
    rows, columns = (np.array(each[order], np.int32) for each in ids)
    given = index.csr(rows, columns, columns.astype(np.float32), 4)
    found = index.ascending(given, 7)
    assert found.indptr.tolist() == [0, 3, 3, 5, 6]
    assert found.columns.tolist() == [1, 4, 6, 0, 5, 2]
    assert found.values.tolist() == found.columns.tolist()
    assert (found is given) == (order == slice(None))
