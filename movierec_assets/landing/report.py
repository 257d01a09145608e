"""What landing tells its caller: progress while it runs, and what became of each file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Progress = Callable[[str, int, int | None], None]
"""Called with the file's name, how much of it is done, and how much there is (None: not known)."""


def silent(name: str, done: int, total: int | None) -> None:
    """The `Progress` of a caller that shows none."""


@dataclass(frozen=True)
class Landed:
    """One file that is in the zone now.

    Attributes:
        key: Its key in the zone.
        size: In bytes.
        changed: False where the same content was there already; it was not written again then.
    """

    key: str
    size: int
    changed: bool
