"""Users and sessions as tables, drawn for some parameters."""

from __future__ import annotations

import pyarrow as pa

from movierec_assets.domain.simulation.parameters import SimulationParameters
from movierec_assets.domain.simulation.population import Population
from movierec_assets.domain.simulation.sessions import SessionPlan
from movierec_assets.domain.simulation.users import simulate_users, users_schema


def users_of(asked: SimulationParameters) -> pa.Table:
    """The users."""
    return pa.Table.from_batches(simulate_users(Population.of(asked)), users_schema())


def sessions_of(asked: SimulationParameters, titles: pa.Table) -> pa.Table:
    """Their sessions with these titles."""
    plan = SessionPlan(asked, titles)
    return pa.Table.from_batches(plan.batches(), plan.schema())
