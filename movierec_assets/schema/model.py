"""The vocabulary of the registry: a column, a table, and their translations to Arrow and Spark types."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

ARROW_TYPES = {
    "int32": "int",
    "int64": "bigint",
    "float32": "float",
    "float64": "double",
    "string": "string",
    "list<string>": "array<string>",
}
"""Registry type -> Spark SQL type. The registry type is also the Arrow type's own name."""


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        name: As it stands in the lake (MovieLens's own camelCase names).
        type: A key of `ARROW_TYPES`.
        description: One sentence for people.
        unit: Unit of measure, where there is one (`seconds since 1970-01-01 UTC`, `stars`).
        nullable: Whether null is a legal value.
        minimum: Smallest legal value, inclusive.
        maximum: Largest legal value, inclusive.
        pattern: Regular expression that the whole text must match.
        blank_is_null: Whether text of only white space counts as null.
    """

    name: str
    type: str
    description: str
    unit: str | None = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    blank_is_null: bool = False

    def arrow_type(self) -> pa.DataType:
        """The Arrow type."""
        import pyarrow as pa

        if self.type == "list<string>":
            return pa.list_(pa.string())
        return pa.type_for_alias(self.type)

    @property
    def spark_type(self) -> str:
        """The type's name in Spark SQL."""
        return ARROW_TYPES[self.type]

    def relaxed(self) -> Column:
        """The same column without rules, as a raw table has it."""
        return replace(self, nullable=True, minimum=None, maximum=None, pattern=None, blank_is_null=False)


@dataclass(frozen=True)
class Table:
    """One dataset of the lake.

    Attributes:
        name: Asset name and folder in the lake.
        description: What one row is, in a sentence or two.
        columns: In order.
        key: Columns that identify a row; empty where rows may repeat.
        layer: Asset group (`raw`, `cleaned`, `features`, `model`, `serving`).
        published_as: `schema.table` in PostgreSQL, or None. Published columns are the snake_case of these.
        lineage: column -> ((upstream table, upstream column), …), for the UI.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    layer: str = "cleaned"
    published_as: str | None = None
    lineage: dict[str, tuple[tuple[str, str], ...]] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        names = [c.name for c in self.columns]
        if len(set(names)) != len(names) or not set(self.key) <= set(names):
            raise ValueError(f"table {self.name}: columns must be unique and the key made of them")

    @property
    def column_names(self) -> list[str]:
        """Names of the columns, in order."""
        return [c.name for c in self.columns]

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        return next(c for c in self.columns if c.name == name)

    def arrow_schema(self) -> pa.Schema:
        """The Arrow schema, nullability included."""
        import pyarrow as pa

        return pa.schema([pa.field(c.name, c.arrow_type(), c.nullable) for c in self.columns])

    def spark_schema(self) -> str:
        """The schema as Spark DDL text."""
        return ", ".join(f"`{c.name}` {c.spark_type}" for c in self.columns)

    def fingerprint(self) -> str:
        """Changes when a column, type, key or rule changes (not when a description does)."""
        facts = repr(
            [
                (c.name, c.type, c.nullable, c.minimum, c.maximum, c.pattern, c.blank_is_null)
                for c in self.columns
            ]
        ) + repr(self.key)
        return hashlib.sha256(facts.encode()).hexdigest()[:8]
