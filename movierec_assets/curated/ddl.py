"""The editable tables of the registry as SQLAlchemy metadata: keys, references, checks, indexes, comments, units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from movierec_assets.curated.other_partitions import between_partitions
from movierec_assets.schema import TABLES, Column, Table, table

if TYPE_CHECKING:
    import sqlalchemy as sa

LOADED = "loaded"
"""Schema of the rows as the graph brought them last, by which edits are told from them."""
GONE = "_gone"
"""Column that marks rows which the graph no longer has and which stay because rows of other tables need them."""
VERSIONS = "versions"
GENERATED = {"credit_id"}
"""Keys that PostgreSQL makes where an insert gives none."""


def editable() -> list[Table]:
    """The editable tables, those that others refer to first."""
    return [t for t in TABLES.values() if t.editable]


def metadata(tables: Iterable[Table] | None = None) -> sa.MetaData:
    """The tables' definition, with the schema that keeps what was loaded.

    Args:
        tables: Editable tables; those of the registry if left out.
    """
    import sqlalchemy as sa

    made = sa.MetaData(
        naming_convention={
            "pk": "%(table_name)s_pkey",
            "fk": "%(table_name)s_%(column_0_name)s_fkey",
            "uq": "%(table_name)s_%(column_0_name)s_key",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "ix": "%(table_name)s_%(column_0_name)s_idx",
        }
    )
    for declared in editable() if tables is None else tables:
        schema, _, name = str(declared.published_as).partition(".")
        parts: list[Any] = [_column(declared, c) for c in declared.columns]
        parts += [*_constraints(declared), *(sa.Index(None, *columns) for columns in declared.indexes)]
        options: dict[str, Any] = {}
        if declared.partitioned:
            options["postgresql_partition_by"] = f"LIST ({declared.columns[0].name})"
        sa.Table(name, made, *parts, schema=schema, comment=declared.description, **options)
        if not declared.lake:
            continue
        sa.Table(
            name,
            made,
            *(sa.Column(c.name, _type(c), primary_key=c.name in declared.key) for c in declared.columns),
            sa.Column(GONE, sa.Boolean, nullable=False, server_default=sa.false()),
            schema=LOADED,
            comment=f"Rows of {declared.published_as} as the graph brought them last.",
        )
    sa.Table(
        VERSIONS,
        made,
        sa.Column("table_name", sa.Text, primary_key=True),
        sa.Column("data_version", sa.Text, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
        schema=LOADED,
        comment="Which version of each editable table the graph brought last.",
    )
    return made


def _type(column: Column) -> Any:
    import sqlalchemy as sa
    from sqlalchemy.dialects import postgresql

    return {
        "bool": sa.Boolean,
        "int32": sa.Integer,
        "int64": sa.BigInteger,
        "float32": sa.REAL,
        "float64": sa.Double,
        "date": sa.Date,
        "int16": sa.SmallInteger,
        "json": postgresql.JSONB,
        "timestamp": sa.DateTime(timezone=True),
        "string": sa.Text,
    }[column.type]


def _column(declared: Table, column: Column) -> sa.Column[Any]:
    import sqlalchemy as sa

    identity: list[Any] = [sa.Identity(always=False)] if column.name in GENERATED & {*declared.key} else []
    defaults: dict[str, Any] = {"bool": sa.false(), "timestamp": sa.func.now()}
    return sa.Column(
        column.name,
        _type(column),
        *identity,
        primary_key=column.name in declared.key,
        nullable=column.nullable,
        autoincrement=bool(identity),
        server_default=defaults.get(column.type),
        comment=f"{column.description} Unit: {column.unit}." if column.unit else column.description,
    )


def _constraints(declared: Table) -> Iterable[sa.Constraint]:
    import sqlalchemy as sa

    for reference in declared.foreign_keys:
        if reference in between_partitions(declared):
            continue
        other = table(reference.table)
        yield sa.ForeignKeyConstraint(
            reference.columns,
            [f"{other.published_as}.{name}" for name in other.key],
            ondelete=reference.on_delete.upper(),
        )
    for columns in declared.unique:
        yield sa.UniqueConstraint(*columns, postgresql_nulls_not_distinct=True)
    for before, after in declared.order:
        yield sa.CheckConstraint(sa.column(before) < sa.column(after), name=f"{before}_{after}")
    for c in declared.columns:
        value: sa.ColumnClause[Any] = sa.column(c.name)
        rules = []
        if c.minimum is not None:
            rules.append(value >= sa.literal_column(f"{c.minimum:.15g}"))
        if c.maximum is not None:
            rules.append(value <= sa.literal_column(f"{c.maximum:.15g}"))
        if c.pattern is not None:
            rules.append(value.op("~")(sa.literal_column(_quoted(f"^(?:{_postgres_pattern(c.pattern)})$"))))
        if rules:
            yield sa.CheckConstraint(sa.and_(*rules), name=c.name)


def _postgres_pattern(pattern: str) -> str:
    # In PostgreSQL a dot matches line breaks already, and flags stand only at the very beginning.
    return pattern.removeprefix("(?s)")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
