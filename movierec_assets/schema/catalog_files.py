"""The landing files of the Netflix catalogue: two tables and four lists of the best, as their provider writes them.

Lists stand in them as Python prints them (`['drama', 'crime']`), whole numbers often with a decimal (`795222.0`).
"""

from __future__ import annotations

from movierec_assets.schema.model import Column, LandingFile

DATASET = "netflix"

GENRE = (
    "action|animation|comedy|crime|documentation|drama|european|family|fantasy|history|horror|music|reality|romance"
    "|scifi|sport|thriller|war|western"
)
"""The genre words of `raw_titles.csv`."""

LIST_GENRES = {"documentary": "documentation", "musical": "music", "sports": "sport"}
"""The lists' words for a genre where they are not those of `raw_titles.csv`."""

COUNTRY_CODES = {"Lebanon": "LB"}
"""Countries that the files name by another word than their ISO 3166-1 code."""

CERTIFICATIONS = "G|PG|PG-13|R|NC-17|TV-Y|TV-Y7|TV-G|TV-PG|TV-14|TV-MA"
MONTH = "(?:[Jj]an|[Ff]eb|[Mm]ar|[Aa]pr|[Mm]ay|[Jj]un|[Jj]ul|[Aa]ug|[Ss]ep|[Oo]ct|[Nn]ov|[Dd]ec)"
DAY, MONTH_NUMBER, YEAR = "(?:0?[1-9]|[12][0-9]|3[01])", "(?:0?[1-9]|1[0-2])", "(?:19|20)[0-9]{2}"
SHORT_YEAR = f"(?:{YEAR}|[0-9]{{2}})"
TIME = "(?:[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:[.][0-9]+)?)?)?"
SPREADSHEET_DATE = (
    "a date as a spreadsheet writes it in place of a text",
    "|".join(
        [
            f"{DAY}[-/]{MONTH}(?:[-/]{SHORT_YEAR})?",
            f"{MONTH}[-/]{SHORT_YEAR}",
            *(f"{YEAR}{sep}{MONTH_NUMBER}{sep}{DAY}{TIME}" for sep in ("-", "/", "[.]")),
            *(f"{DAY}{sep}{MONTH_NUMBER}{sep}{SHORT_YEAR}{TIME}" for sep in ("-", "/", "[.]")),
            *(f"{MONTH_NUMBER}{sep}{DAY}{sep}{SHORT_YEAR}{TIME}" for sep in ("-", "/")),
        ]
    ),
)
"""What a spreadsheet makes of a title such as `22 July` when it saves a CSV file: `22-Jul`, `Sep-12`, `22-Jul-18`,
`2018-07-22 00:00:00`, `7/22/2018`, `22.07.2018`. With dots the day comes first everywhere, so `11.22.63` is a title.

What is left of the risk: a title that is written just so (`11/22/63`, `Jan-20`) is refused too and stays in quarantine,
from where a scientist can enter it; a date with another language's month (`22-juil`) or as a bare number (`43303`) is
taken for a title.
"""
SPREADSHEET_ERROR = (
    "an error as a spreadsheet writes it in place of a text",
    "#(?:NAME[?]|REF!|N/A|VALUE!|DIV/0!|NUM!|NULL!|SPILL!|CALC!)|##+",
)
"""What a spreadsheet makes of a text that it takes for a formula (`-A-`, `=A`), or of a column too narrow for it."""
UNDECODED = ("a text with a letter that another encoding lost", "(?s).*\ufffd.*")
"""A program that reads other bytes as UTF-8 writes U+FFFD in place of each letter that it cannot read."""
MANGLED = (SPREADSHEET_DATE, SPREADSHEET_ERROR, UNDECODED)


def _printed_list(words: str) -> str:
    return rf"\[(?:'(?:{words})'(?:, '(?:{words})')*)?\]"


def _year(name: str) -> Column:
    return Column(name, "int32", "Year of release.", unit="calendar year", minimum=1870, maximum=2200)


def _score(name: str, *, nullable: bool = False) -> Column:
    return Column(
        name, "float64", "Score at IMDb.", unit="points of 10", nullable=nullable, minimum=0, maximum=10
    )


