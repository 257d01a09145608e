"""The sample's Netflix-shaped files: shaped as the real ones, true to each other, and met by the sample's links."""

from __future__ import annotations

import csv
import re
import tracemalloc
from ast import literal_eval
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from movierec_assets.landing import sample_catalogue, sample_credits, sample_lists
from movierec_assets.landing.local import LocalZone
from movierec_assets.landing.sample import sample
from movierec_assets.landing.sample_kinds import MOVIE, SHOW
from movierec_assets.landing.sample_world import World
from movierec_assets.schema import LANDING_FILES

if TYPE_CHECKING:
    from pathlib import Path

Rows = list[dict[str, str]]

HEADERS = {
    "titles": "index,id,title,type,release_year,age_certification,runtime,genres,production_countries,seasons,"
    "imdb_id,imdb_score,imdb_votes",
    "credits": "index,person_id,id,name,character,role",
    "best_movies": "index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_VOTES,DURATION,MAIN_GENRE,MAIN_PRODUCTION",
    "best_shows": "index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_VOTES,DURATION,NUMBER_OF_SEASONS,MAIN_GENRE,"
    "MAIN_PRODUCTION",
    "best_movies_by_year": "index,TITLE,RELEASE_YEAR,SCORE,MAIN_GENRE,MAIN_PRODUCTION",
    "best_shows_by_year": "index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_SEASONS,MAIN_GENRE,MAIN_PRODUCTION",
}
LISTS = {
    "best_movies": "MOVIE",
    "best_shows": "SHOW",
    "best_movies_by_year": "MOVIE",
    "best_shows_by_year": "SHOW",
}
VOCABULARY = {
    *("drama", "comedy", "thriller", "action", "romance", "documentation", "crime", "animation", "fantasy"),
    *("family", "scifi", "european", "horror", "music", "history", "reality", "sport", "war", "western"),
}
AS_IN_TITLES = {"documentary": "documentation", "musical": "music", "sports": "sport"}
RATINGS = 1_000_000
"""Of the world whose catalogue is drawn; the ratings themselves are not."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zone with the sample of a hundred thousand ratings."""
    path = tmp_path_factory.mktemp("sample")
    sample(LocalZone(str(path)))
    return path


@pytest.fixture(scope="module")
def files(folder: Path) -> dict[str, Rows]:
    """Its catalogue's rows, by source."""
    return {source: read(folder / LANDING_FILES[source].path) for source in HEADERS}


