"""Every line of a landing file arrives once, with number and text: readable ones typed, others with a reason."""

from __future__ import annotations

import csv
import io
import tracemalloc
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from movierec_assets.domain.ingest import HeaderError, check_header, read_records
from movierec_assets.domain.ingest_chunk import parse_careful, parse_chunk, parse_fast
from movierec_assets.domain.ingest_lines import MAX_LINE, read_line, split_fields
from movierec_assets.schema import LANDING_FILES, table

RATINGS, MOVIES, LINKS, TAGS = (LANDING_FILES[s] for s in ("ratings", "movies", "links", "tags"))
HEADER = b"userId,movieId,rating,timestamp\n"


def read(data, file=RATINGS, chunk_bytes=8 << 20):
    batches = list(read_records(io.BytesIO(data), file, "movielens/x.csv", chunk_bytes))
    return pa.Table.from_batches(batches, table(f"raw_{file.source}").arrow_schema())


def errors(*lines, file=RATINGS):
    header = ",".join(c.name for c in file.columns).encode()
    rows = read(b"\n".join([header, *lines]), file).to_pylist()
    assert all(row[c.name] is None for row in rows if row["_error"] for c in file.columns)
    return [row["_error"] for row in rows]


def test_records_have_types_line_file_and_text():
    assert read(HEADER + b"1,31,2.5,1260759144\r\n7,,5,\n").to_pylist() == [
        {
            "userId": 1,
            "movieId": 31,
            "rating": 2.5,
            "timestamp": 1260759144,
            "_line": 2,
            "_file": "movielens/x.csv",
            "_text": "1,31,2.5,1260759144",
            "_error": None,
        },
        {
            "userId": 7,
            "movieId": None,
            "rating": 5.0,
            "timestamp": None,
            "_line": 3,
            "_file": "movielens/x.csv",
            "_text": "7,,5,",
            "_error": None,
        },
    ]


def test_an_identifier_of_digits_keeps_its_leading_zeros():
    assert read(b"movieId,imdbId,tmdbId\n1,0114709,862\n", LINKS)["imdbId"].to_pylist() == ["0114709"]


def test_text_that_spells_a_missing_value_is_text():
    words = ["NA", "null", "NaN", "None", "#N/A", " ", "-"]
    data = b"userId,movieId,tag,timestamp\n" + b"".join(f"1,2,{w},3\n".encode() for w in words)
    assert read(data, TAGS)["tag"].to_pylist() == words


def test_quoted_fields_hold_commas_and_doubled_quotes():
    data = b'movieId,title,genres\n1,"Say ""Yes"", Sam (1999)",Drama\n2,"",\n3,a "b" c,x\n'
    assert read(data, MOVIES)["title"].to_pylist() == ['Say "Yes", Sam (1999)', None, 'a "b" c']


def test_blank_lines_are_no_records_but_count_as_lines():
    rows = read(HEADER + b"\n1,1,1,1\r\n \t\r\n\r\n2,2,2,2\n\n")
    assert rows["userId"].to_pylist() == [1, 2]
    assert rows["_line"].to_pylist() == [3, 6]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"1,2", "2 fields instead of 4"),
        (b"1,2,3,4,5", "5 fields instead of 4"),
        (b"abc,1,2,3", "userId: 'abc' is not a whole number"),
        (b"1.0,1,2,3", "userId: '1.0' is not a whole number"),
        (b"0x10,1,2,3", "userId: '0x10' is not a whole number"),
        (b"true,1,2,3", "userId: 'true' is not a whole number"),
        (b"1_0,1,2,3", "userId: '1_0' is not a whole number"),
        (b" ,1,2,3", "userId: ' ' is not a whole number"),
        ("\u0661,1,2,3".encode(), "userId: '\u0661' is not a whole number"),
        (b"\xef\xbb\xbf1,1,2,3", "userId: '\\ufeff1' is not a whole number"),
        (b"9223372036854775808,1,2,3", "userId: '9223372036854775808' is outside int64"),
        (b"9" * 9999 + b",1,2,3", f"userId: '{'9' * 57}…' is outside int64"),
        (b"1,1,nan,3", "rating: 'nan' is not a number"),
        (b"1,1,-inf,3", "rating: '-inf' is not a number"),
        (b"1,1,1e999,3", "rating: '1e999' is not a number"),
        (b"1,1,NULL,3", "rating: 'NULL' is not a number"),
        (b"1,1,four,3", "rating: 'four' is not a number"),
        (b"1,1,2,\xff3", "not UTF-8 at byte 7"),
        (b'1,1,"2,3', "unclosed quote"),
        (b'1,1,"2"3,4', "text after a closing quote"),
        (b"1,1\r,2,3", "a carriage return inside the line"),
        (b"1" * (MAX_LINE + 1), f"line longer than {MAX_LINE} bytes; only its beginning is kept"),
    ],
)
def test_an_unreadable_line_says_why_and_spoils_no_other(line, reason):
    assert errors(b"1,1,1,1", line, b"2,2,2,2") == [None, reason, None]


