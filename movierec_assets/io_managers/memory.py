"""Memory that this process has freed, given back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give back what allocators keep for later.

    On tens of millions of ratings a step leaves them some GB, held in many small pieces by threads that have nothing
    more to do, and the next step's memory would come on top. Takes less than a millisecond where there is nothing.
    """
    import pyarrow as pa

    pa.default_memory_pool().release_unused()
    # Only the GNU C library has it, and keeps so much.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).malloc_trim(0)
