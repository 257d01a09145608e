"""One machine beside a cluster of one and of two workers, lake on S3: `make bench ARGS="scaling --ratings 1e6 3e6"`.

Each way runs the MovieLens graph once, in a process of its own, on the same generated files. The memory is that of the
client, the process that walks the graph: on a cluster nothing of the size of the ratings passes it. A table goes to
stdout, the figures to `benchmarks/results/`, and the curves of all kept results to `docs/scaling.svg`.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import RESULTS, machine
from benchmarks.measure import Measured, measure
from benchmarks.scaling_picture import draw
from movierec_assets_tests.s3 import S3Server, running_s3
from movierec_assets_tests.spark_clusters import running_cluster

Files = dict[str, tuple[int, int]]
MILLION = 1e6
PICTURE = RESULTS.parent.parent / "docs" / "scaling.svg"
PARTS = {
    "ingest": ("raw_",),
    "clean": ("clean_",),
    "join and stats": ("joined_features", "movie_stats", "popular_movies", "rating_histories"),
    "train": ("als_model", "ranking_model"),
    "evaluate": ("model_evaluation", "evaluation_history"),
    "top N and publish": ("recommendations", "similar_movies", "movie_factors"),
}
"""By what a step's name begins with."""


def part_of(step: str) -> str | None:
    """The part that a step belongs to."""
    return next((part for part, names in PARTS.items() if step.startswith(names)), None)


def seconds_by_part(steps: list[Measured]) -> dict[str, float]:
    """Seconds of each part."""
    return {part: sum(m.seconds for m in steps if part_of(m.step) == part) for part in PARTS}


def files_of(uri: str) -> Files:
    """Number of files and bytes of each table of a lake."""
    import pyarrow as pa
    from deltalake import DeltaTable

    from movierec_assets.io_managers.lake_io_manager import storage_options
    from movierec_assets.schema import TABLES

    found = {}
    for name in (name for name, table in TABLES.items() if table.lake):
        if DeltaTable.is_deltatable(f"{uri}/{name}", storage_options()):
            live = DeltaTable(f"{uri}/{name}", storage_options=storage_options())
            sizes = pa.table(live.get_add_actions())["size_bytes"].to_pylist()
            found[name] = (len(sizes), sum(sizes))
    return found


@contextmanager
def engine_of(workers: int, server: S3Server) -> Iterator[str]:
    """The embedded engine for no workers, else a cluster of so many."""
    if not workers:
        yield "embedded"
        return
    with running_cluster(workers, server.environment) as cluster:
        yield cluster.url


def run(workers: int, server: S3Server, landing: str, timeout: float) -> tuple[list[Measured], Files]:
    """One whole run, and what lies in the lake after it."""
    from movierec_assets.resources.embedded_postgres import stop_embedded

    home = Path(tempfile.mkdtemp(prefix="movierec-scaling-"))
    lake = f"s3://{server.new_bucket()}/lake"
    try:
        with engine_of(workers, server) as engine:
            return measure(home, landing, engine, timeout, lake), files_of(lake)
    finally:
        stop_embedded(home)
        shutil.rmtree(home, ignore_errors=True)


def table(measured: dict[str, dict[str, list[Measured]]]) -> str:
    """Seconds per million ratings of each part, the whole, and the client's memory, as Markdown.

    Args:
        measured: By the number of ratings, then by the way.
    """
    head = ["ratings", "way", *PARTS, "all", "client's peak MB"]
    lines = [head, ["---:", "---", *["---:"] * (len(head) - 2)]]
    for ratings, ways in measured.items():
        for way, steps in ways.items():
            millions = int(ratings) / MILLION
            parts = [f"{s / millions:.1f}" for s in seconds_by_part(steps).values()]
            whole = sum(m.seconds for m in steps if part_of(m.step)) / millions
            peak = max(m.peak_bytes for m in steps) / MILLION
            lines.append([f"{int(ratings):,}", way, *parts, f"{whole:.1f}", f"{peak:,.0f}"])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Generate, measure, print, keep, draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=float, nargs="+", default=[1e6], help="ratings to generate")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2], help="0: the embedded engine")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds after which a run is ended")
    chosen = parser.parse_args()

    from movierec_assets.landing.land import land
    from movierec_assets.landing.sample import sample
    from movierec_assets.landing.zone import open_zone

    began, before = datetime.now(UTC), machine()
    measured: dict[str, dict[str, list[Measured]]] = {}
    lakes: dict[str, dict[str, Files]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="movierec-scaling-") as folder,
        running_s3(Path(folder)) as server,
    ):
        os.environ.update(server.environment)
        for ratings in map(int, chosen.ratings):
            files = Path(folder) / str(ratings)
            sample(open_zone(str(files)), ratings)
            landing = f"s3://{server.new_bucket()}/in"
            land(open_zone(landing), str(files / "movielens"), downloads=files)
            for workers in chosen.workers:
                way = f"{workers} worker{'s' * (workers > 1)}" if workers else "embedded"
                steps, lake = run(workers, server, landing, chosen.timeout)
                measured.setdefault(str(ratings), {})[way] = steps
                lakes.setdefault(str(ratings), {})[way] = lake
                sys.stderr.write(f"{ratings:,} {way}: done\n")
            shutil.rmtree(files)
    print(table(measured))
    result = {
        "at": began.isoformat(timespec="seconds"),
        "machine": before,
        "load_average_after": os.getloadavg(),
        "files_and_bytes": lakes,
        "measured": {
            ratings: {way: [asdict(m) for m in steps] for way, steps in ways.items()}
            for ratings, ways in measured.items()
        },
    }
    path = RESULTS / f"{began:%Y%m%dT%H%M%SZ}-scaling.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    PICTURE.write_text(draw(kept()))
    print(f"\n{path}")


def kept() -> dict[str, dict[int, dict[str, float]]]:
    """Of all kept results, the newest of each size counting: by way and ratings the seconds of each part."""
    found: dict[str, dict[int, dict[str, float]]] = {}
    for path in sorted(RESULTS.glob("*-scaling.json")):
        for ratings, ways in json.loads(path.read_text())["measured"].items():
            for way, steps in ways.items():
                seconds = seconds_by_part([Measured(**step) for step in steps])
                found.setdefault(way, {})[int(ratings)] = seconds
    return found


if __name__ == "__main__":
    main()
