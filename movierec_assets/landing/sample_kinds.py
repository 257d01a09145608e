"""What the sample's movies and shows are like: which values there are, and how common each is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

GENRES = (
    ("action", "thriller", "sport"),
    ("comedy", "romance"),
    ("drama", "war", "history"),
    ("horror", "thriller"),
    ("scifi", "fantasy"),
    ("crime", "thriller", "drama"),
    ("animation", "family", "music"),
    ("documentation", "western", "reality", "european"),
)
"""Of each latent taste, as `sample_titles.GENRES` has them in MovieLens's words."""

COUNTRIES = (
    *("US", "IN", "GB", "JP", "FR", "CA", "KR", "ES", "DE", "MX", "CN", "BR"),
    *("PH", "AU", "IT", "TR", "NG", "AR", "TW", "ID", "EG", "BE", "CO", "ZA"),
)
"""Commonest first, ISO 3166."""

SEASONS = (*(1,) * 58, *(2,) * 18, *(3,) * 9, *(4,) * 6, *(5,) * 4, 6, 6, 7, 9, 12)
"""As common among a hundred shows."""

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class Kind:
    """Movies, or shows: values at the quantiles `LEVELS`; certifications, as common among a hundred titles."""

    word: str
    has_seasons: bool
    prefix: str
    years: tuple[int, ...]
    runtimes: tuple[int, ...]
    scores: tuple[int, ...]
    certifications: tuple[str, ...]


MOVIE = Kind(
    "MOVIE",
    False,
    "tm",
    years=(1953, 1999, 2015, 2018, 2020, 2021, 2022, 2022),
    runtimes=(3, 45, 85, 98, 115, 150, 180, 250),
    scores=(15, 43, 56, 64, 71, 79, 84, 90),
    certifications=(*("",) * 62, *("R",) * 15, *("PG-13",) * 12, *("PG",) * 7, *("G",) * 3, "NC-17"),
)
SHOW = Kind(
    "SHOW",
    True,
    "ts",
    years=(1945, 2008, 2016, 2019, 2020, 2022, 2022, 2022),
    runtimes=(0, 12, 25, 41, 49, 68, 100, 225),
    scores=(16, 51, 64, 72, 78, 85, 88, 96),
    certifications=(
        *(*("",) * 13, *("TV-MA",) * 41, *("TV-14",) * 23, *("TV-PG",) * 9),
        *(*("TV-Y7",) * 5, *("TV-Y",) * 5, *("TV-G",) * 4),
    ),
)
VOTES = (5, 50, 500, 2_500, 11_000, 110_000, 400_000, 2_000_000)


def quantile(level: float, values: Sequence[int]) -> int:
    """The value at a level from 0 to 1, of which `values` gives those at `LEVELS`; rounded."""
    return round(float(np.interp(level, LEVELS, values)))


def drawn_to(level: float, other: float) -> float:
    """A level that goes with both; where they are independent and uniform from 0 to 1, so is it on its own."""
    total = level + other
    return total * total / 2 if total < 1 else 1 - (2 - total) ** 2 / 2


def genres(tastes: Sequence[int], draw: int) -> tuple[str, ...]:
    """Genres of the first taste, from any of them on, perhaps one of the second; none for one title in a hundred."""
    if draw % 100 == 0:
        return ()
    own, other = (GENRES[taste] for taste in tastes)
    first, count, guest = draw // 100 % len(own), 1 + draw // 300 % len(own), draw // 900 % (2 * len(other))
    chosen = (*own[first:], *own[:first])[:count]
    return tuple(dict.fromkeys((*chosen, *other[guest : guest + 1])))


def countries(draws: Sequence[int]) -> tuple[str, ...]:
    """One country mostly, two or three for an eighth of the titles, none for one in 25. Takes four numbers."""
    form = draws[0] % 100
    count = 0 if form < 4 else 1 if form < 88 else 2 if form < 96 else 3
    # Cubes of uniform numbers, so that the first country makes a third of all titles.
    cubes = [(draw & 1023) ** 3 * len(COUNTRIES) >> 30 for draw in draws[1 : 1 + count]]
    return tuple(dict.fromkeys(COUNTRIES[place] for place in cubes))
