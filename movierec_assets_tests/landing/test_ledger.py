"""The ledger tells new from changed from merely touched, and survives overwrites, deletions and crashes."""

from __future__ import annotations

import hashlib
import io
import os
from typing import TYPE_CHECKING

import psycopg
import pytest

from movierec_assets.landing import ledger
from movierec_assets.landing.local import LocalZone
from movierec_assets.landing.zone import LandingChanged, LandingError, LandingZone, open_zone
from movierec_assets.migrations import upgrade
from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = "movielens/ratings.csv"


@pytest.fixture(scope="module")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    yield start_embedded(home).uri()
    stop_embedded(home)


@pytest.fixture
def conn(database_uri: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database_uri) as connection:
        upgrade(connection)
        yield connection
        connection.rollback()
        connection.execute("truncate ledger.files")


def put(zone: LandingZone, text: str, key: str = KEY) -> str:
    zone.put(key, io.BytesIO(text.encode()))
    return hashlib.sha256(text.encode()).hexdigest()


def state(conn: psycopg.Connection, key: str = KEY) -> str:
    return next(e.state for e in ledger.entries(conn) if e.key == key)


def test_a_new_file_is_seen_once(conn: psycopg.Connection, zone: LandingZone) -> None:
    content = put(zone, "a")
    assert ledger.reconcile(conn, zone) == ledger.Changes([KEY], [], [], [], [], [])
    assert ledger.reconcile(conn, zone) == ledger.Changes([], [], [], [], [KEY], [])
    assert [(e.key, e.content_hash, e.size, e.state) for e in ledger.entries(conn)] == [
        (KEY, content, 1, "seen")
    ]


def test_other_content_makes_a_loaded_file_seen_again(conn: psycopg.Connection, zone: LandingZone) -> None:
    ledger.reconcile(conn, zone)
    old = put(zone, "a")
    ledger.reconcile(conn, zone)
    assert ledger.mark(conn, KEY, old, "loaded", run_id="r1")
    before = ledger.entries(conn)[0]
    new = put(zone, "b")
    assert ledger.reconcile(conn, zone).changed == [KEY]
    after = ledger.entries(conn)[0]
    assert (after.content_hash, after.state, after.run_id) == (new, "seen", None)
    assert after.changed_at > before.changed_at
    assert after.first_seen == before.first_seen


def test_the_same_content_written_again_stays_loaded(conn: psycopg.Connection, tmp_path: Path) -> None:
    zone = LocalZone(str(tmp_path))
    content = put(zone, "a")
    ledger.reconcile(conn, zone)
    ledger.mark(conn, KEY, content, "loaded")
    put(zone, "a")
    assert ledger.reconcile(conn, zone).touched == [KEY]
    assert ledger.reconcile(conn, zone).unchanged == [KEY]
    os.utime(tmp_path / KEY)
    assert ledger.reconcile(conn, zone).touched == [KEY]
    assert state(conn) == "loaded"


def test_a_change_that_keeps_size_and_times_is_found(conn: psycopg.Connection, tmp_path: Path) -> None:
    zone = LocalZone(str(tmp_path))
    put(zone, "a")
    ledger.reconcile(conn, zone)
    path = tmp_path / KEY
    times = (path.stat().st_atime_ns, path.stat().st_mtime_ns)
    with path.open("r+b") as file:
        file.write(b"b")
    os.utime(path, ns=times)
    assert path.stat().st_mtime_ns == times[1]
    assert ledger.reconcile(conn, zone).changed == [KEY]


def test_writes_in_quick_succession_are_all_told_apart(conn: psycopg.Connection, tmp_path: Path) -> None:
    zone = LocalZone(str(tmp_path))
    path = tmp_path / KEY
    path.parent.mkdir()
    for number in range(50):
        path.write_bytes(b"%02d" % number)
        ledger.reconcile(conn, zone)
        assert ledger.contents(conn)[KEY] == hashlib.sha256(b"%02d" % number).hexdigest()


def test_a_deleted_file_is_deleted_and_new_when_it_is_back(
    conn: psycopg.Connection, zone: LandingZone
) -> None:
    content = put(zone, "a")
    ledger.reconcile(conn, zone)
    ledger.mark(conn, KEY, content, "loaded", run_id="r1")
    zone.delete(KEY)
    assert ledger.reconcile(conn, zone).deleted == [KEY]
    assert state(conn) == "deleted"
    assert ledger.contents(conn) == {}
    assert ledger.reconcile(conn, zone).deleted == []
    assert not ledger.mark(conn, KEY, content, "loaded")
    put(zone, "a")
    assert ledger.reconcile(conn, zone).new == [KEY]
    assert state(conn) == "seen"


