"""What can stand in a list, movies of MovieLens or titles of the catalogue, and which of it passes the filters."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from movierec_assets.api.recommending.shapes import Filters

NO_YEAR = -1


@dataclass(frozen=True)
class Entry:
    """One movie or title, as an answer shows it.

    Attributes:
        movie_id: Movie of MovieLens, None where it has none.
        title_id: Title of the catalogue, None where it has none.
        title: Without the year.
        year: Year of release.
        genres: In MovieLens's words for a movie of its, else in the catalogue's.
        kind: `movie` or `show`.
    """

    movie_id: int | None
    title_id: str | None
    title: str
    year: int | None
    genres: list[str]
    kind: str

    @property
    def named(self) -> str:
        """Title with the year where there is one."""
        return self.title if self.year is None else f"{self.title} ({self.year})"


@dataclass(frozen=True, eq=False)
class Shelf:
    """Entries by ascending id; what an entry's place is in all arrays about them.

    Attributes:
        ids: Movie ids, or title ids by code points; ascending, distinct.
        entries: In their order.
    """

    ids: Sequence[Any]
    entries: Sequence[Entry]

    def __len__(self) -> int:
        return len(self.ids)

    def place(self, wanted: Any) -> int | None:
        """Where an id stands, None where it does not."""
        return self._places.get(wanted)

    def before(self, wanted: Any) -> int:
        """The last place of an id that is not above this one, -1 where there is none."""
        return bisect_right(self.ids, wanted) - 1

    def places(self, wanted: Sequence[Any]) -> list[int]:
        """Where the ids stand, without those that do not."""
        return [self._places[one] for one in wanted if one in self._places]

    def passing(self, filters: Filters) -> npt.NDArray[np.bool_]:
        """Which entries pass: bool[n], a new array."""
        passes = np.ones(len(self), np.bool_)
        if filters.genre:
            passes[:] = False
            for genre in filters.genre:
                passes[self._by_genre.get(genre.casefold(), [])] = True
        if filters.year_min is not None:
            passes &= self._years >= max(filters.year_min, NO_YEAR + 1)
        if filters.year_max is not None:
            passes &= (self._years <= filters.year_max) & (self._years != NO_YEAR)
        if filters.kind is not None:
            passes &= self._shows == (filters.kind == "show")
        passes[self.places(filters.excluded)] = False
        return passes

    @cached_property
    def movie_ids(self) -> npt.NDArray[np.int64]:
        """int64[n] the entries' movies, 0 where one has none."""
        return np.array([e.movie_id or 0 for e in self.entries], np.int64)

    @cached_property
    def _places(self) -> dict[Any, int]:
        return {one: place for place, one in enumerate(self.ids)}

    @cached_property
    def _years(self) -> npt.NDArray[np.int32]:
        return np.array([NO_YEAR if e.year is None else e.year for e in self.entries], np.int32)

    @cached_property
    def _shows(self) -> npt.NDArray[np.bool_]:
        return np.array([e.kind == "show" for e in self.entries], np.bool_)

    @cached_property
    def _by_genre(self) -> dict[str, npt.NDArray[np.int64]]:
        found: dict[str, list[int]] = {}
        for place, entry in enumerate(self.entries):
            for genre in entry.genres:
                found.setdefault(genre.casefold(), []).append(place)
        return {genre: np.array(places) for genre, places in found.items()}
