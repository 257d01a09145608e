"""The roles of the database: who may do what in which schema. `movierec grant` makes the database agree with this.

Rights are given by schema, so that they hold for tables which are made later too: the partitions of a scenario, a new
version of a view. The owner, whoever `MOVIEREC_DATABASE_URL` connects as, makes everything and needs no line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

READ = ("SELECT",)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")

SCHEMAS: dict[str, str] = {
    "raw": "The catalogue's files as they are.",
    "catalog": "The catalogue in normal form.",
    "simulation": "Fabricated users and sessions.",
    "feedback": "What applications write back: ratings, recommendations of other recommenders.",
    "serving": "Views of the live snapshots.",
    "loaded": "Rows of `catalog` as the graph brought them last.",
    "publication": "Snapshots, and which of them is live.",
    "ledger": "Landing files and what became of them.",
    "tuning": "Optuna's storage: the trials of every search.",
    "dagster": "Dagster's own storage.",
    "access": "The web API's keys, hashed.",
    "migrations": "Which version of the program the tables are of.",
}
"""Every schema of the project with what lies in it; whatever is granted there and not declared here is taken back."""

OWNERS_ONLY = frozenset({"dagster", "loaded", "migrations", "tuning"})
"""Schemas that nobody else has rights in; they are made by whoever needs them first."""


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes:
        name: In PostgreSQL.
        description: Who uses it.
        rights: schema -> rights on every table and view in it, also on later ones; whoever may write may use its
            sequences.
        tables: schema -> tables that alone may be read there.
        statement_timeout: After how many seconds PostgreSQL cancels a statement.
        idle_timeout: After how many seconds it ends a session that leaves a transaction open, which would hold up
            changes of views.
        read_only: Whether its transactions are read only unless it asks for more; rights decide in any case.
        temporary_tables: Whether it may make temporary tables.
        becomes: Roles that it may work as (`SET ROLE`), without having their rights before it does.
    """

    name: str
    description: str
    rights: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    statement_timeout: int = 60
    idle_timeout: int = 600
    read_only: bool = False
    temporary_tables: bool = False
    becomes: tuple[str, ...] = ()

    @property
    def schemas(self) -> list[str]:
        """The schemas that it may look into, in the order in which it looks for a table named without one."""
        return [*self.rights, *self.tables]

    def settings(self) -> dict[str, str]:
        """Server settings of its sessions."""
        return {
            "statement_timeout": f"{self.statement_timeout}s",
            "idle_in_transaction_session_timeout": f"{self.idle_timeout}s",
            "default_transaction_read_only": "on" if self.read_only else "off",
            "search_path": ", ".join(self.rights or self.tables),
        }

    def may(self, schema: str, table: str) -> tuple[str, ...]:
        """Its rights on a table or view."""
        return READ if table in self.tables.get(schema, ()) else self.rights.get(schema, ())

    def in_words(self, schema: str) -> str:
        """Its rights in a schema for people: `select, insert`, `select on current`; empty where it has none."""
        if schema in self.tables:
            return f"select on {', '.join(self.tables[schema])}"
        return ", ".join(right.lower() for right in self.rights.get(schema, ()))


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role(
            "analyst_reader",
            "Analysts: ad-hoc queries.",
            {"serving": READ, "catalog": READ, "raw": READ},
            read_only=True,
        ),
        Role(
            "data_scientist",
            "Scientists: correct the catalogue, simulate, compare.",
            {
                "catalog": WRITE,
                "simulation": WRITE,
                "feedback": WRITE,
                "serving": READ,
                "raw": READ,
                "ledger": READ,
            },
            {"publication": ("snapshots", "current")},
            statement_timeout=3600,
            idle_timeout=3600,
            temporary_tables=True,
        ),
        # Not `raw`: applications are answered from the catalogue, which says all that the raw files say, in types.
        Role(
            "movierec_api",
            "Applications, through the web API.",
            {"catalog": WRITE, "simulation": WRITE, "feedback": WRITE, "serving": READ},
            {"publication": ("current",)},
            statement_timeout=30,
            idle_timeout=60,
        ),
        Role(
            "movierec_login",
            "The web API's own login: it works as the role of the key that it is shown.",
            {},
            {"access": ("keys",)},
            statement_timeout=30,
            idle_timeout=60,
            becomes=("analyst_reader", "data_scientist", "movierec_api"),
        ),
    )
}
