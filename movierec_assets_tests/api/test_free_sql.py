"""Free SQL: typed answers in three formats, read only, one statement, bounded."""

from __future__ import annotations

import time
from typing import Any

import anyio
import pyarrow as pa
import pytest

from movierec_assets.api.tables.fetching import BATCH_BYTES, FIRST_ROWS
from movierec_assets_tests.api.served import ROW_CAP, Api, create, problem

SQL = "/v1/sql"


def ask(api: Api, statement: str, *parameters: Any, accept: str = "application/json", **more: Any) -> Any:
    asked = {"statement": statement, "parameters": list(parameters)}
    return api.post(SQL, json=asked, headers={"Accept": accept}, **more)


def test_values_come_in_their_types(api: Api) -> None:
    statement = (
        "SELECT 1::smallint AS a, 2^40::bigint AS b, 0.5::real AS c, 1.25::numeric AS d, true AS e, 'x' AS f,"
        " date '2024-05-31' AS g, timestamptz '2024-05-31 22:15+02' AS h, ARRAY[1,2] AS i, ARRAY['a',NULL] AS j,"
        " '{\"k\": 1}'::jsonb AS k, NULL AS l, 'NaN'::float8 AS m, interval '1 day' AS n, 3 AS a"
    )
    body = ask(api, statement).json()
    assert body["columns"] == [*"abcdefghijklmna"]
    assert body["rows"] == [
        [
            *(1, 2**40, 0.5, 1.25, True, "x", "2024-05-31", "2024-05-31T20:15:00Z", [1, 2], ["a", None]),
            *('{"k": 1}', None, None, "1 day", 3),
        ]
    ]
    table = pa.ipc.open_stream(
        ask(api, statement, accept="application/vnd.apache.arrow.stream").content
    ).read_all()
    assert [str(f.type) for f in table.schema][:10] == [
        *("int16", "double", "float", "double", "bool", "string", "date32[day]", "timestamp[us, tz=UTC]"),
        *("list<item: int32>", "list<item: string>"),
    ]
    assert ask(api, "SELECT 1 AS a, '' AS b, NULL AS c", accept="text/csv").text.endswith('1,"",\r\n')


def test_parameters_are_values_and_nothing_else(api: Api) -> None:
    create(api, "titles")
    found = ask(
        api, "SELECT title FROM catalog.titles WHERE release_year = $1 AND title = $2", 1976, "Taxi Driver"
    )
    assert found.json()["rows"] == [["Taxi Driver"]]
    attempt = "x'; DELETE FROM catalog.titles; --"
    assert ask(api, "SELECT $1", attempt).json()["rows"] == [[attempt]]
    assert ask(api, "SELECT '%s', '%(a)s', 5 % 3").json()["rows"] == [["%s", "%(a)s", 2]]
    assert ask(api, "SELECT $1::int, $2::float8, $3::boolean, $4::text", None, 1.5, True, "é").json()[
        "rows"
    ] == [[None, 1.5, True, "é"]]
    assert ask(api, "SELECT 1; ").status_code == 200


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("SELEKT 1", 'syntax error at or near "SELEKT", at character 1'),
        ("SELECT 1 +", "syntax error at end of input"),
        ("SELECT nothing FROM catalog.titles", 'column "nothing" does not exist, at character 8'),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist, at character 15'),
        ("SELECT 1/0", "division by zero"),
        ("SELECT 1; SELECT 2", "multiple commands"),
        ("SELECT 1; DROP TABLE catalog.titles", "multiple commands"),
        ("SELECT $2", "parameter"),
        ("SELECT 1::int + 'x'::int", "invalid input syntax"),
        ("SELECT currval('catalog.credits_credit_id_seq')", "currval"),
        ("SELECT ARRAY[[1],[2]]", "cast it to text"),
        ("SELECT date 'infinity'", "cast it to text"),
        ("SELECT 1e400::numeric", "cast it to text"),
        ("DELETE FROM catalog.titles", "syntax error"),
        ("WITH x AS (DELETE FROM catalog.titles RETURNING 1) SELECT * FROM x", "data-modifying"),
        ("EXPLAIN SELECT 1", "syntax error"),
        ("SET ROLE movierec_login", "syntax error"),
        ("COMMIT", "syntax error"),
    ],
)
def test_a_statement_that_fails_is_a_422_in_postgresqls_words(api: Api, statement: str, said: str) -> None:
    create(api, "titles")
    answer = ask(api, statement)
    assert answer.status_code == 422, answer.text
    assert said in answer.json()["detail"]
    assert api.get("/v1/titles/tm84618").status_code == 200


