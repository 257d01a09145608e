"""The views of the published tables and the tables behind them in schema `publication`, made from the registry."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.migrations import upgrade
from movierec_assets.schema import TABLES, Column, Table

if TYPE_CHECKING:
    import psycopg

POSTGRES_TYPES = {
    "bool": "boolean",
    "int32": "integer",
    "int64": "bigint",
    "float32": "real",
    "float64": "double precision",
    "string": "text",
    "timestamp": "timestamp with time zone",
    "list<string>": "text[]",
    "list<int32>": "integer[]",
    "list<float32>": "real[]",
}

INSTALL_LOCK = "movierec: publication layout"
VIEW_LOCK = "movierec: rights on views"
"""Who gives or takes rights holds it; who makes a view anew with its old rights holds it shared, so that no right is
given to the old view only, or comes back with the new one."""

VIEW = """
CREATE OR REPLACE VIEW {} AS SELECT {} FROM {}
WHERE snapshot_id = (SELECT c.snapshot_id FROM publication.current c WHERE c.dataset = {})
"""

VIEW_COLUMNS = """
SELECT array_agg(attname::text ORDER BY attnum) FROM pg_attribute WHERE attrelid = to_regclass({}) AND attnum > 0
"""


class PublicationError(Exception):
    """A publication or rollback is not possible; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Layout:
    """Names and DDL of one published table.

    Attributes:
        table: Its entry in the registry; `published_as` is set.
    """

    table: Table

    def __post_init__(self) -> None:
        if self.table.published_as is None:
            raise PublicationError(f"{self.table.name} is not a published table: `published_as` is empty")

    @property
    def schema(self) -> str:
        """Schema of the view."""
        return str(self.table.published_as).partition(".")[0]

    @property
    def view(self) -> str:
        """The view's quoted name, such as `"serving"."recommendations"`."""
        return ".".join(map(quoted, str(self.table.published_as).split(".")))

    @property
    def storage(self) -> str:
        """Name of the storage table in schema `publication`; another one where columns, types or key differ."""
        shape = repr((self.table.key, [(c.name, c.type, c.nullable) for c in self.table.columns]))
        name = str(self.table.published_as).replace(".", "_")
        return f"{name}_{hashlib.sha256(shape.encode()).hexdigest()[:8]}"

    def create_storage(self) -> list[str]:
        """Statements that make the storage table where it is missing."""
        storage = f"publication.{quoted(self.storage)}"
        columns = ["snapshot_id bigint NOT NULL"] + [
            f"{quoted(snake(c.name))} {POSTGRES_TYPES[c.type]}{'' if c.nullable else ' NOT NULL'}"
            for c in self.table.columns
        ]
        key = ", ".join(["snapshot_id", *(quoted(snake(name)) for name in self.table.key)])
        if self.table.key:
            columns.append(f"PRIMARY KEY ({key})")
        statements = [
            f"CREATE TABLE IF NOT EXISTS {storage} ({', '.join(columns)})",
            f"COMMENT ON TABLE {storage} IS {literal(f'Kept snapshots of {self.table.published_as}.')}",
        ]
        if not self.table.key:
            # A table without a key of its own still needs its snapshots found.
            index = quoted(f"{self.storage}_index")
            statements.append(f"CREATE INDEX IF NOT EXISTS {index} ON {storage} (snapshot_id)")
        return statements

    def analyze_storage(self) -> str:
        """The statement by which the planner learns of the rows.

        Nobody searches in lists of numbers, and to count their elements takes longer than to load them.
        """
        searched = [snake(c.name) for c in self.table.columns if c.element_type in (None, "string")]
        columns = ", ".join(map(quoted, ["snapshot_id", *searched]))
        return f"ANALYZE publication.{quoted(self.storage)} ({columns})"

    def create_view(self) -> str:
        """The statement that makes the view show the storage table's live snapshot."""
        columns = ", ".join(quoted(name) for name in self.column_names)
        storage = f"publication.{quoted(self.storage)}"
        return VIEW.format(self.view, columns, storage, literal(self.table.name))

    def describe_view(self) -> list[str]:
        """Statements that comment the view and its columns, units included."""
        return [f"COMMENT ON VIEW {self.view} IS {literal(self.table.description)}"] + [
            f"COMMENT ON COLUMN {self.view}.{quoted(snake(c.name))} IS {literal(_description(c))}"
            for c in self.table.columns
        ]

    @property
    def column_names(self) -> list[str]:
        """The columns' names in PostgreSQL."""
        return [snake(c.name) for c in self.table.columns]


def ensure_schema(connection: psycopg.Connection, tables: Iterable[Table] | None = None) -> None:
    """Upgrade the database where it is older, and make storage tables and views where they are missing.

    Safe in several processes at once. The view of a table whose columns changed is left to the next publication, so
    that it never shows an empty table.

    Args:
        connection: Committed at the end unless a transaction is open on it.
        tables: The published tables; those of the registry if left out.
    """
    layouts = [
        Layout(t)
        for t in (TABLES.values() if tables is None else tables)
        if t.published_as and not t.editable
    ]
    everything = [(x.create_storage(), x.create_view(), x.describe_view()) for x in layouts]
    digest = hashlib.sha256(repr(everything).encode()).hexdigest()[:16]
    mark = f"Snapshots of the published tables. Layout {digest}."
    with connection.transaction():
        upgrade(connection)
        found = connection.execute("SELECT obj_description(to_regnamespace('publication'), 'pg_namespace')")
        if found.fetchone() == (mark,):
            return
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (INSTALL_LOCK,))
        for layout in layouts:
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(layout.schema)}")
            for statement in layout.create_storage():
                connection.execute(statement)
            there = connection.execute("SELECT to_regclass(%s) IS NOT NULL", (layout.view,)).fetchone()
            if there == (False,):
                connection.execute(layout.create_view())
            if connection.execute(VIEW_COLUMNS.format(literal(layout.view))).fetchone() == (
                layout.column_names,
            ):
                for statement in layout.describe_view():
                    connection.execute(statement)
        connection.execute(f"COMMENT ON SCHEMA publication IS {literal(mark)}")


def dataset_lock(dataset: str) -> str:
    """SQL of the advisory lock that publishing, rolling back and pruning of one dataset take turns by."""
    return f"hashtextextended({literal(f'movierec: publication of {dataset}')}, 0)"


def snake(name: str) -> str:
    """The name of a lake column in PostgreSQL: `userId` -> `user_id`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def quoted(name: str) -> str:
    """An SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """An SQL string."""
    return "'" + text.replace("'", "''") + "'"


def _description(column: Column) -> str:
    return f"{column.description} Unit: {column.unit}." if column.unit else column.description
