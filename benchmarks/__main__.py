"""`python -m benchmarks NAME …` runs a benchmark; without a name it lists them and the results that are kept."""

from __future__ import annotations

import runpy
import sys
from importlib import import_module

from benchmarks.machine import RESULTS

BENCHMARKS = ("per_asset", "recommender", "scaling", "serving", "simulation")


def main() -> None:
    """Run one or list all."""
    if sys.argv[1:2] and sys.argv[1] in BENCHMARKS:
        name = sys.argv.pop(1)
        runpy.run_module(f"benchmarks.{name}", run_name="__main__", alter_sys=True)
        return
    if sys.argv[1:]:
        sys.exit(f"no benchmark {sys.argv[1]!r}; there are {', '.join(BENCHMARKS)}")
    for name in BENCHMARKS:
        print((import_module(f"benchmarks.{name}").__doc__ or "").splitlines()[0])
    print("\nResults:")
    for path in sorted(RESULTS.glob("*.json")):
        print(path)


main()
