"""How tables, rows and filters are named to the API."""

from __future__ import annotations

import datetime
import decimal
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from movierec_assets.schema import Column

NAME = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)?")
MIDNIGHT = datetime.time()
BOUND = re.compile("_(min|max)$")
Key = str | int | tuple[str | int, ...]
Filters = Mapping[str, Any]


def is_table(text: str) -> bool:
    """Whether it is a table's name, with or without a schema, and no SQL."""
    return NAME.fullmatch(text.strip()) is not None


def row_path(resource: str, key: Key) -> str:
    """Path of one row.

    Args:
        resource: As in the API.
        key: The key's values in the order of its columns; one alone needs no tuple.
    """
    parts = key if isinstance(key, tuple) else (key,)
    return "/".join(["/v1", resource, *(_segment(part) for part in parts)])


def query(filters: Filters | None, columns: Iterable[Column] = ()) -> list[tuple[str, str]]:
    """Filters as parameters of a query: a list is any of its values, a set too; None is left out.

    Args:
        filters: By name.
        columns: Of the table that is searched, whose types the values take.

    Raises:
        ValueError: A list of no values would be no filter at all, and match every row.
    """
    types = {column.name: column.type for column in columns}
    found = []
    for name, value in (filters or {}).items():
        many = isinstance(value, Iterable) and not isinstance(value, str | bytes)
        values = [one for one in (value if many else [value]) if one is not None]
        if many and not values:
            raise ValueError(f"filter {name}: an empty list, which would match nothing; leave it out for all")
        kind = types.get(name) or types.get(BOUND.sub("", name), "")
        found += [(name, text(of_type(kind, one))) for one in values]
    return found


def text(value: Any) -> str:
    """A value in a query or a path."""
    plain = jsonable(value)
    return str(plain).lower() if isinstance(plain, bool) else str(plain)


def jsonable(value: Any) -> Any:
    """A value as JSON has it: days and times by ISO 8601, what is missing as null.

    Takes what NumPy and pandas hold too.
    """
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool | str):
        return value
    if getattr(value, "ndim", None) == 0:
        return jsonable(value.item())
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real | decimal.Decimal):
        return None if math.isnan(value) else float(value)
    if isinstance(value, Mapping):
        return {str(name): jsonable(inner) for name, inner in value.items()}
    if isinstance(value, Iterable):
        return [jsonable(inner) for inner in value]
    return value


def of_type(kind: str, value: Any) -> Any:
    """A value as JSON has it, for a column of that type of the registry.

    pandas has days as times, and whole numbers beside missing ones as decimals.
    """
    found = jsonable(value)
    if kind == "date" and found and isinstance(value, datetime.datetime) and value.time() == MIDNIGHT:
        return found[:10]
    if kind.startswith("int") and isinstance(found, float) and found.is_integer():
        return int(found)
    return found


def _segment(part: str | int) -> str:
    """A part of a path; a dot alone would be taken for a folder."""
    quoted = quote(text(part), safe="")
    return quoted.replace(".", "%2E") if set(quoted) <= {"."} else quoted
