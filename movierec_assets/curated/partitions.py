# ruff: noqa: S608  names are made of hashes and of the registry, values are quoted
"""Partitions of the simulation's tables, one a scenario: load one, attach it, drop those of a scenario."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.curated.other_partitions import between_partitions, partition_reference
from movierec_assets.publication.layout import literal
from movierec_assets.schema import Table, table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.publication.load_transaction import LoadTransaction

TABLES = ("users", "sessions")
"""Those that are referred to first."""


def load(
    transaction: LoadTransaction,
    name: str,
    what: str,
    batches: Iterator[pa.RecordBatch],
    others: dict[str, str],
) -> int:
    """Load a table that can take a partition's place without more work.

    Args:
        transaction: In which it stays unseen.
        name: Of the scenario.
        what: One of `TABLES`.
        batches: All rows, without the column `scenario`.
        others: The scenario's tables loaded before, by what they are; this one is added.

    Returns:
        Number of rows.
    """
    import pyarrow as pa

    declared = table(f"simulated_{what}")
    partition, schema = f"{_prefix(what, name)}{secrets.token_hex(4)}", declared.arrow_schema()

    def rows() -> Iterator[pa.RecordBatch]:
        for batch in batches:
            scenario = pa.repeat(name, batch.num_rows)
            columns = [
                scenario if f.name == "scenario" else batch.column(f.name).cast(f.type) for f in schema
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    transaction.execute(
        f"CREATE TABLE simulation.{partition} (LIKE simulation.{what} INCLUDING DEFAULTS INCLUDING CONSTRAINTS,"
        f" CHECK (scenario = {literal(name)}))"
    )
    count = transaction.copy("simulation", partition, pa.RecordBatchReader.from_batches(schema, rows()))
    for statement in _finished(declared, partition, others):
        transaction.execute(statement)
    others[what] = partition
    return count


def _finished(declared: Table, partition: str, others: dict[str, str]) -> Iterator[str]:
    """What the parent has too, so that attaching finds it done and reads no row."""
    yield f"ALTER TABLE simulation.{partition} ADD PRIMARY KEY ({', '.join(declared.key)})"
    for columns in declared.indexes:
        yield f"CREATE INDEX ON simulation.{partition} ({', '.join(columns)})"
    yield f"ANALYZE simulation.{partition}"
    # Last, because writers of the tables that are referred to wait from here to the commit.
    for reference in declared.foreign_keys:
        other = table(reference.table)
        if reference in between_partitions(declared):
            users = f"simulation.{others[reference.table.removeprefix('simulated_')]}"
            yield partition_reference(declared, reference, f"simulation.{partition}", users)
        else:
            yield (
                f"ALTER TABLE simulation.{partition} ADD FOREIGN KEY ({', '.join(reference.columns)})"
                f" REFERENCES {other.published_as} ON DELETE {reference.on_delete.upper()}"
            )


def attaching(name: str, others: dict[str, str]) -> list[str]:
    """Statements that make loaded tables the scenario's partitions; from the commit on readers see them."""
    return [
        f"ALTER TABLE simulation.{what} ATTACH PARTITION simulation.{others[what]} FOR VALUES IN ({literal(name)})"
        for what in others
    ]


def dropping(transaction: LoadTransaction, name: str) -> list[str]:
    """Statements that take the partitions of a scenario out and drop them."""
    statements = []
    # Sessions first, as they point at users.
    for what in reversed(TABLES):
        attached = transaction.query(
            "SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            f" WHERE inhparent = 'simulation.{what}'::regclass"
            f" AND pg_get_expr(relpartbound, inhrelid) = format('FOR VALUES IN (%L)', {literal(name)})"
        )
        for (partition,) in attached:
            statements += [
                f"ALTER TABLE simulation.{what} DETACH PARTITION simulation.{partition}",
                f"DROP TABLE simulation.{partition}",
            ]
    return statements


def _prefix(what: str, name: str) -> str:
    return f"{what}_{hashlib.sha256(name.encode()).hexdigest()[:12]}_"
