"""A file cut into ranges of bytes, each read by itself, gives the records of the file read from its beginning."""

from __future__ import annotations

import io
from itertools import accumulate, pairwise

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from movierec_assets.domain.ingest import check_header, read_records
from movierec_assets.domain.ingest_lines import MAX_LINE
from movierec_assets.domain.ingest_range import line_ends, range_starts, read_range
from movierec_assets.schema import LANDING_FILES, table

RATINGS, TITLES = LANDING_FILES["ratings"], LANDING_FILES["titles"]
HEADERS = {
    RATINGS: b"userId,movieId,rating,timestamp",
    TITLES: ",".join(["index", *(c.name for c in TITLES.columns)]).encode(),
}
KEY = "movielens/x.csv"
PIECES = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b"\r",
    b"1,2,3.5,4\n",
    b"1,2,3.5,4\r\n",
    b"12,34,5,\n",
    b'1,"2\n3",4,5\n',
    b'"1","2","3.5","4"\n',
    b"\xff\xfe,2,3,4\n",
    b"\xef\xbb\xbf1,2,3,4\n",
    b"too,few\n",
    b"  \n",
    b"1,2,",
]


def whole(data, file, chunk_bytes):
    return rows(read_records(io.BytesIO(data), file, KEY, chunk_bytes), file)


def in_ranges(data, file, range_bytes, chunk_bytes):
    found = check_header(io.BytesIO(data), file, KEY)
    starts = range_starts(len(data), range_bytes)
    sizes = [b - a for a, b in pairwise([*starts, len(data)])]
    ends = [line_ends(at(data, s), size, chunk_bytes) for s, size in zip(starts, sizes, strict=True)]
    assert sum(ends) == data.count(b"\n")
    before = [0, *accumulate(ends)]
    return [
        row
        for s, size, n in zip(starts, sizes, before, strict=False)
        for row in rows(read_range(at(data, s), found, KEY, size, n, chunk_bytes), file)
    ]


def at(data, start):
    stream = io.BytesIO(data)
    stream.seek(start)
    return stream


def rows(batches, file):
    return pa.Table.from_batches(batches, table(f"raw_{file.source}").arrow_schema()).to_pylist()


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([RATINGS, TITLES]),
    st.sampled_from([b"\n", b"\r\n", b""]),
    st.lists(st.sampled_from(PIECES), max_size=12).map(b"".join),
    st.integers(1, 80),
    st.integers(1, 40),
)
@example(RATINGS, b"\n", b"", 1, 1)
@example(RATINGS, b"", b"", 7, 3)
def test_ranges_of_any_size_give_the_records_of_the_whole(file, end, body, range_bytes, chunk_bytes):
    data = HEADERS[file] + end + (body if end else b"")
    assert in_ranges(data, file, range_bytes, chunk_bytes) == whole(data, file, 1 << 20)


@pytest.mark.parametrize("range_bytes", [MAX_LINE // 2, MAX_LINE + 3, 3 * MAX_LINE])
def test_a_line_longer_than_a_range_is_one_unreadable_record(range_bytes):
    lines = [b"1,2,3,4", b"9" * (2 * MAX_LINE), b"5,6,1,8", b"7" * (MAX_LINE + 1), b"9,9,2,9"]
    data = b"\n".join([HEADERS[RATINGS], *lines, b""])
    found = in_ranges(data, RATINGS, range_bytes, 1 << 16)
    assert found == whole(data, RATINGS, 8 << 20)
    assert [(row["_line"], row["_error"] is None) for row in found] == [
        (2, True),
        (3, False),
        (4, True),
        (5, False),
        (6, True),
    ]
