"""Which tables are resources, under which name, and which of them can be written to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from movierec_assets.curated.ddl import GENERATED
from movierec_assets.publication.layout import snake
from movierec_assets.schema import TABLES, Column, Table

SCHEMAS = ("catalog", "simulation", "feedback", "serving")
"""What applications see; the raw files say nothing that the catalogue does not say in types."""
RENAMED = {"recommendations": "graph-recommendations"}
"""Resources whose name another one has: applications write `recommendations` themselves."""
READ_ONLY = frozenset({"simulated_scenarios"})
"""Editable tables whose rows are made by more than an insert."""


@dataclass(frozen=True)
class Resource:
    """One table as a resource.

    Attributes:
        name: In paths, with hyphens.
        table: Of the registry; `published_as` is set.
    """

    name: str
    table: Table

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """The columns under their names in PostgreSQL."""
        return tuple(replace(c, name=snake(c.name)) for c in self.table.columns)

    @cached_property
    def key(self) -> tuple[Column, ...]:
        """The columns of the key."""
        return tuple(self.column(snake(name)) for name in self.table.key)

    @cached_property
    def others(self) -> tuple[Column, ...]:
        """The columns outside the key."""
        return tuple(c for c in self.columns if c not in self.key)

    @property
    def writable(self) -> bool:
        """Whether it can be written to; the grants of a role decide whether that role may."""
        return self.table.editable and self.table.name not in READ_ONLY

    @cached_property
    def relation(self) -> tuple[str, str]:
        """Schema and name in PostgreSQL."""
        schema, _, name = str(self.table.published_as).partition(".")
        return schema, name

    @property
    def label(self) -> str:
        """Its name in the names of models: `ProductionCountries`."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def path(self) -> str:
        """Where all its rows are."""
        return f"/v1/{self.name}"

    @property
    def path_of_one(self) -> str:
        """Where one row is, with the key's columns in braces."""
        return "/".join([self.path, *(f"{{{c.name}}}" for c in self.key)])

    def column(self, name: str) -> Column:
        """The column of that name; StopIteration where there is none."""
        return next(c for c in self.columns if c.name == name)

    def generated(self, column: Column) -> bool:
        """Whether PostgreSQL makes a value of this column where none is given."""
        return column in self.key and column.name in GENERATED

    def optional(self, column: Column) -> bool:
        """Whether a new row may leave this column out: it is then null, false, the present or generated."""
        return column.nullable or column.type in ("bool", "timestamp") or self.generated(column)


def _name(table: Table) -> str:
    schema, _, relation = str(table.published_as).partition(".")
    return RENAMED.get(table.name, relation) if schema == "serving" else relation


RESOURCES = tuple(
    Resource(_name(t).replace("_", "-"), t)
    for t in TABLES.values()
    if t.key and str(t.published_as).partition(".")[0] in SCHEMAS
)
