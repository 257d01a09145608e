"""A home whose pages are looked at: two tastes, two evaluations, and names that try to be more than text."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx

from movierec_assets.access import grant
from movierec_assets.api.app import create_app
from movierec_assets.api.process import logins
from movierec_assets.curated import ensure_tables
from movierec_assets.publication import ensure_schema
from movierec_assets.resources.database import Database
from movierec_assets.resources.embedded_postgres import stop_embedded
from movierec_assets.settings_api import ApiSettings
from movierec_assets_tests.catalogue_files import TINY_CATALOGUE
from movierec_assets_tests.homes import Home, home_with

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from fastapi import FastAPI

SCRIPT = "<script>alert(1)</script>"
IMAGE = '"><img src=x onerror=alert(1)>'
MOVIES, USERS, RATED = 80, 60, 20
"""Movies 1 to 40 are adventures, the others dramas; users with odd numbers like the former, the others the latter."""
NO_RATINGS = 900
"""A movie that nobody has rated."""
NEW_USER = 777
"""A user of whom MovieLens knows nothing, with one rating that an application wrote."""


def movielens() -> dict[str, str]:
    """The files; movie 3's title is a script, movie 4's genre an image."""
    names = {3: f"{SCRIPT} (1993)", 5: "Le Café, 100% (1995)"}
    genres = {4: f"Adventure|{IMAGE}"}
    movies = ["movieId,title,genres"]
    ratings = ["userId,movieId,rating,timestamp"]
    for movie in range(1, MOVIES + 1):
        kind = "Adventure|Children" if movie <= MOVIES // 2 else "Drama"
        name = names.get(movie, f"{'Voyage' if movie <= MOVIES // 2 else 'Sorrow'} {movie} ({1950 + movie})")
        quoted = name.replace('"', '""')
        movies.append(f'{movie},"{quoted}","{genres.get(movie, kind).replace(chr(34), chr(34) * 2)}"')
    movies.append(f"{NO_RATINGS},Nobody's Film (2001),Documentary")
    for user in range(1, USERS + 1):
        first = 0 if user % 2 else MOVIES // 2
        for number in range(RATED):
            movie = first + 1 + (user * 7 + number * 3) % (MOVIES // 2)
            stars = 3.0 + ((user + movie) % 5) / 2
            ratings.append(f"{user},{movie},{stars},{1_000_000_000 + user * 1000 + number}")
        other = MOVIES // 2 + 1 - first + (user * 11) % (MOVIES // 2 - 1)
        ratings.append(f"{user},{other},1.0,{1_000_000_000 + user * 1000 + 500}")
    links = ["movieId,imdbId,tmdbId", "1,0114709,862", "2,0113277,949"]
    tags = ["userId,movieId,tag,timestamp", "1,1,sea,1000000000"]
    files = {"movies.csv": movies, "ratings.csv": ratings, "tags.csv": tags, "links.csv": links}
    return {name: "\n".join(lines) + "\n" for name, lines in files.items()}


WRITTEN = f"""
INSERT INTO catalog.titles
    (title_id, title, kind, release_year, runtime_minutes, imdb_score, imdb_votes, is_all_time_best, is_year_best)
VALUES ('ts901', $${SCRIPT}$$, 'show', 2020, 50, 9.9, 5000000, false, false);
INSERT INTO catalog.genres (title_id, genre, position, is_main_genre) VALUES ('ts901', 'drama', 1, false);
INSERT INTO feedback.recommendations (recommender, scenario, user_id, rank, title_id, reason, made_at)
VALUES ('outsider', 'default', 1, 1, 'ts901', $${IMAGE}$$, now());
INSERT INTO feedback.ratings (user_id, movie_id, rating, rated_at) VALUES ({NEW_USER}, 2, 4.5, now());
"""


def prepare(home: Home) -> None:
    """What `movierec api` makes before it starts."""
    database = Database(home=str(home.path))
    ensure_tables(database)
    with database.connect() as connection:
        ensure_schema(connection)
        grant(connection, {}, trusted_socket=True)


def explored() -> Iterator[Home]:
    """The home, its server running; one for the whole session."""
    folder = Path(tempfile.mkdtemp(prefix="movierec-test-"))
    try:
        home = home_with(folder / "home", movielens())
        home.catalogue.mkdir()
        for name, text in TINY_CATALOGUE.items():
            home.write_catalogue(name, text)
        for rank in ("6", "10"):
            home.made(MOVIEREC_ALS__RANK=rank, MOVIEREC_TOP_N="30")
        prepare(home)
        with home.connect() as connection:
            connection.execute(WRITTEN)
        yield home
        stop_embedded(home.path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def application(home: Home) -> FastAPI:
    """The application on that home, open as long as there are no keys."""
    ways_in = logins(Database(home=str(home.path)), home.settings())
    return create_app(ways_in, ApiSettings(hosts="localhost,127.0.0.1"), open_without_keys=True)


@asynccontextmanager
async def browsing(home: Home, auth: httpx.Auth | None) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application, in this process."""
    made = application(home)
    transport = httpx.ASGITransport(made, raise_app_exceptions=False)
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=transport, base_url="http://localhost", auth=auth) as client,
    ):
        yield client


def asker(home: Home) -> Callable[..., dict[str, httpx.Response]]:
    """Asks for pages and gives the answers by address."""

    def ask(*addresses: str, auth: httpx.Auth | None = None) -> dict[str, httpx.Response]:
        async def all_of_them() -> dict[str, httpx.Response]:
            async with browsing(home, auth) as client:
                return {address: await client.get(address) for address in addresses}

        return anyio.run(all_of_them)

    return ask