def test_a_mark_for_replaced_content_is_refused(conn: psycopg.Connection, zone: LandingZone) -> None:
    old = put(zone, "a")
    ledger.reconcile(conn, zone)
    ledger.mark(conn, KEY, old, "loading", run_id="r1")
    put(zone, "b")
    ledger.reconcile(conn, zone)
    assert not ledger.mark(conn, KEY, old, "loaded", run_id="r1")
    assert state(conn) == "seen"


def test_a_failure_is_kept_with_its_run_and_reason(conn: psycopg.Connection, zone: LandingZone) -> None:
    content = put(zone, "a")
    ledger.reconcile(conn, zone)
    ledger.mark(conn, KEY, content, "failed", run_id="r1", error="wrong header")
    (entry,) = ledger.entries(conn, ["failed"])
    assert (entry.run_id, entry.error) == ("r1", "wrong header")
    assert ledger.entries(conn, ["seen", "loading", "loaded", "deleted"]) == []


def test_known_content_is_not_read_again(conn: psycopg.Connection, tmp_path: Path) -> None:
    class Unreadable(LocalZone):
        def content_hash(self, key: str, etag: str | None = None) -> str:
            raise LandingError("read although known")

    content = put(LocalZone(str(tmp_path)), "a")
    ledger.reconcile(conn, LocalZone(str(tmp_path)))
    zone = Unreadable(str(tmp_path))
    assert ledger.reconcile(conn, zone).unchanged == [KEY]
    assert ledger.content_hash(conn, zone, KEY) == content


def test_content_asked_for_before_the_next_look_enters_the_ledger(
    conn: psycopg.Connection, zone: LandingZone
) -> None:
    content = put(zone, "a")
    assert ledger.content_hash(conn, zone, KEY) == content
    assert state(conn) == "seen"
    assert ledger.reconcile(conn, zone).unchanged == [KEY]


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_look(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    class Busy(LocalZone):
        def content_hash(self, key: str, etag: str | None = None) -> str:
            put(LocalZone(self.uri), "b", key)
            return super().content_hash(key, etag)

    put(LocalZone(str(tmp_path)), "a")
    busy = Busy(str(tmp_path))
    assert ledger.reconcile(conn, busy).unsettled == [KEY]
    with pytest.raises(LandingChanged):
        ledger.content_hash(conn, busy, KEY)
    assert ledger.entries(conn) == []
    assert ledger.reconcile(conn, LocalZone(str(tmp_path))).new == [KEY]


def test_a_look_that_is_cut_short_is_gone_on_with_by_the_next(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    class Breaks(LocalZone):
        def content_hash(self, key: str, etag: str | None = None) -> str:
            if key == "movielens/b.csv":
                raise KeyboardInterrupt
            return super().content_hash(key, etag)

    zone = LocalZone(str(tmp_path))
    for name in "abc":
        put(zone, name, f"movielens/{name}.csv")
    with pytest.raises(KeyboardInterrupt):
        ledger.reconcile(conn, Breaks(str(tmp_path)))
    assert ledger.contents(conn).keys() == {"movielens/a.csv"}
    after = ledger.reconcile(conn, zone)
    assert (after.unchanged, after.new) == (["movielens/a.csv"], ["movielens/b.csv", "movielens/c.csv"])


def test_of_two_looks_the_one_with_the_older_view_writes_nothing_down(
    conn: psycopg.Connection, tmp_path: Path
) -> None:
    zone = LocalZone(str(tmp_path))
    put(zone, "old")

    class Overtaken(LocalZone):
        def content_hash(self, key: str, etag: str | None = None) -> str:
            content = super().content_hash(key, etag)
            put(zone, "new")
            ledger.reconcile(conn, zone)
            return content

    late = ledger.reconcile(conn, Overtaken(str(tmp_path)))
    assert (late.new, late.unsettled) == ([], [KEY])
    assert ledger.contents(conn)[KEY] == zone.content_hash(KEY)


def test_more_than_a_thousand_files_are_all_seen(conn: psycopg.Connection, tmp_path: Path) -> None:
    zone = LocalZone(str(tmp_path))
    keys = [f"movielens/{number:04d}.csv" for number in range(1050)]
    for key in keys:
        put(zone, key, key)
    assert ledger.reconcile(conn, zone).new == keys
    assert ledger.reconcile(conn, zone).unchanged == keys


def test_two_processes_may_make_and_reconcile_the_ledger_at_once(database_uri: str, tmp_path: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    zone = open_zone(str(tmp_path))
    for number in range(20):
        put(zone, "x", f"movielens/{number}.csv")

    def look(_: int) -> ledger.Changes:
        with psycopg.connect(database_uri) as connection:
            upgrade(connection)
            return ledger.reconcile(connection, zone)

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(look, range(4)))
    with psycopg.connect(database_uri) as connection:
        known = ledger.contents(connection)
        connection.execute("truncate ledger.files")
    assert sorted(key for changes in found for key in changes.new) == sorted(known)
    assert len(known) == 20
