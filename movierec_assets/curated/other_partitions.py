"""The partitions of rows that people add under names of their own, and how partitions refer to each other.

Tables that are partitioned alike refer to each other partition by partition. A reference between the whole tables would
make PostgreSQL look at every row while it attaches a partition, and nobody could read meanwhile.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.schema import TABLES, Table, table
from movierec_assets.schema.model import ForeignKey

if TYPE_CHECKING:
    import sqlalchemy as sa


def make_other_partitions(connection: sa.Connection) -> None:
    """Make them and their references where they are missing.

    Args:
        connection: In a transaction, with the partitioned tables made.
    """
    import sqlalchemy as sa

    for declared in (t for t in TABLES.values() if t.partitioned):
        parent = str(declared.published_as)
        connection.execute(
            sa.text(f"CREATE TABLE IF NOT EXISTS {parent}_other PARTITION OF {parent} DEFAULT")
        )
        for reference in between_partitions(declared):
            there = "SELECT FROM pg_constraint WHERE conrelid = to_regclass(:name) AND conname = :constraint"
            named = {"name": f"{parent}_other", "constraint": _name(declared, reference)}
            if not connection.execute(sa.text(there), named).all():
                other = f"{table(reference.table).published_as}_other"
                connection.execute(
                    sa.text(partition_reference(declared, reference, f"{parent}_other", other))
                )


def between_partitions(declared: Table) -> tuple[ForeignKey, ...]:
    """The references of a table that its partitions have each for themselves."""
    return tuple(r for r in declared.foreign_keys if declared.partitioned and table(r.table).partitioned)


def partition_reference(declared: Table, reference: ForeignKey, partition: str, other: str) -> str:
    """The statement that lets the rows of a partition point at those of one partition of another table.

    Args:
        declared: The table that refers.
        reference: One of its references.
        partition: Its partition, with the schema.
        other: The other table's partition of the same rows, with the schema.
    """
    return (
        f"ALTER TABLE {partition} ADD CONSTRAINT {_name(declared, reference)}"
        f" FOREIGN KEY ({', '.join(reference.columns)}) REFERENCES {other} ON DELETE {reference.on_delete.upper()}"
    )


def _name(declared: Table, reference: ForeignKey) -> str:
    return f"{str(declared.published_as).partition('.')[2]}_{reference.columns[0]}_fkey"
