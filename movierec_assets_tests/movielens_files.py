"""MovieLens files for tests: a set small enough to compute by hand, and the real one beside the checkout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets_tests.real_data import folder_of

if TYPE_CHECKING:
    from pathlib import Path

TINY = {
    "movies.csv": """\
movieId,title,genres
1,Toy Story (1995),Adventure|Animation|Children
2,Jumanji (1995),Adventure|Children|Fantasy
3,"American President, The (1995)",Comedy|Drama|Romance
4,Heat (1995) ,Action|Crime|Thriller
5,"City of Lost Children, The (Cité des enfants perdus, La) (1995)",Adventure|Drama
6,Casino (1995),Crime|Drama
7,Cosmos,(no genres listed)
8,"11'09""01 - September 11 (2002)",Drama
""",
    "ratings.csv": """\
userId,movieId,rating,timestamp
1,1,5.0,1000000001
1,2,4.5,1000000002
1,4,1.0,1000000003
1,6,1.5,1000000004
2,1,4.5,1000000005
2,2,5.0,1000000006
2,5,4.0,1000000007
2,6,0.5,1000000008
3,1,4.0,1000000009
3,4,2.0,1000000010
3,5,4.5,1000000011
4,1,1.0,1000000012
4,4,5.0,1000000013
4,6,4.5,1000000014
5,2,1.5,1000000015
5,3,3.0,1000000016
5,4,4.5,1000000017
5,6,5.0,1000000018
6,3,3.5,1000000019
6,4,4.0,1000000020
6,5,1.0,1000000021
6,7,2.5,1000000022
""",
    "tags.csv": """\
userId,movieId,tag,timestamp
1,1,pixar,1000000101
1,1,"fun, for all",1000000102
4,6,mafia,1000000103
6,8,sad,1000000104
""",
    "links.csv": """\
movieId,imdbId,tmdbId
1,0114709,862
2,0113497,8844
3,0112346,9087
4,0113277,949
5,0112682,902
6,0112641,524
7,0081846,
8,0328802,15393
""",
}
"""6 users, 8 movies, 22 ratings, 4 tags, 8 links. Users 1-3 like what 4-6 do not.

Movie 8 is rated by nobody and tagged by user 6; movie 7 has no year, genre or tmdbId; movie 4's title
ends with a blank.
"""


@pytest.fixture
def tiny_movielens(tmp_path: Path) -> Path:
    """A folder with the four files of `TINY`, with MovieLens's own CRLF line ends."""
    folder = tmp_path / "tiny_movielens"
    folder.mkdir()
    for name, text in TINY.items():
        (folder / name).write_bytes(text.replace("\n", "\r\n").encode())
    return folder


@pytest.fixture(scope="session")
def shared_movielens() -> Path:
    """Folder of ml-latest-small, read only."""
    return folder_of("movielens", TINY)