def read(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def product(title: dict[str, str]) -> int:
    return round(float(title["imdb_score"]) * 10) * int(float(title["imdb_votes"]))


def ranked(titles: Rows, kind: str) -> Rows:
    """Titles that may be in a list."""
    needed = ("imdb_score", "imdb_votes")
    return [
        t
        for t in titles
        if t["type"] == kind
        and all(t[n] for n in needed)
        and "[]" not in (t["genres"], t["production_countries"])
    ]


def test_every_file_has_the_real_header_line_feeds_and_an_index(folder: Path, files: dict[str, Rows]) -> None:
    for source, header in HEADERS.items():
        content = (folder / LANDING_FILES[source].path).read_bytes()
        assert content.startswith(header.encode() + b"\n")
        assert b"\r" not in content
        assert content.endswith(b"\n")
        assert [row["index"] for row in files[source]] == [str(n) for n in range(len(files[source]))]
        assert {len(row) for row in files[source]} == {HEADERS[source].count(",") + 1}
        assert not any(None in row.values() for row in files[source])


def test_titles_are_a_tenth_of_the_movies_and_sixty_at_least() -> None:
    sizes = {ratings: len(sample_catalogue.titles(World(ratings, 0))) for ratings in (1, 100_000)}
    assert sizes == {1: 60, 100_000: 970}


def test_values_of_titles_are_written_as_in_the_real_file(files: dict[str, Rows]) -> None:
    titles = files["titles"]
    for title in titles:
        assert re.fullmatch({"MOVIE": r"tm\d+", "SHOW": r"ts\d+"}[title["type"]], title["id"])
        for column in ("genres", "production_countries"):
            values = literal_eval(title[column])
            assert title[column] == repr(values)
            assert len(values) == len(set(values))
        assert set(literal_eval(title["genres"])) <= VOCABULARY
        assert all(re.fullmatch("[A-Z]{2}", c) for c in literal_eval(title["production_countries"]))
        seasons = title["seasons"]
        assert re.fullmatch(r"[1-9]\d*\.0", seasons) if title["type"] == "SHOW" else seasons == ""
        assert re.fullmatch(r"(tt\d{7,8})?", title["imdb_id"])
        assert re.fullmatch(r"(\d\.\d)?", title["imdb_score"])
        assert re.fullmatch(r"([1-9]\d*\.0)?", title["imdb_votes"])
        assert title["runtime"].isdecimal()
    assert {g for t in titles for g in literal_eval(t["genres"])} == VOCABULARY
    assert len({t["id"] for t in titles}) == len(titles)
    known = [t["imdb_id"] for t in titles if t["imdb_id"]]
    assert len(set(known)) == len(known)


def test_as_many_values_are_missing_as_in_the_real_file(files: dict[str, Rows]) -> None:
    movies, shows = ([t for t in files["titles"] if t["type"] == kind] for kind in ("MOVIE", "SHOW"))
    assert 0.6 < len(movies) / len(files["titles"]) < 0.7
    assert 0.55 < sum(not t["age_certification"] for t in movies) / len(movies) < 0.7
    assert 0.08 < sum(not t["age_certification"] for t in shows) / len(shows) < 0.2
    for column, least, most in (
        ("imdb_id", 0.04, 0.1),
        ("imdb_score", 0.05, 0.12),
        ("imdb_votes", 0.05, 0.13),
    ):
        assert least < sum(not t[column] for t in files["titles"]) / len(files["titles"]) < most
    assert any(t["genres"] == "[]" for t in files["titles"])
    assert any(t["production_countries"] == "[]" for t in files["titles"])


def test_one_title_in_ten_is_a_movie_of_the_links_with_its_title_and_year(
    folder: Path, files: dict[str, Rows]
) -> None:
    movie_of = {f"tt{row['imdbId']}": row["movieId"] for row in read(folder / LANDING_FILES["links"].path)}
    named = {row["movieId"]: row["title"] for row in read(folder / LANDING_FILES["movies"].path)}
    met = [t for t in files["titles"] if t["imdb_id"] in movie_of]
    assert len(met) == len(files["titles"]) // 10
    moved = 0
    for title in met:
        assert title["type"] == "MOVIE"
        there = named[movie_of[title["imdb_id"]]].strip()
        front = re.sub(r"^(.*), The\b", r"The \1", there)
        moved += front != there
        assert front in (f"{title['title']} ({title['release_year']})", title["title"])
    assert moved


def test_every_list_row_is_one_title_and_says_the_same(files: dict[str, Rows]) -> None:
    count = Counter((t["title"], t["release_year"], t["type"]) for t in files["titles"])
    assert max(count.values()) == 1
    by_name = {(t["title"], t["release_year"], t["type"]): t for t in files["titles"]}
    mapped = set()
    for source, kind in LISTS.items():
        assert files[source]
        assert len({(row["TITLE"], row["RELEASE_YEAR"]) for row in files[source]}) == len(files[source])
        for row in files[source]:
            title = by_name[row["TITLE"], row["RELEASE_YEAR"], kind]
            assert row["MAIN_GENRE"] not in AS_IN_TITLES.values()
            assert AS_IN_TITLES.get(row["MAIN_GENRE"], row["MAIN_GENRE"]) in literal_eval(title["genres"])
            assert row["MAIN_PRODUCTION"] in literal_eval(title["production_countries"])
            assert row["SCORE"] == title["imdb_score"]
            assert row.get("DURATION", title["runtime"]) == title["runtime"]
            for name, column in (("NUMBER_OF_VOTES", "imdb_votes"), ("NUMBER_OF_SEASONS", "seasons")):
                assert name not in row or f"{row[name]}.0" == title[column]
            mapped |= AS_IN_TITLES.keys() & {row["MAIN_GENRE"]}
    assert mapped == set(AS_IN_TITLES)


@pytest.mark.parametrize(("source", "kind"), [("best_movies", "MOVIE"), ("best_shows", "SHOW")])
def test_no_title_outside_the_best_list_has_a_higher_product_of_score_and_votes(
    files: dict[str, Rows], source: str, kind: str
) -> None:
    listed = {(row["TITLE"], row["RELEASE_YEAR"]) for row in files[source]}
    inside, outside = [], []
    for title in ranked(files["titles"], kind):
        (inside if (title["title"], title["release_year"]) in listed else outside).append(product(title))
    assert len(inside) == sum(t["type"] == kind for t in files["titles"]) // 10
    assert min(inside) >= max(outside)
    scores = [float(row["SCORE"]) for row in files[source]]
    assert scores == sorted(scores, reverse=True)


def test_what_many_vote_on_is_good_so_that_no_bad_title_is_among_the_best(files: dict[str, Rows]) -> None:
    for source, kind in (("best_movies", "MOVIE"), ("best_shows", "SHOW")):
        scores = sorted(float(t["imdb_score"]) for t in ranked(files["titles"], kind))
        assert float(files[source][-1]["SCORE"]) >= scores[len(scores) // 3]


@pytest.mark.parametrize(
    ("source", "kind"), [("best_movies_by_year", "MOVIE"), ("best_shows_by_year", "SHOW")]
)
def test_the_list_by_year_has_the_highest_product_of_every_year_in_order(
    files: dict[str, Rows], source: str, kind: str
) -> None:
    able = ranked(files["titles"], kind)
    years = sorted({int(t["release_year"]) for t in able})
    assert [int(row["RELEASE_YEAR"]) for row in files[source]] == years
    by_name = {(t["title"], t["release_year"]): product(t) for t in able}
    for row in files[source]:
        rivals = [product(t) for t in able if t["release_year"] == row["RELEASE_YEAR"]]
        assert by_name[row["TITLE"], row["RELEASE_YEAR"]] == max(rivals)


def test_a_list_of_few_titles_is_exactly_this() -> None:
    def title(
        number: int, year: int, tenths: int | None, votes: int | None, genre: str
    ) -> sample_catalogue.Title:
        genres = (genre, "drama") if genre else ()
        return sample_catalogue.Title(
            f"ts{number}", f"T, {number}", SHOW, year, "", 30, genres, ("GB",), 2, None, tenths, votes
        )

    titles = [
        title(1, 2001, 70, 100, "sport"),
        title(2, 2001, 70, 100, "war"),
        title(3, 2000, 80, 80, "music"),
        title(4, 2002, 90, 900, ""),
        title(5, 2003, None, None, "crime"),
    ]
    by_year = b'0,"T, 3",2000,8.0,2,musical,GB\n1,"T, 1",2001,7.0,2,sports,GB\n'
    assert sample_lists.best_by_year_csv(titles, SHOW).split(b"\n", 1)[1] == by_year
    assert sample_lists.best_csv(titles, SHOW).split(b"\n", 1)[1] == b'0,"T, 1",2001,7.0,100,30,2,sports,GB\n'
    assert sample_lists.best_csv(titles, MOVIE).count(b"\n") == 1


def test_credits_name_titles_and_give_each_person_one_name(files: dict[str, Rows]) -> None:
    credits = files["credits"]
    assert 8 * len(files["titles"]) < len(credits) < 20 * len(files["titles"])
    order = {t["id"]: place for place, t in enumerate(files["titles"])}
    places = [order[c["id"]] for c in credits]
    assert places == sorted(places)
    assert len(set(places)) < len(files["titles"])
    names = {(c["person_id"], c["name"]) for c in credits}
    assert len(names) == len({person for person, _ in names}) < len(credits)
    assert len({(c["person_id"], c["id"], c["role"]) for c in credits}) == len(credits)
    assert {len(name.split()) for _, name in names} == {1, 2, 3, 4}
    assert 0 < sum(not name.isascii() for _, name in names) < 0.2 * len(names)
    assert len({(c["person_id"], c["id"]) for c in credits}) < len(credits), "nobody directs and acts"


def test_characters_are_missing_for_directors_and_some_actors_and_several_for_a_few(
    files: dict[str, Rows],
) -> None:
    actors, directors = ([c for c in files["credits"] if c["role"] == role] for role in ("ACTOR", "DIRECTOR"))
    assert len(actors) + len(directors) == len(files["credits"])
    assert 0.02 < len(directors) / len(actors) < 0.1
    assert {c["character"] for c in directors} == {""}
    assert 0.04 < sum(not c["character"] for c in actors) / len(actors) < 0.1
    assert 0.01 < sum(" / " in c["character"] for c in actors) / len(actors) < 0.04
    assert any('"' in c["character"] for c in actors)
    assert any("," in c["character"] for c in actors)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 3000), seed=st.integers(0, 2**64))
def test_any_small_world_has_lists_and_no_title_twice(size: int, seed: int) -> None:
    world = World(size, seed)
    titles = sample_catalogue.titles(world)
    assert titles == sample_catalogue.titles(World(size, seed))
    assert len({(t.title, t.year, t.kind) for t in titles}) == len({t.id for t in titles}) == len(titles)
    for kind in (MOVIE, SHOW):
        assert sample_lists.best_csv(titles, kind).count(b"\n") > 1
        assert sample_lists.best_by_year_csv(titles, kind).count(b"\n") > 1


def test_the_catalogue_of_a_million_ratings_is_made_in_little_memory() -> None:
    tracemalloc.start()
    try:
        world = World(RATINGS, 0)
        titles = sample_catalogue.titles(world)
        size = largest = 0
        for block in sample_credits.credits_csv(world, titles):
            size, largest = size + len(block), max(largest, len(block))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(titles) == 2353
    assert largest < size / 4
    assert peak < 12e6
