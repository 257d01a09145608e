"""Which of the API's resources a table's name means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from movierec_assets.client.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource


def resource_of(name: str) -> Resource:
    """The resource of a table's name: as in the API, with `_` for `-` too, or as in PostgreSQL with its schema.

    Raises:
        NotFoundError: There is none; the message lists those there are.
    """
    from movierec_assets.api.resources.listing import RESOURCES

    wanted = name.strip()
    for one in RESOURCES:
        if wanted.replace("_", "-") == one.name or wanted == one.table.published_as:
            return one
    there = ", ".join(one.name for one in RESOURCES)
    raise NotFoundError(f"no table {name!r}; there are {there}", status=404)


def written_to(name: str) -> Resource:
    """The resource of a table's name, which can be written to.

    Raises:
        ForbiddenError: Only the graph writes it.
        NotFoundError: As for `resource_of`.
    """
    found = resource_of(name)
    if not found.writable:
        raise ForbiddenError(f"{found.name} is only read here: the graph writes it", status=405)
    return found


def beyond_resources(name: str) -> bool:
    """Whether it is a table with its schema that the API has no resource for, such as `raw.titles`."""
    from movierec_assets.api.resources.listing import RESOURCES

    return "." in name and name.strip() not in {one.table.published_as for one in RESOURCES}


def whole_table(name: str) -> str:
    """The statement that reads a table with its schema."""
    schema, _, relation = name.strip().partition(".")
    return f'select * from "{schema}"."{relation}"'  # noqa: S608  neither has a quote, see `is_table`