def test_numbers_may_have_a_sign_blanks_around_them_quotes_and_leading_zeros():
    rows = read(HEADER + b'+5, 7\t," 4.5 ",007\n-9223372036854775808,0,.5e1,-0\n').to_pylist()
    assert [[row[c.name] for c in RATINGS.columns] for row in rows] == [
        [5, 7, 4.5, 7],
        [-(1 << 63), 0, 5.0, 0],
    ]


def test_undecodable_bytes_are_kept_as_text():
    assert read(HEADER + b"1,1,\xff,\xe9\n")["_text"].to_pylist() == ["1,1,\\xff,\\xe9"]


@pytest.mark.parametrize(
    ("data", "found", "why"),
    [
        (b"", "is empty", ""),
        (b"\xef\xbb\xbf", "is empty", ""),
        (b"\n" + HEADER, "has a blank first line", ""),
        (b"1,1,4.0,964982703\n", "has the header `1,1,4.0,964982703`", ""),
        (
            b"movieId,userId,rating,timestamp\n",
            "has the header `movieId,userId,rating,timestamp`",
            " (in another order)",
        ),
        (b"userId,movieId,rating\n", "has the header `userId,movieId,rating`", " (timestamp missing)"),
        (
            HEADER[:-1] + b",extra\n",
            "has the header `userId,movieId,rating,timestamp,extra`",
            " (extra unknown)",
        ),
        (
            b"userId,film,rating,timestamp\n",
            "has the header `userId,film,rating,timestamp`",
            " (movieId missing; film unknown)",
        ),
        (b'"userId\n', 'has the header `"userId`', ""),
        (b"\xff\xfeu\n", "has the header `\\xff\\xfeu`", ""),
    ],
)
def test_a_wrong_header_names_the_file_what_was_found_what_is_expected_and_what_to_do(data, found, why):
    for attempt in (
        lambda s: check_header(s, RATINGS, "k/r.csv"),
        lambda s: list(read_records(s, RATINGS, "k/r.csv")),
    ):
        with pytest.raises(HeaderError) as error:
            attempt(io.BytesIO(data))
        assert str(error.value) == (
            f"k/r.csv {found}, expected `userId,movieId,rating,timestamp`{why}: "
            "put the right first line into the file, or the right file in its place, and land it again"
        )


@pytest.mark.parametrize(
    "data", [HEADER, HEADER.strip(), b"\xef\xbb\xbf" + HEADER, b'"userId", movieId ,rating,timestamp\r\n']
)
def test_a_file_of_only_a_header_has_no_records(data):
    assert read(data).num_rows == 0


def test_a_header_without_end_is_refused_without_reading_the_whole_file():
    stream = io.BytesIO(b"x" * (1 << 22))
    with pytest.raises(HeaderError):
        check_header(stream, RATINGS, "k")
    assert stream.tell() <= 1 << 17


