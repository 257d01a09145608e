"""What a look at one part found."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from movierec_assets.settings_errors import redacted

State = Literal["ok", "warning", "failed", "skipped"]
MOST_CHARACTERS = 600


@dataclass(frozen=True)
class Finding:
    """One fact about one part.

    Attributes:
        part: What was looked at, such as `lake`.
        state: `failed` where something does not work, `warning` where it soon may not or waits for somebody.
        said: What was found, without secrets.
        remedy: What to do about it; empty where nothing is to be done, or where `said` tells it.
    """

    part: str
    state: State
    said: str
    remedy: str = ""


def looked_at(part: str, look: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """The findings of a look; an error that ends it is one too."""
    found: list[Finding] = []
    try:
        found.extend(look())
    # Whatever a broken part throws is what the person came to read.
    except Exception as error:
        words = " ".join(redacted(str(error)).split())[:MOST_CHARACTERS]
        own = type(error).__module__.startswith("movierec_assets.")
        found.append(Finding(part, "failed", words if own else f"{type(error).__name__}: {words}"))
    return found
