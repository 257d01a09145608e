"""Values as a person reads them; an absent one is a dash."""

from __future__ import annotations

import re
from datetime import date, datetime

from markupsafe import Markup, escape

ABSENT = "–"  # noqa: RUF001  a dash, which is what it is
CODE = re.compile(r"`([^`]+)`")
HUES = (
    *("action", "adventure", "animation", "children", "comedy", "crime", "documentary", "drama", "fantasy"),
    *("horror", "musical", "mystery", "romance", "sci-fi", "thriller", "war", "western"),
)
"""Genres that have a colour in the stylesheet."""
ALSO = {"documentation": "documentary", "family": "children", "music": "musical", "scifi": "sci-fi"}
"""The catalogue's words for some of them."""

RECOMMENDERS = {
    "ranking_model": "Ranking model",
    "als_model": "Rating model",
    "popularity": "Popularity",
    "popular_movies": "Popularity",
    "popular_titles": "Popularity",
    "damped_mean": "Damped mean",
    "bias": "Bias",
    "item_knn": "Item kNN",
}


def count(number: int | None) -> str:
    """`12,345`."""
    return ABSENT if number is None else f"{number:,}"


def decimal(number: float | None, places: int = 2) -> str:
    """A number to so many places."""
    return ABSENT if number is None else f"{number:,.{places}f}"


def stars(rating: float | None) -> str:
    """`4.5`, of five."""
    return decimal(rating, 1)


def day(moment: date | datetime | None) -> str:
    """`3 May 2026`."""
    return ABSENT if moment is None else f"{moment.day} {moment:%B %Y}"


def moment(at: datetime) -> str:
    """`3 May 2026, 14:05`, in UTC."""
    return f"{at.day} {at:%b %Y, %H:%M}"


def duration(minutes: int | None) -> str:
    """`2 h 50 min`."""
    if minutes is None:
        return ABSENT
    hours, rest = divmod(minutes, 60)
    return (
        " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest else "") if part)
        or "0 min"
    )


def plural(number: int, one: str, many: str | None = None) -> str:
    """`1 rating`, `2,000 ratings`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def recommender(name: str) -> str:
    """What a recommender is called; those outside the graph by their own name."""
    return RECOMMENDERS.get(name, name)


def sentence(text: str) -> str:
    """With a capital at the beginning."""
    return text[:1].upper() + text[1:]


def initials(title: str) -> str:
    """The first letters of its first two words that are no article."""
    words = [w for w in re.findall(r"\w+", title) if w.lower() not in ("the", "a", "an", "of", "and")]
    return "".join(word[0].upper() for word in words[:2]) or "?"


def hue(genres: list[str] | None) -> str:
    """Class of the stylesheet that has the first genre's colour."""
    for genre in genres or []:
        known = ALSO.get(genre.lower(), genre.lower())
        if known in HUES:
            return f"tile-{known}"
    return "tile-other"


def marked(text: str) -> Markup:
    """Text whose `words in backticks` are code."""
    return Markup(CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704  escaped before
