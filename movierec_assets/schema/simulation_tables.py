"""The simulation's tables: scenarios, their fabricated users, and one row per viewing. In PostgreSQL only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from movierec_assets.schema.catalog_tables import TITLE_KEY
from movierec_assets.schema.model import Column, ForeignKey, Table

SCENARIO = Column(
    "scenario",
    "string",
    "Scenario; several lie side by side.",
    pattern="[a-z0-9][a-z0-9_-]{0,49}",
    meaning="1 to 50 of a-z, 0-9, _ and -, beginning with a letter or digit",
)
USER = Column("user_id", "int64", "Fabricated user, from 1 in each scenario.", minimum=1)
_OF_USER = ForeignKey(("scenario", "user_id"), "simulated_users")


def _table(
    name: str, description: str, columns: tuple[Column, ...], key: tuple[str, ...], **more: Any
) -> Table:
    return Table(
        f"simulated_{name}",
        description,
        columns,
        key,
        layer="simulation",
        published_as=f"simulation.{name}",
        editable=True,
        lake=False,
        **more,
    )


SIMULATION_TABLES = (
    _table(
        "scenarios",
        "One scenario: what was asked for and what came out.",
        (
            SCENARIO,
            Column("parameters", "json", "Parameters of the simulation, all of them."),
            Column(
                "fidelity",
                "json",
                "What was asked for beside what came out, one object per figure.",
                nullable=True,
            ),
            Column(
                "curves",
                "json",
                "Both as curves to be drawn, one object per curve.",
                nullable=True,
            ),
            Column("data_version", "string", "Changes with the parameters, the titles and the generator."),
            Column("users", "int64", "Users as generated.", minimum=0),
            Column("sessions", "int64", "Viewings as generated.", minimum=0),
            Column("made_at", "timestamp", "When it was loaded.", unit="time with time zone"),
        ),
        key=("scenario",),
    ),
    _table(
        "users",
        "One fabricated user of one scenario.",
        (
            SCENARIO,
            USER,
            Column("birth_date", "date", "Date of birth."),
            Column("subscription_date", "date", "First day with a subscription."),
            Column(
                "cancellation_date", "date", "First day without one, null while subscribed.", nullable=True
            ),
            Column(
                "subscription_type", "string", "basic, standard or premium.", pattern="basic|standard|premium"
            ),
            Column(
                "taste_profile", "int16", "Archetype of taste that the viewings were drawn by.", nullable=True
            ),
            Column(
                "activity_rank",
                "int32",
                "1 is the most active user of the scenario.",
                nullable=True,
                minimum=1,
            ),
        ),
        key=("scenario", "user_id"),
        order=(("birth_date", "subscription_date"), ("subscription_date", "cancellation_date")),
        partitioned=True,
    ),
    _table(
        "sessions",
        "One viewing of one title by one fabricated user.",
        (
            SCENARIO,
            Column("session_id", "int64", "Viewing, from 1 in each scenario.", minimum=1),
            USER,
            replace(TITLE_KEY, description="Title seen."),
            Column("started_at", "timestamp", "When it began.", unit="time with time zone, to the second"),
            Column("ended_at", "timestamp", "When it ended.", unit="time with time zone, to the second"),
            Column(
                "rating",
                "int16",
                "Rating given, null where none was.",
                "stars",
                nullable=True,
                minimum=1,
                maximum=5,
            ),
        ),
        key=("scenario", "session_id"),
        partitioned=True,
        foreign_keys=(_OF_USER, ForeignKey(("title_id",), "titles", on_delete="restrict")),
        indexes=(("scenario", "user_id", "started_at"), ("title_id",)),
        order=(("started_at", "ended_at"),),
        lineage={"title_id": (("titles", "title_id"),)},
    ),
)
