"""Where the lines of a chart run, in the units of its `viewBox`. What it looks like is the template's."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 76, 16, 16, 44
MOST_TICKS = 6

Value = tuple[float | None, float | None, float | None]
"""A value with the ends of its interval."""


@dataclass(frozen=True)
class Line:
    """One series.

    Attributes:
        name: Whose it is.
        points: `x,y` of each value that is there.
        pieces: The points of each stretch without a gap, as `points=` of a polyline.
        band: The interval around it as `points=` of a polygon; empty without one.
    """

    name: str
    points: Sequence[tuple[float, float]]
    pieces: Sequence[str]
    band: str


@dataclass(frozen=True)
class Chart:
    """A chart of values over versions.

    Attributes:
        ticks: Height and value of each grid line.
        lines: The series.
        left: Where the grid begins.
        right: Where it ends.
        base: Height of the horizontal axis.
    """

    ticks: Sequence[tuple[float, float]]
    lines: Sequence[Line]
    left: float = LEFT
    right: float = WIDTH - RIGHT
    base: float = HEIGHT - BOTTOM


def ticks(low: float, high: float, most: int = MOST_TICKS) -> list[float]:
    """Round values that reach from at most `low` to at least `high`, at most so many, evenly spaced."""
    span = (high - low) or abs(high) or 1.0
    size = 10.0 ** math.floor(math.log10(span / (most - 1)))
    for step in (size, 2 * size, 2.5 * size, 5 * size, 10 * size, 20 * size):
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        if last == first:
            last += 1
        if last - first < most:
            return [round(i * step, 12) for i in range(first, last + 1)]
    raise AssertionError("twenty times the size spans everything")


def chart(series: Mapping[str, Sequence[Value]]) -> Chart | None:
    """The chart, None where there is no value.

    Args:
        series: For each name its values over the same versions; the first one's intervals are drawn too.
    """
    whole = [v for values in series.values() for triple in values for v in triple if v is not None]
    if not whole:
        return None
    scale = ticks(min(*whole, 0.0), max(whole))
    versions = max(map(len, series.values()))

    def x(place: int) -> float:
        share = 0.5 if versions == 1 else place / (versions - 1)
        return round(LEFT + 12 + share * (WIDTH - LEFT - RIGHT - 24), 1)

    def y(value: float) -> float:
        share = (value - scale[0]) / (scale[-1] - scale[0])
        return round(HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM), 1)

    lines = []
    for number, (name, values) in enumerate(series.items()):
        there = [(x(i), y(v)) if v is not None else None for i, (v, _, _) in enumerate(values)]
        ends = [(x(i), y(a), y(b)) for i, (_, a, b) in enumerate(values) if a is not None and b is not None]
        around = [(at, a) for at, a, _ in ends] + [(at, b) for at, _, b in reversed(ends)]
        band = _text(around) if number == 0 and len(ends) > 1 else ""
        lines.append(Line(name, [p for p in there if p], [_text(piece) for piece in _pieces(there)], band))
    return Chart([(y(value), value) for value in scale], lines)


def _pieces(points: Sequence[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    found: list[list[tuple[float, float]]] = [[]]
    for point in points:
        if point is None:
            found.append([])
        else:
            found[-1].append(point)
    return [piece for piece in found if len(piece) > 1]


def _text(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


@dataclass(frozen=True)
class Interval:
    """A value and its interval along a bar that is 100 long."""

    value: float
    low: float
    high: float


def intervals(values: Mapping[str, Value]) -> dict[str, Interval]:
    """Each one's place on a common bar from 0 to the highest; without those that have no value."""
    top = max((v for triple in values.values() for v in triple if v is not None), default=0.0)
    if top <= 0:
        return {}

    def at(value: float) -> float:
        return round(2 + 96 * max(value, 0.0) / top, 1)

    return {
        name: Interval(at(value), at(value if low is None else low), at(value if high is None else high))
        for name, (value, low, high) in values.items()
        if value is not None
    }
