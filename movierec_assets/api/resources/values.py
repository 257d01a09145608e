"""A column's values as pydantic types, as text in addresses, and as PostgreSQL's types."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, Strict, TypeAdapter

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

LONGEST_INDEXED = 500
"""Characters of a text that an index holds, which takes no more than 2,704 bytes in all."""
LONGEST = 4_000
"""Characters of any other text."""
POSTGRES_TYPES = {
    "bool": "boolean",
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float32": "real",
    "float64": "double precision",
    "string": "text",
    "date": "date",
    "timestamp": "timestamptz",
    "json": "jsonb",
    "list<string>": "text[]",
    "list<int32>": "integer[]",
    "list<int64>": "bigint[]",
    "list<float32>": "real[]",
    "list<float64>": "double precision[]",
}
LARGEST = {
    "int16": 2**15 - 1,
    "int32": 2**31 - 1,
    "int64": 2**63 - 1,
    "float32": 3.4028234e38,
    "float64": 1.7976931348623157e308,
}
INTEGER = re.compile(r"-?[0-9]{1,19}")
NUMBER = re.compile(r"-?[0-9]{1,400}(\.[0-9]{1,400})?([eE][+-]?[0-9]{1,3})?")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
TIMESTAMP = re.compile(
    DATE.pattern + r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
WITHOUT_NUL = r"[^\x00]*"


def list_item(column: Column) -> str | None:
    """Type of a list's items; None where the column holds no lists."""
    return column.type[5:-1] if column.type.startswith("list<") else None


def searched(pattern: str | None) -> str:
    """A column's pattern as it is said in JSON Schema: searched for, and without flags."""
    if pattern is None:
        return f"^{WITHOUT_NUL}$"
    if pattern.startswith("(?s).*") and pattern.endswith(".*"):
        some = pattern[6:-2].replace(r"\S", r"[^\s\x00]")
        return f"^{WITHOUT_NUL}{some}{WITHOUT_NUL}$"
    return f"^(?:{pattern})$"


def longest(resource: Resource, column: Column) -> int:
    """Most characters of a text in this column."""
    declared = resource.table
    indexed = {c.name for c in resource.key}.union(*declared.indexes, *declared.unique)
    return LONGEST_INDEXED if column.name in indexed else LONGEST


def value_type(column: Column, most: int | None = None) -> Any:
    """What pydantic takes a value of this column for, null left out.

    Args:
        column: With its bounds and its pattern.
        most: Most characters of a text.
    """
    if item := list_item(column):
        return list[_scalar(item, None, None)]  # type: ignore[misc]
    if column.type == "string":
        return Annotated[str, Field(pattern=searched(column.pattern), max_length=most)]
    return _scalar(column.type, column.minimum, column.maximum)


def _scalar(kind: str, minimum: float | None, maximum: float | None) -> Any:
    if kind.startswith(("int", "float")):
        largest = LARGEST[kind]
        number = int if kind.startswith("int") else float
        lowest = -largest - 1 if kind.startswith("int") else -largest
        low = lowest if minimum is None else max(lowest, minimum)
        high = largest if maximum is None else min(largest, maximum)
        # Not for whole numbers, whose schema then refuses to be made.
        finite = {} if number is int else {"allow_inf_nan": False}
        bounds: Any = Field(ge=number(low), le=number(high), **finite)  # type: ignore[call-overload]
        return Annotated[number, bounds]
    return {
        "bool": bool,
        "string": str,
        "date": Annotated[date, Strict(False), BeforeValidator(_like(DATE, "2024-05-31"))],
        "timestamp": Annotated[
            AwareDatetime,
            Strict(False),
            BeforeValidator(_like(TIMESTAMP, "2024-05-31T20:15:00Z")),
            AfterValidator(_in_utc),
        ],
        "json": Any,
    }[kind]


def _like(pattern: re.Pattern[str], example: str) -> Callable[[Any], Any]:
    # Pydantic would take numbers, also as text, for seconds since 1970.
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(f"must be like {example}")
        return value

    return check


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise ValueError("must lie in the years 1 to 9999") from None


def text_reader(kind: str, adapter: TypeAdapter[Any]) -> Callable[[str], Any]:
    """How a value of this registry type is read where it stands as text, in a path or a query.

    Args:
        kind: Of the registry.
        adapter: What pydantic takes the value for.

    Returns:
        A function that raises ValueError with what is wrong.
    """

    def read(text: str) -> Any:
        value: Any = text
        if kind.startswith("int"):
            if not INTEGER.fullmatch(text):
                raise ValueError("must be a whole number")
            value = int(text)
        elif kind.startswith("float"):
            if not NUMBER.fullmatch(text):
                raise ValueError("must be a number")
            value = float(text)
        elif kind == "bool":
            if text not in ("true", "false"):
                raise ValueError("must be `true` or `false`")
            value = text == "true"
        return adapter.validate_python(value)

    return read
