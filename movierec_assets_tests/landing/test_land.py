"""Folders, zips and single files land whole or not at all."""

from __future__ import annotations

import hashlib
import zipfile
from typing import TYPE_CHECKING

import pytest

from movierec_assets.landing.land import LandError, land, land_path
from movierec_assets.landing.report import Landed
from movierec_assets.schema import LANDING_FILES
from movierec_assets_tests.landing.http_folder import http_folder

if TYPE_CHECKING:
    from pathlib import Path

    from movierec_assets.landing.zone import LandingZone

FILES = ("movies.csv", "ratings.csv", "tags.csv", "links.csv")


def zipped(target: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return target


def contents(folder: Path, prefix: str = "") -> dict[str, bytes]:
    return {prefix + name: (folder / name).read_bytes() for name in FILES}


def landed(zone: LandingZone) -> dict[str, bytes]:
    found = {}
    for item in zone.list():
        with zone.open(item.key) as stream:
            found[item.key] = stream.read()
    return found


def test_a_folder_lands_and_again_changes_nothing(zone: LandingZone, tiny_movielens: Path) -> None:
    first = land_path(zone, tiny_movielens)
    expected = contents(tiny_movielens, "movielens/")
    assert landed(zone) == expected
    assert first == [Landed(key, len(content), True) for key, content in expected.items()]
    before = zone.list()
    assert [one.changed for one in land_path(zone, tiny_movielens)] == [False] * 4
    assert zone.list() == before


def test_a_zip_that_was_cut_off_is_told_as_such(
    zone: LandingZone, tiny_movielens: Path, tmp_path: Path
) -> None:
    whole = zipped(tmp_path / "whole.zip", contents(tiny_movielens)).read_bytes()
    (tmp_path / "cut.zip").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(
        LandError, match=r"cut\.zip is a zip whose end is missing or damaged: copy or download"
    ):
        land_path(zone, tmp_path / "cut.zip")
    assert landed(zone) == {}


def test_an_empty_name_is_not_the_folder_one_is_in(
    zone: LandingZone, tiny_movielens: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny_movielens)
    with pytest.raises(LandError, match="nothing is named: give a path"):
        land(zone, "", downloads=tmp_path)
    assert landed(zone) == {}


def test_a_zip_with_its_files_one_folder_deep_lands(
    zone: LandingZone, tiny_movielens: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    members = contents(tiny_movielens, "ml-tiny/") | {
        "ml-tiny/README.txt": b"read me",
        "ml-tiny/genome.csv": b"a",
    }
    land_path(zone, zipped(tmp_path / "a.zip", members), tell=told.append)
    assert landed(zone) == contents(tiny_movielens, "movielens/")
    assert [line.partition(" is ignored")[0] for line in told] == ["ml-tiny/README.txt", "ml-tiny/genome.csv"]


def test_names_are_known_in_any_case_and_other_names_by_their_header(
    zone: LandingZone, tiny_movielens: Path
) -> None:
    expected = contents(tiny_movielens, "movielens/")
    (tiny_movielens / "ratings.csv").rename(tiny_movielens / "Ratings.CSV")
    (tiny_movielens / "tags.csv").rename(tiny_movielens / "what people said.csv")
    land_path(zone, tiny_movielens)
    assert landed(zone) == expected


def test_a_folder_of_the_catalogue_lands_with_row_numbers_or_without_by_name_or_by_header(
    zone: LandingZone, tiny_catalogue: Path
) -> None:
    expected = {f"netflix/{path.name}": path.read_bytes() for path in tiny_catalogue.iterdir()}
    for old, new in (("raw_titles.csv", "RAW_TITLES.CSV"), ("Best Shows Netflix.csv", "export 7.csv")):
        (tiny_catalogue / old).rename(tiny_catalogue / new)
    numberless = (tiny_catalogue / "Best Movie by Year Netflix.csv").read_text().splitlines()
    text = "\ufeff" + "".join(line.partition(",")[2] + "\r\n" for line in numberless)
    (tiny_catalogue / "Best Movie by Year Netflix.csv").unlink()
    (tiny_catalogue / "movies of the year.csv").write_text(text, newline="")
    land_path(zone, tiny_catalogue)
    assert landed(zone) == {**expected, "netflix/Best Movie by Year Netflix.csv": text.encode()}


def test_a_folder_of_both_datasets_lands_each_file_in_its_own(
    zone: LandingZone, tiny_catalogue: Path, tiny_movielens: Path
) -> None:
    for path in tiny_movielens.iterdir():
        path.rename(tiny_catalogue / path.name)
    land_path(zone, tiny_catalogue)
    assert sorted(landed(zone)) == sorted(file.path for file in LANDING_FILES.values())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("imdb_score", "score", r" \(imdb_score missing; score unknown\)"),
        (",imdb_votes", "", r" \(imdb_votes missing\)"),
        ("imdb_votes", "imdb_votes,notes", r" \(notes unknown\)"),
        ("id,title", "title,id", r" \(in another order\)"),
        (",", "\t", ""),
        (",", ";", ""),
    ],
)
def test_a_header_of_the_catalogue_that_is_wrong_is_refused_with_file_and_columns(
    zone: LandingZone, tiny_catalogue: Path, old: str, new: str, why: str
) -> None:
    path = tiny_catalogue / "raw_titles.csv"
    header, rest = path.read_text().split("\n", 1)
    path.write_text(header.replace(old, new) + "\n" + rest)
    expected = f"raw_titles.csv has the header .*, expected `id,title,type,.*imdb_votes`{why}: put"
    with pytest.raises(LandError, match=expected):
        land_path(zone, tiny_catalogue)
    assert landed(zone) == {}


