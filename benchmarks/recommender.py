"""The recommender beside what else a Python user can install: `make bench ARGS="recommender --ratings 29e6"`.

Four contests, the contenders of each one after the other in processes of their own, on the same generated ratings and
with two threads: explicit ALS beside MLlib, implicit ALS and everybody's top 10 beside `implicit` (whose BLAS has one
thread, as it asks for), and loading PostgreSQL beside `pandas.to_sql`. Spark's JDBC writer is left out, as its driver
for PostgreSQL comes from the network. A table goes to stdout; it and all figures go to `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import contenders, loading
from benchmarks.contest import Result, run
from benchmarks.machine import RESULTS, machine

ITERATIONS = ("iteration seconds", "iteration CPU seconds")
APART = "largest difference of their scores"
RMSE_SLACK, SCORE_SLACK = 0.01, 1e-6
"""Within which an error, and the scores of lists that differ, count as the same."""
OTHER_VARIABLES = {"OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Contest:
    """Who does the same thing.

    Attributes:
        title: What is done.
        entrants: Names in `contenders` or `loading`, this project's first.
        wanted: How many times faster than the fastest of the others the first has to be.
        after: Whose files the entrants need.
    """

    title: str
    entrants: tuple[str, ...]
    wanted: float
    after: tuple[str, ...] = ()


CONTESTS = {
    "explicit": Contest(
        "Explicit ALS, rank 10, 10 iterations, nonnegative", ("explicit_native", "explicit_mllib"), 12
    ),
    "ranking": Contest(
        "Implicit ALS, 64 factors, one iteration",
        ("ranking_native", "ranking_implicit", "ranking_implicit_mean"),
        2,
    ),
    "top": Contest(
        "Top 10 of everybody, seen removed", ("top_native", "top_implicit"), 8, ("ranking_native",)
    ),
    "load": Contest(
        "Recommendations into PostgreSQL", ("load_published", "load_pandas", "load_pandas_multi"), 5
    ),
}


def compared(result: Result) -> tuple[float, float]:
    """The seconds that count and their processor seconds: of an iteration in the median where told, else of all."""
    if ITERATIONS[0] not in result.facts:
        return result.seconds, result.processor_seconds
    seconds, processor = (statistics.median(result.facts[name]) for name in ITERATIONS)
    return seconds, processor


def differences(mine: Any, other: Any, users: Any, items: Any) -> dict[str, float]:
    """How two sets of lists of the same users differ.

    Args:
        mine: int[n_users, n] positions of items, best first.
        other: The same of the other.
        users: float32[n_users, rank] factors.
        items: float32[n_items, rank].

    Returns:
        How many users have different lists, and the largest difference, rank by rank, of the exact scores of those.
    """
    at = np.flatnonzero((mine != other).any(axis=1))
    factors, known = users[at].astype(np.float64)[:, None, :], items.astype(np.float64)
    scores = [(factors * known[lists[at]]).sum(axis=2) for lists in (mine, other)]
    return {
        "users with another list": int(at.size),
        APART: float(np.abs(scores[0] - scores[1]).max(initial=0)),
    }


def table(results: dict[str, dict[str, Result]]) -> str:
    """Markdown: a row for each contender; the ratios are to the contest's first."""
    lines = [
        "| contest | contender | s | CPU s | peak MB | s compared | CPU s compared | ratio | CPU ratio | told |",
        "| --- | --- | --: | --: | --: | --: | --: | --: | --: | --- |",
    ]
    for name, entrants in results.items():
        first = compared(next(iter(entrants.values())))
        for entrant, r in entrants.items():
            told = [
                f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v:,}"
                for k, v in r.facts.items()
                if k not in ITERATIONS
            ]
            mine = compared(r)
            figures = [f"{r.seconds:.2f}", f"{r.processor_seconds:.2f}", f"{r.peak_bytes / 1e6:,.0f}"]
            figures += [f"{seconds:.2f}" for seconds in mine]
            figures += [f"{other / own:.1f}" for other, own in zip(mine, first, strict=True)]
            lines.append("| " + " | ".join([CONTESTS[name].title, entrant, *figures, ", ".join(told)]) + " |")
    return "\n".join(lines)


def claims(results: dict[str, dict[str, Result]]) -> list[str]:
    """A line for each contest: how much faster the first is than the fastest other, how much is wanted, and whether it
    is as good, by what both tell.
    """
    found = []
    for name, entrants in results.items():
        first, *others = (compared(result)[0] for result in entrants.values())
        ratio, wanted = min(others) / first, CONTESTS[name].wanted
        worse = faults(*(result.facts for result in entrants.values()))
        verdict = "holds" if ratio >= wanted and not worse else "does not hold"
        found.append(
            f"{CONTESTS[name].title}: {ratio:.1f} times faster, {wanted:g} wanted{''.join(worse)}: {verdict}"
        )
    return found


