"""Freed memory goes back to the system."""

import platform
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from movierec_assets.io_managers.memory import give_back

PIECES, BYTES = 2000, 100_000


def resident() -> int:
    return int(psutil.Process().memory_info().rss)


def leave_gaps(_: int) -> list[bytes]:
    pieces = [b"x" * BYTES for _ in range(PIECES)]
    return pieces[::50]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only the GNU C library keeps so much")
def test_what_threads_have_freed_between_what_they_hold_goes_back() -> None:
    with ThreadPoolExecutor(2) as pool:
        held = list(pool.map(leave_gaps, range(2)))
        before = resident()
        give_back()
        assert before - resident() > PIECES * BYTES
    assert len(held) == 2


def test_it_does_nothing_where_there_is_nothing_to_give() -> None:
    give_back()
    give_back()