def test_one_csv_file_lands_by_itself(zone: LandingZone, tiny_movielens: Path) -> None:
    land_path(zone, tiny_movielens / "tags.csv")
    assert list(landed(zone)) == ["movielens/tags.csv"]


def test_only_the_file_that_differs_is_written(zone: LandingZone, tiny_movielens: Path) -> None:
    land_path(zone, tiny_movielens)
    with (tiny_movielens / "tags.csv").open("ab") as file:
        file.write(b"1,1,new,1\r\n")
    assert [one.key for one in land_path(zone, tiny_movielens) if one.changed] == ["movielens/tags.csv"]


# What a run would refuse is refused here: it does not take a lone CR for a line end.
@pytest.mark.parametrize("start", [b"movie,imdb\r\n1,2\r\n", b"movieId,imdbId,tmdbId\r1,2,3\r", b"\n"])
def test_a_wrong_header_lands_nothing(zone: LandingZone, tiny_movielens: Path, start: bytes) -> None:
    (tiny_movielens / "links.csv").write_bytes(start)
    with pytest.raises(
        LandError, match=r"links.csv .*, expected `movieId,imdbId,tmdbId`.*nothing was landed"
    ):
        land_path(zone, tiny_movielens)
    assert landed(zone) == {}


def test_a_damaged_zip_lands_nothing(zone: LandingZone, tiny_movielens: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", contents(tiny_movielens))
    data = bytearray(archive.read_bytes())
    with zipfile.ZipFile(archive) as opened:
        last = opened.getinfo("links.csv")
    data[last.header_offset + 60] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(LandError, match=r"can not be read"):
        land_path(zone, archive)
    assert landed(zone) == {}


def test_a_zip_that_names_paths_outside_reaches_nothing_outside(
    zone: LandingZone, tiny_movielens: Path, tmp_path: Path
) -> None:
    files = contents(tiny_movielens)
    members = {"../movies.csv": files["movies.csv"], "/etc/x/tags.csv": files["tags.csv"]}
    before = set(tmp_path.rglob("*"))
    archive = zipped(tmp_path / "a.zip", members | {"ratings.csv": files["ratings.csv"]})
    land_path(zone, archive)
    assert set(landed(zone)) == {"movielens/ratings.csv"}
    outside = {path for path in tmp_path.rglob("*") if tmp_path / "landing" not in (path, *path.parents)}
    assert outside - before == {archive}


def test_a_zip_that_unpacks_to_far_more_than_it_is_gets_refused(zone: LandingZone, tmp_path: Path) -> None:
    bomb = b"userId,movieId,rating,timestamp\n" + b"1,1,5.0,1\n" * (11 << 20)
    with pytest.raises(LandError, match=r"ratings.csv would unpack from"):
        land_path(zone, zipped(tmp_path / "a.zip", {"ratings.csv": bomb}))
    assert landed(zone) == {}


def test_two_files_that_could_be_the_same_one_are_named(zone: LandingZone, tiny_movielens: Path) -> None:
    (tiny_movielens / "RATINGS.csv").write_bytes(b"userId,movieId,rating,timestamp\n")
    with pytest.raises(LandError, match=r"RATINGS.csv and ratings.csv could each be ratings.csv"):
        land_path(zone, tiny_movielens)


def test_a_folder_without_landing_files_is_an_error_that_lists_it(zone: LandingZone, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "notes.txt").write_text("x")
    with pytest.raises(LandError, match=r"holds none of movies.csv, .*: it holds notes.txt"):
        land_path(zone, folder)


def test_what_is_neither_a_path_nor_a_name_is_an_error_that_lists_the_names(
    zone: LandingZone, tmp_path: Path
) -> None:
    with pytest.raises(
        LandError, match=r"does not exist; .*ml-latest-small, ml-latest, ml-25m, ml-32m, sample"
    ):
        land(zone, str(tmp_path / "ml-23m"), downloads=tmp_path)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(LandError, match=r"neither a folder, a zip nor a CSV file"):
        land(zone, str(tmp_path / "a.txt"), downloads=tmp_path)


def test_a_set_lands_by_its_name(zone: LandingZone, tiny_movielens: Path, tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", contents(tiny_movielens, "ml-latest-small/")).read_bytes()
    with http_folder() as web:
        web.files = {
            "ml-latest-small.zip": archive,
            "ml-latest-small.zip.md5": hashlib.md5(archive).hexdigest().encode(),
        }
        land(zone, "ml-latest-small", downloads=tmp_path / "downloads", base=web.url)
    assert landed(zone) == contents(tiny_movielens, "movielens/")
