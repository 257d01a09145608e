"""Which scenarios the database holds: those that the simulation made, and those that people added by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from movierec_assets.curated import ensure_tables

if TYPE_CHECKING:
    import datetime

    from movierec_assets.resources.database import Database

DEFAULT = "default"
"""The scenario that the graph keeps up to date."""

ASSETS = ("simulated_users", "simulated_sessions")
"""The assets that make it."""

# The simulation's partitions hold one scenario each; what people add under other names lies together.
HAND_MADE = """
SELECT scenario, sum(users)::bigint, sum(sessions)::bigint FROM (
    SELECT scenario, count(*) AS users, 0 AS sessions FROM simulation.users_other GROUP BY 1 UNION ALL
    SELECT scenario, 0, count(*) FROM simulation.sessions_other GROUP BY 1
) AS rows GROUP BY 1 ORDER BY 1
"""
WHOLE = """
SELECT data_version, made_at FROM simulation.scenarios s WHERE scenario = %s AND 2 = (
    SELECT count(*) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent IN (to_regclass('simulation.users'), to_regclass('simulation.sessions'))
    AND pg_get_expr(relpartbound, inhrelid) = format('FOR VALUES IN (%%L)', s.scenario)
)
"""


class ScenarioError(Exception):
    """A scenario cannot be made, shown or dropped; the message says what is wrong and what to do."""


@dataclass(frozen=True)
class Scenario:
    """One scenario as the simulation made it.

    Attributes:
        name: Of the scenario.
        users: Users as generated.
        sessions: Viewings as generated.
        data_version: Changes with the parameters, the titles and the generator.
        parameters: All of them, as `SimulationParameters.to_json` gives them.
        fidelity: Rows of the report; None where people wrote the row.
        curves: Curves of the report, as `Drawn` has them; None where people wrote the row.
        made_at: When it was loaded.
    """

    name: str
    users: int
    sessions: int
    data_version: str
    parameters: dict[str, Any]
    fidelity: list[dict[str, Any]] | None
    curves: list[dict[str, Any]] | None
    made_at: datetime.datetime


@dataclass(frozen=True)
class HandMade:
    """Rows that people added under a name of their own.

    Attributes:
        name: Of the scenario.
        users: Rows of `simulation.users`.
        sessions: Rows of `simulation.sessions`.
    """

    name: str
    users: int
    sessions: int


def scenarios(database: Database) -> list[Scenario]:
    """All scenarios that the simulation made, by name."""
    ensure_tables(database)
    with database.connect() as connection:
        rows = connection.execute(
            "SELECT scenario, users, sessions, data_version, parameters, fidelity, curves, made_at"
            " FROM simulation.scenarios ORDER BY scenario"
        ).fetchall()
    return [Scenario(*row) for row in rows]


def scenario(database: Database, name: str) -> Scenario:
    """The scenario of that name that the simulation made.

    Raises:
        ScenarioError: There is none; the message lists those there are, or says that people added it.
    """
    found = {s.name: s for s in scenarios(database)}
    if name not in found:
        if name in {s.name for s in hand_made(database)}:
            raise ScenarioError(
                f"scenario {name!r} was added by hand: nothing was asked for, so there is no report"
            )
        raise ScenarioError(f"no scenario {name!r}; there are {', '.join(found) or 'none'}")
    return found[name]


def hand_made(database: Database) -> list[HandMade]:
    """All scenarios that people added, by name."""
    ensure_tables(database)
    with database.connect() as connection:
        return [HandMade(*row) for row in connection.execute(HAND_MADE).fetchall()]


def whole(database: Database, name: str) -> tuple[str, datetime.datetime] | None:
    """Data version of a scenario that the simulation made and when; None where it or a partition of it is gone."""
    with database.connect() as connection:
        there = connection.execute("SELECT to_regclass('simulation.scenarios') IS NOT NULL").fetchone()
        return connection.execute(WHOLE, [name]).fetchone() if there == (True,) else None


def lost(database: Database, versions: Mapping[str, str | None]) -> dict[str, str]:
    """The assets of the simulation whose scenario the database holds no longer, or another one in its place.

    Args:
        database: Need not have the tables.
        versions: The data version that each asset had last, by name; what was never made is not lost.

    Returns:
        The cause by the asset's name.
    """
    made = {name: versions[name] for name in ASSETS if versions.get(name)}
    if not made:
        return {}
    found = whole(database, DEFAULT)
    if found is None:
        return dict.fromkeys(made, f"scenario {DEFAULT} is not in the database")
    cause = f"scenario {DEFAULT} in the database is another one, made {found[1]:%Y-%m-%d %H:%M:%S}"
    return {name: cause for name, data_version in made.items() if data_version != found[0]}
