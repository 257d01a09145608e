"""A bad network before the database: lines that are slow and break at any moment."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from movierec_assets.publication import PublicationError
from movierec_assets.resources.database import Database
from movierec_assets_tests.databases import emptied
from movierec_assets_tests.faults import plan
from movierec_assets_tests.faults.contents import LEDGER, lake_contents, statement, variant
from movierec_assets_tests.faults.lines import Lines, lines_to
from movierec_assets_tests.publication.snapshots_of_tests import live, prepared, publish_scores

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

    from movierec_assets_tests.faults.contents import Contents
    from movierec_assets_tests.homes import Home

pytestmark = pytest.mark.skipif(not plan.LONG, reason="`make fault-test` does it")

CUTS = 12
ROWS = 60_000


@pytest.fixture
def direct(tcp_url: str, tmp_path: Path) -> Database:
    """The database past the bad network, empty."""
    return emptied(Database(home=str(tmp_path), url=tcp_url))


@pytest.fixture
def lines(tcp_url: str, chance: random.Random) -> Iterator[Lines]:
    port = tcp_url.removesuffix("/movierec").rpartition(":")[2]
    with lines_to(int(port), chance) as lines:
        yield lines


def by(lines: Lines, url: str) -> str:
    """The URL over the bad network."""
    return f"{url.removesuffix('/movierec').rpartition(':')[0]}:{lines.port}/movierec"


def test_a_run_whose_lines_to_the_database_break_goes_on_or_ends_in_words_and_the_next_completes(
    ready_home: Home, direct: Database, lines: Lines, clean: list[Contents]
) -> None:
    for name, text in variant(0).items():
        ready_home.write(name, text)
    lines.slow = 0.01
    ended = threading.Event()

    def cut() -> None:
        while lines.cuts < CUTS and not ended.wait(lines.chance.uniform(0.2, 2.5)):
            lines.cut_one()

    cutter = threading.Thread(target=cut)
    cutter.start()
    try:
        for _ in range(CUTS + 1):
            done = ready_home.movierec("run", MOVIEREC_DATABASE_URL=by(lines, direct.url))
            assert "Traceback" not in done.err
            if done.code == 0 and lines.cuts >= CUTS:
                break
            if done.code:
                assert "database movierec at 127.0.0.1" in done.out + done.err, done
    finally:
        ended.set()
        cutter.join()
    assert done.code == 0, done
    assert lines.cuts >= CUTS
    assert lines.delays > 0
    with direct.connect() as connection:
        published = dict(connection.execute(statement(list(clean[0].published)).encode()).fetchall())
        ledger = connection.execute(LEDGER.encode()).fetchall()
    assert published == clean[0].published
    assert ledger == clean[0].ledger
    assert lake_contents(ready_home.settings(), set(clean[0].lake)) == clean[0].lake


def test_a_copy_whose_line_breaks_in_its_middle_leaves_the_old_snapshot_live_and_nothing_else(
    direct: Database, lines: Lines
) -> None:
    publish_scores(prepared(direct), 1, rows=ROWS)
    far = Database(home=direct.home, url=by(lines, direct.url))
    for number, most_up in enumerate((100_000, 1_000_000), start=2):
        lines.most_up = most_up
        with pytest.raises(PublicationError, match="what was live stays live"):
            publish_scores(far, number, rows=ROWS)
        assert live(direct) == (ROWS, 1, 1)
    assert lines.cuts == 2
    lines.most_up = None
    assert publish_scores(far, 4, rows=ROWS).changed
    assert live(direct) == (ROWS, 4, 4)
