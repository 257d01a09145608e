"""Filters: the parameters by which rows are chosen, and the conditions that they are in SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any

from psycopg.sql import SQL, Composed, Identifier
from pydantic import Field

from movierec_assets.api.resources.examples import example
from movierec_assets.api.resources.parameters import Parameter, of_type
from movierec_assets.api.resources.values import LONGEST, POSTGRES_TYPES, list_item, searched, value_type
from movierec_assets.schema import Column

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource

ORDERED = ("int", "float", "date", "timestamp")
CONDITIONS = {
    "is": "{column} = ANY(%s::{type}[])",
    "has": "{column} && %s::{type}",
    "min": "{column} >= %s::{type}",
    "max": "{column} <= %s::{type}",
    # No pattern, so that no character of the text means anything but itself.
    "contains": "strpos(lower({column}), lower(%s::text)) > 0",
    "is_null": "({column} IS NULL) = %s::boolean",
}


@dataclass(frozen=True)
class Filter:
    """One way to choose rows.

    Attributes:
        column: That it looks at.
        kind: A key of `CONDITIONS`.
        parameter: By which it is asked for.
    """

    column: Column
    kind: str
    parameter: Parameter

    def condition(self) -> Composed:
        """The condition on a row `t`, with one placeholder for the parameter's value."""
        return SQL(CONDITIONS[self.kind]).format(  # type: ignore[arg-type]
            column=Identifier("t", self.column.name),
            type=SQL(POSTGRES_TYPES[self.column.type]),  # type: ignore[arg-type]
        )


@cache
def filters(resource: Resource) -> dict[str, Filter]:
    """The filters of a resource by the names of their parameters.

    Raises:
        ValueError: Two of them have one name.
    """
    made = [f for c in resource.columns for f in _of_column(resource, c)]
    found = {f.parameter.name: f for f in made}
    if len(found) < len(made):
        raise ValueError(f"{resource.name}: a column has the name of another one's filter")
    return found


def _of_column(resource: Resource, column: Column) -> list[Filter]:
    name, kind = column.name, column.type
    made = []
    if item := list_item(column):
        one = Column(name, item, column.description)
        about = f"{column.description} With this one among them; given several times, with any of them."
        given = example(resource, column)[0]
        made.append(("has", of_type(name, about, item, value_type(one), repeatable=True, example=given)))
    elif kind != "json":
        about = f"{column.description} Given several times: any of them."
        # Of a nullable column too, null is asked for by another parameter.
        made.append(("is", of_type(name, about, kind, value_type(column), repeatable=True)))
    if kind.startswith(ORDERED):
        of_any = value_type(Column(name, kind, ""))
        for end, word in (("min", "at least"), ("max", "at most")):
            made.append((end, of_type(f"{name}_{end}", f"`{name}` is {word} this.", kind, of_any)))
    if kind == "string":
        text = Annotated[str, Field(pattern=searched(None), min_length=1, max_length=LONGEST)]
        about = f"`{name}` has this in it; capital and small letters are the same."
        made.append(("contains", of_type(f"{name}_contains", about, kind, text)))
    if column.nullable:
        about = f"Whether `{name}` is null."
        made.append(("is_null", of_type(f"{name}_is_null", about, "bool", bool)))
    return [Filter(column, of, parameter) for of, parameter in made]


def conditions(resource: Resource, given: dict[str, Any]) -> tuple[list[Composed], list[Any]]:
    """The conditions of those filters that a request has, and the values for their placeholders.

    Args:
        resource: Whose rows.
        given: Values by the names of parameters; those that are no filters are left aside.
    """
    asked = [(found, given[name]) for name, found in filters(resource).items() if name in given]
    return [found.condition() for found, _ in asked], [value for _, value in asked]
