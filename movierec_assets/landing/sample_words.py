"""Made-up titles and names of the sample's catalogue, put together from lists of words by random numbers.

Every function takes whole random numbers from 0 and gives the same text for the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from movierec_assets.landing.sample_titles import FIRST, NAMES, SECOND

DRAWS = 6
"""How many random numbers each function needs."""

ADJECTIVES = (
    *FIRST,
    "Amber",
    "Burning",
    "Frozen",
    "Hollow",
    "Midnight",
    "Naïve",
    "Restless",
    "Tender",
    "Wild",
)
NOUNS = (
    *SECOND,
    "Bridge",
    "Clockmaker",
    "Déjà Vu",
    "Ferry",
    "Island",
    "Kitchen",
    "Mirror",
    "Season",
    "Tower",
)
GIVEN = (
    *NAMES,
    *("Amir", "Beatriz", "Caspar", "Daria", "Emeka", "Fiona", "Goran", "Hana", "Ivo", "Jun", "Kofi", "Leila"),
    *("Marek", "Noor", "Oscar", "Priya", "Rosa", "Søren", "Tariq", "Uma", "Viktor", "Wanda", "Yuki", "Zoë"),
)
STEMS = (
    *("Alder", "Bran", "Cald", "Dor", "Ester", "Fenn", "Gal", "Hart", "Ilm", "Jor", "Kest", "Lind"),
    *("Mar", "Nor", "Oak", "Pell", "Quin", "Rav", "Stan", "Thor", "Ull", "Ver", "Wes", "Zim"),
)
ENDINGS = (
    "aby",
    "berg",
    "cott",
    "den",
    "ero",
    "field",
    "ich",
    "kin",
    "low",
    "man",
    "ner",
    "oglu",
    "ova",
    "ski",
)
JOBS = (
    "Baker",
    "Captain",
    "Detective",
    "Ferryman",
    "Judge",
    "Neighbour",
    "Nurse",
    "Pilot",
    "Teacher",
    "Waiter",
)


def title(draws: Sequence[int]) -> str:
    """A title; some have a comma, a colon, double quotes, a letter that is not ASCII."""
    adjective, noun = ADJECTIVES[draws[0] % len(ADJECTIVES)], NOUNS[draws[1] % len(NOUNS)]
    given, other = GIVEN[draws[2] % len(GIVEN)], NOUNS[draws[3] % len(NOUNS)]
    if draws[5] % 100 == 0:
        return f'The "{adjective}" {noun}'
    forms = (
        f"{adjective} {noun}",
        f"The {adjective} {noun}",
        f"{given}'s {noun}",
        f"{noun} of {given}",
        f"{given}: {adjective} {noun}",
        f"{noun} and {other}",
        f"{given}, {adjective}",
    )
    return forms[draws[4] % len(forms)]


def name(draws: Sequence[int]) -> str:
    """A person's name: of two words mostly, one in fifty of one, one in ten of three, one in a hundred of four."""
    given, middle = GIVEN[draws[0] % len(GIVEN)], GIVEN[draws[1] % len(GIVEN)]
    last, other = _surname(draws[2]), _surname(draws[3])
    form = draws[4] % 100
    if form < 2:
        return given
    if form < 12:
        return f"{given} {middle if draws[5] % 2 else middle[0] + '.'} {last}"
    return f"{given} {middle} {other} {last}" if form == 12 else f"{given} {last}"


def character(draws: Sequence[int]) -> str:
    """Whom an actor plays: empty (not known) for one in fourteen, several joined by ` / ` for one in fifty."""
    given, last = GIVEN[draws[0] % len(GIVEN)], _surname(draws[1])
    job, adjective = JOBS[draws[2] % len(JOBS)], ADJECTIVES[draws[3] % len(ADJECTIVES)]
    form = draws[4] % 100
    choices = (
        (7, ""),
        (9, f"{given} / {job}" + (f" / {last}" if draws[5] % 2 else "")),
        (10, f"{given}, the {job}"),
        (11, f'{given} "{adjective}" {last}'),
        (18, f"{job} (uncredited)"),
        (30, job),
        (60, f"{given} {last}"),
        (100, given),
    )
    return next(text for end, text in choices if form < end)


def _surname(draw: int) -> str:
    return STEMS[draw % len(STEMS)] + ENDINGS[draw // len(STEMS) % len(ENDINGS)]
