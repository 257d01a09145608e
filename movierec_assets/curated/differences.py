# ruff: noqa: S608  names come from the registry and, as PostgreSQL quotes them, from its catalog
"""From the shape that the editable tables have to the registry's: what can be added safely, and what has to be refused.

Safe is what leaves every row and every statement that worked as it was: a table, a column that may be null, what is
asked of such a column, an index, a comment. Indexes that people added are theirs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from movierec_assets.curated.ddl import LOADED
from movierec_assets.publication.layout import literal, quoted

if TYPE_CHECKING:
    from movierec_assets.curated.shape import Shape

ORDER = ("column", "constraint", "index", "comment")
COLUMN = re.compile(
    r"(?P<type>.+?)(?P<required> NOT NULL)?(?: DEFAULT (?P<default>.+?))?(?: GENERATED (?P<identity>.+) AS IDENTITY)?"
)


@dataclass
class Changes:
    """What has to happen to the tables that are there.

    Attributes:
        safe: Statements that add what is missing, in order.
        refused: What differs otherwise, in words, and the statements that would make it as declared; in order.
    """

    safe: list[str] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)


def changes(found: Shape, declared: Shape) -> Changes:
    """Compare, but for the tables that are not there at all.

    Args:
        found: As `found_shape` gives it.
        declared: As `declared_shape` gives it.
    """
    kinds = {
        table: (now, declared[table, "table", ""])
        for (table, kind, _), now in found.items()
        if kind == "table"
    }
    there = {table for table, (now, definition) in kinds.items() if now == definition}
    made = Changes(
        refused=[
            # Moved with its indexes, whose names would be in the way.
            (f"{table}: is {now}, the registry has it {definition}", f"ALTER TABLE {table} SET SCHEMA public")
            for table, (now, definition) in sorted(kinds.items())
            if now != definition
        ]
    )
    made.refused += _unknown({key: now for key, now in found.items() if key[0] in there}, declared)
    new: set[tuple[str, str]] = set()
    for key in sorted((k for k in declared if k[1] in ORDER), key=lambda k: (ORDER.index(k[1]), k)):
        (table, kind, name), definition, now = key, declared[key], found.get(key)
        if table not in there or now == definition:
            continue
        columns = {(table, column) for column in declared.get((table, "columns", name), "").split(",")}
        if kind == "comment":
            of = f"COLUMN {table}.{quoted(name)}" if name else f"TABLE {table}"
            made.safe.append(f"COMMENT ON {of} IS {literal(definition)}")
        elif kind == "index" and now is None:
            made.safe.append(definition)
        elif kind == "column" and now is None and _may_be_added(declared, table, name, new):
            new.add((table, name))
            made.safe.append(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {definition}")
        elif kind == "constraint" and now is None and columns <= new and not definition.startswith("UNIQUE"):
            made.safe.append(f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {definition}")
        else:
            is_now = f"is `{now}`" if now else "is missing"
            what = f"{table}: {kind} {name} {is_now}, the registry has `{definition}`"
            made.refused.append((what, "; ".join(_remedy(declared, table, kind, name, now))))
    return made


def _may_be_added(declared: Shape, table: str, column: str, new: set[tuple[str, str]]) -> bool:
    """Null in every row must be right; in what the graph brought last, where the live table's column is new too."""
    definition = declared[table, "column", column]
    found, live = COLUMN.fullmatch(definition), _live(declared, table, column)
    return found is not None and found["type"] == definition and (not live or (live, column) in new)


def _live(declared: Shape, table: str, column: str) -> str | None:
    """The table with that column of which this one keeps what the graph brought last."""
    schema, _, name = table.partition(".")
    live = f"catalog.{name}"
    return live if schema == LOADED and (live, "column", column) in declared else None


def _unknown(found: Shape, declared: Shape) -> Iterator[tuple[str, str]]:
    """What is there and not declared; constraints first, as columns take theirs along."""
    for kind in ("constraint", "column"):
        for table, _, name in sorted(k for k in found if k[1] == kind and k not in declared):
            definition = found[table, kind, name]
            yield (
                f"{table}: {kind} {name} (`{definition}`) is not in the registry",
                f"ALTER TABLE {table} DROP {kind.upper()} IF EXISTS {quoted(name)}",
            )


def _remedy(declared: Shape, table: str, kind: str, name: str, now: str | None) -> Iterator[str]:
    definition = declared[table, kind, name]
    if kind == "column" and now:
        yield f"ALTER TABLE {table} {', '.join(_altered(quoted(name), now, definition))}"
    elif kind == "column":
        yield f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {definition}"
        if live := _live(declared, table, name):
            # What the graph brought would otherwise pass for edited.
            key = declared[live, "columns", f"{live.partition('.')[2]}_pkey"].split(",")
            same = " AND ".join(f"b.{quoted(k)} = l.{quoted(k)}" for k in key)
            yield f"UPDATE {table} b SET {quoted(name)} = l.{quoted(name)} FROM {live} l WHERE {same}"
    elif kind == "constraint":
        yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted(name)}"
        yield f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {definition}"
    else:
        yield f"DROP INDEX {table.partition('.')[0]}.{quoted(name)}"
        yield definition


def _altered(column: str, now: str, definition: str) -> Iterator[str]:
    old, new = COLUMN.fullmatch(now), COLUMN.fullmatch(definition)
    assert old
    assert new
    if old["type"] != new["type"]:
        yield f"ALTER COLUMN {column} TYPE {new['type']} USING {column}::{new['type']}"
    if old["required"] != new["required"]:
        yield f"ALTER COLUMN {column} {'SET' if new['required'] else 'DROP'} NOT NULL"
    if old["default"] != new["default"]:
        yield f"ALTER COLUMN {column} " + (
            f"SET DEFAULT {new['default']}" if new["default"] else "DROP DEFAULT"
        )
    if old["identity"] != new["identity"]:
        added = f"ADD GENERATED {new['identity']} AS IDENTITY" if new["identity"] else "DROP IDENTITY"
        yield f"ALTER COLUMN {column} {added}"
