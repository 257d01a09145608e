"""Pydantic models of a resource: a row, a page of rows, a new row, changes of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from movierec_assets.api.resources.examples import example
from movierec_assets.api.resources.values import list_item, longest, value_type

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

MOST_AT_ONCE = 10_000
"""Rows of one JSON body."""


class Counted(BaseModel):
    """How many rows were written."""

    rows: int = Field(description="Rows written, those that were there already included.", ge=0, examples=[3])


class Deleted(BaseModel):
    """How many rows were deleted."""

    deleted: int = Field(description="Rows of this resource.", ge=0, examples=[3])


@dataclass(frozen=True)
class Models:
    """The models of one resource.

    Attributes:
        row: As it is answered.
        page: Of a search.
        new: A row to create; None where nothing can be written, as the next two.
        changes: Of a row.
        new_rows: Reads many rows to create.
    """

    row: type[BaseModel]
    page: type[BaseModel]
    new: type[BaseModel] | None
    changes: type[BaseModel] | None
    new_rows: TypeAdapter[list[BaseModel]] | None

    @property
    def documented(self) -> list[type[BaseModel]]:
        """Those that the OpenAPI document has."""
        return [m for m in (self.row, self.page, self.new, self.changes) if m is not None]


@cache
def models(resource: Resource) -> Models:
    """The models of a resource, made from its columns."""
    about = resource.table.description
    row = _model(resource.label, about, {c.name: _answered(resource, c) for c in resource.columns})
    page = create_model(
        f"{resource.label}Page",
        __doc__=f"Some rows of `{resource.name}`, in order.",
        items=(list[row], Field(description="The rows.")),  # type: ignore[valid-type]
        next_cursor=(
            str | None,
            Field(description="`cursor` of the next page; null on the last one.", examples=[None]),
        ),
        total=(
            int | None,
            Field(description="All rows that the filters let through; null unless asked for.", ge=0),
        ),
    )
    if not resource.writable:
        return Models(row, page, None, None, None)
    new = _model(f"{resource.label}New", about, {c.name: _new(resource, c) for c in resource.columns})
    changes = _model(
        f"{resource.label}Changes",
        f"What to change in a row of `{resource.name}`; columns that are left out stay as they are.",
        {c.name: _change(resource, c) for c in resource.others},
        json_schema_extra={"minProperties": 1},
    )
    rows: TypeAdapter[Any] = TypeAdapter(list[new])  # type: ignore[valid-type]
    return Models(row, page, new, changes, rows)


def _model(name: str, about: str, fields: dict[str, Any], **config: Any) -> type[BaseModel]:
    made = ConfigDict(extra="forbid", strict=True, **config)  # type: ignore[typeddict-item]
    return create_model(name, __config__=made, __doc__=about, **fields)


def _said(column: Column, resource: Resource) -> dict[str, Any]:
    unit = f" Unit: {column.unit}." if column.unit else ""
    return {
        "description": f"{column.description}{unit}",
        "examples": [example(resource, column)],
    }


def _or_null(type_: Any, nullable: bool) -> Any:
    return type_ | None if nullable else type_


def unbounded(column: Column) -> bool:
    """Whether it may hold a number that JSON does not have, which is then answered as null."""
    bounded = column.minimum is not None and column.maximum is not None
    return column.type.startswith("float") and not bounded and not list_item(column)


def _answered(resource: Resource, column: Column) -> Any:
    type_ = _or_null(value_type(column), column.nullable or unbounded(column))
    return (type_, Field(..., **_said(column, resource)))


def _new(resource: Resource, column: Column) -> Any:
    type_ = _or_null(value_type(column, longest(resource, column)), column.nullable)
    said = _said(column, resource)
    if not resource.optional(column):
        return (type_, Field(..., **said))
    if not column.nullable:
        made = {"bool": "false", "timestamp": "the present"}.get(column.type, "a new one")
        said["description"] += f" Left out: {made}."
    # Not a default of the schema's: null is none that a caller could give.
    return (type_, Field(default_factory=_of_the_server, **said))


def _change(resource: Resource, column: Column) -> Any:
    type_ = _or_null(value_type(column, longest(resource, column)), column.nullable)
    return (type_, Field(default_factory=_of_the_server, **_said(column, resource)))


def _of_the_server() -> Any:
    return None


def example_row(resource: Resource, columns: Sequence[Column]) -> dict[str, Any]:
    """A row for the documents."""
    return {c.name: example(resource, c) for c in columns}
