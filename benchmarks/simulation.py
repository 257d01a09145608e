"""Sessions per second and peak memory of the simulation: `make bench ARGS="simulation --sessions 1e6"`.

Once streamed to nowhere, users included and counted for the fidelity report, and once loaded into the embedded
PostgreSQL with its keys, references and indexes; a process each. Peak memory is that of the process, without the
database server, whose own is bounded by its settings. Figures go to `benchmarks/results/` too.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.per_asset import RESULTS, machine

TITLES = 5_000
USER_SESSIONS = 50


def streamed(home: Path, sessions: int) -> None:
    """To nowhere, counted."""
    from movierec_assets.domain.simulation.fidelity import report
    from movierec_assets.domain.simulation.sessions import SessionPlan
    from movierec_assets.domain.simulation.tally import Tally
    from movierec_assets.domain.simulation.users import simulate_users

    plan = SessionPlan(_parameters(sessions), _titles())
    tally = Tally(plan)
    for batch in simulate_users(plan.population):
        tally.add_users(batch)
    for batch in plan.batches():
        tally.add_sessions(batch)
    report(tally)


def loaded(home: Path, sessions: int) -> None:
    """Into PostgreSQL."""
    from movierec_assets.curated import ensure_tables, scenarios
    from movierec_assets.resources.database import Database

    database = Database(url="", home=str(home))
    ensure_tables(database)
    with database.connect() as connection:
        connection.execute(
            "insert into catalog.titles (title_id, title, kind, release_year, runtime_minutes, imdb_votes)"
            " select 'tm' || n, 'Title ' || n, 'movie', 2000, 60 + n %% 90, n from generate_series(1, %s) n",
            [TITLES],
        )
    scenarios.load(database, "bench", _parameters(sessions))


def _parameters(sessions: int):  # type: ignore[no-untyped-def]
    from movierec_assets.domain.simulation.parameters import SimulationParameters

    return SimulationParameters(users=max(1, sessions // USER_SESSIONS), sessions_per_user=USER_SESSIONS)


def _titles():  # type: ignore[no-untyped-def]
    import pyarrow as pa

    numbers = range(1, TITLES + 1)
    return pa.table(
        {
            "title_id": [f"tm{n}" for n in numbers],
            "kind": ["MOVIE"] * TITLES,
            "runtime": pa.array([60 + n % 90 for n in numbers], pa.int32()),
            "popularity": pa.array(list(numbers), pa.int64()),
            "genres": pa.array([[] for _ in numbers], pa.list_(pa.string())),
        }
    )


def _measured(name: str, home: Path, sessions: int, pipe: object) -> None:
    began = time.perf_counter()
    {"streamed": streamed, "loaded": loaded}[name](home, sessions)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    pipe.send((time.perf_counter() - began, peak))  # type: ignore[attr-defined]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=float, default=1e6, help="viewings, e.g. 1e7")
    parser.add_argument("--ways", nargs="+", choices=["streamed", "loaded"], default=["streamed", "loaded"])
    chosen = parser.parse_args()
    sessions, before, began = int(chosen.sessions), machine(), datetime.now(UTC)
    context = multiprocessing.get_context("spawn")
    measured: dict[str, dict[str, float]] = {}
    print("| way | sessions | seconds | sessions/s | peak MB |\n| --- | --: | --: | --: | --: |")
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as folder:
        for way in chosen.ways:
            mine, theirs = context.Pipe()
            process = context.Process(target=_measured, args=(way, Path(folder), sessions, theirs))
            process.start()
            theirs.close()
            try:
                seconds, peak = mine.recv()
            except EOFError:
                sys.exit(f"{way}: the process ended without a result")
            process.join()
            measured[way] = {"seconds": round(seconds, 1), "peak_bytes": peak}
            print(f"| {way} | {sessions:,} | {seconds:.1f} | {sessions / seconds:,.0f} | {peak / 1e6:,.0f} |")
    result = {
        "at": began.isoformat(timespec="seconds"),
        "sessions": sessions,
        "machine": before,
        "load_average_after": os.getloadavg(),
        "ways": measured,
    }
    path = RESULTS / f"{began:%Y%m%dT%H%M%SZ}-simulation-{sessions}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path}")


if __name__ == "__main__":
    main()
