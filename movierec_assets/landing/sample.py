"""Writes a sample of MovieLens- and Netflix-shaped files into a landing zone: any size, the same for a seed and a size.

The ratings are streamed: memory does not grow with them. The set resembles MovieLens where it matters to the
pipeline and to recommenders: power laws in popularity and activity, people who pick what suits their taste,
ratings of a low-rank structure with biases and noise in half stars, sessions in time, tags, blemishes. The
Netflix-shaped catalogue has some of the same movies, under the same IMDb ids.
"""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from movierec_assets.landing import (
    sample_catalogue,
    sample_credits,
    sample_lists,
    sample_ratings,
    sample_titles,
)
from movierec_assets.landing.blocks import put_blocks
from movierec_assets.landing.report import silent
from movierec_assets.landing.sample_kinds import MOVIE, SHOW
from movierec_assets.landing.sample_world import World
from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from movierec_assets.landing.report import Landed, Progress
    from movierec_assets.landing.zone import LandingZone

WORKERS = 2


def sample(
    zone: LandingZone, ratings: int = 100_000, seed: int = 0, *, progress: Progress = silent
) -> list[Landed]:
    """Generate the four MovieLens-shaped files and the six of a catalogue, and put them in the zone, ratings first.

    Args:
        zone: Where to.
        ratings: How many lines exactly `ratings.csv` has below its header. Tags are about 3.6 % of it, users
            1/165th; movies grow with the power 0.385; the catalogue has a tenth as many titles, at least 60.
        seed: Another seed is another world.
        progress: Called with ratings done, after each block of users.

    Raises:
        ValueError: Fewer than one rating, or a negative seed.
        LandingError: The zone can not be written.
    """
    if ratings < 1 or seed < 0:
        raise ValueError(
            f"a sample has at least 1 rating and a seed from 0, not {ratings} ratings and seed {seed}"
        )
    world = World(ratings, seed)
    with tempfile.TemporaryFile() as tags:
        tags.write(b"userId,movieId,tag,timestamp\n")
        landed = [
            put_blocks(zone, LANDING_FILES["ratings"].path, _ratings(world, cast(BinaryIO, tags), progress))
        ]
        tags.seek(0)
        landed.append(put_blocks(zone, LANDING_FILES["tags"].path, iter(lambda: tags.read(1 << 20), b"")))
    landed.append(put_blocks(zone, LANDING_FILES["links"].path, iter([sample_titles.links_csv(world)])))
    landed.append(put_blocks(zone, LANDING_FILES["movies"].path, iter([sample_titles.movies_csv(world)])))
    return landed + [put_blocks(zone, LANDING_FILES[name].path, made) for name, made in _catalogue(world)]


def _catalogue(world: World) -> Iterator[tuple[str, Iterator[bytes]]]:
    titles = sample_catalogue.titles(world)
    yield "titles", iter([sample_lists.titles_csv(titles)])
    yield "credits", sample_credits.credits_csv(world, titles)
    yield "best_movies", iter([sample_lists.best_csv(titles, MOVIE)])
    yield "best_shows", iter([sample_lists.best_csv(titles, SHOW)])
    yield "best_movies_by_year", iter([sample_lists.best_by_year_csv(titles, MOVIE)])
    yield "best_shows_by_year", iter([sample_lists.best_by_year_csv(titles, SHOW)])


def _ratings(world: World, tags: BinaryIO, progress: Progress) -> Iterator[bytes]:
    done = 0
    yield b"userId,movieId,rating,timestamp\n"
    # Drawn once before the threads share them.
    _ = world.tables, world.counts, world.debut_ends, world.quality, world.movie_ids
    with ThreadPoolExecutor(WORKERS) as pool:
        numbers = iter(range(sample_ratings.blocks(world)))
        ahead = [pool.submit(_lines, world, number) for number in islice(numbers, WORKERS + 1)]
        while ahead:
            count, lines, tag_lines = ahead.pop(0).result()
            ahead += [pool.submit(_lines, world, number) for number in islice(numbers, 1)]
            tags.write(tag_lines)
            done += count
            progress("ratings.csv", done, world.ratings)
            yield lines


def _lines(world: World, number: int) -> tuple[int, bytes, bytes]:
    """How many ratings the block has, its lines of ratings.csv and of tags.csv."""
    import pyarrow as pa
    from pyarrow import csv

    block = sample_ratings.draw(world, number)
    # As text, because Arrow writes the number 4.0 as `4`.
    stars = pa.array([str(half / 2) for half in range(11)]).take(block.halves)
    table = pa.table(
        [pa.array(block.user), pa.array(world.movie_ids[block.movie]), stars, pa.array(block.second)],
        names=["userId", "movieId", "rating", "timestamp"],
    )
    lines = pa.BufferOutputStream()
    csv.write_csv(
        table, lines, csv.WriteOptions(include_header=False, quoting_style="none", batch_size=65_536)
    )
    return len(block.user), lines.getvalue().to_pybytes(), sample_titles.tag_lines(world, block)
