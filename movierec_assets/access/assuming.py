"""Working as one of the roles on the owner's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.schema.roles import ROLES

if TYPE_CHECKING:
    import psycopg


def assume(connection: psycopg.Connection, role: str) -> None:
    """Have the rights and the settings of a role until the connection is closed, as after a login of its own.

    `SET ROLE` alone would leave out the role's statement timeout and its read-only transactions.

    Args:
        connection: With no transaction open.
        role: A declared role, or any other of the database, of which only the rights are taken.

    Raises:
        psycopg.Error: There is no such role, or the user may not become it.
    """
    from psycopg.sql import SQL, Identifier

    declared = ROLES.get(role)
    with connection.transaction():
        for name, value in (declared.settings() if declared else {}).items():
            connection.execute("SELECT set_config(%s, %s, false)", (name, value))
        connection.execute(SQL("SET ROLE {}").format(Identifier(role)))
