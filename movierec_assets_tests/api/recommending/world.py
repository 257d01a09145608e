"""A small world: 40 movies of two tastes, 30 users who rate some, a catalogue that has some of the movies."""

from __future__ import annotations

import random

from movierec_assets_tests.catalogue_files import TINY_CATALOGUE

MOVIES = 40
USERS = 30
UNRATED = 40
"""A movie that nobody has rated."""
BARE = 39
"""A movie without a year and without genres."""
LINKED = {"tm1": 1, "tm2": 4, **{f"tm{100 + movie}": movie for movie in range(5, 21)}}
"""Titles that are movies; two of them of `TINY_CATALOGUE`."""


def movielens() -> dict[str, str]:
    """The four files."""
    dice = random.Random(6)
    movies = ["movieId,title,genres"]
    for movie in range(1, MOVIES + 1):
        taste = "Comedy" if movie % 2 else "Drama|Sci-Fi"
        movies.append(
            f"{movie},Movie {movie},(no genres listed)"
            if movie == BARE
            else f"{movie},Movie {movie} ({1980 + movie}),{taste}"
        )
    ratings = ["userId,movieId,rating,timestamp"]
    for user in range(1, USERS + 1):
        # Popular ones more often, and of the user's own taste.
        for movie in range(1, UNRATED):
            liked = movie % 2 == user % 2
            if dice.random() < (0.6 if liked else 0.15) * (1.3 - movie / MOVIES):
                stars = dice.choice([4, 4.5, 5] if liked else [1, 2, 2.5])
                ratings.append(f"{user},{movie},{stars},{1_000_000_000 + len(ratings)}")
    links = ["movieId,imdbId,tmdbId", "1,0114709,862", "4,0113277,949"]
    links += [f"{movie},{movie:07d},{movie}" for movie in range(5, 21)]
    tags = ["userId,movieId,tag,timestamp", "1,1,fun,1000000000"]
    return {
        f"{name}.csv": "\n".join(lines) + "\n"
        for name, lines in (("movies", movies), ("ratings", ratings), ("tags", tags), ("links", links))
    }


def catalogue() -> dict[str, str]:
    """The six files: those of `TINY_CATALOGUE` with more titles, each of fewer votes and a lower score."""
    titles = TINY_CATALOGUE["raw_titles.csv"]
    for number, (title_id, movie) in enumerate(LINKED.items()):
        if title_id in ("tm1", "tm2"):
            continue
        genre = "comedy" if movie % 2 else "drama"
        titles += (
            f"{number + 10},{title_id},Title {movie},MOVIE,{1980 + movie},PG,90,\"['{genre}']\",['US'],,"
            f"tt{movie:07d},{8 - movie / 10:.1f},{100_000 - movie * 1000}.0\n"
        )
    return {**TINY_CATALOGUE, "raw_titles.csv": titles}
