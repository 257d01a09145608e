"""A connection that ends with an error of this project where the database, not the statement, is what fails.

Imported inside functions, as psycopg is.
"""

from __future__ import annotations

from types import TracebackType
from typing import Any

import psycopg
from psycopg.errors import InsufficientPrivilege, OperationalError, ReadOnlySqlTransaction

from movierec_assets.resources.database import DatabaseError


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
            raise DatabaseError(message) from exc_val
