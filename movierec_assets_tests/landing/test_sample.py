"""The sample is what MovieLens is like, exactly as large as asked, and always the same."""

from __future__ import annotations

import csv
import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.landing import sample_ratings
from movierec_assets.landing.local import LocalZone
from movierec_assets.landing.sample import sample
from movierec_assets.landing.sample_world import World
from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.landing.zone import LandingZone

RATINGS = 400_000


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[str]]]:
    """Rows by source, headers first, of a sample of several blocks of users."""
    folder = tmp_path_factory.mktemp("sample")
    sample(LocalZone(str(folder)), RATINGS)
    found = {}
    for source, file in LANDING_FILES.items():
        with (folder / file.path).open(encoding="utf-8", newline="") as stream:
            found[source] = list(csv.reader(stream, strict=True))
    return found


@cache
def ratings() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """User, movie and stars of the same sample."""
    world = World(RATINGS, 0)
    drawn = [sample_ratings.draw(world, number) for number in range(sample_ratings.blocks(world))]
    user, movie = (np.concatenate([getattr(b, name) for b in drawn]) for name in ("user", "movie"))
    return user, movie, np.concatenate([b.halves for b in drawn]) / 2


def test_the_same_seed_and_size_give_the_same_bytes_in_any_zone(zone: LandingZone, tmp_path: Path) -> None:
    other = LocalZone(str(tmp_path / "other"))
    sample(zone, 20_000, seed=7)
    sample(other, 20_000, seed=7)
    hashes = [zone.content_hash(o.key) for o in zone.list()]
    assert hashes == [other.content_hash(o.key) for o in other.list()]
    assert [one.changed for one in sample(zone, 20_000, seed=7)] == [False] * 10
    assert [one.changed for one in sample(zone, 20_000, seed=8)] == [True] * 10


def test_the_order_in_which_blocks_are_drawn_does_not_matter() -> None:
    world = World(RATINGS, 0)
    assert sample_ratings.blocks(world) == 2
    backwards = [sample_ratings.draw(world, number) for number in (1, 0)][::-1]
    user, movie, stars = ratings()
    assert np.array_equal(np.concatenate([b.user for b in backwards]), user)
    assert np.array_equal(np.concatenate([b.movie for b in backwards]), movie)
    assert np.array_equal(np.concatenate([b.halves for b in backwards]) / 2, stars)


@settings(max_examples=40, deadline=None)
@given(size=st.integers(1, 3000), seed=st.integers(0, 2**64))
def test_any_size_has_exactly_as_many_ratings_and_none_twice(size: int, seed: int) -> None:
    world = World(size, seed)
    pairs = [
        pair
        for number in range(sample_ratings.blocks(world))
        for block in [sample_ratings.draw(world, number)]
        for pair in zip(block.user.tolist(), block.movie.tolist(), strict=True)
    ]
    assert len(pairs) == size
    assert pairs == sorted(set(pairs))
    assert max(movie for _, movie in pairs) < world.movies


def test_a_sample_needs_a_rating_and_a_seed(zone: LandingZone) -> None:
    for size, seed in ((0, 0), (5, -1)):
        with pytest.raises(ValueError, match="at least 1 rating"):
            sample(zone, size, seed)
    assert zone.list() == []


def test_the_files_have_the_headers_and_rules_of_the_registry(files: dict[str, list[list[str]]]) -> None:
    for source, file in LANDING_FILES.items():
        assert files[source][0] == [c.name for c in file.raw_columns]
        assert {len(row) for row in files[source]} == {len(file.raw_columns)}
    stars = {row[2] for row in files["ratings"][1:]}
    assert stars == {"0.5", "1.0", "1.5", "2.0", "2.5", "3.0", "3.5", "4.0", "4.5", "5.0"}
    assert len(files["ratings"]) == RATINGS + 1
    keys = {tuple(row[:2]) for row in files["ratings"][1:]}
    assert len(keys) == RATINGS
    seconds = [int(row[3]) for row in files["ratings"][1:]]
    assert min(seconds) >= sample_ratings.FIRST_SECOND
    assert max(seconds) <= sample_ratings.LAST_SECOND + 86_400


def test_every_rated_or_tagged_movie_is_in_the_catalogue(files: dict[str, list[list[str]]]) -> None:
    movies = {row[0] for row in files["movies"][1:]}
    assert {row[0] for row in files["links"][1:]} == movies
    unrated = movies - {row[1] for row in files["ratings"][1:]}
    assert len(unrated) == len(movies) - len(movies) * 998 // 1000
    assert {row[1] for row in files["ratings"][1:]} < movies
    assert {row[1] for row in files["tags"][1:]} < movies


