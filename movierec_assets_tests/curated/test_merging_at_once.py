"""Merges beside readers, writers and other merges, and merges that are killed: always one whole version."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from movierec_assets.curated import Merged, merge
from movierec_assets.schema import table
from movierec_assets_tests.curated.tables_of_tests import (
    bring,
    execute,
    genre,
    query,
    rows_for,
    title,
    with_tables,
)

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

LIVE = "SELECT count(*), min(runtime_minutes), max(runtime_minutes) FROM catalog.titles"
ROWS = 20_000
MERGER = """
import sys
from movierec_assets.resources.database import Database
from movierec_assets_tests.curated.test_merging_at_once import bring_whole
database = Database(home=sys.argv[1], url=sys.argv[2])
database.connect().close()
print("ready", flush=True)
for number in range(int(sys.argv[3]), 100_000):
    bring_whole(database, number)
"""


def whole(number: int, rows: int) -> pa.Table:
    """Titles that all run that many minutes; an odd version has other titles than an even one besides."""
    common = rows_for("titles", [title("tm0", runtime_minutes=number)])
    ids = [f"tm{n}" for n in range(rows - 1)] + [f"tm{rows + number % 2}"]
    columns = {f.name: pa.array([common[f.name][0].as_py()] * rows, f.type) for f in common.schema}
    return pa.table({**columns, "title_id": ids})


def bring_whole(database: Database, number: int, rows: int = ROWS) -> Merged:
    with database.connect(autocommit=True) as connection:
        return merge(connection, table("titles"), whole(number, rows), str(number), None)


def test_readers_see_one_whole_version_through_twenty_merges(any_database: Database) -> None:
    bring_whole(with_tables(any_database), 0, 500)
    stop = threading.Event()

    def read() -> set[Any]:
        seen = set()
        with any_database.connect(autocommit=True) as connection:
            while not stop.is_set():
                seen.add(connection.execute(LIVE).fetchone())
        return seen

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            for number in range(1, 21):
                assert bring_whole(any_database, number, 500) == Merged(True, 1, 499, 1)
        finally:
            stop.set()
    for reader in readers:
        assert len(reader.result()) > 3
        assert reader.result() <= {(500, n, n) for n in range(21)}


def test_merges_of_one_table_take_turns(any_database: Database) -> None:
    with_tables(any_database)
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: bring_whole(any_database, n, 100), [1, 2, 3, 4, 4, 4]))
    ((version,),) = query(any_database, "SELECT data_version FROM loaded.versions")
    assert query(any_database, LIVE) == [(100, int(version), int(version))]
    assert sum(d.changed for d in done) >= 4


def test_parents_and_children_may_be_merged_at_once(any_database: Database) -> None:
    ids = [f"tm{n}" for n in range(200)]
    bring(with_tables(any_database), "titles", "0", [title(i) for i in ids])

    def titles(number: int) -> Merged:
        return bring(any_database, "titles", f"t{number}", [title(i, runtime_minutes=number) for i in ids])

    def genres(number: int) -> Merged:
        return bring(any_database, "genres", f"g{number}", [genre(i, "drama", number) for i in ids])

    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(work, n) for n in range(1, 9) for work in (titles, genres)]
        assert all(one.result().changed for one in both)
    assert query(any_database, "SELECT count(*), min(position) = max(position) FROM catalog.genres") == [
        (200, True)
    ]


def test_an_edit_made_while_a_merge_waits_for_it_stays(any_database: Database) -> None:
    bring(with_tables(any_database), "titles", "1", [title("tm1"), title("tm2")])
    rows = [title("tm1", runtime_minutes=91, release_year=2001)]
    with any_database.connect() as person, ThreadPoolExecutor(1) as pool:
        person.execute("UPDATE catalog.titles SET runtime_minutes = 100 WHERE title_id IN ('tm1', 'tm2')")
        merging = pool.submit(bring, any_database, "titles", "2", rows)
        time.sleep(0.3)
        assert not merging.done()
        person.commit()
        assert merging.result() == Merged(True, updated=1, kept=2)
    assert query(
        any_database, "SELECT title_id, runtime_minutes, release_year FROM catalog.titles ORDER BY 1"
    ) == [
        ("tm1", 100, 2001),
        ("tm2", 100, 2000),
    ]


def test_a_row_entered_while_a_merge_brings_it_too_is_there_once(any_database: Database) -> None:
    with_tables(any_database)
    with any_database.connect() as person, ThreadPoolExecutor(1) as pool:
        person.execute(
            "INSERT INTO catalog.titles (title_id, title, kind, release_year, runtime_minutes)"
            " VALUES ('tm1', 'Mine', 'movie', 2026, 7)"
        )
        merging = pool.submit(bring, any_database, "titles", "1", [title("tm1"), title("tm2")])
        time.sleep(0.3)
        person.commit()
        assert merging.result().inserted == 1
    assert query(any_database, "SELECT title_id, title FROM catalog.titles ORDER BY 1") == [
        ("tm1", "Mine"),
        ("tm2", "A"),
    ]


def test_whenever_a_merge_is_killed_the_table_is_whole_and_the_next_merge_works(
    any_database: Database,
) -> None:
    moments = random.Random(5)
    bring_whole(with_tables(any_database), 0)
    execute(any_database, "UPDATE catalog.titles SET title = 'Mine' WHERE title_id = 'tm7'")
    for attempt in range(1, 6):
        start = attempt * 1000
        command = [sys.executable, "-c", MERGER, any_database.home, any_database.url, str(start)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as merger:
            assert merger.stdout is not None
            assert merger.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0.02, 1.0))
            merger.kill()
        ((rows, smallest, largest),) = query(any_database, LIVE)
        assert rows == ROWS
        assert smallest == largest
        assert bring_whole(any_database, start + 999).changed
        assert query(any_database, LIVE) == [(ROWS, start + 999, start + 999)]
    assert query(any_database, "SELECT title_id FROM catalog.titles WHERE title = 'Mine'") == [("tm7",)]
