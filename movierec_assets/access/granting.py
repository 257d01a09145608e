"""`grant`: one transaction that makes roles and rights what the registry says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from movierec_assets.access.accounts import account_statements, undeclared_powers
from movierec_assets.access.rights import declared_rights, found_rights, statements
from movierec_assets.publication import ensure_schema
from movierec_assets.publication.layout import INSTALL_LOCK, VIEW_LOCK
from movierec_assets.schema.roles import OWNERS_ONLY, SCHEMAS

if TYPE_CHECKING:
    import psycopg

ATTEMPTS = 10
LOCK_SECONDS = 60


class AccessError(Exception):
    """Roles or rights cannot be made as declared; the message says what is missing and what to do."""


def grant(
    connection: psycopg.Connection,
    passwords: Mapping[str, str] | None = None,
    *,
    trusted_socket: bool = False,
) -> list[str]:
    """Make roles, schemas, rights, settings and passwords what `movierec_assets.schema.roles` declares.

    What is not declared is taken back, from everybody (PUBLIC) too; what is right already is not touched, so that a
    second call changes nothing. Readers and writers never wait for it and never miss a right in between. Of two at
    once one waits, and publications only where they change a view's columns. A table that another transaction is
    making for the first time may be missed: it has the rights of later tables only if it was begun after this.

    Args:
        connection: The owner's, with no transaction open: a superuser's, or that of a user who may create roles and
            owns the database or at least the project's schemas.
        passwords: Role -> password. A role without one cannot log in; see `trusted_socket`.
        trusted_socket: Whether roles without a password may log in all the same, as the embedded server lets them in
            over its socket alone.

    Returns:
        The statements that were needed, without passwords.

    Raises:
        AccessError: A right is missing; what could be done is done, and the message lists what an administrator has
            to run.
    """
    from psycopg import errors

    passing = (
        errors.DeadlockDetected,
        errors.DuplicateObject,
        errors.InternalError_,  # "tuple concurrently updated"
        errors.UndefinedObject,
        errors.UndefinedTable,
        errors.UniqueViolation,
    )
    for attempt in range(ATTEMPTS):
        try:
            ensure_schema(connection)
            connection.commit()
            return _grant(connection, passwords or {}, trusted_socket)
        except passing as error:
            # Roles belong to the whole server, and views and partitions come and go: another look settles it.
            connection.rollback()
            if attempt == ATTEMPTS - 1:
                raise AccessError(
                    f"something else keeps changing roles or tables: {error}; try again"
                ) from None
            time.sleep(0.05 * (attempt + 1))
        except errors.LockNotAvailable:
            connection.rollback()
            raise AccessError(
                f"another `movierec grant` or publication held its lock for {LOCK_SECONDS} s; try again"
            ) from None
        except errors.InsufficientPrivilege as error:
            connection.rollback()
            raise AccessError(
                f"{_in_a_line(error)}; the user of MOVIEREC_DATABASE_URL must own the project's schemas and be "
                "allowed to create them: as an administrator run `ALTER DATABASE … OWNER TO …`"
            ) from None
    raise AssertionError("the last attempt returns or raises")


def _grant(connection: psycopg.Connection, passwords: Mapping[str, str], trusted_socket: bool) -> list[str]:
    refused: dict[str, str] = {}
    with connection.transaction():
        connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
        # The order matters to publications, which take the second alone: see publication.views.
        for lock in (INSTALL_LOCK, VIEW_LOCK):
            connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (lock,))
        connection.execute("SET LOCAL search_path = pg_catalog")
        accounts = account_statements(connection, passwords, trusted_socket=trusted_socket)
        done = _run(connection, accounts, refused)
        done += _run(connection, _missing_schemas(connection), refused)
        if not refused:
            needed = statements(found_rights(connection), declared_rights(connection))
            done += _run(connection, needed, refused)
            # A revocation of what somebody else granted is no error in PostgreSQL; it just does nothing.
            left = statements(found_rights(connection), declared_rights(connection))
            for statement in (*left, *undeclared_powers(connection)):
                refused.setdefault(statement, "it was granted or is owned by somebody else")
    if refused:
        raise AccessError(_explain(connection, refused))
    return [_without_verifier(statement) for statement in done]


def _missing_schemas(connection: psycopg.Connection) -> list[str]:
    found = {name for (name,) in connection.execute("SELECT nspname::text FROM pg_namespace")}
    return [f"CREATE SCHEMA {name}" for name in SCHEMAS if name not in found | OWNERS_ONLY]


def _run(connection: psycopg.Connection, needed: list[str], refused: dict[str, str]) -> list[str]:
    from psycopg import errors

    done = []
    for statement in needed:
        try:
            with connection.transaction():
                connection.execute(statement.encode())
            done.append(statement)
        except errors.InsufficientPrivilege as error:
            refused[statement] = _in_a_line(error)
        except errors.UndefinedObject as error:
            if not refused:
                raise
            # The statement that would have made the role is on the list before this one.
            refused[statement] = _in_a_line(error)
    return done


def _explain(connection: psycopg.Connection, refused: dict[str, str]) -> str:
    user = connection.info.user
    lines = [f"  {_without_verifier(statement)};  -- {reason}" for statement, reason in refused.items()]
    return "\n".join(
        [
            f"the user {user} lacks rights for {len(refused)} of the statements that are needed. Either give it "
            f'CREATEROLE (as an administrator: `ALTER ROLE "{user}" CREATEROLE`) and make it the owner of the database '
            "and of what is named here, or let an administrator run these, then `movierec grant` again:",
            *lines,
        ]
    )


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _without_verifier(statement: str) -> str:
    return (
        statement.partition("PASSWORD 'SCRAM")[0] + "PASSWORD '…'"
        if "PASSWORD 'SCRAM" in statement
        else statement
    )