def test_tags_are_as_many_as_in_movielens_and_some_lack_a_rating(files: dict[str, list[list[str]]]) -> None:
    tags = files["tags"][1:]
    assert 0.025 < len(tags) / RATINGS < 0.05
    rated = {tuple(row[:2]) for row in files["ratings"][1:]}
    unrated = sum(tuple(row[:2]) not in rated for row in tags)
    assert 0 < unrated < 0.08 * len(tags)
    assert any("," in row[2] for row in tags)
    assert any('"' in row[2] for row in tags)


def test_the_catalogue_has_movielens_blemishes(files: dict[str, list[list[str]]]) -> None:
    titles = [row[1] for row in files["movies"][1:]]
    assert any(", The (" in title for title in titles)
    assert any(title.endswith(" ") for title in titles)
    assert any(not title.rstrip().endswith(")") for title in titles)
    assert any(not title.isascii() for title in titles)
    genres = {row[2] for row in files["movies"][1:]}
    assert "(no genres listed)" in genres
    assert any("|" in several for several in genres)
    numbers = [row[1] for row in files["links"][1:]]
    assert all(len(number) >= 7 for number in numbers)
    assert any(number.startswith("0") for number in numbers)
    assert 0 < sum(row[2] == "" for row in files["links"][1:]) < 0.01 * len(numbers)


def test_activity_and_popularity_are_power_laws() -> None:
    user, movie, _ = ratings()
    activity, popularity = np.sort(np.bincount(user)[1:])[::-1], np.sort(np.bincount(movie))[::-1]
    assert activity.min() >= 20
    assert 50 < np.median(activity) < 100
    assert activity[0] > 10 * activity.mean()
    assert popularity[: len(popularity) // 10].sum() > 0.4 * RATINGS
    assert 0.0015 < popularity[0] / RATINGS < 0.006
    assert np.median(popularity) < popularity.mean() < popularity[0] / 20


def test_ratings_have_means_and_spread_of_movielens() -> None:
    _, _, stars = ratings()
    assert 3.3 < stars.mean() < 3.7
    assert 0.9 < stars.std() < 1.15


def test_tastes_can_be_learned_from_four_fifths_of_the_ratings() -> None:
    user, movie, stars = ratings()
    train = np.random.default_rng(0).random(RATINGS) < 0.8
    mean = stars[train].mean()
    offset = _damped(movie[train], stars[train] - mean, movie.max() + 1)
    leniency = _damped(user[train], stars[train] - mean - offset[movie[train]], user.max() + 1)
    rest = stars - mean - offset[movie] - leniency[user]
    biased = np.sqrt((rest[~train] ** 2).mean())
    factors = _factors(user[train], movie[train], rest[train])
    learned = np.sqrt(((rest - (factors[0][user] * factors[1][movie]).sum(axis=1))[~train] ** 2).mean())
    constant = np.sqrt(((stars[~train] - mean) ** 2).mean())
    assert biased < 0.93 * constant
    assert learned < 0.98 * biased


def _damped(
    index: npt.NDArray[np.int64], value: npt.NDArray[np.float64], size: int
) -> npt.NDArray[np.float64]:
    total: npt.NDArray[np.float64] = np.bincount(index, value, size) / (
        np.bincount(index, minlength=size) + 5
    )
    return total


def _factors(
    user: npt.NDArray[np.int64], movie: npt.NDArray[np.int64], rest: npt.NDArray[np.float64], rank: int = 8
) -> list[npt.NDArray[np.float64]]:
    """Alternating least squares, the plain way."""
    generator = np.random.default_rng(0)
    sides = [generator.normal(0, 0.1, (index.max() + 1, rank)) for index in (user, movie)]
    for _ in range(6):
        for side, (mine, other) in enumerate(((user, movie), (movie, user))):
            order = np.argsort(mine, kind="stable")
            ends = np.cumsum(np.bincount(mine, minlength=len(sides[side])))
            for one, rows in enumerate(np.split(order, ends[:-1])):
                x = sides[1 - side][other[rows]]
                sides[side][one] = np.linalg.solve(x.T @ x + 8.0 * np.eye(rank), x.T @ rest[rows])
    return sides


def test_progress_ends_with_all_ratings(tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    sample(LocalZone(str(tmp_path)), 5_000, progress=lambda *step: told.append(step))
    assert told[-1] == ("ratings.csv", 5_000, 5_000)


def test_a_put_block_stream_hands_out_every_byte() -> None:
    from movierec_assets.landing.blocks import BlockStream

    stream = io.BufferedReader(BlockStream(iter([b"ab", b"", b"cdef", b"g"])), 3)
    assert [stream.read(2), stream.read(4), stream.read(), stream.read()] == [b"ab", b"cdef", b"g", b""]
