"""The sample's catalogue as text: made-up titles with years, genres that follow taste, identifiers, tags."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from movierec_assets.landing.sample_ratings import Block
    from movierec_assets.landing.sample_world import Ints, World

GENRES = (
    ("Action", "Adventure", "Thriller"),
    ("Comedy", "Romance"),
    ("Drama", "War"),
    ("Horror", "Mystery"),
    ("Sci-Fi", "Fantasy", "IMAX"),
    ("Crime", "Film-Noir", "Thriller"),
    ("Animation", "Children", "Musical"),
    ("Documentary", "Western", "Drama"),
)
"""Of each latent taste; so genres tell something about ratings."""

FIRST = ("Silent", "Crimson", "Last", "Hidden", "Golden", "Broken", "Distant", "Electric", "Paper", "Quiet")
SECOND = ("Harbor", "Garden", "Orchestra", "River", "Letter", "Empire", "Lantern", "Café", "Señora", "Road")
NAMES = ("Ada", "Bruno", "Celeste", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Klára", "Olga")
TAGS = (
    ("car chase", "stunts", "fast paced"),
    ("funny", "quirky", "love story"),
    ("moving", "slow, but worth it", "based on a book"),
    ("scary", "atmospheric", "twist ending"),
    ("space", "time travel", "dystopia"),
    ("heist", "mafia", 'neo-noir, "hard-boiled"'),
    ("great soundtrack", "family", "animation"),
    ("true story", "landscape", "politics"),
)


def movies_csv(world: World) -> bytes:
    """`movies.csv`: most titles with a year, a few without, some with commas or trailing blanks."""
    tastes = np.argsort(-world.tastes, axis=1, kind="stable")[:, :2]
    rows = (
        (movie, _dated(title(draw), year, place), _genres(draw, taste))
        for place, (movie, draw, year, taste) in enumerate(
            zip(
                world.movie_ids.tolist(),
                title_draws(world).tolist(),
                years(world).tolist(),
                tastes.tolist(),
                strict=True,
            )
        )
    )
    return csv_lines(rows, "movieId,title,genres\n")


def links_csv(world: World) -> bytes:
    """`links.csv`: IMDb numbers of at least seven digits, with leading zeros; TMDB lacks a few movies."""
    tmdb = world.generator(10).permutation(world.movies * 8)[: world.movies] + 2
    rows = (
        (movie, f"{imdb:07d}", "" if place % 1200 == 7 else number)
        for place, (movie, imdb, number) in enumerate(
            zip(world.movie_ids.tolist(), imdb_numbers(world).tolist(), tmdb.tolist(), strict=True)
        )
    )
    return csv_lines(rows, "movieId,imdbId,tmdbId\n")


def tag_lines(world: World, block: Block) -> bytes:
    """The block's lines of `tags.csv`; words follow the movie's strongest taste, in varying case."""
    strongest = world.tastes[block.tag_movie].argmax(axis=1)
    rows = (
        (user, movie, _word(taste, word), second)
        for user, movie, taste, word, second in zip(
            block.tag_user.tolist(),
            world.movie_ids[block.tag_movie].tolist(),
            strongest.tolist(),
            block.tag_word.tolist(),
            block.tag_second.tolist(),
            strict=True,
        )
    )
    return csv_lines(rows, "")


def title_draws(world: World) -> Ints:
    """What each movie's title is made of. Shape (movies, 5)."""
    return world.generator(7).integers(0, 1 << 30, (world.movies, 5))


def years(world: World) -> Ints:
    """Each movie's year of release, 1902 to 2023. Shape (movies,)."""
    age: Ints = np.minimum(world.generator(8).exponential(22, world.movies), 121).astype(np.int64)
    return 2023 - age


def imdb_numbers(world: World) -> Ints:
    """Each movie's number at IMDb, increasing. Shape (movies,)."""
    numbers: Ints = np.cumsum(world.generator(9).integers(1, 200, world.movies)) + 7_000
    return numbers


def title(draw: list[int], *, article_last: bool = True) -> str:
    """A movie's title without its year; MovieLens puts the article last, other catalogues do not."""
    first, second, name = (
        FIRST[draw[0] % len(FIRST)],
        SECOND[draw[1] % len(SECOND)],
        NAMES[draw[2] % len(NAMES)],
    )
    forms = (
        f"{first} {second}",
        f"{first} {second}, The" if article_last else f"The {first} {second}",
        f"{name} and the {second}",
        f"{second} of {name}",
        name,
    )
    chosen = forms[draw[3] % len(forms)]
    return f"{chosen} {2 + draw[4] // 8 % 3}" if draw[4] % 8 == 0 else chosen


def _dated(title: str, year: int, place: int) -> str:
    if place % 750 == 11:
        return title
    return f"{title} ({year})" + (" " if place % 880 == 13 else "")


def _genres(draw: list[int], tastes: list[int]) -> str:
    if draw[2] % 290 == 0:
        return "(no genres listed)"
    main, other = (GENRES[taste] for taste in tastes)
    chosen = {*main[: 1 + draw[0] % len(main)], *other[: draw[1] % 2]}
    return "|".join(sorted(chosen))


def _word(taste: int, draw: int) -> str:
    words = TAGS[taste if draw % 10 else draw // 10 % len(TAGS)]
    word = words[draw // 100 % len(words)]
    return word.capitalize() if draw % 7 == 0 else word


def csv_lines(rows: Iterable[tuple[object, ...]], header: str) -> bytes:
    """Rows as comma separated UTF-8 text below a header, which may be empty; LF line ends, None as nothing."""
    text = io.StringIO(header)
    text.seek(0, io.SEEK_END)
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()