TITLE_ID = Column(
    "id",
    "string",
    "Title: `tm` and a number for a movie, `ts` for a show.",
    pattern="t[ms][0-9]+",
    meaning="`tm` or `ts` and a number",
)
COUNTRY = "|".join(["[A-Z]{2}", *COUNTRY_CODES])
TITLES = LandingFile(
    "titles",
    DATASET,
    "raw_titles.csv",
    "One movie or show of the catalogue.",
    (
        TITLE_ID,
        Column("title", "string", "Title.", blank_is_null=True, forbidden=MANGLED),
        Column("type", "string", "`MOVIE` or `SHOW`.", pattern="MOVIE|SHOW"),
        _year("release_year"),
        Column(
            "age_certification",
            "string",
            "Age certification (MPA, TV).",
            nullable=True,
            pattern=CERTIFICATIONS,
        ),
        Column(
            "runtime",
            "int32",
            "Runtime, of a show of one episode; 0 where unknown.",
            unit="minutes",
            minimum=0,
        ),
        Column(
            "genres",
            "string",
            "Genres as a printed list, main one first.",
            pattern=_printed_list(GENRE),
            meaning="a printed list of known genres",
        ),
        Column(
            "production_countries",
            "string",
            "ISO 3166-1 codes as a printed list.",
            pattern=_printed_list(COUNTRY),
            meaning="a printed list of country codes",
        ),
        Column(
            "seasons", "float64", "Seasons of a show, null for a movie.", nullable=True, minimum=1, whole=True
        ),
        Column(
            "imdb_id",
            "string",
            "Identifier at IMDb.",
            nullable=True,
            pattern="tt[0-9]{7,10}",
            meaning="`tt` and 7 to 10 digits",
        ),
        _score("imdb_score", nullable=True),
        Column("imdb_votes", "float64", "Votes at IMDb.", nullable=True, minimum=0, whole=True),
    ),
    key=("id",),
    numbered=True,
    ended=True,
)

CREDITS = LandingFile(
    "credits",
    DATASET,
    "raw_credits.csv",
    "One part of one person in one title.",
    (
        Column("person_id", "int64", "Person.", minimum=0),
        TITLE_ID,
        Column("name", "string", "Name of the person.", blank_is_null=True, forbidden=MANGLED),
        Column(
            "character",
            "string",
            "Character played, null for directors and where not known.",
            nullable=True,
            forbidden=MANGLED,
        ),
        Column("role", "string", "`ACTOR` or `DIRECTOR`.", pattern="ACTOR|DIRECTOR"),
    ),
    key=("person_id", "id", "role", "character"),
    numbered=True,
    ended=True,
)

TITLE = Column("TITLE", "string", "Title.", blank_is_null=True, forbidden=MANGLED)
VOTES = Column("NUMBER_OF_VOTES", "int64", "Votes at IMDb.", minimum=0)
DURATION = Column("DURATION", "int32", "Runtime, of a show of one episode.", unit="minutes", minimum=0)
SEASONS = Column("NUMBER_OF_SEASONS", "int32", "Seasons.", minimum=1)
MAIN = (
    Column(
        "MAIN_GENRE",
        "string",
        "Main genre, in the lists' words.",
        pattern="|".join([GENRE, *LIST_GENRES]),
        meaning="a known genre",
    ),
    Column(
        "MAIN_PRODUCTION",
        "string",
        "ISO 3166-1 code of the main country.",
        pattern=COUNTRY,
        meaning="a country code",
    ),
)


def _list(source: str, name: str, description: str, *columns: Column) -> LandingFile:
    year = _year("RELEASE_YEAR")
    return LandingFile(
        source,
        DATASET,
        name,
        description,
        (TITLE, year, _score("SCORE"), *columns, *MAIN),
        key=("TITLE", "RELEASE_YEAR"),
        numbered=True,
        ended=True,
    )


LISTS = {
    "best_movies": ("MOVIE", "all_time"),
    "best_shows": ("SHOW", "all_time"),
    "best_movies_by_year": ("MOVIE", "year"),
    "best_shows_by_year": ("SHOW", "year"),
}
"""Source -> kind of title in it, and which list it is."""

CATALOG_FILES = (
    TITLES,
    CREDITS,
    _list("best_movies", "Best Movies Netflix.csv", "One of the best movies of all time.", VOTES, DURATION),
    _list(
        "best_shows", "Best Shows Netflix.csv", "One of the best shows of all time.", VOTES, DURATION, SEASONS
    ),
    _list("best_movies_by_year", "Best Movie by Year Netflix.csv", "The best movie of a year."),
    _list("best_shows_by_year", "Best Show by Year Netflix.csv", "The best show of a year.", SEASONS),
)
