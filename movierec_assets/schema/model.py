"""The vocabulary of the registry: a column, a table, and their translations to Arrow and Spark types."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

ARROW_TYPES = {
    "date": "date",
    "int16": "smallint",
    "json": "string",
    "timestamp": "timestamp",
    "bool": "boolean",
    "int32": "int",
    "int64": "bigint",
    "float32": "float",
    "float64": "double",
    "string": "string",
    "list<string>": "array<string>",
    "list<int32>": "array<int>",
    "list<float32>": "array<float>",
}
"""Registry type -> Spark SQL type."""


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
        meaning: What a text is that matches the pattern, for the message about one that does not.
        forbidden: What a text must not be, each with the regular expression that such a text matches as a whole.
        whole: Whether a decimal number must be a whole one.
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
    meaning: str | None = None
    forbidden: tuple[tuple[str, str], ...] | None = None
    whole: bool = False
    blank_is_null: bool = False

    def arrow_type(self) -> pa.DataType:
        """The Arrow type."""
        import pyarrow as pa

        named = {
            "json": pa.string(),
            "date": pa.date32(),
            "timestamp": pa.timestamp("us", tz="UTC"),
        }
        if self.type in named:
            return named[self.type]
        if element := self.element_type:
            return pa.list_(pa.type_for_alias(element))
        return pa.type_for_alias(self.type)

    @property
    def element_type(self) -> str | None:
        """Type of a list's elements, `int32` of `list<int32>`; None where it is no list."""
        return self.type[5:-1] if self.type.startswith("list<") else None

    @property
    def spark_type(self) -> str:
        """The type's name in Spark SQL."""
        return ARROW_TYPES[self.type]

    def relaxed(self) -> Column:
        """The same column without rules, as a raw table has it."""
        return Column(self.name, self.type, self.description, self.unit, nullable=True)


@dataclass(frozen=True)
class ForeignKey:
    """A reference to another table's key.

    Attributes:
        columns: Of the table itself, in the order of the other's key.
        table: Registry name of the other.
        on_delete: What becomes of the rows that point at a deleted one: `cascade` takes them along, `restrict` keeps
            the row that they point at.
    """

    columns: tuple[str, ...]
    table: str
    on_delete: str = "cascade"


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
        editable: Whether people and programs write to it in PostgreSQL; it is then a table with constraints that the
            graph's changes are merged into, and not a view of snapshots.
        foreign_keys: References to other editable tables.
        unique: Further sets of columns that identify a row; nulls count as equal.
        indexes: Sets of columns that are searched by.
        order: Pairs of columns of which the first lies before the second.
        lake: Whether it lies in the lake; if not, in PostgreSQL only.
        partitioned: Whether PostgreSQL keeps it in one partition per value of its first column.
        on_demand: The command that alone makes it, for a table that never counts as stale; None for all others.
        lineage: column -> ((upstream table, upstream column), …), for the UI.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    layer: str = "cleaned"
    published_as: str | None = None
    editable: bool = False
    foreign_keys: tuple[ForeignKey, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    indexes: tuple[tuple[str, ...], ...] = ()
    order: tuple[tuple[str, str], ...] = ()
    lake: bool = True
    partitioned: bool = False
    on_demand: str | None = None
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
                tuple(
                    getattr(c, f.name) for f in fields(c) if f.name not in ("description", "unit", "meaning")
                )
                for c in self.columns
            ]
        ) + repr(self.key)
        return hashlib.sha256(facts.encode()).hexdigest()[:8]


INDEX = Column("index", "int64", "Row number as the provider wrote it.", nullable=True)


@dataclass(frozen=True)
class LandingFile:
    """A CSV file that lands: one header line, one record a line, comma separated, double quotes.

    Attributes:
        source: Short name; the assets are `raw_<source>`, `cleaned_<source>`, `quarantine_<source>`.
        dataset: The set of files it belongs to, and its folder in the landing zone.
        name: File name.
        description: What one record is.
        columns: The typed columns with the rules a kept row obeys.
        key: Columns of which at most one row is kept.
        latest_by: Column that decides which of several rows of one key wins (largest value, then last line).
        numbered: Whether a column `index` (or one without a name) may stand before the others, as pandas writes it.
        ended: Whether a last line without a line end counts as cut off, as its last number may be.
    """

    source: str
    dataset: str
    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    latest_by: str | None = None
    numbered: bool = False
    ended: bool = False

    @property
    def path(self) -> str:
        """Key in the landing zone."""
        return f"{self.dataset}/{self.name}"

    @property
    def raw_columns(self) -> tuple[Column, ...]:
        """The columns of its raw table that come from the file."""
        return (INDEX, *self.columns) if self.numbered else self.columns

    def fingerprint(self) -> str:
        """Changes when the expected columns or rules change."""
        facts = (self.columns, self.key, self.latest_by, self.numbered, self.ended)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:8]
