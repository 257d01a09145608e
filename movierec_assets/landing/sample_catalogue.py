"""The sample's Netflix-shaped catalogue: movies and shows, some of them movies that the sample's links know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from movierec_assets.landing import sample_titles, sample_words
from movierec_assets.landing.sample_kinds import (
    MOVIE,
    SEASONS,
    SHOW,
    VOTES,
    Kind,
    countries,
    drawn_to,
    genres,
    quantile,
)
from movierec_assets.landing.sample_world import RANK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from movierec_assets.landing.sample_world import World

FEWEST_TITLES = 60
MOVIES_PER_TITLE = 10
TITLES_PER_MEETING = 10
SHARE_OF_MOVIES = 0.65

NO_IMDB_ID, NO_SCORE, NO_VOTES = 75, 90, 93
"""Of a thousand titles so many lack it; who lacks one lacks what comes after."""


@dataclass(frozen=True, slots=True)
class Title:
    """A movie or show.

    Attributes:
        id: `tm` or `ts` and a number.
        title: With year and kind there is one only.
        kind: `MOVIE` or `SHOW`.
        year: Of release.
        certification: Empty where there is none.
        runtime: In minutes, of one episode for shows; 0 for a few.
        genres: Main genre first; may be empty.
        countries: Of production, main country first; may be empty.
        seasons: None for movies.
        imdb_id: `tt` and at least seven digits, or None.
        tenths: IMDb score in tenths, or None.
        votes: How many votes the score is the mean of, or None.
    """

    id: str
    title: str
    kind: Kind
    year: int
    certification: str
    runtime: int
    genres: tuple[str, ...]
    countries: tuple[str, ...]
    seasons: int | None
    imdb_id: str | None
    tenths: int | None
    votes: int | None


@dataclass(frozen=True, slots=True)
class _Identity:
    title: str
    year: int
    imdb: int
    tastes: Sequence[int]


def titles(world: World) -> list[Title]:
    """The catalogue, ordered by year of release: a tenth as many titles as the world has movies, at least 60.

    One title in ten is a movie of `links.csv`, with its IMDb number, its title (article in front), its year, and
    genres of its tastes. All others have IMDb numbers above those of `links.csv`, or none. Votes go with the score.
    """
    count = max(FEWEST_TITLES, world.movies // MOVIES_PER_TITLE)
    generator = world.generator(11)
    kinds = [MOVIE if movie else SHOW for movie in generator.random(count) < SHARE_OF_MOVIES]
    numbers = (generator.permutation(count * 40)[:count] + 1_000).tolist()
    levels = generator.random((count, 3)).tolist()
    draws = generator.integers(0, 1 << 30, (count, 8)).tolist()
    identities, met = _identities(world, kinds)
    found = []
    for place, (kind, number, level, draw) in enumerate(zip(kinds, numbers, levels, draws, strict=True)):
        one = identities[place]
        lacks = max(draw[0] % 1000, NO_IMDB_ID if place in met else 0)
        found.append(
            Title(
                id=f"{kind.prefix}{number}",
                title=one.title,
                kind=kind,
                year=one.year,
                certification=kind.certifications[draw[1] % 100],
                runtime=quantile(level[0], kind.runtimes),
                genres=genres(one.tastes, draw[2]),
                countries=countries(draw[3:7]),
                seasons=SEASONS[draw[7] % 100] if kind.has_seasons else None,
                imdb_id=f"tt{one.imdb:07d}" if lacks >= NO_IMDB_ID else None,
                tenths=quantile(level[1], kind.scores) if lacks >= NO_SCORE else None,
                votes=quantile(drawn_to(level[1], level[2]), VOTES) if lacks >= NO_VOTES else None,
            )
        )
    return sorted(found, key=lambda title: (title.year, title.id))


def _identities(world: World, kinds: list[Kind]) -> tuple[list[_Identity], set[int]]:
    """Title, year, IMDb number and tastes of each title, and the places of those that the links know."""
    movies = [place for place, kind in enumerate(kinds) if kind is MOVIE]
    met = dict(zip(movies, _of_movielens(world, len(kinds) // TITLES_PER_MEETING), strict=False))
    taken = {(one.title, one.year, MOVIE) for one in met.values()}
    generator = world.generator(12)
    words = generator.integers(0, 1 << 30, (len(kinds), sample_words.DRAWS)).tolist()
    years = generator.random(len(kinds)).tolist()
    tastes = generator.integers(0, RANK, (len(kinds), 2)).tolist()
    imdb = np.cumsum(generator.integers(1, 2_000, len(kinds))) + sample_titles.imdb_numbers(world)[-1]
    identities = []
    for place, kind in enumerate(kinds):
        if place in met:
            identities.append(met[place])
            continue
        title, year, again = sample_words.title(words[place]), quantile(years[place], kind.years), 2
        name = title
        while (name, year, kind) in taken:
            name, again = f"{title} {again}", again + 1
        taken.add((name, year, kind))
        identities.append(_Identity(name, year, int(imdb[place]), tastes[place]))
    return identities, set(met)


def _of_movielens(world: World, count: int) -> list[_Identity]:
    """Movies of the sample, so many, no two of one title and year."""
    imdb = sample_titles.imdb_numbers(world)
    draws, years = sample_titles.title_draws(world), sample_titles.years(world)
    found: dict[tuple[str, int], _Identity] = {}
    for place in world.generator(13).permutation(world.movies).tolist():
        if len(found) == count:
            break
        title, year = sample_titles.title(draws[place].tolist(), article_last=False), int(years[place])
        tastes = np.argsort(-world.tastes[place], kind="stable")[:2].tolist()
        found.setdefault((title, year), _Identity(title, year, int(imdb[place]), tastes))
    return list(found.values())