def test_a_query_cannot_write_nor_change_what_the_next_one_may(api: Api, owner: Any) -> None:
    problem(ask(api, "SELECT nextval('catalog.credits_credit_id_seq')"), 403)
    for setting in ("default_transaction_read_only", "statement_timeout", "search_path", "timezone"):
        now = ask(api, f"SELECT current_setting('{setting}')").json()["rows"]
        value = {"default_transaction_read_only": "off", "timezone": "Asia/Tokyo"}.get(setting, "0")
        assert ask(api, "SELECT set_config($1, $2, false)", setting, value).status_code == 200
        assert [ask(api, f"SELECT current_setting('{setting}')").json()["rows"] for _ in range(10)] == [
            now
        ] * 10
    assert "before any query" in problem(
        ask(api, "SELECT set_config('transaction_read_only', 'off', false)"), 422, "body/statement"
    )
    assert ask(api, "SELECT pg_advisory_lock(7)").status_code == 200
    assert owner.execute("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").fetchone() == (0,)
    for forbidden in (
        "SELECT digest FROM access.keys",
        "SELECT pg_read_file('PG_VERSION')",
        "TABLE pg_authid",
    ):
        problem(ask(api, forbidden), 403)
    escape = ask(api, "SELECT set_config('role', 'postgres', false)")
    assert escape.status_code in (403, 422), escape.text


def test_a_query_cannot_take_more_time_than_its_role_may(api: Api) -> None:
    statement = (
        "SELECT n, current_setting('statement_timeout'), set_config('statement_timeout', '0', false)"
        " FROM generate_series(1, 100) n"
    )
    rows = ask(api, statement).json()["rows"]
    assert len(rows) == 100
    # The setting of a statement is that of its beginning; a part of the answer is a statement.
    assert [rows[first][1] for first in (0, FIRST_ROWS)] == ["30s", "30s"]
    assert rows[1][1] == "0"


def test_a_query_ends_when_its_caller_goes_away(api: Api, owner: Any) -> None:
    asked = [{"type": "http.request", "body": b'{"statement": "SELECT pg_sleep(20)"}', "more_body": False}]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        if asked:
            return asked.pop()
        while not sleeping():
            await anyio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    def sleeping() -> int:
        found = owner.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").fetchone()
        return int(found[0])

    headers = {"host": "localhost", "content-type": "application/json"}
    headers["authorization"] = f"Bearer {api.keys[api.role]}"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "method": "POST",
        "path": SQL,
        "raw_path": SQL.encode(),
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("localhost", 80),
        "client": ("localhost", 1),
    }
    began = time.monotonic()
    api.portal.call(api.app, scope, receive, send)
    assert time.monotonic() - began < 10
    assert not sleeping()
    # Nobody receives it; it stands in the log and in the figures.
    assert sent[0]["status"] == 499
    assert ask(api, "SELECT 1").json()["rows"] == [[1]]


def test_an_answer_above_the_cap_is_refused_whole_in_every_format(api: Api) -> None:
    for accept in ("application/json", "text/csv", "application/vnd.apache.arrow.stream"):
        said = problem(ask(api, "SELECT generate_series(1, $1)", ROW_CAP + 1, accept=accept), 413)
        assert "1,000 rows" in said
    whole = ask(api, "SELECT n FROM generate_series(1, $1) n ORDER BY n DESC", ROW_CAP).json()["rows"]
    assert whole == [[n] for n in range(ROW_CAP, 0, -1)]


def test_long_rows_are_read_a_few_at_a_time(api: Api) -> None:
    statement = "SELECT repeat('x', 1000000) FROM generate_series(1, 20)"
    answer = ask(api, statement, accept="application/vnd.apache.arrow.stream")
    batches = list(pa.ipc.open_stream(answer.content))
    assert sum(b.num_rows for b in batches) == 20
    assert max(b.nbytes for b in batches) < 1.1 * BATCH_BYTES


def test_accept_chooses_the_format(api: Api) -> None:
    for accept, kind in (
        ("*/*", "application/json"),
        ("", "application/json"),
        ("text/csv", "text/csv"),
        ("text/*;q=0.5, application/json;q=0.4", "text/csv"),
        ("application/vnd.apache.arrow.stream, */*;q=0.1", "application/vnd.apache.arrow.stream"),
        ("application/json;q=0, */*", "application/vnd.apache.arrow.stream"),
    ):
        answer = ask(api, "SELECT 1", accept=accept)
        assert answer.headers["content-type"].partition(";")[0] == kind, accept
    problem(ask(api, "SELECT 1", accept="text/html"), 406)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"statement": ""}, "body/statement"),
        ({"statement": "SELECT '\x00'"}, "body/statement"),
        ({}, "body/statement"),
        ({"statement": "SELECT 1", "parameters": [[1]]}, None),
        ({"statement": "SELECT 1", "limit": 5}, "body/limit"),
    ],
)
def test_a_body_that_is_no_query_is_named(api: Api, body: dict[str, Any], where: str | None) -> None:
    answer = api.post(SQL, json=body)
    assert answer.status_code == 422, answer.text
    assert where is None or [e["where"] for e in answer.json()["errors"]] == [where]
