"""What is asked again and what is not, by a server that fails on purpose; and what its answers become."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import pytest

from movierec_assets.client import (
    Client,
    ClientError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    NotSentError,
    ServerError,
    TooLargeError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
    connect,
)
from movierec_assets.client.sending import ATTEMPTS
from movierec_assets_tests.client.failing import BREAK, Failing, failing
from movierec_assets_tests.databases import free_port

AGAIN = (503, {"Retry-After": "0"}, None)
MANY = (429, {"Retry-After": "0"}, None)

READS: dict[str, Callable[[Client], Any]] = {
    "get": lambda db: db.get("titles", "tm1"),
    "count": lambda db: db.count("titles"),
    "popular": lambda db: db.popular(),
    "recommend_for": lambda db: db.recommend_for({1: 5}),
}
UPSERTS: dict[str, Callable[[Client], Any]] = {
    "upsert": lambda db: db.upsert("people", {"person_id": 1, "full_name": "x"}),
    "upsert of many": lambda db: db.upsert("people", many()),
    "rate": lambda db: db.rate(1, 1, 5),
}
WRITES: dict[str, Callable[[Client], Any]] = {
    "write": lambda db: db.write("people", {"person_id": 1, "full_name": "x"}),
    "write of many": lambda db: db.write("people", many()),
    "update": lambda db: db.update("titles", "tm1", {"title": "x"}, if_match='"1"'),
    "delete": lambda db: db.delete("titles", "tm1"),
    "delete of many": lambda db: db.delete("titles", filters={"kind": "show"}, expected=1),
}


def many() -> pd.DataFrame:
    return pd.DataFrame({"person_id": range(3000), "full_name": "x"})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Failing]:
    monkeypatch.setattr("movierec_assets.client.sending.FIRST_WAIT", 0.001)
    with failing() as found:
        yield found


@pytest.fixture
def db(server: Failing) -> Iterator[Client]:
    with connect(server.address, key="k") as client:
        yield client


@pytest.mark.parametrize("name", READS)
@pytest.mark.parametrize("failure", [BREAK, 502, 504, AGAIN, MANY])
def test_what_only_reads_is_asked_again_after_any_failure_that_may_pass(
    server: Failing, db: Client, name: str, failure: Any
) -> None:
    server.answers[:] = [failure] * (ATTEMPTS - 1)
    READS[name](db)
    assert len(server.asked) == ATTEMPTS
    assert len(set(server.asked)) == len(set(server.bodies)) == 1


@pytest.mark.parametrize("name", READS)
def test_after_as_many_attempts_it_is_given_up(server: Failing, db: Client, name: str) -> None:
    server.answers[:] = [AGAIN] * (ATTEMPTS + 1)
    with pytest.raises(UnavailableError, match="on purpose"):
        READS[name](db)
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize("name", UPSERTS)
def test_an_upsert_is_sent_again_where_it_was_refused_for_the_moment(
    server: Failing, db: Client, name: str
) -> None:
    server.answers[:] = [AGAIN, MANY]
    UPSERTS[name](db)
    assert len(server.asked) == 3
    assert len(set(server.bodies)) == 1


@pytest.mark.parametrize("name", {**UPSERTS, **WRITES})
def test_a_write_without_an_answer_is_never_sent_again(server: Failing, db: Client, name: str) -> None:
    server.answers[:] = [BREAK]
    with pytest.raises(UnavailableError) as caught:
        {**UPSERTS, **WRITES}[name](db)
    assert not isinstance(caught.value, NotSentError)
    assert len(server.asked) == 1


@pytest.mark.parametrize("name", WRITES)
def test_any_other_write_is_sent_again_only_where_it_was_not_begun(
    server: Failing, db: Client, name: str
) -> None:
    server.answers[:] = [MANY, MANY]
    WRITES[name](db)
    assert len(server.asked) == 3
    server.answers[:] = [AGAIN]
    with pytest.raises(UnavailableError):
        WRITES[name](db)
    assert len(server.asked) == 4


def test_an_api_that_asks_for_patience_gets_it(server: Failing, db: Client) -> None:
    server.answers[:] = [(429, {"Retry-After": "1"}, None)]
    began = time.monotonic()
    db.count("titles")
    assert time.monotonic() - began >= 1


def test_an_api_that_asks_for_too_much_patience_is_not_waited_for(server: Failing, db: Client) -> None:
    server.answers[:] = [(429, {"Retry-After": "3600"}, None)]
    with pytest.raises(TooManyError) as caught:
        db.count("titles")
    assert caught.value.retry_after == 3600
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, InvalidError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (405, ServerError),
        (409, ConflictError),
        (412, ConflictError),
        (413, TooLargeError),
        (422, InvalidError),
        (500, ServerError),
    ],
)
def test_an_error_has_the_type_of_its_status_and_is_not_asked_again(
    server: Failing, db: Client, status: int, error: type[ClientError]
) -> None:
    server.answers[:] = [status]
    with pytest.raises(ClientError) as caught:
        db.get("titles", "tm1")
    assert type(caught.value) is error
    assert (caught.value.status, caught.value.detail, caught.value.request_id) == (status, "on purpose", "r1")
    assert str(caught.value) == "on purpose (request r1)"
    assert len(server.asked) == 1


def test_the_parts_that_are_wrong_stand_in_the_message(server: Failing, db: Client) -> None:
    problem = b'{"status": 422, "detail": "two things", "errors": [{"where": "body/a", "detail": "is odd"}]}'
    server.answers[:] = [(422, {"Content-Type": "application/problem+json"}, problem)]
    with pytest.raises(InvalidError, match="two things; body/a: is odd"):
        db.get("titles", "tm1")


def test_an_error_of_what_is_no_api_is_told_by_its_status(server: Failing, db: Client) -> None:
    server.answers[:] = [(404, {"Content-Type": "text/html", "X-Request-ID": "p7"}, b"<h1>nginx</h1>")]
    with pytest.raises(NotFoundError, match="answered with status 404, without a reason") as caught:
        db.get("titles", "tm1")
    assert caught.value.request_id == "p7"


def test_an_answer_that_was_cut_off_is_no_table(server: Failing, db: Client) -> None:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    table = pa.table({"n": range(1000)})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, 100)
    whole = sink.getvalue().to_pybytes()
    server.answers[:] = [(200, {}, whole), (200, {}, whole[:-8])]
    assert len(db.read("titles")) == 1000
    with pytest.raises(UnavailableError, match="cut off"):
        db.read("titles")


def test_where_nobody_listens_it_is_tried_a_few_times_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("movierec_assets.client.sending.FIRST_WAIT", 0.001)
    port = free_port()
    with pytest.raises(NotSentError, match=f"no connection to http://127.0.0.1:{port}"):
        connect(f"http://127.0.0.1:{port}")


def test_an_api_that_does_not_answer_in_time_is_given_up(server: Failing) -> None:
    with connect(server.address, timeout=0.2) as db:
        server.answers[:] = [lambda: time.sleep(1)]
        with pytest.raises(UnavailableError):
            db.write("people", {"person_id": 1, "full_name": "x"})
