"""Fabricated users and viewings, drawn in this process and written through the API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from movierec_assets.client.errors import ClientError, ConflictError, InvalidError, NotFoundError
from movierec_assets.schema import Table, table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from movierec_assets.client.asynchronous import AsyncClient
    from movierec_assets.domain.simulation.parameters import SimulationParameters
    from movierec_assets.domain.simulation.sessions import SessionPlan


@dataclass(frozen=True)
class Simulated:
    """What was written.

    Attributes:
        scenario: Its name.
        users: Number of users.
        sessions: Number of viewings.
    """

    scenario: str
    users: int
    sessions: int


async def simulate(client: AsyncClient, name: str, given: Mapping[str, Any]) -> Simulated:
    """As `Client.simulate`."""
    from anyio import to_thread

    from movierec_assets.domain.simulation.users import simulate_users

    parameters = _parameters(given)
    if there := await client.count("users", {"scenario": name}):
        raise ConflictError(
            f"scenario {name!r} has {there:,} users: choose another name, or delete them first"
        )
    titles = _watchable(await client.read("titles"), await client.read("genres"))
    plan = await to_thread.run_sync(_plan, parameters, titles)
    of_users, of_sessions = table("simulated_users"), table("simulated_sessions")
    users = await client.send_batches(
        "users", of_users.arrow_schema(), lambda: _rows(of_users, name, simulate_users(plan.population))
    )
    try:
        sessions = await client.send_batches(
            "sessions", of_sessions.arrow_schema(), lambda: _rows(of_sessions, name, plan.batches())
        )
    except BaseException as error:
        await _undo(client, name, users, error)
        raise
    return Simulated(name, users, sessions)


async def _undo(client: AsyncClient, name: str, users: int, error: BaseException) -> None:
    """Take the users back, and with them what may have been written of their viewings."""
    import anyio

    # Also where this task is being cancelled.
    with anyio.CancelScope(shield=True):
        try:
            await client.delete("users", filters={"scenario": name}, expected=users)
        except ClientError as other:
            error.add_note(
                f"The {users:,} users of scenario {name!r} are still there, as they could not be deleted: {other}"
            )


def _parameters(given: Mapping[str, Any]) -> SimulationParameters:
    from movierec_assets.domain.simulation.parameters import SimulationParameterError, SimulationParameters

    try:
        return SimulationParameters.from_json(given)
    except SimulationParameterError as error:
        raise InvalidError(str(error)) from error


def _plan(parameters: SimulationParameters, titles: pa.Table) -> SessionPlan:
    from movierec_assets.domain.simulation.parameters import SimulationParameterError
    from movierec_assets.domain.simulation.sessions import SessionPlan

    try:
        return SessionPlan(parameters, titles)
    except SimulationParameterError as error:
        raise InvalidError(str(error)) from error


def _watchable(titles: pd.DataFrame, genres: pd.DataFrame) -> pa.Table:
    """The catalogue as `SessionPlan` takes it.

    Raises:
        NotFoundError: There are no titles.
    """
    import pyarrow as pa

    if titles.empty:
        raise NotFoundError(
            "there are no titles to be watched: land the catalogue and run `movierec run` first"
        )
    words = genres.sort_values(["position", "genre"]).groupby("title_id")["genre"].agg(list)
    lists = titles["title_id"].map(words)
    return pa.table(
        {
            "title_id": pa.array(titles["title_id"], pa.string()),
            "kind": pa.array(titles["kind"], pa.string()),
            "runtime": pa.array(titles["runtime_minutes"], pa.int32()),
            "popularity": pa.array(titles["imdb_votes"], pa.int64()),
            "genres": pa.array([v if isinstance(v, list) else [] for v in lists], pa.list_(pa.string())),
        }
    )


def _rows(declared: Table, name: str, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """The drawn columns in the table's order and types, with the scenario's name."""
    import pyarrow as pa

    schema = declared.arrow_schema()
    for batch in batches:
        scenario = pa.repeat(name, batch.num_rows)
        columns = [scenario if f.name == "scenario" else batch.column(f.name).cast(f.type) for f in schema]
        yield pa.RecordBatch.from_arrays(columns, schema=schema)
