"""Ratings and tags of one block of the sample's users. A block needs no other: draw them in any order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from movierec_assets.landing.sample_world import (
    MOVIE_BITS,
    RANK,
    STAR,
    TABLE_BITS,
    TASTE,
    Floats,
    Ints,
    World,
    whole_normal,
)

USERS_PER_BLOCK = 2048
FIRST_SECOND = 822_873_600  # 1996-01-29
LAST_SECOND = 1_697_155_200  # 2023-10-13
SLOTS = 16
STRIDE = 104_729  # a prime above any user's number of ratings: position * STRIDE permutes them
PATIENCE = 8


@dataclass(frozen=True)
class Block:
    """Ratings ordered by user and movie, and the tags among them; every array has one value a row.

    Attributes:
        user: User ids.
        movie: Positions in `World.movie_ids`.
        halves: Rating in half stars, 1 to 10.
        second: Timestamps in seconds since 1970, distinct within a user's session.
        tag_user: Users who tagged.
        tag_movie: Positions of the movies they tagged.
        tag_word: Which word, a random 16-bit number.
        tag_second: When.
    """

    user: Ints
    movie: Ints
    halves: Ints
    second: Ints
    tag_user: Ints
    tag_movie: Ints
    tag_word: Ints
    tag_second: Ints


def blocks(world: World) -> int:
    """How many blocks there are."""
    return -(-world.users // USERS_PER_BLOCK)


def draw(world: World, number: int) -> Block:
    """Block `number`, from 0."""
    first = number * USERS_PER_BLOCK
    counts = world.counts[first : first + USERS_PER_BLOCK]
    generator = world.generator(6, number)
    tastes = whole_normal(generator, (len(counts), RANK), TASTE)
    keys = _pick(world, first, counts, tastes, generator)
    owner, movie = (keys >> MOVIE_BITS).astype(np.int64), (keys & ((1 << MOVIE_BITS) - 1)).astype(np.int64)
    halves = _rate(world, owner, movie, tastes, generator)
    second = _date(counts, owner, generator)
    tags = _tag(world, keys, owner, movie, second, generator)
    return Block(first + 1 + owner, movie, halves, second, first + 1 + tags[0], *tags[1:])


def _pick(
    world: World, first: int, counts: Ints, tastes: Floats, generator: np.random.Generator
) -> npt.NDArray[np.uint32]:
    """Distinct movies for each user as sorted keys `owner << MOVIE_BITS | movie`."""
    people = len(counts)
    # What a user reaches for: mostly movies of the tastes that the user has most of. With less of it in 100 thousand
    # ratings nobody could rank better than by popularity; in MovieLens implicit ALS has 1.8 times its nDCG.
    reach = (
        tastes[:, None, :] / np.float32(TASTE) + whole_normal(generator, (people, SLOTS, RANK), 768) / 1024
    )
    slots = reach.argmax(axis=2).astype(np.uint32).ravel()
    tables = world.tables.ravel()
    starts = np.concatenate([world.debut_ends[first - 1 : first] if first else [0], world.debut_ends])
    ends = world.debut_ends[first : first + people]
    given = np.diff(ends, prepend=starts[0])
    keys = _key(np.repeat(np.arange(people), given), world.debut[starts[0] : ends[-1]])
    missing = counts - given
    attempt = 0
    while missing.any():
        owner = np.repeat(np.arange(people, dtype=np.uint32), missing)
        bits = generator.integers(0, 1 << 32, len(owner), dtype=np.uint32)
        if attempt < PATIENCE:
            taste = slots[owner * SLOTS + (bits & (SLOTS - 1))]
            movie = tables[(taste << TABLE_BITS) + (bits >> (32 - TABLE_BITS))]
        else:
            # Who has seen everything well known goes on with anything; this also ends the loop soon.
            movie = world.debut[bits % len(world.debut)]
        keys = np.concatenate([keys, _key(owner, movie)])
        keys.sort()
        keys = keys[np.concatenate([[True], keys[1:] != keys[:-1]])]
        missing = counts - np.bincount(keys >> MOVIE_BITS, minlength=people)
        attempt += 1
    return keys


def _key(owner: npt.NDArray[np.integer], movie: npt.NDArray[np.integer]) -> npt.NDArray[np.uint32]:
    return (owner.astype(np.uint32) << np.uint32(MOVIE_BITS)) | movie.astype(np.uint32)


def _rate(world: World, owner: Ints, movie: Ints, tastes: Floats, generator: np.random.Generator) -> Ints:
    """Half stars: quality, the user's leniency, tastes in common, and noise."""
    leniency = whole_normal(generator, len(tastes), 0.4 * STAR)
    whole_stars = generator.random(len(tastes), dtype=np.float32) < 0.35
    score = np.einsum("ij,ij->i", tastes[owner], world.tastes[movie])
    score += world.quality[movie] + leniency[owner]
    noise = (
        generator.integers(0, 1 << 16, (len(owner), 4), dtype=np.uint16).sum(axis=1, dtype=np.int32) - 131_070
    )
    level = (score.astype(np.int32) + noise + round(2.93 * STAR)) * 2
    halves = (level + STAR // 2) // STAR
    stars = (level + STAR) // (2 * STAR) * 2
    rating: Ints = np.clip(np.where(whole_stars[owner], np.maximum(stars, 2), halves), 1, 10).astype(np.int64)
    return rating


def _date(counts: Ints, owner: Ints, generator: np.random.Generator) -> Ints:
    """Seconds: users come in sessions of some tens of ratings, some seconds apart."""
    people = len(counts)
    arrival = generator.integers(FIRST_SECOND, LAST_SECOND - 40 * 86_400, people)
    length = generator.integers(16, 96, people)
    pace = generator.integers(4, 30, people)
    sessions = counts // length + 1
    room = (LAST_SECOND - arrival) // sessions
    pause = np.maximum(room * generator.integers(1, 1024, people) // 1024, 3_600)
    begins = np.cumsum(counts) - counts
    place = np.arange(len(owner)) - begins[owner]
    place = (place * STRIDE + generator.integers(0, STRIDE, people)[owner]) % counts[owner]
    session, within = np.divmod(place, length[owner])
    jitter = (generator.integers(0, 1 << 16, len(owner), dtype=np.uint16) * pace[owner]) >> 16
    seconds: Ints = arrival[owner] + session * pause[owner] + within * pace[owner] + jitter
    return seconds


def _tag(
    world: World,
    keys: npt.NDArray[np.uint32],
    owner: Ints,
    movie: Ints,
    second: Ints,
    generator: np.random.Generator,
) -> tuple[Ints, Ints, Ints, Ints]:
    """Tags by one user in five; some on the next movie in the catalogue, if the user has not rated that."""
    taggers = generator.random(int(owner[-1]) + 1) < 0.2
    place = np.flatnonzero(taggers[owner])
    place = place[generator.random(len(place)) < 0.18]
    aside = generator.random(len(place)) < 0.04
    following = np.minimum(place + 1, len(keys) - 1)
    aside &= (keys[following] != keys[place] + 1) & (movie[place] + 1 < world.movies)
    word = generator.integers(0, 1 << 16, len(place))
    return owner[place], movie[place] + aside, word, second[place] + generator.integers(5, 90, len(place))
