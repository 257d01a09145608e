"""The users shown at the end of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from movierec_assets.cli.sample import sample_of_users
from movierec_assets.io_managers.lake import Lake

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def no_session() -> None:
    raise AssertionError("no engine is needed")


def lake_with(folder: Path, users: int) -> Lake:
    """Each user rated movies 1 to 4 the better the higher, and is recommended movies 5 to 8 in that order."""
    lake = Lake(str(folder), {}, no_session)  # type: ignore[arg-type]
    ids = [u for u in range(users, 0, -1) for _ in range(4)]
    four = [1, 2, 3, 4] * users
    tables = {
        "recommendations": {"userId": ids, "rank": four, "movieId": [4 + m for m in four]},
        "cleaned_ratings": {
            "userId": ids,
            "movieId": four,
            "rating": [float(m) for m in four],
            "timestamp": four,
        },
        "cleaned_movies": {
            "movieId": list(range(1, 8)),
            "title": [f"Movie {m}" for m in range(1, 8)],
            "year": [None, *range(1991, 1997)],
        },
    }
    for name, columns in tables.items():
        lake.write(name, pa.table(columns).to_reader, name)
    return lake


def test_the_users_of_the_lowest_ids_are_shown_with_their_best_rated_and_first_recommended(
    tmp_path: Path,
) -> None:
    shown = list(sample_of_users(lake_with(tmp_path, 7)))
    assert [user for user, _, _ in shown] == [1, 2, 3, 4, 5]
    assert shown[0] == (
        1,
        "Movie 4 (1993) · Movie 3 (1992) · Movie 2 (1991)",
        "Movie 5 (1994) · Movie 6 (1995) · Movie 7 (1996)",
    )


def test_nothing_is_shown_before_the_first_recommendations(tmp_path: Path) -> None:
    assert list(sample_of_users(Lake(str(tmp_path), {}, no_session))) == []  # type: ignore[arg-type]


def test_only_what_is_shown_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from movierec_assets.io_managers.lake import LakeTable

    lake, read = lake_with(tmp_path, 1000), {}
    arrow = LakeTable.arrow

    def counted(self: LakeTable, *arguments: object, **named: object) -> pa.Table:
        rows = arrow(self, *arguments, **named)  # type: ignore[arg-type]
        read.setdefault(self.name, []).append(rows.num_rows)
        return rows

    monkeypatch.setattr(LakeTable, "arrow", counted)
    list(sample_of_users(lake))
    assert read == {"recommendations": [1000, 20], "cleaned_ratings": [20], "cleaned_movies": [6]}
