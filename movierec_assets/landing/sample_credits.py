"""The sample's `raw_credits.csv`: who acts in a title, as whom, and who directs it; a block of titles at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from movierec_assets.landing import sample_words
from movierec_assets.landing.sample_kinds import MOVIE, quantile
from movierec_assets.landing.sample_titles import csv_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.landing.sample_catalogue import Title
    from movierec_assets.landing.sample_world import Ints, World

TITLES_PER_BLOCK = 256
PEOPLE_PER_TITLE = 30
CAST = (0, 0, 4, 9, 17, 41, 80, 200)
"""Actors of a title at the quantiles `LEVELS`."""


@dataclass(frozen=True)
class People:
    """Everybody who may have a credit: a few are in many titles, most in one or none.

    Attributes:
        world: That they are drawn from.
        count: How many they are.
    """

    world: World
    count: int

    @cached_property
    def ids(self) -> Ints:
        """Each one's id, increasing. Shape (count,)."""
        ids: Ints = np.cumsum(self.world.generator(14).integers(1, 60, self.count))
        return ids

    @cached_property
    def _draws(self) -> npt.NDArray[np.uint32]:
        shape = (self.count, sample_words.DRAWS)
        return self.world.generator(15).integers(0, 1 << 30, shape, dtype=np.uint32)

    def name(self, person: int) -> str:
        """The one name of the person at a position."""
        return sample_words.name(self._draws[person].tolist())


def credits_csv(world: World, titles: list[Title]) -> Iterator[bytes]:
    """Blocks of the file: a title's actors, then its directors, in the order of the titles; nobody twice in a role."""
    people = People(world, PEOPLE_PER_TITLE * len(titles))
    yield b"index,person_id,id,name,character,role\n"
    index = 0
    for first in range(0, len(titles), TITLES_PER_BLOCK):
        generator = world.generator(16, first // TITLES_PER_BLOCK)
        rows = [
            row
            for title in titles[first : first + TITLES_PER_BLOCK]
            for row in _of_title(title, people, generator)
        ]
        yield csv_lines(((index + place, *row) for place, row in enumerate(rows)), "")
        index += len(rows)


def _of_title(
    title: Title, people: People, generator: np.random.Generator
) -> Iterator[tuple[int, str, str, str, str]]:
    actors = _someone(people, quantile(generator.random(), CAST), generator)
    words = generator.integers(0, 1 << 30, (len(actors), sample_words.DRAWS)).tolist()
    for person, draws in zip(actors, words, strict=True):
        yield _row(title, people, person, sample_words.character(draws), "ACTOR")
    form = int(generator.integers(0, 100))
    # Most movies have a director, most shows name none; one director in ten acts too.
    count = 1 + (form >= 90) if form >= (8 if title.kind is MOVIE else 85) else 0
    directors = [*actors[: form % 10 == 0], *_someone(people, 2, generator)]
    for person in list(dict.fromkeys(directors))[:count]:
        yield _row(title, people, person, "", "DIRECTOR")


def _someone(people: People, count: int, generator: np.random.Generator) -> list[int]:
    """At most so many, distinct; the first of the people are known best."""
    levels = generator.random(count)
    return list(dict.fromkeys((levels * levels * people.count).astype(int).tolist()))


def _row(
    title: Title, people: People, person: int, character: str, role: str
) -> tuple[int, str, str, str, str]:
    return int(people.ids[person]), title.id, people.name(person), character, role
