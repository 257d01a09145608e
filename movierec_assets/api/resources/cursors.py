"""The order of a search, and cursors: opaque texts that say after which row of that order the next page begins."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.parameters import Parameter
from movierec_assets.api.resources.values import list_item

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.schema import Column

LONGEST_CURSOR = 32_768
"""Half of what HTTP servers take as a whole address."""
_DATE = r"([0-9]{4,6}-[0-9]{2}-[0-9]{2}( BC)?|-?infinity)"
_NUMBER = r"(-?[0-9]{1,400}(\.[0-9]{1,400})?(e[+-][0-9]{1,3})?|NaN|-?Infinity)"
TEXTS = {
    "bool": re.compile("true|false"),
    "int16": re.compile("-?[0-9]{1,5}"),
    "int32": re.compile("-?[0-9]{1,10}"),
    "int64": re.compile("-?[0-9]{1,19}"),
    "float32": re.compile(_NUMBER),
    "float64": re.compile(_NUMBER),
    "string": re.compile(r"[^\x00]*"),
    "date": re.compile(_DATE),
    "timestamp": re.compile(r"[0-9]{4,6}-[0-9]{2}-[0-9]{2} [0-9:.]{8,15}\+00( BC)?|-?infinity"),
}
"""Values as PostgreSQL writes them."""


@dataclass(frozen=True)
class Order:
    """The order of a search, in which no two rows are equal.

    Attributes:
        columns: Each with whether it descends; the key's are among them. Nulls come last in either case.
    """

    columns: tuple[tuple[Column, bool], ...]

    def text(self) -> str:
        """As in the parameter `sort`."""
        return ",".join(f"{'-' if descends else ''}{c.name}" for c, descends in self.columns)


def sortable(resource: Resource) -> list[Column]:
    """The columns that rows can be ordered by."""
    return [c for c in resource.columns if c.type != "json" and not list_item(c)]


def sort_parameter(resource: Resource) -> Parameter:
    """The parameter `sort`."""
    names = "|".join(c.name for c in sortable(resource))
    pattern = f"^-?({names})(,-?({names}))*$"

    def read(text: str) -> Order:
        if not re.fullmatch(pattern, text):
            raise ValueError(f"must be names with commas between, `-` before one to descend: {names}")
        asked = [(part.removeprefix("-"), part.startswith("-")) for part in text.split(",")]
        return order(resource, asked)

    return Parameter(
        "sort",
        "Columns to order by, with commas between; `-` before one descends. Nulls come last, and rows that are equal"
        " follow their key.",
        {"type": "string", "pattern": pattern},
        read,
        example=f"-{sortable(resource)[-1].name}",
    )


def order(resource: Resource, asked: list[tuple[str, bool]]) -> Order:
    """That order, and by the key where it leaves rows equal."""
    chosen: dict[str, bool] = {}
    for name, descends in [*asked, *((c.name, False) for c in resource.key)]:
        # What comes again decides nothing.
        chosen.setdefault(name, descends)
    return Order(tuple((resource.column(name), descends) for name, descends in chosen.items()))


def encode(resource: Resource, by: Order, values: list[str | None]) -> str:
    """The cursor after a row.

    Args:
        resource: Searched.
        by: The order.
        values: The row's values in the order's columns, as PostgreSQL writes them.

    Raises:
        Problem: 422 where they are too long to stand in an address.
    """
    said = json.dumps([resource.name, by.text(), values], ensure_ascii=False, separators=(",", ":"))
    cursor = base64.urlsafe_b64encode(said.encode()).rstrip(b"=").decode()
    if len(cursor) > LONGEST_CURSOR:
        detail = "has values too long to go on from: sort by other columns, or by the key alone"
        raise Problem(422, f"query/sort: {detail}", (FieldError("query/sort", detail),))
    return cursor


def decode(resource: Resource, by: Order, cursor: str) -> list[str | None]:
    """The values of the row after which the page begins.

    Raises:
        Problem: 422 where this is no cursor of this search.
    """
    try:
        return _decode(resource, by, cursor)
    except (ValueError, binascii.Error, RecursionError) as error:
        known = str(error) if type(error) is ValueError else "is none that this address gave"
        what = f"{known}: leave it out to begin anew"
        raise Problem(422, f"query/cursor: {what}", (FieldError("query/cursor", what),)) from None


def _decode(resource: Resource, by: Order, cursor: str) -> list[str | None]:
    if len(cursor) > LONGEST_CURSOR or not re.fullmatch("[A-Za-z0-9_-]+", cursor):
        raise binascii.Error
    said = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode())
    if not isinstance(said, list) or len(said) != 3 or not isinstance(said[2], list):
        raise binascii.Error
    name, text = said[:2]
    values: list[str | None] = said[2]
    if name != resource.name or text != by.text():
        raise ValueError("belongs to another resource or another `sort`")
    if len(values) != len(by.columns):
        raise binascii.Error
    for value, (column, _) in zip(values, by.columns, strict=True):
        if value is None and column.nullable:
            continue
        if not isinstance(value, str) or not TEXTS[column.type].fullmatch(value) or not _is_unicode(value):
            raise binascii.Error
    return values


def _is_unicode(text: str) -> bool:
    # JSON can name halves of characters alone.
    return not any("\ud800" <= character <= "\udfff" for character in text)
