"""Whole tables: every format out and in, what is refused and which row it names, bounds."""

from __future__ import annotations

import csv
import io
from contextlib import suppress
from datetime import UTC, date, datetime
from typing import Any

import anyio
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.requests import ClientDisconnect

from movierec_assets_tests.api.served import Api, create, example_of, problem, titles

ARROW = {"Content-Type": "application/vnd.apache.arrow.stream"}
PARQUET = {"Content-Type": "application/vnd.apache.parquet"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


def arrow(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, **options) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def parquet(table: pa.Table, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, **options)
    return bytes(sink.getvalue())


def people(count: int, **columns: Any) -> pa.Table:
    made = {"person_id": pa.array(range(count), pa.int64()), "full_name": pa.array(["A B"] * count)}
    return pa.table({**made, **columns})


def exported(api: Api, path: str) -> pa.Table:
    answer = api.get(path)
    assert answer.status_code == 200, answer.text
    return pa.ipc.open_stream(answer.content).read_all()


def test_all_three_formats_say_the_same(api: Api) -> None:
    rows: list[dict[str, Any]] = [
        {"title": 'He said "no",\r\nthen', "imdb_id": None, "imdb_score": None},
        {"title": "é\U0001f37f", "age_certification": None, "imdb_score": 0.1, "imdb_votes": 2**63 - 1},
    ]
    titles(api, *rows)
    table = exported(api, "/v1/tables/titles").sort_by("title_id")
    assert table.to_pylist() == api.get("/v1/titles").json()["items"]
    answer = api.get("/v1/tables/titles?format=parquet")
    assert answer.headers["content-type"] == "application/vnd.apache.parquet"
    assert answer.headers["content-disposition"] == 'attachment; filename="titles.parquet"'
    assert pq.read_table(io.BytesIO(answer.content)).sort_by("title_id").equals(table)


def test_csv_is_that_of_rfc_4180_and_an_empty_text_is_no_null(api: Api) -> None:
    api.post(
        "/v1/people", json={"person_id": 1, "full_name": 'a "b",\nc', "first_name": "", "last_name": None}
    )
    answer = api.get("/v1/tables/people?format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    header, record = answer.text.split("\r\n", 1)
    assert header.replace('"', "") == "person_id,full_name,first_name,middle_name,last_name"
    assert record == '1,"a ""b"",\nc","",,\r\n'
    assert list(csv.reader(io.StringIO(answer.text, newline="")))[1] == ["1", 'a "b",\nc', "", "", ""]
    api.delete("/v1/people/1")
    assert api.post("/v1/tables/people", content=answer.content, headers=CSV).json() == {"rows": 1}
    found = api.get("/v1/people/1").json()
    assert (found["first_name"], found["last_name"]) == ("", None)


def test_texts_that_a_spreadsheet_would_take_for_formulas_are_exact_but_where_it_is_to_open_them(
    api: Api,
) -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "a=1", "'=1", ""]
    for number, text in enumerate(texts, 1):
        body = {"person_id": number, "full_name": "A B", "first_name": text}
        assert api.post("/v1/people", json=body).status_code == 201
    columns = {}
    for form in ("csv", "spreadsheet"):
        answer = api.get(f"/v1/tables/people?format={form}")
        assert answer.headers["content-disposition"] == 'attachment; filename="people.csv"'
        rows = csv.DictReader(io.StringIO(answer.text, newline=""))
        columns[form] = [row["first_name"] for row in sorted(rows, key=lambda row: int(row["person_id"]))]
    assert columns["csv"] == texts
    assert columns["spreadsheet"] == [*(f"'{text}" for text in texts[:8]), *texts[8:]]


def test_an_export_has_what_the_filters_let_through(api: Api) -> None:
    titles(api, {"release_year": 1990}, {"release_year": 2000}, {"release_year": 2000})
    found = exported(api, "/v1/tables/titles?release_year_min=1991&title_id=tm1&title_id=tm0")
    assert found.column("title_id").to_pylist() == ["tm1"]
    empty = exported(api, "/v1/tables/titles?release_year=1900")
    assert (empty.num_rows, empty.schema) == (0, found.schema)
    for form in ("parquet", "csv"):
        assert api.get(f"/v1/tables/titles?release_year=1900&format={form}").status_code == 200
    problem(api.get("/v1/tables/titles?format=xlsx"), 422, "query/format")
    problem(api.get("/v1/tables/titles?limit=1"), 422, "query/limit")
    problem(api.get("/v1/tables/keys"), 404)


def test_more_rows_than_a_batch_go_in_and_out(api: Api) -> None:
    # Twice what one statement takes, and one.
    count = 20_001
    for body, kind in ((arrow(people(count)), ARROW), (parquet(people(count)), PARQUET)):
        answer = api.post("/v1/tables/people?on_conflict=update", content=body, headers=kind)
        assert answer.json() == {"rows": count}, answer.text
    for form, read in (
        ("arrow", lambda b: pa.ipc.open_stream(b).read_all()),
        ("parquet", lambda b: pq.read_table(io.BytesIO(b))),
    ):
        found = read(api.get(f"/v1/tables/people?format={form}").content)
        assert sorted(found.column("person_id").to_pylist()) == list(range(count))


def test_what_pandas_makes_of_columns_is_taken(api: Api) -> None:
    create(api, "users")
    create(api, "titles")
    row = {
        "scenario": pa.array(["default"]).dictionary_encode(),
        "session_id": pa.array([7], pa.uint16()),
        "user_id": pa.array([1.0]),
        "title_id": pa.array(["tm84618"], pa.large_string()),
        "started_at": pa.array([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("ns", "Europe/Berlin")),
        "ended_at": pa.array([datetime(2024, 1, 2, tzinfo=UTC)], pa.timestamp("s", "UTC")),
        "rating": pa.nulls(1),
    }
    assert api.post("/v1/tables/sessions", content=arrow(pa.table(row)), headers=ARROW).json() == {"rows": 1}
    assert api.get("/v1/sessions/default/7").json()["started_at"] == "2024-01-01T00:00:00+00:00"
    user = {k: [v] for k, v in example_of("users", user_id=2).items()}
    days = {
        c: pa.array([datetime(2000 + n, 1, 1)]) for n, c in enumerate(("birth_date", "subscription_date"))
    }
    made = pa.table({**user, **days})
    assert api.post("/v1/tables/users", content=arrow(made), headers=ARROW).json() == {"rows": 1}
    assert api.get("/v1/users/default/2").json()["birth_date"] == "2000-01-01"


REFUSED: dict[str, tuple[dict[str, Any], list[str], str]] = {
    "an unknown column": ({"colour": ["red"] * 3}, ["body/colour"], "no such column"),
    "a column of another type": ({"full_name": [1, 2, 3]}, ["body/full_name"], "has the type int64"),
    "a missing column": ({"full_name": None}, ["body/full_name"], "is missing"),
    "null where none may be": (
        {"full_name": ["a", "b", None]},
        ["body/2/full_name"],
        "row 3, column full_name",
    ),
    "a fraction": (
        {"person_id": [1.0, 2.5, 3.5]},
        ["body/1/person_id"],
        "row 2, column person_id: 2.5 is no int64",
    ),
    "below the least": ({"person_id": [1, 2, -1]}, ["body/2/person_id"], "at least 0"),
    "blank": ({"full_name": ["a", " ", ""]}, ["body/1/full_name"], "row 2"),
    "NUL": ({"first_name": [None, "", "\x00"]}, ["body/2/first_name"], "NUL"),
    "too long": ({"last_name": ["", "a" * 501, None]}, ["body/1/last_name"], "500 characters"),
    "a text that is no number": ({"person_id": ["1", "x", "3"]}, ["body/1/person_id"], "'x' is no int64"),
    "two at once": (
        {"person_id": [1, 2, -1], "full_name": [None, "b", "c"]},
        ["body/2/person_id", "body/0/full_name"],
        "row 3, column person_id",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.parametrize(("write", "kind"), [(arrow, ARROW), (parquet, PARQUET)], ids=["arrow", "parquet"])
def test_a_bad_table_is_refused_as_a_whole_and_the_place_is_named(
    api: Api, what: str, write: Any, kind: dict[str, str]
) -> None:
    changes, where, said = REFUSED[what]
    table = people(3).to_pydict() | changes
    made = pa.table({name: values for name, values in table.items() if values is not None})
    assert said in problem(api.post("/v1/tables/people", content=write(made), headers=kind), 422, *where)
    assert api.get("/v1/people").json()["items"] == []


@pytest.mark.parametrize(
    ("text", "where", "said"),
    [
        (
            "person_id,full_name\r\n1,a\r\n2,\r\n",
            "body/1/full_name",
            "row 2, column full_name: must not be null",
        ),
        ("person_id,full_name\n1,a\nx,b\n", "body/1/person_id", "row 2, column person_id: 'x' is no int64"),
        ("person_id,full_name\n1,a\n2\n", "body", "Expected 2 columns, got 1"),
        ("person_id,full_name,colour\n1,a,b\n", "body/colour", "no such column"),
        ("person_id,full_name,full_name\n1,a,b\n", "body/full_name", "is there 2 times"),
        ("person_id\n1\n", "body/full_name", "is missing"),
        ("", "body", "cannot be read as text/csv"),
        (f"person_id,full_name\n1,{'a' * 2_000_000}\n"[:900_000], "body/0/full_name", "characters"),
    ],
)
def test_a_bad_record_of_csv_is_named(api: Api, text: str, where: str, said: str) -> None:
    assert said in problem(api.post("/v1/tables/people", content=text, headers=CSV), 422, where)
    assert api.get("/v1/people").json()["items"] == []


def test_a_row_far_down_is_counted_from_the_first_and_nothing_stays(api: Api) -> None:
    names = ["A B"] * 15_000
    names[12_345] = ""
    body = arrow(people(15_000, full_name=pa.array(names)))
    assert "row 12346" in problem(
        api.post("/v1/tables/people", content=body, headers=ARROW), 422, "body/12345/full_name"
    )
    ids = [*range(14_999), 5]
    body = arrow(people(15_000, person_id=pa.array(ids)))
    assert "row 15000" in problem(
        api.post("/v1/tables/people", content=body, headers=ARROW), 409, "body/14999/person_id"
    )
    assert api.get("/v1/people").json()["items"] == []


def test_days_moments_and_bounds_of_rows_are_looked_at(api: Api) -> None:
    user = {k: [v] for k, v in example_of("users").items()}
    for changes, where, said in (
        ({"birth_date": [datetime(2000, 1, 1, 1)]}, "birth_date", "is no date32"),
        ({"cancellation_date": pa.array([10**7], pa.int32()).cast(pa.date32())}, "cancellation_date", "9999"),
        ({"birth_date": [date(2022, 1, 1)]}, "subscription_date", "must lie after birth_date"),
        ({"subscription_type": ["gold"]}, "subscription_type", "must be basic|standard|premium"),
        ({"taste_profile": [40_000]}, "taste_profile", "is no int16"),
    ):
        body = arrow(pa.table({**user, **changes}))
        detail = problem(api.post("/v1/tables/users", content=body, headers=ARROW), 422, f"body/0/{where}")
        assert said in detail
    rating = {k: [v] for k, v in example_of("ratings").items()}
    for changes, where in (
        ({"rating": [float("nan")]}, "body/0/rating"),
        ({"rating": [float("inf")]}, "body/0/rating"),
        ({"rated_at": pa.array([datetime(2024, 1, 1)])}, "body/rated_at"),
        ({"rated_at": ["2024-01-01 00:00:00"]}, "body/0/rated_at"),
    ):
        body = arrow(pa.table({**rating, **changes}))
        problem(api.post("/v1/tables/ratings", content=body, headers=ARROW), 422, where)


@pytest.mark.parametrize("kind", [ARROW, PARQUET, CSV], ids=["arrow", "parquet", "csv"])
@pytest.mark.parametrize(
    "body", [b"", b"ARROW1", b"PAR1PAR1", b"\xff\xff\xff\xff\x10\x00\x00\x00", b"\x00" * 999]
)
def test_a_body_that_is_nothing_is_a_422(api: Api, kind: dict[str, str], body: bytes) -> None:
    answer = api.post("/v1/tables/people", content=body, headers=kind)
    assert answer.status_code == 422, answer.text


def test_cut_off_bodies_write_nothing(api: Api) -> None:
    for body, kind in ((arrow(people(30_000)), ARROW), (parquet(people(3000)), PARQUET)):
        cut = body[: len(body) * 2 // 3]
        answer = api.post("/v1/tables/people", content=cut, headers=kind)
        assert answer.status_code == 422, answer.text
        assert api.get("/v1/people").json()["items"] == []


@pytest.mark.parametrize("kind", ["", "text/html", "application/json"])
def test_another_media_type_is_a_415(api: Api, kind: str) -> None:
    problem(api.post("/v1/tables/people", content=b"x", headers={"Content-Type": kind}), 415)


def test_compressed_arrow_is_refused_before_it_is_unpacked(api: Api) -> None:
    for table in (people(10), people(10, first_name=pa.array(["x"] * 10).dictionary_encode())):
        for codec in ("zstd", "lz4"):
            body = arrow(table, options=pa.ipc.IpcWriteOptions(compression=codec))
            said = problem(api.post("/v1/tables/people", content=body, headers=ARROW), 422, "body")
            assert "without compression" in said


def test_a_small_body_that_unpacks_to_a_large_table_is_a_413(api: Api) -> None:
    count = 400_000
    bomb = pa.table(
        {"person_id": pa.array([1] * count), "full_name": pa.array(["a" * 400] * count).dictionary_encode()}
    )
    body = parquet(bomb, compression="zstd")
    assert len(body) < 50_000
    said = problem(api.post("/v1/tables/people?on_conflict=update", content=body, headers=PARQUET), 413)
    assert "unpacked" in said
    assert api.get("/v1/people").json()["items"] == []
    problem(api.post("/v1/tables/people", content=b"a" * 1_000_001, headers=CSV), 413)


@pytest.mark.parametrize("version", ["2.3", "2.4"])
def test_an_answer_that_nobody_reads_gives_its_connection_back(api: Api, version: str) -> None:
    assert api.post("/v1/tables/people", content=arrow(people(20_000)), headers=ARROW).status_code == 200

    async def walk_away() -> None:
        gone = anyio.Event()
        messages = [{"type": "http.request", "body": b"", "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if message.get("body"):
                gone.set()
                await anyio.sleep(0)
                # How a server says so differs by the version of the protocol.
                if version == "2.4":
                    raise OSError("gone")

        key = api.keys[api.role].encode()
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": version},
            "method": "GET",
            "path": "/v1/tables/people",
            "raw_path": b"/v1/tables/people",
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"authorization", b"Bearer " + key)],
            "scheme": "http",
            "http_version": "1.1",
            "server": ("localhost", 80),
            "client": ("localhost", 1),
        }
        with suppress(ClientDisconnect):
            await api.app(scope, receive, send)

    # More often than the pool has connections.
    for _ in range(12):
        api.portal.call(walk_away)
    assert exported(api, "/v1/tables/people").num_rows == 20_000
