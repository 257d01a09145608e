"""What the OpenAPI document says of the resources' routes, which read their requests themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from movierec_assets.api.resources import etags
from movierec_assets.api.resources.listing import RESOURCES
from movierec_assets.api.resources.models import Counted, Deleted, models

if TYPE_CHECKING:
    from movierec_assets.api.resources.listing import Resource
    from movierec_assets.api.resources.parameters import Parameter

TEMPLATE = "#/components/schemas/{model}"
ETAG_HEADER = {"description": "Version of the row.", "schema": {"type": "string"}}
LOCATION_HEADER = {"description": "Address of the row.", "schema": {"type": "string"}}
LINK_HEADER = {"description": "The next page, as `rel=next`.", "schema": {"type": "string"}}


def schemas(more: Iterable[type[BaseModel]] = ()) -> dict[str, Any]:
    """The schemas that the routes refer to.

    Args:
        more: Models beside those of the resources.
    """
    of_resources = [m for r in RESOURCES for m in models(r).documented]
    every: list[type[BaseModel]] = [*of_resources, Counted, Deleted, *more]
    _, made = models_json_schema([(m, "validation") for m in every], ref_template=TEMPLATE)
    return dict(made["$defs"])


def reference(model: type[BaseModel]) -> dict[str, Any]:
    """The schema of a model, by name."""
    return {"$ref": TEMPLATE.format(model=model.__name__)}


def answer(
    description: str,
    schema: Mapping[str, Any] | None = None,
    *,
    example: Any = None,
    headers: Mapping[str, Any] | None = None,
    links: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The response object of OpenAPI."""
    said: dict[str, Any] = {"description": description}
    if schema is not None:
        said["content"] = {"application/json": json_content(schema, example)}
    if headers:
        said["headers"] = dict(headers)
    if links:
        said["links"] = dict(links)
    return said


def json_content(schema: Mapping[str, Any], example: Any) -> dict[str, Any]:
    """The media type object of a JSON body."""
    return {"schema": dict(schema), **({} if example is None else {"example": example})}


def operation(
    answers: Mapping[int, dict[str, Any]],
    parameters: Iterable[Parameter | dict[str, Any]] = (),
    body: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a route says of itself beside its errors.

    Args:
        answers: Status -> response object.
        parameters: Of path, query and headers.
        body: Media type -> media type object.
    """
    said: dict[str, Any] = {"responses": {str(status): made for status, made in answers.items()}}
    if listed := [p if isinstance(p, dict) else p.document() for p in parameters]:
        said["parameters"] = listed
    if body is not None:
        said["requestBody"] = {"required": True, "content": dict(body)}
    return said


def etag_parameter(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    """The header `If-Match` or `If-None-Match`."""
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": description,
        "schema": {"type": "string", "pattern": etags.PATTERN},
        "example": "*",
    }


def links(resource: Resource) -> dict[str, Any]:
    """From a row that was created to what can be done with it."""
    key = {c.name: f"$response.body#/{c.name}" for c in resource.key}
    version = {"header.If-Match": "$response.header.ETag"}
    made = {
        "get": {"parameters": key, "description": "The same row again."},
        "update": {"parameters": {**key, **version}, "description": "Change it, if nobody else did."},
        "delete": {"parameters": key, "description": "Delete it."},
    }
    return {verb: {"operationId": operation_id(resource, verb), **link} for verb, link in made.items()}


def operation_id(resource: Resource, verb: str) -> str:
    """The stable name of an operation: `titles_get`."""
    return f"{resource.name.replace('-', '_')}_{verb}"
