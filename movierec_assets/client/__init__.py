"""The Python client of the API: one object for an API's address, a database's, and the embedded database.

Belongs here: asking the API's own routes, over HTTP or in this process, and what pandas makes of the answers. Does not:
SQL, validation, rights, which are the API's and PostgreSQL's.
"""

from movierec_assets.client.asynchronous import AsyncClient, aconnect
from movierec_assets.client.errors import (
    ClientError,
    ConflictError,
    DatabaseProblemError,
    FieldError,
    ForbiddenError,
    InvalidError,
    NotFoundError,
    NotSentError,
    ServerError,
    TooLargeError,
    TooManyError,
    UnauthorizedError,
    UnavailableError,
)
from movierec_assets.client.rows import Row
from movierec_assets.client.simulating import Simulated
from movierec_assets.client.synchronous import Client, connect

__all__ = [
    "AsyncClient",
    "Client",
    "ClientError",
    "ConflictError",
    "DatabaseProblemError",
    "FieldError",
    "ForbiddenError",
    "InvalidError",
    "NotFoundError",
    "NotSentError",
    "Row",
    "ServerError",
    "Simulated",
    "TooLargeError",
    "TooManyError",
    "UnauthorizedError",
    "UnavailableError",
    "aconnect",
    "connect",
]