def test_memory_is_bounded_whatever_the_length_of_file_and_line():
    class Endless:
        """Two lines of 200 MB between short ones, never whole in memory."""

        def __init__(self) -> None:
            self.blocks = [
                HEADER,
                b"1,1,1,1\n",
                *[b"9" * (1 << 20)] * 200,
                b"\n2,2,2,2\n",
                *[b"8" * (1 << 20)] * 200,
            ]

        def read(self, size: int, /) -> bytes:
            return self.blocks.pop(0) if self.blocks else b""

    tracemalloc.start()
    rows = pa.Table.from_batches(list(read_records(Endless(), RATINGS, "k")))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows["userId"].to_pylist() == [1, None, 2, None]
    assert rows["_line"].to_pylist() == [2, 3, 4, 5]
    assert [len(t) for t in rows["_text"].to_pylist()] == [7, 4096, 7, 4096]
    assert peak < 40 << 20


NUMBERS = st.one_of(
    st.integers(-(1 << 65), 1 << 65).map(str),
    st.floats().map(repr),
    st.decimals(
        allow_nan=False, allow_infinity=False, min_value=Decimal(-9), max_value=Decimal(9), places=3
    ).map(str),
    st.sampled_from(
        [
            "",
            " 1",
            "+5",
            "0x1f",
            "1.0",
            "nan",
            "NULL",
            "true",
            "1e5",
            ".5",
            "5.",
            "-0",
            "-",
            "1_0",
            "1\t",
            "inf",
        ]
    ),
)
TEXTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(["NA", '"a,b"', '"a""b"', '"a"b', 'a"b', '"', '""', '"a\n', "0x", "\ufeff"]),
)
FIELDS = st.one_of(NUMBERS, TEXTS, NUMBERS.map(lambda n: f'"{n}"')).map(
    lambda t: t.encode("utf-8", "surrogatepass")
)
LINES = st.one_of(
    st.lists(FIELDS, min_size=4, max_size=4).map(b",".join),
    st.tuples(st.integers(0, 9), st.integers(0, 9), st.floats(0, 9), FIELDS).map(
        lambda t: b"%d,%d,%r,%b" % t
    ),
    st.lists(FIELDS, max_size=5).map(b",".join),
    st.sampled_from([b"1,2,3.5,4"] * 5 + [b"", b" ", b"\xff", b"\r"]),
    st.binary(max_size=12),
)
FILES = st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n"])), max_size=12).map(
    lambda lines: b"".join(line + end for line, end in lines)
)
SOURCES = st.sampled_from([RATINGS, TAGS])


@settings(max_examples=600, deadline=None)
@given(FILES, SOURCES)
@example(b"1,2,a\rb,3\n1,2,3,4", TAGS)
@example(b'1,2,"a\nb",3\n', TAGS)
@example(b"1,2,3,4\r", RATINGS)
@example(b"1,1,-0.0,1\n", RATINGS)
def test_the_fast_parser_gives_what_the_careful_one_gives_or_nothing(data, file):
    quick = parse_fast(data, 2, file, "k")
    careful = parse_careful(data, 2, file, "k")
    assert quick is None or same(quick, careful)
    assert same(parse_chunk(data, 2, file, "k"), careful)


@settings(max_examples=300, deadline=None)
@given(FILES, SOURCES, st.integers(1, 40))
def test_any_bytes_give_each_line_once_whatever_the_size_of_the_chunks(data, file, chunk_bytes):
    header = ",".join(c.name for c in file.columns).encode() + b"\n"
    rows = read(header + data, file, chunk_bytes)
    lines = [(i, line) for i, line in enumerate(data.split(b"\n"), 2) if line.strip()]
    assert rows["_line"].to_pylist() == [i for i, _ in lines]
    assert rows["_text"].to_pylist() == [
        line.removesuffix(b"\r").decode("utf-8", "backslashreplace").replace("\0", "\\x00")
        for _, line in lines
    ]
    assert same(rows, parse_careful(data, 2, file, "movielens/x.csv"))


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from("a\",' \\;\t"), max_size=14))
def test_fields_are_split_as_the_csv_module_does_when_strict(line):
    try:
        expected = next(csv.reader([line], strict=True), [""])
    except csv.Error:
        assert isinstance(split_fields(line), str)
    else:
        assert split_fields(line) == (expected or [""])


