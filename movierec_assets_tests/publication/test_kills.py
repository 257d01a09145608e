"""A publisher killed at any moment: the old snapshot is live, nothing is left over, the next one succeeds."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from movierec_assets.publication import history
from movierec_assets_tests.publication.snapshots_of_tests import live, prepared, publish_scores

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

ROWS = 60_000
PUBLISHER = f"""
import sys
from movierec_assets.resources.database import Database
from movierec_assets_tests.publication.snapshots_of_tests import publish_scores
database = Database(home=sys.argv[1], url=sys.argv[2])
database.connect().close()
print("ready", flush=True)
for number in range(int(sys.argv[3]), 1000):
    publish_scores(database, number, rows={ROWS}, keep=2)
"""


def test_whenever_a_publisher_is_killed_the_table_is_whole_and_the_next_publication_works(
    any_database: Database,
) -> None:
    moments = random.Random(3)
    publish_scores(prepared(any_database), 0, rows=ROWS)
    for attempt in range(1, 11):
        command = [
            sys.executable,
            "-c",
            PUBLISHER,
            any_database.home,
            any_database.url,
            str(1000 - attempt * 50),
        ]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as publisher:
            assert publisher.stdout is not None
            assert publisher.stdout.readline() == "ready\n"
            time.sleep(moments.uniform(0.02, 1.0))
            publisher.kill()
        rows, smallest, largest = live(any_database)
        assert rows == ROWS
        assert smallest == largest
        number = 2000 + attempt
        assert publish_scores(any_database, number, rows=ROWS, keep=2).changed
        assert live(any_database) == (ROWS, number, number)
    with any_database.connect() as connection:
        kept = history(connection)
        stored = connection.execute(
            f"SELECT snapshot_id, count(*) FROM publication.{kept[0].storage} GROUP BY 1 ORDER BY 1 DESC"
        ).fetchall()
    assert stored == [(s.snapshot_id, s.rows) for s in kept]
    assert len(kept) == 2
