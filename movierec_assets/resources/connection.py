"""Errors of this project where the database, not the statement, is what fails.

Imported inside functions, as psycopg is.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TYPE_CHECKING, Any

import psycopg
import psycopg2
from psycopg.errors import InsufficientPrivilege, OperationalError, ReadOnlySqlTransaction

from movierec_assets.resources.database import DatabaseError, DatabaseLostError

if TYPE_CHECKING:
    from movierec_assets.resources.database import Database

LOST = (None, "57P01", "57P02", "57P03")
"""States of errors that a connection ends with: none, where the server could say nothing more; its shutdowns."""


class Connection(psycopg.Connection[Any]):
    """psycopg's connection; an error that leaves its `with` block and is the database's becomes a `DatabaseError`.

    That is a lacking right, a lost connection, a full disk, a server that only reads; not a wrong statement.

    Attributes:
        address: Where the database is, for messages.
    """

    address: str

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """End the block as psycopg does."""
        reason = " ".join(str(exc_val).split())
        message = ""
        if isinstance(exc_val, InsufficientPrivilege):
            user, name = self.info.user, self.info.dbname
            message = (
                f"role {user} lacks a right on the {self.address}: {reason}; it must own the schemas serving, "
                "publication, ledger, tuning and dagster, or have the right to make them: "
                f'GRANT CREATE ON DATABASE "{name}" TO "{user}"'
            )
        elif isinstance(exc_val, OperationalError | ReadOnlySqlTransaction):
            message = f"the {self.address} fails: {reason}; its log may say more"
        super().__exit__(exc_type, exc_val, exc_tb)
        if message:
            raise (DatabaseLostError if _lost(exc_val) else DatabaseError)(message) from exc_val


@contextmanager
def explained(database: Database) -> Iterator[None]:
    """Make an error that comes from the database a `DatabaseError`, whichever library was at work, Dagster's too.

    Raises:
        DatabaseLostError: The connection was lost.
        DatabaseError: The database failed in another way.
    """
    try:
        yield
    except Exception as error:
        # The project's own errors say what they mean, whatever they come from.
        origin = None if type(error).__module__.startswith("movierec_assets.") else _origin(error)
        if origin is None:
            raise
        reason = " ".join(str(origin).split())
        kind = DatabaseLostError if _lost(origin) else DatabaseError
        raise kind(f"the {database.address} fails: {reason}") from error


def _origin(error: BaseException | None) -> BaseException | None:
    """The error of PostgreSQL's client that another one was raised from."""
    while error is not None:
        if isinstance(error, OperationalError | psycopg2.OperationalError | psycopg2.InterfaceError):
            return error
        # So psycopg2 may call a server that goes away in the middle of an answer.
        if type(error) is psycopg2.DatabaseError:
            return error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return None


def _lost(error: BaseException | None) -> bool:
    state = error.sqlstate if isinstance(error, psycopg.Error) else getattr(error, "pgcode", "")
    return isinstance(error, psycopg.Error | psycopg2.Error) and state in LOST
