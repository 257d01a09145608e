"""The end of the program: the status, the output and the handlers are those of any Python program."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BUFFERED = {**os.environ, "PYTHONUNBUFFERED": ""}
SHORT = "print('x' * 10)"

LEAVE = """
import atexit, sys
from movierec_assets.cli.leaving import leaving_at_once

def command():
    atexit.register(lambda: print("handled"))
    {}

leaving_at_once(command)
"""


@pytest.mark.parametrize(
    ("end", "status"),
    [
        ("pass", 0),
        ("sys.exit()", 0),
        ("sys.exit(0)", 0),
        ("sys.exit(3)", 3),
        ("sys.exit('why')", 1),
        ("1 / 0", 1),
    ],
)
def test_status_output_and_handlers_are_as_without_it(end: str, status: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVE.format(f"print('x' * 100_000); {end}")], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (status, "x" * 100_000 + "\nhandled\n")
    assert ("ZeroDivisionError" in done.stderr) == ("1 / 0" in end)
    assert ("why" in done.stderr) == ("why" in end)


def test_output_that_cannot_be_written_is_an_error_and_not_lost_silently() -> None:
    with Path("/dev/full").open("wb") as full:
        program = [sys.executable, "-c", LEAVE.format(SHORT)]
        done = subprocess.run(program, stdout=full, stderr=subprocess.PIPE, text=True, env=BUFFERED)
    assert done.returncode == 1
    assert done.stderr == "error the output could not be written: No space left on device\n"


def test_a_reader_that_is_gone_gets_no_line() -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", LEAVE.format(SHORT)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=BUFFERED,
    )
    assert program.stdout is not None
    assert program.stderr is not None
    program.stdout.close()
    assert program.stderr.read() == b""
    assert program.wait() == 1
