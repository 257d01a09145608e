"""Files of the Netflix catalogue for tests: a set small enough to compute by hand, and the real one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from movierec_assets.schema import LANDING_FILES
from movierec_assets.schema.catalog_files import DATASET
from movierec_assets_tests.real_data import folder_of

if TYPE_CHECKING:
    from pathlib import Path

NAMES = {source: file.name for source, file in LANDING_FILES.items() if file.dataset == DATASET}

TINY_CATALOGUE = {
    "raw_titles.csv": """\
index,id,title,type,release_year,age_certification,runtime,genres,production_countries,seasons,imdb_id,imdb_score,\
imdb_votes
0,tm1,Toy Story,MOVIE,1995,G,81,"['animation', 'comedy', 'family']",['US'],,tt0114709,8.3,900000.0
1,tm2,Heat,MOVIE,1995,R,170,"['crime', 'drama']",['US'],,tt0113277,8.2,600000.0
2,tm3,Capernaum,MOVIE,2018,R,126,['drama'],"['Lebanon', 'FR']",,tt8267604,8.4,90000.0
3,ts4,"Life, on Our Planet",SHOW,2018,TV-PG,49,['documentation'],['GB'],1.0,tt8420184,,
4,ts5,Match Day,SHOW,2018,,30,"['sport', 'reality']",[],2.0,,7.5,80.0
5,tm6,,MOVIE,2015,,11,[],[],,tt4661188,,
6,tm7,Heat,MOVIE,1986,R,101,['action'],['US'],,,5.0,12.0
""",
    "raw_credits.csv": """\
index,person_id,id,name,character,role
0,10,tm1,Tom Hanks,Woody (voice),ACTOR
1,11,tm2,Robert De\u00a0Niro,Neil McCauley,ACTOR
2,12,tm2,Michael Mann,,DIRECTOR
3,13,tm3,Nadine Labaki,"Nadine, ""the lawyer"" of Zain",ACTOR
4,13,tm3,Nadine Labaki,,DIRECTOR
5,14,tm6,J\u00f6rn Donner,,DIRECTOR
6,15,ts5,Cher,True,ACTOR
7,15,ts5,Cher,True,ACTOR
""",
    "Best Movies Netflix.csv": """\
index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_VOTES,DURATION,MAIN_GENRE,MAIN_PRODUCTION
0,Toy Story,1995,8.3,900000,81,animation,US
1,Heat,1995,8.2,600000,170,crime,US
""",
    "Best Shows Netflix.csv": """\
index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_VOTES,DURATION,NUMBER_OF_SEASONS,MAIN_GENRE,MAIN_PRODUCTION
0,"Life, on Our Planet",2018,9.0,41386,49,1,documentary,GB
""",
    "Best Movie by Year Netflix.csv": """\
index,TITLE,RELEASE_YEAR,SCORE,MAIN_GENRE,MAIN_PRODUCTION
0,Heat,1995,8.2,drama,US
1,Capernaum,2018,8.4,drama,Lebanon
""",
    "Best Show by Year Netflix.csv": """\
index,TITLE,RELEASE_YEAR,SCORE,NUMBER_OF_SEASONS,MAIN_GENRE,MAIN_PRODUCTION
0,"Life, on Our Planet",2018,9.0,1,documentary,GB
""",
}
"""7 titles, 8 credits and 6 list rows. Title tm6 has no name, so it is quarantined with its credit; one credit repeats.

Toy Story and Heat (1995) are movies 1 and 4 of `TINY`.
"""


@pytest.fixture
def tiny_catalogue(tmp_path: Path) -> Path:
    """A folder with the six files of `TINY_CATALOGUE`."""
    folder = tmp_path / "tiny_catalogue"
    folder.mkdir()
    for name, text in TINY_CATALOGUE.items():
        (folder / name).write_bytes(text.encode())
    return folder


@pytest.fixture(scope="session")
def shared_catalogue() -> Path:
    """Folder of the real catalogue's files, read only."""
    return folder_of(DATASET, NAMES.values())
