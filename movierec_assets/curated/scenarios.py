# ruff: noqa: S608  what is not a constant is quoted
"""Named scenarios of the simulation in PostgreSQL: load one whole, list them, drop one.

A scenario's users and sessions are a partition each of `simulation.users` and `simulation.sessions`. They are loaded as
tables of their own, get their keys, indexes and references, and only then take the place of the old ones, in the same
transaction: readers see the scenario as it was or as it is, and wait for the exchange alone. Of users and sessions
nothing is held in memory but a batch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from movierec_assets.curated import partitions
from movierec_assets.curated.installing import ensure_tables
from movierec_assets.curated.merging import sweep
from movierec_assets.curated.partitions import ScenarioError
from movierec_assets.domain.simulation.fidelity import report
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.tally import Tally
from movierec_assets.domain.simulation.users import simulate_users
from movierec_assets.publication.layout import literal
from movierec_assets.publication.load_transaction import LoadTransaction
from movierec_assets.schema import table

if TYPE_CHECKING:
    import datetime

    import pyarrow as pa

    from movierec_assets.resources.database import Database

GENERATOR = "1"
"""Version of the generator; another one makes every scenario anew."""

TITLES = """
SELECT title_id, upper(t.kind) AS kind, t.runtime_minutes AS runtime, t.imdb_votes AS popularity,
    coalesce((SELECT array_agg(g.genre ORDER BY g.position, g.genre) FROM catalog.genres g
        WHERE g.title_id = t.title_id), '{}') AS genres
FROM catalog.titles t LEFT JOIN loaded.titles l USING (title_id) WHERE l._gone IS NOT TRUE ORDER BY title_id
"""


@dataclass(frozen=True)
class Scenario:
    """One scenario as it lies in the database."""

    name: str
    users: int
    sessions: int
    data_version: str
    parameters: dict[str, Any]
    fidelity: list[dict[str, Any]]
    made_at: datetime.datetime


@dataclass(frozen=True)
class Loaded:
    """What a load did; `tally` counts what came out, None where the scenario was there already."""

    data_version: str
    users: int
    sessions: int
    tally: Tally | None


def titles(database: Database) -> pa.Table:
    """The titles that can be watched, as `SessionPlan` takes them, from the catalogue in the database.

    Raises:
        ScenarioError: There are none.
    """
    import pyarrow as pa

    with database.connect() as connection:
        rows = connection.execute(TITLES.encode()).fetchall()
    if not rows:
        raise ScenarioError(
            "catalog.titles is empty: land the catalogue's files and run `movierec run` first"
        )
    schema = pa.schema(
        [
            ("title_id", pa.string()),
            ("kind", pa.string()),
            ("runtime", pa.int32()),
            ("popularity", pa.int64()),
            ("genres", pa.list_(pa.string())),
        ]
    )
    return pa.Table.from_arrays(
        [pa.array(c, f.type) for c, f in zip(zip(*rows, strict=True), schema, strict=True)], schema=schema
    )


def version(parameters: SimulationParameters, watched: pa.Table) -> str:
    """Data version of the scenario that these parameters and titles make."""
    content = repr((GENERATOR, sorted(parameters.to_json().items()), watched.to_pylist()))
    return hashlib.sha256(content.encode()).hexdigest()


def load(
    database: Database,
    name: str,
    parameters: SimulationParameters,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Loaded:
    """Simulate and load a scenario; nothing happens if that one is there. One of that name is replaced, edits too.

    Args:
        database: With the catalogue in it.
        name: Of the scenario.
        parameters: What to simulate.
        progress: Told of sessions loaded, and of all.

    Raises:
        ScenarioError: The name is not a good one, or there are no titles.
        SimulationParameterError: The users have no time for so many sessions.
    """
    _check(name)
    ensure_tables(database)
    watched = titles(database)
    data_version = version(parameters, watched)
    for there in scenarios(database):
        if (there.name, there.data_version) == (name, data_version):
            return Loaded(data_version, there.users, there.sessions, None)
    plan = SessionPlan(parameters, watched)
    tally = Tally(plan)

    def users() -> Iterator[pa.RecordBatch]:
        for batch in simulate_users(parameters):
            tally.add_users(batch)
            yield batch

    def sessions() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in plan.batches():
            tally.add_sessions(batch)
            yield batch
            done += batch.num_rows
            progress(done, parameters.sessions)

    with LoadTransaction(database.uri) as transaction:
        transaction.query(f"SELECT pg_advisory_xact_lock({_lock(name)})::text")
        partitions.refuse_strangers(transaction, name)
        loaded = (
            partitions.load(transaction, name, "users", users()),
            partitions.load(transaction, name, "sessions", sessions()),
        )
        _forget(transaction, name)
        for what, (partition, _) in zip(("users", "sessions"), loaded, strict=True):
            partitions.attach(transaction, name, what, partition)
        counts = loaded[0][1], loaded[1][1]
        transaction.execute(_insert(name, parameters, data_version, counts, tally))
        transaction.commit()
    _sweep(database)
    return Loaded(data_version, *counts, tally)


def scenarios(database: Database) -> list[Scenario]:
    """All scenarios, by name."""
    ensure_tables(database)
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT scenario, users, sessions, data_version, parameters, fidelity, made_at"
            " FROM simulation.scenarios ORDER BY scenario"
        ).fetchall()
    return [Scenario(*row) for row in rows]


def drop(database: Database, name: str) -> None:
    """Drop a scenario with its users and sessions, at once for every reader.

    Raises:
        ScenarioError: There is none of that name; the message lists those there are.
    """
    names = [s.name for s in scenarios(database)]
    if name not in names:
        raise ScenarioError(f"no scenario {name!r}; there are {', '.join(names) or 'none'}")
    with LoadTransaction(database.uri) as transaction:
        transaction.query(f"SELECT pg_advisory_xact_lock({_lock(name)})::text")
        _forget(transaction, name)
        transaction.commit()
    _sweep(database)


def _sweep(database: Database) -> None:
    """Viewings may have been all that held titles which the files no longer have."""
    with database.connect(autocommit=True) as connection:
        sweep(connection, table("titles"))


def _check(name: str) -> None:
    import re

    column = table("simulated_scenarios").columns[0]
    if not re.fullmatch(str(column.pattern), name):
        raise ScenarioError(f"scenario {name!r} must be {column.meaning}")


def _lock(name: str) -> str:
    return f"hashtextextended({literal(f'movierec: scenario {name}')}, 0)"


def _insert(
    name: str, parameters: SimulationParameters, data_version: str, counts: tuple[int, int], tally: Tally
) -> str:
    fidelity = [asdict(row) for row in report(tally)]
    values = (name, json.dumps(parameters.to_json()), json.dumps(fidelity), data_version)
    return (
        "INSERT INTO simulation.scenarios (scenario, parameters, fidelity, data_version, users, sessions)"
        f" VALUES ({', '.join(map(literal, values))}, {counts[0]}, {counts[1]})"
    )


def _forget(transaction: LoadTransaction, name: str) -> None:
    partitions.drop(transaction, name)
    transaction.execute(f"DELETE FROM simulation.scenarios WHERE scenario = {literal(name)}")
