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

ORDER = ("table", "column", "constraint", "index", "comment")
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
    made = Changes(refused=list(_unknown(found, declared)))
    there = {table for table, kind, _ in found if kind == "table"}
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
        elif kind == "column" and now is None and COLUMN.fullmatch(definition)["type"] == definition:  # type: ignore[index]
            new.add((table, name))
            made.safe.append(f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {definition}")
        elif kind == "constraint" and now is None and columns <= new and not definition.startswith("UNIQUE"):
            made.safe.append(f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {definition}")
        else:
            is_now = f"is `{now}`" if now else "is missing"
            what = f"{table}: {kind} {name} {is_now}, the registry has `{definition}`"
            made.refused.append((what, "; ".join(_remedy(table, kind, name, now, definition))))
    return made


def _unknown(found: Shape, declared: Shape) -> Iterator[tuple[str, str]]:
    """What is there and not declared; constraints first, as columns take theirs along."""
    for kind in ("constraint", "column"):
        for table, _, name in sorted(k for k in found if k[1] == kind and k not in declared):
            definition = found[table, kind, name]
            yield (
                f"{table}: {kind} {name} (`{definition}`) is not in the registry",
                f"ALTER TABLE {table} DROP {kind.upper()} IF EXISTS {quoted(name)}",
            )


def _remedy(table: str, kind: str, name: str, now: str | None, definition: str) -> Iterator[str]:
    if kind == "column" and now:
        yield f"ALTER TABLE {table} {', '.join(_altered(quoted(name), now, definition))}"
    elif kind == "column":
        yield f"ALTER TABLE {table} ADD COLUMN {quoted(name)} {definition}"
        schema, _, plain = table.partition(".")
        if schema == "catalog" and " DEFAULT " in definition:
            # The graph's own rows would otherwise pass for edited ones.
            filled = definition.replace(" NOT NULL", "")
            yield f"ALTER TABLE {LOADED}.{plain} ADD COLUMN {quoted(name)} {filled}"
            yield f"ALTER TABLE {LOADED}.{plain} ALTER COLUMN {quoted(name)} DROP DEFAULT"
    elif kind == "constraint":
        yield f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {quoted(name)}"
        yield f"ALTER TABLE {table} ADD CONSTRAINT {quoted(name)} {definition}"
    elif kind == "index":
        yield f"DROP INDEX {table.partition('.')[0]}.{quoted(name)}"
        yield definition
    else:
        yield f"DROP TABLE {table} CASCADE"


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
