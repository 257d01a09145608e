"""What can go wrong, as types: each carries what the API said, whatever way in was taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one part of a request.

    Attributes:
        where: `body/rating`, `query/limit`, `path/title_id`.
        detail: What is wrong with it and what is allowed.
    """

    where: str
    detail: str


class ClientError(Exception):
    """Anything that the API refused or could not do; the text says what was wrong and what to do.

    Attributes:
        status: HTTP status, also where no HTTP was spoken; None where there was no answer.
        detail: The API's own words.
        errors: The parts of the request that are wrong; may be empty.
        request_id: Number of the request in the API's log; empty where there was no answer.
        retry_after: Seconds after which to try again, where the API said so.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int | None = None,
        errors: tuple[FieldError, ...] = (),
        request_id: str = "",
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.errors = errors
        self.request_id = request_id
        self.retry_after = retry_after

    def __str__(self) -> str:
        named = [f"{e.where}: {e.detail}" for e in self.errors if e.detail not in self.detail]
        number = [f"request {self.request_id}"] if self.request_id else []
        return "; ".join([self.detail, *named]) + (f" ({', '.join(number)})" if number else "")


class InvalidError(ClientError):
    """400, 422: a part of the request is wrong; `errors` names it."""


class UnauthorizedError(ClientError):
    """401: no key, or one that is not accepted."""


class ForbiddenError(ClientError):
    """403: the role lacks the right."""


class NotFoundError(ClientError):
    """404, 410: there is no such row or thing."""


class ConflictError(ClientError):
    """409, 412: in the way of what is there, or somebody else changed it meanwhile. Nothing was done."""


class TooLargeError(ClientError):
    """413: more than the API takes at once; send it in parts."""


class TooManyError(ClientError):
    """429: too many requests, also after waiting as often as this client does."""


class UnavailableError(ClientError):
    """No answer, or 502, 503, 504. Whether a write was done is not known unless the text says so."""


class NotSentError(UnavailableError):
    """There was no connection: nothing was sent, so nothing was done."""


class ServerError(ClientError):
    """Any other status: the fault is the API's, and its log has more under `request_id`."""


class DatabaseProblemError(ClientError):
    """The database cannot be opened or has not what is needed; the message says what to do."""


TYPES: Mapping[int, type[ClientError]] = {
    400: InvalidError,
    401: UnauthorizedError,
    403: ForbiddenError,
    404: NotFoundError,
    409: ConflictError,
    410: NotFoundError,
    412: ConflictError,
    413: TooLargeError,
    422: InvalidError,
    429: TooManyError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}


def error_of(status: int, problem: Mapping[str, Any], headers: Mapping[str, str]) -> ClientError:
    """The error that an answer means.

    Args:
        status: HTTP status, 400 or more.
        problem: The problem details; empty where the answer has none, as a proxy's.
        headers: Of the answer.
    """
    said = headers.get("retry-after", "")
    return TYPES.get(status, ServerError)(
        str(problem.get("detail") or f"answered with status {status}, without a reason"),
        status=status,
        errors=tuple(FieldError(e["where"], e["detail"]) for e in problem.get("errors", ())),
        request_id=str(problem.get("request_id") or headers.get("x-request-id", "")),
        retry_after=float(said) if said.isdecimal() else None,
    )