def faults(mine: dict[str, Any], *others: dict[str, Any]) -> list[str]:
    """In what the first is worse than the best of the others, in words; empty where it is as good as they are."""
    found = []
    errors = [other["RMSE"] for other in others if "RMSE" in other]
    if errors and mine["RMSE"] > min(errors) * (1 + RMSE_SLACK):
        found.append(f", RMSE more than {RMSE_SLACK:.0%} above {min(errors):.4g}")
    gains = [other["nDCG@10"] for other in others if "nDCG@10" in other]
    if gains and mine["nDCG@10"] < max(gains):
        found.append(f", nDCG@10 below {max(gains):.4g}")
    if any(other.get(APART, 0) > SCORE_SLACK for other in others):
        found.append(f", lists whose scores are more than {SCORE_SLACK:g} apart")
    return found


def prepare(folder: Path, ratings: int, rows: int) -> None:
    """Write what the contenders read."""
    import pyarrow.parquet as pq

    from movierec_assets.landing.sample_ratings import blocks, draw
    from movierec_assets.landing.sample_world import World

    world = World(ratings, contenders.SEED)
    with ThreadPoolExecutor(contenders.THREADS) as pool:
        drawn = list(pool.map(lambda number: draw(world, number), range(blocks(world))))
    for name, parts in {
        "user": [b.user.astype(np.int32) for b in drawn],
        "item": [world.movie_ids[b.movie].astype(np.int32) for b in drawn],
        "rating": [b.halves.astype(np.float32) / 2 for b in drawn],
    }.items():
        np.save(folder / f"{name}.npy", np.concatenate(parts))
    pq.write_table(loading.recommendations(rows, contenders.N), folder / "recommendations.parquet")


def compete(folder: Path, names: list[str], timeout: float) -> dict[str, dict[str, Result]]:
    """Run the contests; the lists of `top` are compared and what differs is told by the second."""
    done: dict[str, Result] = {}

    def enter(entrant: str) -> Result:
        if entrant not in done:
            variables = OTHER_VARIABLES if "implicit" in entrant else {}
            done[entrant] = run("benchmarks.contenders", [entrant, str(folder)], variables, timeout)
        return done[entrant]

    results: dict[str, dict[str, Result]] = {}
    for name in names:
        for needed in CONTESTS[name].after:
            enter(needed)
        results[name] = {entrant: enter(entrant) for entrant in CONTESTS[name].entrants}
    if "top" in results:
        lists = [np.load(folder / f"top-{who}.npy") for who in ("native", "implicit")]
        factors = np.load(folder / "factors.npz")
        results["top"]["top_implicit"].facts.update(
            differences(lists[0], lists[1], factors["users"], factors["items"])
        )
    return results


def main() -> None:
    """Generate, measure, print, keep."""
    from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=float, default=1e6, help="ratings to generate, e.g. 29e6")
    parser.add_argument("--rows", type=float, default=2e6, help="recommendations to load")
    parser.add_argument("--contests", nargs="+", choices=CONTESTS, default=list(CONTESTS))
    parser.add_argument("--timeout", type=float, default=3600, help="seconds per contender")
    chosen = parser.parse_args()
    began, before = datetime.now(UTC), machine()
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as name:
        folder = Path(name)
        prepare(folder, int(chosen.ratings), int(chosen.rows))
        home = folder / "home"
        home.mkdir()
        start_embedded(home)
        try:
            results = compete(folder, chosen.contests, chosen.timeout)
        finally:
            stop_embedded(home)
    text = "\n".join([table(results), "", *claims(results)])
    print(text)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{began:%Y%m%dT%H%M%SZ}-recommender-{int(chosen.ratings)}.json"
    kept = {
        "at": began.isoformat(timespec="seconds"),
        "ratings": int(chosen.ratings),
        "rows": int(chosen.rows),
        "machine": before,
        "load_average_after": machine()["load_average"],
        "contests": {n: {e: asdict(r) for e, r in entrants.items()} for n, entrants in results.items()},
    }
    path.write_text(json.dumps(kept, indent=1) + "\n")
    path.with_suffix(".md").write_text(text + "\n")
    print(f"\n{path}")


if __name__ == "__main__":
    main()
