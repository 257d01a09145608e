"""Rows for the catalogue's editable tables, and their merge."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from movierec_assets.curated import Merged, ensure_tables, merge
from movierec_assets.schema import table

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

TITLE: dict[str, Any] = {
    "title": "A",
    "kind": "movie",
    "release_year": 2000,
    "runtime_minutes": 90,
    "is_all_time_best": False,
    "is_year_best": False,
}


def title(title_id: str, **values: Any) -> dict[str, Any]:
    """A row of `titles`."""
    return {"title_id": title_id, **TITLE, **values}


def genre(title_id: str, word: str, position: int = 1, *, main: bool = False) -> dict[str, Any]:
    """A row of `genres`."""
    return {"title_id": title_id, "genre": word, "position": position, "is_main_genre": main}


def entry(rank: int, title_id: str, score: float = 8.0) -> dict[str, Any]:
    """A row of `list_entries`."""
    return {
        **{"list": "all_time", "rank": rank, "title_id": title_id, "score": score},
        **{"main_genre": "drama", "main_country": "US"},
    }


def rows_for(name: str, rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as the lake has them; what a row leaves out is null."""
    schema = pa.schema([f.with_nullable(True) for f in table(name).arrow_schema()])
    return pa.Table.from_pylist(rows, schema)


def bring(database: Database, name: str, version: str, rows: list[dict[str, Any]]) -> Merged:
    """Merge these rows as that version."""
    with database.connect(autocommit=True) as connection:
        return merge(connection, table(name), rows_for(name, rows), version, f"run-{version}")


def with_tables(database: Database) -> Database:
    """The database with the editable tables."""
    ensure_tables(database)
    return database


def with_titles(database: Database) -> Database:
    """The database with the editable tables and twenty titles of two genres that can be watched."""
    ensure_tables(database)
    with database.connect() as connection:
        connection.execute(
            "insert into catalog.titles (title_id, title, kind, release_year, runtime_minutes, imdb_votes)"
            " select 'tm' || n, 'Title ' || n, 'movie', 2000, 90, 1000 - n from generate_series(1, 20) n"
        )
        connection.execute(
            "insert into catalog.genres (title_id, genre, position)"
            " select 'tm' || n, case when n % 2 = 0 then 'drama' else 'comedy' end, 1 from generate_series(1, 20) n"
        )
    return database


def execute(database: Database, statement: str) -> None:
    """What a person does."""
    with database.connect() as connection:
        connection.execute(statement.encode())


def query(database: Database, statement: str) -> list[tuple[Any, ...]]:
    """What a person sees."""
    with database.connect() as connection:
        return connection.execute(statement.encode()).fetchall()