@settings(deadline=None)
@given(st.binary(max_size=40))
def test_no_bytes_make_a_line_fail(line):
    values, text, error = read_line(line, RATINGS)
    assert len(values) == 4
    assert isinstance(text, str)
    assert error is None or values == [None] * 4


def test_a_clean_chunk_takes_the_fast_parser_and_one_bad_line_leaves_most_of_it_there(monkeypatch):
    from movierec_assets.domain import ingest_chunk

    careful_bytes = []
    monkeypatch.setattr(
        ingest_chunk,
        "parse_careful",
        lambda data, *rest: careful_bytes.append(len(data)) or parse_careful(data, *rest),
    )
    clean = b"12,3456,3.5,964982703\r\n" * 50_000
    assert parse_chunk(clean, 2, RATINGS, "k").num_rows == 50_000
    assert careful_bytes == []
    assert parse_chunk(clean + b"abc,1,1,1\n" + clean, 2, RATINGS, "k").num_rows == 100_001
    assert 0 < sum(careful_bytes) <= ingest_chunk.CAREFUL_BYTES


def same(one: pa.Table, other: pa.Table) -> bool:
    """Equal to the bit, so that 0.0 and -0.0 differ."""
    return one.schema == other.schema and repr(one.to_pylist()) == repr(other.to_pylist())


TITLES, LIST = LANDING_FILES["titles"], LANDING_FILES["best_shows_by_year"]
SHOW = b"Knight Rider,1982,6.9,4,action,US"


@pytest.mark.parametrize("name", [b"index,", b",", b"Unnamed: 0,", b'"index",'])
def test_a_leading_column_of_row_numbers_is_kept_where_the_file_may_have_one(name):
    header = ",".join(c.name for c in LIST.columns).encode()
    with_index = read(name + header + b"\n7," + SHOW + b"\n", LIST).drop(["_text"]).to_pylist()
    without = read(b"\xef\xbb\xbf" + header + b"\r\n" + SHOW + b"\r\n", LIST).drop(["_text"]).to_pylist()
    assert with_index == [{**without[0], "index": 7}]
    assert without[0]["index"] is None
    assert without[0]["TITLE"] == "Knight Rider"


def test_a_leading_column_of_row_numbers_is_refused_where_the_file_has_none():
    with pytest.raises(HeaderError, match="index unknown"):
        check_header(io.BytesIO(b"index," + HEADER), RATINGS, "k")


@pytest.mark.parametrize("line", [b"1,1,a\0b,7", b"1,1,\0,7", b"\0", b"1,1,a\0\xff,7"])
def test_a_line_with_a_nul_which_postgresql_takes_nowhere_is_named_and_shown_without_it(line):
    header = ",".join(c.name for c in TAGS.columns).encode()
    (row,) = read(b"\n".join([header, line, b""]), TAGS).to_pylist()
    assert row["_error"] in ("a NUL character inside the line", "not UTF-8 at byte 7")
    assert row["tag"] is None
    assert row["_text"].encode().replace(b"\\x00", b"\0").replace(b"\\xff", b"\xff") == line
    with pytest.raises(HeaderError, match=r"has the header `u\\x00s\\x00`"):
        check_header(io.BytesIO(b"u\0s\0\n"), TAGS, "k")


@pytest.mark.parametrize("chunk_bytes", [16, 1 << 20])
def test_a_last_line_without_an_end_counts_as_cut_off_where_a_number_may_have_lost_digits(chunk_bytes):
    header = ",".join(c.name for c in LIST.columns).encode()
    rows = read(b"\n".join([header, SHOW, SHOW, SHOW[:-1]]), LIST, chunk_bytes).to_pylist()
    assert [row["_error"] for row in rows] == [
        None,
        None,
        "the file ends inside this line, which has no line end",
    ]
    assert (rows[2]["_line"], rows[2]["_text"], rows[2]["TITLE"]) == (4, SHOW[:-1].decode(), None)
    assert read(header, LIST).num_rows == 0
