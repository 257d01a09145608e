"""The curves of the fidelity report as a plot shows them: few points, with words. JSON both ways."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from movierec_assets.domain.simulation.curves import Curve, curves
from movierec_assets.domain.simulation.tally import Tally

POINTS = 60
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

AXES = {
    "popularity": ("title, most popular first", "share of sessions"),
    "activity": ("user, most active first", "sessions"),
    "hours": ("hour of the day, UTC", "share of sessions"),
    "weekdays": ("day of the week", "share of sessions"),
    "days": ("day", "sessions"),
    "watched": ("share of the runtime seen", "share of unfinished sessions"),
    "subscriptions": ("day", "subscriptions begun"),
    "genres": ("taste profile and genre, most watched first", "share of the profile's sessions"),
}
"""What each curve of `curves` is drawn over, and its unit."""


@dataclass(frozen=True)
class Drawn:
    """One curve, thinned out to at most 60 places.

    Attributes:
        name: Of the curve in `curves`.
        x: What lies along the first axis.
        y: The unit of the values.
        labels: Places on the first axis.
        asked: What the parameters ask for at each place.
        got: What was counted there.
    """

    name: str
    x: str
    y: str
    labels: list[str]
    asked: list[float]
    got: list[float]


def drawn(tally: Tally) -> list[Drawn]:
    """All curves of `curves`, in its order."""
    found = curves(tally)
    words = tally.plan.titles.genre_names
    return [_genres(found[n], words) if n == "genres" else _drawn(n, found[n], _label(n)) for n in AXES]


def _label(name: str) -> Callable[[float], str]:
    if name == "weekdays":
        return lambda x: WEEKDAYS[int(x)]
    return (lambda x: f"{x:.1%}") if name == "watched" else (lambda x: f"{x:g}")


def _drawn(name: str, curve: Curve, label: Callable[[float], str]) -> Drawn:
    shown = _some(curve.x.size)
    labels = [label(x) for x in curve.x[shown]]
    return Drawn(name, *AXES[name], labels, curve.asked[shown].tolist(), curve.got[shown].tolist())


def _genres(curve: Curve, words: tuple[str, ...]) -> Drawn:
    """All cells in one row: a profile's genres do not follow from each other as hours do."""
    order = np.argsort(-curve.asked, axis=None, kind="stable")
    cells = Curve(order, curve.asked.ravel()[order], curve.got.ravel()[order])
    return _drawn(
        "genres", cells, lambda cell: f"{int(cell) // len(words) + 1} {words[int(cell) % len(words)]}"
    )


def _some(n: int) -> list[int]:
    """At most `POINTS` places of n, evenly spread, both ends included."""
    return list(range(n)) if n <= POINTS else [round(i * (n - 1) / (POINTS - 1)) for i in range(POINTS)]
