"""PostgreSQL's errors as problems: which column, which row, and whether to try again."""

from __future__ import annotations

import re

from psycopg import Error, OperationalError, errors

from movierec_assets.api.logs import log
from movierec_assets.api.problems import OWN_FAULT, FieldError, Problem
from movierec_assets.schema import TABLES, Table

AGAIN = {"Retry-After": "1"}


def problem_of(error: Exception, method: str) -> Problem:
    """What a caller is told of an error of the database.

    Args:
        error: psycopg's, or that no connection of the pool came free in time.
        method: Of the request; a reference in the way of a deletion is no fault of the request's.
    """
    if isinstance(error, errors.UniqueViolation):
        return Problem(409, f"there is one already: {_detail(error)}", _fields(error, "is taken"))
    if isinstance(error, errors.ForeignKeyViolation | errors.RestrictViolation):
        if method == "DELETE" or "still referenced" in _detail(error):
            return Problem(409, f"something else needs it: {_detail(error)}; delete that first")
        return _wrong(_detail(error), _fields(error, "refers to nothing that is there"))
    if isinstance(error, errors.CheckViolation):
        return _wrong(str(error.diag.message_primary), _fields(error, "is not allowed"))
    if isinstance(error, errors.NotNullViolation):
        return _wrong(f"{error.diag.column_name} must not be null", _fields(error, "must not be null"))
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        return Problem(403, f"the key's role may not do this: {error.diag.message_primary}")
    if isinstance(error, errors.QueryCanceled):
        return Problem(503, "the database took longer than this role may; ask for less", headers=AGAIN)
    if isinstance(error, errors.DeadlockDetected | errors.SerializationFailure | errors.LockNotAvailable):
        return Problem(
            503, "somebody else changed the same rows at the same moment; try again", headers=AGAIN
        )
    if isinstance(error, errors.DataError):
        return _wrong(str(error.diag.message_primary or error))
    if isinstance(error, errors.ProgramLimitExceeded):
        return _wrong(f"a value is too long: {error.diag.message_primary}")
    if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
        return Problem(
            503,
            f"nothing is there yet ({error.diag.message_primary}): `movierec run` makes it",
            headers=AGAIN,
        )
    if isinstance(error, OperationalError) or not isinstance(error, Error) or error.sqlstate is None:
        log.warning("no database", error=str(error))
        return Problem(503, "the database does not answer; try again in a moment", headers=AGAIN)
    log.error("statement failed", exc_info=error)
    return Problem(500, OWN_FAULT)


def _wrong(detail: str, fields: tuple[FieldError, ...] = ()) -> Problem:
    return Problem(422, detail, fields)


def _detail(error: Error) -> str:
    return str(error.diag.message_detail or error.diag.message_primary or error).rstrip(".")


def _fields(error: Error, what: str) -> tuple[FieldError, ...]:
    """The columns that the violated constraint is about, as parts of the body."""
    return tuple(FieldError(f"body/{name}", what) for name in _columns(error))


def _columns(error: Error) -> list[str]:
    if error.diag.column_name:
        return [error.diag.column_name]
    constraint = str(error.diag.constraint_name)
    named = f"{error.diag.schema_name}.{error.diag.table_name}"
    declared = next((t for t in TABLES.values() if _is(t, named)), None)
    if found := re.match(r"Key \((.*?)\)=", str(error.diag.message_detail)):
        return found[1].replace('"', "").split(", ")
    return _of_constraint(declared, constraint) if declared else []


def _is(declared: Table, named: str) -> bool:
    """Whether PostgreSQL means this table, or a partition of it."""
    own = declared.published_as
    return own is not None and (named == own or (declared.partitioned and named.startswith(f"{own}_")))


def _of_constraint(declared: Table, constraint: str) -> list[str]:
    """Names of constraints are made of their columns' names, see `curated.ddl`."""
    table = str(declared.published_as).partition(".")[2]
    about = constraint.removeprefix(f"{table}_").rsplit("_", 1)[0]
    for before, after in declared.order:
        if about == f"{before}_{after}":
            return [before, after]
    return [about] if about in declared.column_names else []
