"""Runs a kernel over ranges of rows in threads."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

RANGES_PER_THREAD = 8
"""More ranges than threads, so that a core which another process slows down does not hold up the rest."""


def each_range(
    task: Callable[[int, int], None],
    work: npt.NDArray[np.int64],
    threads: int | None = None,
    ranges_per_thread: int = RANGES_PER_THREAD,
) -> None:
    """Call `task(start, stop)` for ranges that cover all rows once, each of about the same work.

    Args:
        task: Works on the rows `start` to `stop`; it should release the interpreter lock.
        work: int64[n_rows + 1], ascending: the work in all rows before each row.
        threads: How many; default one per core that this process may use.
        ranges_per_thread: How many ranges there are for each thread.
    """
    threads = threads or cores()
    targets = np.linspace(int(work[0]), int(work[-1]), threads * ranges_per_thread + 1)
    cuts = np.unique(np.concatenate(([0], np.searchsorted(work, targets[1:-1]), [work.size - 1])))
    for _ in _pool(threads).map(task, cuts[:-1].tolist(), cuts[1:].tolist()):
        pass


def cores() -> int:
    """Cores that this process may use; macOS tells only how many there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Kept: on a small dataset, starting threads for each half-step takes longer than the step."""
    return ThreadPoolExecutor(threads, "kernels")


# A forked child has none of its parent's threads.
os.register_at_fork(after_in_child=_pool.cache_clear)
