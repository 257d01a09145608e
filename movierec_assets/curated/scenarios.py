# ruff: noqa: S608  what is not a constant is quoted
"""Named scenarios of the simulation in PostgreSQL: load one whole, drop one.

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
from typing import TYPE_CHECKING

from movierec_assets.curated import ensure_tables, partitions
from movierec_assets.curated.exchanging import exchange
from movierec_assets.curated.held import Scenario, ScenarioError, hand_made, scenario, scenarios, whole
from movierec_assets.curated.merging import sweep
from movierec_assets.curated.watchable import titles
from movierec_assets.domain.simulation.drawn import drawn
from movierec_assets.domain.simulation.fidelity import report
from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.tally import Tally
from movierec_assets.domain.simulation.users import simulate_users
from movierec_assets.publication.layout import literal
from movierec_assets.publication.load_transaction import LoadTransaction
from movierec_assets.schema import table

if TYPE_CHECKING:
    import pyarrow as pa

    from movierec_assets.resources.database import Database

GENERATOR = "1"
"""Version of the generator; another one makes every scenario anew."""


class ScenarioLoadError(Exception):
    """PostgreSQL refused a scenario while it was loaded; the message has its reason. What was there stays."""


@dataclass(frozen=True)
class Loaded:
    """What a load did.

    Attributes:
        scenario: As it lies in the database.
        made: Whether it was made now; if not, it was there already.
    """

    scenario: Scenario
    made: bool


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
        ScenarioError: The name is not a good one, is that of rows that people added, or there are no titles.
        SimulationParameterError: The users have no time for so many sessions.
        ScenarioBusyError: Readers would not let go of the tables.
        ScenarioLoadError: The database refused the rows, as a title was deleted meanwhile for example.
    """
    import adbc_driver_manager

    _check(name)
    ensure_tables(database)
    try:
        with LoadTransaction(database.uri) as transaction:
            _take_turn(transaction, name)
            # Only now: whoever had the turn before may have made it, and the catalogue may have changed meanwhile.
            watched = titles(database)
            data_version = version(parameters, watched)
            if (there := whole(database, name)) and there[0] == data_version:
                return Loaded(scenario(database, name), made=False)
            _refuse_hand_made(database, name)
            _make(transaction, name, parameters, SessionPlan(parameters, watched), data_version, progress)
            transaction.commit()
    except adbc_driver_manager.Error as error:
        reason = " ".join(str(error).split())
        raise ScenarioLoadError(
            f"scenario {name!r} could not be loaded and stays as it was: {reason}"
        ) from None
    _sweep(database)
    return Loaded(scenario(database, name), made=True)


def _make(
    transaction: LoadTransaction,
    name: str,
    parameters: SimulationParameters,
    plan: SessionPlan,
    data_version: str,
    progress: Callable[[int, int], None],
) -> None:
    tally, tables = Tally(plan), dict[str, str]()

    def users() -> Iterator[pa.RecordBatch]:
        for batch in simulate_users(plan.population):
            tally.add_users(batch)
            yield batch

    def sessions() -> Iterator[pa.RecordBatch]:
        done = 0
        for batch in plan.batches():
            tally.add_sessions(batch)
            yield batch
            done += batch.num_rows
            progress(done, parameters.sessions)

    counts = [
        partitions.load(transaction, name, what, rows, tables)
        for what, rows in (("users", users()), ("sessions", sessions()))
    ]
    texts = (
        name,
        data_version,
        json.dumps(parameters.to_json()),
        json.dumps([asdict(row) for row in report(tally)]),
        json.dumps([asdict(curve) for curve in drawn(tally)]),
    )

    _forget(transaction, name, "scenarios")
    transaction.execute(
        "INSERT INTO simulation.scenarios (scenario, data_version, parameters, fidelity, curves, users, sessions)"
        f" VALUES ({', '.join(map(literal, texts))}, {counts[0]}, {counts[1]})"
    )
    old, new = partitions.dropping(transaction, name), partitions.attaching(name, tables)
    exchange(transaction, name, [*old, *new])


def drop(database: Database, name: str) -> None:
    """Drop a scenario with its users and sessions, at once for every reader, also one that people added.

    Raises:
        ScenarioError: There is none of that name; the message lists those there are.
        ScenarioBusyError: Readers would not let go of the tables.
    """
    ensure_tables(database)
    with LoadTransaction(database.uri) as transaction:
        _take_turn(transaction, name)
        names = sorted({s.name for s in scenarios(database)} | {s.name for s in hand_made(database)})
        attached = partitions.dropping(transaction, name)
        # People may have deleted the row that says how it was made.
        if name not in names and not attached:
            raise ScenarioError(f"no scenario {name!r}; there are {', '.join(names) or 'none'}")
        # Of what lies beside the partitions.
        _forget(transaction, name, "sessions_other", "users_other", "scenarios")
        exchange(transaction, name, attached)
        transaction.commit()
    _sweep(database)


def _take_turn(transaction: LoadTransaction, name: str) -> None:
    lock = literal(f"movierec: scenario {name}")
    transaction.query(f"SELECT pg_advisory_xact_lock(hashtextextended({lock}, 0))::text")


def _sweep(database: Database) -> None:
    """Viewings may have been all that held titles which the files no longer have."""
    with database.connect(autocommit=True) as connection:
        sweep(connection, table("titles"))


def _check(name: str) -> None:
    import re

    column = table("simulated_scenarios").columns[0]
    if not re.fullmatch(str(column.pattern), name):
        raise ScenarioError(f"scenario {name!r} must be {column.meaning}")


def _refuse_hand_made(database: Database, name: str) -> None:
    for rows in hand_made(database):
        if rows.name == name:
            raise ScenarioError(
                f"scenario {name!r} has {rows.users} users and {rows.sessions} sessions that were added by hand: "
                f"choose another name, or `movierec scenario drop {name}` first"
            )


def _forget(transaction: LoadTransaction, name: str, *relations: str) -> None:
    for relation in relations:
        transaction.execute(f"DELETE FROM simulation.{relation} WHERE scenario = {literal(name)}")
