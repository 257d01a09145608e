"""What a caller is told when something is wrong: RFC 9457 problem details, in one shape for all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from movierec_assets.api.logs import log

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one part of a request.

    Attributes:
        where: `body/rating`, `query/limit`, `path/title_id`, `header/If-Match`.
        detail: What is wrong with it and what is allowed.
    """

    where: str
    detail: str


@dataclass
class Problem(Exception):  # noqa: N818  the name that RFC 9457 gives it
    """An answer that is an error.

    Attributes:
        status: HTTP status.
        detail: What is wrong and what to do, a sentence or two.
        errors: The parts of the request that are wrong.
        headers: Of the answer.
    """

    status: int
    detail: str
    errors: tuple[FieldError, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class FieldErrorModel(BaseModel):
    """One part of the request that is wrong."""

    where: str = Field(description="Which part: `body/rating`, `query/limit`, `path/title_id`.")
    detail: str = Field(description="What is wrong with it and what is allowed.")


class ProblemModel(BaseModel):
    """Problem details by RFC 9457."""

    type: str = Field("about:blank", description="As the status says.")
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="HTTP status.", examples=[404])
    detail: str = Field(description="What is wrong and what to do.")
    instance: str = Field(description="Path that was asked for.")
    request_id: str = Field(description="Number of the request, as in the server's log.")
    errors: list[FieldErrorModel] = Field(description="Parts of the request that are wrong; may be empty.")


OWN_FAULT = "the fault is the server's; its log has more under this request_id"

MEANINGS = {
    304: "Not changed since the given ETag.",
    400: "The request cannot be read.",
    401: "No key, or one that is not accepted.",
    403: "The key's role lacks the right.",
    404: "There is no such thing.",
    405: "Not done with this address.",
    406: "None of the formats asked for.",
    409: "In the way of what is there.",
    410: "It was there and is no longer.",
    412: "Changed since the given ETag.",
    413: "The body is too large.",
    415: "A body of another media type.",
    422: "A part of the request is wrong; `errors` says which.",
    428: "An update needs `If-Match`.",
    429: "Too many requests.",
    500: "The fault is the server's.",
    503: "The database does not answer, is too slow, or has nothing yet.",
}
"""What each status means here."""

ALWAYS = (400, 401, 403, 422, 429, 503)
"""What every route under `/v1` may answer."""


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses=` of a route: these statuses and those that every route may answer."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemModel"}}}
    return {
        status: {"description": MEANINGS[status], **({} if status == 304 else {"content": content})}
        for status in sorted({*ALWAYS, *statuses})
    }


def answer(request: Request, problem: Problem) -> JSONResponse:
    """The problem as an answer."""
    content = ProblemModel(
        type="about:blank",
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        instance=request.url.path,
        request_id=getattr(request.state, "request_id", ""),
        errors=[FieldErrorModel(where=e.where, detail=e.detail) for e in problem.errors],
    )
    return JSONResponse(
        content.model_dump(), problem.status, headers=dict(problem.headers), media_type=MEDIA_TYPE
    )


def unexpected(request: Request, error: Exception) -> JSONResponse:
    """The answer where nothing else answered; the error goes to the log."""
    log.error("unexpected error", exc_info=error, path=request.url.path)
    return answer(request, Problem(500, OWN_FAULT))


def install(app: FastAPI) -> None:
    """Have every error answered as a problem, but for those that `Observed` meets."""
    import psycopg
    from psycopg_pool import PoolTimeout

    from movierec_assets.api.database_problems import problem_of

    @app.exception_handler(Problem)
    async def known(request: Request, error: Problem) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return answer(request, _invalid(error))

    @app.exception_handler(HTTPException)
    async def http(request: Request, error: HTTPException) -> JSONResponse:
        headers = {**(error.headers or {}), **(_allowed(request) if error.status_code == 405 else {})}
        return answer(request, Problem(error.status_code, str(error.detail), headers=headers))

    @app.exception_handler(psycopg.Error)
    @app.exception_handler(PoolTimeout)
    async def database(request: Request, error: Exception) -> JSONResponse:
        return answer(request, problem_of(error, request.method))


def _allowed(request: Request) -> dict[str, str]:
    """All methods of the address; a route knows but its own."""
    path = getattr(request.scope.get("route"), "path", "")
    methods = {method.upper() for method in request.app.openapi()["paths"].get(path, {})}
    if "GET" in methods:
        methods.add("HEAD")
    return {"Allow": ", ".join(sorted(methods))} if methods else {}


def _invalid(error: RequestValidationError) -> Problem:
    errors = []
    for one in error.errors():
        place, *path = one["loc"]
        if one["type"] == "json_invalid":
            return Problem(400, f"the body is no JSON: {one['ctx']['error']} at character {path[-1]}")
        where = "/".join([str(place), *map(str, path)])
        errors.append(FieldError(where, str(one["msg"]).removeprefix("Value error, ")))
    first = errors[0]
    more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
    return Problem(422, f"{first.where}: {first.detail}{more}", tuple(errors))
