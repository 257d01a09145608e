# ruff: noqa: S608  names are made of hashes and of the registry, values are quoted
"""Partitions of the simulation's tables, one a scenario: load one, attach it, drop those of a scenario."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING

from movierec_assets.publication.layout import literal
from movierec_assets.schema import Table, table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.publication.load_transaction import LoadTransaction


class ScenarioError(Exception):
    """A scenario cannot be made or dropped; the message says what is wrong and what to do."""


def refuse_strangers(transaction: LoadTransaction, name: str) -> None:
    """See that no rows of that scenario lie where those are that the simulation did not make.

    Raises:
        ScenarioError: There are some.
    """
    for what in ("users", "sessions"):
        found = transaction.query(
            f"SELECT count(*)::text AS n FROM simulation.{what}_other WHERE scenario = {literal(name)}"
        )
        if found[0][0] != "0":
            raise ScenarioError(
                f"scenario {name!r} has {found[0][0]} rows in simulation.{what} that were added by hand: "
                "choose another name, or delete them first"
            )


def load(
    transaction: LoadTransaction, name: str, what: str, batches: Iterator[pa.RecordBatch]
) -> tuple[str, int]:
    """Load a table that can take a partition's place without more work; its name and number of rows."""
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
    for statement in _finished(declared, partition):
        transaction.execute(statement)
    return partition, count


def _finished(declared: Table, partition: str) -> Iterator[str]:
    """What the parent has too, so that attaching finds it done; references to users wait until those are attached."""
    yield f"ALTER TABLE simulation.{partition} ADD PRIMARY KEY ({', '.join(declared.key)})"
    for columns in declared.indexes:
        yield f"CREATE INDEX ON simulation.{partition} ({', '.join(columns)})"
    for reference in declared.foreign_keys:
        other = table(reference.table)
        if not other.partitioned:
            yield (
                f"ALTER TABLE simulation.{partition} ADD FOREIGN KEY ({', '.join(reference.columns)})"
                f" REFERENCES {other.published_as} ON DELETE {reference.on_delete.upper()}"
            )
    yield f"ANALYZE simulation.{partition}"


def attach(transaction: LoadTransaction, name: str, what: str, partition: str) -> None:
    """Make a loaded table the scenario's partition; from the commit on readers see it."""
    transaction.execute(
        f"ALTER TABLE simulation.{what} ATTACH PARTITION simulation.{partition} FOR VALUES IN ({literal(name)})"
    )


def drop(transaction: LoadTransaction, name: str) -> None:
    """Take the partitions of a scenario out and drop them."""
    # Sessions first, as they point at users.
    for what in ("sessions", "users"):
        attached = transaction.query(
            "SELECT relname::text AS name FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid"
            f" WHERE inhparent = 'simulation.{what}'::regclass"
            f" AND pg_get_expr(relpartbound, inhrelid) = format('FOR VALUES IN (%L)', {literal(name)})"
        )
        for (partition,) in attached:
            transaction.execute(f"ALTER TABLE simulation.{what} DETACH PARTITION simulation.{partition}")
            transaction.execute(f"DROP TABLE simulation.{partition}")


def _prefix(what: str, name: str) -> str:
    return f"{what}_{hashlib.sha256(name.encode()).hexdigest()[:12]}_"
