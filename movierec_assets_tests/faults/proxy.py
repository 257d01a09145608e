"""A bad network on loopback: an HTTP proxy that delays, spoils and swallows an S3 server's answers.

It is a process of its own: the Delta library holds Python's lock while it waits for some answers.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

FINE = "fine"


@dataclass(frozen=True)
class S3Proxy:
    """What is said to it.

    Attributes:
        endpoint: Its address.
        process: It.
    """

    endpoint: str
    process: subprocess.Popen[str]

    def spoil(self, weights: dict[str, int], *, after: int = 0, only: str = "") -> None:
        """Have these kinds of answers from now on, and count anew.

        Args:
            weights: How many of how many are `slow`, `cut` in their body, swallowed by a `reset` after the server has
                done what it was asked, `500` and `503` without its doing anything, `expired`, or `FINE`.
            after: So many answers more are fine.
            only: Part of the paths that this is for; the others are fine.
        """
        self._say(json.dumps({"weights": weights, "after": after, "only": only}))

    @property
    def seen(self) -> Counter[str]:
        """How many answers of which kind there were since."""
        return Counter(self._say(""))

    def _say(self, line: str) -> dict[str, int]:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        seen: dict[str, int] = json.loads(self.process.stdout.readline())
        return seen


@contextmanager
def s3_proxy(target: str, chance: random.Random) -> Iterator[S3Proxy]:
    """The proxy to an `http://host:port`, fine until something else is said."""
    program = [sys.executable, "-m", "movierec_assets_tests.faults.proxy_server"]
    with subprocess.Popen(
        [*program, target, str(chance.randrange(1 << 31))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin
        assert process.stdout
        try:
            yield S3Proxy(f"http://127.0.0.1:{int(process.stdout.readline())}", process)
        finally:
            process.stdin.close()
            process.wait(10)
