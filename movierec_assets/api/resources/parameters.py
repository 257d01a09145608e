"""Parameters of requests: what each is, how it is read, and how the OpenAPI document describes it."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from movierec_assets.api.problems import FieldError, Problem
from movierec_assets.api.resources.examples import example
from movierec_assets.api.resources.values import text_reader, value_type

if TYPE_CHECKING:
    from starlette.requests import Request

    from movierec_assets.api.resources.listing import Resource


@dataclass(frozen=True)
class Parameter:
    """One parameter of a query, a path or a header.

    Attributes:
        name: As it stands in the request.
        description: For people.
        schema: JSON Schema of one value.
        read: Makes the value of its text; ValueError with what is wrong.
        place: `query`, `path` or `header`.
        required: Whether a request must have it.
        repeatable: Whether it may come several times; the value is then a list.
    """

    name: str
    description: str
    schema: dict[str, Any]
    read: Callable[[str], Any]
    place: str = "query"
    required: bool = False
    repeatable: bool = False
    example: Any = field(default=None, hash=False)

    def document(self) -> dict[str, Any]:
        """The parameter object of OpenAPI."""
        schema = {"type": "array", "items": self.schema, "minItems": 1} if self.repeatable else self.schema
        said: dict[str, Any] = {
            "name": self.name,
            "in": self.place,
            "required": self.required,
            "description": self.description,
            "schema": schema,
        }
        if self.example is not None:
            said["example"] = [self.example] if self.repeatable else self.example
        return said


def of_type(
    name: str, description: str, kind: str, type_: Any, schema: dict[str, Any] | None = None, **more: Any
) -> Parameter:
    """A parameter of a registry type.

    Args:
        name: Of the parameter.
        description: For people.
        kind: Registry type that says how text is read.
        type_: What pydantic takes the value for.
        schema: JSON Schema, if it is not the type's.
        more: Further attributes.
    """
    adapter = TypeAdapter(type_)
    return Parameter(name, description, schema or adapter.json_schema(), text_reader(kind, adapter), **more)


def key_parameters(resource: Resource) -> tuple[Parameter, ...]:
    """The segments of one row's path."""
    return tuple(
        of_type(
            c.name,
            c.description,
            c.type,
            value_type(c),
            place="path",
            required=True,
            example=example(resource, c),
        )
        for c in resource.key
    )


def read_path(parameters: Iterable[Parameter], request: Request) -> list[Any]:
    """The key of one row.

    Raises:
        Problem: 422 where a segment cannot be part of a key.
    """
    errors: list[FieldError] = []
    values = [_value(p, request.path_params[p.name], errors) for p in parameters]
    _refuse(errors)
    return values


def read_query(parameters: Iterable[Parameter], request: Request) -> dict[str, Any]:
    """The values of those parameters that a request has.

    Raises:
        Problem: 422 where one is unknown, wrong, missing or there too often.
    """
    known = {p.name: p for p in parameters}
    given = request.query_params
    errors: list[FieldError] = []
    values: dict[str, Any] = {}
    for name in dict.fromkeys(given.keys()):
        texts = given.getlist(name)
        if name not in known:
            errors.append(FieldError(f"query/{name}", f"there is no such parameter; {_meant(name, known)}"))
        elif known[name].repeatable:
            values[name] = [_value(known[name], text, errors) for text in texts]
        elif len(texts) > 1:
            errors.append(FieldError(f"query/{name}", "may be given once only"))
        else:
            values[name] = _value(known[name], texts[0], errors)
    missing = [p.name for p in known.values() if p.required and p.name not in given]
    errors += [FieldError(f"query/{name}", "is needed") for name in missing]
    _refuse(errors)
    return values


def _value(parameter: Parameter, text: str, errors: list[FieldError]) -> Any:
    try:
        return parameter.read(text)
    except ValidationError as error:
        wrong = str(error.errors(include_url=False)[0]["msg"]).removeprefix("Value error, ")
    except ValueError as error:
        wrong = str(error)
    errors.append(FieldError(f"{parameter.place}/{parameter.name}", wrong))
    return None


def _meant(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, known, 2)
    return f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(known) or 'none'}"


def _refuse(errors: list[FieldError]) -> None:
    if errors:
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        raise Problem(422, f"{errors[0].where}: {errors[0].detail}{more}", tuple(errors))


def _read_choice(text: str) -> str:
    if text not in ("error", "update"):
        raise ValueError("must be `error` or `update`")
    return text


ON_CONFLICT = Parameter(
    "on_conflict",
    "What to do where there is a row of that key: `error` answers 409, `update` puts the new row in its place.",
    {"type": "string", "enum": ["error", "update"], "default": "error"},
    _read_choice,
)
