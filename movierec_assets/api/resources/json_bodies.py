"""JSON bodies: read once, by pydantic's own parser, so that a number is no text and a text no number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anyio import to_thread
from pydantic import ValidationError

from movierec_assets.api.problems import FieldError, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

LONG_BODY = 20_000
"""Bytes, of about a millisecond's work."""
MOST_ERRORS = 20
"""Parts of a body that are said to be wrong, at most."""


def media_type(request: Request) -> str:
    """The body's media type without parameters, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_json(request: Request, parse: Callable[[bytes], Any]) -> Any:
    """The body, parsed.

    Args:
        request: Whose body.
        parse: Makes of it what is wanted, by `model_validate_json` of a model or `validate_json` of an adapter.

    Raises:
        Problem: 415 where it is said to be no JSON, 400 where it is none, 422 where it does not fit.
    """
    kind = media_type(request)
    if kind != "application/json" and not (kind.startswith("application/") and kind.endswith("+json")):
        said = f"is {kind}" if kind else "has no Content-Type"
        raise Problem(415, f"the body {said}; it must be application/json")
    body = await request.body()
    try:
        # While a long one is read others are to be answered.
        return await to_thread.run_sync(parse, body) if len(body) > LONG_BODY else parse(body)
    except ValidationError as error:
        raise _problem(error) from None


def _problem(error: ValidationError) -> Problem:
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Problem(400, f"the body is no JSON: {found[0]['ctx']['error']}")
    errors = tuple(
        FieldError("/".join(["body", *map(str, one["loc"])]), str(one["msg"]).removeprefix("Value error, "))
        for one in found[:MOST_ERRORS]
    )
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return Problem(422, f"{errors[0].where}: {errors[0].detail}{more}", errors)
