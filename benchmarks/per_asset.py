"""Seconds and peak memory per asset on generated data, on several engines: `make bench ARGS="per_asset --ratings 1e7"`.

Each engine runs the whole graph once in a process of its own, one after the other, on the same landing files. The
memory of a step includes what its process kept from the steps before. A table goes to stdout; the figures, with how
busy the machine was, to `benchmarks/results/`.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import RESULTS, machine
from benchmarks.measure import Measured, measure


@dataclass(frozen=True)
class Cell:
    """What one engine needs for one line of the table: seconds, bytes; with `least`, at least these."""

    seconds: float
    peak_bytes: int
    least: bool = False


def table(measured: dict[str, list[Measured]]) -> str:
    """The figures as Markdown; the ratio is the last engine's to the first's.

    Where an engine was ended before it was done, what it had not finished says `> `: its whole, and the ratio, are
    at least this. A step that it never came to is `-`.
    """
    first, last = next(iter(measured)), list(measured)[-1]
    by_step = {
        e: {m.step: Cell(m.seconds, m.peak_bytes, m.ended) for m in steps} for e, steps in measured.items()
    }
    columns = [f"{what} {e}" for e in measured for what in ("s", "MB")]
    ratios = [f"s {last} / {first}", f"MB {last} / {first}"] if first != last else []
    lines = [["made", "rows", *columns, *ratios]]
    for m in measured[first]:
        cells = [steps.get(m.step) for steps in by_step.values()]
        lines.append([", ".join(m.assets) or m.step, f"{m.rows:,}" if m.assets else "", *_cells(cells)])
    lines.append(["sum of seconds, largest memory", "", *_cells([_whole(s) for s in measured.values()])])
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    lines.insert(1, ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])])
    return "\n".join("| " + " | ".join(_pad(line, widths)) + " |" for line in lines)


def _whole(steps: Sequence[Measured]) -> Cell:
    return Cell(sum(m.seconds for m in steps), max(m.peak_bytes for m in steps), any(m.ended for m in steps))


def _pad(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))]


def _cells(figures: Sequence[Cell | None]) -> list[str]:
    cells = [text for cell in figures for text in _texts(cell)]
    if len(figures) == 1:
        return cells
    first, last = figures[0], figures[-1]
    if first is None or last is None or first.least:
        return [*cells, "-", "-"]
    more = "> " if last.least else ""
    times = (last.seconds / first.seconds, last.peak_bytes / first.peak_bytes)
    return [*cells, *(f"{more}{ratio:.1f}" for ratio in times)]


def _texts(cell: Cell | None) -> tuple[str, str]:
    if cell is None:
        return "-", "-"
    more = "> " if cell.least else ""
    return f"{more}{cell.seconds:.2f}", f"{more}{cell.peak_bytes / 1e6:,.0f}"


def main() -> None:
    """Generate, measure, print, keep."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ratings", type=float, default=1e6, help="ratings to generate, e.g. 1e7")
    parser.add_argument("--engines", nargs="+", default=["embedded", "local[2]"], help="as MOVIEREC_ENGINE")
    parser.add_argument("--timeout", type=float, default=3600, help="seconds after which an engine is ended")
    chosen = parser.parse_args()

    from movierec_assets.landing.sample import sample
    from movierec_assets.landing.zone import open_zone
    from movierec_assets.resources.embedded_postgres import start_embedded, stop_embedded

    began, before = datetime.now(UTC), machine()
    measured: dict[str, list[Measured]] = {}
    failed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="movierec-bench-") as folder:
        landing = str(Path(folder) / "landing")
        sample(open_zone(landing), int(chosen.ratings))
        for number, engine in enumerate(chosen.engines):
            home = Path(folder) / str(number)
            home.mkdir()
            try:
                measured[engine] = measure(home, landing, engine, chosen.timeout)
            except RuntimeError as error:
                failed.append(str(error))
            # A killed process leaves its server behind; taking it over and giving it up ends it in order.
            start_embedded(home)
            stop_embedded(home)
    if measured:
        print(table(measured))
    RESULTS.mkdir(exist_ok=True)
    result = {
        "at": began.isoformat(timespec="seconds"),
        "ratings": int(chosen.ratings),
        "machine": before,
        "load_average_after": os.getloadavg(),
        "engines": {engine: [asdict(m) for m in steps] for engine, steps in measured.items()},
    }
    path = RESULTS / f"{began:%Y%m%dT%H%M%SZ}-{int(chosen.ratings)}.json"
    path.write_text(json.dumps(result, indent=1) + "\n")
    print(f"\n{path}")
    if failed:
        sys.exit("\n".join(failed))


if __name__ == "__main__":
    main()
