"""The script's entry and its end: a command leaves without Python's taking apart what it has loaded.

With Dagster and Spark loaded that takes a second. Handlers of `atexit` run and output is written all the same.
"""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable

FAILED = 1


def leaving_at_once(command: Callable[[], None]) -> None:
    """Run a command as the whole program.

    The exit status is Python's own: that of a `SystemExit`, 1 after another exception. Where the last of the output
    cannot be written, a line on stderr says why, and the status is 1; a reader that is gone is no reason for a line.
    """
    status = FAILED

    def leave() -> None:
        os._exit(_flushed(status))

    # Handlers run in reverse, so after this one comes none.
    atexit.register(leave)
    try:
        command()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else FAILED if end.code else 0
        raise


def _flushed(status: int) -> int:
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except BrokenPipeError:
            status = status or FAILED
        except OSError as error:
            status = status or FAILED
            os.write(2, f"error the output could not be written: {error.strerror}\n".encode())
    return status
